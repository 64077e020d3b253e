"""One party's ledger in one turn: what has come, what is due, and what is to be said.

All that a turn records is appended at its end, the messages among it to one file, so that no
message is ever recorded by half; only decisions need a ledger in which what has come stands.
What is heard and said is kept before it is recorded, and goes out afterwards.
"""

from __future__ import annotations

import os
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.checked import carry_on
from beancount_voucher.cli.commands.decide import DECISIONS, Judged, decisions_in, explained
from beancount_voucher.cli.console import Exit, complain, patience, reopen, say, stop
from beancount_voucher.cli.deliver import NO_PLUGIN, dry_run_of
from beancount_voucher.cli.language import told
from beancount_voucher.cli.parties import is_spoken_to, our_party
from beancount_voucher.exchange import turn as turns
from beancount_voucher.exchange.answers import surrenders
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.conversation import LostError
from beancount_voucher.exchange.heard import last_heard
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.receiving import Receipt
from beancount_voucher.exchange.sender import Sender, SignerError, put_out
from beancount_voucher.exchange.store import Store, incoming
from beancount_voucher.exchange.turn import book_of, described, with_facts
from beancount_voucher.exchange.verifiers import SigningError, checked, signed
from beancount_voucher.ledger.append import by_file, is_unchanged, submit, target_file, turn
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NewErrorError,
    NotUndoneError,
    WriteRefusedError,
)
from beancount_voucher.ledger.dry_run import directives, first_new_error
from beancount_voucher.lifecycle.decisions import Decision, Decisions
from beancount_voucher.lifecycle.due import all_due
from beancount_voucher.review import signing_copy

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from beancount_voucher.cli.exchange_options import Recording, Sending
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.exchange.sender import Sent
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.ledger.dry_run import Draft
    from beancount_voucher.ledger.loader import Ledger

_TRIES = 100
"""How often a turn is begun anew because somebody else has changed the ledger meanwhile."""


@dataclass
class Desk:
    """Whoever speaks for one party, in one turn.

    Attributes:
        ledger: the party's.
        we: the party.
        date: the day.
        write: whether anything is recorded; else it is shown.
        restored: whether the ledger is an older one that was put back.
        confirms: parties to whom our positions are said, and as of which day.
    """

    ledger: Ledger
    we: str
    date: dt.date
    write: bool
    restored: bool = False
    confirms: Mapping[str, dt.date] = field(default_factory=dict)
    _pending: list[Draft] = field(default_factory=list)
    _telling: list[tuple[Callable[[str], None], str]] = field(default_factory=list)
    _told: set[str] = field(default_factory=set)
    _told_before: set[str] = field(default_factory=set)
    _again: frozenset[str] = frozenset()
    _recorded: bool = False
    _came: list[turns.Came] = field(default_factory=list)
    _barred: dict[Name, str] = field(default_factory=dict)

    def turn(self, *steps: Callable[[], bool]) -> bool:
        """Take steps, all of them on one ledger; tells whether all was recorded, known or said.

        Where somebody else has changed the ledger meanwhile, all is decided anew.
        """
        self._barred = {}
        with self._alone():
            try:
                for _ in range(_TRIES):
                    try:
                        return self._turn(steps)
                    except ChangedMeanwhileError:
                        self.ledger = reopen(self.ledger)
                    except NewErrorError:
                        if not self._bar():
                            raise
                stop(f"the ledger is changed again and again; {self._so_far()}", Exit.REFUSED)
            except NotUndoneError as error:
                stop(str(error), Exit.REFUSED)
            except (WriteRefusedError, LostError, SigningError, SignerError) as error:
                stop(f"{error}; {self._so_far()}", Exit.REFUSED)

    def exchange(self, sources: Sequence[Path], sending: Sending) -> bool:
        """A whole turn: receive all, decide what is due, send; tells as ``turn`` does."""
        return self.turn(lambda: self.receive(sources), self.decide, lambda: self.send(sending))

    def _turn(self, steps: Sequence[Callable[[], bool]]) -> bool:
        if not self.ledger.has_plugin:
            stop(NO_PLUGIN, Exit.REFUSED if self.write else Exit.FINDINGS)
        self._pending, self._telling = [], []
        self._texts = turns.Texts(self.store)
        self.book = book_of(self.ledger, self.we)
        if self.restored and self.write and self.store.restored() is None:
            self.store.mark_restored(self._heard_so_far())
        clean = [step() for step in steps]
        self._record()
        return all(clean)

    def _bar(self) -> bool:
        """Let messages wait that the whole ledger does not take; tells whether any does not.

        An account is not open, or a balance was proven without it: that is for us to mend. What
        others have said is recorded meanwhile.
        """
        found = False
        taken: list[Draft] = []
        for came in () if self._recorded else self._came:
            if isinstance(came.outcome, Receipt):
                drafts = [*taken, *came.outcome.drafts]
                wrong = first_new_error(self.ledger, drafts)
                if wrong is None:
                    taken = drafts
                else:
                    self._barred[came.incoming.name] = wrong
                    found = True
        return found

    def _so_far(self) -> str:
        return "what was told so far is recorded" if self._recorded else "nothing was written"

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Keep all other writers waiting, if we write."""
        if not self.write:
            yield
            return
        with patience("Another command writes; waiting …"):
            held = turn(self.ledger.path)
            try:
                held.__enter__()
            except WriteRefusedError as error:
                stop(f"{error}; nothing was written", Exit.REFUSED)
        try:
            self.ledger = self.ledger if is_unchanged(self.ledger) else reopen(self.ledger)
            yield
        finally:
            held.__exit__(None, None, None)

    def forget(self) -> None:
        """End a turn: what it has told is not told again by the next, of what still waits."""
        self._told_before, self._told = self._told, set()
        self._recorded = False

    @property
    def store(self) -> Store:
        """Where its messages are kept."""
        return Store(self.ledger.path)

    def _heard_so_far(self) -> dict[str, int]:
        channels = channels_of(self.book.evaluation.exchanged)
        return {each: channels.last_number(each, self.we) for each in channels.others(self.we)}

    # --- The steps ----------------------------------------------------------------------

    def receive(self, sources: Sequence[Path]) -> bool:
        """Record what has come; tells whether all was recorded or known."""
        behind = self.restored or self.store.restored() is not None
        found = incoming(sources, self.we, ours=behind)
        came = [each for each in found if each.name not in self._barred]
        result = turns.receive(self.book, self._texts, came, checked, self.date)
        if self.write:
            turns.keep(self.store, result)
            if result.is_behind and not behind:
                self.store.mark_restored(self._heard_so_far())
        self._add(result.drafts, result.book)
        self._came, self._again = result.came, frozenset(result.again)
        for name, wrong in self._barred.items():
            text = f"{shown(name)}: it waits, as the ledger would have a new error: {wrong}"
            self._later(complain, text)
        for each in result.came:
            for text, tell in _heard(each):
                self._later(tell, text)
        for differs in result.positions:
            self._later(complain, f"{differs.voucher}: {differs.text} [position-differs]")
        return result.is_clean and not self._barred

    def decide(self) -> bool:
        """Decide what is due, as ``run`` does, and give back what was asked back."""
        channels = channels_of(self.book.evaluation.exchanged)
        said = self._texts.conversation(self.book, channels)
        heard = last_heard(self.book, self._texts)
        given_back = list(surrenders(self.book, said.spoken, self.date))
        due = Decisions(self.book.evaluation, self.date, heard=heard, we=self.we).due()
        if not given_back and next(iter(due), None) is None:
            return True
        if self.write and self._pending:  # what is due is judged on a ledger, with its accounts
            self._record()
            self.ledger = reopen(self.ledger)
            self.book = book_of(self.ledger, self.we)
        return self._decide(heard, given_back)

    def _decide(self, heard: dict[str, dt.date], given_back: Sequence[Draft]) -> bool:
        evaluation = self.book.evaluation
        judging = decisions_in(self.ledger, Judged(self.date))
        judging = replace(judging, evaluation=evaluation, heard=heard, we=self.we)
        due = all_due(judging, lambda facts: with_facts(self.book, facts).evaluation, DECISIONS)
        drafts, refused = [*due.decisions, *given_back], [each.message for each in due.barred]
        if not self._pending:
            drafts, barred = dry_run_of(self.ledger, drafts)
            refused += [each.message for each in barred]
        self._add(drafts, with_facts(self.book, [draft.fact for draft in drafts]))
        for text in map(_decided, drafts):
            self._later(say, text)
        for text in refused:
            self._later(complain, f"refused: {text}")
        return not refused

    def send(self, sending: Sending) -> bool:
        """Say what is to be said; tells whether nothing waits."""
        restored = self.store.restored()
        if restored is None and self.restored:
            restored = self._heard_so_far()
        sender = Sender(
            book=self.book,
            texts=self._texts,
            date=self.date,
            sign=_signer(sending.key, self.ledger.path),
            again=self._again,
            restored=restored,
            confirms=self.confirms,
        )
        try:
            sent = sender.send(sending.to)
        except (SigningError, SignerError):
            self._record()  # what has come, and was decided, stands
            raise
        if self.write:
            for name, content, signature in sent.new:
                self.store.keep(name, content, signature)
        self._add(sent.drafts, self.book)
        for text, tell in _said(sent):
            self._later(tell, text)
        self._record()
        if self.write:
            put_out(self.store, sent, sending.folder)
            if restored is not None and sender.is_heard():
                self.store.unmark_restored()
        return not sent.waits and not sent.held_back

    # --- What is recorded, and told -----------------------------------------------------

    def _add(self, drafts: Sequence[Draft], book: Book) -> None:
        self._pending += drafts
        self.book = book

    def _later(self, tell: Callable[[str], None], text: str) -> None:
        """Tell it once it is recorded."""
        self._telling.append((tell, text))

    def _record(self) -> None:
        drafts, self._pending = self._pending, []
        if drafts and self.write:
            carry_on(self.ledger, submit(self.ledger, self._by_file(drafts)))
            self._recorded = True
        elif drafts:
            click.echo(directives(drafts), nl=False)
        telling, self._telling = self._telling, []
        for tell, text in telling:
            self._told.add(text)
            if text not in self._told_before:
                tell(text)

    def _by_file(self, drafts: Sequence[Draft]) -> dict[Path, list[Draft]]:
        """Where each goes: all that messages have brought, and say, into one file, the last.

        So a process that is killed between two files has recorded decisions, of which nothing
        is said yet, and never half of a message.
        """
        exchanged = [each for each in drafts if _is_exchanged(each)]
        decided = [each for each in drafts if not _is_exchanged(each)]
        files = by_file(self.ledger, decided, None)
        if exchanged:
            path = target_file(self.ledger, exchanged[-1].fact)
            files[path] = [*exchanged, *files.pop(path, [])]
        return files


def _is_exchanged(draft: Draft) -> bool:
    """Whether a message has brought it, or it is recorded for one."""
    return not isinstance(draft, Decision)


def _decided(draft: Draft) -> str:
    if isinstance(draft, Decision):
        return explained(draft)
    return f"{draft.fact.ids[0]}: surrendered on {draft.fact.date}"


def _heard(came: turns.Came) -> Iterator[tuple[str, Callable[[str], None]]]:
    """What became of a message: each line, and how it is told."""
    outcome = came.outcome
    if isinstance(outcome, Receipt):
        yield described(came), say
        if outcome.malformed:
            yield f"  {told(outcome.malformed)} [malformed]", complain
        for each in outcome.refused:
            about = "" if each.voucher is None else f"{each.voucher}: "
            wrong = told(each.wrong)  # by itself: a sentence in a sentence is hard to find
            yield f"  {about}{each.kind} of {each.date}: {wrong} [{each.code}]", complain
        for fact, date in outcome.known:
            if fact.date != date:
                about = f"{fact.voucher}: {fact.kind} of {date} here, and of {fact.date} there"
                yield f"  {about} [fact-differs]", complain
        for remark in outcome.remarks:
            yield f"  {remark}", say
    elif outcome.code != "known":
        yield described(came), complain


def _said(sent: Sent) -> Iterator[tuple[str, Callable[[str], None]]]:
    for name, _, _ in sent.new:
        yield f"{shown(name)}: said", say
    for waiting in sent.waits:
        yield waiting, complain
    for each in sent.held_back:
        yield f"{each.voucher}: {each.text} [fact-differs]", complain


def desk_of(ledger: Ledger, recording: Recording, sending: Sending | None = None) -> Desk:
    """Whoever speaks for the party that a command names.

    Args:
        ledger: the party's.
        recording: what the command says of recording.
        sending: likewise of sending, if it sends.

    Raises:
        click.UsageError: it names none, or sends to none.
    """
    desk = Desk(ledger, our_party(ledger, recording.given), recording.date, recording.write)
    if sending is not None:
        desk.restored = sending.restored
        for party in sending.to:
            is_spoken_to(ledger, desk.we, party)
    return desk


def _signer(key: str | None, ledger: Path) -> Callable[[bytes], bytes]:
    bar = cache(signing_copy.bar)

    def sign(content: bytes) -> bytes:
        if key is None:
            raise SigningError(
                "no key: name one by --key, or in the environment variable BEAN_VOUCHER_KEY"
            )
        barred = bar(ledger)
        if barred is not None:
            raise SigningError(barred)
        return signed(content, os.path.expanduser(key))  # noqa: PTH111

    return sign
