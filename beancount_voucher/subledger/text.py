"""Facts as canonical text, one line each, and digests of it.

Not pickle, which would run what somebody put into a file, and differs from process to process;
nor the ledger's own lines, which say one thing in many ways. A line is a JSON array: kind, date,
ids, amount, terms, line number, notes. Values that JSON has no type for are arrays that begin
with a letter: ``["d", "2026-03-01"]``, ``["n", "0.90"]``, ``["a", "120.00", "CNY"]``.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount.core.amount import Amount
from beancount.core.data import Custom
from beancount.parser.grammar import ValueType

from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import PREFIX
from beancount_voucher.directives.source_lines import SourceLine

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

_ENCODE = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode
_SET_BY_PROGRAMS = ("filename", "lineno")


def as_text(value: object) -> str:
    """Plain data (lists, texts, numbers, nothing) as one line of JSON, always the same."""
    return _ENCODE(value)


def digest(*parts: bytes | str) -> str:
    """What tells texts from any others: SHA-256 over all of them and their lengths."""
    found = hashlib.sha256()
    for part in parts:
        each = part.encode() if isinstance(part, str) else part
        found.update(b"%d\n" % len(each))
        found.update(each)
    return found.hexdigest()


def line_of(fact: Fact) -> str:
    """A fact as its canonical line, without the file that it stands in."""
    terms = fact.terms
    amount = None if fact.amount is None else [f"{fact.amount.number:f}", fact.amount.currency]
    notes = _notes(fact)
    return _ENCODE(
        [
            fact.kind,
            fact.date.isoformat(),
            fact.ids,
            amount,
            {key: _encoded(value) for key, value in terms.items()},
            fact.place.lineno,
            notes,
        ]
    )


def _notes(fact: Fact) -> dict[str, Any] | None:
    """What a directive says beside its terms; None where it says nothing."""
    meta = {} if fact.entry is None else fact.entry.meta
    if len(meta) == len(fact.terms) + len(_SET_BY_PROGRAMS):
        return None
    notes = {
        key: _encoded(value)
        for key, value in meta.items()
        if key not in fact.terms and key not in _SET_BY_PROGRAMS and not key.startswith("__")
    }
    return notes or None


def fact_of(line: str, filename: str, *, shown: bool = True) -> Fact:
    """The fact of a canonical line.

    Args:
        line: what ``line_of`` gave.
        filename: the file that the fact stands in.
        shown: whether some condition wants to see the directive of an application.
    """
    kind, date, ids, amount, terms, lineno, notes = json.loads(line)
    day = dt.date.fromisoformat(date)
    for key, value in terms.items():
        if type(value) is list:
            terms[key] = _decoded(value)
    place = SourceLine(filename, lineno)
    money = None if amount is None else Money(Decimal(amount[0]), amount[1])
    entry = None
    if notes is not None or (shown and kind == "apply"):
        more = {} if notes is None else {key: _decoded(value) for key, value in notes.items()}
        entry = _entry(kind, day, ids, money, {**place._asdict(), **terms, **more})
    return Fact(kind, day, tuple(ids), money, terms, place, entry)


def _entry(
    kind: str, date: dt.date, ids: Iterable[str], money: Money | None, meta: dict[str, Any]
) -> Custom:
    values: list[Any] = [ValueType(each, str) for each in ids]
    if money is not None:
        values.append(ValueType(Amount(*money), Amount))
    return Custom(meta, date, PREFIX + kind, values)


def encoded(values: Mapping[str, object]) -> dict[str, Any]:
    """Metadata as JSON has it."""
    return {key: _encoded(value) for key, value in values.items()}


def decoded(values: Mapping[str, Any]) -> dict[str, Any]:
    """Metadata as Beancount has it."""
    return {key: _decoded(value) for key, value in values.items()}


def _encoded(value: object) -> object:
    if isinstance(value, str | int) or value is None:
        return value
    if isinstance(value, dt.date):
        return ["d", value.isoformat()]
    if isinstance(value, Decimal):
        return ["n", str(value)]
    assert isinstance(value, Amount)
    return ["a", None if value.number is None else str(value.number), value.currency]


def _decoded(value: Any) -> Any:  # noqa: ANN401
    if type(value) is not list:
        return value
    kind, text, *rest = value
    if kind == "d":
        return dt.date.fromisoformat(text)
    number = None if text is None else Decimal(text)
    return number if kind == "n" else Amount(number, *rest)  # type: ignore[arg-type]
