"""Everybody writes one ledger at once: a short run of ``python -m tests.torture``."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support import ROOT, WORLD
from tests.torture.actors import HEAD, VOUCHERS, note_of
from tests.torture.verdict import judge

if TYPE_CHECKING:
    from pathlib import Path

HAPPENS = (
    "vouchers recorded",
    "lines appended by others",
    "files saved in place",
    "killed",
)


def test_a_short_torture() -> None:
    command = [sys.executable, "-m", "tests.torture", "--seconds", "8", "--seed", "7"]
    ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    *figures, last = ran.stdout.splitlines()
    assert (ran.returncode, last) == (0, "1 rounds with seed 7: nothing is lost"), ran
    happened = {line.split(maxsplit=1)[1] for line in figures}
    assert not set(HAPPENS) - happened, ran.stdout


def _requested(voucher: str, note: str) -> str:
    return (
        f'2026-03-02 custom "voucher-request" "{voucher}" 1.00 CNY\n'
        f'  policyholder: "Ann"\n  insurer: "Ins"\n  note: "{note}"\n'
    )


WHOLE = f"{HEAD}0\n;; <A-1>\n" + _requested("R-1", note_of("R-1", 2))

# What is left, and what the verdict must be: each fault is seen.
LEFT = [
    (WHOLE, []),
    (WHOLE + ";; <A-1>\n", ["<A-1> of somebody else is there 2 times"]),
    (WHOLE.replace(";; <A-1>", ""), ["<A-1> of somebody else is there 0 times"]),
    (WHOLE.replace("R-1/1", ""), ["R-1 is there 1 times, or half"]),
    (WHOLE + _requested("R-2", "<R-2>"), ["R-2 comes from nowhere"]),
    (f"{HEAD}0\n;; <A-1>\n", ["R-1 was told to be written, and is lost"]),
    (WHOLE + "\nhalf\n", ["nobody wrote line 8: half"]),
]


def _left(folder: Path, content: str, *told: str) -> list[str]:
    """What is said of what is left."""
    (folder / "logs").mkdir()
    (folder / "logs" / "all.jsonl").write_text("\n".join(told) + "\n")
    path = folder / "disk" / VOUCHERS
    path.parent.mkdir(parents=True)
    path.write_text(content)
    top = 'plugin "beancount_voucher_plugin"\n' + WORLD + f'include "{VOUCHERS}"\n'
    (folder / "disk" / "ledger.beancount").write_text(top)
    return judge(folder / "disk").faults


TOLD = (
    '{"at": 1, "tried": "R-1", "words": 2}',
    '{"at": 2, "ran": "R-1", "status": 0, "said": "", "looked": 2}',
    '{"at": 2, "wrote": "<A-1>"}',
    '{"at": 3, "tried": "R-3", "words": 2}',
)


def test_every_fault_is_seen(tmp_path: Path) -> None:
    for number, (content, faults) in enumerate(LEFT):
        (tmp_path / str(number)).mkdir()
        found = _left(tmp_path / str(number), content, *TOLD)
        assert [fault for fault in found if "error in the ledger" not in fault] == faults


def test_who_looked_before_and_saved_after_is_counted_apart(tmp_path: Path) -> None:
    """Nobody can keep that one from taking away what we have told."""
    saved = '{"at": 3, "wrote": "<C-1>", "looked": 1.5, "careless": true}'
    content = f"{HEAD}0\n;; <A-1>\n;; <C-1>\n"
    assert _left(tmp_path, content, *TOLD, saved) == []


def test_what_is_left_behind_is_seen(tmp_path: Path) -> None:
    (tmp_path / "disk").mkdir()
    for name in (".a.undo", ".a.abcdefgh.new", ".a.lock"):
        (tmp_path / "disk" / name).touch()
    found = _left(tmp_path, WHOLE, *TOLD, '{"at": 1, "broken": "KeyError()"}')
    assert sorted(found) == [
        "broken: KeyError()",
        "left behind: .a.abcdefgh.new",
        "left behind: .a.undo",
    ]
