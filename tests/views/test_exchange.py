"""How the exchange stands on a day: counterparties, what waits, keys, refusals, who said what."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.exchange.store import Store
from beancount_voucher.views.exchange import Exchange
from beancount_voucher.views.exchanged import keys, messages, refusals
from tests.directives.test_public_keys import FINGERPRINT, KEY
from tests.support import event
from tests.support.banks import ISSUED, Bank, Pair, banks, copied

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.views.exchange import CounterpartyRow

DAY = dt.date(2026, 3, 31)


def exchange_of(bank: Bank) -> Exchange:
    ledger, store = bank.ledger(), Store(bank.path)
    return Exchange(ledger.reading.facts, ledger.evaluation, store.text, store.rivals())


def day(text: str) -> dt.date:
    return dt.date.fromisoformat(f"2026-{text}")


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An acceptance that was recorded, one that was struck, and an issue that nobody has seen."""
    folder = tmp_path_factory.mktemp("made")
    found = banks(folder, "Iss", "Acc")
    first, second = found["Iss"], found["Acc"]
    first.say(ISSUED + ISSUED.replace("V-1", "V-2")).turn("2026-03-02")
    second.turn("2026-03-02")
    second.say(event("accept", "2026-03-03")).turn("2026-03-03")
    first.turn("2026-03-03")
    second.say(event("accept", "2026-03-05", voucher="V-2")).send("2026-03-05")
    first.say(event("void", "2026-03-06", voucher="V-2", reason='"not-accepted"'))
    first.turn("2026-03-07")
    second.turn("2026-03-07")
    first.turn("2026-03-08")
    first.say(ISSUED.replace("V-1", "V-3")).turn("2026-03-10")
    return folder


@pytest.fixture
def pair(made: Path, tmp_path: Path) -> Pair:
    """Both banks after that, in a folder of the test's own."""
    return copied(made, tmp_path / "made")


def _row(row: CounterpartyRow) -> tuple[object, ...]:
    return row.party, row.sent, row.seen, row.waiting, row.since, row.received, row.faults


STANDS = {
    "before anything": ("03-01", []),
    "unseen": ("03-02", [("Acc", 1, 0, 1, day("03-02"), 0, ())]),
    "seen": ("03-03", [("Acc", 2, 1, 0, None, 2, ())]),
    "at last": ("03-31", [("Acc", 4, 3, 1, day("03-10"), 4, ())]),
}


@pytest.mark.parametrize(("text", "stands"), STANDS.values(), ids=STANDS)
def test_counterparties(
    pair: tuple[Bank, Bank], text: str, stands: list[tuple[object, ...]]
) -> None:
    found = [row for row in exchange_of(pair[0]).counterparties(day(text)) if row.party == "Acc"]
    assert [_row(row) for row in found] == stands


def test_what_was_refused_is_counted_on_its_side(pair: tuple[Bank, Bank]) -> None:
    counted = [
        (row.book, row.refused_here, row.refused_there)
        for bank in pair
        for row in exchange_of(bank).counterparties(DAY)
        if row.party in ("Iss", "Acc")
    ]
    assert counted == [("Iss", 1, 0), ("Acc", 0, 1)]


def test_what_waits_by_age(pair: tuple[Bank, Bank]) -> None:
    found = exchange_of(pair[0]).waiting(DAY)
    assert [(each.row.name, each.age) for each in found if each.row.party == "Acc"] == [
        (("Iss", "Acc", 4), 21)
    ]


def test_messages_as_they_are_recorded(pair: tuple[Bank, Bank]) -> None:
    rows = [row for row in messages(pair[0].ledger().evaluation) if "Ann" not in row.name]
    assert [(row.name, row.is_ours, row.facts, row.refused, row.key is None) for row in rows] == [
        (("Iss", "Acc", 1), True, 4, 0, True),
        (("Acc", "Iss", 1), False, 0, 0, False),
        (("Acc", "Iss", 2), False, 1, 0, False),
        (("Iss", "Acc", 2), True, 0, 0, True),
        (("Acc", "Iss", 3), False, 1, 1, False),
        (("Iss", "Acc", 3), True, 2, 0, True),
        (("Acc", "Iss", 4), False, 0, 0, False),
        (("Iss", "Acc", 4), True, 2, 0, True),
    ]


@pytest.mark.parametrize(
    ("at", "found"),
    [
        (0, ("Iss", ("Acc", "Iss", 3), "final", None)),
        (1, ("Iss", ("Acc", "Iss", 3), "final", "Iss Acc 3")),
    ],
    ids=["by us", "by the other bank"],
)
def test_refusals(pair: tuple[Bank, Bank], at: int, found: tuple[object, ...]) -> None:
    [row] = refusals(pair[at].ledger().evaluation, DAY)
    assert (row.by, row.name, row.code, row.message) == found
    assert (row.voucher, row.kind, row.on) == ("V-2", "accept", day("03-05"))
    assert refusals(pair[at].ledger().evaluation, day("03-06")) == []


def test_a_refusal_of_a_message_that_is_not_recorded(tmp_path: Path) -> None:
    bank = banks(tmp_path, "Iss")["Iss"]
    bank.say(
        '2026-03-09 custom "voucher-refusal" "Acc" 7 "V-9"\n  of: "accept"\n  on: 2026-03-08\n'
        '  code: "not-found"\n'
    )
    [row] = refusals(bank.ledger().evaluation, DAY)
    assert (row.by, row.name) == ("", ("Acc", "", 7))


# --- Keys -----------------------------------------------------------------------------------

TERMS = {
    "counts": ("", None, ("counts", None)),
    "counts for long": ("  until: 2026-12-31\n", None, ("counts", 275)),
    "ends soon": ("  until: 2026-04-30\n", None, ("ends soon", 30)),
    "on its last day": ("  until: 2026-03-31\n", None, ("ends soon", 0)),
    "has ended": ("  until: 2026-03-30\n", None, ("has ended", None)),
    "revoked": ("", "2026-03-31", ("revoked", None)),
    "will be revoked": ("", "2026-04-01", ("counts", None)),
}


@pytest.mark.parametrize(("terms", "revoked", "stands"), TERMS.values(), ids=TERMS)
def test_how_a_key_stands(
    tmp_path: Path, terms: str, revoked: str | None, stands: tuple[str, int | None]
) -> None:
    bank = banks(tmp_path, "Iss")["Iss"]
    bank.say(f'2026-03-01 custom "voucher-key" "Ins" "{KEY}"\n{terms}')
    if revoked is not None:
        bank.say(f'{revoked} custom "voucher-revoke" "Ins" "{FINGERPRINT}"\n  reason: "lost"\n')
    evaluation = bank.ledger().evaluation
    [row] = [row for row in keys(evaluation, DAY) if row.key.party == "Ins"]
    assert (row.state, row.left) == stands
    assert [row.key.party for row in keys(evaluation, day("02-28"))] == ["Iss"]


# --- What stands in the way -------------------------------------------------------------------


def _faults(bank: Bank) -> tuple[str, ...]:
    [row] = [row for row in exchange_of(bank).counterparties(DAY) if row.party == "Acc"]
    return row.faults


def test_a_message_that_is_lost_or_changed(pair: tuple[Bank, Bank]) -> None:
    folder = pair[0].folder / "messages" / "Acc" / "Iss"
    (folder / "Acc_Iss_000002.beancount").unlink()
    assert _faults(pair[0]) == ("message-missing",)
    (folder / "Acc_Iss_000003.beancount").write_text("something else\n")
    assert _faults(pair[0]) == ("message-missing", "message-changed")


def test_two_texts_of_a_number_until_somebody_resumes(pair: tuple[Bank, Bank]) -> None:
    bank = pair[0]
    folder = bank.folder / "messages" / "Acc" / "Iss"
    (folder / "Acc_Iss_000002.beancount.0123456789ab").write_text("another\n")
    assert _faults(bank) == ("equivocation",)
    sha256 = next(row.sha256 for row in exchange_of(bank).messages if row.name[2] == 2)
    bank.say(
        f'2026-03-11 custom "voucher-resume" "Acc" "Iss" 2\n  sha256: "{sha256}"\n'
        '  reason: "by telephone"\n'
    )
    assert "equivocation" not in _faults(bank)


def test_an_older_ledger_is_back(pair: tuple[Bank, Bank]) -> None:
    bank = pair[0]
    text = bank.path.read_text()
    at = text.index('2026-03-07 custom "voucher-sent" "Iss" "Acc" 3')
    before_that = text[:at] + text[text.index('2026-03-08 custom "voucher-received"') :]
    bank.path.write_text(before_that.replace('"Iss" "Acc" 4', '"Iss" "Acc" 3'))
    assert "gap" not in _faults(bank)
    bank.path.write_text(before_that[: before_that.index('2026-03-10 custom "voucher-sent" "Iss"')])
    assert "gap" in _faults(bank)


# --- Who has said an event --------------------------------------------------------------------


def _said(bank: Bank, kind: str, voucher: str) -> list[tuple[str, bool]]:
    exchange = exchange_of(bank)
    [fact] = [f for f in exchange.facts if (f.kind, f.voucher) == (kind, voucher)]
    found = exchange.said_in(fact.place, fact.message, DAY)
    return [
        (" ".join(map(str, each.row.name)), each.seen)
        for each in found
        if "Ann" not in each.row.name and "Ins" not in each.row.name
    ]


SAID = {
    "ours, acknowledged": (0, "issue", "V-1", [("Iss Acc 1", True)]),
    "ours, not acknowledged": (0, "issue", "V-3", [("Iss Acc 4", False)]),
    "heard": (0, "accept", "V-1", [("Acc Iss 2", True)]),
    "ours, and struck": (1, "accept", "V-2", [("Acc Iss 3", True)]),
    "heard by the other": (1, "void", "V-2", [("Iss Acc 3", True)]),
}


@pytest.mark.parametrize(("at", "kind", "voucher", "said"), SAID.values(), ids=SAID)
def test_the_messages_that_say_an_event(
    pair: tuple[Bank, Bank], at: int, kind: str, voucher: str, said: list[tuple[str, bool]]
) -> None:
    assert _said(pair[at], kind, voucher) == said


def test_a_message_that_nobody_has_recorded_says_nothing(pair: tuple[Bank, Bank]) -> None:
    exchange = exchange_of(pair[0])
    assert exchange.said_in(exchange.facts[0].place, "Acc Iss 99", DAY) == []


def test_whether_a_ledger_exchanges_messages(tmp_path: Path) -> None:
    bank = banks(tmp_path, "Iss")["Iss"]
    assert exchange_of(bank).is_used
    bank.path.write_text(bank.path.read_text().split("2026-01-02")[0])
    assert not exchange_of(bank).is_used
