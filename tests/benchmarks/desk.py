"""The desk before and after: ``python -m tests.benchmarks.desk BEFORE [VOUCHERS]``.

BEFORE is a checkout of an earlier version (``git worktree add``). CPU seconds of whole processes,
medians of five, the two taken in turns; each figure is also told as a ratio to ``list`` as CSV of
before. No index is kept (``tests.benchmarks.index``): facts are read from the files. A review is
measured up to 10,000 vouchers.
"""

from __future__ import annotations

import os
import resource
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS, Figures, medians, table
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Sequence

_AS_OF = ("--as-of", "2026-11-25")
_LIST = "list, as CSV"
_COMMANDS = {
    _LIST: (("list", *_AS_OF, "--format", "csv"), (0,)),
    "show": (("show", "V-000050"), (0,)),
    "run, nothing due": (("run", "--as-of", "2026-01-01"), (0,)),
    "run": (("run", *_AS_OF), (0,)),
    "accept": (("accept", "V-000000", "--date", "2026-01-03"), (0,)),
    "accept --write": (("accept", "V-000000", "--date", "2026-01-03", "--write"), (0,)),
    "issue --write": (
        ("issue", "V-NEW", "--like", "V-000000", "--date", "2026-11-25", "--write"),
        (0,),
    ),
}
_REVIEW = {"review of one changed line": (("review", "HEAD~1..HEAD"), (1,))}
_REVIEWED = 10_000
"""Up to so many vouchers a review is measured: with more, that of before takes minutes."""
_TOP = "made.beancount"


def _repository(folder: Path, text: str) -> None:
    """A ledger in git, whose last commit changes one amount."""
    _git(folder, "init", "--quiet", "--initial-branch", "main")
    for amount in ("100.00", "101.00"):
        changed = text.replace('"V-000000" 100.00', f'"V-000000" {amount}')
        (folder / _TOP).write_text(changed)
        _git(folder, "add", "--all")
        _git(folder, "commit", "--quiet", "--message", amount)


def _git(folder: Path, *arguments: str) -> None:
    me = ("-c", "user.name=Lin", "-c", "user.email=lin@example.org")
    subprocess.run(["git", "-C", str(folder), *me, *arguments], check=True)


def _run(root: Path, path: Path, arguments: Sequence[str], statuses: Sequence[int]) -> Figures:
    """One command of one version, in a process of its own."""
    program = "from beancount_voucher.__main__ import program; program()"
    paths = os.pathsep.join((str(root), str(root / "plugins")))
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run(
        [sys.executable, "-c", program, "-f", str(path), *arguments],
        cwd=root,
        env={**os.environ, "PYTHONPATH": paths, "BEAN_VOUCHER_CACHE": ""},
        capture_output=True,
        check=False,
    )
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ran.returncode in statuses, ran.stderr.decode()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "status": ran.returncode}


def main(before: Path, vouchers: int) -> None:
    text = ledger(vouchers)
    commands = _COMMANDS | (_REVIEW if vouchers <= _REVIEWED else {})
    runs: dict[str, list[Figures]] = {}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name).resolve()
        _repository(folder, text)
        path = folder / _TOP
        committed = path.read_text()
        for _ in range(RUNS):
            for command, (arguments, statuses) in commands.items():
                for version, root in (("before", before), ("now", ROOT)):
                    path.write_text(committed)
                    found = _run(root, path, arguments, statuses)
                    runs.setdefault(f"{command} {version}", []).append(found)
    taken = {name: figures["cpu"] for name, figures in medians(runs).items()}
    base = taken[f"{_LIST} before"]
    rows = [
        (
            command,
            f"{taken[f'{command} before']:.2f} s",
            f"{taken[f'{command} now']:.2f} s",
            f"{taken[f'{command} now'] / taken[f'{command} before']:.2f}",
            f"{taken[f'{command} before'] / base:.2f}",
            f"{taken[f'{command} now'] / base:.2f}",
        )
        for command in commands
    ]
    print(f"{vouchers:,} vouchers\n")
    headers = ("command", "before", "now", "now / before", "before / list", "now / list before")
    print(table(headers, rows))


if __name__ == "__main__":
    main(
        Path(sys.argv[1]).resolve(),
        int(sys.argv[2]) if len(sys.argv) > 2 else 100_000,
    )
