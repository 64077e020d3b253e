"""What one command asks to have recorded: one event, several, or a CSV file of them."""

from __future__ import annotations

import csv
import re
from typing import TYPE_CHECKING, Any, NamedTuple

import click

from beancount_voucher.cli.dating import COLUMNS
from beancount_voucher.cli.event_options import evidence_keys
from beancount_voucher.directives.facts import VOUCHER_ID
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.schema import DIRECTIVES, REQUIRED_TERMS, HasAmount
from beancount_voucher.directives.wording import printable, quoted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.schema import Directive

NUMBERED = re.compile(r"\{n(?::0(\d{1,2}))?\}")
"""Where in a pattern of ids the number stands."""

_NUMBER = re.compile(r"[0-9.,]+")


class Request(NamedTuple):
    """One event that is to be recorded.

    Attributes:
        ids: its leading values; empty where a pattern is to number the voucher.
        amount: its amount, if one is given.
        options: what else is given, by the names of options with underscores.
    """

    ids: tuple[str, ...]
    amount: Money | None
    options: Mapping[str, Any]


def requested(directive: Directive, given: Mapping[str, Any]) -> list[Request]:
    """What somebody has typed, as events to be recorded.

    Args:
        directive: what is to be recorded.
        given: what click has made of the command line.

    Raises:
        click.UsageError: it is no event, or the file of a batch cannot be read.
    """
    _check_pattern(given.get("pattern"))
    if not directive.many:
        given = _with_number(given)
        given_ids = {name: given[name] for name in directive.values}
        ids = tuple(str(each) for each in given_ids.values() if each is not None)
        amount = given.get("amount") or None
        if amount is not None and not isinstance(amount, Money):
            amount = _amount(amount)
        requests = [Request(ids, amount, given)]
    elif given["batch"] is not None:
        if given["words"]:
            raise click.UsageError("name vouchers, or a --batch of them")
        requests = list(_batch(given["batch"], directive, given))
    else:
        requests = _named(directive, given)
    for each in requests:
        _check(directive, each)
    return requests


def _with_number(given: Mapping[str, Any]) -> Mapping[str, Any]:
    """The number of an amendment, behind the voucher's id or by its option."""
    behind = given.get("number_behind")
    if behind is None:
        return given
    if given["number"] not in (None, behind):
        raise click.UsageError(f"one number, not {behind} and --number {given['number']}")
    return {**given, "number": behind}


def _check_pattern(pattern: str | None) -> None:
    if pattern is not None and len(NUMBERED.findall(pattern)) != 1:
        raise click.UsageError("--id holds {n} once, or {n:04} for four digits")


def _check(directive: Directive, request: Request) -> None:
    if not request.ids and request.options.get("pattern") is None:
        raise click.UsageError(
            "which voucher? Give its ID" + (", or --id" if directive.number_by else "")
        )
    must = directive.amount is HasAmount.MUST and request.options.get("like") is None
    if must and request.amount is None:
        raise click.UsageError('how much? Give an amount such as "3650.00 CNY"')


def check_terms(fact: Fact, known: Mapping[str, object]) -> None:
    """See that all is given that an event must say, and tell at once what is not.

    Args:
        fact: the event.
        known: what its request has said.

    Raises:
        click.UsageError: something is not.
    """
    required = REQUIRED_TERMS if fact.kind == "issue" else DIRECTIVES[fact.kind].required
    options = [f"--{key}" for key in required if key not in fact.terms and key not in known]
    if options:
        several = "s" if options[1:] else ""
        raise click.UsageError(f"{fact.ids[0]}: Missing option{several}: {', '.join(options)}")


def _named(directive: Directive, given: Mapping[str, Any]) -> list[Request]:
    """Vouchers by their ids, and behind them the amount of each."""
    words: Sequence[str] = given["words"]
    pattern = given.get("pattern")
    first = 0 if pattern is not None else 1  # an id may look like a number
    ids, amount = words, None
    if directive.amount is not HasAmount.NO:
        for size in (1, 2):
            if len(words) >= first + size and (amount := money_of(" ".join(words[-size:]))):
                ids = words[:-size]
                break
        others = [each for each in ids[first:] if not VOUCHER_ID.fullmatch(each)]
        if others or any(map(_NUMBER.fullmatch, ids[first:])) or (ids and pattern is not None):
            _amount(words[first:])
    if pattern is not None:
        return [Request((), amount, given)]
    return [Request((each,), amount, given) for each in dict.fromkeys(ids)] or [
        Request((), amount, given)
    ]


def _amount(words: Sequence[str]) -> Money:
    money = money_of(" ".join(words))
    if money is None:
        text = " ".join(words)
        raise click.UsageError(f'an amount is such as "3650.00 CNY", not "{printable(text)}"')
    return money


# --- A CSV file, a line for each ----------------------------------------------------------


def _batch(path: Path, directive: Directive, given: Mapping[str, Any]) -> Iterator[Request]:
    options = {each.name: each for each in click.get_current_context().command.params}
    known = {
        "date",
        "note",
        "document",
        *COLUMNS,
        *(key.replace("-", "_") for key in directive.keys),
    }
    known |= {name for name in options if name and name.startswith("requires_")}
    known |= {"not_before"} & options.keys()
    known |= {key.replace("-", "_") for key in evidence_keys(directive)}
    for number, row in _rows(path):
        unknown = [name for name in row if name not in known | {"id", "amount", "currency"}]
        if unknown:
            expected = ", ".join(sorted(known | {"id", "amount", "currency"}))
            raise click.UsageError(
                f"{path}: there is no column {quoted(unknown[0])}; expected {expected}"
            )
        where = f"{path}:{number}"
        money = " ".join(filter(None, (row.get("amount", ""), row.get("currency", ""))))
        amount = money_of(money)
        if money and amount is None:
            raise click.UsageError(
                f'{where}: an amount is such as "3650.00 CNY", not {quoted(money)}'
            )
        own = {
            name: _converted(options[name], text, where)
            for name, text in row.items()
            if name in known and text
        }
        ids = (row["id"],) if row.get("id") else ()
        yield Request(ids, amount, {**given, **own})


def _converted(option: click.Parameter, text: str, where: str) -> object:
    """A cell as the option of its name would read it."""
    context = click.get_current_context()
    try:
        if isinstance(option, click.Option) and option.is_flag:
            return click.BOOL.convert(text, option, context) or None
        value = option.type.convert(text, option, context)
        return value if option.callback is None else option.callback(context, option, value)
    except click.BadParameter as error:
        raise click.UsageError(f"{where}: {option.name}: {error.message}") from error


def _rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """The rows of a CSV file by the names of its columns, each with its line."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            reader = csv.reader(file, strict=True)
            names = [_name(each) for each in next(reader, [])]
            if len(set(names)) < len(names) or not names:
                raise click.UsageError(f"{path} has no headings, or one twice")
            for cells in filter(None, reader):
                if len(cells) != len(names):
                    raise click.UsageError(
                        f"{path}:{reader.line_num}: not as many cells as there are headings"
                    )
                row = zip(names, map(str.strip, cells), strict=True)
                yield reader.line_num, dict(row)
    except OSError as error:
        raise click.UsageError(f"{path} cannot be read: {error.strerror}") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise click.UsageError(f"{path} is no CSV file in UTF-8: {error}") from error


def _name(heading: str) -> str:
    return heading.strip().lower().replace("-", "_").replace(" ", "_")
