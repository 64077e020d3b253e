"""Who writes the ledger: each a process of its own, ``python -m tests.torture.actors KIND …``.

*Recorders* are ours: the command, again and again, some with little room on the disk. The
others know nothing of our locks: *appenders* (one write at the end, after having had the file
open for a while), *editors* that save in place (truncate, and write in two pieces; *careless*
ones look at the file before they open it, as Fava does), *git* that checks out another version.
They take turns among themselves, since it is not their writing that is tried here; only we come
in between. Each notes in a log what it was told that it has written.
"""

from __future__ import annotations

import errno
import fcntl
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VOUCHERS = Path("2026") / "03.beancount"
"""The file that all write to, in the folder of the ledger."""

NO_LEASES = "TORTURE_WITHOUT_LEASES"
"""An environment variable: whether ours are to write as where no leases are granted."""

HEAD = ";; version "
"""What editors and git change: the number in the first line."""


class Log:
    """What an actor was told, a line for each; it outlives the actor.

    Args:
        folder: of the logs.
        name: of the actor.
    """

    def __init__(self, folder: Path, name: str) -> None:
        self._file = (folder / f"{name}.jsonl").open("a", buffering=1)

    def note(self, **what: Any) -> None:
        """Note something, with the time."""
        self._file.write(json.dumps({"at": time.monotonic(), **what}) + "\n")


def note_of(voucher: str, words: int) -> str:
    """The note of a voucher, by which it is known to be whole: of several pages, some."""
    return " ".join([f"<{voucher}>"] + [f"{voucher}/{number}" for number in range(words)])


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Keep the others that are not ours waiting."""
    with (folder.parent / "others.lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


# --- Ours -------------------------------------------------------------------------------


def record(folder: Path, log: Log, name: str, chance: random.Random) -> Iterator[None]:
    """The command; also where the file may grow by a few bytes only, and with Ctrl-C."""
    from click.testing import CliRunner  # noqa: PLC0415  the others need none of it

    from beancount_voucher.cli import main  # noqa: PLC0415
    from beancount_voucher.ledger import leases  # noqa: PLC0415

    if NO_LEASES in os.environ:
        leases._ask = lambda *_: errno.ENOSYS
    looks = _looks()
    number = 0
    while True:
        number += 1
        voucher, words = f"{name}-{number}", chance.choice((1, 1, 5, 50, 900))
        log.note(tried=voucher, words=words)
        room = chance.randrange(300) if chance.random() < 0.2 else None
        _limit(folder, room)
        with suppress(KeyboardInterrupt):
            terms = ["--date", "2026-03-02", "--policyholder", "Ann", "--insurer", "Ins"]
            note = ["--note", note_of(voucher, words)]
            command = ["request", voucher, "1.00 CNY", *terms, *note, "--write"]
            ran = CliRunner().invoke(main, ["-f", str(folder / "ledger.beancount"), *command])
            if ran.exception is not None and not isinstance(ran.exception, SystemExit):
                log.note(broken=repr(ran.exception))
            looked = looks[-1] if looks else 0.0
            log.note(ran=voucher, status=ran.exit_code, said=ran.stderr[-300:], looked=looked)
        yield


def _looks() -> list[float]:
    """When we look at a file for the last time, whether our text stands in it."""
    from beancount_voucher.ledger import append as append_module  # noqa: PLC0415

    check, looks = append_module._check_stands, list[float]()

    def noting(appended: Any) -> None:
        looks.append(time.monotonic())
        check(appended)

    append_module._check_stands = noting
    return looks


def _limit(folder: Path, room: int | None) -> None:
    """Let files grow no further than the ledger's by so many bytes."""
    _, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    size = hard
    if room is not None:
        with suppress(OSError):
            size = (folder / VOUCHERS).stat().st_size + room
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))


# --- Others -----------------------------------------------------------------------------


def append(folder: Path, log: Log, name: str, chance: random.Random) -> Iterator[None]:
    """Lines at the end, each by one write, of a file that was opened a while before."""
    number = 0
    while True:
        with turn(folder), suppress(FileNotFoundError):
            handle = os.open(folder / VOUCHERS, os.O_WRONLY | os.O_APPEND)
            time.sleep(chance.choice((0, 0, 0, 0.001, 0.03, 0.3)))
            for _ in range(chance.choice((1, 10, 40))):
                number += 1
                os.write(handle, f";; <{name}-{number}>\n".encode())
                log.note(wrote=f"<{name}-{number}>")
            os.close(handle)
        time.sleep(chance.random() * 0.02)
        yield


def edit(folder: Path, log: Log, name: str, chance: random.Random) -> Iterator[None]:
    """Saves in place, by one who opens the file first, and then looks whether it has changed."""
    return _edit(folder, log, name, chance, careless=False)


def edit_carelessly(folder: Path, log: Log, name: str, chance: random.Random) -> Iterator[None]:
    """Saves in place, by one who looks first, and then opens (and so empties) the file."""
    return _edit(folder, log, name, chance, careless=True)


def _edit(
    folder: Path, log: Log, name: str, chance: random.Random, *, careless: bool
) -> Iterator[None]:
    path, number = folder / VOUCHERS, 0
    while True:
        with turn(folder), suppress(FileNotFoundError):
            read = path.read_bytes()
            time.sleep(chance.random() * 0.02)
            number += 1
            new = _edited(read, number) + f";; <{name}-{number}>\n".encode()
            looked = time.monotonic()
            if careless:
                saved = path.read_bytes() == read and _save(path.open("wb"), new, chance)
            else:
                file = path.open("r+b")
                saved = file.read() == read and _save(file, new, chance)
            if saved:
                log.note(wrote=f"<{name}-{number}>", looked=looked, careless=careless)
        time.sleep(chance.random() * 0.2)
        yield


def _edited(content: bytes, number: int) -> bytes:
    """Another first line."""
    _, _, rest = content.partition(b"\n")
    return f"{HEAD}{number}\n".encode() + rest


def _save(file: Any, content: bytes, chance: random.Random) -> bool:
    file.seek(0)
    file.truncate()
    time.sleep(chance.choice((0, 0.001, 0.05)))
    half = chance.randrange(len(content))
    file.write(content[:half])
    file.flush()
    time.sleep(chance.choice((0, 0.001, 0.05)))
    file.write(content[half:])
    file.close()
    return True


def check_out(folder: Path, log: Log, _name: str, chance: random.Random) -> Iterator[None]:
    """Git: commits, and checks out a commit in which the file's first line is another."""
    number = 0
    while True:
        with turn(folder):
            number += 1
            looked = time.monotonic()
            done = False
            with suppress(subprocess.CalledProcessError):
                git(folder, "add", "2026")
                git(folder, "commit", "-q", "--allow-empty", "-m", f"{number}")
                git(folder, "checkout", "-q", _another(folder, number))
                done = True
            log.note(checked_out=done, looked=looked)
        time.sleep(chance.random() * 0.5)
        yield


def _another(folder: Path, number: int) -> str:
    """A commit of the same content, but for the first line."""
    name = VOUCHERS.as_posix()
    content = _edited(git(folder, "show", f"HEAD:{name}"), number)
    blob = git(folder, "hash-object", "-w", "--stdin", given=content).strip().decode()
    git(folder, "update-index", "--cacheinfo", f"100644,{blob},{name}")
    tree = git(folder, "write-tree").strip().decode()
    git(folder, "read-tree", "HEAD")
    git(folder, "update-index", "-q", "--refresh")
    return git(folder, "commit-tree", tree, "-p", "HEAD", "-m", "other").strip().decode()


def git(folder: Path, *arguments: str, given: bytes | None = None) -> bytes:
    """Run git, whose own files are beside the disk: a checkout must find room, or it loses a file."""
    places = [f"--git-dir={folder.parent / 'git'}", f"--work-tree={folder}"]
    who = ["-c", "user.name=G", "-c", "user.email=g@example.com"]
    command = ["git", *places, *who, *arguments]
    ran = subprocess.run(command, cwd=folder, input=given, capture_output=True, check=True)
    return ran.stdout


def fill(folder: Path, log: Log, _name: str, chance: random.Random) -> Iterator[None]:
    """Fills the disk, and makes room again: never while others save, or they would lose theirs."""
    path = folder / "filler"
    while True:
        with turn(folder):
            with suppress(OSError), path.open("wb", buffering=0) as file:
                for size in (1 << 20, 1 << 10, 1):
                    with suppress(OSError):
                        while file.write(b"x" * size):
                            pass
            time.sleep(0.1 + chance.random() * 0.3)
            path.unlink()
            log.note(filled=True)
        time.sleep(1 + chance.random() * 2)
        yield


KINDS: dict[str, Callable[[Path, Log, str, random.Random], Iterator[None]]] = {
    "record": record,
    "append": append,
    "edit": edit,
    "edit-carelessly": edit_carelessly,
    "check-out": check_out,
    "fill": fill,
}


def act(kind: str, folder: Path, name: str, seed: str) -> None:
    """Be one of them, until there is a file ``stop`` beside the folder."""
    log = Log(folder.parent / "logs", name)
    if kind != "record":
        signal.signal(signal.SIGINT, signal.SIG_IGN)
    for _ in KINDS[kind](folder, log, name, random.Random(seed)):  # noqa: S311
        if (folder.parent / "stop").exists():
            return


if __name__ == "__main__":
    act(sys.argv[1], Path(sys.argv[2]), sys.argv[3], sys.argv[4])
