"""``list``: the register of all vouchers on a day."""

from __future__ import annotations

import datetime as dt
import re
from contextlib import suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from beancount_voucher.cli.choices import OneOf
from beancount_voucher.cli.complete import parties as complete
from beancount_voucher.cli.console import (
    as_of_option,
    finish,
    format_option,
    open_facts,
)
from beancount_voucher.cli.in_period import happened, period_options, rolled_forward, span_of
from beancount_voucher.cli.language import told
from beancount_voucher.cli.opened import all_of, open_remembered
from beancount_voucher.cli.prose import did_you_mean, meant
from beancount_voucher.cli.tables import for_people, in_format
from beancount_voucher.directives.schema import EVENTS
from beancount_voucher.directives.wording import printable, quoted
from beancount_voucher.ledger.index_store import DamagedError
from beancount_voucher.lifecycle.events import DERIVED, State
from beancount_voucher.views.columns import columns_of, values_of
from beancount_voucher.views.daily import behind
from beancount_voucher.views.period import Span
from beancount_voucher.views.period import rows as period_rows
from beancount_voucher.views.register import REGISTER, RegisterRow, rows
from beancount_voucher.views.remembered import RememberedRow, of_remembered
from beancount_voucher.views.totals import TOTALS, by_state

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from beancount_voucher.cli.opened import Opened
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.views.columns import Column, Face
    from beancount_voucher.views.remembered import Register

_STATES = [state.value for state in State if state is not State.NONE]

_COLUMNS = columns_of(REGISTER, "table")
_SHOWN = 8
"""Names that an error lists."""
_DAYS = {"d": 1, "w": 7}
_OF_AMENDMENTS = [
    column
    for column in columns_of(REGISTER, "data")
    if column in _COLUMNS or column.key in ("amendment", "offered", "consent_due")
]
"""What a person wants to see who looks for consents."""


def _within(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> dt.timedelta | None:
    if value is None:
        return None
    match = re.fullmatch(r"([0-9]{1,4})([dw])", value)
    if match is None:
        raise click.BadParameter("a number of days or weeks, such as 7d or 2w")
    return dt.timedelta(days=int(match[1]) * _DAYS[match[2]])


def _columns(
    _context: click.Context, _option: click.Parameter, value: str | None
) -> list[Column[RegisterRow]] | None:
    if value is None:
        return None
    known = {column.key: column for column in columns_of(REGISTER, "data")}
    names = [name.strip().replace("-", "_") for name in value.split(",")]
    for name in names:
        if name not in known:
            hint = did_you_mean(name, list(known), "--format csv")
            raise click.BadParameter(f"there is no column {quoted(name)}; {hint}")
    return [known[name] for name in dict.fromkeys(names)]


@click.command("list")
@as_of_option
@period_options
@click.option("--state", "states", multiple=True, type=OneOf(_STATES), help="Only in this state.")
@click.option(
    "--party",
    "parties",
    multiple=True,
    metavar="ID",
    shell_complete=complete,
    help="Only of this party.",
)
@click.option("--product", "products", multiple=True, metavar="TEXT", help="Only this product.")
@click.option(
    "--event",
    type=OneOf(sorted({*EVENTS, *DERIVED, "refusal"})),
    help="Only to which this happened in the period, or on the day of --date.",
)
@click.option(
    "--book",
    metavar="ID",
    shell_complete=complete,
    help="Only of which something was posted then in this party's book.",
)
@click.option("--consent-due", is_flag=True, help="Only where an amendment waits for a consent.")
@click.option("--overdue", is_flag=True, help="Only what is overdue.")
@click.option(
    "--due-within",
    metavar="7d",
    callback=_within,
    help="Only what must be accepted or applied for within so many days (7d) or weeks (2w).",
)
@click.option(
    "--columns",
    metavar="NAMES",
    callback=_columns,
    help="Only these columns, in this order: id,state,product,policy; every one of CSV.",
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
    columns: list[Column[RegisterRow]] | None,
    style: str,
    *,
    event: str | None,
    book: str | None,
    first: dt.date | None,
    last: dt.date | None,
    period: Span | None,
    roll_forward: bool,
    overdue: bool,
    consent_due: bool,
) -> None:
    """The register of all vouchers on a day.

    As the books say on the earlier of the day and the ledger's horizon. --state, --party
    and --product may be given more than once; each widens the choice. Below the table stand
    the sums by state and currency: of the premiums (amount), of what is held of them, and
    of what was paid (settled), which is less where a settlement was partial.

    With --from and --to, or --period: what happened in these days, and the vouchers that it
    happened to, as they stand at the end; below, the counts and sums of each currency.
    With --event and --book, only those behind such a posting: of daily postings, those in a
    batch (--event issue --date 2026-03-02 --book LiMing).
    """
    of_events = bool(products) or roll_forward or any((first, last, period, event, book))
    opened = open_remembered(context, all_of if of_events else lambda _known: ())
    ledger = opened.ledger
    _check_known("party", parties, ledger.evaluation.ledger_state.parties)
    if products:
        _check_known("product", products, _products(ledger.evaluation.vouchers.values()))
    _check_known("party", filter(None, [book]), ledger.evaluation.ledger_state.parties)
    is_narrowed = bool(event or book)
    span = span_of(as_of, first, last, period, always=roll_forward, of_a_day=is_narrowed)
    behind_it = behind(ledger, span, event or "", book or "") if span and is_narrowed else None
    day = as_of if span is None else span.last

    def is_chosen(row: RegisterRow | RememberedRow) -> bool:
        return (
            (not states or row.state in states)
            and bool(not parties or set(parties) & set(row.parties))
            and (not products or row.product in products)
            and (row.overdue or not overdue)
            and (bool(row.consent_due) or not consent_due)
            and (due_within is None or _is_due(row, day, due_within))
            and (behind_it is None or row.id in behind_it)
        )

    if span is None:
        chooses = any((states, parties, products, overdue, consent_due, due_within is not None))
        if consent_due and style in ("table", "markdown"):
            columns = columns or _OF_AMENDMENTS
        asked = _Asked(as_of, style, columns, is_chosen if chooses else None)
        text = _of_day(context, opened, asked, remembered=not of_events)
    elif columns is not None:
        raise click.UsageError("--columns is for the register of a day, not for a period")
    else:
        found = [each for each in period_rows(ledger.evaluation, span) if is_chosen(each.row)]
        text = rolled_forward(found, style) if roll_forward else happened(found, style)
    click.echo(text, nl=False)
    finish(ledger)


def _check_known(what: str, wanted: Iterable[str], known: Iterable[str]) -> None:
    """Who misspells a name would take an empty register for the truth."""
    names = sorted(known)
    for each in wanted:
        if each not in names:
            guess = meant(each, names)
            some = ", ".join(map(printable, names[:_SHOWN])) + (", …" if names[_SHOWN:] else "")
            hint = f"did you mean {printable(guess)}?" if guess else f"known: {some or 'none'}"
            raise click.UsageError(f"there is no {what} {quoted(each)} in the ledger; {hint}")


def _products(vouchers: Iterable[Voucher]) -> set[str]:
    """Every product that a voucher has or had: an amendment may have changed it."""
    events = (event for voucher in vouchers for event in voucher.events)
    return {event.fact.terms["product"] for event in events if "product" in event.fact.terms}


def _is_due(row: RegisterRow | RememberedRow, as_of: dt.date, within: dt.timedelta) -> bool:
    deadline = {State.ISSUED: row.accept_by, State.ACCEPTED: row.apply_by}.get(State(row.state))
    return deadline is not None and dt.timedelta(0) <= deadline - as_of <= within


class _Asked(NamedTuple):
    """How somebody wants the register of a day.

    Attributes:
        as_of: the day.
        style: as ``--format`` says.
        columns: those to show; None for those that the format has.
        is_chosen: which rows to show; None for all.
    """

    as_of: dt.date
    style: str
    columns: list[Column[RegisterRow]] | None
    is_chosen: Callable[[RegisterRow | RememberedRow], bool] | None


def _of_day(context: click.Context, opened: Opened, asked: _Asked, *, remembered: bool) -> str:
    """The register, out of the index where that has it."""
    ledger = opened.ledger
    if remembered:
        with suppress(DamagedError):
            found = opened.register(asked.as_of)
            if found is not None:
                return _out_of_index(found, asked)
        ledger = ledger if opened.recalled is None else open_facts(context)
    chosen = list(filter(asked.is_chosen or bool, rows(ledger.evaluation, asked.as_of)))
    return _register(chosen, asked.style, asked.columns)


def _out_of_index(found: Register, asked: _Asked) -> str:
    if asked.style == "csv" and asked.columns is None and asked.is_chosen is None:
        return found.as_csv()
    chosen = list(filter(asked.is_chosen or bool, found.rows()))
    face: Face = "data" if asked.style in ("json", "csv") else "table"
    columns = asked.columns or columns_of(REGISTER, face)
    return _register(chosen, asked.style, list(map(of_remembered, columns)))


def _register(chosen: Sequence[Any], style: str, columns: list[Column[Any]] | None) -> str:
    if style in ("json", "csv"):
        columns = columns or columns_of(REGISTER, "data")
        keys = [column.key for column in columns]
        return in_format(style, keys, values_of(columns, chosen), ())
    return register_table(chosen, style, columns or _COLUMNS) + "\n"


def register_table(
    chosen: Sequence[Any],
    style: str = "table",
    columns: Sequence[Column[Any]] = _COLUMNS,
) -> str:
    """The register for a person, with the sums by state and currency below."""
    if not chosen:
        return told("No vouchers.")
    totals = for_people(style, TOTALS, by_state(chosen)).rstrip("\n")
    return "\n".join((for_people(style, columns, chosen), totals))
