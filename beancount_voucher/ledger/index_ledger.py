"""A ledger out of the index: like one whose facts were read, but of some vouchers only."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from beancount.core.data import Custom, entry_sortkey

from beancount_voucher.books.plugin_lines import kept_by, plugin_lines, problems_of_facts
from beancount_voucher.directives.facts import Reading, order
from beancount_voucher.ledger.index_part import counts
from beancount_voucher.ledger.loader import Ledger, load_facts, same_bytes
from beancount_voucher.lifecycle.credit_lines import PartOfLines
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    from beancount_voucher.books.free_funds import FreeFunds
    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.index_part import Part, Remembered
    from beancount_voucher.lifecycle.credit_lines import Pair
    from beancount_voucher.lifecycle.evaluation import Evaluation


@dataclass(frozen=True)
class PartOfLedger(Ledger):
    """The facts of some vouchers, and all that bears on them; the problems are of all.

    Attributes:
        counted: the credit lines all of whose vouchers are in it.
        others: the problems of what is not in it.
        any_vouchers: whether the whole has a voucher directive.
        was_funded: whether it is known that the money was there for all.
    """

    counted: Collection[Pair] = ()
    others: list[Problem] = field(default_factory=list)
    any_vouchers: bool = False
    was_funded: Callable[[], bool] = lambda: False

    @property
    def is_whole(self) -> bool:
        """It never is."""
        return False

    @property
    def is_part(self) -> bool:
        """Whether it has some vouchers only."""
        return True

    @property
    def has_vouchers(self) -> bool:
        """Whether any voucher directive is there, right or wrong."""
        return self.any_vouchers

    def with_facts(self, more: Iterable[Fact]) -> Evaluation:
        """What the facts would come to if these stood in the ledger, too.

        Args:
            more: facts of vouchers that are in it, which take no credit.
        """
        facts = sorted([*self.counting, *more], key=order)
        state, horizon = self.evaluation.ledger_state, self.evaluation.horizon
        lines = PartOfLines(self.counted)
        after = evaluate(
            Reading(facts, self.reading.problems),
            state.event_directives,
            state.conditions,
            horizon,
            lines,
        )
        return replace(after, problems=[*after.problems, *self.others])

    @property
    def counting(self) -> list[Fact]:
        """Its facts, but for those of credit lines that are left out."""
        return [fact for fact in self.reading.facts if counts(fact, self.counted)]

    def unfunded(self, as_of: dt.date) -> dict[str, Problem]:
        """The open vouchers whose money is not there at the end of a day, and why.

        Raises:
            ChangedMeanwhileError: only all facts tell, and the files are others by now.
        """
        return {} if self.was_funded() else super().unfunded(as_of)

    @cached_property
    def free_funds(self) -> FreeFunds:
        """What is free on the accounts that vouchers are paid from: all facts tell."""
        whole = load_facts(self.path)
        same_bytes(whole, self)
        return whole.free_funds


def ledger_of(
    top: Path, known: Remembered, part: Part, was_funded: Callable[[], bool]
) -> PartOfLedger:
    """A part of what is remembered, as a ledger.

    Args:
        top: its top file.
        known: what is remembered.
        part: the part.
        was_funded: whether it is known that the money was there for all.
    """
    options = known.options
    lines = plugin_lines(options)
    return PartOfLedger(
        path=top,
        entries=sorted([*part.entries, *known.accounts], key=entry_sortkey),
        errors=[problem.error() for problem in problems_of_facts(part.evaluation, lines)],
        options=options,
        reading=part.reading,
        evaluation=part.evaluation,
        has_plugin=bool(lines),
        kept=kept_by(lines),
        fingerprint=known.fingerprint,
        counted=part.counted,
        others=part.others,
        any_vouchers=bool(known.state.blocks)
        or any(isinstance(each, Custom) for each in known.general),
        was_funded=was_funded,
    )
