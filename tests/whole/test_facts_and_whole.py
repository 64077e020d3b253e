"""What commands say of facts alone, and of the whole ledger: the same, to the last byte."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.ledger.loader import load, load_facts
from tests.support.clerk import UNCHECKED

FOLDER = Path(__file__).parents[2] / "ledgers"
LEDGERS = sorted(FOLDER.rglob("*.beancount"))
DAYS = ("2026-02-15", "2026-03-10", "2026-07-01")
VOUCHERS = 4


def _ran(path: Path, *arguments: str, checked: bool) -> tuple[int, str, str]:
    options = ["--checked"] if checked else []
    result = CliRunner().invoke(main, ["-f", str(path), *options, *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), arguments
    return result.exit_code, result.stdout, result.stderr


@pytest.mark.parametrize("path", LEDGERS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_every_ledger_of_ours(path: Path) -> None:
    _hold_against_each_other(path)


@pytest.mark.parametrize("name", ["marketplace/all", "second-quarter/ledger", "instrument/ledger"])
def test_daily_postings(tmp_path: Path, name: str) -> None:
    shutil.copytree(FOLDER, tmp_path / "ledgers")
    path = (tmp_path / "ledgers" / name).with_suffix(".beancount")
    path.write_text(path.read_text() + '2026-01-01 custom "voucher-option" "postings" "daily"\n')
    _hold_against_each_other(path)


def _hold_against_each_other(path: Path) -> None:
    """Errors of books alone are told by the whole, and then only their number differs."""
    ledger = load(path)
    same = len(ledger.errors) == len(load_facts(path).errors)
    vouchers = list(ledger.evaluation.vouchers)[:VOUCHERS]
    commands = [["list", "--format", style] for style in ("csv", "table")]
    commands += [["list", "--roll-forward"], ["forecast"], ["forecast", "--vouchers"]]
    commands += [["run"], ["run", "--format", "json"], ["settle", "--due"], ["void", "--due"]]
    commands += [[command, each] for each in vouchers for command in ("show", "settle")]
    for command in (*commands, ["show", "V-NONE"]):
        for day in DAYS:
            asked = [*command, "--as-of", day]
            status, out, err = _ran(path, *asked, checked=False)
            whole = _ran(path, *asked, checked=True)
            assert out == whole[1], asked
            assert _told(err, same=same) == _told(whole[2], same=same), asked
            assert status == whole[0] or (not same and (status, whole[0]) == (0, 1)), asked


def _told(err: str, *, same: bool) -> list[str]:
    left_out = (UNCHECKED,) if same else (UNCHECKED, "The ledger has ")
    return [line for line in err.splitlines(keepends=True) if not line.startswith(left_out)]
