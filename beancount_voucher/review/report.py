"""A review as data, and as text for people: in a terminal and in a pull request."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.money import Money
from beancount_voucher.problems import printable
from beancount_voucher.review.policy import shown, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from beancount_voucher.problems import Place
    from beancount_voucher.review.compare import Fault, VoucherChange
    from beancount_voucher.review.git import Commit
    from beancount_voucher.review.policy import Excused, Violation
    from beancount_voucher.review.reviewing import Review

SIGNATURES: dict[str, str] = {
    "G": "good signature",
    "U": "good signature of unknown validity",
    "X": "good signature that has expired",
    "Y": "good signature by an expired key",
    "R": "good signature by a revoked key",
    "B": "BAD signature",
    "E": "signature that cannot be checked",
    "N": "not signed",
    "": "not signed",
}
"""Git's one-letter verdicts."""


class Line(NamedTuple):
    """A line of text, and its colour on a terminal that has any."""

    text: str
    colour: str | None = None


class Table(NamedTuple):
    """A part of the report that is a table: headers, rows, columns aligned to the right."""

    title: str
    headers: tuple[str, ...]
    rows: list[list[str]]
    right: tuple[str, ...] = ()


def where(place: Place | None) -> str:
    """A place as people write it; nothing for none."""
    if place is None or not place.filename:
        return ""
    return printable(f"{place.filename}:{place.lineno}")


# --- Text -------------------------------------------------------------------------------


def summary(review: Review) -> str:
    """How it went, in a line."""
    changed, wrong = len(review.comparison.vouchers), len(review.violations)
    said = f"{_counted(changed, 'voucher')} changed, {_counted(wrong, 'violation')}"
    return said + (f", {len(review.excused)} excused" if review.excused else "")


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def text(review: Review) -> Iterator[Line]:
    """The whole report."""
    yield Line(f"{review.ledger}: {review.span.base.label} → {review.span.head.label}")
    for change in review.comparison.vouchers:
        yield Line("")
        yield from details(change)
    yield from _section("Settings", _settings(review))
    yield from _section("Accounts", _totals(review))
    yield from _section("Errors and findings", _faults(review))
    yield from _section("Commits", _commits(review))
    yield from _section("Notes", [Line(note) for note in review.notes])
    yield from verdict(review)


def stat(review: Review) -> Iterator[Line]:
    """One line per voucher, and the verdict."""
    for change in review.comparison.vouchers:
        yield Line(_headline(change))
    yield from verdict(review)


def verdict(review: Review) -> Iterator[Line]:
    """What must not be, and what is excused."""
    yield from _section("Excused", [Line(_excused(each), "yellow") for each in review.excused])
    wrong = [Line(_violated(each), "red") for each in review.violations]
    yield from _section("Not allowed", wrong)


def _section(title: str, lines: Sequence[Line]) -> Iterator[Line]:
    if lines:
        yield Line("")
        yield Line(title)
        yield from (Line(f"  {text}", colour) for text, colour in lines)


def _excused(excused: Excused) -> str:
    said = excused.exception.said
    return f"{_violated(excused.violation)}: {said['reason']} ({said['by']})"


def _violated(violation: Violation) -> str:
    place = where(violation.place)
    return f"{place}: {_coded(violation)}" if place else _coded(violation)


def _coded(violation: Violation) -> str:
    return f"{violation.text} [{violation.rule}]"


def _headline(change: VoucherChange) -> str:
    before, after = change.states
    state = after if before == after else f"{before} → {after}"
    was, now = change.held
    held = f"held {was:,f} → {now:,f} {change.currency}" if was != now else ""
    came = sum(step.sign == "+" for step in change.steps)
    went = sum(step.sign == "-" for step in change.steps)
    events = " ".join(f"{sign}{count}" for sign, count in (("+", came), ("-", went)) if count)
    said = [f"events {events}" if events else "", held]
    said.append(f"{_counted(len(change.terms), 'term')} changed" if _agreed_anew(change) else "")
    return "  ".join([change.id, state, *filter(None, said)])


def _agreed_anew(change: VoucherChange) -> bool:
    """Whether terms were agreed before, and are others now."""
    return bool(change.terms) and change.before is not None and change.after is not None


def details(change: VoucherChange) -> Iterator[Line]:
    """Everything that changes of one voucher."""
    yield Line(_headline(change))
    for name, before, after in change.terms:
        if change.before is None:
            yield Line(f"  {name} {shown(after)}")
        elif change.after is not None:
            yield Line(f"  {name} {shown(before)} → {shown(after)}", "yellow")
    for step in change.steps:
        colour = "green" if step.sign == "+" else "red"
        amount = Money(step.amount, change.currency).grouped
        said = f"  {step.sign} {step.date} {step.kind:<9} {amount}  {where(step.place)}"
        yield Line(said, colour)
    widths = [max((len(each[part]) for each in change.moves), default=0) for part in (0, 1)]
    for book, account, number, currency in change.moves:
        yield Line(f"  {book:<{widths[0]}}  {account:<{widths[1]}}  {number:+,f} {currency}")


def _settings(review: Review) -> list[Line]:
    return [
        Line(f"{subject}: {told(each)}")
        for subject, differences in review.comparison.settings.items()
        for each in differences
    ]


def _totals(review: Review) -> list[Line]:
    totals = review.comparison.totals
    width = max((len(each.account) for each in totals), default=0)
    return [
        Line(
            f"{each.account:<{width}}  {each.before:,f} → {each.after:,f} {each.currency}"
            f"  ({each.after - each.before:+,f})"
        )
        for each in totals
    ]


def _faults(review: Review) -> list[Line]:
    new = [Line(f"new: {_fault(each)}", "red") for each in review.comparison.new]
    return new + [Line(f"mended: {_fault(each)}", "green") for each in review.comparison.mended]


def _fault(fault: Fault) -> str:
    return f"{where(fault.place)}: {fault.message}"


def _commits(review: Review) -> list[Line]:
    return [Line(_commit(each)) for each in review.commits or ()]


def _commit(commit: Commit) -> str:
    said = SIGNATURES.get(commit.signature, commit.signature)
    signed = f"{said} by {commit.signer}" if commit.signer else said
    return f"{commit.short} {commit.date[:10]} {commit.author} <{commit.email}>: {signed}"


# --- Tables for Markdown ----------------------------------------------------------------


def tables(review: Review) -> Iterator[Table]:
    """The verdict, the vouchers and the accounts as tables."""
    yield Table(
        "Not allowed",
        ("where", "rule", "what"),
        [[where(each.place), each.rule, each.text] for each in review.violations],
    )
    yield Table(
        "Excused",
        ("rule", "what", "reason", "by"),
        [
            [each.rule, each.text, str(exception.said["reason"]), str(exception.said["by"])]
            for each, exception in review.excused
        ],
    )
    yield Table(
        "Vouchers",
        ("voucher", "before", "after", "held before", "held after", "currency"),
        [
            [each.id, *each.states, *(f"{held:,f}" for held in each.held), each.currency]
            for each in review.comparison.vouchers
        ],
        ("held before", "held after"),
    )
    yield Table(
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


def more(review: Review) -> Iterator[Line]:
    """What the tables leave out."""
    for change in review.comparison.vouchers:
        yield from details(change)
        yield Line("")
    for title, lines in (
        ("Settings", _settings(review)),
        ("Errors and findings", _faults(review)),
        ("Commits", _commits(review)),
        ("Notes", [Line(note) for note in review.notes]),
    ):
        yield from list(_section(title, lines))[1:]


def fenced(lines: Sequence[str]) -> str:
    """Lines as a code block that nothing in them can end."""
    printed = [printable(line) for line in lines]
    longest = max((len(run) for line in printed for run in re.findall("`+", line)), default=0)
    fence = "`" * max(3, longest + 1)
    return "\n".join([f"{fence}text", *printed, fence])


# --- Data -------------------------------------------------------------------------------


def plain(review: Review) -> dict[str, Any]:
    """The report as JSON has it: amounts and dates as strings, absent values null."""
    comparison = review.comparison
    return {
        "ledger": printable(review.ledger),
        "base": printable(review.span.base.label),
        "head": printable(review.span.head.label),
        "violations": [_plain_violation(each) for each in review.violations],
        "excused": [
            _plain_violation(each)
            | {name: printable(str(exception.said[name])) for name in ("reason", "by")}
            for each, exception in review.excused
        ],
        "vouchers": [_plain_voucher(each) for each in comparison.vouchers],
        "settings": [
            {"subject": subject} | _plain_difference(*each)
            for subject, differences in comparison.settings.items()
            for each in differences
        ],
        "accounts": [_plain_row(each._asdict()) for each in comparison.totals],
        "errors": [
            {"change": change, **_plain_place(each.place), "message": printable(each.message)}
            for change, faults in (("new", comparison.new), ("mended", comparison.mended))
            for each in faults
        ],
        "notes": [printable(note) for note in review.notes],
        "commits": None
        if review.commits is None
        else [plain_commit(each) for each in review.commits],
    }


def _plain_violation(violation: Violation) -> dict[str, Any]:
    rule, subject, place, said = violation
    return {
        "rule": rule,
        "subject": printable(subject),
        "text": printable(said),
        **_plain_place(place),
    }


def _plain_place(place: Place | None) -> dict[str, Any]:
    known = place is not None and place.filename
    return {
        "file": printable(place.filename) if place and known else None,
        "line": place.lineno if place and known else None,
    }


def _plain_voucher(change: VoucherChange) -> dict[str, Any]:
    before, after = change.states
    was, now = change.held
    return {
        "id": change.id,
        "currency": change.currency,
        "before": before,
        "after": after,
        "held_before": f"{was:f}",
        "held_after": f"{now:f}",
        "terms": [_plain_difference(*each) for each in change.terms],
        "events": [
            {
                "change": "added" if step.sign == "+" else "removed",
                "date": str(step.date),
                "event": step.kind,
                "amount": f"{step.amount:f}",
                **_plain_place(step.place),
            }
            for step in change.steps
        ],
        "money": [_plain_row(each._asdict()) for each in change.moves],
    }


def _plain_difference(name: str, before: object, after: object) -> dict[str, Any]:
    values = (None if each is None else printable(shown(each)) for each in (before, after))
    return dict(zip(("name", "before", "after"), (name, *values), strict=True))


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in row.items()
    }


def plain_commit(commit: Commit) -> dict[str, Any]:
    """A commit as JSON has it."""
    return {
        "commit": commit.id or None,
        "author": printable(commit.author),
        "email": printable(commit.email),
        "date": commit.date or None,
        "signature": SIGNATURES.get(commit.signature, commit.signature),
        "signer": printable(commit.signer) or None,
    }


# --- GitHub's annotations ---------------------------------------------------------------


def annotations(review: Review) -> Iterator[str]:
    """Workflow commands, one line each, that mark the lines of a pull request."""
    for violation in review.violations:
        yield _annotation("error", violation, _coded(violation))
    for excused in review.excused:
        yield _annotation("warning", excused.violation, f"excused: {_excused(excused)}")
    for change in review.comparison.vouchers:
        places = [step.place for step in change.steps if step.sign == "+"]
        yield _command("notice", places[-1] if places else None, "voucher", _headline(change))
    for note in review.notes:
        yield _command("notice", None, "review", note)


def _annotation(level: str, violation: Violation, message: str) -> str:
    return _command(level, violation.place, violation.rule, message)


def _command(level: str, place: Place | None, title: str, message: str) -> str:
    """A workflow command: what a ledger says can neither end it nor add to it."""
    properties = [f"title={_property(title)}"]
    if place is not None and place.filename and not place.filename.startswith("<"):
        properties += [f"file={_property(place.filename)}", f"line={max(place.lineno, 1)}"]
    return f"::{level} {','.join(properties)}::{_data(message)}"


def _data(said: str) -> str:
    return printable(said).replace("%", "%25")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")
