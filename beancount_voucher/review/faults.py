"""Ledger errors and findings of two revisions: which are new, mended, and there as before."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Balance, Custom, Transaction

from beancount_voucher.directives.entries import is_voucher_directive, voucher_named
from beancount_voucher.directives.source_lines import SourceLine

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.review.snapshot import Snapshot

LEDGER = "ledger"
"""The subject of what is about no voucher, party, option or period."""


class Fault(NamedTuple):
    """A ledger error or a finding; ``balance`` is the assertion that fails, if it is of one."""

    subject: str
    place: SourceLine
    message: str
    balance: Balance | None = None

    @property
    def code(self) -> str:
        """The code that ends it; nothing where it has none."""
        match = _CODE.search(self.message)
        return match[1] if match else ""


_CODE = re.compile(r"\[([a-z-]+)\]$")


_POSITION = re.compile(r"\bline [0-9]+\b|(?<![^\s()\"])[^\s()\"]+:[0-9]+\b")


class _Known(NamedTuple):
    fault: Fault
    print: tuple[object, ...]


def _faults(snapshot: Snapshot) -> Iterator[_Known]:
    for error in snapshot.ledger.errors:
        entry, source = error.entry, error.source or {}
        message = " ".join(str(error.message).split())
        place = SourceLine(str(source.get("filename", "")), int(source.get("lineno") or 0))
        what = (type(entry).__name__, getattr(entry, "date", None))
        balance = entry if isinstance(entry, Balance) else None
        fault = Fault(_subject(entry), place, message, balance)
        yield _Known(fault, (*what, _unplaced(message)))
    for finding in snapshot.findings():
        yield _of_finding(finding)


def _of_finding(finding: Finding) -> _Known:
    named = finding.text.partition(":")[0]
    subject = named if re.fullmatch(r"[A-Z0-9][A-Za-z0-9-]{0,34}", named) else LEDGER
    return _Known(
        Fault(subject, finding.place, finding.message), (finding.code, _unplaced(finding.text))
    )


def _subject(entry: object) -> str:
    if isinstance(entry, Custom) and is_voucher_directive(entry):
        return voucher_named(entry) or LEDGER
    if isinstance(entry, Transaction):
        return str(entry.meta.get("voucher", LEDGER))
    return LEDGER


def _unplaced(message: str) -> str:
    """A message without the places in it: what only moved is no new error."""
    return _POSITION.sub("…", message)


def compare(before: Snapshot, after: Snapshot) -> tuple[list[Fault], list[Fault], list[Fault]]:
    """The faults that are new, those that are mended, and those that are there as before."""
    was, now = list(_faults(before)), list(_faults(after))
    new, left = _sorted_out(now, was)
    mended, _ = _sorted_out(was, now)
    return new, mended, left


def _sorted_out(some: list[_Known], others: list[_Known]) -> tuple[list[Fault], list[Fault]]:
    """Those that the others do not have, and those that they have."""
    known = Counter(each.print for each in others)
    without, within = list[Fault](), list[Fault]()
    for each in some:
        known[each.print] -= 1
        (without if known[each.print] < 0 else within).append(each.fault)
    return without, within
