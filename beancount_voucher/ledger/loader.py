"""A ledger on disk, loaded and evaluated: the outer layer that reads files."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount import loader
from beancount.core.data import Custom, Event

from beancount_voucher.books import bookkeeping
from beancount_voucher.books.auto_accounts import AccountDates
from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.entries import is_voucher_directive
from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.source_lines import SEEN, Sources
from beancount_voucher.ledger import interrupts
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.plugin_results import captured
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping

    from beancount.core.data import Directive as Entry

    from beancount_voucher.books.expansion import Expansion, Found
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.evaluation import Evaluation

PLUGIN = "beancount_voucher_plugin"


class LedgerError(Exception):
    """A ledger that Beancount cannot even load."""


class Stamp(NamedTuple):
    """What tells that a file was changed, without reading it.

    Attributes:
        number: that of the file on its disk, another if it was replaced.
        size: in bytes.
        written: when, in nanoseconds.
    """

    number: int
    size: int
    written: int


def stamps(paths: Iterable[Path]) -> dict[Path, Stamp | None]:
    """The stamps of files; None for one that is not there."""
    return {path: _stamp(path) for path in paths}


def _stamp(path: Path) -> Stamp | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return Stamp(found.st_ino, found.st_size, found.st_mtime_ns)


@dataclass(frozen=True, slots=True)
class Ledger:
    """A loaded ledger.

    Attributes:
        path: its top file.
        entries: Beancount's entries, vouchers written out by the plugin.
        errors: Beancount's errors, the plugin's among them.
        options: Beancount's options.
        reading: the voucher facts among the entries.
        evaluation: what they come to.
        has_plugin: whether the top file loads the plugin.
        kept: the parties whose books are kept; None for all.
        written: what the plugin wrote; None where that is not known.
        stamps: what its files look like from outside; without those that were written meanwhile.
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
    stamps: Mapping[Path, Stamp | None] = field(default_factory=dict)

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
        plugins = [config for name, config in options["plugin"] if name == PLUGIN]
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
            has_plugin=bool(plugins),
            kept=(plugins[0] or "").split() or None if plugins else None,
            written=None if found is None else found.books,
        )

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
        return evaluate(Reading(facts, []), ledger_state.event_directives, ledger_state.conditions)

    def unfunded(self, as_of: dt.date) -> dict[str, Problem]:
        """The open vouchers whose money is not there at the end of a day, and why."""
        if self.evaluation.options["check-funds"] != "on":
            return {}
        held = (
            voucher.id for voucher in self.evaluation.vouchers.values() if voucher.as_of(as_of).held
        )
        own = (entry for entry in self.entries if SEEN not in entry.meta)
        return bookkeeping.free_funds_of(self.books(), own).unfunded(held, as_of)

    def books(self) -> bookkeeping.Books:
        """The books that this ledger keeps."""
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
    sources = [(str(path.absolute()), True), (appended, False)]
    begun = time.time_ns()
    try:
        with gc_paused(), captured() as heard, interrupts.insisted():
            entries, errors, options = _from(sources)
    except Exception as error:
        raise LedgerError(f"{path}: Beancount cannot load it: {error}") from error
    ledger = Ledger.of(path, entries, errors, options, heard)
    known = {
        file: stamp
        for file, stamp in stamps(ledger.files).items()
        if stamp and stamp.written < begun - _TICK
    }
    return replace(ledger, stamps=known)


_TICK = 20_000_000
"""Nanoseconds by which a file system's clock may be behind: it stands still in between."""


def _from(sources: list[tuple[str, bool]], tries: int = 5) -> tuple[list[Entry], list[Any], Any]:
    """What Beancount loads. It stumbles over a file that is appended to while it reads the end."""
    try:
        return loader._load(sources, None, None, None)  # noqa: SLF001
    except RuntimeError as error:
        if tries == 1 or str(error) != "Parser internal error":
            raise
    return _from(sources, tries - 1)


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
