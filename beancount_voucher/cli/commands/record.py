"""``request``, ``issue``, ``accept`` …: one command for each event that somebody records.

The commands are made from the table of directives: an argument for each value, an option
for each metadata key. What they would write is checked against the ledger as if it were
there already, and refused with the plugin's own error.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.audit.source_checks import missing_documents
from beancount_voucher.cli.complete import parties, voucher_ids
from beancount_voucher.cli.console import as_day, open_ledger
from beancount_voucher.cli.deliver import Proposal, deliver, output_options, shown_as
from beancount_voucher.conditions import installed
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.schema import (
    ANY_CONDITION,
    CHOICES,
    DIRECTIVES,
    MEANINGS,
    TERM_PARTIES,
    HasAmount,
    Kind,
    Slot,
)
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.ledger.append import target_file
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.directives.schema import Directive
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher

SUMMARIES: dict[str, str] = {
    "request": "Record that a voucher is asked for.",
    "refuse": "Record that the bank refuses a request.",
    "issue": "Record that a voucher is issued.",
    "accept": "Record that a voucher is accepted.",
    "reject": "Record that a voucher is sent back.",
    "apply": "Record an application for settlement.",
    "return": "Record that the insurance was returned.",
    "repay": "Record that drawn credit is repaid.",
    "close": "Record that a period has ended.",
}

_PROCESS = """

Prints the directive, or with --write appends it to the ledger. It is checked as if it were
there already, and refused with the reason if it would be wrong.
"""

_NUMBERED = re.compile(r"\{n(?::0(\d{1,2}))?\}")


@dataclass(frozen=True)
class RecordCommand:
    """An event to be recorded."""

    fact: Fact
    notes: Mapping[str, Value] = field(default_factory=dict)


def recording_commands() -> list[click.Command]:
    """One command for each of them."""
    return [_command(DIRECTIVES[name], summary) for name, summary in SUMMARIES.items()]


def _command(directive: Directive, summary: str) -> click.Command:
    @click.pass_context
    def run(context: click.Context, /, **given: Any) -> None:  # noqa: ANN401
        output: Output = given.pop("output")
        recorder = _Recorder(directive, given, output.file if output.write else None)
        recorder.check()
        deliver(open_ledger(context), recorder.propose, output)

    callback = output_options(run)
    for parameter in reversed(list(_parameters(directive))):
        callback = parameter(callback)
    return click.command(directive.name, help=summary + _PROCESS)(callback)


# --- Arguments and options, from the table ----------------------------------------------


def _parameters(directive: Directive) -> list[Callable[[Any], Any]]:
    made = [*_arguments(directive)]
    made.append(
        click.option(
            "--date",
            type=click.DateTime(["%Y-%m-%d"]),
            callback=as_day,
            metavar="DATE",
            help="The day of the event (2026-03-05); today if left out.",
        )
    )
    if directive.number_by:
        made.append(
            click.option(
                "--id",
                "pattern",
                metavar="PATTERN",
                help="Number the voucher: V-2026-{n:04} takes the number after the highest.",
            )
        )
    if directive.copies:
        made.append(
            click.option(
                "--like",
                metavar="ID",
                shell_complete=voucher_ids,
                help="Copy what is not given from this voucher; its dates move along.",
            )
        )
    made += [_option(key, kind, MEANINGS[key]) for key, kind in directive.keys.items()]
    if directive.also == ANY_CONDITION:
        made += [_option(key, each.form, each.meaning) for key, each in sorted(installed().items())]
    made.append(click.option("--note", metavar="TEXT", help="A note for the reader."))
    return made


def _arguments(directive: Directive) -> list[Callable[[Any], Any]]:
    if directive.number_by:  # the id may come from --id, the amount from --like
        return [
            click.argument("words", nargs=-1, metavar="[ID] [AMOUNT]", shell_complete=voucher_ids)
        ]
    made = [
        click.argument(
            name,
            metavar="ID" if slot is Slot.VOUCHER else None,
            shell_complete={Slot.VOUCHER: voucher_ids, Slot.PARTY: parties}.get(slot),
        )
        for name, slot in directive.values.items()
    ]
    if directive.amount is HasAmount.MUST:
        made.append(click.argument("amount", nargs=-1, required=True))
    elif directive.amount is HasAmount.MAY:
        made.append(click.argument("amount", nargs=-1, metavar="[AMOUNT]"))
    return made


def _option(key: str, kind: Kind, meaning: str) -> Callable[[Any], Any]:
    if kind is Kind.FLAG:
        return click.option(f"--{key}", is_flag=True, default=None, help=meaning)
    if kind is Kind.DATE:
        day = click.DateTime(["%Y-%m-%d"])
        return click.option(f"--{key}", type=day, metavar="DATE", help=meaning)
    if kind is Kind.ANY:
        return click.option(f"--{key}", metavar="TEXT", callback=_typed, help=meaning)
    if kind in CHOICES:
        return click.option(f"--{key}", type=click.Choice(CHOICES[kind]), help=meaning)
    if key == "document":
        return click.option(f"--{key}", type=click.Path(), metavar="PATH", help=meaning)
    complete = parties if key in (*TERM_PARTIES, "by", "instructed-by") else None
    return click.option(f"--{key}", metavar="TEXT", shell_complete=complete, help=meaning)


def _typed(_context: click.Context, _option: click.Parameter, text: str | None) -> object:
    """What a text means as metadata of which nobody knows the type."""
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    try:
        return text and dt.date.fromisoformat(text)
    except ValueError:
        return text


# --- What is recorded -------------------------------------------------------------------


@dataclass(frozen=True)
class _Recorder:
    directive: Directive
    given: Mapping[str, Any]
    file: Path | None
    """Where it is to be appended, if somebody says so."""

    def check(self) -> None:
        """Wrong usage, before any ledger is read."""
        self._amount()
        pattern = self.given.get("pattern")
        if pattern is not None and len(_NUMBERED.findall(pattern)) != 1:
            raise click.UsageError("--id holds {n} once, or {n:04} for four digits")
        if self.directive.number_by and pattern is None and not self.given["words"]:
            raise click.UsageError("which voucher? Give its ID, or --id")
        needs_amount = self.directive.amount is HasAmount.MUST and self.given.get("like") is None
        if needs_amount and self._amount() is None:
            raise click.UsageError('how much? Give an amount such as "3650.00 CNY"')

    def propose(self, ledger: Ledger) -> Proposal:
        """The event, as the ledger stands."""
        like = self.given.get("like")
        copied: dict[str, Any] = {}
        amount = self._amount()
        if like is not None:
            model = ledger.evaluation.vouchers.get(like)
            if model is None or model.status.issued is None:
                return Proposal([], refused=[f"{like}: there is no such voucher to copy"])
            asked = ledger.evaluation.vouchers.get(self._ids(ledger)[0])
            amount = amount or (model if asked is None else asked).amount
            try:
                copied = _copied(model, self.given["date"])
            except OverflowError:
                return Proposal([], refused=[f"{like}: its dates cannot move along so far"])
            if asked is not None and asked.status.issued is None:
                for key in asked.metadata:  # the request has said it
                    copied.pop(key, None)
        fact = Fact(
            kind=self.directive.name,
            date=self.given["date"],
            ids=self._ids(ledger),
            amount=amount,
            terms=copied | self._terms(),
            place=NOT_WRITTEN,
        )
        note = self.given.get("note")
        record = RecordCommand(fact, {} if note is None else {"note": note})
        remarks = "\n".join(self._remarks(ledger, fact))
        return Proposal([record], explained=[remarks] if remarks else [])

    def _remarks(self, ledger: Ledger, fact: Fact) -> Iterator[str]:
        """What is no error, and what somebody who records it would want to know."""
        closed = ledger.evaluation.closed
        if closed is not None and fact.date <= closed:
            yield f"{fact.ids[0]}: dated {fact.date}, and the books were closed on {closed}"
        home = self.file or target_file(ledger, fact)
        for finding in missing_documents([fact._replace(place=SourceLine(str(home), 0))]):
            yield f"{finding.text}, seen from {shown_as(home)}"

    def _terms(self) -> dict[str, Any]:
        keys = [*self.directive.keys]
        if self.directive.also == ANY_CONDITION:
            keys += sorted(installed())
        given = {key: self.given.get(key.replace("-", "_")) for key in keys}
        return {
            key: value.date() if isinstance(value, dt.datetime) else value
            for key, value in given.items()
            if value is not None
        }

    def _ids(self, ledger: Ledger) -> tuple[str, ...]:
        if not self.directive.number_by:
            return tuple(self.given[name] for name in self.directive.values)
        if self.given["pattern"] is not None:
            return (_next_id(self.given["pattern"], ledger),)
        return (self.given["words"][0],)

    def _amount(self) -> Money | None:
        if self.directive.number_by:
            words = self.given["words"][self.given["pattern"] is None :]
        else:
            words = self.given.get("amount", ())
        if not words:
            return None
        money = money_of(" ".join(words))
        if money is None:
            text = " ".join(words)
            raise click.UsageError(f'an amount is such as "3650.00 CNY", not "{text}"')
        return money


def _copied(model: Voucher, issued: dt.date) -> dict[str, Any]:
    """The terms of a voucher, its dates as far from the issue as they were."""
    moved = issued - (model.status.issued or issued)
    return {
        key: value + moved if isinstance(value, dt.date) else value
        for key, value in model.metadata.items()
        if key != "requested-by"
    }


def _next_id(pattern: str, ledger: Ledger) -> str:
    """The pattern with the number after the highest that a voucher of the ledger has."""
    before, width, after = _NUMBERED.split(pattern)
    known = re.compile(f"{re.escape(before)}([0-9]+){re.escape(after)}")
    ids = {fact.ids[0] for fact in ledger.reading.facts} | set(ledger.evaluation.vouchers)
    numbers = [int(match[1]) for each in ids if (match := known.fullmatch(each))]
    return f"{before}{max(numbers, default=0) + 1:0{int(width or 0)}}{after}"


COMMANDS = recording_commands()
