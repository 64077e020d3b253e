"""``show``: one voucher, its events with their postings, and what may come next."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from beancount_voucher.cli import language
from beancount_voucher.cli.complete import voucher_ids
from beancount_voucher.cli.console import Exit, as_of_option, finish, from_here, stop
from beancount_voucher.cli.opened import open_remembered
from beancount_voucher.cli.waiting import told
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.wording import printable
from beancount_voucher.views.instrument import OPEN
from beancount_voucher.views.voucher import VoucherReport
from beancount_voucher.views.voucher_entries import entries_of

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.views.instrument import Amendment, Draw, Month
    from beancount_voucher.views.voucher import TimelineRow


@click.command()
@click.argument("voucher_id", metavar="ID", shell_complete=voucher_ids)
@as_of_option
@click.pass_context
def show(context: click.Context, voucher_id: str, as_of: dt.date) -> None:
    """One voucher: terms, events and what is next.

    Terms, each event with file, line and postings, each condition with its verdict, and
    what may come next; or, if the ledger has gone on since the day, what came.
    """
    ledger = open_remembered(context, lambda _known: [voucher_id]).ledger
    voucher = ledger.evaluation.vouchers.get(voucher_id)
    if voucher is None:
        stop(f"{voucher_id}: there is no such voucher [not-found]", Exit.FINDINGS)
    entries = entries_of(ledger, voucher)
    for line in _shown(VoucherReport(ledger, voucher, entries, as_of)):
        click.echo(from_here(language.told(line) if line[:1] != " " else line))
    finish(ledger)


def _shown(report: VoucherReport) -> Iterator[str]:
    as_of, later = report.as_of, report.later
    yield from _standing(report)
    yield "\nEvents"
    yield from _timeline(report.timeline)
    yield from _amendments(report.amendments)
    yield from _draws(report.draws)
    yield from _months(report.months)
    yield from _refused(report.refused)
    yield from _conditions(report)
    if later:
        yield f"\nLater than {as_of}"
        yield from _timeline(later)
    else:
        yield f"\nNext, on {as_of}"
        yield from _next(report)


def _standing(report: VoucherReport) -> Iterator[str]:
    voucher, status = report.voucher, report.status
    when = f" on {report.as_of}" if report.later else ""
    yield f"{voucher.id} is {status.state}{when}: {report.premium.grouped}"
    width = max(len(key) for key, _ in report.terms)
    for key, value in report.terms:
        yield f"  {language.told(key):{width}}  {printable(value)}"
    amounts = [("held", status.held), ("settled", status.settled)]
    amounts += [("released", status.released), report.recognised]
    if status.numbered:
        amounts += [("offered", status.offered)]
    if status.refunded or status.kept:
        amounts += [("refunded", status.refunded), ("kept", status.kept)]
    if status.earned:
        amounts += [("earned", status.earned)]
    currency = voucher.amount.currency
    if report.late is not None:
        yield language.told(f"  overdue since {report.late.since}: {report.late.text}")
    if report.waiting is not None:
        yield f"  {printable(language.told(told(report.waiting)))}"
    yield "".join(
        f"  {language.word(name)} {Money(number, currency).grouped}" for name, number in amounts
    )


def _timeline(rows: Iterable[TimelineRow]) -> Iterator[str]:
    for row in rows:
        place = f"{row.place.filename}:{row.place.lineno}"
        yield f"  {row.date} {language.word(row.kind):9} {place}{_details(row)}"
        lines = [
            (book.party, posting.account, f"{posting.units}")
            for book in row.books
            if book.transaction is not None
            for posting in book.transaction.postings
        ]
        widths = [max((len(line[column]) for line in lines), default=0) for column in range(3)]
        for party, account, units in lines:
            yield f"    {party:{widths[0]}}  {account:{widths[1]}}  {units:>{widths[2]}}"


def _details(row: TimelineRow) -> str:
    """What an event says, but for the premium, which stands above all of them."""
    texts = [f"{key} {text}" for key, text in row.said]
    if row.struck is not None:
        texts.insert(0, language.told(f"struck on {row.struck}"))
    if row.message is not None and not row.derived:
        texts.append(f"message {row.message}")
    if row.amount is not None and row.kind not in ("request", "issue"):
        texts.insert(0, row.amount.grouped)
    return "".join(f"  {printable(text)}" for text in texts)


def _amendments(found: Sequence[Amendment]) -> Iterator[str]:
    if found:
        yield "\nAmendments"
    for each in found:
        since = "" if each.decided is None else f" since {each.decided}"
        reason = "" if each.reason is None else f": {printable(each.reason)}"
        place = f"{each.place.filename}:{each.place.lineno}"
        yield f"  {each.number} {each.outcome}{since}  {place}"
        yield f"    requested by {each.requested_by} on {each.offered}{reason}"
        for key, old, new in each.changes:
            yield f"    {key}: {printable(old or 'not set')} -> {printable(new or 'not set')}"
        for party, since_day, consented in each.asked:
            if consented is not None:
                yield f"    consent of {party} on {consented}"
            elif each.outcome == OPEN:
                yield f"    consent of {party} is due since {since_day}"


def _draws(found: Sequence[Draw]) -> Iterator[str]:
    if found:
        yield "\nDraws"
    for each in found:
        place = f"{each.place.filename}:{each.place.lineno}"
        paid = "" if each.paid is None else f" {each.paid.grouped}"
        at = (
            ""
            if each.decided_at is None
            else f"  {each.decided_at.filename}:{each.decided_at.lineno}"
        )
        decided = "" if each.decided is None else f" on {each.decided}{paid}{at}"
        yield f"  {each.number} applied for on {each.applied} {each.amount.grouped}  {place}"
        yield f"    {each.outcome}{decided}"


def _months(months: Sequence[Month]) -> Iterator[str]:
    if not months:
        return
    heading = ("opening", "added", "earned", "refunded", "closing")
    rows = [
        (f"{each.ends:%Y-%m}", *(f"{number:,f}" for number in (*each[1:], each.closing)))
        for each in months
    ]
    widths = [max(map(len, column)) for column in zip(("", *heading), *rows, strict=True)]
    yield "\nUnearned premium, by month"
    for row in (("", *heading), *rows):
        cells = (f"{cell:>{width}}" for cell, width in zip(row, widths, strict=True))
        yield "  " + "  ".join(cells)


def _refused(rows: Sequence[TimelineRow]) -> Iterator[str]:
    if rows:
        yield "\nRefused"
    for row in rows:
        yield f"  {row.place.filename}:{row.place.lineno}: {language.told(row.error or '')}"


def _conditions(report: VoucherReport) -> Iterator[str]:
    conditions = report.conditions
    if conditions is None:
        return
    yield f"\nConditions on {report.judged}"
    for each in conditions:
        reason = language.told(printable(each.reason))
        yield f"  {language.word(each.word):8} {language.told(each.key)}: {reason}"
    if not conditions:
        yield language.told("  none are set")


def _next(report: VoucherReport) -> Iterator[str]:
    steps = report.next_steps
    for name, problem in steps:
        step = " ".join(map(language.word, name.split()))
        if problem is None:
            yield f"  {step}"
        else:
            barred = language.told(f"not {step}")
            yield f"  {barred}: {language.told(problem.message)}"
    if not steps:
        yield language.told(f"  nothing: {report.voucher.status.state} is final")
