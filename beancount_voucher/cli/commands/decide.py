"""``settle``, ``void`` and ``run``: judge, and print or write the decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from beancount_voucher.cli import complete
from beancount_voucher.cli.days import DAY, today
from beancount_voucher.cli.deliver import Proposal, deliver, output_options, recorded_already
from beancount_voucher.cli.gathered import gathered
from beancount_voucher.cli.heard import heard_in
from beancount_voucher.cli.opened import decided_of, open_remembered, open_to_write
from beancount_voucher.cli.papers import beside, document_option, missing, note_option
from beancount_voucher.cli.waiting import what_waits
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.schema import VOID_REASONS
from beancount_voucher.directives.wording import quoted
from beancount_voucher.ledger.broken_directives import undecidable
from beancount_voucher.lifecycle.closed_periods import barred, first_open_day, is_closed
from beancount_voucher.lifecycle.decisions import Decision, Decisions
from beancount_voucher.lifecycle.due import Due, all_due
from beancount_voucher.lifecycle.events import VoucherEvent

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Sequence

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.cli.gathered import Command
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.ledger.loader import Ledger


def _who(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise click.BadParameter("say who, or leave it out")
    return value


class Judged(NamedTuple):
    """How somebody wants it decided.

    Attributes:
        as_of: the day to judge by.
        by: who decides.
        date: the directive's own day, where it is not to follow from the rest.
        said: a note and a document.
    """

    as_of: dt.date
    by: str | None = None
    date: dt.date | None = None
    said: Mapping[str, Value] = MappingProxyType({})


def _judging_options(command: Command) -> Command:
    """``--as-of``, ``--by``, ``--note`` and ``--document``, as one argument ``judged``."""

    def gather(told: dict[str, Any]) -> dict[str, Any]:
        date = told.pop("date", None)
        judging = told.pop("as_of") or date or today()
        said = beside(told.pop("note"), told.pop("document"))
        return {"judged": Judged(judging, told.pop("by"), date, said)}

    options = (
        click.option(
            "--format",
            "style",
            type=click.Choice(["text", "json"]),
            default="text",
            show_default=True,
            help="Directives for a ledger, or the decisions as data.",
        ),
        document_option(),
        note_option(),
        click.option("--by", metavar="WHO", callback=_who, help="Who decides; recorded as by."),
        click.option(
            "--as-of",
            type=DAY,
            metavar="DATE",
            help="The day to judge by (2026-03-31, yesterday, -7d); today if left out.",
        ),
    )
    return gathered(output_options(command), gather, options)


_date_option = click.option(
    "--date",
    type=DAY,
    metavar="DATE",
    help="The directive's own day, where it is not to follow from --as-of; goes with IDs. "
    "Without --as-of it is also the day to judge by.",
)


@click.command()
@click.argument("voucher_ids", nargs=-1, metavar="[ID]...", shell_complete=complete.voucher_ids)
@click.option("--due", is_flag=True, help="Every settlement that is due.")
@click.option(
    "--amount",
    metavar="AMOUNT",
    help='Less than was applied for ("3000.00 CNY"); the rest is released.',
)
@_date_option
@_judging_options
@click.pass_context
def settle(
    context: click.Context,
    voucher_ids: tuple[str, ...],
    amount: str | None,
    judged: Judged,
    output: Output,
    *,
    due: bool,
) -> None:
    """Judge vouchers, and print what settles them.

    Name vouchers, or ask for all that are --due. What cannot be settled is refused with
    the reason, and the exit status is 1; with --write or -o it is 3, and nothing is
    written.
    """
    _check_ids(voucher_ids, judged, due=due)
    if amount is not None and len(voucher_ids) != 1:
        raise click.UsageError("--amount goes with one ID")
    money = None if amount is None else _money(amount)

    def propose(ledger: Ledger) -> Proposal:
        if due:
            return _due_proposal(ledger, judged, output, "settle")
        judge = decisions_in(ledger, judged)
        decided = [_settled(judge, each, money) for each in dict.fromkeys(voucher_ids)]
        return _proposal(ledger, judged, output, decided)

    deliver(_opened(context, voucher_ids, judged, output), propose, output)


@click.command()
@click.argument("voucher_ids", nargs=-1, metavar="[ID]...", shell_complete=complete.voucher_ids)
@click.option("--due", is_flag=True, help="Everything that is late, unmet or returned.")
@click.option("--reason", type=click.Choice(VOID_REASONS), help="Why; goes with IDs.")
@_date_option
@_judging_options
@click.pass_context
def void(
    context: click.Context,
    voucher_ids: tuple[str, ...],
    reason: str | None,
    judged: Judged,
    output: Output,
    *,
    due: bool,
) -> None:
    """Judge vouchers, and print what voids them.

    Name vouchers and a reason, or ask for all that are --due. What cannot be voided is
    refused with the reason, and the exit status is 1; with --write or -o it is 3, and nothing is
    written.
    """
    _check_ids(voucher_ids, judged, due=due)
    if (reason is None) is not due:
        raise click.UsageError("--reason goes with IDs, and IDs with a --reason")

    def propose(ledger: Ledger) -> Proposal:
        if reason is None:
            return _due_proposal(ledger, judged, output, "void", "release", "recall")
        judge = decisions_in(ledger, judged)
        decided = [_voided(judge, each, reason) for each in dict.fromkeys(voucher_ids)]
        return _proposal(ledger, judged, output, decided)

    deliver(_opened(context, voucher_ids, judged, output), propose, output)


@click.command()
@_judging_options
@click.pass_context
def run(context: click.Context, judged: Judged, output: Output) -> None:
    """Decide everything that is due as of a day.

    Settles what is applied for and met; voids what is late, unmet or returned. What is due
    and cannot be decided (a directive is broken, the money is not there) is refused with the
    reason; the rest is decided all the same. The exit status is 1 then, with --write 3. What
    is applied for and cannot be decided yet is told with what it waits for, and until when.
    """

    def propose(ledger: Ledger) -> Proposal:
        proposal = _due_proposal(ledger, judged, output, *DECISIONS)
        waits = [*what_waits(ledger.evaluation, judged.as_of), *_unheard(ledger, judged)]
        return replace(proposal, waiting=waits)

    deliver(_opened(context, (), judged, output), propose, output)


def _opened(
    context: click.Context, voucher_ids: Sequence[str], judged: Judged, output: Output
) -> Ledger:
    about = decided_of(voucher_ids, judged.as_of)
    if output.write:
        return open_to_write(context, about)
    return open_remembered(context, about).ledger


def _unheard(ledger: Ledger, judged: Judged) -> Iterator[str]:
    """What is late, and may have been said in time."""
    for voucher_id, acceptor, deadline, day in decisions_in(ledger, judged).unheard():
        yield (
            f"{voucher_id}: late since {deadline}, and {acceptor} was not heard beyond that day; "
            f"it is waited for until {day}"
        )


def _check_ids(voucher_ids: Sequence[str], judged: Judged, *, due: bool) -> None:
    if bool(voucher_ids) is due:
        raise click.UsageError("name either IDs or --due")
    if due and judged.date is not None:
        raise click.UsageError("--date goes with IDs; --as-of is the day to judge by")


def _money(text: str) -> Money:
    money = money_of(text)
    if money is None:
        raise click.UsageError(f'--amount is an amount such as "3000.00 CNY", not {quoted(text)}')
    return money


def _settled(
    decisions: Decisions, voucher_id: str, amount: Money | None
) -> Decision | Problem | VoucherEvent:
    """A settlement, why not, or that of before."""
    return decisions.decided("settle", voucher_id, amount, {}) or decisions.settle(
        voucher_id, amount
    )


def _voided(
    decisions: Decisions, voucher_id: str, reason: str
) -> Decision | Problem | VoucherEvent:
    """A void, why not, or that of before."""
    terms: dict[str, Value] = {"reason": reason}
    return decisions.decided("void", voucher_id, None, terms) or decisions.void(voucher_id, reason)


# --- What is proposed -------------------------------------------------------------------


DECISIONS = ("settle", "void", "release", "recall")
"""What ``run`` decides."""


class Unfunded(Mapping[str, Problem]):
    """The vouchers whose money is not there; looked for once somebody asks about any."""

    def __init__(self, ledger: Ledger, as_of: dt.date) -> None:
        """Take where to look, and for which day."""
        self._ledger, self._as_of = ledger, as_of

    @cached_property
    def _found(self) -> dict[str, Problem]:
        return self._ledger.unfunded(self._as_of)

    def __getitem__(self, voucher: str) -> Problem:
        """Why the money of a voucher is not there."""
        return self._found[voucher]

    def __iter__(self) -> Iterator[str]:
        """The vouchers."""
        return iter(self._found)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._found)


def decisions_in(ledger: Ledger, judged: Judged) -> Decisions:
    """Who decides about the vouchers of a ledger, and about which nobody can."""
    return Decisions(
        ledger.evaluation,
        judged.as_of,
        judged.by,
        undecidable(ledger),
        Unfunded(ledger, judged.as_of),
        date=judged.date,
        heard=heard_in(ledger),
    )


def due_in(ledger: Ledger, judged: Judged, *kinds: str) -> Due:
    """What is due in a ledger."""
    return all_due(decisions_in(ledger, judged), ledger.with_facts, kinds)


def _due_proposal(ledger: Ledger, judged: Judged, output: Output, *kinds: str) -> Proposal:
    due = due_in(ledger, judged, *kinds)
    proposal = _proposal(ledger, judged, output, due.decisions)
    return replace(proposal, left=[each.message for each in due.barred])


def _proposal(
    ledger: Ledger,
    judged: Judged,
    output: Output,
    decided: Sequence[Decision | Problem | VoucherEvent],
) -> Proposal:
    file = output.file if output.write else None
    all_of = [replace(each, said=judged.said) for each in decided if isinstance(each, Decision)]
    closed = [each for each in all_of if _is_barred(ledger, judged, each)]
    decisions = [each for each in all_of if each not in closed]
    refused = [each.message for each in decided if isinstance(each, Problem)]
    return Proposal(
        drafts=decisions,
        refused=[*refused, *(_barred(ledger, each) for each in closed)],
        explained=[explained(decision) for decision in decisions],
        data=[_data(decision) for decision in decisions],
        already=[recorded_already(each.fact) for each in decided if isinstance(each, VoucherEvent)],
        warned=[text for each in decisions for text in missing(ledger, each.fact, each.said, file)],
    )


def _is_barred(ledger: Ledger, judged: Judged, decision: Decision) -> bool:
    """Whether somebody names a day for it that is in a closed period."""
    fact = decision.fact
    return judged.date is not None and is_closed(fact.kind, fact.date, ledger.evaluation.closed)


def _barred(ledger: Ledger, decision: Decision) -> str:
    fact, closed = decision.fact, ledger.evaluation.closed
    assert closed is not None
    return barred(
        fact,
        closed,
        f"--as-of {fact.date} without --date, which dates it on {first_open_day(closed)} "
        "and keeps that day as note-effective",
    )


def _data(decision: Decision) -> dict[str, str | None]:
    """A decision as JSON has it: dates as ISO strings, amounts as strings."""
    fact = decision.fact
    return {
        "voucher": fact.ids[0],
        "decision": fact.kind,
        "reason": fact.terms.get("reason"),
        "date": str(fact.date),
        "effective": str(decision.effective),
        "amount": None if fact.amount is None else f"{fact.amount.number:f}",
        "currency": None if fact.amount is None else fact.amount.currency,
        "by": fact.terms.get("by"),
        "because": decision.because,
    }


def explained(decision: Decision) -> str:
    """A decision and why, in one line."""
    fact = decision.fact
    giving_back = fact.kind in ("void", "recall")
    done = f"{fact.kind} ({fact.terms['reason']})" if giving_back else fact.kind
    decided = f"{done} on {fact.date}: {decision.because}"
    return f"{fact.ids[0]}: {decided}"
