"""Two branches' changes of one file, merged by fact (the merge driver of ``.gitattributes``).

Git merges lines: it reports a conflict where two branches only append, and interleaves or
doubles directives where it does not. Here what either branch added is added once, what
either took away is away, and ours comes first. What must not be merged is a dispute: both
changed the same thing differently, or the facts of one make those of the other break a rule
that each alone keeps.
"""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.conditions import EventDirectives, installed
from beancount_voucher.directives.facts import Fact, Reading, order
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.schema import DIRECTIVES, TERM_PARTIES
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.review.blocks import Block, BlockError, blocks, parsed

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterable, Iterator, Sequence

_PLACE = re.compile(r" \(line [0-9]+\)| at line [0-9]+")
"""The lines of three files mean nothing to a reader of the fourth."""

_ENOUGH = Decimal(10) ** 20
"""The limit of a credit line that stands in another file."""


class Merged(NamedTuple):
    """A merged file, and why it is none yet: one line for each dispute."""

    content: bytes
    disputes: list[str]


class Dispute(NamedTuple):
    """Blocks of either branch that do not go together."""

    message: str
    ours: list[Block]
    theirs: list[Block]


@dataclass(frozen=True, slots=True)
class _Three:
    """The common base and the two branches, by what their blocks say."""

    base: dict[Hashable, Block]
    ours: dict[Hashable, Block]
    theirs: dict[Hashable, Block]

    @property
    def our_new(self) -> list[Block]:
        return _without(self.ours, self.base, self.theirs)

    @property
    def their_new(self) -> list[Block]:
        return _without(self.theirs, self.base, self.ours)

    @property
    def gone_twice(self) -> list[Block]:
        """What both took away or changed."""
        return _without(self.base, self.ours, self.theirs)


def _without(some: dict[Hashable, Block], *others: dict[Hashable, Block]) -> list[Block]:
    return [block for key, block in some.items() if not any(key in other for other in others)]


def merge(base: bytes, ours: bytes, theirs: bytes) -> Merged:
    """Merge two changes of a file.

    Args:
        base: the file as both branches knew it; nothing if each made it anew.
        ours: the file here; its newlines are kept.
        theirs: the file there.

    Returns:
        The merged file. Where there is a dispute, both sides stand in it between git's
        conflict markers, which Beancount does not take for anything.
    """
    try:
        three = _Three(
            *({each.key: each for each in blocks(side)} for side in (base, ours, theirs))
        )
    except BlockError as error:
        whole = Dispute("", [_whole(ours)], [_whole(theirs)])
        return Merged(_marked(whole).encode(), [f"it cannot be merged by fact: {error}"])
    disputes = [*_changed_twice(three), *_out_of_order(three)]
    merged = _merged(three)
    disputes += _contradictions(three, merged, disputes)
    text = "".join(_written(merged, disputes))
    newline = "\r\n" if b"\r\n" in ours else "\n"
    content = text.replace("\n", newline).encode()
    fault = None if disputes else _fault(content)
    if fault is not None:  # such as an option of one branch under which lines of the other fail
        whole = Dispute("", [_whole(ours)], [_whole(theirs)])
        return Merged(_marked(whole).encode(), [f"together they are no ledger: {fault}"])
    return Merged(content, [each.message for each in disputes])


def _fault(content: bytes) -> str | None:
    """Why Beancount cannot read a file, though it can read those that it was merged of."""
    try:
        parsed(content)
    except BlockError as error:
        return str(error)
    return None


def _whole(content: bytes) -> Block:
    return Block(None, content.decode(errors="replace"), None)


# --- What stands where ------------------------------------------------------------------


def _merged(three: _Three) -> list[Block]:
    """Ours without what they took away, and what they added after what they added it to."""
    kept = [
        _chosen(three, key, block)
        for key, block in three.ours.items()
        if key in three.theirs or key not in three.base
    ]
    after: dict[Hashable, list[Block]] = {}
    known, anchor = {block.key for block in kept}, None
    for key, block in three.theirs.items():
        if key in known:
            anchor = key
        elif key not in three.base:
            after.setdefault(anchor, []).append(block)
    merged = list[Block]()
    waiting = after.get(None, [])
    for block in kept:
        is_ours_alone = block.key not in three.base and block.key not in three.theirs
        if not is_ours_alone:
            merged += waiting
            waiting = []
        merged.append(block)
        waiting += after.get(block.key, [])
    return merged + waiting


def _chosen(three: _Three, key: Hashable, ours: Block) -> Block:
    """Of two texts that say the same, the one that was changed; of two changed ones, ours."""
    base, theirs = three.base.get(key), three.theirs.get(key)
    if base is None or theirs is None:
        return ours
    if ours.comments == theirs.comments:
        return theirs if ours.text == base.text else ours
    return theirs if ours.comments == base.comments else ours


def _written(merged: Sequence[Block], disputes: Sequence[Dispute]) -> Iterator[str]:
    of = {
        id(block): dispute
        for dispute in reversed(disputes)
        for block in (*dispute.ours, *dispute.theirs)
    }
    told: set[int] = set()
    for block in merged:
        dispute = of.get(id(block))
        if dispute is None:
            yield _ended(block.text)
        elif id(dispute) not in told:
            told.add(id(dispute))
            yield _marked(dispute)
    for dispute in disputes:
        if id(dispute) not in told:
            yield _marked(dispute)


def _marked(dispute: Dispute) -> str:
    ours, theirs = (
        "".join(_ended(block.text) for block in side) for side in (dispute.ours, dispute.theirs)
    )
    return f"<<<<<<< ours\n{ours}=======\n{theirs}>>>>>>> theirs\n"


def _ended(text: str) -> str:
    return text if text.endswith("\n") else f"{text}\n"


# --- Disputes about the text ------------------------------------------------------------


def _changed_twice(three: _Three) -> Iterator[Dispute]:
    """What both changed, and not into the same."""
    stretches = _stretches(three)
    ours_instead, theirs_instead = _Instead(three, three.ours), _Instead(three, three.theirs)
    disputed: set[Hashable] = set()
    seen: set[Hashable] = set()
    for block in three.gone_twice:
        place = (
            stretches[block.key] if block.fact is None else (block.fact.kind, block.fact.subject)
        )
        if place in seen:
            continue
        seen.add(place)
        ours, theirs = ours_instead.of(block, place), theirs_instead.of(block, place)
        keys = {each.key for each in (*ours, *theirs)}
        if {each.key for each in ours} != {each.key for each in theirs} and not keys & disputed:
            disputed |= keys
            yield Dispute(f"both branches change {_title(block)}", ours, theirs)
    for key, block in three.base.items():
        one, other = three.ours.get(key), three.theirs.get(key)
        if one is not None and other is not None:
            said = [block.comments, one.comments, other.comments]
            if all(said.count(each) == 1 for each in said):
                yield Dispute(
                    f"both branches change the comment of {_title(block)}", [one], [other]
                )


def _stretches(three: _Three) -> dict[Hashable, tuple[Hashable, Hashable]]:
    """For each block of the base, the nearest before and after it that both branches kept."""
    both = three.ours.keys() & three.theirs.keys()
    before: dict[Hashable, Hashable] = {}
    after: dict[Hashable, Hashable] = {}
    for found, keys in ((before, list(three.base)), (after, list(reversed(three.base)))):
        last: Hashable = None
        for key in keys:
            found[key] = last
            last = key if key in both else last
    return {key: (before[key], after[key]) for key in three.base}


class _Instead:
    """What one branch has in the place of blocks of the base.

    For a fact: new facts of the same subject. For anything else: what is new between the
    neighbours that both branches kept. Asked once for each place, or a long file never ends.
    """

    def __init__(self, three: _Three, side: dict[Hashable, Block]) -> None:
        self._base = three.base
        self._side = list(side.items())
        self._at = {key: at for at, key in enumerate(side)}
        self._facts: dict[Hashable, list[Block]] = {}
        for key, block in side.items():
            if block.fact is not None and key not in three.base:
                about = block.fact.kind, block.fact.subject
                self._facts.setdefault(about, []).append(block)

    def of(self, gone: Block, place: tuple[Hashable, Hashable]) -> list[Block]:
        """In the place of a block: its kind and subject, or its neighbours."""
        if gone.fact is not None:
            return self._facts.get(place, [])
        first, last = place
        start = 0 if first is None else self._at[first] + 1
        end = len(self._side) if last is None else self._at[last]
        return [
            block
            for key, block in self._side[start:end]
            if key not in self._base and block.fact is None
        ]


def _out_of_order(three: _Three) -> Iterator[Dispute]:
    """A change of what acts on the lines below, beside any other change."""
    ours, theirs = (
        [*new, *_without(three.base, side)]
        for new, side in ((three.our_new, three.ours), (three.their_new, three.theirs))
    )
    for some, others in ((ours, theirs), (theirs, ours)):
        for block in some:
            if block.is_ordered and others:
                message = f"one branch changes {_title(block)}, the other the lines around it"
                yield Dispute(message, three.our_new, three.their_new)
                return


def _title(block: Block) -> str:
    if block.fact is not None:
        return f"{block.fact.ids[0]}: {block.fact.kind} of {block.fact.date}"
    lines = [line for line in block.text.splitlines() if line.strip()]
    said = (line for line in lines if line not in block.comments)
    return f'"{next(said, lines[0] if lines else "")}"'


# --- Disputes about the facts -----------------------------------------------------------


def _contradictions(
    three: _Three, merged: Sequence[Block], known: Sequence[Dispute]
) -> Iterator[Dispute]:
    """Facts that hold in either branch and not in both together, by voucher."""
    facts = [each.fact for side in (three.base, three.ours, three.theirs) for each in side.values()]
    context = list(_stand_ins([fact for fact in facts if fact is not None]))
    ours, theirs = (_problems(side.values(), context) for side in (three.ours, three.theirs))
    both = _touched(three.our_new, three.base, three.ours) & _touched(
        three.their_new, three.base, three.theirs
    )
    disputed = {id(each) for dispute in known for each in (*dispute.ours, *dispute.theirs)}
    told = {_subject(each) for each in merged if id(each) in disputed and each.fact is not None}
    new = _by_subject(three.our_new), _by_subject(three.their_new)
    broken = {each.partition(":")[0] for each in (*ours.values(), *theirs.values())}
    for voucher in sorted(both - told):
        if voucher in broken:
            told.add(voucher)
            message = "both branches change it, and this file alone does not tell whether they may"
            yield _about(voucher, f"{voucher}: {message}", *new)
    subjects = {each.key: _subject(each) for each in merged if each.fact is not None}
    for key, message in _problems(merged, context).items():
        subject = subjects[key]
        if key not in ours and key not in theirs and subject not in told:
            told.add(subject)
            yield _about(subject, message, *new)


def _touched(
    new: Iterable[Block], base: dict[Hashable, Block], side: dict[Hashable, Block]
) -> set[str]:
    """The vouchers that a branch has new facts about, or took facts from."""
    changed = [*new, *_without(base, side)]
    return {
        each.fact.ids[0]
        for each in changed
        if each.fact is not None and DIRECTIVES[each.fact.kind].concerns_voucher
    }


def _by_subject(new: Iterable[Block]) -> dict[str, list[Block]]:
    found: dict[str, list[Block]] = {}
    for each in new:
        if each.fact is not None:
            found.setdefault(_subject(each), []).append(each)
    return found


def _about(
    subject: str, message: str, ours: dict[str, list[Block]], theirs: dict[str, list[Block]]
) -> Dispute:
    return Dispute(message, ours.get(subject, []), theirs.get(subject, []))


def _subject(block: Block) -> str:
    assert block.fact is not None
    return block.fact.ids[0]


def _problems(side: Iterable[Block], context: Sequence[Fact]) -> dict[Hashable, str]:
    """What breaks a rule in the facts of one file, by block."""
    of = {id(each.fact.entry): each for each in side if each.fact is not None}
    facts = sorted([*(each.fact for each in of.values() if each.fact), *context], key=order)
    evaluation = evaluate(Reading(facts, []), EventDirectives(), installed())
    return {
        of[id(problem.entry)].key: _PLACE.sub("", problem.message)
        for problem in evaluation.problems
        if id(problem.entry) in of
    }


def _stand_ins(facts: Sequence[Fact]) -> Iterator[Fact]:
    """Parties and credit lines that stand in another file, so that this one can be judged."""
    declared = {fact.ids[0] for fact in facts if fact.kind == "party"}
    lines = {fact.subject for fact in facts if fact.kind == "credit-line"}
    for fact in facts:
        for party, role in _parties(fact):
            if party not in declared:
                declared.add(party)
                yield _stand_in("party", (party, role), None)
    for fact in facts:
        pair = fact.terms.get("policyholder"), fact.terms.get("issuer")
        if fact.kind == "issue" and fact.amount is not None and None not in pair:
            line = (*map(str, pair), fact.amount.currency)
            if line not in lines:
                lines.add(line)
                yield _stand_in("credit-line", line[:2], Money(_ENOUGH, fact.amount.currency))


def _parties(fact: Fact) -> Iterator[tuple[str, str]]:
    if fact.kind in ("credit-line", "repay"):
        yield from zip(fact.ids, ("policyholder", "bank"), strict=True)
    for key, role in TERM_PARTIES.items():
        if key in fact.terms:
            yield fact.terms[key], role


def _stand_in(kind: str, ids: tuple[str, ...], amount: Money | None) -> Fact:
    return Fact(kind, dt.date.min, ids, amount, {}, NOT_WRITTEN)
