"""Drafts that are tried on a part of the ledger: never passed where the whole would refuse them."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from beancount.core.data import Transaction
from hypothesis import assume, given
from hypothesis import event as seen
from hypothesis import strategies as st

from beancount_voucher.cli.commands.record import RecordCommand
from beancount_voucher.ledger import dry_run
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError
from beancount_voucher.ledger.loader import load, load_facts
from beancount_voucher.ledger.partial_dry_run import passes
from tests.support import (
    ACCEPT,
    APPLY,
    DUE,
    HAPPY,
    LINES,
    PARTIES,
    PLUGIN,
    SETTLE,
    WORLD,
    event,
    issue,
    model,
)
from tests.support import booked as in_a_line
from tests.support.ledger_texts import one_file, written
from tests.support.profiles import effort
from tests.support.strategies import stories

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger
    from tests.support.clerk import Clerk
    from tests.support.model import Event

APPLIED = issue() + ACCEPT + APPLY
CREDIT = LINES + issue(funding='"credit"') + ACCEPT + APPLY
COVERED = issue("V-9", cover_start="2026-03-10") + event("accept", "2026-03-03", voucher="V-9")
CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
CLOSED = "2026-01-01 open Liabilities:Ins:UnearnedPremium\n2026-03-05 close Liabilities:Ins:UnearnedPremium\n"
PER_VOUCHER = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'

# What stands in the ledger, what is to be added, and whether the part is enough to pass it.
CASES = {
    "a settlement": (APPLIED, SETTLE, True),
    "a settlement of credit": (CREDIT, SETTLE, True),
    "a settlement in part": (APPLIED, event("settle", "2026-03-06", "60.00 CNY"), True),
    "an application": (issue() + ACCEPT, APPLY, True),
    "a request, the first of its voucher": (HAPPY, issue("V-2", kind="request"), True),
    "a rejection on the day of the issue": (issue(), event("reject", "2026-03-02"), True),
    "a close that lets cover start": (COVERED, CLOSE, True),
    "a close, and nothing else happens": (HAPPY, CLOSE, True),
    "a void of less than one": (
        issue(amount="0.50 CNY"),
        event("void", "2026-03-06", reason='"not-accepted"'),
        True,
    ),
    "a close after a balance, and nothing else happens": (
        HAPPY + "2026-03-20 balance Assets:Ann:Iss 99900 CNY\n",
        CLOSE,
        True,
    ),
    "a close on the day on which cover starts, which cannot be booked": (
        issue(cover_start="2026-03-31") + ACCEPT + CLOSED,
        CLOSE,
        False,
    ),
    "an acceptance before the horizon, and cover that starts between": (
        issue(cover_start="2026-03-10") + CLOSED + issue("V-2", date="2026-03-20", accept_by="2026-03-25"),
        ACCEPT,
        False,
    ),
    "bytes that are no text": (issue(), event("accept", "2026-03-03", by='"\udcff"'), False),
    "balances before": (APPLIED + "2026-03-06 balance Assets:Ann:Iss 100000 CNY\n", SETTLE, True),
    "a balance after": (APPLIED + "2026-03-07 balance Equity:Opening -200000 CNY\n", SETTLE, False),
    "a balance that cover starting moves": (
        COVERED + issue() + "2026-03-11 balance Assets:Ann:PrepaidInsurance 0 CNY\n",
        event("void", "2026-03-20", reason='"not-accepted"'),
        False,
    ),
    "an issue": (HAPPY, issue("V-2"), False),
    "a repayment": (CREDIT + SETTLE, '2026-03-09 custom "voucher-repay" "Ann" "Iss" 1 CNY\n', False),
    "a ledger with an error": (APPLIED + event("accept", "2026-03-04"), SETTLE, False),
    "accounts of each voucher": (PER_VOUCHER + APPLIED, SETTLE, False),
    "another plugin": ('plugin "beancount.plugins.noduplicates"\n' + APPLIED, SETTLE, False),
    "what breaks a rule": (issue(), SETTLE, False),
    "a good one beside what is no directive": (
        APPLIED, SETTLE + '2026-03-06 custom "voucher-settle"\n', False,
    ),
    "a good one beside what is no text of Beancount": (APPLIED, SETTLE + "2026-03-06 what\n", False),
    "nothing": (APPLIED, "; nothing\n", False),
    "what is no directive": (APPLIED, '2026-03-06 custom "voucher-settle"\n', False),
    "what is no text of Beancount": (APPLIED, '2026-03-06 custom "voucher-settle" "V-1\n', False),
    "an account that was closed": (
        APPLIED + "2026-03-05 close Liabilities:Acc:Deposits:Ins\n",
        SETTLE,
        False,
    ),
    "an account that takes other currencies": (
        APPLIED + "2026-01-01 open Assets:Acc:Interbank:Iss USD\n",
        SETTLE,
        False,
    ),
    "a recognition undone": (
        COVERED + CLOSE,
        event("return", "2026-03-09", voucher="V-9"),
        False,
    ),
}  # fmt: skip


def write(folder: Path, text: str) -> Ledger:
    path = folder / "ledger.beancount"
    path.write_text(text, encoding="utf-8")
    return load(path)


@pytest.mark.parametrize("name", CASES)
def test_what_a_part_of_the_ledger_can_tell(tmp_path: Path, name: str) -> None:
    text, drafts, enough = CASES[name]
    ledger = write(tmp_path, PLUGIN + WORLD + text)
    assert passes(ledger, drafts) is enough
    assert passes(load_facts(ledger.path), drafts) is enough


UNBOOKED = {
    "an account of its voucher that is not open": (
        APPLIED + "2026-03-01 close Assets:Ann:Iss\n", SETTLE, False,
    ),
    "an account of another voucher that is not open": (
        issue("V-2", policyholder='"Bob"') + issue() + ACCEPT
        + "2026-03-01 close Assets:Bob:Iss\n", APPLY, True,
    ),
    "a balance before that fails": (
        APPLIED + "2026-03-01 balance Assets:Ann:Iss 1 CNY\n", SETTLE, True,
    ),
    "the money that is not there": (issue(amount="999999999.00 CNY") + ACCEPT, APPLY, True),
}  # fmt: skip


@pytest.mark.parametrize("name", UNBOOKED)
def test_errors_that_only_the_whole_tells(tmp_path: Path, name: str) -> None:
    """Of facts alone a part passes what the whole passes, after all its errors of before."""
    text, drafts, enough = UNBOOKED[name]
    ledger = write(tmp_path, PLUGIN + WORLD + text)
    assert ledger.errors
    assert not passes(ledger, drafts)
    assert passes(load_facts(ledger.path), drafts) is enough
    assert not enough or dry_run.new_errors(ledger, load(ledger.path, drafts)) == []


def test_only_the_books_that_are_kept_must_take_it(tmp_path: Path) -> None:
    world = PARTIES + "2020-01-01 open Assets:Ins:Acc\n"
    ledger = write(tmp_path, 'plugin "beancount_voucher_plugin" "Ins"\n' + world + APPLIED)
    assert ledger.errors == []
    assert passes(ledger, SETTLE)


def test_the_first_directive_of_all_is_tried_on_the_whole(tmp_path: Path) -> None:
    assert not passes(write(tmp_path, PLUGIN), CLOSE)


def test_what_takes_funds_is_tried_on_the_whole(tmp_path: Path) -> None:
    """Bob owes premiums on the account that Ann's vouchers are frozen on."""
    owes = '"Bob" "policyholder"\n'
    world = WORLD.replace(owes, owes + "  payable: Assets:Ann:Iss\n")
    ledger = write(
        tmp_path, PLUGIN + world + issue() + issue("V-2", "5.00 CNY", policyholder='"Bob"')
    )
    assert ledger.errors == []
    assert passes(ledger, ACCEPT)
    assert not passes(ledger, event("accept", "2026-03-03", voucher="V-2"))


def test_a_sound_draft_takes_no_second_load(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    loaded: list[str] = []

    def loading(path: Path, appended: str = "") -> Ledger:
        loaded.append(appended)
        return load(path, appended)

    monkeypatch.setattr(dry_run, "load", loading)
    assert clerk.write(DUE).run("run", "--as-of", "2026-04-10").status == 0
    assert clerk.run("accept", "K-FRESH", "--date", "2026-04-02").status == 0
    assert loaded == []
    assert clerk.run("issue", "V-2", "--like", "K-FRESH", "--date", "2026-04-11").status == 0
    assert len(loaded) == 1


def test_a_ledger_that_is_another_by_the_time_of_the_trial(tmp_path: Path) -> None:
    """An issue is tried on the whole, which may have changed since it was decided."""
    ledger = write(tmp_path, PLUGIN + WORLD + issue())
    write(tmp_path, PLUGIN + WORLD + issue() + ACCEPT)
    draft = RecordCommand(ledger.reading.facts[-1]._replace(ids=("V-2",)))
    with pytest.raises(ChangedMeanwhileError, match=r"^the ledger was changed meanwhile$"):
        dry_run.dry_run(ledger, [draft])


_HELD_BACK = {"refuse", "accept", "reject", "apply", "return", "settle", "void", "close"}


def _in_order(events: list[Event]) -> list[Event]:
    """Without those that are in error, and those that are so without them, and so on."""
    codes = model.run(events).codes
    while any(codes):
        events = [each for each, code in zip(events, codes, strict=True) if code is None]
        codes = model.run(events).codes
    return events


@effort(250)
@given(stories(), st.data())
def test_what_a_part_passes_the_whole_passes(told: list[Event], data: st.DataObject) -> None:
    """The last events of some vouchers, held back and then added, but maybe for one."""
    pooled = [each for each in told if "hold-accounts" not in each.subject]
    known = _in_order(pooled)
    drafts: list[Event] = []
    for voucher in sorted({each.subject[0] for each in known if each.kind in _HELD_BACK}):
        life = sorted(
            (each for each in known if each.subject[0] == voucher and each.kind in _HELD_BACK),
            key=lambda each: each.date,
        )
        drafts += life[len(life) - data.draw(st.integers(0, len(life))) :]
    base = [each for each in known if each not in drafts]
    left_out = data.draw(st.sampled_from([None, None, *drafts]))
    lines = [line for each in drafts if each is not left_out for line in written(each)]
    assume(lines)
    text = "\n".join(lines) + "\n"
    with tempfile.TemporaryDirectory() as folder:
        before = load(Path(one_file(base).write(Path(folder))))
        sound = passes(before, text)
        of_facts = passes(load_facts(before.path), text)
        seen(f"passed: {sound}")
        after = load(before.path, text)
    assert of_facts >= sound
    if of_facts:
        assert dry_run.new_errors(before, after) == []
    if sound:
        assert after.errors == []
        assert not _booked(before) - _booked(after)


def _booked(ledger: Ledger) -> Counter[str]:
    entries = (entry for entry in ledger.entries if isinstance(entry, Transaction))
    return Counter(in_a_line(entry) for entry in entries if "voucher-book" in entry.meta)
