"""``settle``, ``void`` and ``run``: judge, and print or write the decisions."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.common import Exit, as_of_option, finish, open_ledger, say, stop
from beancount_voucher.directives import REASONS
from beancount_voucher.judging import Decision, Judge, all_due
from beancount_voucher.ledger import LedgerError
from beancount_voucher.money import Money
from beancount_voucher.problems import Problem, quoted
from beancount_voucher.trial import Refusal, directives, tried
from beancount_voucher.writing import WriteRefusedError, write_new

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Sequence
    from typing import Any, TypeVar

    from beancount_voucher.ledger import Ledger

    _Command = TypeVar("_Command", bound=Callable[..., Any])


def _who(_context: click.Context, _option: click.Parameter, value: str | None) -> str | None:
    if value == "":
        raise click.BadParameter("say who, or leave it out")
    return value


def _output_options(command: _Command) -> _Command:
    command = click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write to this new file instead of stdout.",
    )(command)
    return click.option("--by", metavar="WHO", callback=_who, help="Who decides; recorded as by.")(
        command
    )


@click.command()
@click.argument("voucher_ids", nargs=-1, metavar="[ID]...")
@click.option("--due", is_flag=True, help="Every settlement that is due.")
@click.option(
    "--amount",
    metavar="AMOUNT",
    help='Less than was applied for ("3000.00 CNY"); the rest is released.',
)
@as_of_option
@_output_options
@click.pass_context
def settle(
    context: click.Context,
    voucher_ids: tuple[str, ...],
    amount: str | None,
    as_of: dt.date,
    by: str | None,
    output: Path | None,
    *,
    due: bool,
) -> None:
    """Judge vouchers, and print what settles them.

    Name vouchers, or ask for all that are --due. What cannot be settled is refused with
    the reason, and the exit status is 1.
    """
    _one_of("IDs", voucher_ids, "--due", due)
    if amount is not None and len(voucher_ids) != 1:
        raise click.UsageError("--amount goes with one ID")
    money = None if amount is None else _money(amount)
    ledger = open_ledger(context)
    judge = Judge(ledger.evaluation, as_of, by)
    if due:
        decided: list[Decision | Problem] = [*due_in(ledger, as_of, by, "settle")]
    else:
        decided = [judge.settle(voucher_id, money) for voucher_id in dict.fromkeys(voucher_ids)]
    _conclude(ledger, decided, output)


@click.command()
@click.argument("voucher_ids", nargs=-1, metavar="[ID]...")
@click.option("--due", is_flag=True, help="Everything that is late, unmet or returned.")
@click.option("--reason", type=click.Choice(REASONS), help="Why; goes with IDs.")
@as_of_option
@_output_options
@click.pass_context
def void(
    context: click.Context,
    voucher_ids: tuple[str, ...],
    reason: str | None,
    as_of: dt.date,
    by: str | None,
    output: Path | None,
    *,
    due: bool,
) -> None:
    """Judge vouchers, and print what voids them.

    Name vouchers and a reason, or ask for all that are --due. What cannot be voided is
    refused with the reason, and the exit status is 1.
    """
    _one_of("IDs", voucher_ids, "--due", due)
    if (reason is None) is not due:
        raise click.UsageError("--reason goes with IDs, and IDs with a --reason")
    ledger = open_ledger(context)
    judge = Judge(ledger.evaluation, as_of, by)
    decided: list[Decision | Problem]
    if reason is None:
        decided = [*due_in(ledger, as_of, by, "void")]
    else:
        decided = [judge.void(voucher_id, reason) for voucher_id in dict.fromkeys(voucher_ids)]
    _conclude(ledger, decided, output)


@click.command()
@as_of_option
@_output_options
@click.pass_context
def run(context: click.Context, as_of: dt.date, by: str | None, output: Path | None) -> None:
    """Decide everything that is due as of a day.

    Settles what is applied for and met; voids what is late, unmet or returned.
    """
    ledger = open_ledger(context)
    _conclude(ledger, due_in(ledger, as_of, by, "settle", "void"), output)


def _one_of(first: str, one: object, second: str, other: object) -> None:
    if bool(one) is bool(other):
        raise click.UsageError(f"name either {first} or {second}")


_MONEY = re.compile(r"([0-9]+(?:\.[0-9]+)?) ([A-Z][A-Z0-9'._-]*)")


def _money(text: str) -> Money:
    match = _MONEY.fullmatch(text)
    if match is None:
        raise click.UsageError(f'--amount is an amount such as "3000.00 CNY", not {quoted(text)}')
    return Money(Decimal(match[1]), match[2])


# --- What is printed, written, refused --------------------------------------------------


def due_in(ledger: Ledger, as_of: dt.date, by: str | None, *kinds: str) -> list[Decision]:
    """What is due in a ledger."""
    return all_due(ledger.evaluation, ledger.with_facts, as_of, by, kinds)


def _conclude(ledger: Ledger, decided: Sequence[Decision | Problem], output: Path | None) -> None:
    refused = [f"refused: {each.message}" for each in decided if isinstance(each, Problem)]
    decisions, refusals = on_trial(ledger, [d for d in decided if isinstance(d, Decision)])
    barred = [f"refused: {', '.join(each.vouchers)}: {each.message}" for each in refusals]
    for message in refused + barred:
        say(message)
    for decision in decisions:
        say(explained(decision))
    for message in mended(ledger, decisions):
        say(message)
    text = directives(decisions)
    if barred and output is not None:
        stop(f"{output} would bring the ledger new errors; nothing was written", Exit.REFUSED)
    if not text:
        say("Nothing to write.")
    elif output is None:
        click.echo(text, nl=False)
    else:
        write(output, text)
    finish(ledger, refused=bool(refused or barred))


def on_trial(ledger: Ledger, decisions: Sequence[Decision]) -> tuple[list[Decision], list[Refusal]]:
    """The decisions that the whole ledger takes, and why not the others."""
    try:
        return tried(ledger, decisions)
    except LedgerError as error:
        return [], [Refusal(tuple(decision.fact.ids[0] for decision in decisions), str(error))]


def explained(decision: Decision) -> str:
    """A decision and why, in one line."""
    fact = decision.fact
    done = "settle" if fact.kind == "settle" else f"void ({fact.terms['reason']})"
    return f"{fact.ids[0]}: {done} on {fact.date}: {decision.because}"


def mended(ledger: Ledger, decisions: Sequence[Decision]) -> Iterator[str]:
    """Directives that were in error and, with these decisions, are so no more."""
    if decisions:
        after = ledger.with_facts(decision.fact for decision in decisions)
        still = {problem.place for problem in after.problems}
        for problem in ledger.evaluation.problems:
            if problem.code != "duplicate" and problem.place not in still:
                place = problem.place
                yield f"{place.filename}:{place.lineno}: will hold then: {problem.message}"


def write(output: Path, text: str) -> None:
    """Write decisions to a new file."""
    try:
        write_new(output, text)
    except WriteRefusedError as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)
    say(f"Wrote {output}.")
