"""``settle``, ``void`` and ``run``: judge, and print or write the decisions."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.common import Exit, as_of_option, finish, open_ledger, say, stop
from beancount_voucher.directives import REASONS
from beancount_voucher.judging import NOT_WRITTEN, Decision, Judge
from beancount_voucher.ledger import LedgerError, load
from beancount_voucher.money import Money
from beancount_voucher.problems import Problem
from beancount_voucher.text import directive
from beancount_voucher.writing import WriteRefusedError, remove, write_new

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable
    from typing import Any, TypeVar

    from beancount_voucher.ledger import Ledger

    _Command = TypeVar("_Command", bound=Callable[..., Any])


def _output_options(command: _Command) -> _Command:
    command = click.option(
        "-o",
        "--output",
        type=click.Path(path_type=Path),
        metavar="FILE",
        help="Write to this new file instead of stdout.",
    )(command)
    return click.option("--by", metavar="WHO", help="Who decides; recorded as by.")(command)


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
    """Judge vouchers, and print the directives that settle them.

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
        decided: list[Decision | Problem] = [d for d in judge.due() if d.fact.kind == "settle"]
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
    """Judge vouchers, and print the directives that void them.

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
        decided = [d for d in judge.due() if d.fact.kind == "void"]
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
    _conclude(ledger, list(Judge(ledger.evaluation, as_of, by).due()), output)


def _one_of(first: str, one: object, second: str, other: object) -> None:
    if bool(one) is bool(other):
        raise click.UsageError(f"name either {first} or {second}")


def _money(text: str) -> Money:
    number, _, currency = text.partition(" ")
    try:
        parsed = Decimal(number)
    except InvalidOperation:
        parsed = Decimal("NaN")
    if not parsed.is_finite() or not currency:
        raise click.UsageError(f'--amount is an amount such as "3000.00 CNY", not "{text}"')
    return Money(parsed, currency)


# --- What is printed, written, refused --------------------------------------------------


def _conclude(ledger: Ledger, decided: Iterable[Decision | Problem], output: Path | None) -> None:
    refused = [problem for problem in decided if isinstance(problem, Problem)]
    decisions, unbooked = booked(ledger, [d for d in decided if isinstance(d, Decision)])
    for problem in refused + unbooked:
        say(f"refused: {problem.message}")
    for decision in decisions:
        say(explained(decision))
    text = directives(decisions)
    if not text:
        say("Nothing to write.")
    elif output is None:
        click.echo(text, nl=False)
    else:
        write(ledger, output, text)
    finish(ledger, refused=bool(refused or unbooked))


def booked(ledger: Ledger, decisions: list[Decision]) -> tuple[list[Decision], list[Problem]]:
    """Try decisions on the ledger's books: those that can be written, and why not the others.

    The life has allowed them; what can still go wrong is an account that is not open.
    """
    if not decisions:
        return [], []
    now = ledger.with_facts(decision.fact for decision in decisions)
    before = {problem.message for problem in ledger.books(ledger.evaluation).problems}
    problems = [p for p in ledger.books(now).problems if p.message not in before]
    problems += [problem for problem in now.problems if problem.place == NOT_WRITTEN]
    barred = {problem.wrong.partition(":")[0] for problem in problems}
    return [d for d in decisions if d.fact.ids[0] not in barred], problems


def explained(decision: Decision) -> str:
    """A decision and why, in one line."""
    fact = decision.fact
    done = "settle" if fact.kind == "settle" else f"void ({fact.terms['reason']})"
    return f"{fact.ids[0]}: {done} on {fact.date}: {decision.because}"


def directives(decisions: Iterable[Decision]) -> str:
    """The decisions as text for a ledger."""
    return "\n".join(directive(decision.fact, decision.notes) for decision in decisions)


def write(ledger: Ledger, output: Path, text: str) -> None:
    """Write decisions to a new file; take it back if the ledger then has a new error."""
    try:
        write_new(output, text)
    except WriteRefusedError as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)
    new = _new_errors(ledger)
    if new:
        remove(output)
        for message in new:
            say(message)
        stop(f"{output} would bring the ledger new errors; nothing was written", Exit.REFUSED)
    say(f"Wrote {output}.")


def _new_errors(ledger: Ledger) -> list[str]:
    try:
        after = load(ledger.path).errors
    except LedgerError as error:
        return [str(error)]
    count = Counter(error.message for error in after)
    return list(count - Counter(error.message for error in ledger.errors))
