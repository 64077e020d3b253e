"""The tables of tests/lifecycle and tests/books as stories of the independent model.

Each line of a table has what becomes of it, written by hand; the model has an opinion of its own.
What only the form of a directive decides is left out: the model knows no form.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tests.support.give_back_tables import GRACE, IMPLIED, STATED
from tests.support.instrument_model import Said, Whole
from tests.support.instrument_stories import Story
from tests.support.instrument_tables import BOOKS, CREDIT, DERIVED, SCENARIOS, TERMED
from tests.support.lives import Line, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

FORM = ("unknown-key", "missing-key", "condition-unknown", "bad-reason")
"""What the model cannot judge; neither can it what is ``bad-value`` by form, or on one day twice."""
LIMIT = Decimal(1000)
ISSUED = date(2026, 3, 2)
TERMS: dict[str, Any] = {"accept-by": date(2026, 3, 5), "apply-by": date(2026, 3, 31)}


@dataclass(frozen=True)
class Probe:
    """A life and what its table says of each directive: state or code; empty: nothing."""

    name: str
    story: Story
    expected: tuple[str, ...]


def probes() -> list[Probe]:
    return list(_all())


def _all() -> Iterator[Probe]:
    for name, text in SCENARIOS.items():
        yield _probe(name, {"draws": '"multiple"'}, {}, text)
    for name, text in CREDIT.items():
        yield _probe(name, {"draws": '"multiple"', "funding": '"credit"'}, {}, text)
    for name, (terms, options, text) in TERMED.items():
        if name != "money that no amount can be":
            yield _probe(name, {"draws": '"multiple"', **terms}, options, text)
    for grace, given_back in ((None, IMPLIED), (GRACE, STATED)):
        for name, (terms, text) in given_back.items():
            yield _probe(name, terms, {}, text, grace)
    for table in (BOOKS, DERIVED):
        for name, (terms, options, text, _) in table.items():
            yield _probe(name, {"draws": '"multiple"', **terms}, options, text)


def _probe(
    name: str,
    terms: dict[str, Any],
    options: dict[str, str],
    text: str,
    grace: int | None = None,
) -> Probe:
    told = [line for line in lines(text) if _is_judged(line)]
    meta = TERMS | {key: _value(value) for key, value in terms.items() if value is not None}
    funding = str(meta.pop("funding", "cash"))
    said = [Said(ISSUED, "issue", Decimal("100.00"), 0, meta), *map(_said, told)]
    last = max(each.date for each in said)
    said.append(Said(last + timedelta(days=1), "close"))
    whole = Whole(
        funding=funding,
        one_bank="acceptor" in terms,
        recognise_at=options.get("recognise-at", "coverage"),
        separate=True,
        earning=options.get("earning", "none"),
        limit=LIMIT,
        said=said,
        grace=grace,
    )
    whole.live()
    return Probe(name, Story("CNY", whole), ("", *(line.becomes for line in told), ""))


def _is_judged(line: Line) -> bool:
    odd = "duplicate" in line.becomes and line.kind == "amend"
    formal = line.becomes == "bad-value" and not _changes_nothing(line)
    odd = odd or "12345678901234567890123456789" in line.rest or "kept=1.00 USD" in line.rest
    return line.kind != "close" and line.becomes not in FORM and not odd and not formal


def _changes_nothing(line: Line) -> bool:
    return line.rest in ("100.00 CNY", "apply-by=2026-03-31", 'draws="multiple"')


def _said(line: Line) -> Said:
    day = line.day if len(line.day) > len("03-04") else f"2026-{line.day}"
    amount = re.search(r"(?:^| )\(?(-?[\d.]+)\)? ([A-Z]{3})(?= |$)", line.rest)
    meta = {
        key: _value(value)
        for key, value in re.findall(r'([a-z-]+)=("[^"]*"|-?[\d.]+ CNY|\S+)', line.rest)
    }
    return Said(
        date.fromisoformat(day),
        line.kind,
        Decimal(amount[1]) if amount else None,
        int(line.number or 0),
        meta,
        currency=None if amount is None or amount[2] == "CNY" else amount[2],
    )


def _value(text: str) -> Any:
    if text.startswith('"'):
        return text.strip('"')
    if text == "TRUE":
        return True
    return Decimal(text.split(maxsplit=1)[0]) if text.endswith("CNY") else date.fromisoformat(text)
