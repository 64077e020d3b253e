"""What happens to the directives that a command has: printed, shown as a diff, or written."""

from __future__ import annotations

import sys
from contextlib import ExitStack, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.cli.checked import carry_on
from beancount_voucher.cli.console import (
    Exit,
    complain,
    finish,
    is_quiet,
    patience,
    reopen,
    say,
    stop,
)
from beancount_voucher.cli.gathered import gathered
from beancount_voucher.cli.instead import instead_of
from beancount_voucher.cli.tables import as_json
from beancount_voucher.ledger import interrupts
from beancount_voucher.ledger.append import by_file, changes, is_unchanged, submit, turn
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NotUndoneError,
    WriteRefusedError,
    difference,
    write_new,
)
from beancount_voucher.ledger.dry_run import Refusal, directives, dry_run
from beancount_voucher.ledger.loader import LedgerError
from beancount_voucher.lifecycle import closed_periods

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.cli.gathered import Command
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.dry_run import Draft, Drafts
    from beancount_voucher.ledger.loader import Ledger

NO_PLUGIN = (
    'refused: the top file has no plugin "beancount_voucher_plugin" line, so nothing would judge '
    "what is recorded; nothing was written [no-plugin]"
)

_ATTEMPTS = 1000
"""How often a command decides anew because somebody else was faster, before it gives up."""


@dataclass(frozen=True)
class Output:
    """Where directives go.

    Attributes:
        write: append them to the ledger's files.
        file: the file to append to, or without ``write`` the new file to write.
        diff: show the change first; without ``write``, instead.
    """

    write: bool
    file: Path | None
    diff: bool
    as_data: bool = False
    """Instead of directives, print what was proposed as JSON."""
    anyway: bool = False
    """Write also what is doubted."""


@dataclass(frozen=True)
class Proposal:
    """What a command makes of a ledger.

    Attributes:
        drafts: what it would write.
        refused: why it does not write more, each in a line; with any, nothing is written.
        left: what is refused and keeps nothing else from being written, each in a line.
        explained: a line for each draft.
        data: each draft as JSON has it.
        already: what is recorded already, each in a line.
        waiting: what nobody can decide yet, each in a line.
        doubted: what keeps it from being written without ``--anyway``, each in a line.
        warned: what may be a slip of the finger, each in a line.
        numbered: the ids that the command itself has given.
    """

    drafts: Sequence[Draft]
    refused: Sequence[str] = ()
    explained: Sequence[str] = ()
    data: Sequence[Mapping[str, Any]] = ()
    left: Sequence[str] = ()
    already: Sequence[str] = ()
    waiting: Sequence[str] = ()
    doubted: Sequence[str] = ()
    warned: Sequence[str] = ()
    numbered: Sequence[str] = ()


def output_options(command: Command) -> Command:
    """``--write``, ``-o`` and ``--diff``, as one argument ``output``."""

    def gather(told: dict[str, Any]) -> dict[str, Any]:
        given = told.pop("write"), told.pop("file"), told.pop("diff")
        output = Output(*given, as_data=told.pop("style", "text") == "json")
        if output.diff and output.as_data:
            raise click.UsageError("--diff is for people, and --format json for programs")
        return {"output": output}

    options = (
        click.option("--diff", is_flag=True, help="Show the change of the file first."),
        click.option(
            "-o",
            "--output",
            "file",
            type=click.Path(path_type=Path),
            metavar="FILE",
            help="A new file to write to; with --write, the ledger's file to append to.",
        ),
        click.option(
            "--write", is_flag=True, help="Append to the ledger, to the file that it belongs into."
        ),
    )
    return gathered(command, gather, options)


def deliver(ledger: Ledger, propose: Callable[[Ledger], Proposal], output: Output) -> None:
    """Print or write what a command proposes, and end it."""
    try:
        _deliver(ledger, propose, output)
    except NotUndoneError as error:
        stop(str(error), Exit.REFUSED)
    except WriteRefusedError as error:
        stop(f"{error}; nothing was written", Exit.REFUSED)


def _deliver(ledger: Ledger, propose: Callable[[Ledger], Proposal], output: Output) -> None:
    """Where somebody else has changed the ledger meanwhile, the command proposes anew.

    Its turn begins before it proposes: of many that write at once, none would get far else.
    Where the top file does not load the plugin, nothing is proposed: nobody would judge it.
    """
    writes = output.write or output.file is not None
    with ExitStack() as held:
        if output.write:
            with patience("Another command writes; waiting …"):
                held.enter_context(turn(ledger.path))
            ledger = ledger if is_unchanged(ledger) else reopen(ledger, writes=True)
        for _ in range(_ATTEMPTS):
            if not ledger.has_plugin:
                stop(NO_PLUGIN, Exit.REFUSED if writes else Exit.FINDINGS)
            with suppress(ChangedMeanwhileError):
                _carry_out(ledger, propose(ledger), output)
                return
            ledger = reopen(ledger, writes=output.write)
    raise WriteRefusedError("the ledger is changed again and again")


def _carry_out(ledger: Ledger, proposal: Proposal, output: Output) -> None:
    barred: list[str] = []
    with patience("Trying it on the ledger …"):
        drafts, refusals = dry_run_of(ledger, _in_open_periods(ledger, proposal.drafts, barred))
    barred += [_barred(each) for each in refusals]
    writes = output.write or output.file is not None
    _check_for_doubts(ledger, proposal, barred, output, writes=writes)
    files = by_file(ledger, drafts, output.file) if drafts and output.write else {}
    if drafts and output.diff:
        new = {output.file: list(drafts)} if output.file is not None else {}
        for path, (before, after) in changes(files or new or by_file(ledger, drafts, None)).items():
            click.echo(difference(shown_as(path).lstrip("/"), before, after), nl=False)
    if not writes:
        _print(proposal, drafts, output)
    with interrupts.deferred() as ctrl_c:  # what is written is told, too
        if files:
            _submit(ledger, files, ctrl_c)
        elif drafts and output.file is not None:
            write_new(output.file, directives(drafts))
        _report(ledger, proposal, drafts, barred)
        for path in files or ([output.file] if drafts and output.file is not None else []):
            say(f"Wrote {shown_as(path)}.", fg="green")
    if writes:  # once it is told that it is written, should this fail
        _print_written(proposal, drafts, output)
    if proposal.left:
        sys.exit(Exit.REFUSED if writes else Exit.FINDINGS)
    finish(ledger, refused=bool(proposal.refused or barred))


def _check_for_doubts(
    ledger: Ledger, proposal: Proposal, barred: Sequence[str], output: Output, *, writes: bool
) -> None:
    """Tell what may be wrong, and refuse to write what is."""
    refuses = writes and not output.anyway
    for message in (*proposal.warned, *(() if refuses else proposal.doubted)):
        say(message, fg="yellow")
    refused = (*proposal.refused, *barred, *(proposal.doubted if refuses else ()))
    if writes and refused:
        _complain(refused)
        _tell_instead(ledger, refused)
        raise WriteRefusedError("not everything can be done")


def _in_open_periods(ledger: Ledger, drafts: Iterable[Draft], barred: list[str]) -> list[Draft]:
    """The drafts that no close bars; why it bars the others is added to a list."""
    left: list[Draft] = []
    for draft in drafts:
        bar = closed_periods.refusal(draft.fact, draft.notes, ledger.evaluation.closed)
        if bar is None:
            left.append(draft)
        else:
            barred.append(bar)
    return left


def _submit(
    ledger: Ledger, files: Mapping[Path, Sequence[Draft]], ctrl_c: interrupts.Deferring
) -> None:
    try:
        with patience("Writing …"):
            landed = submit(ledger, files)
        carry_on(ledger, landed)
    except ChangedMeanwhileError:
        ctrl_c.raise_pending()
        raise


def _print(proposal: Proposal, drafts: Sequence[Draft], output: Output) -> None:
    """The directives, or what was proposed as JSON."""
    if output.as_data:
        kept = {id(draft) for draft in drafts}
        chosen = zip(proposal.drafts, proposal.data, strict=True)
        click.echo(as_json([data for draft, data in chosen if id(draft) in kept]), nl=False)
    elif drafts and not output.diff:
        click.echo(directives(drafts), nl=False)


def _print_written(proposal: Proposal, drafts: Sequence[Draft], output: Output) -> None:
    """What nobody could know before: decisions as JSON, and ids that were given."""
    if output.as_data or (proposal.numbered and not is_quiet()):
        _print(proposal, drafts, output)
    else:
        for voucher_id in proposal.numbered:
            click.echo(voucher_id)


def _complain(refused: Iterable[str]) -> None:
    for message in refused:
        complain(f"refused: {message}")


def _tell_instead(ledger: Ledger, refused: Iterable[str]) -> None:
    """Of what a person asks for. What is due and left is for ``check`` to tell, day by day."""
    for text in instead_of(ledger, refused):
        say(text)


def _barred(refusal: Refusal) -> str:
    subjects = ", ".join(refusal.subjects)
    said = refusal.message.startswith(f"{subjects}:")
    return refusal.message if said else f"{subjects}: {refusal.message}"


def _report(
    ledger: Ledger, proposal: Proposal, drafts: Sequence[Draft], barred: Sequence[str]
) -> None:
    _complain((*proposal.refused, *proposal.left, *barred))
    _tell_instead(ledger, (*proposal.refused, *barred))
    kept = {id(draft) for draft in drafts}
    for draft, message in zip(proposal.drafts, proposal.explained, strict=False):
        if id(draft) in kept and message:
            say(message)
    for message in (*proposal.already, *mended(ledger, drafts), *proposal.waiting):
        say(message)
    if not drafts:
        say("Nothing to write.")


def shown_as(path: Path) -> str:
    """A path as a person here would write it."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)


def recorded_already(known: Fact) -> str:
    """That a directive stands in the ledger, and where."""
    where = f"{shown_as(Path(known.place.filename))}:{known.place.lineno}"
    return f"{known.ids[0]}: {known.kind} on {known.date} is recorded already ({where})"


def dry_run_of(ledger: Ledger, drafts: Sequence[Drafts]) -> tuple[list[Drafts], list[Refusal]]:
    """The drafts that the whole ledger takes, and why not the others."""
    try:
        return dry_run(ledger, drafts)
    except LedgerError as error:
        return [], [Refusal(tuple(draft.fact.ids[0] for draft in drafts), str(error))]


def mended(ledger: Ledger, drafts: Sequence[Draft]) -> Iterator[str]:
    """Directives that were in error and, with these drafts, are so no more."""
    if drafts and ledger.evaluation.problems:
        after = ledger.with_facts(draft.fact for draft in drafts)
        still = {problem.place for problem in after.problems}
        for problem in ledger.evaluation.problems:
            if problem.code != "duplicate" and problem.place not in still:
                place = problem.place
                yield f"{place.filename}:{place.lineno}: will hold then: {problem.message}"
