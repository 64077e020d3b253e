"""What must hold of the books on every day: the invariants I0 to I9 (manual: books).

They are those of ``check``. What is said of one voucher is looked at in its shard: I8 by event,
since what every event leaves mirrored no voucher can have otherwise, and I9 by the days of its
life. What is said of sums is looked at where sums come together: what the life of all vouchers
says of an account, and what stands there, posted by whomever, at the end of each day.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.audit.findings import Finding
from beancount_voucher.audit.premiums import earned_out_of_bounds
from beancount_voucher.books.entry_templates import template_of
from beancount_voucher.books.event_amounts import amounts, form_of, letters_of
from beancount_voucher.books.posting_table import BOOKS
from beancount_voucher.directives.account_roles import LINE_PARTS
from beancount_voucher.directives.money import MEMO, exact

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from beancount_voucher.books.entry_templates import Bookkeeper, EventTemplate, Parties
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.journal import JournalEvent
    from beancount_voucher.subledger.join import Days, Joined

# --- In a shard -------------------------------------------------------------------------

_MIRRORED = (
    frozenset({"prepaid", "payable", "receivable", "unearned", "advance"}),
    frozenset({"expense", "income", "charges"}),
)
"""What of the policyholder's book is opposite to what of the insurer's, together."""


def unmirrored(
    templates: Iterable[EventTemplate],
    journal: Iterable[JournalEvent],
    keeper: Bookkeeper,
    given_up: Iterable[tuple[str, str]],
) -> list[Finding]:
    """I8: what is not opposite in the two books of a premium.

    What a template posts in sums of amounts that cancel out letter by letter is opposite for
    every event; of the others every event is looked at.

    Args:
        templates: those of the events.
        journal: the events.
        keeper: whose books are kept.
        given_up: vouchers, each with a book to which no more of it is posted.
    """
    off = {template: [_off(template, each) for each in _MIRRORED] for template in templates}
    off = {template: letters for template, letters in off.items() if any(letters)}
    found: list[Finding] = []
    lost = dict(given_up)
    for journal_event in journal if off or lost else ():
        event, voucher = journal_event
        known = template_of(journal_event)
        if voucher is None or known is None or not _keeps_both(keeper, known[1]):
            continue
        numbers = dict(amounts(event))
        for each in off.get(known[0], ()):
            left = sum(sign * numbers[letter] for letter, sign in each.items())
            if left:
                found.append(_not_opposite(event, f"{event.kind} leaves {left} on one side alone"))
        book = lost.pop(voucher.id, None)
        if book is not None:
            found.append(_not_opposite(event, f"{voucher.id} is not posted in the book of {book}"))
    return found


def _not_opposite(event: VoucherEvent, text: str) -> Finding:
    return Finding("I8", event.place, f"{text} on {event.date}", event.date)


def _keeps_both(keeper: Bookkeeper, parties: Parties) -> bool:
    """Whether the books of policyholder and insurer are kept."""
    named = dict(zip(BOOKS, parties, strict=False))
    return (
        "insurer" in named
        and keeper.keeps(named["policyholder"])
        and keeper.keeps(named["insurer"])
    )


def _off(template: EventTemplate, roles: Container[str]) -> dict[str, int]:
    """The letters whose amounts a template does not post to opposite roles alike."""
    sums = Counter[str]()
    letters = letters_of(template.row.partition(" ")[0])
    for book in template.books:
        for role, _, at in book.legs:
            if role in roles and BOOKS[book.side] in ("policyholder", "insurer"):
                letter, (_, sign) = form_of(at, letters)
                sums[letter] += sign
    return {letter: number for letter, number in sums.items() if number}


def wrongly_earned(evaluation: Evaluation, keeper: Bookkeeper) -> Iterator[Finding]:
    """I9: 0 ≤ earned ≤ the premium in force on every day, equal at the end of cover."""
    if evaluation.options["earning"] == "none":
        return
    for voucher in evaluation.vouchers.values():
        terms = voucher.terms
        for book in () if terms is None else (terms.policyholder, terms.insurer):
            if keeper.keeps(book):
                kept = terms is not None and book == terms.policyholder
                posted: dict[dt.date, Decimal] = defaultdict(Decimal)
                for event in voucher.events:
                    posted[event.date] += _earned(event, kept=kept)
                yield from earned_out_of_bounds(evaluation, voucher, book, posted)


def _earned(event: VoucherEvent, *, kept: bool) -> Decimal:
    """What an event posts as earned; to the policyholder what is kept is an expense, too."""
    if event.kind == "earn":
        return event.amount
    change = event.change
    if change is None:
        return Decimal(0)
    return change.kept * kept - change.unearned


# --- Where shards come together ---------------------------------------------------------


class Held(NamedTuple):
    """Whether an invariant holds.

    Attributes:
        days: how many accounts were looked at, each at the end of each day on which it moves.
        broken: what does not hold.
    """

    days: int
    broken: list[str]


INVARIANTS = tuple(f"I{number}" for number in range(10))


@exact
def held(found: Joined, keeper: Bookkeeper) -> dict[str, Held]:
    """Look at every invariant on every day."""
    result = {name: Held(0, []) for name in INVARIANTS}
    _look(result, "I0", _unbalanced(found))
    expected = _expected(found)
    posted = _posted_by_us(found)
    ours = {account for account, _ in posted}
    for (name, account, commodity), days in sorted(expected.items()):
        if name == "I3":
            continue
        if name == "I6":
            moved: Mapping[dt.date, Decimal] = posted.get((account, commodity), {})
        else:
            moved = _with_below(found.stands, account, commodity, ours, below=name != "I5")
        _look(result, name, _compared(account, commodity, moved, days))
    _look(result, "I3", _lines(found, keeper, expected))
    vouchers = sum(shard["vouchers"] for shard in found.shards)
    for name in ("I7", "I8", "I9"):
        result[name] = Held(vouchers, [])
    for shard in found.shards:
        for name, text in shard["broken"]:
            result[name].broken.append(text)
    # A final voucher expects nothing any more: what it left would be on these accounts.
    left = [text for name in ("I1", "I2", "I4", "I5") for text in result[name].broken]
    result["I7"].broken.extend(left)
    return result


def _look(result: dict[str, Held], name: str, looked: Iterable[str | None]) -> None:
    """Count what is looked at, and note what does not hold."""
    days, broken = result[name]
    for text in looked:
        days += 1
        if text is not None:
            broken.append(text)
    result[name] = Held(days, broken)


def _unbalanced(found: Joined) -> Iterator[str | None]:
    for batch in found.batches:
        sums: dict[str, Decimal] = defaultdict(Decimal)
        for (_, commodity), number in batch.posted.items():
            sums[commodity] += number
        key = batch.key
        off = [f"{number} {commodity}" for commodity, number in sums.items() if number]
        yield (
            f"{key.date} {key.row} in the book of {key.book} is off by {', '.join(off)}"
            if (off)
            else None
        )


_Expected = dict[tuple[str, str, str], dict[dt.date, Decimal]]


def _expected(found: Joined) -> _Expected:
    """What shards say of accounts, by invariant, account and commodity."""
    sums: _Expected = defaultdict(dict)
    for shard in found.shards:
        for name, account, commodity, date, number in shard["expected"]:
            _add(sums[name, account, commodity], dt.date.fromisoformat(date), Decimal(number))
    return sums


def _add(days: dict[dt.date, Decimal], date: dt.date, number: Decimal) -> None:
    days[date] = days[date] + number if date in days else number


def _posted_by_us(found: Joined) -> Days:
    sums: Days = defaultdict(dict)
    for batch in found.batches:
        for funds, number in batch.posted.items():
            _add(sums[funds], batch.key.date, number)
    return sums


def _with_below(
    days: Days, account: str, commodity: str, ours: set[str], *, below: bool
) -> dict[dt.date, Decimal]:
    """What is posted to an account, and to what stands below it and is nobody else's."""
    sums = dict(days.get((account, commodity), {}))
    for (other, held_in), moved in days.items() if below else ():
        if held_in == commodity and other.startswith(f"{account}:") and other not in ours:
            for date, number in moved.items():
                _add(sums, date, number)
    return sums


def _compared(
    account: str,
    commodity: str,
    posted: Mapping[dt.date, Decimal],
    expected: Mapping[dt.date, Decimal],
) -> Iterator[str | None]:
    """Two accounts of one thing at the end of each day, up to the first on which they differ."""
    has = should = Decimal(0)
    for date in sorted(posted.keys() | expected.keys()):
        has += posted.get(date, 0)
        should += expected.get(date, 0)
        if has != should:
            said = f"the vouchers say {should} {commodity}"
            yield f"{account} holds {has} {commodity} on {date}; {said}"
            return
        yield None


# --- Credit lines -----------------------------------------------------------------------


def _lines(found: Joined, keeper: Bookkeeper, expected: _Expected) -> Iterator[str | None]:
    """I3: available + frozen + drawn = limit, none below zero, as the directives say."""
    limits = _limits(found, keeper)
    for accounts in _separate(found, keeper):
        commodities = {
            commodity
            for account, commodity in found.stands
            if account in set().union(*accounts.values())
        }
        for commodity in sorted(commodities):
            yield from _line(found.stands, accounts, commodity, expected, limits)


def _limits(found: Joined, keeper: Bookkeeper) -> Days:
    """What the directives say of limits."""
    sums: Days = defaultdict(dict)
    for event, _ in found.evaluation.journal:
        if event.kind == "credit-line":
            policyholder, bank = event.fact.ids
            assert event.fact.amount is not None
            for book, other in ((policyholder, bank), (bank, policyholder)):
                if keeper.keeps(book):
                    account = keeper.chart.account(book, "line-limit", other, None)
                    commodity = event.fact.amount.currency + MEMO
                    _add(sums[account, commodity], event.date, event.amount)
    return sums


def _separate(found: Joined, keeper: Bookkeeper) -> list[dict[str, set[str]]]:
    """The accounts of each line by part; those that share any stand together."""
    separate: list[dict[str, set[str]]] = []
    pairs = dict.fromkeys(
        (party, bank) for party, bank, _ in sorted(found.evaluation.ledger_state.lines.all())
    )
    for policyholder, bank in pairs:
        for book, other in ((policyholder, bank), (bank, policyholder)):
            if not keeper.keeps(book):
                continue
            line = {part: {keeper.chart.account(book, part, other, None)} for part in LINE_PARTS}
            mine = set().union(*line.values())
            apart = []
            for known in separate:
                if mine.isdisjoint(set().union(*known.values())):
                    apart.append(known)
                else:
                    line = {part: line[part] | known[part] for part in LINE_PARTS}
                    mine = set().union(*line.values())
            separate = [*apart, line]
    return separate


def _line(
    days: Days,
    accounts: Mapping[str, set[str]],
    commodity: str,
    expected: _Expected,
    limits: Days,
) -> Iterator[str | None]:
    """One line in one commodity, up to the first day on which something is wrong."""
    moved = {
        part: _summed(days.get((each, commodity), {}) for each in accounts[part])
        for part in LINE_PARTS
    }
    drawn = _summed(expected.get(("I3", each, commodity), {}) for each in accounts["line-drawn"])
    limit = _summed(limits.get((each, commodity), {}) for each in accounts["line-limit"])
    has = dict.fromkeys(LINE_PARTS, Decimal(0))
    said_drawn = said_limit = Decimal(0)
    for date in sorted(set().union(*moved.values(), drawn, limit)):
        for part in LINE_PARTS:
            number = moved[part].get(date, Decimal(0))
            has[part] += -number if part == "line-limit" else number
        said_drawn += drawn.get(date, 0)
        said_limit += limit.get(date, 0)
        parts = has["line-available"] + has["line-frozen"] + has["line-drawn"]
        wrong = parts != has["line-limit"] or min(has.values()) < 0
        if wrong or (has["line-drawn"], has["line-limit"]) != (said_drawn, said_limit):
            told = ", ".join(f"{part} {number}" for part, number in has.items())
            yield (
                f"{min(accounts['line-limit'])} on {date}: {told} {commodity}; the directives "
                f"say {said_drawn} drawn of {said_limit}"
            )
            return
        yield None


def _summed(several: Iterable[Mapping[dt.date, Decimal]]) -> dict[dt.date, Decimal]:
    sums: dict[dt.date, Decimal] = {}
    for days in several:
        for date, number in days.items():
            _add(sums, date, number)
    return sums
