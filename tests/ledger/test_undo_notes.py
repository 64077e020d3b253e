"""Notes of what is about to be appended: by them, half of it is known."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from beancount_voucher.ledger import permissions
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.ledger.undo_notes import UndoNote, left, noted, place_of
from tests.support.file_modes import mode_of

TEXT = b"a" * 1000
FILE = (5, 7)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    made = tmp_path / "ledger"
    made.write_bytes(b"one\n")
    return made


def _note(path: Path, text: bytes = TEXT) -> UndoNote | None:
    """What is read of a note while it is there."""
    with path.open("rb") as file, noted(path, file.fileno(), 4, text):
        return left(path)


def test_a_note_tells_what_is_appended_and_where(path: Path) -> None:
    found = path.stat()
    text = b"one\ntwo\n\xe5\x87\xad\r\n"
    place = path.with_name(".ledger.undo")
    assert _note(path, text) == UndoNote(place, (found.st_dev, found.st_ino), 4, text)
    assert left(path) is None
    assert list(path.parent.iterdir()) == [path]


def test_it_lies_beside_the_file_itself(path: Path) -> None:
    (path.parent / "link").symlink_to(path)
    assert place_of(path.parent / "link") == path.with_name(".ledger.undo")


# Where the text was going to begin, what stands there, of which file, and how much is half.
HALVES = [
    (24, b"a" * 488, FILE, 488),
    (24, b"a" * 1000, FILE, 0),  # all of it
    (24, b"", FILE, 0),
    (24, b"b" * 488, FILE, 0),
    (24, b"a" * 488, (5, 8), 0),  # another file by now
    (24, b"a" * 487, FILE, 0),  # nothing ends there but what somebody typed
    (24, b"a" * 488 + b"theirs", FILE, 488),
    (0, b"a" * 512, FILE, 512),
    (512, b"", FILE, 0),
]


@pytest.mark.parametrize(("start", "found", "file", "half"), HALVES)
def test_half_of_a_text(start: int, found: bytes, file: tuple[int, int], half: int) -> None:
    note = UndoNote(Path("note"), FILE, start, TEXT)
    assert note.half(file, b"." * start + found) == half


@pytest.mark.parametrize(
    "content", [b"", b"5 7 4", b"5 7 4 9\nshort", b"5 7\ntext", b"x y z 4\ntext"]
)
def test_a_note_that_was_not_finished_is_removed(path: Path, content: bytes) -> None:
    """Its writer has appended nothing yet."""
    place_of(path).write_bytes(content)
    assert left(path) is None
    assert not place_of(path).exists()


def _symlink(place: Path) -> None:
    place.symlink_to(place.parent / "ledger")


STRANGE = [
    (_symlink, "Too many levels of symbolic links"),
    (os.mkdir, "it is no regular file"),
    (os.mkfifo, "it is no regular file"),
]


@pytest.mark.parametrize(("make", "reason"), STRANGE)
def test_what_is_no_note_of_ours_is_told(path: Path, make: object, reason: str) -> None:
    place = place_of(path)
    make(place)  # type: ignore[operator]
    with pytest.raises(WriteRefusedError) as refused:
        left(path)
    assert str(refused.value) == (
        f"{path}: what a killed writer noted in {place} cannot be read: {reason}; "
        "see whether the end of the file is whole, and remove the note"
    )
    assert os.path.lexists(place)


def test_a_full_disk_leaves_no_note(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(_handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(WriteRefusedError, match=f"^{path}: No space left on device$"):
        _note(path)
    assert list(path.parent.iterdir()) == [path]


def test_a_note_that_cannot_be_removed_is_left_to_the_next(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refused(_path: Path) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(Path, "unlink", refused)
    assert _note(path) is not None
    assert left(path) is not None


@pytest.mark.parametrize("group", ["kept", "another", "refused"])
def test_a_note_is_for_whom_the_file_is_for(
    path: Path, monkeypatch: pytest.MonkeyPatch, group: str
) -> None:
    path.chmod(0o664)

    def given(handle: int, found: os.stat_result) -> os.stat_result:
        if group == "refused":
            raise OSError
        changed = list(os.fstat(handle))
        changed[5] = found.st_gid + (group == "another")
        return os.stat_result(changed)

    monkeypatch.setattr(permissions, "given", given)
    with path.open("rb") as file, noted(path, file.fileno(), 4, TEXT):
        assert mode_of(place_of(path)) == (0o664 if group == "kept" else 0o600)
