"""Entries to entries: what the Beancount plugin does, as one pure function."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from beancount.core.data import Custom, entry_sortkey

from beancount_voucher.books import bookkeeping
from beancount_voucher.books.auto_accounts import AccountDates
from beancount_voucher.books.bookkeeping import free_funds_of
from beancount_voucher.books.plugin_lines import books_named, kept_in, reading_order, two_configs
from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.entries import is_voucher_directive, voucher_named
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.source_lines import (
    CLAIMED,
    REPLACED,
    SEEN,
    Sources,
)
from beancount_voucher.lifecycle.evaluation import Evaluation, evaluate

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.errors import VoucherError
    from beancount_voucher.directives.facts import Reading


@dataclass(frozen=True, slots=True)
class Found:
    """What was read, found and written on the way.

    Attributes:
        reading: the facts.
        evaluation: what they come to.
        books: what was written.
    """

    reading: Reading
    evaluation: Evaluation
    books: bookkeeping.Books


@dataclass(frozen=True, slots=True)
class Expansion:
    """A ledger with its vouchers written out.

    Attributes:
        entries: all entries of the ledger.
        errors: what is wrong.
        found: how it came about; None for a ledger that was expanded before.
    """

    entries: list[Entry]
    errors: list[VoucherError]
    found: Found | None


def expand(
    entries: Sequence[Entry], options: Mapping[str, Any], config: str | None = None
) -> Expansion:
    """Write the books of a ledger's vouchers.

    Args:
        entries: the ledger's entries, booked; they are not changed.
        options: Beancount's options.
        config: the ids of the parties whose books are kept, with spaces between; None or
            nothing for all.

    Returns:
        All entries (voucher directives as copies that carry ``voucher``), and an error for
        each thing that is wrong, in the order of file and line. A ledger that was expanded
        before comes back as it is.
    """
    books_kept = books_named(config)
    done = next((entry.meta[SEEN] for entry in entries if _was_seen(entry)), None)
    if done is not None:
        same = set(done.split()) == set(books_kept.split())
        again = [] if same else [two_configs(done, books_kept)]
        return Expansion(list(entries), [problem.error() for problem in again], None)
    names = Names(options)
    sources = Sources.of(options)
    known = installed()
    reading = read(entries, names, known, sources)
    evaluation = evaluate(reading, EventDirectives(entries), known)
    problems = list(evaluation.problems)
    kept, unknown = kept_in(books_kept, evaluation)
    problems += unknown
    written = bookkeeping.keep(evaluation, names, AccountDates.among(entries), kept)
    problems += written.problems
    vouchers = {id(fact.entry): each for fact in reading.facts if (each := fact.voucher)}
    marker = _Marker(books_kept, sources, vouchers)
    expanded = sorted([*map(marker.marked, entries), *written.entries], key=entry_sortkey)
    if evaluation.options["check-funds"] == "on":
        problems += [each.problem() for each in free_funds_of(written, entries).shortfalls()]
    problems.sort(key=reading_order)
    errors = [problem.error() for problem in problems]
    return Expansion(expanded, errors, Found(reading, evaluation, written))


def directives_of(
    reading: Reading, entries: Iterable[Entry], voucher: str, options: Mapping[str, Any]
) -> list[Custom]:
    """The directives about a voucher as :func:`expand` marks them, right or wrong.

    Args:
        reading: the facts among the entries.
        entries: the ledger's entries.
        voucher: the voucher's id.
        options: Beancount's options.
    """
    about = {id(fact.entry): voucher for fact in reading.facts if fact.voucher == voucher}
    marker = _Marker("", Sources.of(options), about)
    return [
        marker.of_custom(entry)
        for entry in entries
        if isinstance(entry, Custom) and (id(entry) in about or voucher_named(entry) == voucher)
    ]


def _was_seen(entry: Entry) -> bool:
    return SEEN in entry.meta and isinstance(entry, Custom)


@dataclass(frozen=True, slots=True)
class _Marker:
    """Makes the copies of voucher directives that stand in the ledger from now on.

    Attributes:
        books_kept: what the plugin line says.
        sources: the ledger's files.
        vouchers: the voucher of every sound directive that is about one, by identity.
    """

    books_kept: str
    sources: Sources
    vouchers: Mapping[int, str]

    def marked(self, entry: Entry) -> Entry:
        """A voucher directive that names its voucher and knows its place.

        Any custom without values gets an empty list of them: None makes ``pad`` fail for the
        whole ledger, and Fava does not start.
        """
        return self.of_custom(entry) if isinstance(entry, Custom) else entry

    def of_custom(self, entry: Custom) -> Custom:
        """The same of a directive that is one of somebody's own."""
        voucher = self.vouchers.get(id(entry))
        if voucher is None:
            return self._other(entry)
        meta = entry.meta.copy()
        meta[SEEN] = self.books_kept
        meta["voucher"] = voucher
        return Custom(meta, entry.date, entry.type, entry.values)

    def _other(self, entry: Custom) -> Custom:
        if not is_voucher_directive(entry):
            return entry if entry.values else entry._replace(values=[])
        place, replaced = self.sources.place(entry.meta), self.sources.replaced(entry.meta)
        meta = {**entry.meta, **place._asdict(), SEEN: self.books_kept}
        if replaced:
            meta[REPLACED] = replaced
        if "voucher" in entry.meta:
            meta[CLAIMED] = True
        voucher = voucher_named(entry)
        if voucher is not None:
            meta["voucher"] = voucher
        return entry._replace(meta=meta, values=entry.values or [])
