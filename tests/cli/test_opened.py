"""What is recorded and decided out of the index: the same as from files, to the last byte."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main, opened
from tests.support import ACCEPT, APPLY, DUE, HAPPY, PLUGIN, SETTLE, WORLD, event, issue
from tests.support.clerk import UNCHECKED

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger

APPLIED = issue() + ACCEPT + APPLY
OTHERS = HAPPY.replace("V-1", "V-8") + issue("V-9", funding='"credit"')
LINE = '2026-01-02 custom "voucher-credit-line" "Ann" "Iss" 5000.00 CNY\n'

# What stands in the ledger, the commands, and how many of them are answered out of the index
# once the ledger was checked and listed.
STORIES: dict[str, tuple[str, tuple[str, ...], int]] = {
    "an acceptance": (issue(), ("accept V-1 --date 2026-03-03 --write",), 1),
    "two events, one after the other": (
        issue(), ("accept V-1 --date 2026-03-03 --write", "apply V-1 --date 2026-03-05 --write"), 2,
    ),
    "not written": (issue(), ("accept V-1 --date 2026-03-03",), 1),
    "what is recorded already": (APPLIED, ("accept V-1 --date 2026-03-03 --write",), 1),
    "what is refused": (APPLIED, ("reject V-1 --date 2026-03-06 --write",), 1),
    "of several vouchers": (
        issue() + issue("V-2"), ("accept V-1 V-2 --date 2026-03-03 --write",), 1,
    ),
    "of a voucher that nobody knows": (issue(), ("accept V-7 --date 2026-03-03 --write",), 0),
    "with an amount": (issue() + ACCEPT, ("apply V-1 60.00 CNY --date 2026-03-05 --write",), 0),
    "an issue": (HAPPY, ("issue V-2 --like V-1 --date 2026-03-09 --write",), 0),
    "a close": (HAPPY, ("close 2026-02 --write",), 0),
    "a day far away": (issue(), ("accept V-1 --date 2046-03-03 --write",), 1),
    "a day that is not far from others of the whole": (
        issue() + "2040-01-01 price CNY 0.14 USD\n",
        ("accept V-1 --date 2042-03-03 --write", "accept V-1 --date 2046-03-03 --write"), 2,
    ),
    "a run": (DUE, ("run --as-of 2026-04-10 --write", "run --as-of 2026-04-11 --write"), 2),
    "a settlement": (APPLIED, ("settle V-1 --as-of 2026-03-06 --write",), 1),
    "a void": (issue(), ("void V-1 --reason cancelled --as-of 2026-03-03 --write",), 1),
    "a ledger with an error": (
        APPLIED + event("accept", "2026-03-04"), ("settle V-1 --as-of 2026-03-06 --write",), 0,
    ),
    "a balance behind it": (
        APPLIED + "2026-03-30 balance Assets:Bob:Iss 100000 CNY\n",
        ("settle V-1 --as-of 2026-03-06 --write",), 1,
    ),
    "--checked": (issue(), ("--checked accept V-1 --date 2026-03-03 --write",), 0),
}  # fmt: skip


@pytest.fixture
def recalled(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[str]:
    """A folder for the index, and what is answered out of it."""
    (tmp_path / "cache").mkdir(mode=0o700)
    monkeypatch.setenv("BEAN_VOUCHER_CACHE", str(tmp_path / "cache"))
    found: list[str] = []
    recall = opened.recall

    def counted(path: Path, about: opened.About, *told: Any) -> Ledger | None:
        part = recall(path, about, *told)
        found.extend(() if part is None else (str(path),))
        return part

    monkeypatch.setattr(opened, "recall", counted)
    return found


def _ran(path: Path, command: str, *before: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["-f", str(path), *before, *command.split()])
    assert result.exception is None or isinstance(result.exception, SystemExit)
    told = [line for line in result.stderr.splitlines() if line != UNCHECKED.strip()]
    folder = str(path.parent)
    return result.exit_code, result.stdout.replace(folder, ""), "\n".join(told).replace(folder, "")


@pytest.mark.parametrize("name", STORIES)
def test_the_same_from_the_index(tmp_path: Path, recalled: list[str], name: str) -> None:
    text, commands, times = STORIES[name]
    paths = [tmp_path / folder / "ledger.beancount" for folder in ("index", "files")]
    for path in paths:
        path.parent.mkdir()
        path.write_text(PLUGIN + WORLD + LINE + OTHERS + text)
    for command in ("check", "list"):
        _ran(paths[0], command)
    recalled.clear()
    for command in commands:
        one, other = _ran(paths[0], command), _ran(paths[1], command, "--no-index")
        assert one == other
        assert paths[0].read_bytes() == paths[1].read_bytes()
    assert len(recalled) == times
    assert _ran(paths[0], "list --format csv") == _ran(paths[1], "list --format csv", "--checked")


def test_nothing_is_written_out_of_the_index_that_was_not_checked(
    tmp_path: Path, recalled: list[str]
) -> None:
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + issue())
    assert _ran(path, "list")[0] == 0
    assert _ran(path, "accept V-1 --date 2026-03-03 --write")[0] == 0
    assert recalled == []
    assert _ran(path, "apply V-1 --date 2026-03-05 --write")[0] == 0
    assert _ran(path, "settle V-1 --as-of 2026-03-06 --write")[0] == 0
    assert path.read_text().endswith(f"{APPLY}\n{SETTLE}")
