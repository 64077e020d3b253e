"""Daily postings: batches with hand-checked figures, and every account the same as without."""

from __future__ import annotations

from decimal import Decimal
from itertools import permutations

import pytest
from beancount.core.data import Open, Transaction, entry_sortkey

from beancount_voucher.books.auto_accounts import AccountDates
from beancount_voucher.books.batches import BATCH_NARRATIONS, Batch, ledger_order, merged
from beancount_voucher.books.daily import DailyBooks
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.open_accounts import OpenAccounts
from beancount_voucher.directives.account_roles import Names
from beancount_voucher_plugin import voucher_books
from tests.lifecycle.test_striking import STORIES as STRUCK
from tests.support import (
    ACCEPT,
    ACCOUNTS,
    APPLY,
    DAILY,
    HAPPY,
    LINES,
    PARTIES,
    SETTLE,
    WORLD,
    Loaded,
    event,
    issue,
    load,
    of_a_day,
)
from tests.support.instrument_tables import BOOKS
from tests.support.lives import directives


def also(*texts: str, of: str = "V-2", amount: str = "50.00") -> str:
    """The same of a second voucher, of another premium."""
    return "".join(texts).replace('"V-1"', f'"{of}"').replace("100.00 CNY", f"{amount} CNY")


def both(*texts: str) -> str:
    return "".join(texts) + also(*texts)


def told(ledger: Loaded, book: str, kind: str) -> list[str]:
    """The batches of a kind of event in a book, as a person reads them."""
    return [
        f"{entry.date} {entry.payee or 'several'}: {entry.narration} ({entry.meta['voucher-count']})"
        f": {', '.join(f'{each.account} {each.units}' for each in entry.postings)}"
        for entry in ledger.generated
        if (entry.meta["voucher-book"], entry.meta["voucher-event"]) == (book, kind)
    ]


BOB = '"Bob"'
COVER = {"cover_start": "2026-03-20", "cover_end": "2026-03-29"}
EARNING = '2026-01-01 custom "voucher-option" "earning" "monthly"\n'
AMEND = event("amend", "2026-03-04", "1", "120.00 CNY", requested_by='"Iss"')
SETTLED_IN_PART = (
    issue(draws='"single"') + ACCEPT + event("apply", "2026-03-05", "90.00 CNY") + SETTLE
)
REFUND = HAPPY + event("refund", "2026-03-10", "30.00 CNY", to='"bank"', reason='"agreed"')
CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'

# By the row of BATCH_NARRATIONS: directives, a book, and what it gets.
CASES: dict[str, tuple[str, str, str]] = {
    "credit-line": (
        LINES,
        "Ann",
        "2026-01-01 Iss: 1 credit line: limit changed by 1,000.00 CNY (1): "
        "Equity:Ann:Memo:CreditLine:Iss:Available 1000.00 CNY.MEMO, "
        "Equity:Ann:Memo:CreditLine:Iss:Limit -1000.00 CNY.MEMO",
    ),
    "repay": (
        LINES
        + both(issue(funding='"credit"'), ACCEPT, APPLY, SETTLE)
        + '2026-03-08 custom "voucher-repay" "Ann" "Iss" 10.00 CNY\n  reference: "1"\n'
        + '2026-03-08 custom "voucher-repay" "Ann" "Iss" 20.00 CNY\n  reference: "2"\n',
        "Iss",
        "2026-03-08 Ann: 1 credit line: 30.00 CNY repaid (1): "
        "Liabilities:Iss:Deposits:Ann 30.00 CNY, Assets:Iss:Loans:Ann -30.00 CNY, "
        "Equity:Iss:Memo:CreditLine:Ann:Available 30.00 CNY.MEMO, "
        "Equity:Iss:Memo:CreditLine:Ann:Drawn -30.00 CNY.MEMO",
    ),
    "issue cash": (
        both(issue()),
        "Ann",
        "2026-03-02 Iss: 2 vouchers issued: 150.00 CNY frozen (2): "
        "Assets:Ann:Iss:Frozen 150.00 CNY, Assets:Ann:Iss -150.00 CNY",
    ),
    "issue credit": (
        LINES + both(issue(funding='"credit"')),
        "Ann",
        "2026-03-02 Iss: 2 vouchers issued: 150.00 CNY of credit line frozen (2): "
        "Equity:Ann:Memo:CreditLine:Iss:Frozen 150.00 CNY.MEMO, "
        "Equity:Ann:Memo:CreditLine:Iss:Available -150.00 CNY.MEMO",
    ),
    "accept": (
        both(issue(), ACCEPT),
        "Acc",
        "2026-03-03 Ins: 2 vouchers accepted: 150.00 CNY for collection (2): "
        "Equity:Acc:Memo:ForCollection:Ins 150.00 CNY.MEMO, "
        "Equity:Acc:Memo:ForCollectionContra -150.00 CNY.MEMO",
    ),
    "recognise": (
        issue() + ACCEPT + also(issue(policyholder=BOB), ACCEPT),
        "Ins",
        "2026-03-03 several: 2 vouchers recognised: 150.00 CNY of premium (2): "
        "Assets:Ins:PremiumReceivable 150.00 CNY, Liabilities:Ins:UnearnedPremium -150.00 CNY",
    ),
    "settle": (
        both(HAPPY),
        "Ins",
        "2026-03-06 Ann: 2 vouchers settled: 150.00 CNY paid (2): Assets:Ins:Acc 150.00 CNY, "
        "Equity:Ins:Memo:VouchersReceived:Acc -150.00 CNY.MEMO, "
        "Equity:Ins:Memo:VouchersReceivedContra 150.00 CNY.MEMO, "
        "Assets:Ins:PremiumReceivable -150.00 CNY",
    ),
    "settle released": (
        SETTLED_IN_PART + also(HAPPY),
        "Acc",
        "2026-03-06 Ins: 2 vouchers settled: 140.00 CNY paid, 10.00 CNY released (2): "
        "Assets:Acc:Interbank:Iss 140.00 CNY, Liabilities:Acc:Deposits:Ins -140.00 CNY, "
        "Equity:Acc:Memo:ForCollection:Ins -150.00 CNY.MEMO, "
        "Equity:Acc:Memo:ForCollectionContra 150.00 CNY.MEMO",
    ),
    "cover": (
        both(issue(**COVER), ACCEPT, APPLY, SETTLE) + CLOSE,
        "Ins",
        "2026-03-20 Ann: 2 vouchers now in cover: 150.00 CNY no longer in advance (2): "
        "Liabilities:Ins:AdvancePremium 150.00 CNY, Liabilities:Ins:UnearnedPremium -150.00 CNY",
    ),
    "reject": (
        both(issue(), event("reject", "2026-03-04")),
        "Iss",
        "2026-03-04 Ann: 2 vouchers rejected: 150.00 CNY released (2): "
        "Liabilities:Iss:Held:Ann 150.00 CNY, Liabilities:Iss:Deposits:Ann -150.00 CNY",
    ),
    "void": (
        issue()
        + event("void", "2026-03-06", reason='"not-accepted"')
        + also(issue(), event("void", "2026-03-06", reason='"not-accepted"'))
        + also(issue(), event("return", "2026-03-04"), of="V-3", amount="7.00")
        + event("void", "2026-03-06", voucher="V-3", reason='"insurance-returned"'),
        "Ann",
        "2026-03-06 Iss: 3 vouchers voided (insurance-returned, not-accepted): "
        "157.00 CNY released (3): "
        "Assets:Ann:Iss 157.00 CNY, Assets:Ann:Iss:Frozen -157.00 CNY",
    ),
    "amend": (
        both(issue(), AMEND),
        "Ann",
        "2026-03-04 Iss: 2 vouchers offered an amendment: 90.00 CNY more frozen (2): "
        "Assets:Ann:Iss:Frozen 90.00 CNY, Assets:Ann:Iss -90.00 CNY",
    ),
    "decline": (
        both(issue(), ACCEPT, AMEND, event("decline", "2026-03-06", "1", by='"Ins"')),
        "Iss",
        "2026-03-06 Ann: 2 vouchers with an amendment declined: 90.00 CNY released (2): "
        "Liabilities:Iss:Held:Ann 90.00 CNY, Liabilities:Iss:Deposits:Ann -90.00 CNY",
    ),
    "lapse": (
        both(issue(), ACCEPT, AMEND, APPLY, SETTLE),
        "Iss",
        "2026-03-06 Ann: 2 vouchers with an amendment lapsed: 90.00 CNY released (2): "
        "Liabilities:Iss:Held:Ann 90.00 CNY, Liabilities:Iss:Deposits:Ann -90.00 CNY",
    ),
    "effect increase": (
        both(issue(), ACCEPT, event("amend", "2026-03-04", "1", "120.00 CNY"))
        + event("consent", "2026-03-05", "1", by='"Ins"')
        + event("consent", "2026-03-05", "1", by='"Ins"', voucher="V-2"),
        "Ins",
        "2026-03-05 Ann: 2 vouchers with an amendment in force: 90.00 CNY more (2): "
        "Equity:Ins:Memo:VouchersReceived:Acc 90.00 CNY.MEMO, "
        "Equity:Ins:Memo:VouchersReceivedContra -90.00 CNY.MEMO, "
        "Assets:Ins:PremiumReceivable 90.00 CNY, Liabilities:Ins:UnearnedPremium -90.00 CNY",
    ),
    "effect decrease": (
        both(issue(), event("amend", "2026-03-04", "1", "40.00 CNY")),
        "Ann",
        "2026-03-04 Iss: 2 vouchers with an amendment in force: 70.00 CNY less (2): "
        "Assets:Ann:Iss 70.00 CNY, Assets:Ann:Iss:Frozen -70.00 CNY",
    ),
    "release": (
        both(issue(draws='"multiple"'), ACCEPT, event("apply", "2026-03-05", "40.00 CNY"), SETTLE)
        + both(event("release", "2026-04-01", by='"Iss"', reason='"cancelled"')),
        "Acc",
        "2026-04-01 Ins: 2 vouchers released: 70.00 CNY of what was not settled (2): "
        "Equity:Acc:Memo:ForCollection:Ins -70.00 CNY.MEMO, "
        "Equity:Acc:Memo:ForCollectionContra 70.00 CNY.MEMO",
    ),
    "refund": (
        both(REFUND),
        "Acc",
        "2026-03-10 Ins: 2 vouchers refunded: 60.00 CNY (2): "
        "Liabilities:Acc:Deposits:Ins 60.00 CNY, Assets:Acc:Interbank:Iss -60.00 CNY",
    ),
    "refund kept": (
        REFUND
        + also(HAPPY)
        + event(
            "refund", "2026-03-10", "30.00 CNY",
            to='"bank"', kept="5.00 CNY", reason='"agreed"', voucher="V-2",
        ),
        "Iss",
        "2026-03-10 Ann: 2 vouchers refunded: 60.00 CNY, 5.00 CNY kept (2): "
        "Liabilities:Iss:Interbank:Acc 60.00 CNY, Liabilities:Iss:Deposits:Ann -60.00 CNY",
    ),
    "earn": (
        EARNING + both(issue(**COVER), ACCEPT, APPLY, SETTLE) + CLOSE,
        "Ins",
        "2026-03-29 Ann: 2 vouchers earned: 150.00 CNY of premium (2): "
        "Liabilities:Ins:UnearnedPremium 150.00 CNY, Income:Ins:Premium -150.00 CNY",
    ),
    "refusal": (
        both(
            issue() + '  message: "Iss Acc 3"\n',
            ACCEPT,
            event("void", "2026-03-06", reason='"not-accepted"') + '  message: "Iss Acc 4"\n',
        )
        + '2026-03-08 custom "voucher-refusal" "Acc" 7 "V-1"\n'
        + '  of: "accept"\n  on: 2026-03-03\n  code: "final"\n'
        + '2026-03-08 custom "voucher-refusal" "Acc" 8 "V-2"\n'
        + '  of: "accept"\n  on: 2026-03-03\n  code: "accept-late"\n',
        "Ins",
        "2026-03-08 Ann: 2 vouchers with what was refused (accept-late, final) reversed (2): "
        "Equity:Ins:Memo:VouchersReceived:Acc -150.00 CNY.MEMO, "
        "Equity:Ins:Memo:VouchersReceivedContra 150.00 CNY.MEMO, "
        "Assets:Ins:PremiumReceivable -150.00 CNY, Liabilities:Ins:UnearnedPremium 150.00 CNY",
    ),
}  # fmt: skip


def test_there_is_a_case_for_every_kind_of_event() -> None:
    assert CASES.keys() == BATCH_NARRATIONS.keys()


@pytest.mark.parametrize("row", CASES)
def test_a_batch_of_every_kind(row: str) -> None:
    text, book, expected = CASES[row]
    ledger = load(DAILY + text)
    assert ledger.errors == []
    assert told(ledger, book, row.split(maxsplit=1)[0]) == [expected]


def opened(ledger: Loaded) -> list[tuple[object, ...]]:
    return [(e.date, e.account, e.meta["lineno"]) for e in ledger.entries if isinstance(e, Open)]


STORIES = {
    name: LINES
    + "".join(
        f'2026-01-01 custom "voucher-option" "{key}" "{each}"\n' for key, each in options.items()
    )
    + issue(**terms)
    + directives(life)
    for name, (terms, options, life, _) in BOOKS.items()
}
STORIES |= {row: text for row, (text, _, _) in CASES.items()}
STORIES |= {name: LINES + text for name, (text, _, _) in STRUCK.items()}


@pytest.mark.parametrize("kept", ["", ' "Ann"', ' "Iss Ins"'])
@pytest.mark.parametrize("name", STORIES)
def test_every_account_is_the_same_on_every_day(name: str, kept: str) -> None:
    """With the same of a second voucher, and of one of another policyholder."""
    text = STORIES[name] if name in CASES else STORIES[name] + also(STORIES[name])
    text += also(HAPPY.replace('"Ann"', BOB), of="V-9")
    line = f'plugin "beancount_voucher_plugin"{kept}\n'
    each, daily = load("\n" + text, plugin=line), load(DAILY + text, plugin=line)
    assert of_a_day(daily.entries) == of_a_day(each.entries)
    assert opened(daily) == opened(each)
    assert [e.message for e in daily.errors] == [e.message for e in each.errors]
    assert len(daily.generated) <= len(each.generated)
    assert sum(int(e.meta["voucher-count"]) for e in daily.generated) <= len(each.generated)
    assert all(e.meta.keys() >= {"filename", "lineno"} and not e.links for e in daily.generated)


@pytest.mark.parametrize("option", ["", DAILY])
def test_what_comes_back_is_sorted(option: str) -> None:
    """Also where it came in another order, from a loader that leaves sorting to the end."""
    given = load(option + both(HAPPY), plugin="")
    expanded, errors = voucher_books(given.entries[::-1], given.options)
    assert errors == []
    assert list(map(entry_sortkey, expanded)) == sorted(map(entry_sortkey, expanded))
    assert any(isinstance(each, Transaction) and "voucher" in each.tags for each in expanded)


# --- What a batch is ----------------------------------------------------------------------


def test_a_batch_stands_at_its_first_directive_and_carries_tags_and_no_link() -> None:
    text = DAILY + also(issue(), of="B-2") + issue("A-1")
    [batch] = [e for e in load(text).generated if e.meta["voucher-book"] == "Ann"]
    at = (WORLD + DAILY).count("\n") + 2
    assert batch.meta["lineno"] == at
    assert {posting.meta["lineno"] for posting in batch.postings if posting.meta} == {at}
    assert (batch.flag, batch.tags) == ("*", frozenset({"voucher", "voucher-issue"}))
    assert batch.links == frozenset()
    assert (batch.meta["voucher-event"], batch.meta["voucher-count"]) == ("issue", Decimal(2))
    assert "voucher" not in batch.meta


DIFFERENT = {
    "another day": also(issue(date="2026-03-03")),
    "another policyholder": also(issue(policyholder=BOB)),
    "another currency": issue("V-2", "50.00 USD"),
    "another funding": LINES + also(issue(funding='"credit"')),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_what_does_not_post_alike_is_no_batch(name: str) -> None:
    text = DAILY + issue() + DIFFERENT[name]
    ledger = load(text + '2020-01-01 custom "voucher-option" "check-funds" "off"\n')
    assert ledger.errors == []
    counts = [e.meta["voucher-count"] for e in ledger.generated if "voucher-issue" in e.tags]
    assert counts == [1] * 4


def test_an_increase_and_a_decrease_of_a_day_are_two_batches() -> None:
    text = issue() + event("amend", "2026-03-04", "1", "40.00 CNY") + also(issue(), of="V-2")
    text += event("amend", "2026-03-04", "1", "80.00 CNY", voucher="V-2")
    ledger = load(DAILY + text)
    assert [line.partition(" (")[0] for line in told(ledger, "Ann", "effect")] == [
        "2026-03-04 Iss: 1 voucher with an amendment in force: 60.00 CNY less"
    ]
    assert told(ledger, "Ann", "amend") == [
        "2026-03-04 Iss: 1 voucher offered an amendment: 30.00 CNY more frozen (1): "
        "Assets:Ann:Iss:Frozen 30.00 CNY, Assets:Ann:Iss -30.00 CNY"
    ]


def test_a_voucher_with_two_events_of_a_day_is_one_voucher() -> None:
    """In one part of a batch, and in two, of which one releases something, too."""
    terms = {"draws": '"multiple"'}
    applied = event("apply", "2026-03-05", "40.00 CNY") + event("settle", "2026-03-05")
    again = event("apply", "2026-03-05", "60.00 CNY") + event("settle", "2026-03-05")
    ledger = load(DAILY + both(issue(**terms), ACCEPT, applied) + again)
    counts = {e.meta["voucher-count"] for e in ledger.generated if "voucher-settle" in e.tags}
    assert counts == {2} or ledger.errors


def test_pooled_accounts_of_a_bank_make_one_batch_of_all_customers() -> None:
    pooled = PARTIES.replace(
        '"Iss" "bank"\n',
        '"Iss" "bank"\n  held: Liabilities:Iss:Held\n  deposits: Liabilities:Iss:Deposits\n',
    )
    world = pooled + ACCOUNTS + "2020-01-01 open Liabilities:Iss:Deposits\n"
    text = DAILY + issue(policyholder=BOB) + also(issue())
    assert told(load(text, world=world), "Iss", "issue") == [
        "2026-03-02 several: 2 vouchers issued: 150.00 CNY frozen (2): "
        "Liabilities:Iss:Deposits 150.00 CNY, Liabilities:Iss:Held -150.00 CNY"
    ]


def test_parts_of_several_series_are_one_batch_where_they_share_all_accounts() -> None:
    """What is in advance and what is not, where both have one account."""
    world = PARTIES.replace(
        '"Ins" "insurer"\n', '"Ins" "insurer"\n  advance: Liabilities:Ins:UnearnedPremium\n'
    )
    options = '2026-01-01 custom "voucher-option" "recognise-at" "settle"\n'
    text = issue(cover_start="2026-03-20") + ACCEPT + APPLY + SETTLE + also(HAPPY)
    daily = load(DAILY + options + text, world=world + ACCOUNTS)
    assert daily.errors == []
    assert told(daily, "Ins", "settle") == [
        "2026-03-06 Ann: 2 vouchers settled: 150.00 CNY paid (2): Assets:Ins:Acc 150.00 CNY, "
        "Equity:Ins:Memo:VouchersReceived:Acc -150.00 CNY.MEMO, "
        "Equity:Ins:Memo:VouchersReceivedContra 150.00 CNY.MEMO, "
        "Liabilities:Ins:UnearnedPremium -150.00 CNY"
    ]
    each = load("\n" + options + text, world=world + ACCOUNTS)
    assert of_a_day(daily.entries) == of_a_day(each.entries)


def test_sums_keep_every_digit() -> None:
    text = issue("V-1", "0.1 CNY") + issue("V-2", "0.005 CNY") + issue("V-3", "1234567.00 CNY")
    ledger = load(DAILY + '2026-01-01 custom "voucher-option" "check-funds" "off"\n' + text)
    [line] = told(ledger, "Ann", "issue")
    assert "1,234,567.105 CNY frozen" in line
    assert "Assets:Ann:Iss -1234567.105 CNY" in line


# --- What cannot be -----------------------------------------------------------------------


def test_an_account_that_is_not_open_drops_its_voucher_and_the_batch_is_of_the_others() -> None:
    world = PARTIES + ACCOUNTS.replace("2020-01-01 open Assets:Ins:Iss\n", "")
    text = both(HAPPY) + also(
        issue(acceptor='"Iss"'), ACCEPT, APPLY, SETTLE, of="V-3", amount="7.00"
    )
    daily, each = load(DAILY + text, world=world), load("\n" + text, world=world)
    assert [e.message for e in daily.errors] == [e.message for e in each.errors]
    assert daily.codes == ["account-not-open"]
    assert of_a_day(daily.entries) == of_a_day(each.entries)
    assert [line.partition(" (")[0] for line in told(daily, "Ins", "settle")] == [
        "2026-03-06 Ann: 2 vouchers settled: 150.00 CNY paid"
    ]


def test_what_was_given_up_stays_so_when_another_account_closes() -> None:
    """A voucher that could not be frozen is not released either; its day may be another's first."""
    closed = "2026-03-04 close Liabilities:Iss:Deposits:Ann\n"
    text = (
        LINES
        + issue()
        + also(issue(date="2026-03-05", accept_by="2026-03-09"), of="V-2")
        + also(issue(date="2026-03-05", accept_by="2026-03-09"), of="V-4")
        + also(issue(policyholder=BOB, date="2026-03-05", accept_by="2026-03-09"), of="V-3")
        + event("reject", "2026-03-06")
        + event("reject", "2026-03-06", voucher="V-2")
        + event("reject", "2026-03-06", voucher="V-3")
        + '2026-03-07 custom "voucher-repay" "Ann" "Iss" 1.00 CNY\n'
    )
    daily, each = load(DAILY + text + closed), load("\n" + text + closed)
    assert sorted(e.message for e in daily.errors) == sorted(e.message for e in each.errors)
    assert "account-not-open" in daily.codes
    assert of_a_day(daily.entries) == of_a_day(each.entries)


def test_a_refusal_takes_nothing_back_from_a_book_that_gave_the_voucher_up() -> None:
    world = PARTIES + ACCOUNTS.replace("2020-01-01 open Liabilities:Acc:Deposits:Ins\n", "")
    text = CASES["refusal"][0] + also(HAPPY, of="V-5")
    options = '2026-01-01 custom "voucher-option" "open-accounts" "user"\n'
    for more, where in (("", world), (options, PARTIES + ACCOUNTS)):
        daily, each = load(DAILY + more + text, world=where), load("\n" + more + text, world=where)
        assert [e.message for e in daily.errors] == [e.message for e in each.errors]
        assert "account-not-open" in daily.codes
        assert of_a_day(daily.entries) == of_a_day(each.entries)


PER_VOUCHER = '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'


@pytest.mark.parametrize("text", [DAILY + PER_VOUCHER, PER_VOUCHER + DAILY])
def test_accounts_of_each_voucher_cannot_be_posted_in_sums(text: str) -> None:
    ledger = load(text + both(issue()))
    [error] = ledger.errors
    assert error.source["lineno"] == (WORLD + text.split(DAILY, maxsplit=1)[0]).count("\n") + 2
    assert error.message == (
        'postings are "daily", and every voucher has hold accounts of its own; expected "each", '
        'or hold-accounts "pooled" [bad-value]'
    )
    assert {e.meta["voucher"] for e in ledger.generated} == {"V-1", "V-2"}


def test_what_has_happened_is_told_without_days_and_amounts() -> None:
    """Once for each template and the parties that a book's accounts need, for all vouchers."""
    ledger = load(DAILY + both(HAPPY))
    keeper = Bookkeeper(ledger.evaluation, Names(ledger.options), ["Ann", "Ins"])
    daily = DailyBooks(keeper, OpenAccounts(AccountDates.among(ledger.entries), user_opens=False))
    daily.take(ledger.evaluation.journal)
    rows = ["issue cash", "accept", "recognise", "settle"]
    assert [template.row for template in daily.templates] == rows
    assert [(each.entry.book, each.row) for each in daily.series] == [
        ("Ann", "issue cash"), ("Ins", "accept"), ("Ann", "recognise"), ("Ins", "recognise"),
        ("Ann", "settle"), ("Ins", "settle"),
    ]  # fmt: skip


# --- Parts from several places --------------------------------------------------------------


def test_parts_come_together_in_any_order_and_grouping() -> None:
    """As several machines would make them, each of its vouchers."""
    text = "".join(
        also(SETTLED_IN_PART, of=f"V-{at}", amount=f"10{at}.0{at}") for at in range(3)
    ) + also(HAPPY, of="V-8")
    whole = load(DAILY + LINES + text)
    evaluation, names = whole.evaluation, Names(whole.options)
    dates = AccountDates.among(e for e in whole.entries if "__voucher__" not in e.meta)

    def part(*vouchers: str) -> list[Batch]:
        those, opened = evaluation.part(vouchers), OpenAccounts(dates, user_opens=False)
        daily = DailyBooks(Bookkeeper(those, names, None), opened)
        daily.take(those.journal)
        assert opened.problems == []
        return sorted(daily.batches(), key=ledger_order)

    all_of_it = part("V-0", "V-1", "V-2", "V-8")
    for order in permutations((part("V-0", "V-8"), part("V-1"), part("V-2"))):
        one, two, three = order
        assert merged([*merged([*one, *two]), *three]) == all_of_it
        assert merged([*one, *merged([*two, *three])]) == all_of_it
    assert any(batch.vouchers == 4 for batch in all_of_it)
