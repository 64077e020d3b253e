"""What follows from what: one change that is not allowed, and below it what it has brought about.

Somebody mistypes one amount, and every later event of the voucher is refused, each with an
error, and a balance fails. That is one violation, and the others are its consequences. None of
them is lost, and none passes because another is excused: this only puts them in order.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Balance

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.review.records import RecordedDirective
    from beancount_voucher.review.rules import ReviewCase, Violation

_OF_THE_LINE = ("insufficient-credit", "insufficient-funds", "exceeds-drawn")
"""Codes of what another voucher, or the credit line itself, may have taken away."""

_OF_EVENTS = ("condition-unmet", "condition-waiting", "conditions-met")
"""Codes of what an ``event`` of Beancount decides."""


class _Root(NamedTuple):
    """Something that consequences may follow from, and its place among the violations."""

    at: int
    violation: Violation


class Finder:
    """Finds what each violation follows from.

    Attributes:
        causes: for each violation the place of what it follows from; its own if it stands for
            itself.
    """

    def __init__(self, violations: Sequence[Violation], case: ReviewCase) -> None:
        """Look for the cause of each of them."""
        self._case = case
        self._by_hand = [
            _Root(at, each)
            for at, each in enumerate(violations)
            if each.edit is not None and each.edit.is_by_hand
        ]
        self._by_voucher: dict[str, int] = {}
        for at, violation in self._by_hand:
            voucher = _voucher(violation)
            if voucher is not None:
                self._by_voucher.setdefault(voucher, at)
        self._fresh = set(_fresh_places(case))
        self._asserted = {
            (each.date, each.account, each.amount)
            for each in case.before.entries
            if isinstance(each, Balance)
        }
        self._moved = {
            change.id: {(each.account, each.currency) for each in change.moves}
            for change in case.comparison.vouchers
        }
        for at, violation in enumerate(violations):  # in their order: the first is the cause
            if violation.edit is not None and not violation.edit.is_by_hand:
                assert violation.edit.refused is not None
                code = violation.edit.refused.code
                self._add(at, violation, code)
        self.causes = [self._cause(at, each) for at, each in enumerate(violations)]

    def is_direct(self, violation: Violation) -> bool:
        """Whether somebody has written what is wrong, and has not only brought it about."""
        if violation.edit is not None:
            return violation.edit.is_by_hand
        return violation.fault is None or violation.place in self._fresh

    def grouped(self, left: Mapping[int, Violation]) -> list[Violation]:
        """Of the violations those that are left, by their places, each below its cause.

        Where the cause is not left, what follows from it stands for itself.
        """
        below: dict[int, list[Violation]] = {}
        for at, violation in left.items():
            if self.causes[at] != at and self.causes[at] in left:
                below.setdefault(self.causes[at], []).append(violation)
        return [
            each._replace(consequences=tuple(below.get(at, ())))
            for at, each in left.items()
            if self.causes[at] == at or self.causes[at] not in left
        ]

    def _add(self, at: int, violation: Violation, code: str) -> None:
        """Where a voucher that nobody has touched is refused, by whom, or by itself."""
        voucher = _voucher(violation)
        if voucher is not None and voucher not in self._by_voucher:
            root = self._elsewhere(violation.subject, code)
            self._by_voucher[voucher] = at if root is None else root

    def _cause(self, at: int, violation: Violation) -> int:
        cause = None
        edit = violation.edit
        if edit is not None and edit.is_by_hand:  # told once, and what other rules say of it below
            cause = next(root.at for root in self._by_hand if root.violation.edit is edit)
        elif edit is not None:
            cause = self._by_voucher.get(_voucher(violation) or "")
        elif violation.fault is not None and violation.place not in self._fresh:
            cause = self._of_fault(violation)
        return at if cause is None else cause

    def _of_fault(self, violation: Violation) -> int | None:
        fault = violation.fault
        assert fault is not None
        if fault.balance is not None:
            return self._of_balance(violation)
        found = self._by_voucher.get(violation.subject)
        return self._elsewhere(violation.subject, fault.code) if found is None else found

    def _of_balance(self, violation: Violation) -> int | None:
        """The first change of a voucher that has moved what a balance asserts."""
        assert violation.fault is not None
        balance = violation.fault.balance
        assert balance is not None
        if (balance.date, balance.account, balance.amount) not in self._asserted:
            return None
        for voucher, at in self._by_voucher.items():
            for account, currency in self._moved.get(voucher, ()):
                inside = f"{account}:".startswith(f"{balance.account}:")
                if inside and currency == balance.amount.currency:
                    return at
        return None

    def _elsewhere(self, voucher: str, code: str) -> int | None:
        """What another edit has to do with a code: one of the same credit line or event."""
        for at, violation in self._by_hand:
            assert violation.edit is not None
            edited = violation.edit.before
            if code in _OF_THE_LINE and self._pair(edited) & self._pair_of(voucher):
                return at
            if code in _OF_EVENTS and edited.kind == "event":
                return at
        return None

    def _pair(self, record: RecordedDirective) -> set[tuple[str, ...]]:
        if record.kind in ("credit-line", "repay"):
            return {record.ids}
        return set() if record.voucher is None else self._pair_of(record.voucher)

    def _pair_of(self, voucher: str) -> set[tuple[str, ...]]:
        """Policyholder and issuer of a voucher, on either side."""
        ledgers = self._case.before, self._case.after
        found = (each.evaluation.vouchers.get(voucher) for each in ledgers)
        return {
            (each.terms.policyholder, each.terms.issuer)
            for each in found
            if each is not None and each.terms is not None
        }


def _voucher(violation: Violation) -> str | None:
    return None if violation.edit is None else violation.edit.before.voucher


def _fresh_places(case: ReviewCase) -> Iterator[object]:
    """Where what the change has added stands: what is wrong with it is its own mistake."""
    facts = case.comparison.facts
    records: Iterable[RecordedDirective] = (
        *facts.added,
        *(each.record for each in facts.refused),
    )
    return (each.place for each in records)
