"""One voucher, whatever the filters."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Custom, Document, Transaction
from fava.beans.funcs import hash_entry

from beancount_voucher.directives.schema import CHOICES, TERMS
from beancount_voucher.directives.source_lines import source_line
from beancount_voucher.directives.wording import printable
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.signatures import signature_of
from beancount_voucher.review import signatures
from beancount_voucher.review.provenance import Written
from beancount_voucher.views import voucher
from fava_voucher import bank_statements, columns, instrument_columns
from fava_voucher.documents import Evidence, documents
from fava_voucher.messages import kept
from fava_voucher.page import Page
from fava_voucher.translation import gettext, word
from fava_voucher.view_state import report, without_filters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from collections.abc import Set as AbstractSet

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.provenance import Provenance
    from beancount_voucher.views.exchange import SaidIn
    from beancount_voucher.views.exchanged import MessageRow
    from beancount_voucher.views.reconciled_statements import VoucherState
    from beancount_voucher.views.register import RegisterRow
    from beancount_voucher.views.voucher import TimelineRow, VoucherReport
    from fava_voucher.tables import Table


class BroughtBy(NamedTuple):
    """A commit behind an event, as the page says it.

    Attributes:
        what: whether it brought the event or changed it, with a place for the commit's id.
        commit: the id as people write it; empty for what is not committed.
        author: name and address.
        date: the author's day; empty where the commit has none.
        signature: what became of its signature, and who signed.
    """

    what: str
    commit: str
    author: str
    date: str
    signature: str


class VoucherView(Page):
    """One voucher: terms, timeline, conditions, documents."""

    choices = frozenset(key for key, kind in TERMS.items() if kind in CHOICES) | {"requested-by"}
    """The terms whose values are words of the language, and not anybody's text."""
    waiting = staticmethod(columns.waiting)

    def _tables(self) -> Sequence[Table[Any]]:
        if self.report is None:
            return []
        parts = (
            instrument_columns.amendments(self.report.amendments),
            instrument_columns.draws(self.report.draws),
            instrument_columns.months(self.report.months),
        )
        return [columns.postings(self.timeline), *(each for each in parts if each.rows)]

    @property
    def parts(self) -> list[Table[Any]]:
        """Its amendments, draws and months, as far as it has any."""
        return list(self.tables.values())[1:]

    @property
    def heading(self) -> str:
        """The voucher's id."""
        return self.view_state.voucher

    @property
    def vouchers(self) -> AbstractSet[str]:
        """Only this one."""
        return {self.view_state.voucher}

    @cached_property
    def _entries(self) -> list[Entry]:
        return self.reports.entries_of(self.view_state.voucher)

    @cached_property
    def report(self) -> VoucherReport | None:
        """The voucher, if it was known on the date."""
        ledger, as_of = self.reports.ledger, self.filters.as_of
        known = ledger.evaluation.vouchers.get(self.view_state.voucher)
        if known is None or known.events[0].date > as_of:
            return None
        return voucher.VoucherReport(ledger, known, self._entries, as_of)

    @cached_property
    def timeline(self) -> list[TimelineRow]:
        """What happened up to the date, and the errors of its directives, by date.

        Of a voucher that there is not, there may be errors only.
        """
        happened = [] if self.report is None else self.report.timeline
        items = [
            item
            for item in self.reports.errors
            if item.since is None or item.since <= self.filters.as_of
        ]
        errors = voucher.errors(items, self.view_state.voucher, self._entries)
        return sorted([*happened, *errors], key=lambda row: str(row.date or ""))

    def details(self, row: TimelineRow) -> list[tuple[str, str]]:
        """What an event says, key and text; nothing where no directive of its own says it."""
        if row.derived:
            return []
        amounts = {"amount": row.amount, "released": row.released}
        given = [(key, money.grouped) for key, money in amounts.items() if money is not None]
        return [*given, *row.terms, *row.notes]

    @cached_property
    def _provenance(self) -> Provenance:
        asked = map(self._written, self.timeline)
        return self.reports.history.of(tuple(each for each in asked if each is not None))

    def _written(self, row: TimelineRow) -> Written | None:
        """The directive that states an event, or is wrong; None where there is none of its own."""
        if row.derived or row.date is None:
            return None
        return Written(row.place, row.date, row.kind, self.view_state.voucher)

    def brought(self, row: TimelineRow) -> list[BroughtBy]:
        """The commits behind an event; none where git does not tell."""
        commits, cut_off = self._provenance
        written = self._written(row)
        behind = [] if written is None else commits.get(written, [])
        return [
            _brought(commit, is_first=commit is behind[0], is_last_known=commit.id in cut_off)
            for commit in behind
        ]

    def said_in(self, row: TimelineRow) -> list[SaidIn]:
        """The signed messages that say an event."""
        if row.derived:
            return []
        return self.reports.exchange.said_in(row.place, row.message, self.filters.as_of)

    def key(self, row: MessageRow) -> str | None:
        """The key that has signed a message: as recorded, or of ours as the signature says."""
        if row.key is not None:
            return row.key
        signature = signature_of(kept(self.reports, row.name, "signature") or b"")
        return None if signature is None else signature.fingerprint

    def message(self, name: Name) -> str:
        """What a message is called."""
        return shown(name)

    def caption(self, entry: Entry) -> str:
        """What a link to a directive says."""
        date, _, kind = voucher.caption(entry).partition(" ")
        return f"{date} {word(kind)}"

    def hash(self, entry: Entry) -> str | None:
        """What Fava's popup calls a directive or transaction; None where Fava has none of it.

        Of daily postings it has the batch in which an event stands.
        """
        found: Entry | None = entry
        if isinstance(entry, Custom):
            found = self._directives.get(source_line(entry.meta), entry)
        elif isinstance(entry, Transaction):
            found = self.reports.standing(entry)
        return None if found is None else hash_entry(found)  # type: ignore[arg-type]

    @cached_property
    def _directives(self) -> dict[SourceLine, Custom]:
        """Its directives as they stand in what Fava has loaded, by their place.

        Its facts may have been read before, from directives that the plugin has replaced since.
        """
        own = (entry for entry in self._entries if isinstance(entry, Custom))
        return {source_line(entry.meta): entry for entry in own}

    @cached_property
    def row(self) -> RegisterRow:
        """The register's row of the voucher."""
        rows = self.reports.rows(self.filters.as_of)
        return next(row for row in rows if row.id == self.view_state.voucher)

    @property
    def proofs(self) -> list[VoucherState]:
        """What bank statements say of the voucher, by account."""
        return bank_statements.of_voucher(self.reports, self.filters, self.view_state.voucher)

    @cached_property
    def documents(self) -> list[Evidence]:
        """The documents of the voucher."""
        ledger = self.reports.ledger
        known = [entry for entry in ledger.entries if isinstance(entry, Document)]
        entries = [e for e in (*known, *self._entries) if e.date <= self.filters.as_of]
        return list(documents(self.view_state.voucher, entries, ledger.path.parent))

    def journal(self, text: str) -> str:
        """Fava's journal of the voucher's whole life up to the date."""
        chosen = {"filter": text}
        if self.filters.period and self.report is not None:
            first = self.report.voucher.events[0].date
            chosen["time"] = f"{first} - {self.filters.as_of}"
        return report("journal", **without_filters(**chosen))


def _brought(commit: Commit, *, is_first: bool, is_last_known: bool) -> BroughtBy:
    if not commit.id:
        what = gettext("not committed") if is_first else gettext("changed since, not committed")
        return BroughtBy(what, "", "", "", "")
    what = gettext("commit {id}") if is_first else gettext("changed by commit {id}")
    if is_last_known:  # a shallow clone knows nothing before it
        what = gettext("commit {id} or earlier")
    return BroughtBy(
        what,
        commit.short,
        printable(f"{commit.author} <{commit.email}>"),
        commit.date[:10],
        _signature(commit),
    )


def _signature(commit: Commit) -> str:
    """What became of a signature, in Fava's language; what a program said stays as it is."""
    said, apart, more = commit.signature, "", ""
    if said not in signatures.VERDICTS:
        said, apart, more = said.partition(": ")
    signature = f"{word(said)}{apart}{printable(more)}"
    if not commit.signer:
        return signature
    return gettext("{signature} by {signer}", signature=signature, signer=printable(commit.signer))
