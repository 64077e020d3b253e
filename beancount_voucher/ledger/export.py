"""A ledger as plain Beancount: vouchers written out, loadable without this package.

What Beancount made of the ledger is printed, so that other plugins need not run again, and
every account has the same balance on every date. The voucher directives stay as comments,
for the reader.
"""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core.data import (
    Booking,
    Close,
    Custom,
    Document,
    Event,
    Note,
    Open,
    Pad,
    Query,
    Transaction,
)
from beancount.core.position import Cost
from beancount.parser import options as beancount_options
from beancount.parser import printer

from beancount_voucher.directives.entries import is_voucher_directive
from beancount_voucher.directives.money import is_amount
from beancount_voucher.directives.printer import value
from beancount_voucher.directives.source_lines import SEEN

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Posting

_NOT_AGAIN = (
    "documents",  # found documents are entries by now
    "insert_pythonpath",
    "display_precision",
)


def plain(entries: Iterable[Entry], options: Mapping[str, Any]) -> Iterator[str]:
    """A whole ledger, piece by piece.

    Args:
        entries: Beancount's entries, after all plugins.
        options: Beancount's options.
    """
    yield from plain_options(options)
    raw = options.get("plugin_processing_mode") == "raw"
    for entry in entries:
        # But in raw mode, the transactions that a pad brought are there.
        if raw or not isinstance(entry, Pad):
            yield f"\n{plain_entry(entry)}"


def plain_vouchers(
    entries: Iterable[Entry],
    options: Mapping[str, Any],
    vouchers: Container[str],
    until: dt.date = dt.date.max,
    since: dt.date = dt.date.min,
) -> Iterator[str]:
    """What a ledger says of some vouchers, with the options and accounts that it needs.

    Args:
        entries: Beancount's entries, after all plugins.
        options: Beancount's options.
        vouchers: the vouchers' ids.
        until: the last day.
        since: the first day of what is theirs.
    """
    yield from plain_options(options)
    entries = [entry for entry in entries if entry.date <= until]
    named = (entry for entry in entries if entry.meta.get("voucher") in vouchers)
    ours = {id(entry) for entry in named if entry.date >= since}
    accounts = {
        posting.account
        for entry in entries
        if isinstance(entry, Transaction) and id(entry) in ours
        for posting in entry.postings
    }
    for entry in entries:
        if id(entry) in ours or (isinstance(entry, Open | Close) and entry.account in accounts):
            yield f"\n{plain_entry(entry)}"


def plain_options(options: Mapping[str, Any]) -> Iterator[str]:
    """Beancount's options that are not as they are by themselves."""
    for group in beancount_options.PUBLIC_OPTION_GROUPS:
        for option in group.options:
            given = options.get(option.name, option.default_value)
            if option.name not in _NOT_AGAIN and given != option.default_value:
                yield from (
                    f'option "{option.name}" {value(each)}\n' for each in _option_values(given)
                )


def _option_values(given: Any) -> list[str]:  # noqa: ANN401
    if isinstance(given, dict):
        return [f"{key}:{_option_value(each)}" for key, each in given.items()]
    if isinstance(given, list):
        return [_option_value(each) for each in given]
    return [_option_value(given)]


def _option_value(given: Any) -> str:  # noqa: ANN401
    if isinstance(given, Booking):
        return str(given.name)
    if isinstance(given, Decimal):
        return f"{given:f}"  # with an exponent, Beancount would read another number
    return str(given).upper() if isinstance(given, bool) else str(given)


def plain_entry(entry: Entry) -> str:
    """One entry; a voucher directive as a comment."""
    if isinstance(entry, Custom):
        text = _custom(entry)
        if entry.values and not is_voucher_directive(entry):
            return text
        # One without values would make ``pad`` fail, where no plugin of ours mends it.
        return "".join(f"; {line}\n" for line in text.splitlines())
    return str(printer.format_entry(_exact(_escaped(entry))))


def _escaped(entry: Entry) -> Entry:
    """An entry whose texts survive Beancount's printer, which escapes only some of them."""
    if isinstance(entry, Note):
        return entry._replace(comment=_inside(entry.comment))
    if isinstance(entry, Event):
        return entry._replace(type=_inside(entry.type), description=_inside(entry.description))
    if isinstance(entry, Query):
        return entry._replace(name=_inside(entry.name), query_string=_inside(entry.query_string))
    if isinstance(entry, Document):
        return entry._replace(filename=_inside(entry.filename))
    if isinstance(entry, Transaction):
        return entry._replace(postings=[_escaped_label(posting) for posting in entry.postings])
    return entry


def _escaped_label(posting: Posting) -> Posting:
    cost = posting.cost
    if not isinstance(cost, Cost) or cost.label is None:
        return posting
    return posting._replace(cost=cost._replace(label=_inside(cost.label)))


class _Fixed(Decimal):
    """A number that the printer writes without an exponent, which the parser cannot read."""

    def __str__(self) -> str:
        return f"{self:f}"


def _exact(entry: Entry) -> Entry:
    """An entry whose numbers in metadata survive Beancount's printer."""
    entry = entry._replace(meta=_fixed(entry.meta))
    if isinstance(entry, Transaction):
        postings = [each._replace(meta=_fixed(each.meta)) for each in entry.postings]
        return entry._replace(postings=postings)
    return entry


def _fixed(meta: Mapping[str, Any] | None) -> dict[str, Any]:
    given = (meta or {}).items()
    return {key: _Fixed(each) if isinstance(each, Decimal) else each for key, each in given}


def _inside(text: str) -> str:
    """A text as it stands between quotes."""
    return value(text)[1:-1]


def _custom(entry: Custom) -> str:
    lines = [" ".join([f"{entry.date} custom {value(entry.type)}", *_values(entry)])]
    for key, each in entry.meta.items():
        hidden = key in ("filename", "lineno") or key.startswith("__")
        if not hidden and not (key == "voucher" and SEEN in entry.meta):
            lines.append(f"  {key}: {_value(each)}".rstrip())
    return "\n".join(lines) + "\n"


def _values(entry: Custom) -> Iterator[str]:
    after_a_number = False
    for given, dtype in entry.values or ():
        text = str(given) if dtype == "<AccountDummy>" else _value(given)
        if after_a_number and text.startswith("-"):  # or it would be a subtraction
            number, space, currency = text.partition(" ")
            text = f"({number}){space}{currency}"
        yield text
        after_a_number = isinstance(given, Decimal)


def _value(given: Any) -> str:  # noqa: ANN401
    if is_amount(given):
        return f"{given.number:f} {given.currency}"
    return value(given) if isinstance(given, str | bool | Decimal | dt.date) else ""
