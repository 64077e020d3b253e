"""``show``: one voucher, its events with their postings, and what may come next."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import click
from beancount.core.data import Custom, Transaction

from beancount_voucher.cli.complete import voucher_ids
from beancount_voucher.cli.console import Exit, as_of_option, finish, open_ledger, stop
from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import SAID_OF_EVENTS
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.directives.wording import printable
from beancount_voucher.lifecycle.decisions import next_steps
from beancount_voucher.lifecycle.verdicts import verdicts
from beancount_voucher.views.register import terms

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher, VoucherEvent


@click.command()
@click.argument("voucher_id", metavar="ID", shell_complete=voucher_ids)
@as_of_option
@click.pass_context
def show(context: click.Context, voucher_id: str, as_of: dt.date) -> None:
    """One voucher: terms, events and what is next.

    Terms, each event with file, line and postings, each condition with its verdict, and
    what may come next; or, if the ledger has gone on since the day, what came.
    """
    ledger = open_ledger(context)
    voucher = ledger.evaluation.vouchers.get(voucher_id)
    if voucher is None:
        stop(f"{voucher_id}: there is no such voucher [not-found]", Exit.FINDINGS)
    for line in _shown(ledger, voucher, as_of):
        click.echo(line)
    finish(ledger)


def _shown(ledger: Ledger, voucher: Voucher, as_of: dt.date) -> Iterator[str]:
    status = voucher.as_of(as_of)
    seen = list(voucher.until(as_of))
    later = voucher.events[len(seen) :]
    currency = voucher.amount.currency
    when = f" on {as_of}" if later else ""
    yield f"{voucher.id} is {status.state}{when}: {voucher.amount.grouped}"
    said = list(terms(ledger.evaluation, voucher, status))
    width = max(len(key) for key, _ in said)
    for key, value in said:
        yield f"  {key:{width}}  {printable(value)}"
    amounts = [("held", status.held), ("settled", status.settled)]
    amounts += [("released", status.released), ("recognised", status.recognised)]
    yield "".join(f"  {name} {Money(number, currency).grouped}" for name, number in amounts)
    yield "\nEvents"
    yield from _timeline(ledger, voucher, seen)
    yield from _refused_events(ledger, voucher)
    if voucher.terms is not None and status.issued is not None:
        date = as_of if status.closed is None else status.closed
        yield f"\nConditions on {date}"
        judged = verdicts(ledger.evaluation.ledger_state, voucher.terms, status, date)
        for key, verdict in judged.items():
            yield f"  {verdict.outcome:8} {key}: {printable(verdict.reason)}"
        if not judged:
            yield "  none are set"
    if later:
        yield f"\nLater than {as_of}"
        yield from _timeline(ledger, voucher, later)
    else:
        yield f"\nNext, on {as_of}"
        yield from _next(ledger, voucher, as_of)


def _timeline(ledger: Ledger, voucher: Voucher, events: Sequence[VoucherEvent]) -> Iterator[str]:
    postings: dict[tuple[dt.date, str], list[Transaction]] = defaultdict(list)
    for entry in ledger.entries:
        if not isinstance(entry, Transaction) or SEEN not in entry.meta:
            continue
        if entry.meta.get("voucher") == voucher.id:
            postings[entry.date, entry.meta["voucher-event"]].append(entry)
    for event in events:
        place, details = event.place, _details(event, voucher.amount.currency)
        yield f"  {event.date} {event.kind:9} {place.filename}:{place.lineno}{details}"
        entries = postings[event.date, event.kind]
        lines = [
            (entry.meta["voucher-book"], posting.account, f"{posting.units}")
            for entry in entries
            for posting in entry.postings
        ]
        widths = [max((len(line[column]) for line in lines), default=0) for column in range(3)]
        for book, account, units in lines:
            yield f"    {book:{widths[0]}}  {account:{widths[1]}}  {units:>{widths[2]}}"


def _details(event: VoucherEvent, currency: str) -> str:
    said = [f"{key} {event.fact.terms[key]}" for key in SAID_OF_EVENTS if key in event.fact.terms]
    if event.kind in ("apply", "settle"):
        said.insert(0, Money(event.amount, currency).grouped)
    return "".join(f"  {printable(text)}" for text in said)


def _refused_events(ledger: Ledger, voucher: Voucher) -> Iterator[str]:
    refused = [
        problem
        for problem in ledger.evaluation.problems
        if isinstance(problem.entry, Custom) and voucher_named(problem.entry) == voucher.id
    ]
    if refused:
        yield "\nRefused"
    for problem in refused:
        yield f"  {problem.place.filename}:{problem.place.lineno}: {problem.message}"


def _next(ledger: Ledger, voucher: Voucher, as_of: dt.date) -> Iterator[str]:
    steps = list(next_steps(ledger.evaluation, voucher, as_of))
    for name, problem in steps:
        yield f"  {name}" if problem is None else f"  not {name}: {problem.message}"
    if not steps:
        yield f"  nothing: {voucher.status.state} is final"
