"""A ledger on disk, loaded and evaluated: the outer layer that reads files.

``load`` gives the whole: booked, written out by the plugin, checked by Beancount. ``load_facts``
stops before that (``is_whole``): the facts, and what they come to, are all that most questions
need, and a third of the work.
"""

from __future__ import annotations

import sys
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount import loader
from beancount.core.data import Custom, Event, Pad
from beancount.ops import validation
from beancount.parser import booking

from beancount_voucher.books.auto_accounts import AccountDates
from beancount_voucher.books.plugin_lines import kept_by, plugin_lines, problems_of_facts
from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.entries import is_voucher_directive
from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.source_lines import SEEN, Sources
from beancount_voucher.ledger import interrupts, parsed_files
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.harmless_plugins import add_no_facts
from beancount_voucher.ledger.plugin_results import captured
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from beancount.core.data import Directive as Entry

    from beancount_voucher.books import bookkeeping
    from beancount_voucher.books.expansion import Expansion, Found
    from beancount_voucher.books.free_funds import FreeFunds
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.parsed_files import Fingerprint, ParsedLedger
    from beancount_voucher.lifecycle.evaluation import Evaluation


class LedgerError(Exception):
    """A ledger that Beancount cannot even load."""


@dataclass(frozen=True)
class Ledger:
    """A loaded ledger.

    Attributes:
        path: its top file.
        entries: Beancount's entries, vouchers written out by the plugin; of facts alone, the
            directives as they are parsed.
        errors: Beancount's errors, the plugin's among them; of facts alone, those of the
            parser and of the facts.
        options: Beancount's options.
        reading: the voucher facts among the entries.
        evaluation: what they come to.
        has_plugin: whether the top file loads the plugin.
        kept: the parties whose books are kept; None for all.
        written: what the plugin wrote; None where that is not known.
        fingerprint: what tells its files from any others; None if it is not from the disk.
        unbooked: what a whole load would go on from; None for one that is whole.
    """

    path: Path
    entries: list[Entry]
    errors: list[Any]
    options: dict[str, Any]
    reading: Reading
    evaluation: Evaluation
    has_plugin: bool
    kept: list[str] | None
    written: bookkeeping.Books | None = None
    fingerprint: Fingerprint | None = None
    unbooked: ParsedLedger | None = None

    @classmethod
    def of(
        cls,
        path: Path,
        entries: list[Entry],
        errors: list[Any],
        options: dict[str, Any],
        heard: Iterable[Expansion] = (),
    ) -> Ledger:
        """What Beancount has loaded, evaluated.

        Args:
            path: the ledger's top file.
            entries: Beancount's entries.
            errors: Beancount's errors.
            options: Beancount's options.
            heard: what the plugin has made meanwhile; if it has evaluated just these facts,
                nothing is evaluated again.
        """
        lines = plugin_lines(options)
        found = _found(entries, heard)
        if found is None:
            known = installed()
            reading = read(entries, Names(options), known, Sources.of(options))
            evaluation = evaluate(reading, EventDirectives(entries), known)
        else:
            reading, evaluation = found.reading, found.evaluation
        return cls(
            path=path,
            entries=entries,
            errors=errors,
            options=options,
            reading=reading,
            evaluation=evaluation,
            has_plugin=bool(lines),
            kept=kept_by(lines),
            written=None if found is None else found.books,
        )

    @classmethod
    def of_facts(cls, path: Path, parsed: ParsedLedger) -> Ledger:
        """What stands in parsed files, evaluated; nothing is booked.

        Args:
            path: the ledger's top file.
            parsed: its files.
        """
        with gc_paused():
            ledger = cls.of(path, parsed.entries, [], parsed.options)
        problems = problems_of_facts(ledger.evaluation, plugin_lines(parsed.options))
        errors = [*parsed.errors, *(problem.error() for problem in problems)]
        return replace(ledger, errors=errors, fingerprint=parsed.fingerprint, unbooked=parsed)

    @property
    def is_whole(self) -> bool:
        """Whether it is booked and checked, and its vouchers are written out."""
        return self.unbooked is None

    @property
    def is_part(self) -> bool:
        """Whether it has some vouchers only."""
        return False

    @property
    def files(self) -> frozenset[Path]:
        """Every file that was read."""
        return frozenset(map(Path, self.options["include"]))

    @property
    def names(self) -> Names:
        """The ledger's root account names."""
        return Names(self.options)

    @property
    def own_accounts(self) -> AccountDates:
        """The accounts that the ledger itself opens and closes."""
        return AccountDates.among(e for e in self.entries if SEEN not in e.meta)

    @property
    def has_vouchers(self) -> bool:
        """Whether any voucher directive is there, right or wrong."""
        return any(is_voucher_directive(entry) for entry in self.entries)

    def with_facts(self, more: Iterable[Fact]) -> Evaluation:
        """What the facts would come to if these stood in the ledger, too."""
        facts = sorted([*self.reading.facts, *more], key=order)
        ledger_state = self.evaluation.ledger_state
        reading = Reading(facts, self.reading.problems)
        return evaluate(reading, ledger_state.event_directives, ledger_state.conditions)

    def unfunded(self, as_of: dt.date) -> dict[str, Problem]:
        """The open vouchers whose money is not there at the end of a day, and why."""
        if not self._checks_funds:
            return {}
        held = [
            voucher.id for voucher in self.evaluation.vouchers.values() if voucher.as_of(as_of).held
        ]
        return self.free_funds.unfunded(held, as_of) if held else {}

    @property
    def funded(self) -> bool | None:
        """Whether the money was there for all; None where nobody has looked since it was loaded."""
        if not self._checks_funds:
            return True
        return not self.free_funds.shortfalls() if "free_funds" in vars(self) else None

    @property
    def _checks_funds(self) -> bool:
        return self.evaluation.options["check-funds"] == "on"

    @cached_property
    def free_funds(self) -> FreeFunds:
        """What is free on the accounts that vouchers are paid from."""
        from beancount_voucher.books import bookkeeping  # noqa: PLC0415  facts alone need none

        if self.written is not None:
            return bookkeeping.free_funds_of(self.written, self._own())
        return bookkeeping.funds_of(
            self.evaluation, self.names, self.own_accounts, self.kept, self._own()
        )

    def _own(self) -> list[Entry]:
        """The entries that are not the plugin's, booked."""
        if self.is_whole:
            return [entry for entry in self.entries if SEEN not in entry.meta]
        if any(isinstance(entry, Pad) for entry in self.entries):
            return made_whole(self)._own()  # what it moves is found by booking all  # noqa: SLF001
        others = [entry for entry in self.entries if not isinstance(entry, Custom)]
        booked: list[Entry] = booking.book(others, self.options)[0]  # type: ignore[no-untyped-call]
        return booked

    def books(self) -> bookkeeping.Books:
        """The books that this ledger keeps."""
        from beancount_voucher.books import bookkeeping  # noqa: PLC0415  facts alone need none

        if self.written is not None:
            return self.written
        return bookkeeping.keep(self.evaluation, self.names, self.own_accounts, self.kept)


def load(path: Path, appended: str = "") -> Ledger:
    """Load a ledger afresh.

    Args:
        path: its top file.
        appended: text to load with it, as if an included file held it.

    Beancount's load cache is neither read nor written: it ignores plugin code, and
    unpickling a file that somebody committed would run its code.

    Raises:
        LedgerError: Beancount gave up on it.
    """
    with _loading(path):
        parsed = parsed_files.read(path, appended)
    return _whole(path, parsed)


def load_facts(path: Path, enough: Callable[[Fingerprint], bool] = lambda _: True) -> Ledger:
    """Load the facts of a ledger, and no more where that is enough.

    Where the top file loads a plugin that might add or change a fact, the whole is loaded.

    Args:
        path: its top file.
        enough: whether they are, where this depends on the files that were read.

    Raises:
        LedgerError: Beancount gave up on it.
    """
    with _loading(path):
        parsed = parsed_files.read(path)
    alone = add_no_facts(parsed.options["plugin"]) and enough(parsed.fingerprint)
    return Ledger.of_facts(path, parsed) if alone else _whole(path, parsed)


def made_whole(ledger: Ledger) -> Ledger:
    """The whole of a ledger of which only facts were loaded, from the same bytes.

    Raises:
        ChangedMeanwhileError: only a part was loaded, and the files are others by now.
        LedgerError: Beancount gave up on it.
    """
    if ledger.is_whole:
        return ledger
    if ledger.unbooked is None:
        whole = load(ledger.path)
        same_bytes(whole, ledger)
        return whole
    return _whole(ledger.path, ledger.unbooked)


def same_bytes(one: Ledger, other: Ledger) -> None:
    """Make sure that two ledgers were read from the same bytes.

    Raises:
        ChangedMeanwhileError: they were not.
    """
    assert one.fingerprint is not None
    assert other.fingerprint is not None
    if one.fingerprint.digest != other.fingerprint.digest:
        raise ChangedMeanwhileError("the ledger was changed meanwhile")


def _whole(path: Path, parsed: ParsedLedger) -> Ledger:
    with _loading(path), captured() as heard:
        entries, errors, options = _booked(parsed)
    ledger = Ledger.of(path, entries, errors, options, heard)
    return replace(ledger, fingerprint=parsed.fingerprint)


def _booked(parsed: ParsedLedger) -> tuple[list[Entry], list[Any], dict[str, Any]]:
    """What Beancount makes of parsed files: the second half of ``beancount.loader._load``."""
    options = {**parsed.options}
    entries, errors = booking.book([*parsed.entries], options)  # type: ignore[no-untyped-call]
    path_of_python = list(sys.path)
    try:
        sys.path[0:0] = options["pythonpath"]
        entries, errors = loader.run_transformations(
            entries, [*parsed.errors, *errors], options, None
        )
    finally:
        sys.path[:] = path_of_python
    errors += validation.validate(entries, options)  # type: ignore[no-untyped-call]
    options["input_hash"] = loader.compute_input_hash(options["include"])  # type: ignore[no-untyped-call]
    return entries, errors, options


@contextmanager
def _loading(path: Path) -> Iterator[None]:
    try:
        with gc_paused(), interrupts.insisted():
            yield
    except Exception as error:
        raise LedgerError(f"{path}: Beancount cannot load it: {error}") from error


def _found(entries: Iterable[Entry], heard: Iterable[Expansion]) -> Found | None:
    """What the plugin found, unless another has changed a fact or an ``event`` since."""
    for expansion in heard:
        if expansion.found is not None and _decisive(entries) == _decisive(expansion.entries):
            return expansion.found
    return None


def _decisive(entries: Iterable[Entry]) -> set[int]:
    """The directives that decide about vouchers, by identity."""
    return {id(entry) for entry in entries if isinstance(entry, _DECISIVE)}


_DECISIVE = (Custom, Event)  # no union: that is made anew, and asked slowly, for each entry
