"""Faults to plant in the product, each of which the comparison with the model must find.

The tables of the life and of the postings are data, so that every guard and every posting can
be taken out of them, one at a time; the rest is done to what the plugin gives Beancount.
"""

from __future__ import annotations

import datetime as dt
import itertools
import sys
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from beancount.core.data import Transaction

import beancount_voucher_plugin
from beancount_voucher.books import posting_table
from beancount_voucher.directives import schema
from beancount_voucher.directives.errors import VoucherError
from beancount_voucher.lifecycle import transitions
from tests.support import code_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import ModuleType

DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Fault:
    name: str
    plant: Callable[[pytest.MonkeyPatch], None]


@contextmanager
def planted(fault: Fault) -> Iterator[None]:
    """The product with a fault, and without it again, also in what it remembers."""
    with pytest.MonkeyPatch.context() as patch:
        fault.plant(patch)
        _forget()
        yield
    _forget()


def faults() -> list[Fault]:
    return [
        *of_output(),
        *without_a_guard(),
        *guards_in_another_order(),
        *without_a_posting(),
        *with_another_sign(),
        *days_in_another_order(),
    ]


# -- tables, and what is made of them


def _replacing(old: object, new: object) -> Callable[[pytest.MonkeyPatch], None]:
    """Put one row for another, in the table and in whatever a module has made of the table."""

    def plant(patch: pytest.MonkeyPatch) -> None:
        for module in _modules():
            for name, value in vars(module).copy().items():
                if isinstance(value, tuple | dict):
                    changed = _with(value, old, new)
                    if changed is not value:
                        patch.setattr(module, name, changed)

    return plant


def _with(value: Any, old: object, new: object) -> Any:
    """The value itself, or, where the old row is in it, one like it with the new row."""
    if value is old:
        return new
    if isinstance(value, dict):
        parts = {key: _with(part, old, new) for key, part in value.items()}
        return parts if any(parts[key] is not value[key] for key in value) else value
    if type(value) is tuple:
        changed = tuple(_with(part, old, new) for part in value)
        return changed if any(a is not b for a, b in zip(changed, value, strict=True)) else value
    return value


def _modules() -> list[ModuleType]:
    return [module for name, module in sys.modules.items() if name.startswith("beancount_voucher")]


def _forget() -> None:
    """What functions remember was made of the tables as they were."""
    for module in _modules():
        for value in vars(module).values():
            if hasattr(value, "cache_clear"):
                value.cache_clear()


# -- what the plugin gives Beancount


def of_output() -> Iterator[Fault]:
    changes: dict[str, Callable[[Any], list[Any]]] = {
        "a release a day late": lambda e: (
            [e._replace(date=e.date + DAY)] if _is(e, "void") else [e]
        ),
        "a recognition lost": lambda e: [] if _is(e, "recognise") else [e],
        "a settlement twice": lambda e: [e, e] if _is(e, "settle") else [e],
        "an effect lost": lambda e: [] if _is(e, "effect") else [e],
        "a lapse a day late": lambda e: [e._replace(date=e.date + DAY)] if _is(e, "lapse") else [e],
        "a refund twice": lambda e: [e, e] if _is(e, "refund") else [e],
        "earned a day late": lambda e: [e._replace(date=e.date + DAY)] if _is(e, "earn") else [e],
        "a posting lost": lambda e: [e._replace(postings=e.postings[1:])] if _is(e, "") else [e],
        "an error lost": lambda e: [] if _code(e) == "final" else [e],
        "an error with another code": lambda e: [_coded(e, "final", "out-of-order")],
        "an error a line too far": lambda e: [_further(e)],
    }
    for name, change in changes.items():
        yield Fault(name, _changing(change))


def _changing(change: Callable[[Any], list[Any]]) -> Callable[[pytest.MonkeyPatch], None]:
    plugin = beancount_voucher_plugin.voucher_books

    def faulty(entries: list[Any], options: dict[str, Any], config: str | None = None) -> Any:
        written, errors = plugin(entries, options, config)
        return [o for e in written for o in change(e)], [o for e in errors for o in change(e)]

    return lambda patch: patch.setattr(beancount_voucher_plugin, "voucher_books", faulty)


def _is(entry: object, event: str) -> bool:
    if not isinstance(entry, Transaction) or "voucher-event" not in entry.meta:
        return False
    return event in {"", entry.meta["voucher-event"]}


def _code(error: object) -> str:
    return code_of(error.message) if isinstance(error, VoucherError) else ""


def _coded(error: Any, code: str, other: str) -> Any:
    if _code(error) != code:
        return error
    return error._replace(message=error.message.replace(f"[{code}]", f"[{other}]"))


def _further(error: Any) -> Any:
    if not isinstance(error, VoucherError):
        return error
    return error._replace(source={**error.source, "lineno": error.source["lineno"] + 1})


# -- the life


def without_a_guard() -> Iterator[Fault]:
    for rule in transitions.TRANSITIONS:
        for guard in rule.guards:
            left = tuple(each for each in rule.guards if each is not guard)
            yield _with_guards(f"{rule.name} without {guard.__name__}", rule, left)


def guards_in_another_order() -> Iterator[Fault]:
    for rule in transitions.TRANSITIONS:
        if len(rule.guards) > 1:
            yield _with_guards(f"{rule.name} checked backwards", rule, rule.guards[::-1])


def _with_guards(name: str, rule: transitions.Transition, guards: tuple[Any, ...]) -> Fault:
    return Fault(name, _replacing(rule, rule._replace(guards=guards)))


# -- the postings


def without_a_posting() -> Iterator[Fault]:
    for row, book, legs in _cells():
        for leg in legs:
            left = ", ".join(each for each in legs if each is not leg)
            yield _with_cell(f"{row.events} {row.when}: {book} without {leg}", row, book, left)


def with_another_sign() -> Iterator[Fault]:
    for row, book, legs in _cells():
        names = [leg.split(" ")[0] for leg in legs]
        signs = [leg.split(" ")[1].translate(str.maketrans("+-", "-+")) for leg in legs]
        turned = ", ".join(map(" ".join, zip(names, signs, strict=True)))
        yield _with_cell(f"{row.events} {row.when}: {book} the other way round", row, book, turned)


def _cells() -> Iterator[tuple[posting_table.PostingRow, str, list[str]]]:
    for row in posting_table.POSTINGS:
        for book in posting_table.BOOKS:
            if getattr(row, book):
                yield row, book, getattr(row, book).split(", ")


def _with_cell(name: str, row: posting_table.PostingRow, book: str, cell: str) -> Fault:
    return Fault(name, _replacing(row, row._replace(**{book: cell})))


# -- the order of a day


def days_in_another_order() -> Iterator[Fault]:
    order = ("request", "refuse", "issue", "reject", "accept", "apply", "return", "settle")
    instrument = (
        ("issue", "amend"), ("amend", "reject"), ("accept", "consent"), ("consent", "decline"),
        ("withdraw", "apply"), ("apply", "discrepancy"), ("settle", "release"),
        ("settle", "refund"),
    )  # fmt: skip
    for one, other in (*itertools.pairwise(order), *instrument):
        ranks = schema.RANK
        swapped = {one: ranks[other], other: ranks[one]}
        yield Fault(f"{other} before {one}", _ranked(swapped))


def _ranked(ranks: dict[str, int]) -> Callable[[pytest.MonkeyPatch], None]:
    def plant(patch: pytest.MonkeyPatch) -> None:
        for kind, rank in ranks.items():
            patch.setitem(schema.RANK, kind, rank)

    return plant
