"""A review as text for people: in a terminal and in a pull request."""

from __future__ import annotations

import re
from itertools import groupby
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.money import Money
from beancount_voucher.directives.wording import printable
from beancount_voucher.lifecycle.status import AGREED
from beancount_voucher.review.rules import shown, told, where

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.exceptions import Excused
    from beancount_voucher.review.faults import Fault
    from beancount_voucher.review.records import RecordedDirective
    from beancount_voucher.review.review import Review
    from beancount_voucher.review.rules import Violation
    from beancount_voucher.review.voucher_diff import AmendmentChange, Step, VoucherChange

_STILL = ("consent", "withdraw", "discrepancy")
"""Events that move nothing, although something is held."""

_LISTS = ("sha256", "vouchers", "transactions", "open-items")
"""What a reconciliation says for ``check`` to prove: no person reads it, and it may be long."""


class ReportLine(NamedTuple):
    """A line of text, and its colour on a terminal that has any."""

    text: str
    colour: str | None = None


class ReportTable(NamedTuple):
    """A part of the report that is a table: headers, rows, columns aligned to the right."""

    title: str
    headers: tuple[str, ...]
    rows: list[list[str]]
    right: tuple[str, ...] = ()


# --- Text -------------------------------------------------------------------------------


def summary(review: Review) -> str:
    """How it went, in a line."""
    changed, wrong = len(review.comparison.vouchers), len(review.violations)
    said = f"{_counted(changed, 'voucher')} changed, {_counted(wrong, 'violation')}"
    return said + (f", {len(review.excused)} excused" if review.excused else "")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def text(review: Review) -> Iterator[ReportLine]:
    """The whole report."""
    yield ReportLine(f"{review.ledger}: {review.span.base.label} → {review.span.head.label}")
    for change in review.comparison.vouchers:
        yield ReportLine("")
        yield from details(change)
    yield from _section("Recorded", _recorded(review))
    yield from _section("Settings", _settings(review))
    yield from _section("Accounts", _totals(review))
    yield from _section("Errors and findings", _faults(review))
    yield from _section("Commits", _commits(review))
    yield from _section("Notes", [ReportLine(note) for note in review.notes])
    yield from verdict(review)


def stat(review: Review) -> Iterator[ReportLine]:
    """One line per voucher and record, and the verdict."""
    for change in review.comparison.vouchers:
        yield ReportLine(headline(change))
    yield from _section("Recorded", _recorded(review))
    yield from verdict(review)


def verdict(review: Review) -> Iterator[ReportLine]:
    """What must not be, and what is excused."""
    yield from _section(
        "Excused", [ReportLine(excused_by(each), "yellow") for each in review.excused]
    )
    wrong = [line for each in review.violations for line in _wrong(each)]
    yield from _section("Not allowed", wrong)


def _wrong(violation: Violation, indent: str = "") -> Iterator[ReportLine]:
    """A violation; below it why an exception does not count, and what follows from it."""
    yield ReportLine(f"{indent}{_violated(violation)}", "red")
    for why in violation.uncounted:
        yield ReportLine(f"{indent}  {why}", "yellow")
    for each in violation.consequences:
        yield from _wrong(each, f"{indent}  so: ")


def _section(title: str, lines: Sequence[ReportLine]) -> Iterator[ReportLine]:
    if lines:
        yield ReportLine("")
        yield ReportLine(title)
        yield from (ReportLine(f"  {text}", colour) for text, colour in lines)


def excused_by(excused: Excused) -> str:
    """What is excused, why and by whom."""
    said = excused.exception.metadata
    return f"{_violated(excused.violation)}: {said['reason']} ({said['by']})"


def _violated(violation: Violation) -> str:
    place = where(violation.place)
    return f"{place}: {coded(violation)}" if place else coded(violation)


def coded(violation: Violation) -> str:
    """What is wrong, and the rule that says so."""
    return f"{violation.text} [{violation.rule}]"


def headline(change: VoucherChange) -> str:
    """One voucher in a line."""
    before, after = change.states
    state = after if before == after else f"{before} → {after}"
    state += f" ({AGREED})" if change.reason == AGREED else ""
    amounts = [
        f"{name} {was:,f} → {now:,f} {change.currency}"
        for name, (was, now) in change.amounts.items()
        if was != now
    ]
    came = sum(step.sign == "+" for step in change.steps)
    went = sum(step.sign == "-" for step in change.steps)
    events = " ".join(f"{sign}{count}" for sign, count in (("+", came), ("-", went)) if count)
    said = [f"events {events}" if events else "", *amounts]
    said.append(f"{_counted(len(change.terms), 'term')} changed" if _agreed_anew(change) else "")
    return "  ".join([change.id, state, *filter(None, said)])


def _agreed_anew(change: VoucherChange) -> bool:
    """Whether terms were agreed before, and are others now."""
    return bool(change.terms) and change.before is not None and change.after is not None


def details(change: VoucherChange) -> Iterator[ReportLine]:
    """Everything that changes of one voucher."""
    yield ReportLine(headline(change))
    for name, before, after in change.terms:
        if change.before is None:
            yield ReportLine(f"  {name} {shown(after)}")
        elif change.after is not None:
            yield ReportLine(f"  {name} {shown(before)} → {shown(after)}", "yellow")
    for each in change.amendments:
        yield from _amendment(each)
    for _, steps in groupby(enumerate(change.steps), _run):
        yield _step([step for _, step in steps], change.currency)
    wide = max((len(each.book) for each in change.moves), default=0)
    wider = max((len(each.account) for each in change.moves), default=0)
    for book, account, number, currency in change.moves:
        yield ReportLine(f"  {book:<{wide}}  {account:<{wider}}  {number:+,f} {currency}")


def _run(numbered: tuple[int, Step]) -> tuple[object, ...]:
    """What is told in one line: an event, or all that is earned without any event between."""
    number, step = numbered
    return (step.sign, step.kind) if step.kind == "earn" else (number,)


def _step(steps: list[Step], currency: str) -> ReportLine:
    first, last = steps[0], steps[-1]
    whole = sum((each.amount for each in steps), 0 * first.amount)
    amount = "" if first.kind in _STILL else f"{Money(whole, currency).grouped}  "
    what = f"{first.kind} {first.detail}".rstrip()
    if len(steps) > 1:
        what = f"{first.kind}, {len(steps)} times until {last.date}"
    text = f"  {first.sign} {first.date} {what:<9} {amount}{where(first.place)}"
    return ReportLine(text, "green" if first.sign == "+" else "red")


def _amendment(change: AmendmentChange) -> Iterator[ReportLine]:
    """An amendment: how it stands, who asked for it, whose consent is due, what it changes."""
    before, after = (each.state if each else "none" for each in change)
    known = change.known
    parts = [f"amendment {known.number}: {before} → {after}", f"requested by {known.requested_by}"]
    parts += [f"consented by {' and '.join(known.consented)}"] if known.consented else []
    parts += [f"consent due from {' and '.join(known.consent_due)}"] if known.consent_due else []
    yield ReportLine(f"  {', '.join(parts)}", "yellow")
    for each in known.terms:
        yield ReportLine(f"    {told(each)}", "yellow")


def recorded(record: RecordedDirective) -> str:
    """A record that belongs to no voucher, in a line: its date, what it is, its terms."""
    what, said = f"{record.date} {_named(record)}", _said(record)
    return f"{what}: {said}" if said else what


def _named(record: RecordedDirective) -> str:
    """What a record is about: ``credit-line Buyer House 1000.00 CNY``."""
    amount = [] if record.amount is None else [str(record.amount)]
    return " ".join([record.kind, *record.ids, *amount])


def _said(record: RecordedDirective) -> str:
    """The terms that a person judges a record by."""
    return ", ".join(
        f"{key} {shown(value)}" for key, value in record.metadata.items() if key not in _LISTS
    )


def _recorded(review: Review) -> list[ReportLine]:
    return [
        ReportLine(f"{recorded(each)}  {where(each.place)}", "green")
        for each in review.comparison.recorded
    ]


def _settings(review: Review) -> list[ReportLine]:
    return [
        ReportLine(f"{subject}: {told(each)}")
        for subject, differences in review.comparison.settings.items()
        for each in differences
    ]


def _totals(review: Review) -> list[ReportLine]:
    totals = review.comparison.totals
    width = max((len(each.account) for each in totals), default=0)
    return [
        ReportLine(
            f"{each.account:<{width}}  {each.before:,f} → {each.after:,f} {each.currency}"
            f"  ({each.after - each.before:+,f})"
        )
        for each in totals
    ]


def _faults(review: Review) -> list[ReportLine]:
    new = [ReportLine(f"new: {_fault(each)}", "red") for each in review.comparison.new]
    return new + [
        ReportLine(f"mended: {_fault(each)}", "green") for each in review.comparison.mended
    ]


def _fault(fault: Fault) -> str:
    return f"{where(fault.place)}: {fault.message}"


def _commits(review: Review) -> list[ReportLine]:
    return [ReportLine(_commit(each)) for each in review.commits or ()]


def _commit(commit: Commit) -> str:
    return (
        f"{commit.short} {commit.date[:10]} {commit.author} <{commit.email}>: {signature(commit)}"
    )


def signature(commit: Commit) -> str:
    """What became of a commit's signature, and who signed: ``good signature by Lin``."""
    return f"{commit.signature} by {commit.signer}" if commit.signer else commit.signature


# --- Tables for Markdown ----------------------------------------------------------------


def tables(review: Review) -> Iterator[ReportTable]:
    """The verdict, the vouchers, the other records and the accounts as tables."""
    yield ReportTable(
        "Not allowed",
        ("where", "rule", "what"),
        [row for each in review.violations for row in _violation_rows(each)],
    )
    yield ReportTable(
        "Excused",
        ("rule", "what", "reason", "by"),
        [
            [each.rule, each.text, str(exception.metadata["reason"]), str(exception.metadata["by"])]
            for each, exception in review.excused
        ],
    )
    yield ReportTable(
        "Vouchers",
        ("voucher", "before", "after", "held before", "held after", "currency"),
        [
            [each.id, *each.states, *(f"{held:,f}" for held in each.held), each.currency]
            for each in review.comparison.vouchers
        ],
        ("held before", "held after"),
    )
    yield ReportTable(
        "Recorded",
        ("date", "what", "terms", "where"),
        [
            [str(each.date), _named(each), _said(each), where(each.place)]
            for each in review.comparison.recorded
        ],
    )
    yield ReportTable(
        "Accounts",
        ("account", "before", "after", "change", "currency"),
        [
            [
                each.account,
                *(f"{number:,f}" for number in (each.before, each.after)),
                f"{each.after - each.before:+,f}",
                each.currency,
            ]
            for each in review.comparison.totals
        ],
        ("before", "after", "change"),
    )


def _violation_rows(violation: Violation, prefix: str = "") -> Iterator[list[str]]:
    what = "; ".join([f"{prefix}{violation.text}", *violation.uncounted])
    yield [where(violation.place), violation.rule, what]
    for each in violation.consequences:
        yield from _violation_rows(each, "so: ")


def more(review: Review) -> Iterator[ReportLine]:
    """What the tables leave out."""
    for change in review.comparison.vouchers:
        yield from details(change)
        yield ReportLine("")
    for title, lines in (
        ("Settings", _settings(review)),
        ("Errors and findings", _faults(review)),
        ("Commits", _commits(review)),
        ("Notes", [ReportLine(note) for note in review.notes]),
    ):
        yield from list(_section(title, lines))[1:]


def fenced(lines: Sequence[str]) -> str:
    """Lines as a code block that nothing in them can end."""
    printed = [printable(line) for line in lines]
    longest = max((len(run) for line in printed for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *printed, fence])
