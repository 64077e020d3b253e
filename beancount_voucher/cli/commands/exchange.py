"""``send``, ``receive``, ``exchange`` and ``key``: what banks say to each other, signed."""

from __future__ import annotations

import datetime as dt
import os
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from beancount_voucher.cli.commands.decide import DECISIONS, Judged, decisions_in, explained
from beancount_voucher.cli.console import (
    Exit,
    as_day,
    complain,
    open_ledger,
    patience,
    reopen,
    say,
    stop,
)
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.deliver import Proposal, deliver, output_options
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.public_keys import fingerprint
from beancount_voucher.exchange import turn as turns
from beancount_voucher.exchange.answers import surrenders
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import Conversation, LostError
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.receiving import Draft, Receipt
from beancount_voucher.exchange.store import Store, incoming
from beancount_voucher.exchange.turn import Sender, SignerError, book_of, described
from beancount_voucher.exchange.verifiers import SigningError, checked, signed
from beancount_voucher.ledger.append import by_file, is_unchanged, submit, turn
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NotUndoneError,
    WriteRefusedError,
)
from beancount_voucher.ledger.dry_run import directives
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN, all_due

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.ledger.dry_run import Draft as AnyDraft
    from beancount_voucher.ledger.loader import Ledger

    _Command = TypeVar("_Command", bound=Callable[..., Any])

_TRIES = 100
"""How often a step is decided anew because somebody else has changed the ledger meanwhile."""


def _options(command: _Command) -> _Command:
    for option in (
        click.option(
            "--as",
            "given",
            metavar="PARTY",
            help="For whom; the one party whose book the ledger keeps, if left out.",
        ),
        click.option(
            "--date",
            type=DAY,
            callback=as_day,
            metavar="DATE",
            help="The day on which it is recorded; today if left out.",
        ),
        click.option("--write", is_flag=True, help="Record it, and keep the messages."),
    ):
        command = option(command)
    return command


def _signing(command: _Command) -> _Command:
    for option in (
        click.option(
            "--out",
            "folder",
            type=click.Path(path_type=Path, file_okay=False, exists=True),
            required=True,
            metavar="DIR",
            help="The folder that carries messages.",
        ),
        click.option(
            "--key",
            envvar="BEAN_VOUCHER_KEY",
            metavar="FILE",
            help="What ssh-keygen signs with: a private key, or a public one whose private half "
            "an agent holds. Also from the environment variable BEAN_VOUCHER_KEY.",
        ),
    ):
        command = option(command)
    return command


@click.command()
@click.argument("sources", nargs=-1, type=click.Path(path_type=Path), metavar="[FILE|DIR]...")
@_options
@click.pass_context
def receive(
    context: click.Context,
    sources: tuple[Path, ...],
    given: str | None,
    date: dt.date,
    *,
    write: bool,
) -> None:
    """Record what others have said.

    Nothing counts without a signature that holds. Of a folder only messages to us are read;
    nothing there is moved or removed. What does not hold is refused with its code, and that goes
    back with the next message. The exit status is 1 if anything was refused or waits.
    """
    desk = _Desk.opened(context, given, date, write=write)
    with desk:
        clean = desk.receive(sources)
    sys.exit(Exit.CLEAN if clean else Exit.FINDINGS)


@click.command()
@click.option("--to", metavar="PARTY", help="Only to this party.")
@_signing
@_options
@click.pass_context
def send(
    context: click.Context,
    to: str | None,
    key: str | None,
    folder: Path,
    given: str | None,
    date: dt.date,
    *,
    write: bool,
) -> None:
    """Say to others what is ours to say.

    Each message is signed. What was said and is not acknowledged goes out again, byte for byte.
    The exit status is 1 if anything waits.
    """
    desk = _Desk.opened(context, given, date, write=write)
    with desk:
        clean = desk.send((to,) if to else (), key, folder)
    sys.exit(Exit.CLEAN if clean else Exit.FINDINGS)


@click.command()
@click.option(
    "--in",
    "sources",
    type=click.Path(path_type=Path, file_okay=False, exists=True),
    required=True,
    multiple=True,
    metavar="DIR",
    help="The folder in which messages come.",
)
@_signing
@_options
@click.pass_context
def exchange(
    context: click.Context,
    sources: tuple[Path, ...],
    key: str | None,
    folder: Path,
    given: str | None,
    date: dt.date,
    *,
    write: bool,
) -> None:
    """Receive all, decide what is due, send.

    One turn is safe to kill and to repeat; a second one writes nothing.
    """
    desk = _Desk.opened(context, given, date, write=write)
    with desk:
        received = desk.receive(sources)
        decided = desk.decide()
        sent = desk.send((), key, folder)
    sys.exit(Exit.CLEAN if received and decided and sent else Exit.FINDINGS)


@dataclass
class _Desk:
    """One party's ledger, in one turn."""

    ledger: Ledger
    we: str
    date: dt.date
    write: bool
    again: frozenset[str] = frozenset()

    @classmethod
    def opened(
        cls, context: click.Context, given: str | None, date: dt.date, *, write: bool
    ) -> _Desk:
        ledger = open_ledger(context)
        return cls(ledger, our_party(ledger, given), date, write)

    def __enter__(self) -> None:
        """Keep all other writers waiting, if we write."""
        self._held = ExitStack()
        if self.write:
            with patience("Another command writes; waiting …"):
                try:
                    self._held.enter_context(turn(self.ledger.path))
                except WriteRefusedError as error:
                    stop(f"{error}; nothing was written", Exit.REFUSED)
            self._refresh()

    def __exit__(self, *_error: object) -> None:
        """Let others write."""
        self._held.close()

    @property
    def store(self) -> Store:
        return Store(self.ledger.path)

    @property
    def _book(self) -> Book:
        return book_of(self.ledger, self.we)

    @property
    def _conversation(self) -> Conversation:
        channels = channels_of(self.ledger.evaluation.exchanged)
        return Conversation(self._book, channels, self.store.text)

    def _heard(self) -> dict[str, dt.date]:
        """When each with whom we exchange messages was heard last; one never heard, long ago."""
        channels, said = channels_of(self.ledger.evaluation.exchanged), self._conversation
        return {each: said.last_date(each) or dt.date.min for each in channels.others(self.we)}

    def _refresh(self) -> None:
        self.ledger = self.ledger if is_unchanged(self.ledger) else reopen(self.ledger)

    # --- The steps ----------------------------------------------------------------------

    def receive(self, sources: Sequence[Path]) -> bool:
        """Record what has come; tells whether all was recorded or known."""

        def step() -> bool:
            came = list(incoming(sources, self.we))
            book = book_of(self.ledger, self.we)
            result = turns.receive(book, self.store, came, checked, self.date)
            if self.write:
                turns.keep(self.store, result)
            self._record(result.drafts)
            self.again = frozenset(result.again)
            for each in result.came:
                _tell(each)
            return result.is_clean

        return self._tried(step)

    def decide(self) -> bool:
        """Decide what is due, as ``run`` does."""

        def step() -> bool:
            judging = replace(decisions_in(self.ledger, Judged(self.date)), heard=self._heard())
            due = all_due(judging, self.ledger.with_facts, DECISIONS)
            given_back = list(surrenders(self._book, self._conversation.spoken, self.date))
            self._record([*due.decisions, *given_back])
            for draft in given_back:
                say(f"{draft.fact.ids[0]}: surrendered on {draft.fact.date}")
            for decision in due.decisions:
                say(explained(decision))
            for problem in due.barred:
                complain(f"refused: {problem.message}")
            return not due.barred

        return self._tried(step)

    def send(self, to: tuple[str, ...], key: str | None, folder: Path) -> bool:
        """Say what is to be said; tells whether nothing waits."""

        def step() -> bool:
            book = book_of(self.ledger, self.we)
            sender = Sender(book, self.store, self.date, _signer(key), self.again)
            sent = sender.send(to)
            if self.write:
                for name, content, signature in sent.new:
                    self.store.keep(name, content, signature)
            self._record(sent.drafts)
            if self.write:
                turns.put_out(self.store, sent, folder)
            for name, _, _ in sent.new:
                say(f"{shown(name)}: said")
            for waiting in sent.waits:
                complain(waiting)
            for each in sent.held_back:
                complain(f"{each.voucher}: {each.text} [fact-differs]")
            return not sent.waits and not sent.held_back

        return self._tried(step)

    def _tried(self, step: Callable[[], bool]) -> bool:
        """Anew, where somebody else has changed the ledger meanwhile."""
        try:
            for _ in range(_TRIES):
                try:
                    return step()
                except ChangedMeanwhileError:
                    self.ledger = reopen(self.ledger)
            stop("the ledger is changed again and again; nothing was written", Exit.REFUSED)
        except NotUndoneError as error:
            stop(str(error), Exit.REFUSED)
        except (WriteRefusedError, LostError, SigningError, SignerError) as error:
            stop(f"{error}; nothing was written", Exit.REFUSED)

    def _record(self, drafts: Sequence[AnyDraft]) -> None:
        if not drafts:
            return
        if self.write:
            submit(self.ledger, by_file(self.ledger, drafts, None))
            self.ledger = reopen(self.ledger)
        else:
            click.echo(directives(drafts), nl=False)


def _tell(came: turns.Came) -> None:
    outcome = came.outcome
    if isinstance(outcome, Receipt):
        say(described(came))
        for each in outcome.refused:
            about = "" if each.voucher is None else f"{each.voucher}: "
            complain(f"  {about}{each.kind} of {each.date}: {each.wrong} [{each.code}]")
        for fact, date in outcome.known:
            if fact.date != date:
                about = f"{fact.voucher}: {fact.kind} of {date} here, and of {fact.date} there"
                complain(f"  {about} [fact-differs]")
        for remark in outcome.remarks:
            say(f"  {remark}")
    elif outcome.code != "known":
        complain(described(came))


def our_party(ledger: Ledger, given: str | None) -> str:
    """The party that we are."""
    kept = ledger.kept or []
    party = given or (kept[0] if len(kept) == 1 else None)
    if party is None:
        raise click.UsageError(
            "which party are we? The ledger keeps several books: name one by --as"
        )
    if party not in ledger.evaluation.ledger_state.parties:
        raise click.UsageError(f"--as {party} is no party of the ledger")
    return party


def _signer(key: str | None) -> Callable[[bytes], bytes]:
    def sign(content: bytes) -> bytes:
        if key is None:
            raise SigningError(
                "no key: name one by --key, or in the environment variable BEAN_VOUCHER_KEY"
            )
        return signed(content, os.path.expanduser(key))  # noqa: PTH111

    return sign


# --- Keys -------------------------------------------------------------------------------


@click.command()
@click.argument("party")
@click.argument("key", metavar="KEY")
@click.option("--until", type=DAY, metavar="DATE", help="Its last day.")
@click.option(
    "--kinds", metavar="TEXT", help="The kinds of facts that it may sign: all if left out."
)
@click.option("--by", metavar="TEXT", help="Who records it.")
@click.option("--introduced-by", metavar="TEXT", help="The message in which the old key signed it.")
@click.option("--revoke", "reason", metavar="REASON", help="It signs nothing any more, and why.")
@click.option(
    "--date",
    type=DAY,
    callback=as_day,
    metavar="DATE",
    help="Its first day, or that of its revocation; today if left out.",
)
@output_options
@click.pass_context
def key(
    context: click.Context,
    party: str,
    key: str,
    until: dt.date | None,
    kinds: str | None,
    by: str | None,
    introduced_by: str | None,
    reason: str | None,
    date: dt.date,
    output: Output,
) -> None:
    """Print the directive of a public key.

    KEY is a .pub file, its line, or with --revoke the key's fingerprint. Compare the fingerprint
    with the party by another way before you record it.
    """
    line = _line(key)
    terms: dict[str, Any] = {
        "until": until,
        "kinds": kinds,
        "reason": reason,
        "by": by,
        "introduced-by": introduced_by,
    }
    given = {name: value for name, value in terms.items() if value is not None}
    mark = fingerprint(line)
    if reason is None:
        fact = Fact("key", date, (party, line), None, given, NOT_WRITTEN)
    else:
        fact = Fact("revoke", date, (party, mark or line), None, given, NOT_WRITTEN)

    def propose(_ledger: Ledger) -> Proposal:
        return Proposal([Draft(fact)], explained=[f"{party}: {mark or line}"])

    deliver(open_ledger(context), propose, output)


def _line(text: str) -> str:
    """The line of a key, from its file or as given."""
    try:
        return Path(text).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return text
