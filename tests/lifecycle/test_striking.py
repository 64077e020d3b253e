"""What the issuer refused counts for nothing, and is reversed in the books on that day."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.audit.invariants import findings
from beancount_voucher.ledger.loader import load as load_ledger
from tests.support import ACCEPT, APPLY, WORLD, event, issue, load

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger

_BOOKS = {
    "all": "",
    "acceptor": ' "Acc"',
    "insurer": ' "Ins"',
    "policyholder": ' "Ann"',
    "issuer": ' "Iss"',
}
_CREDIT = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 1000.00 CNY\n'
_EARNING = '2026-01-01 custom "voucher-option" "earning" "daily"\n'


def _refusal(
    of: str,
    on: str,
    date: str,
    code: str = "final",
    number: str = "7",
    sender: str = "Acc",
    **more: str,
) -> str:
    lines = [f'{date} custom "voucher-refusal" "{sender}" {number} "V-1"']
    said = {"of": f'"{of}"', "on": on, "code": f'"{code}"', **more}
    return "\n".join([*lines, *(f"  {key}: {value}" for key, value in said.items())]) + "\n"


def _sent(text: str) -> str:
    """As a message of the issuer brought it."""
    return text + '  message: "Iss Acc 3"\n'


_ISSUED = _sent(issue())
_COVER = {"cover_start": "2026-03-04", "cover_end": "2026-03-13"}
_NOT_ACCEPTED = _sent(event("void", "2026-03-06", reason='"not-accepted"'))

# What happens; the state in the end; and what is booked in the acceptor's and insurer's books.
STORIES = {
    "an acceptance that came too late": (
        _ISSUED + ACCEPT + _NOT_ACCEPTED + _refusal("accept", "2026-03-03", "2026-03-08"),
        "voided",
        """
        2026-03-03 accept Acc: collection +100.00 CNY.MEMO
        2026-03-03 accept Ins: vouchers +100.00 CNY.MEMO
        2026-03-03 recognise Ins: receivable 100.00 CNY
        2026-03-08 refusal Acc: collection -100.00 CNY.MEMO
        2026-03-08 refusal Ins: receivable -100.00 CNY, vouchers -100.00 CNY.MEMO
        """,
    ),
    "and what was applied for on top of it": (
        _ISSUED + ACCEPT + APPLY + _NOT_ACCEPTED + _refusal("accept", "2026-03-03", "2026-03-08"),
        "voided",
        "as before",
    ),
    "the same said twice": (
        _ISSUED
        + ACCEPT
        + _NOT_ACCEPTED
        + _refusal("accept", "2026-03-03", "2026-03-08", "superseded")
        + _refusal("accept", "2026-03-03", "2026-03-10"),
        "voided",
        "as before",
    ),
    "a duplicate strikes nothing": (
        _ISSUED + ACCEPT + _refusal("accept", "2026-03-03", "2026-03-08", "duplicate"),
        "accepted",
        None,
    ),
    "the issuer's own fact is not struck": (
        _ISSUED + ACCEPT + _refusal("issue", "2026-03-02", "2026-03-08"),
        "accepted",
        None,
    ),
    "the refuser's clock was a day behind": (
        _ISSUED + ACCEPT + _NOT_ACCEPTED + _refusal("accept", "2026-03-03", "2026-03-02"),
        "voided",
        None,
    ),
    "an acceptance that is there twice": (
        _ISSUED + ACCEPT + ACCEPT + _NOT_ACCEPTED + _refusal("accept", "2026-03-03", "2026-03-08"),
        "voided",
        None,
    ),
    "nor what is not there": (
        _ISSUED + ACCEPT + _refusal("accept", "2026-03-04", "2026-03-08"),
        "accepted",
        None,
    ),
    "nor what the issuer has passed on": (
        _ISSUED
        + _sent(event("return", "2026-03-03", by='"Ann"'))
        + _refusal("return", "2026-03-03", "2026-03-04", sender="Ann"),
        "issued",
        None,
    ),
    "nor a release of the issuer": (
        issue(draws='"multiple"')
        + ACCEPT
        + event("apply", "2026-03-05", "60.00 CNY")
        + event("settle", "2026-03-06")
        + event("release", "2026-04-01")
        + _refusal("release", "2026-04-01", "2026-04-02"),
        "settled",
        None,
    ),
    "nor of a voucher that is not there": (
        _refusal("accept", "2026-03-03", "2026-03-08")
        + issue(date="2026-03-09", accept_by="2026-03-10"),
        "issued",
        None,
    ),
    "the issuer refuses by message": (
        _ISSUED + ACCEPT + _NOT_ACCEPTED + _sent(_refusal("accept", "2026-03-03", "2026-03-08")),
        "voided",
        "as before",
    ),
    "nobody orders the issuer": (
        issue() + ACCEPT + _refusal("accept", "2026-03-03", "2026-03-08", message='"Acc Iss 4"'),
        "accepted",
        None,
    ),
    "nor does the insurer order its bank": (
        _ISSUED + ACCEPT + _refusal("accept", "2026-03-03", "2026-03-08", message='"Ins Acc 4"'),
        "accepted",
        None,
    ),
    "but the bank passes it on to the insurer": (
        issue() + ACCEPT + _refusal("accept", "2026-03-03", "2026-03-04", message='"Acc Ins 4"'),
        "issued",
        None,
    ),
    "a rejection": (
        _ISSUED + event("reject", "2026-03-03") + _refusal("reject", "2026-03-03", "2026-03-04"),
        "issued",
        None,
    ),
    "a notice of return that came after the settlement": (
        _ISSUED
        + ACCEPT
        + APPLY
        + event("return", "2026-03-06")
        + _sent(event("settle", "2026-03-06"))
        + _refusal("return", "2026-03-06", "2026-03-09", "superseded"),
        "settled",
        None,
    ),
    "an application, with an acceptance that stands": (
        _ISSUED + ACCEPT + APPLY + _refusal("apply", "2026-03-05", "2026-03-08"),
        "accepted",
        None,
    ),
    "a consent, and the amendment with it": (
        _ISSUED
        + ACCEPT
        + _sent(event("amend", "2026-03-04", "1", "120.00 CNY"))
        + event("consent", "2026-03-05", "1", by='"Ins"')
        + _refusal("consent", "2026-03-05", "2026-03-08"),
        "accepted",
        None,
    ),
    "a consent, and a void that becomes another": (
        _CREDIT
        + _sent(issue(funding='"credit"'))
        + _sent(event("amend", "2026-03-03", "1", "80.00 CNY", requested_by='"Ins"'))
        + event("consent", "2026-03-04", "1", by='"Ann"')
        + _NOT_ACCEPTED
        + _refusal("consent", "2026-03-04", "2026-03-08", sender="Ann"),
        "voided",
        None,
    ),
    "a consent to more, and a void with which the offer lapses": (
        _CREDIT
        + _sent(issue(funding='"credit"'))
        + _sent(event("amend", "2026-03-03", "1", "130.00 CNY", requested_by='"Ins"'))
        + event("consent", "2026-03-04", "1", by='"Ann"')
        + _NOT_ACCEPTED
        + _refusal("consent", "2026-03-04", "2026-03-08", sender="Ann"),
        "voided",
        None,
    ),
    "a return, and an amendment that holds only without it before a void": (
        _CREDIT
        + _sent(issue(funding='"credit"'))
        + event("return", "2026-03-03", by='"Ann"')
        + _sent(event("amend", "2026-03-06", "1", "80.00 CNY", requested_by='"Ann"'))
        + _NOT_ACCEPTED
        + _refusal("return", "2026-03-03", "2026-03-08", sender="Ann"),
        "voided",
        None,
    ),
    "two applications, one after the other": (
        _sent(issue(draws='"multiple"'))
        + ACCEPT
        + _sent(event("amend", "2026-03-04", "1", "80.00 CNY"))
        + event("consent", "2026-03-04", "1", by='"Ins"')
        + APPLY
        + _sent(event("void", "2026-04-01", reason='"insurance-returned"'))
        + event("return", "2026-03-31", by='"Ins"')
        + _refusal("apply", "2026-03-05", "2026-04-02")
        + _refusal("consent", "2026-03-04", "2026-04-04"),
        "voided",
        None,
    ),
    "a settlement that becomes another": (
        _ISSUED
        + ACCEPT
        + _sent(event("amend", "2026-03-04", "1", "80.00 CNY"))
        + event("consent", "2026-03-04", "1", by='"Ins"')
        + APPLY
        + _sent(event("settle", "2026-03-06"))
        + _refusal("consent", "2026-03-04", "2026-03-09"),
        "settled",
        None,
    ),
    "an acceptance whose postings a void has taken back already": (
        _ISSUED
        + ACCEPT
        + event("return", "2026-03-03")
        + _sent(event("void", "2026-03-04", reason='"insurance-returned"'))
        + _refusal("accept", "2026-03-03", "2026-03-08"),
        "voided",
        None,
    ),
    "a refund": (
        _ISSUED
        + ACCEPT
        + APPLY
        + _sent(event("settle", "2026-03-06"))
        + event("refund", "2026-03-07", "30.00 CNY", reason='"r"', kept="5.00 CNY")
        + _refusal("refund", "2026-03-07", "2026-03-08"),
        "settled",
        None,
    ),
    "a refund on a credit line": (
        _CREDIT
        + issue(funding='"credit"')
        + ACCEPT
        + APPLY
        + event("settle", "2026-03-06")
        + event("refund", "2026-03-07", "30.00 CNY", reason='"r"')
        + _refusal("refund", "2026-03-07", "2026-03-08"),
        "settled",
        None,
    ),
    "what was earned": (
        _EARNING
        + _sent(issue(**_COVER))
        + ACCEPT
        + _NOT_ACCEPTED
        + _refusal("accept", "2026-03-03", "2026-03-08"),
        "voided",
        None,
    ),
    "what was kept of a refund, with what was earned": (
        _EARNING
        + _sent(issue(**_COVER))
        + ACCEPT
        + APPLY
        + _sent(event("settle", "2026-03-06"))
        + event("refund", "2026-03-07", "30.00 CNY", reason='"r"', kept="5.00 CNY")
        + _refusal("refund", "2026-03-07", "2026-03-09"),
        "settled",
        None,
    ),
}


def _loaded(text: str, plugin: str, folder: Path) -> Ledger:
    path = folder / "ledger.beancount"
    path.write_text(f'plugin "beancount_voucher_plugin"{plugin}\n' + WORLD + text, encoding="utf-8")
    return load_ledger(path)


@pytest.mark.parametrize("name", STORIES)
@pytest.mark.parametrize("books", _BOOKS)
def test_a_struck_fact_leaves_every_book_as_the_life_says(
    name: str, books: str, tmp_path: Path
) -> None:
    text, state, _ = STORIES[name]
    ledger = _loaded(text, _BOOKS[books], tmp_path)
    assert ledger.errors == []
    assert str(ledger.evaluation.vouchers["V-1"].status.state) == state
    assert findings(ledger) == []


_ROLES = {
    r"Equity:\w+:Memo:ForCollection:Ins": "collection",
    r"Equity:\w+:Memo:VouchersReceived:Acc": "vouchers",
    r"Assets:\w+:PremiumReceivable": "receivable",
}


def _posted(text: str) -> list[str]:
    found = []
    for entry in load(text).generated:
        moves = []
        for posting in entry.postings:
            role = next(
                (name for form, name in _ROLES.items() if re.fullmatch(form, posting.account)), None
            )
            if role is not None and posting.units is not None:
                text = str(posting.units)
                sign = "+" if text.endswith("MEMO") and not text.startswith("-") else ""
                moves.append(f"{role} {sign}{posting.units}")
        book, kind = entry.meta["voucher-book"], entry.meta["voucher-event"]
        if moves and book in ("Acc", "Ins"):
            found.append(f"{entry.date} {kind} {book}: {', '.join(sorted(moves))}")
    return sorted(found)


def test_what_was_booked_stays_and_is_reversed_on_the_day_of_the_refusal() -> None:
    first = "an acceptance that came too late"
    expected = sorted(line.strip() for line in str(STORIES[first][2]).strip().splitlines())
    for text, _, booked in STORIES.values():
        if booked is not None:
            assert _posted(text) == expected


def test_the_reversal_says_what_it_is() -> None:
    text, _, _ = STORIES["an acceptance that came too late"]
    ledger = load(text)
    [entry] = [
        each
        for each in ledger.generated
        if each.meta["voucher-event"] == "refusal" and each.meta["voucher-book"] == "Acc"
    ]
    assert entry.narration == "V-1: accept of 2026-03-03 was refused (final), and is reversed"
    assert sorted(entry.tags) == ["voucher", "voucher-refusal"]
    assert sorted(entry.links) == ["V-1"]
    assert (entry.payee, entry.meta["voucher"]) == ("Ins", "V-1")
    directive = next(
        each for each in ledger.entries if getattr(each, "type", "") == "voucher-refusal"
    )
    assert (directive.meta["voucher"], entry.meta["lineno"]) == ("V-1", directive.meta["lineno"])


@pytest.mark.parametrize(
    ("story", "horizon"),
    [
        ("an acceptance that came too late", "2026-03-08"),
        ("a duplicate strikes nothing", "2026-03-03"),
    ],
)
def test_only_a_refusal_that_strikes_moves_the_horizon(story: str, horizon: str) -> None:
    assert str(load(STORIES[story][0]).evaluation.horizon) == horizon


def test_what_comes_after_the_refusal_must_fit() -> None:
    text = _ISSUED + ACCEPT + _refusal("accept", "2026-03-03", "2026-03-04") + APPLY
    assert load(text).codes == ["out-of-order"]


def test_an_account_that_is_closed_takes_no_reversal(tmp_path: Path) -> None:
    text, state, _ = STORIES["an acceptance that came too late"]
    closed = "2026-01-01 open Equity:Acc:Memo:ForCollectionContra\n2026-03-01 close Equity:Acc:Memo:ForCollectionContra\n"
    ledger = _loaded(closed + text, ' "Acc"', tmp_path)
    assert [error.message[-18:] for error in ledger.errors] == ["[account-not-open]"]
    assert [each for each in ledger.entries if "voucher-refusal" in getattr(each, "tags", ())] == []
    assert str(ledger.evaluation.vouchers["V-1"].status.state) == state


@pytest.mark.parametrize("story", ["a rejection", "what was earned"])
def test_accounts_of_its_own(story: str, tmp_path: Path) -> None:
    own = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'
    ledger = _loaded(own + STORIES[story][0], "", tmp_path)
    assert (ledger.errors, findings(ledger)) == ([], [])


def test_what_the_one_has_said_is_not_struck_for_what_the_other_has() -> None:
    """Both consent on one day, and the acceptor's side is refused: it has no acceptance."""
    text = (
        issue()
        + event("amend", "2026-03-03", "1", "80.00 CNY", requested_by='"Iss"')
        + event("consent", "2026-03-04", "1", by='"Ann"')
        + _refusal("consent", "2026-03-04", "2026-03-08", "out-of-order")
    )
    assert str(load(text).evaluation.vouchers["V-1"].amount) == "80.00 CNY"
    struck = text.replace('refusal" "Acc"', 'refusal" "Ann"')
    assert str(load(struck).evaluation.vouchers["V-1"].amount) == "100.00 CNY"


def test_what_was_struck_stands_in_nobodys_way() -> None:
    other = event("apply", "2026-03-05", "60.00 CNY")
    text = _ISSUED + ACCEPT + APPLY + _sent(other) + _refusal("apply", "2026-03-05", "2026-03-06")
    found = load(text)
    assert found.codes == []
    application = found.evaluation.vouchers["V-1"].status.application
    assert application is not None
    assert str(application.amount) == "60.00"


def test_what_is_there_twice_of_another_voucher_is_told_as_ever() -> None:
    twice = event("accept", "2026-03-03", voucher="V-2") * 2
    text = _ISSUED + ACCEPT + issue("V-2") + twice + _refusal("accept", "2026-03-03", "2026-03-08")
    assert load(text).codes == ["duplicate"]


@pytest.mark.parametrize(
    ("asked", "happened"),
    [("", []), (issue(kind="request", date="2026-03-01", funding='"credit"'), ["request"])],
)
def test_nothing_is_struck_of_what_could_not_be_issued(
    asked: str, happened: list[str], tmp_path: Path
) -> None:
    issued = issue(funding='"credit"')
    refused = _refusal("accept", "2026-03-03", "2026-03-08")
    ledger = _loaded(asked + issued + ACCEPT + refused, "", tmp_path)
    codes = {error.message.rpartition(" ")[2] for error in ledger.errors}
    assert "[insufficient-credit]" in codes
    assert [each.event.kind for each in ledger.evaluation.journal] == happened
    assert ledger.evaluation.struck == []
