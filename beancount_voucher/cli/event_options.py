"""Arguments and options of the recording commands, made from the table of directives."""

from __future__ import annotations

import re
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from beancount.core.amount import Amount

from beancount_voucher.cli.complete import parties, voucher_ids
from beancount_voucher.cli.dating import effective_option, reopen_option
from beancount_voucher.cli.days import DAY, written_day
from beancount_voucher.cli.papers import document_option, note_option
from beancount_voucher.conditions import installed
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.parser import evidence_of
from beancount_voucher.directives.schema import (
    ANY_CONDITION,
    CHOICES,
    MEANINGS,
    TERM_PARTIES,
    VOID_REASONS,
    HasAmount,
    Kind,
    Slot,
)
from beancount_voucher.directives.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Callable

    from beancount_voucher.directives.schema import Directive, EvidenceKey


def parameters(directive: Directive) -> list[Callable[[Any], Any]]:
    """The decorators that give a command what its directive says."""
    made = [*_arguments(directive)]
    made.append(
        click.option(
            "--date",
            "--as-of",
            "date",
            type=DAY,
            metavar="DATE",
            help="The day, of a period of another name than 2026-03, 2026-Q1 or 2026."
            if directive.dated_by
            else "The day of the event (2026-03-05, yesterday, -3d); today if left out.",
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
    if directive.many:
        made.append(
            click.option(
                "--batch",
                type=click.Path(path_type=Path, dir_okay=False),
                metavar="FILE",
                help="A CSV file with a line for each voucher.",
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
    made += [_option(key, *each) for key, each in sorted(evidence_keys(directive).items())]
    if not directive.dated_by:
        made += [effective_option(), reopen_option()]
    if "document" not in directive.keys:
        made.append(document_option())
    made.append(note_option())
    made.append(
        click.option("--anyway", is_flag=True, help="Write it although something of it is doubted.")
    )
    return made


def _arguments(directive: Directive) -> list[Callable[[Any], Any]]:
    if directive.many:  # the ids may come from --id or --batch, the amount from --like
        amount = "" if directive.amount is HasAmount.NO else " [AMOUNT]"
        metavar = f"[ID]...{amount}"
        return [click.argument("words", nargs=-1, metavar=metavar, shell_complete=voucher_ids)]
    made = [
        click.argument(
            name,
            metavar="ID" if slot is Slot.VOUCHER else None,
            shell_complete={Slot.VOUCHER: voucher_ids, Slot.PARTY: parties}.get(slot),
        )
        for name, slot in directive.values.items()
        if slot is not Slot.NUMBER
    ]
    if directive.numbered:
        made += _of_amendment(directive)
    elif directive.amount is HasAmount.MUST:
        made.append(click.argument("amount", nargs=-1, required=True))
    return made


_FROM_ONE = click.IntRange(1)


def _of_amendment(directive: Directive) -> list[Callable[[Any], Any]]:
    """Its number, which the ledger tells, and of an offer the new amount.

    Behind the id the number stands as in the directive, but of an offer: there it could be
    somebody's amount.
    """
    made: list[Callable[[Any], Any]] = []
    if directive.amount is HasAmount.NO:
        made.append(
            click.argument("number_behind", metavar="[NUMBER]", required=False, type=_FROM_ONE)
        )
    made += [
        click.option(
            "--number",
            type=_FROM_ONE,
            metavar="N",
            help="Of the amendment; the next one, or the one that is open, if left out.",
        )
    ]
    if directive.amount is not HasAmount.NO:
        made.append(
            click.option(
                "--amount",
                metavar="AMOUNT",
                callback=_new_amount,
                help='The new amount: "4.00 CNY", or 4.00 in the currency of the voucher.',
            )
        )
    return made


UNSAID = ""
"""The currency of an amount that somebody gave without one: that of the voucher."""


def _new_amount(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> Money | None:
    if text is None:
        return None
    if re.fullmatch(r"[0-9]+(?:\.[0-9]+)?", text):
        return Money(Decimal(text), UNSAID)
    money = money_of(text)
    if money is None:
        raise click.BadParameter(f'an amount is such as "3650.00 CNY", not {quoted(text)}')
    return money


def _typed_amount(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> Amount | None:
    money = None if text is None else money_of(text)
    if text is not None and money is None:
        raise click.BadParameter('an amount is such as "3650.00 CNY"')
    return None if money is None else Amount(*money)


_CHOICES = {**CHOICES, Kind.REASON: tuple(VOID_REASONS)}


def _option(key: str, kind: Kind, meaning: str) -> Callable[[Any], Any]:
    if kind is Kind.FLAG:
        return click.option(f"--{key}", is_flag=True, default=None, help=meaning)
    if kind is Kind.DATE:
        return click.option(f"--{key}", type=DAY, metavar="DATE", help=meaning)
    if kind in _READ:
        metavar, typed = _READ[kind]
        return click.option(f"--{key}", metavar=metavar, callback=typed, help=meaning)
    if kind in _CHOICES:
        return click.option(f"--{key}", type=click.Choice(_CHOICES[kind]), help=meaning)
    if key == "document":
        return click.option(f"--{key}", type=click.Path(), metavar="PATH", help=meaning)
    complete = parties if key in (*TERM_PARTIES, "by", "instructed-by") else None
    return click.option(f"--{key}", metavar="TEXT", shell_complete=complete, help=meaning)


def _typed(_context: click.Context, _option: click.Parameter, text: str | None) -> object:
    """What a text means as metadata of which nobody knows the type; a day as the ledger has it."""
    if text in ("TRUE", "FALSE"):
        return text == "TRUE"
    return text and (written_day(text) or text)


def _typed_count(
    _context: click.Context, _option: click.Parameter, text: str | None
) -> Decimal | None:
    if text is not None and re.fullmatch(r"[0-9]{1,28}", text) is None:
        raise click.BadParameter(f"expected {Kind.COUNT}")
    return None if text is None else Decimal(text)


_READ: dict[Kind, tuple[str, Callable[..., object]]] = {
    Kind.AMOUNT: ("AMOUNT", _typed_amount),
    Kind.ANY: ("TEXT", _typed),
    Kind.COUNT: ("NUMBER", _typed_count),
}
"""The kinds that click does not read by itself."""


def evidence_keys(directive: Directive) -> dict[str, EvidenceKey]:
    """What an application may name beside its own keys, as conditions of other packages ask."""
    return evidence_of(installed()) if directive.name == "apply" else {}
