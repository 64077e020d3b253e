"""Bank advices held against vouchers: what a payment proves, and what the ledger says already.

``importer`` reads the files and gives the directives to beangulp; what they come to is decided
here (manual: bank-statements).
"""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.amount import Amount
from beancount.core.data import Custom, new_metadata
from beancount.parser.grammar import ValueType

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.entries import voucher_named
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.parser import MESSAGE
from beancount_voucher.directives.schema import PREFIX
from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger.broken_directives import undecidable
from beancount_voucher.lifecycle import transitions
from beancount_voucher.lifecycle.candidates import candidate_of
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN, Decisions
from beancount_voucher.lifecycle.events import State
from beancount_voucher.reconciliation.references import References

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable, Mapping
    from decimal import Decimal

    from beancount.core.data import Account, Meta

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.events import VoucherEvent
    from beancount_voucher.lifecycle.vouchers import Voucher
    from beancount_voucher.statements.statement import StatementLine

KINDS = ("settle", "accept", "void")
"""What an advice can become; all but ``settle`` only by a code of the bank."""

APPLIED = "__applied__"
"""On an entry: the day of the application that it would settle; another may have been before it."""


class Advice(NamedTuple):
    """One payment that the bank tells of.

    Attributes:
        line: what it says.
        booked: whether it is on the account.
        code: the bank's own code of the transaction; empty where it has none.
        advice: the bank's id of the notification.
        currency: the account's.
    """

    line: StatementLine
    booked: bool
    code: str
    advice: str
    currency: str


def said_of(entry: Custom) -> tuple[str, str | None]:
    """The event that a directive states, and of which voucher."""
    return entry.type, voucher_named(entry)


def mark(meta: Meta, entry: Custom) -> Custom:
    """What a duplicate is marked with: where the other stands, and nothing Fava cannot send."""
    place = new_metadata(meta["filename"], meta["lineno"])
    return Custom(place, entry.date, entry.type, [])


class Drawing:
    """What the advices of one file come to in one ledger."""

    def __init__(
        self, ledger: Ledger, account: Account, codes: Mapping[str, str], duplicate: str
    ) -> None:
        """Take the account, and the key under which a duplicate names what says the same."""
        self._evaluation = ledger.evaluation
        self._chart = Bookkeeper(ledger.evaluation, ledger.names, ledger.kept).chart
        self._account = account
        self._codes = codes
        self._duplicate = duplicate
        self._naming = References(ledger.evaluation.vouchers)
        self._undecidable = undecidable(ledger)

    def entries(self, filepath: str, advices: Iterable[Advice]) -> list[Custom]:
        """The directives.

        Two advices that tell different things of one event prove neither, and a payment that
        the same file takes back proves nothing.
        """
        told: dict[tuple[str, str], dict[tuple[object, ...], Advice]] = defaultdict(dict)
        undone: set[tuple[str, Decimal]] = set()
        for advice in advices:
            line, named = advice.line, self._naming.named(advice.line)
            if len(named) != 1:
                continue
            voucher = self._evaluation.vouchers[next(iter(named))]
            kind = None if line.takes_back else self._kind(advice, voucher)
            if kind is not None:
                same = (line.date, line.amount, line.bank_reference)
                told[kind, voucher.id].setdefault(same, advice)
            elif advice.booked:
                undone.add((voucher.id, abs(line.amount)))
        drawn = []
        # Refunds first: what is none takes something back.
        for (kind, voucher_id), each in sorted(
            told.items(), key=lambda item: item[0][0] != "refund"
        ):
            voucher = self._evaluation.vouchers[voucher_id]
            found, rest = self._recorded(filepath, kind, voucher, each.values())
            drawn += found
            if kind == "refund":
                undone |= {(voucher_id, abs(advice.line.amount)) for advice in rest}
            elif len(rest) == 1 and (voucher_id, abs(rest[0].line.amount)) not in undone:
                entry = self._entry(filepath, rest[0], kind, voucher)
                drawn += [] if entry is None else [entry]
        return sorted(drawn, key=lambda entry: (entry.date, *said_of(entry)))

    def _recorded(
        self, filepath: str, kind: str, voucher: Voucher, advices: Iterable[Advice]
    ) -> tuple[list[Custom], list[Advice]]:
        """What the ledger says of payments that may be several, each by itself; and the rest."""
        if kind != "refund" and (kind != "settle" or not _may_be_several(voucher)):
            return [], list(advices)
        if voucher.id in self._undecidable:
            return [], []
        events = [event for event in voucher.events if event.kind == kind]
        drawn: list[Custom] = []
        rest: list[Advice] = []
        for advice in sorted(advices, key=lambda each: each.line.date):
            event = self._one_of(events, advice, voucher)
            if event is None:
                rest.append(advice)
                continue
            events.remove(event)
            money = Money(event.amount, voucher.amount.currency)
            drawn.append(self._directive(filepath, advice, event.fact, money, event))
        return drawn, rest

    def _one_of(
        self, events: Iterable[VoucherEvent], advice: Advice, voucher: Voucher
    ) -> VoucherEvent | None:
        """The first event of an advice's amount, if it is not about the application that stands."""
        applied, amount = _stands(voucher), abs(advice.line.amount)
        if applied is not None and applied.amount == amount and advice.line.date >= applied.date:
            return None
        return next((each for each in events if self._shows(each, voucher) == amount), None)

    def _shows(self, event: VoucherEvent, voucher: Voucher) -> Decimal:
        """What this account shows of a settlement or refund: what goes to a loan it does not."""
        terms, change = voucher.agreed, event.change
        pays = self._account == self._chart.account(terms.policyholder, "bank", terms.issuer, None)
        to_loan = change.to_loan if pays and change is not None else 0
        return event.amount - to_loan

    def _kind(self, advice: Advice, voucher: Voucher) -> str | None:
        """What the advice tells of the voucher, if this account is one that would show it."""
        terms = voucher.terms
        if terms is None or advice.currency != voucher.amount.currency:
            return None
        kind = self._codes.get(advice.code, "settle")
        pays = self._account == self._chart.account(terms.policyholder, "bank", terms.issuer, None)
        receives = self._account == self._chart.account(terms.insurer, "bank", terms.acceptor, None)
        shown = {
            "settle": advice.booked
            and (
                (receives and advice.line.amount > 0)
                or (pays and terms.funding == "cash" and advice.line.amount < 0)
            ),
            "accept": receives,
            "void": pays,
        }
        if shown[kind]:
            return kind
        back = advice.line.amount < 0 if receives else pays and advice.line.amount > 0
        refunded = (
            kind == "settle" and advice.booked and back and voucher.last("refund") is not None
        )
        return "refund" if refunded else None

    def _entry(self, filepath: str, advice: Advice, kind: str, voucher: Voucher) -> Custom | None:
        """The directive; None for what the advice does not prove, or the ledger would refuse."""
        money = Money(abs(advice.line.amount), voucher.amount.currency)
        recorded = voucher.last(kind)
        if voucher.id in self._undecidable:
            return None
        if recorded is not None and not _may_be_several(voucher):
            amount = recorded.amount if kind == "settle" else voucher.amount.number
            return (
                self._directive(filepath, advice, recorded.fact, money, recorded)
                if amount == money.number
                else None
            )
        fact = self._fact(advice.line.date, kind, voucher, money)
        return None if fact is None else self._directive(filepath, advice, fact, money)

    def _fact(self, date: dt.date, kind: str, voucher: Voucher, money: Money) -> Fact | None:
        judge = Decisions(self._evaluation, date)
        status = voucher.status
        if kind == "settle":
            applied = status.application
            if applied is None or applied.amount != money.number:
                return None
            found = judge.settle(voucher.id, money)
            return None if isinstance(found, Problem) or found.effective != date else found.fact
        if status.held != money.number:
            return None
        if kind == "void":
            due = judge.due_for(voucher)
            if due is None or due.fact.kind != "void":
                return None
            return due.fact._replace(date=max(due.fact.date, date))  # not before the bank did
        fact = Fact(kind, date, (voucher.id,), None, {}, NOT_WRITTEN)
        candidate = candidate_of(self._evaluation.ledger_state, fact)
        refused = transitions.transition_or_problem(candidate)
        return None if isinstance(refused, Problem) else fact

    def _directive(
        self,
        filepath: str,
        advice: Advice,
        fact: Fact,
        money: Money,
        recorded: VoucherEvent | None = None,
    ) -> Custom:
        """The entry, which names the advice; one that is recorded already names that, too."""
        meta = new_metadata(filepath, advice.line.position)
        if "reason" in fact.terms:
            meta["reason"] = fact.terms["reason"]
        said = [advice.advice, f"entry {advice.line.position}", advice.line.bank_reference or ""]
        meta["note-advice"] = printable(", ".join(filter(None, said)))
        applied = _stands(self._evaluation.vouchers[fact.ids[0]])
        if recorded is None and applied is not None:
            meta[APPLIED] = str(applied.date)
        if recorded is None and fact.date != advice.line.date:  # its period is closed
            meta["note-effective"] = advice.line.date
        values = [ValueType(fact.ids[0], str)]
        if fact.kind in ("settle", "refund"):
            values.append(ValueType(Amount(money.number, money.currency), Amount))
        entry = Custom(meta, fact.date, f"{PREFIX}{fact.kind}", values)
        if recorded is not None:
            if fact.message is not None:  # it is the same event, with the same evidence
                meta[MESSAGE] = fact.message
            place = recorded.place
            meta[self._duplicate] = mark(new_metadata(place.filename, place.lineno), entry)
        return entry


def _stands(voucher: Voucher) -> VoucherEvent | None:
    """The application that is neither settled nor gone."""
    return voucher.status.application if voucher.status.state is State.APPLIED else None


def _may_be_several(voucher: Voucher) -> bool:
    """Whether a voucher may be settled more than once, or was."""
    terms = voucher.terms
    settled = sum(event.kind == "settle" for event in voucher.events)
    return settled > 1 or (terms is not None and terms.draws == "multiple")
