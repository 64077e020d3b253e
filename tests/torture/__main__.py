"""Torture: ``python -m tests.torture [--minutes N | --seconds N] [--seed N] [--no-leases]``.

Round by round, on a new ledger each: several processes of ours record vouchers (``actors``),
others append to the same file, save it in place and check it out by git; ours are killed and
interrupted, and the disk is full now and then. Afterwards every byte that anybody was told to
have written must be there, once, and nothing half (``verdict``). Prints figures; exit status 1
if anything is lost, with the folder in which it happened.

A small disk is mounted where that is allowed (to root, on Linux); elsewhere only the limit of a
file's size makes disks full. The seed decides what everybody does; when, the system decides.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.ledger import file_append, locks
from beancount_voucher.ledger.leases import is_being_written
from tests.support import PLUGIN, WORLD
from tests.torture.actors import HEAD, NO_LEASES, VOUCHERS, git
from tests.torture.verdict import judge

if TYPE_CHECKING:
    from collections.abc import Iterator

ROUND = 20.0
"""Seconds: the longer one lasts, the more of them the ledger's growth takes."""

NAMES = {
    "record": "R",
    "append": "A",
    "edit": "E",
    "edit-carelessly": "C",
    "check-out": "G",
    "fill": "F",
}

CAST = {"record": 3, "append": 2, "edit": 1, "edit-carelessly": 1, "check-out": 1}


def main(arguments: list[str] | None = None) -> int:
    """Torture a ledger, and tell what is lost."""
    parser = argparse.ArgumentParser(prog="python -m tests.torture", description=__doc__)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seconds", type=float)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--no-leases", action="store_true", help="as where none are granted")
    options = parser.parse_args(arguments)
    if options.no_leases:
        os.environ[NO_LEASES] = "1"
    seconds = options.minutes * 60 if options.seconds is None else options.seconds
    end, number, figures = time.monotonic() + seconds, 0, Counter[str]()
    while (left := end - time.monotonic()) > 0:
        number += 1
        faults = _round(f"{options.seed}-{number}", min(left, ROUND), figures)
        if faults:
            print(*faults, sep="\n")
            break
    for what, count in sorted(figures.items(), key=lambda item: -item[1]):
        print(f"{count:>8,} {what}")
    print(
        f"{number} rounds with seed {options.seed}: {'nothing is lost' if not faults else 'LOST'}"
    )
    return bool(faults)


def _round(seed: str, seconds: float, figures: Counter[str]) -> list[str]:
    top = Path(tempfile.mkdtemp(prefix="torture-"))
    (top / "logs").mkdir()
    folder = top / "disk"
    folder.mkdir()
    with ExitStack() as mounted:
        small = _mounted(folder, mounted)
        _new_ledger(folder)
        cast = CAST | ({"fill": 1} if small else {})
        figures["rounds on a small disk"] += small
        granted = NO_LEASES not in os.environ and is_being_written(folder / VOUCHERS) is False
        figures["rounds where leases are granted"] += granted
        _play(folder, cast, seed, seconds, figures)
        with locks.locked(folder / VOUCHERS):
            file_append.mend(folder / VOUCHERS)  # as whoever writes next
        verdict = judge(folder)
        figures.update(verdict.figures)
        if verdict.faults:
            shutil.copytree(folder, top / "ledger", symlinks=True)
    if not verdict.faults:
        shutil.rmtree(top)
        return []
    return [*verdict.faults[:20], f"{len(verdict.faults)} faults; see {top}"]


def _mounted(folder: Path, mounted: ExitStack) -> bool:
    """Mount a small disk, where that is allowed."""
    command = ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)]
    with suppress(OSError):
        if not subprocess.run(command, capture_output=True, check=False).returncode:
            mounted.callback(subprocess.run, ["umount", "-l", str(folder)], check=True)
            return True
    return False


def _new_ledger(folder: Path) -> None:
    (folder / VOUCHERS).parent.mkdir()
    (folder / VOUCHERS).write_text(f"{HEAD}0\n")
    (folder / "ledger.beancount").write_text(PLUGIN + WORLD + 'include "2026/*.beancount"\n')
    for command in (["init", "-q"], ["add", "."]):
        git(folder, *command)


def _play(
    folder: Path, cast: dict[str, int], seed: str, seconds: float, figures: Counter[str]
) -> None:
    """Let all of them write at once, and kill ours now and then."""
    chance, number = random.Random(seed), 0  # noqa: S311
    with _running(folder) as running:
        for kind, count in cast.items():
            for each in range(count):
                running[f"{kind}-{each}"] = _started(kind, folder, f"{NAMES[kind]}{each}", seed)
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            time.sleep(min(0.2 + chance.random() * 2, max(0, end - time.monotonic())))
            name = f"record-{chance.randrange(cast['record'])}"
            running[name].send_signal(chance.choice((signal.SIGINT, signal.SIGKILL)))
            time.sleep(0.02)
            if running[name].poll() is None:
                continue
            figures["killed"] += 1
            number += 1
            running[name] = _started("record", folder, f"K{number}", f"{seed}-{number}")


def _started(kind: str, folder: Path, name: str, seed: str) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "tests.torture.actors", kind, str(folder), name, seed + name]
    with (folder.parent / "messages").open("ab") as file:
        return subprocess.Popen(command, cwd=Path(__file__).parents[2], stderr=file)


@contextmanager
def _running(folder: Path) -> Iterator[dict[str, subprocess.Popen[bytes]]]:
    running: dict[str, subprocess.Popen[bytes]] = {}
    try:
        yield running
    finally:
        (folder.parent / "stop").touch()
        for process in running.values():
            try:
                process.wait(60)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()


if __name__ == "__main__":
    sys.exit(main())
