"""``list`` and ``show``."""

from __future__ import annotations

import datetime as dt
import re
from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import click
from beancount.core.data import Custom, Transaction

from beancount_voucher.cli.console import (
    Exit,
    as_of_option,
    finish,
    format_option,
    open_ledger,
    stop,
)
from beancount_voucher.cli.complete import parties as complete
from beancount_voucher.cli.complete import voucher_ids
from beancount_voucher.cli.tables import in_format
from beancount_voucher.directives.schema import SAID_OF_EVENTS
from beancount_voucher.directives.facts import voucher_named
from beancount_voucher.lifecycle.guards import verdicts
from beancount_voucher.lifecycle.decisions import next_steps
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.source_lines import SEEN
from beancount_voucher.directives.errors import printable
from beancount_voucher.views.register import RegisterRow, rows, terms
from beancount_voucher.lifecycle.vouchers import State

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import VoucherEvent, Voucher

_STATES = [state.value for state in State if state is not State.NONE]

# The columns of the table; CSV and JSON have every field of the register's row.
_COLUMNS = (
    "id",
    "state",
    "amount",
    "held",
    "settled",
    "currency",
    "funding",
    "policyholder",
    "insurer",
    "issued",
    "accept_by",
    "apply_by",
    "closed",
    "reason",
    "overdue",
)
_AMOUNTS = ("amount", "held", "settled")
_DAYS = {"d": 1, "w": 7}


def _within(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> dt.timedelta | None:
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,4})([dw])", value)
    if match is None:
        raise click.BadParameter("a number of days or weeks, such as 7d or 2w")
    return dt.timedelta(days=int(match[1]) * _DAYS[match[2]])


@click.command("list")
@as_of_option
@click.option(
    "--state", "states", multiple=True, type=click.Choice(_STATES), help="Only in this state."
)
@click.option(
    "--party",
    "parties",
    multiple=True,
    metavar="ID",
    shell_complete=complete,
    help="Only of this party.",
)
@click.option("--product", "products", multiple=True, metavar="TEXT", help="Only this product.")
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@click.option(
    "--due-within",
    metavar="7d",
    callback=_within,
    help="Only what must be accepted or applied for within so many days (7d) or weeks (2w).",
)
@format_option
@click.pass_context
def list_vouchers(
    context: click.Context,
    as_of: dt.date,
    states: tuple[str, ...],
    parties: tuple[str, ...],
    products: tuple[str, ...],
    due_within: dt.timedelta | None,
    style: str,
    *,
    overdue: bool,
) -> None:
    """The register of all vouchers on a day.

    As the books say on the earlier of the day and the ledger's horizon. --state, --party
    and --product may be given more than once; each widens the choice. Below the table stand
    the sums by state and currency: of the premiums (amount), of what is held of them, and
    of what was paid (settled), which is less where a settlement was partial.
    """
    ledger = open_ledger(context)
    chosen = [
        row
        for row in rows(ledger.evaluation, as_of)
        if (not states or row.state in states)
        and (not parties or set(parties) & set(row.parties))
        and (not products or row.product in products)
        and (row.overdue or not overdue)
        and (due_within is None or _is_due(row, as_of, due_within))
    ]
    click.echo(_register(chosen, style), nl=False)
    finish(ledger)


def _is_due(row: RegisterRow, as_of: dt.date, within: dt.timedelta) -> bool:
    deadline = {State.ISSUED: row.accept_by, State.ACCEPTED: row.apply_by}.get(State(row.state))
    return deadline is not None and dt.timedelta(0) <= deadline - as_of <= within


def _register(chosen: Sequence[RegisterRow], style: str) -> str:
    if style in ("json", "csv"):
        return in_format(style, RegisterRow._fields, chosen, ())
    return register_table(chosen, style) + "\n"


def register_table(chosen: Sequence[RegisterRow], style: str = "table") -> str:
    """The register for a person, with the sums by state and currency below."""
    if not chosen:
        return "No vouchers."
    headers = [column.replace("_", "-") for column in _COLUMNS]
    cells = [[getattr(row, column) for column in _COLUMNS] for row in chosen]
    summed = ["state", "currency", "vouchers", *_AMOUNTS]
    return "\n".join(
        (
            in_format(style, headers, cells, _AMOUNTS),
            in_format(style, summed, _totals(chosen), summed[2:]).rstrip("\n"),
        )
    )


def _totals(chosen: Iterable[RegisterRow]) -> list[list[Any]]:
    """By state and currency: how many vouchers, and the sum of each amount.

    What was paid stands beside the premiums: after a partial settlement they differ.
    """
    groups: dict[tuple[str, str], list[RegisterRow]] = defaultdict(list)
    for row in chosen:
        groups[row.state, row.currency].append(row)
    return [
        [*key, len(groups[key]), *(_sum(groups[key], column) for column in _AMOUNTS)]
        for key in sorted(groups, key=lambda key: (_STATES.index(key[0]), key[1]))
    ]


def _sum(chosen: Iterable[RegisterRow], column: str) -> Decimal:
    return sum((getattr(row, column) for row in chosen), Decimal(0))


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
    standing = voucher.as_of(as_of)
    seen = list(voucher.until(as_of))
    later = voucher.events[len(seen) :]
    currency = voucher.amount.currency
    when = f" on {as_of}" if later else ""
    yield f"{voucher.id} is {standing.state}{when}: {voucher.amount.grouped}"
    said = list(terms(ledger.evaluation, voucher, standing))
    width = max(len(key) for key, _ in said)
    for key, value in said:
        yield f"  {key:{width}}  {printable(value)}"
    amounts = [("held", standing.held), ("settled", standing.settled)]
    amounts += [("released", standing.released), ("recognised", standing.recognised)]
    yield "".join(f"  {name} {Money(number, currency).grouped}" for name, number in amounts)
    yield "\nEvents"
    yield from _timeline(ledger, voucher, seen)
    yield from _refused_events(ledger, voucher)
    if voucher.terms is not None and standing.issued is not None:
        date = as_of if standing.closed is None else standing.closed
        yield f"\nConditions on {date}"
        judged = verdicts(ledger.evaluation.world, voucher.terms, standing, date)
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
        yield f"  nothing: {voucher.standing.state} is final"
