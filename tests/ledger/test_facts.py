"""Facts that are read alone: what a whole load finds, as far as no booking is needed for it."""

from __future__ import annotations

import datetime as dt
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given

from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.ledger.harmless_plugins import add_no_facts
from beancount_voucher.ledger.loader import load, load_facts, made_whole
from beancount_voucher.views.voucher_entries import entries_of
from tests.ledger.test_parsed_files import AWKWARD, LEDGERS, written
from tests.support import HAPPY, PLUGIN, WORLD, event, issue
from tests.support.ledger_texts import one_file
from tests.support.profiles import effort
from tests.support.strategies import stories
from tests.support.whole_output import plain

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger
    from tests.support.model import Event

OF_BOOKS = ("[account-not-open]", "[insufficient-funds]")
"""What a voucher's error ends with that only a whole load finds."""


def _found(ledger: Ledger) -> tuple[Any, ...]:
    """Facts, and what they come to."""
    evaluation = ledger.evaluation
    return (
        [fact._replace(entry=None) for fact in ledger.reading.facts],
        ledger.reading.problems and [each.message for each in ledger.reading.problems],
        [(*each.event[:2], each.event.fact.place, *each.event[3:]) for each in evaluation.journal],
        [problem.message for problem in evaluation.problems],
        evaluation.horizon,
        evaluation.closed,
        ledger.files,
        ledger.has_plugin,
        ledger.kept,
        ledger.has_vouchers,
        ledger.own_accounts.opened,
        ledger.own_accounts.closed,
        ledger.fingerprint,
    )


def _errors(ledger: Ledger) -> list[str]:
    """Errors of the parser and of facts, in their order."""
    told = [(type(error).__module__, error) for error in ledger.errors]
    return [
        plain(error)["message"]
        for module, error in told
        if (isinstance(error, VoucherError) and not error.message.endswith(OF_BOOKS))
        or module in ("beancount.parser.grammar", "beancount.parser.lexer")
    ]


def _same(path: Path) -> None:
    facts, whole = load_facts(path), load(path)
    assert whole.is_whole
    assert _found(facts) == _found(whole)
    assert _errors(facts) == _errors(whole)
    again = made_whole(facts)
    assert again.is_whole
    assert (plain(again.entries), plain(again.errors)) == (
        plain(whole.entries),
        plain(whole.errors),
    )
    assert made_whole(whole) is whole


@pytest.mark.parametrize("path", sorted(LEDGERS.rglob("*.beancount")), ids=lambda path: path.stem)
def test_our_ledgers(path: Path) -> None:
    _same(path)


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_ledgers(tmp_path: Path, name: str) -> None:
    _same(written(tmp_path, name))


# Before the world, and whether facts alone are read.
LINES = {
    "the plugin": (PLUGIN, True),
    "no plugin": ("", True),
    "for a party that is not declared": ('plugin "beancount_voucher_plugin" "Nobody Ann"\n', True),
    "twice": (PLUGIN + PLUGIN, True),
    "twice for others": (PLUGIN + 'plugin "beancount_voucher_plugin" "Ann  Iss"\n' * 2, True),
    "twice, but the same": ('plugin "beancount_voucher_plugin" "Ann  Iss"\n' * 2, True),
    "one of Beancount's that checks": (PLUGIN + 'plugin "beancount.plugins.noduplicates"\n', True),
    "one that opens accounts": (PLUGIN + 'plugin "beancount.plugins.auto_accounts"\n', False),
    "one that closes accounts": (PLUGIN + 'plugin "beancount.plugins.close_tree"\n', False),
    "one that is not there": (PLUGIN + 'plugin "none.such"\n', False),
}  # fmt: skip


@pytest.mark.parametrize("name", LINES)
def test_plugin_lines(tmp_path: Path, name: str) -> None:
    plugins, alone = LINES[name]
    path = tmp_path / "ledger.beancount"
    path.write_text(plugins + WORLD + HAPPY + issue(funding='"gold"') + "2026-03-09 what\n")
    assert load_facts(path).is_whole is not alone
    _same(path)


def test_only_plugins_that_are_known_leave_facts_alone() -> None:
    known = "beancount.ops.pad", "beancount.plugins.check_closing", "beancount_voucher_plugin"
    assert add_no_facts((name, None) for name in known)
    for other in ("beancount.plugins.auto", "beancount.plugins.pedantic", "pad", "mine"):
        assert not add_no_facts([("beancount_voucher_plugin", None), (other, "config")])


LACKS = issue(amount="90000.00 CNY") + issue("V-2", "90000.00 CNY") + issue("V-3", "90000.00 CNY")
COMES = '2026-03-04 * "x"\n  Assets:Ann:Iss  100000 CNY\n  Equity:Opening\n'

OWED_THERE = (
    '2026-01-01 custom "voucher-party" "Two" "insurer"\n  receivable: Assets:Ann:Iss\n'
    "2026-01-01 open Liabilities:Acc:Deposits:Two\n2026-01-01 open Assets:Two:Acc\n"
    + issue("V-9", insurer='"Two"', cover_start="2026-03-03", cover_end="2026-03-09")
    + event("accept", "2026-03-03", voucher="V-9")
    + event("apply", "2026-03-03", voucher="V-9")
    + event("settle", "2026-03-03", voucher="V-9")
)

# What is beside the parties, and how many vouchers lack their money on the last day.
FUNDS = {
    "enough": (PLUGIN, issue(), 0),
    "not enough": (PLUGIN, LACKS, 2),
    "some comes later, in a number that is left out": (PLUGIN, LACKS + COMES, 1),
    "a transaction that does not balance": (PLUGIN, LACKS + COMES.replace("g\n", "g  1 CNY\n"), 1),
    "not asked for": (PLUGIN, '2026-01-01 custom "voucher-option" "check-funds" "off"\n' + LACKS, 0),
    "an account of each voucher": (
        PLUGIN, '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n' + LACKS, 2,
    ),
    "daily postings": (PLUGIN, '2026-01-01 custom "voucher-option" "postings" "daily"\n' + LACKS, 2),
    "only the books of the issuer": (
        'plugin "beancount_voucher_plugin" "Iss"\n', LACKS, 2,
    ),
    "no plugin": ("", LACKS, 2),
    "a pad takes from it": (
        PLUGIN,
        LACKS + "2026-01-01 open Assets:Other\n2026-02-01 pad Assets:Other Assets:Ann:Iss\n"
        "2026-02-02 balance Assets:Other 200000 CNY\n", 3,
    ),
    "an insurer is owed where money is frozen": (PLUGIN, OWED_THERE + LACKS, 2),
    "it is padded": (
        PLUGIN, LACKS + "2026-02-01 pad Assets:Ann:Iss Equity:Opening\n"
        "2026-02-02 balance Assets:Ann:Iss 9 CNY\n", 0,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FUNDS)
def test_whose_money_is_not_there(tmp_path: Path, name: str) -> None:
    plugin, text, lacking = FUNDS[name]
    path = tmp_path / "ledger.beancount"
    path.write_text(plugin + WORLD + text)
    facts, whole = load_facts(path), load(path)
    days = [dt.date(2026, 3, day) for day in (2, 3, 4, 9)]
    for day in days:
        assert _messages(facts, day) == _messages(whole, day)
    assert len(facts.unfunded(days[-1])) == lacking


def _messages(ledger: Ledger, day: dt.date) -> dict[str, str]:
    return {voucher: problem.message for voucher, problem in ledger.unfunded(day).items()}


@effort(60)
@given(stories())
def test_random_ledgers(told: list[Event]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(one_file(told).write(Path(folder)))
        _same(path)
        facts, whole = load_facts(path), load(path)
        for voucher in facts.evaluation.vouchers.values():
            assert plain(entries_of(facts, voucher)) == plain(
                entries_of(whole, whole.evaluation.vouchers[voucher.id])
            )
