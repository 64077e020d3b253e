"""``request``, ``issue``, ``accept`` …: one command for each event that somebody records.

The commands are made from the table of directives: an argument for each value, an option
for each metadata key. What they would write is checked against the ledger as if it were
there already, and refused with the plugin's own error.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.cli.console import open_ledger
from beancount_voucher.cli.dating import date_of, period_notes
from beancount_voucher.cli.days import today
from beancount_voucher.cli.deliver import (
    Proposal,
    deliver,
    output_options,
    recorded_already,
)
from beancount_voucher.cli.doubts import doubts, warnings
from beancount_voucher.cli.event_options import UNSAID, evidence_keys, parameters
from beancount_voucher.cli.new_ids import next_id, taken
from beancount_voucher.cli.opened import open_remembered, open_to_write, recorded_of
from beancount_voucher.cli.papers import beside, missing
from beancount_voucher.cli.periods import last_day
from beancount_voucher.cli.requests import check_terms, requested
from beancount_voucher.conditions import installed
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.schema import (
    ANY_CONDITION,
    DIRECTIVES,
)
from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger.partial_dry_run import BEAR_ON_THEIR_VOUCHER
from beancount_voucher.lifecycle.closed_periods import is_closed
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.meaning import recorded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.cli.requests import Request
    from beancount_voucher.directives.money import Money
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.directives.schema import Directive
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher

SUMMARIES: dict[str, str] = {
    "request": "Record that a voucher is asked for.",
    "refuse": "Record that the bank refuses a request.",
    "issue": "Record that a voucher is issued.",
    "accept": "Record that a voucher is accepted.",
    "amend": "Record that an amendment is offered.",
    "reject": "Record that a voucher is sent back.",
    "consent": "Record that a party agrees to an amendment.",
    "decline": "Record that a party declines an amendment.",
    "withdraw": "Record that an application is taken back.",
    "apply": "Record an application for settlement.",
    "discrepancy": "Record why an application is turned down.",
    "return": "Record that the insurance was returned.",
    "recall": "Record that the issuer wants it back.",
    "surrender": "Record that the acceptor gives it back.",
    "release": "Record that what is left on hold goes home.",
    "refund": "Record that premium is paid back.",
    "repay": "Record that drawn credit is repaid.",
    "close": "Record that a period has ended.",
}

_PROCESS = """

Prints the directive, or with --write appends it to the ledger. It is checked as if it were
there already, and refused with the reason if it would be wrong. What is recorded already
ends with 0, and writes nothing.
"""

_MANY = """

Several vouchers may be named, with one amount for each of them behind; or --batch names a CSV
file with a line for each, whose columns are called id, amount, date and as the options. All of
them are recorded, or none.
"""


@dataclass(frozen=True)
class RecordCommand:
    """An event to be recorded."""

    fact: Fact
    notes: Mapping[str, Value] = field(default_factory=dict)
    opens: str = ""


def recording_commands() -> list[click.Command]:
    """One command for each of them."""
    return [_command(DIRECTIVES[name], summary) for name, summary in SUMMARIES.items()]


def _command(directive: Directive, summary: str) -> click.Command:
    @click.pass_context
    def run(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401
        output: Output = replace(given.pop("output"), anyway=given.pop("anyway"))
        file = output.file if output.write else None
        requests = requested(directive, given)
        recorders = [_Recorder(directive, each, file) for each in requests]
        opened = _opened(context, directive, requests, output)
        deliver(opened, lambda ledger: _all_of(recorders, ledger), output)

    callback = output_options(run)
    for parameter in reversed(parameters(directive)):
        callback = parameter(callback)
    many = _MANY if directive.many else ""
    return click.command(directive.name, help=summary + _PROCESS + many)(callback)


def _opened(
    context: click.Context, directive: Directive, requests: Sequence[Request], output: Output
) -> Ledger:
    """The ledger: as a whole, its facts, or what is remembered of some vouchers."""
    if directive.name not in BEAR_ON_THEIR_VOUCHER:
        return open_ledger(context)
    # With an amount, the currencies of the whole ledger are looked through.
    few = all(each.ids and each.amount is None for each in requests)
    about = recorded_of([each.ids[0] for each in requests] if few else ())
    if output.write:
        return open_to_write(context, about)
    return open_remembered(context, about).ledger


# --- What is recorded -------------------------------------------------------------------


def _all_of(recorders: Iterable[_Recorder], ledger: Ledger) -> Proposal:
    """What several events come to: all their drafts, and why any cannot be."""
    numbered: set[str] = set()
    proposals = [each.propose(ledger, numbered) for each in recorders]
    return Proposal(
        drafts=[draft for each in proposals for draft in each.drafts],
        refused=[text for each in proposals for text in each.refused],
        explained=[text for each in proposals for text in each.explained],
        already=[text for each in proposals for text in each.already],
        doubted=[text for each in proposals for text in each.doubted],
        warned=[text for each in proposals for text in each.warned],
        numbered=[text for each in proposals for text in each.numbered],
    )


@dataclass(frozen=True)
class _Recorder:
    directive: Directive
    request: Request
    file: Path | None
    """Where it is to be appended, if somebody says so."""

    @property
    def given(self) -> Mapping[str, Any]:
        """What was given beside values and amount."""
        return self.request.options

    def propose(self, ledger: Ledger, numbered: set[str]) -> Proposal:
        """The event, as the ledger stands.

        Args:
            ledger: the ledger.
            numbered: the ids that the same command has given already.
        """
        like = self.given.get("like")
        copied: dict[str, Any] = {}
        amount = self.request.amount
        ids = self._ids(ledger, numbered)
        date = self._date(ledger, ids)
        if not isinstance(date, dt.date):
            return Proposal([], refused=[date])
        if like is not None:
            model = ledger.evaluation.vouchers.get(like)
            if model is None or model.status.issued is None:
                return Proposal([], refused=[f"{like}: there is no such voucher to copy"])
            asked = ledger.evaluation.vouchers.get(ids[0])
            amount = amount or (model if asked is None else asked).amount
            try:
                copied = _copied(model, date)
            except OverflowError:
                return Proposal([], refused=[f"{like}: its dates cannot move along so far"])
            if asked is not None and asked.status.issued is None:
                for key in asked.metadata:  # the request has said it
                    copied.pop(key, None)
        voucher = ledger.evaluation.vouchers.get(ids[0])
        amount = _in_currency(amount, voucher)
        fact = Fact(
            kind=self.directive.name,
            date=date,
            ids=ids,
            amount=amount,
            terms=copied | self._terms(),
            place=NOT_WRITTEN,
        )
        found = ledger.evaluation
        known = recorded(found.vouchers, ledger.reading.facts, found.problems, fact)
        if known is None and self.directive.numbered and self.given["number"] is None:
            fact = fact._replace(ids=(ids[0], _number(ledger, ids[0], self.directive.name)))
        if known is not None:
            return Proposal([], already=[recorded_already(known)])
        refused = [*taken(ledger, fact), *_without_currency(fact)]
        if refused:
            return Proposal([], refused=refused)
        check_terms(fact, {} if voucher is None else voucher.metadata)
        paper = None if "document" in self.directive.keys else self.given.get("document")
        said = {
            **period_notes(self.given, fact, found.closed),
            **beside(self.given.get("note"), paper),
        }
        record = RecordCommand(fact, said)
        remarks = "\n".join(self._remarks(ledger, fact, said))
        return Proposal(
            [record],
            explained=[remarks],
            doubted=[*doubts(ledger, fact)],
            warned=[*warnings(ledger, fact)],
            numbered=ids if not self.request.ids else (),
        )

    def _date(self, ledger: Ledger, ids: tuple[str, ...]) -> dt.date | str:
        """The day of the event; of a period its last, or why it cannot be closed."""
        if self.directive.dated_by is None:
            dated = date_of(self.given, ledger.evaluation.closed)
            return f"{ids[0]}: {dated}" if isinstance(dated, str) else dated
        given: dt.date | None = self.given["date"]
        period = ids[0]
        ends = last_day(period)
        if ends is None and given is None:
            return (
                f"{printable(period)} is no month, quarter or year; "
                "expected a period such as 2026-09, 2026-Q3 or 2026, or --date"
            )
        if ends is not None and given not in (None, ends):
            return f"{period} ends on {ends}, and not on {given}; expected no --date"
        date = ends or given
        assert date is not None
        if date > today():
            return (
                f"{printable(period)} has not ended: {date} is still to come; expected a later day"
            )
        return date

    def _remarks(self, ledger: Ledger, fact: Fact, said: Mapping[str, Value]) -> Iterator[str]:
        """What is no error, and what somebody who records it would want to know."""
        if self.given.get("reopen") and not is_closed(
            fact.kind, fact.date, ledger.evaluation.closed
        ):
            yield f"{fact.ids[0]}: {fact.date} is in no closed period; nothing is reopened"
        yield from missing(ledger, fact, said, self.file)

    def _terms(self) -> dict[str, Any]:
        keys = [*self.directive.keys]
        if self.directive.also == ANY_CONDITION:
            keys += sorted(installed())
        keys += sorted(evidence_keys(self.directive))
        given = {key: self.given.get(key.replace("-", "_")) for key in keys}
        return {key: value for key, value in given.items() if value is not None}

    def _ids(self, ledger: Ledger, numbered: set[str]) -> tuple[str, ...]:
        ids = self.request.ids
        if self.directive.numbered and self.given["number"] is None:
            voucher = ledger.evaluation.vouchers.get(ids[0])
            last = 0 if voucher is None else voucher.status.numbered
            return ids[0], str(max(last, 1))  # what was recorded last may be said again
        if ids:
            return ids
        number = next_id(self.given["pattern"], ledger, numbered)
        numbered.add(number)
        return (number,)


def _in_currency(amount: Money | None, voucher: Voucher | None) -> Money | None:
    """An amount in the currency of its voucher, where none was given."""
    if amount is None or voucher is None or amount.currency != UNSAID:
        return amount
    return amount._replace(currency=voucher.amount.currency)


def _without_currency(fact: Fact) -> list[str]:
    """What is wrong with an amount whose currency no voucher could tell."""
    if fact.amount is None or fact.amount.currency != UNSAID:
        return []
    return [f"{fact.ids[0]}: there is no such voucher [not-found]"]


def _number(ledger: Ledger, id_: str, kind: str) -> str:
    """The number of the next amendment of a voucher, or of the last one for an answer to it."""
    voucher = ledger.evaluation.vouchers.get(id_)
    last = 0 if voucher is None else voucher.status.numbered
    return str(last + 1 if kind == "amend" else max(last, 1))


def _copied(model: Voucher, issued: dt.date) -> dict[str, Any]:
    """The terms of a voucher, its dates as far from the issue as they were."""
    moved = issued - (model.status.issued or issued)
    return {
        key: value + moved if isinstance(value, dt.date) else value
        for key, value in model.metadata.items()
        if key != "requested-by"
    }


COMMANDS = recording_commands()
