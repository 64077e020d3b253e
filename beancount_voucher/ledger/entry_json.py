"""Directives as JSON, and back, exactly: what the index keeps of a ledger.

Only what decides about vouchers, and what is said of accounts. Numbers keep their digits, as
texts. A directive that holds anything else cannot be kept
(``NotKeptError``), and then nothing of its ledger is.
"""

from __future__ import annotations

import copy
import datetime as dt
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core import account
from beancount.core.amount import Amount
from beancount.core.data import Balance, Booking, Close, Custom, Event, Open, Pad
from beancount.parser.grammar import ValueType
from beancount.parser.options import OPTIONS_DEFAULTS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Meta

Json = Any
"""What ``json`` writes and reads: here lists, texts, whole numbers, true, false and null."""


class NotKeptError(ValueError):
    """A directive that no JSON of ours can hold."""


def as_json(entry: Entry, places: dict[str, int]) -> Json:
    """A directive as JSON.

    Args:
        entry: as the parser makes it.
        places: of the names of the ledger's files among all of them.

    Raises:
        NotKeptError: it is none of those that are kept, or holds what cannot be.
    """
    if type(entry) is Custom:
        said: list[Json] = [entry.type, [_value(each) for each in entry.values or ()]]
        if entry.values is None:
            said[1] = None
    elif type(entry) in _OTHERS:
        said = _OTHERS[type(entry)](entry)
    else:
        raise NotKeptError(type(entry).__name__)
    meta = entry.meta
    at, lineno = places.get(meta["filename"]), meta["lineno"]
    if at is None or type(lineno) is not int:
        raise NotKeptError("metadata has replaced its place")
    kept = [at, lineno, entry.date.isoformat(), *said]
    more = {
        key: value if type(value) is str or value is True else _plain(value)
        for key, value in meta.items()
        if key not in _PLACE
    }
    return [*kept, more] if more else kept


_PLACE = ("filename", "lineno")


def from_json(kept: Json, files: Sequence[str]) -> Entry:
    """The directive of which ``as_json`` has made this.

    Args:
        kept: the JSON.
        files: the names of the ledger's files.
    """
    kind = kept[3]
    meta: Meta = {"filename": files[kept[0]], "lineno": kept[1]}
    if type(kept[-1]) is dict:
        for key, value in kept[-1].items():
            meta[key] = value if type(value) is str or value is True else _unplain(value)
    date = dt.date.fromisoformat(kept[2])
    if type(kind) is str:
        values: Any = kept[4]  # None, where Beancount has that for none
        return Custom(meta, date, kind, values and [_unvalue(each) for each in values])
    return _READS[kind](meta, date, *kept[4 : 4 + _SIZES[kind]])


# --- Values: of a custom, and in metadata ----------------------------------------------------


def _plain(value: object) -> Json:
    """A value of metadata: texts, true, false and null as they are, all else in a list."""
    if value is None or type(value) in (str, bool):
        return value
    if type(value) is Decimal:
        return ["n", str(value)]
    if type(value) is dt.date:
        return ["d", value.isoformat()]
    if type(value) is Amount and type(value.number) is Decimal:
        return ["a", str(value.number), value.currency]
    raise NotKeptError(type(value).__name__)


def _unplain(kept: Json) -> Any:  # noqa: ANN401
    return kept if type(kept) is not list else _UNPLAIN[kept[0]](*kept[1:])


_UNPLAIN: dict[str, Callable[..., object]] = {
    "n": Decimal,
    "d": dt.date.fromisoformat,
    "a": lambda number, currency: Amount(Decimal(number), currency),
}


def _value(each: ValueType) -> Json:
    """A value of a custom: an account is marked, as its type is all that tells it from a text."""
    value: object = each.value
    dtype: object = each.dtype
    if dtype is type(value):
        return _plain(value)
    if dtype == account.TYPE and type(value) is str:
        return ["account", value]
    raise NotKeptError(str(dtype))


def _unvalue(kept: Json) -> ValueType:
    if type(kept) is str:
        return ValueType(kept, str)
    if type(kept) is list and kept[0] == "account":
        return ValueType(kept[1], account.TYPE)  # type: ignore[arg-type]
    value = _unplain(kept)
    return ValueType(value, type(value))


# --- Events and accounts ---------------------------------------------------------------------


def _event(entry: Event) -> list[Json]:
    return [1, entry.type, entry.description]


def _open(entry: Open) -> list[Json]:
    booking = entry.booking
    return [2, entry.account, entry.currencies, None if booking is None else booking.name]


def _close(entry: Close) -> list[Json]:
    return [3, entry.account]


def _balance(entry: Balance) -> list[Json]:
    amount, tolerance = _plain(entry.amount), _plain(entry.tolerance)
    return [4, entry.account, amount, tolerance, _plain(entry.diff_amount)]


def _pad(entry: Pad) -> list[Json]:
    return [5, entry.account, entry.source_account]


_OTHERS: dict[type, Callable[[Any], list[Json]]] = {
    Event: _event,
    Open: _open,
    Close: _close,
    Balance: _balance,
    Pad: _pad,
}
"""What is kept beside customs: a number in the place of a custom's type, and what it says."""

_SIZES = {1: 2, 2: 3, 3: 1, 4: 4, 5: 2}

_READS: dict[int, Callable[..., Entry]] = {
    1: Event,
    2: lambda meta, date, name, currencies, booking: Open(
        meta, date, name, currencies, None if booking is None else Booking[booking]
    ),
    3: Close,
    4: lambda meta, date, name, *others: Balance(meta, date, name, *map(_unplain, others)),
    5: Pad,
}

OF_ACCOUNTS = (Open, Close, Balance, Pad)
"""What is said of accounts."""


# --- Options ---------------------------------------------------------------------------------


def options_json(options: Mapping[str, Any]) -> Json:
    """Beancount's options, as far as they say something that is not found in directives."""
    return {name: _option(value) for name, value in options.items() if _is_kept(value)}


def options_from_json(kept: Json) -> dict[str, Any]:
    """Options of which ``options_json`` has made this, with the defaults of the others."""
    options = copy.deepcopy(OPTIONS_DEFAULTS)
    options.update({name: _unoption(value) for name, value in kept.items()})
    return options


def _is_kept(value: object) -> bool:
    if isinstance(value, list | tuple):
        return all(map(_is_kept, value))
    if isinstance(value, dict):
        return all(map(_is_kept, value.values()))
    return value is None or isinstance(value, str | int | Decimal | Booking)


def _option(value: Any) -> Json:  # noqa: ANN401
    """Lists and tuples are told apart, as numbers are."""
    if isinstance(value, list | tuple):
        return ["t" if isinstance(value, tuple) else "l", [_option(each) for each in value]]
    if isinstance(value, dict):
        return ["m", {key: _option(each) for key, each in value.items()}]
    if isinstance(value, Booking):
        return ["b", value.name]
    return ["n", str(value)] if isinstance(value, Decimal) else value


def _unoption(kept: Json) -> Any:  # noqa: ANN401
    return kept if type(kept) is not list else _UNOPTION[kept[0]](kept[1])


_UNOPTION: dict[str, Callable[[Any], object]] = {
    "t": lambda kept: tuple(map(_unoption, kept)),
    "l": lambda kept: list(map(_unoption, kept)),
    "m": lambda kept: {key: _unoption(each) for key, each in kept.items()},
    "b": lambda kept: Booking[kept],
    "n": Decimal,
}
