"""The part of a ledger that a question is about, out of the index: read and evaluated as ever.

A voucher's life depends on its own directives, on those that are of no voucher, and, where it
draws on credit, on what others have left of the credit line. So a part has all vouchers of a
line on which anything was ever refused, or refunded; where nothing was, nothing is refused to
fewer vouchers, and those of the line that nobody asks about are left out.
"""

from __future__ import annotations

import datetime as dt
from bisect import bisect_right
from dataclasses import dataclass, replace
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

from beancount.core.data import entry_sortkey

from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.facts import Reading
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.source_lines import SourceLine, Sources
from beancount_voucher.ledger.entry_json import from_json, options_from_json
from beancount_voucher.ledger.index_build import LINE_KINDS
from beancount_voucher.ledger.index_state import Summary
from beancount_voucher.ledger.index_store import DamagedError, unpacked
from beancount_voucher.ledger.parsed_files import FileState, Fingerprint
from beancount_voucher.lifecycle.credit_lines import PartOfLines
from beancount_voucher.lifecycle.days import day_after
from beancount_voucher.lifecycle.evaluation import evaluate

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.index_state import Block, State
    from beancount_voucher.ledger.index_store import Digest, Json, Store
    from beancount_voucher.lifecycle.credit_lines import Pair
    from beancount_voucher.lifecycle.evaluation import Evaluation


@dataclass(frozen=True, slots=True)
class Part:
    """Some vouchers of a ledger, with all that bears on them.

    Attributes:
        entries: their directives, those of no voucher and the ``event``s, in the ledger's order.
        reading: the facts among them.
        evaluation: what these come to, but for credit lines that do not count; its problems are
            those of the whole ledger.
        counted: the credit lines all of whose vouchers are among them.
        others: the problems of what was not evaluated.
        judged: the places of all that was evaluated.
    """

    entries: list[Entry]
    reading: Reading
    evaluation: Evaluation
    counted: Collection[Pair]
    others: list[Problem]
    judged: set[tuple[str, int]]


class Remembered:
    """What is remembered of a ledger, as far as it was asked for.

    Everything that is asked for may raise ``DamagedError``: it is not there any more.
    """

    def __init__(
        self,
        store: Store,
        state: State,
        new: Mapping[Digest, bytes] = MappingProxyType({}),
    ) -> None:
        """Take a state that holds for the ledger's files as they are.

        Args:
            store: where it is kept.
            state: it.
            new: parts that were made just now, and may not be kept.
        """
        self.store = store
        self.state = state
        self.files = [file.name for file in state.files]
        self.options = options_from_json(state.options)
        self.names = Names(self.options)
        self.new = dict(new)
        self.is_kept = not new
        self._parts: dict[Digest, Json] = {}

    def set_funded(self, funded: bool | None) -> None:
        """Know whether the money was there for all, if somebody has looked."""
        if funded is not None and funded != self.state.funded:
            self.change(replace(self.state, funded=funded), {})

    @property
    def fingerprint(self) -> Fingerprint:
        """What tells the ledger's files from any others."""
        files = {
            each.name: FileState(each.digest, each.directives, []) for each in self.state.files
        }
        includes = {pattern: tuple(found) for pattern, found in self.state.includes.items()}
        return Fingerprint(files, includes, {})

    def change(self, state: State, new: Mapping[Digest, bytes]) -> None:
        """Know more, of the same files."""
        self.state, self.is_kept = state, False
        self.new.update(new)

    # --- What is kept -------------------------------------------------------------------------

    def parts(self, digests: Iterable[Digest]) -> list[Json]:
        """Parts, each read once."""
        wanted = list(digests)
        self._parts |= {each: unpacked(self.new[each]) for each in wanted if each in self.new}
        missing = [each for each in dict.fromkeys(wanted) if each not in self._parts]
        if missing:
            self._parts.update(zip(missing, self.store.parts(missing), strict=True))
        return [self._parts[each] for each in wanted]

    @property
    def horizon(self) -> dt.date | None:
        """The date of the latest valid directive; None where there is none."""
        return None if self.state.horizon is None else dt.date.fromisoformat(self.state.horizon)

    @cached_property
    def general(self) -> list[Entry]:
        """The directives that are of no voucher, and the ``event``s."""
        (kept,) = self.parts([self.state.general])
        return self._entries(kept)

    @cached_property
    def accounts(self) -> list[Entry]:
        """Opens, closes, balances and pads."""
        (kept,) = self.parts([self.state.accounts])
        return self._entries(kept)

    @cached_property
    def problems(self) -> list[tuple[str | None, Problem]]:
        """What is wrong with directives, each with the voucher that it is about."""
        (kept,) = self.parts([self.state.problems])
        return [
            (voucher, Problem(code, SourceLine(filename, lineno), wrong, expected))
            for voucher, code, filename, lineno, wrong, expected in kept
        ]

    @cached_property
    def lines(self) -> dict[Pair, tuple[bool, list[str]]]:
        """Each credit line: whether nothing was ever refused or refunded on it; its vouchers."""
        (kept,) = self.parts([self.state.lines])
        return {(line[0], line[1], line[2]): (clean, ids) for line, clean, ids in kept}

    def block(self, voucher: str) -> tuple[int, Block] | None:
        """The block in which a voucher lies, or would lie; None for one before all others."""
        firsts = [each.first for each in self.state.blocks]
        at = bisect_right(firsts, voucher) - 1
        return None if at < 0 else (at, self.state.blocks[at])

    @cached_property
    def summaries(self) -> dict[str, Summary]:
        """All of them."""
        kept = self.parts([block.summary for block in self.state.blocks])
        return {each[0]: Summary(*each) for block in kept for each in block}

    def summaries_of(self, ids: Iterable[str]) -> dict[str, Summary]:
        """Those of some vouchers, as far as they are known."""
        wanted = set(ids)
        blocks = {found[0]: found[1] for each in wanted if (found := self.block(each))}
        kept = self.parts([block.summary for block in blocks.values()])
        return {each[0]: Summary(*each) for block in kept for each in block if each[0] in wanted}

    def directives_of(self, summaries: Mapping[str, Summary]) -> dict[str, list[Json]]:
        """The directives of some vouchers, as they are kept."""
        wanted: dict[Digest, None] = {}
        for each in summaries.values():
            found = self.block(each.id)
            assert found is not None
            wanted[found[1].live if each.live else found[1].done] = None
        kept = self.parts(wanted)
        return {name: said for part in kept for name, said in part.items() if name in summaries}

    def _entries(self, kept: Iterable[Json]) -> list[Entry]:
        return [from_json(each, self.files) for each in kept]

    # --- What is asked for --------------------------------------------------------------------

    def live(self, as_of: dt.date = dt.date.max) -> set[str]:
        """The vouchers about which somebody may have to decide.

        Args:
            as_of: the day by which it is judged. What is decided may be dated on it, or on the
                day after the horizon.
        """
        day = str(as_of)
        reached = str(as_of if self.horizon is None else max(as_of, day_after(self.horizon)))
        return {
            each.id
            for each in self.summaries.values()
            if each.live
            and (
                each.quiet is None
                or each.quiet < day
                or (each.due is not None and each.due <= reached)
            )
        }

    def due_by(self, horizon: dt.date) -> set[str]:
        """The vouchers to which something happens up to a day that no directive states."""
        day = str(horizon)
        blocks = [each for each in self.state.blocks if each.due is not None and each.due <= day]
        kept = self.parts([block.summary for block in blocks])
        summaries = (Summary(*each) for block in kept for each in block)
        return {each.id for each in summaries if each.due is not None and each.due <= day}

    def facts_of(self, kept: Iterable[Json]) -> list[Fact]:
        """The facts among directives that are kept."""
        return self._read(self._entries(kept)).facts

    def part(self, ids: Iterable[str]) -> Part:
        """Some vouchers, which need not exist, and what bears on them."""
        found, counted = self.reaching(ids)
        return self.evaluated(self.directives_of(found), counted)

    def reaching(
        self, ids: Iterable[str], also: Collection[Pair] = ()
    ) -> tuple[dict[str, Summary], set[Pair]]:
        """Some vouchers with all of the credit lines that bear on them, and those lines.

        Args:
            ids: the vouchers.
            also: lines that bear on them, whether anything was refused on them or not.
        """
        counted: set[Pair] = set()
        found: dict[str, Summary] = {}
        new, touched = self.summaries_of(ids), set(also)
        while new or touched:
            found |= new
            touched |= {
                (line[0], line[1], line[2])
                for each in new.values()
                for line in each.lines
                if not self.lines[line[0], line[1], line[2]][0]
            }
            touched -= counted
            counted |= touched
            beside = {
                each for line in touched if line in self.lines for each in self.lines[line][1]
            }
            new, touched = self.summaries_of(beside - found.keys()), set()
        return found, counted

    def evaluated(
        self,
        directives: Mapping[str, Sequence[Json]],
        counted: Collection[Pair],
        *,
        grows: bool = False,
    ) -> Part:
        """Vouchers of the lines that count, and others, evaluated.

        Args:
            directives: of each voucher.
            counted: the lines all of whose vouchers are among them.
            grows: whether directives that are not kept yet are among them.

        Raises:
            DamagedError: what is kept is not what was found.
        """
        entries = [*self.general]
        for each in directives.values():
            entries += self._entries(each)
        entries.sort(key=entry_sortkey)
        whole = self._read(entries)
        counting = [each for each in whole.facts if counts(each, counted)]
        evaluation = evaluate(
            Reading(counting, whole.problems),
            EventDirectives(entries),
            installed(),
            self.horizon,
            PartOfLines(counted),
        )
        if not grows and evaluation.horizon != self.horizon:
            raise DamagedError
        left_out = {each.place for each in whole.facts if not counts(each, counted)}
        judged = {(each.meta["filename"], each.meta["lineno"]) for each in entries} - left_out
        others = [problem for _, problem in self.problems if tuple(problem.place) not in judged]
        evaluation = replace(evaluation, problems=[*evaluation.problems, *others])
        return Part(entries, whole, evaluation, counted, others, judged)

    def _read(self, entries: Iterable[Entry]) -> Reading:
        return read(entries, self.names, installed(), Sources.of(self.options))


def counts(fact: Fact, counted: Collection[Pair]) -> bool:
    """Whether a fact is of no credit line, or of one that counts."""
    if fact.kind not in LINE_KINDS or fact.amount is None:
        return True
    return (*fact.ids[:2], fact.amount.currency) in counted
