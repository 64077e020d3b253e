"""Statements that were reconciled: each once, unless replaced (manual: bank-statements)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact


@dataclass(slots=True)
class Reconciled:
    """The records that stand, in order."""

    records: list[Fact] = field(default_factory=list)

    def take(self, fact: Fact) -> Problem | None:
        """A statement is reconciled once: no day of it again under its id, nor out of its file.

        Banks that do not number their statements give all of them one id. One record may
        replace another of its statement and day, whose number it names.
        """
        replaced = self._replaced_by(fact)
        if replaced is None and "replaces" in fact.terms:
            number = f"{fact.terms['replaces']:f}"
            wrong = f'statement "{fact.ids[1]}" has no record {number} of {fact.date} that stands'
            return fact.problem("no-record", wrong, "the number of its latest record")
        for earlier in self.records:
            again = earlier.ids == fact.ids and _overlap(earlier, fact)
            if earlier is not replaced and (again or _same_statement(earlier, fact)):
                what = f'reconciliation of statement "{fact.ids[1]}"'
                return fact.repeats(earlier, what, "one only, or which it `replaces`")
        if replaced is not None:
            self.records.remove(replaced)
        self.records.append(fact)
        return None

    def _replaced_by(self, fact: Fact) -> Fact | None:
        """The record that stands and that another of its statement and day names."""
        place = fact.ids, fact.date, fact.terms.get("replaces")
        return next(
            (
                each
                for each in self.records
                if (each.ids, each.date, number_of_record(each)) == place
            ),
            None,
        )


def number_of_record(fact: Fact) -> int:
    """The how manieth record of its statement and day a reconciliation is."""
    return int(fact.terms.get("replaces", 0)) + 1


def _overlap(one: Fact, other: Fact) -> bool:
    """Whether two reconciliations have days in common; one may open on the other's last day."""
    starts, other_starts = one.terms["period-start"], other.terms["period-start"]
    return bool(starts < other.date and other_starts < one.date)


def _same_statement(one: Fact, other: Fact) -> bool:
    """Whether two reconciliations are of one statement of a file, whatever the id.

    Of several pages or statements of a day, each closes with another balance.
    """
    account, period = one.ids[0] == other.ids[0], one.date == other.date
    contents = all(one.terms[key] == other.terms[key] for key in ("sha256", "closing"))
    return account and period and contents
