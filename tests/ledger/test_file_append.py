"""Text to the end of a file that others write, too: theirs is not lost, and ours is whole."""

from __future__ import annotations

import errno
import os
import re
import subprocess
import sys
import threading
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.ledger import atomic_files, file_append, leases, undo_notes
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NotUndoneError,
    WriteRefusedError,
    write_new,
)
from beancount_voucher.ledger.file_append import Appended, append, mend, stamps, wait_until_saved
from tests.support.file_modes import mode_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ONE, TWO = b"one\n", b"\ntwo\n"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "ledger"
    made.write_bytes(ONE)
    return made


@pytest.fixture(params=["leases", "no leases"])
def told(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> bool:
    """Whether we are told what others have open, as on Linux; the rest must hold without."""
    if request.param == "no leases":
        monkeypatch.setattr(leases, "_ask", lambda *_: errno.ENOSYS)
    return bool(request.param == "leases")


def test_the_stamps_of_files(path: Path) -> None:
    none = path.with_name("none")
    found = stamps([path, none])
    assert found[none] is None
    assert found[path] == stamps([path])[path] is not None


# --- What is written, and what stays as it is -------------------------------------------


def test_text_goes_to_the_end_on_a_line_of_its_own(path: Path, told: bool) -> None:
    assert told in (True, False)
    assert append(path, ONE, "two\n") == Appended(path, len(ONE), TWO)
    assert path.read_bytes() == ONE + TWO
    assert list(path.parent.iterdir()) == [path]


def test_another_name_of_the_file_is_not_cut_off(path: Path) -> None:
    other, link = path.with_name("other"), path.with_name("link")
    other.hardlink_to(path)
    link.symlink_to(path)
    path.chmod(0o640)
    found = path.stat()
    append(link, ONE, "two\n")
    assert link.is_symlink()
    assert other.read_bytes() == path.read_bytes() == ONE + TWO
    now = path.stat()
    assert (now.st_ino, now.st_mode, now.st_uid) == (found.st_ino, found.st_mode, found.st_uid)
    assert mode_of(path) == 0o640


def test_what_others_have_appended_since_is_kept(path: Path) -> None:
    path.write_bytes(ONE + b"theirs")
    assert append(path, ONE, "two\n").start == len(ONE) + 6
    assert path.read_bytes() == ONE + b"theirs\n\ntwo\n"


# --- What is refused --------------------------------------------------------------------


def test_a_file_that_is_another_by_now(path: Path) -> None:
    path.write_bytes(b"another\n")
    with pytest.raises(ChangedMeanwhileError, match=f"^{path} was changed meanwhile$"):
        append(path, ONE, "two\n")
    assert path.read_bytes() == b"another\n"


@pytest.mark.parametrize("before", [ONE, b""])
def test_a_file_that_was_emptied_a_moment_ago(path: Path, before: bytes) -> None:
    path.write_bytes(b"")
    with pytest.raises(WriteRefusedError, match=r"was (changed meanwhile|emptied a moment ago)"):
        append(path, before, "two\n")
    assert path.read_bytes() == b""


def test_a_file_that_has_been_empty_for_long(path: Path) -> None:
    path.write_bytes(b"")
    os.utime(path, (time.time() - 100, time.time() - 100))
    append(path, b"", "two\n")
    assert path.read_bytes() == b"two\n"


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir])
def test_what_is_no_regular_file(tmp_path: Path, make: Callable[[Path], None]) -> None:
    made = tmp_path / "made"
    make(made)
    with pytest.raises(WriteRefusedError, match=r"is no regular file|: Is a directory"):
        append(made, b"", "two\n")


def test_a_file_that_is_read_only(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda _path, mode: mode != os.W_OK)  # root may write all
    with pytest.raises(WriteRefusedError, match=f"^{path} is read-only$"):
        append(path, ONE, "two\n")


def test_a_file_that_is_gone(path: Path) -> None:
    path.unlink()
    with pytest.raises(WriteRefusedError, match=f"^{path}: No such file or directory$"):
        append(path, ONE, "two\n")


# --- The disk is full -------------------------------------------------------------------

# One whose files may not grow beyond a size: the system takes what fits, and refuses the rest.
LIMITED = """
import resource, sys
from pathlib import Path
from beancount_voucher.ledger import file_append

path, limit = Path(sys.argv[1]), int(sys.argv[2])
before = path.read_bytes()
text = "x" * 100 + "\\n"
if sys.argv[3] == "note":
    text *= 100
resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))
try:
    file_append.append(path, before, text)
except file_append.WriteRefusedError as error:
    sys.exit(str(error))
"""


@pytest.mark.parametrize(("room", "what"), [(1, ""), (50, ""), (101, ""), (0, ""), (50, "note")])
def test_what_fitted_is_cut_off_again(path: Path, room: int, what: str) -> None:
    path.write_bytes(b"." * 9999 + b"\n")
    command = [sys.executable, "-c", LIMITED, str(path), str(10_000 + room), what]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    reason = "the disk is full, or the file may not grow further"
    if not room or what:
        reason = "File too large"
    assert (ran.returncode, ran.stderr) == (1, f"{path}: {reason}\n")
    assert path.read_bytes() == b"." * 9999 + b"\n"
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize(("fits", "reason"), [(3, "the disk is full, or the"), (0, "No space")])
def test_nothing_of_it_stays(
    path: Path, monkeypatch: pytest.MonkeyPatch, fits: int, reason: str
) -> None:
    write = os.write

    def full(handle: int, text: bytes) -> int:
        if not fits:
            raise OSError(errno.ENOSPC, "No space left on device")
        return write(handle, text[:fits])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(WriteRefusedError, match=f"^{path}: {reason}"):
        append(path, ONE, "two\n")
    assert path.read_bytes() == ONE


@pytest.fixture
def failing(path: Path, monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """The ledger's disk fails once it is written to; what somebody has appended by then."""
    fsync, theirs = os.fsync, list[bytes]()

    def failing_on(handle: int) -> None:
        if os.path.samestat(os.fstat(handle), path.stat()) and path.read_bytes() != ONE:
            monkeypatch.setattr(os, "fsync", fsync)
            with path.open("ab") as file:
                file.write(b"".join(theirs))
            raise OSError(errno.EIO, "Input/output error")
        fsync(handle)

    monkeypatch.setattr(leases, "_ask", lambda *_: errno.ENOSYS)
    monkeypatch.setattr(os, "fsync", failing_on)
    return theirs


def test_a_disk_that_fails_afterwards(path: Path, failing: list[bytes]) -> None:
    assert not failing
    with pytest.raises(WriteRefusedError, match=f"^{path}: Input/output error$"):
        append(path, ONE, "two\n")
    assert path.read_bytes() == ONE


def test_and_somebody_who_has_appended_by_then(path: Path, failing: list[bytes]) -> None:
    failing.append(b"theirs\n")
    said = f"^{path}: Input/output error; see what stands at its end$"
    with pytest.raises(NotUndoneError, match=said):
        append(path, ONE, "two\n")
    assert path.read_bytes() == ONE + TWO + b"theirs\n"


# --- Somebody saves meanwhile -----------------------------------------------------------


@pytest.fixture
def meanwhile(monkeypatch: pytest.MonkeyPatch) -> list[Callable[[], object]]:
    """What somebody does between our last look and our write, where no lease keeps him out."""
    write, actions = os.write, list[Any]()

    def late(handle: int, text: bytes) -> int:
        while actions:
            actions.pop(0)()
        return write(handle, text)

    monkeypatch.setattr(leases, "_ask", lambda *_: errno.ENOSYS)
    monkeypatch.setattr(file_append, "_SHORT", 10)
    monkeypatch.setattr(os, "write", late)
    return actions


def _saved(path: Path, text: bytes, after: float = 0.05) -> Callable[[], object]:
    """An editor that has emptied a file, and writes a moment later."""

    def save() -> None:
        file = path.open("wb")

        def rest() -> None:
            file.write(text)
            file.close()

        timer = threading.Timer(after, rest)
        timer.start()

    return save


def test_an_editor_that_saves_in_between_keeps_its_text(
    path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    meanwhile.append(_saved(path, b"one, edited\n"))
    with pytest.raises(ChangedMeanwhileError, match=f"^{path} was changed meanwhile$"):
        append(path, ONE, "two\n")
    assert path.read_bytes() == b"one, edited\n"


def test_the_end_of_ours_behind_a_text_that_is_shorter_is_told(
    path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    meanwhile.append(_saved(path, b"1\n"))
    said = f"^{path} was saved while we wrote: see what stands at its end$"
    with pytest.raises(NotUndoneError, match=said):
        append(path, ONE, "two, three and four\n")
    assert path.read_bytes() == b"1\n" + b"\ntwo, three and four\n"[2:]


def test_a_file_that_is_emptied_for_good(
    path: Path, meanwhile: list[Callable[[], object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ours is all that there is, then; what that comes to is seen when the ledger is loaded."""
    monkeypatch.setattr(file_append, "_SHORT", 0.1)
    meanwhile.append(lambda: path.write_bytes(b""))
    assert append(path, ONE, "two\n") == Appended(path, 0, TWO)
    assert path.read_bytes() == TWO


def test_another_file_in_its_place(path: Path, meanwhile: list[Callable[[], object]]) -> None:
    """As git puts it there: ours is in a file without a name."""

    def replaced() -> None:
        path.unlink()
        path.write_bytes(ONE)

    meanwhile.append(replaced)
    with pytest.raises(ChangedMeanwhileError):
        append(path, ONE, "two\n")
    assert path.read_bytes() == ONE


def test_a_line_that_is_appended_in_between(
    path: Path, meanwhile: list[Callable[[], object]]
) -> None:
    def appended() -> None:
        with path.open("ab") as file:
            file.write(b"theirs\n")

    meanwhile.append(appended)
    assert append(path, ONE, "two\n").start == len(ONE) + 7
    assert path.read_bytes() == ONE + b"theirs\n" + TWO


def test_a_file_that_loses_its_name_while_we_look(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = file_append._opened

    @contextmanager
    def renamed(place: Path) -> Iterator[int]:
        with opened(place) as handle:
            path.rename(path.with_name("other"))
            yield handle

    monkeypatch.setattr(file_append, "_opened", renamed)
    with pytest.raises(ChangedMeanwhileError):
        append(path, ONE, "two\n")
    assert path.with_name("other").read_bytes() == ONE


# --- Waiting for who saves --------------------------------------------------------------


def _needs_leases(path: Path) -> None:
    if leases.is_being_written(path) is None:
        pytest.skip(f"NOT TESTED: no leases are granted on {path}")


def test_who_is_saving_gets_the_time_to_finish(path: Path) -> None:
    _needs_leases(path)
    _saved(path, b"saved\n", after=0.1)()
    assert leases.is_being_written(path)
    wait_until_saved([path, path.with_name("none")])
    assert path.read_bytes() == b"saved\n"


def test_who_does_not_finish_is_named(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _needs_leases(path)
    monkeypatch.setattr(file_append, "_PATIENCE", 0.03)
    said = f"^{path} is open for writing in another program; let it save, and close it$"
    with path.open("a"), pytest.raises(WriteRefusedError, match=said):
        wait_until_saved([path])


def test_what_was_emptied_is_waited_for_where_nothing_else_is_told(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path.write_bytes(b"")
    wait_until_saved([path] if leases.is_being_written(path) is not None else [])
    monkeypatch.setattr(leases, "_ask", lambda *_: errno.ENOSYS)
    monkeypatch.setattr(file_append, "_PATIENCE", 0.03)
    said = (
        f"{path} was emptied a moment ago: somebody may be about to save it; "
        "if it is meant to be empty, put a comment into it"
    )
    with pytest.raises(WriteRefusedError, match=f"^{re.escape(said)}$"):
        wait_until_saved([path])
    os.utime(path, (time.time() - 100, time.time() - 100))
    wait_until_saved([path])


def test_what_is_written_again_and_again_is_not_waited_for_long(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where nobody tells whether somebody is saving it; who appends does no harm."""
    monkeypatch.setattr(leases, "_ask", lambda *_: errno.ENOSYS)
    monkeypatch.setattr(file_append, "_SHORT", 0.03)
    for quiet, waits in ((100.0, True), (0.0, False)):
        monkeypatch.setattr(file_append, "_QUIET", quiet)
        begun = time.monotonic()
        wait_until_saved([path])
        assert (time.monotonic() - begun > 0.03) is waits


# --- Taking it back ---------------------------------------------------------------------

# What has become of the file since; whether nothing of ours is left; and what is.
SINCE = [
    (ONE + TWO, True, ONE),
    (ONE + TWO + b"theirs\n", False, ONE + TWO + b"theirs\n"),
    (b"before\n" + ONE + TWO, False, b"before\n" + ONE + TWO),
    (ONE + b"theirs\n", True, ONE + b"theirs\n"),
    (ONE, True, ONE),
    (b"", True, b""),
]


@pytest.mark.parametrize(("since", "undone", "left"), SINCE)
def test_what_was_appended_is_taken_back_where_nobody_has_written_since(
    path: Path, told: bool, since: bytes, undone: bool, left: bytes
) -> None:
    assert told in (True, False)
    appended = append(path, ONE, "two\n")
    path.write_bytes(since)
    os.utime(path, (time.time() - 100, time.time() - 100))
    assert appended.stands() is (TWO in since)
    assert appended.take_back() is undone
    assert path.read_bytes() == left


@pytest.mark.parametrize("theirs", [b"", b"theirs\n"])
def test_a_new_file_is_taken_back_too(tmp_path: Path, theirs: bytes) -> None:
    path = tmp_path / "new"
    write_new(path, "two\n")
    with path.open("ab") as file:
        file.write(theirs)
    assert Appended(path, 0, b"two\n", is_new=True).take_back() is not bool(theirs)
    assert path.exists() is bool(theirs)


def test_a_file_that_is_gone_holds_nothing(path: Path) -> None:
    appended = append(path, ONE, "two\n")
    path.unlink()
    assert not appended.stands()
    assert appended.take_back()


def test_what_cannot_be_cut_off_is_told(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def failing(*_args: object) -> None:
        raise OSError(errno.EIO, "Input/output error")

    appended = append(path, ONE, "two\n")
    monkeypatch.setattr(os, "ftruncate", failing)
    assert not appended.take_back()
    assert appended.stands()


def test_what_nobody_can_look_at_is_not_said_to_be_gone(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _needs_leases(path)
    appended = append(path, ONE, "two\n")
    monkeypatch.setattr(file_append, "_PATIENCE", 0.03)
    with path.open("r+b") as file:
        file.truncate(0)
        assert not appended.take_back()
    os.utime(path, (0, 0))
    assert appended.take_back()


def test_a_look_at_a_file_that_is_just_being_saved_says_nothing(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has not lost ours: an editor that knows it has emptied the file, and goes on."""
    appended = append(path, ONE, "two\n")
    read, looks = atomic_files.read, list[Path]()

    def between(place: Path) -> bytes:
        looks.append(place)
        if len(looks) == 1:
            path.write_bytes(ONE + TWO + b"edited\n")
            return b""
        return read(place)

    monkeypatch.setattr(atomic_files, "read", between)
    assert appended.stands()
    assert len(looks) == 2


def test_a_file_that_never_rests(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    appended, looks = Appended(path, 0, b"none"), list[Path]()

    def changing(place: Path) -> bytes:
        looks.append(place)
        path.write_bytes(b"." * len(looks))
        return b""

    monkeypatch.setattr(atomic_files, "read", changing)
    assert not appended.stands()
    assert len(looks) == file_append.LOOKS


# --- Killed -----------------------------------------------------------------------------

# A process that is killed at the n-th call into the operating system while it appends.
KILLED = """
import os, signal, sys
from pathlib import Path
from beancount_voucher.ledger import file_append, locks

step, count = int(sys.argv[2]), 0

def killing(call):
    def killed(*args, **kwargs):
        global count
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        result = call(*args, **kwargs)
        count += 1
        if count == step:
            os.kill(os.getpid(), signal.SIGKILL)
        return result
    return killed

for name in ("open", "write", "fsync", "unlink"):
    setattr(os, name, killing(getattr(os, name)))
path = Path(sys.argv[1])
with locks.locked(path):
    file_append.append(path, path.read_bytes(), "new\\n" * 3000)
print(count)
"""


def test_a_writer_killed_at_any_step_leaves_all_of_its_text_or_none(path: Path) -> None:
    whole, seen = ONE + b"\n" + b"new\n" * 3000, set()
    for step in range(1, 80):
        path.write_bytes(ONE)
        done = subprocess.run(
            [sys.executable, "-c", KILLED, path, str(step)], capture_output=True, check=False
        )
        content = path.read_bytes()
        assert content in (ONE, whole), step
        seen.add((done.returncode, content == whole))
        mend(path)  # whoever comes next
        assert path.read_bytes() == content
        assert not undo_notes.place_of(path).exists()
        if done.returncode == 0:
            break
    assert seen == {(-9, False), (-9, True), (0, True)}


# A process that is killed when half of its text is written: between two pages of memory.
HALVED = """
import os, signal, sys
from pathlib import Path
from beancount_voucher.ledger import file_append

path, write = Path(sys.argv[1]), os.write

def half(handle, text):
    write(handle, text[:1024 - path.stat().st_size])
    os.kill(os.getpid(), signal.SIGKILL)

os.write = half
file_append.append(path, path.read_bytes(), "new\\n" * 3000)
"""


@pytest.fixture
def halved(path: Path) -> Path:
    """A file in which a killed writer has left half of its text."""
    done = subprocess.run([sys.executable, "-c", HALVED, path], check=False)
    assert done.returncode == -9
    assert path.read_bytes() == ONE + (b"\n" + b"new\n" * 3000)[: 1024 - len(ONE)]
    assert undo_notes.place_of(path).exists()
    return path


def test_the_half_that_a_killed_writer_left_is_cut_off(halved: Path) -> None:
    mend(halved)
    assert halved.read_bytes() == ONE
    assert list(halved.parent.iterdir()) == [halved]
    mend(halved)


def test_half_behind_which_others_have_written_is_told(halved: Path) -> None:
    with halved.open("ab") as file:
        file.write(b"theirs\n")
    before, note = halved.read_bytes(), undo_notes.place_of(halved)
    with pytest.raises(WriteRefusedError) as refused:
        mend(halved)
    assert str(refused.value) == (
        f"{halved}: from line 2 on stands half of what a writer has written that was killed, "
        f"and others have written behind it; mend it, and remove {note}"
    )
    assert halved.read_bytes() == before
    halved.write_bytes(ONE + b"theirs\n")
    mend(halved)
    assert list(halved.parent.iterdir()) == [halved]
    assert halved.read_bytes() == ONE + b"theirs\n"
