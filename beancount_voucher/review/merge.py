"""Two branches' changes of one file, merged by fact (the merge driver of ``.gitattributes``).

Git merges lines: it reports a conflict where two branches only append, and interleaves or
doubles directives where it does not. Here what either branch added is added once, what
either took away is away, and ours comes first. What must not be merged is a dispute: both
changed the same thing differently, or the facts of one make those of the other break a rule
that each alone keeps.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.voucher_ids import next_free
from beancount_voucher.lifecycle.channels import NUMBERED
from beancount_voucher.review import signing_copy
from beancount_voucher.review.blocks import Block, BlockError, blocks, parsed
from beancount_voucher.review.contradictions import contradictions
from beancount_voucher.review.three_way import Dispute, Three, without

if TYPE_CHECKING:
    from collections.abc import Hashable, Iterator, Sequence


class Merged(NamedTuple):
    """A merged file, and why it is none yet: one line for each dispute."""

    content: bytes
    disputes: list[str]


def merge(base: bytes, ours: bytes, theirs: bytes) -> Merged:
    """Merge two changes of a file.

    Args:
        base: the file as both branches knew it; nothing if each made it anew.
        ours: the file here, whose new directives come first; nothing else depends on which
            of the two it is.
        theirs: the file there.

    Returns:
        The merged file. Where there is a dispute, both sides stand in it between git's
        conflict markers, which Beancount does not take for anything.
    """
    try:
        three = Three(*map(_by_key, (base, ours, theirs)))
    except BlockError as error:
        whole = Dispute("", [_whole(ours)], [_whole(theirs)])
        return Merged(_marked(whole).encode(), [f"it cannot be merged by fact: {error}"])
    disputes = [*_changed_twice(three), *_out_of_order(three), *_numbered_twice(three)]
    merged = _merged(three)
    disputes += contradictions(three, merged, disputes)
    text = "".join(_written(merged, disputes))
    content = text.replace("\n", _line_end(base, ours, theirs)).encode()
    fault = None if disputes else _fault(content)
    if fault is not None:  # such as an option of one branch under which lines of the other fail
        whole = Dispute("", [_whole(ours)], [_whole(theirs)])
        return Merged(_marked(whole).encode(), [f"together they are no ledger: {fault}"])
    return Merged(content, [each.message for each in disputes])


def numbered_alike(base: bytes, ours: bytes, theirs: bytes) -> Iterator[tuple[str, str | None]]:
    """The ids under which each branch has begun a voucher that the other does not know.

    Each with the next that is free, if there is one; nothing where a side cannot be read.
    """
    try:
        three = Three(*map(_by_key, (base, ours, theirs)))
    except BlockError:
        return
    here, there = (
        {
            (each.fact.kind, each.fact.ids[0])
            for each in side
            if each.fact is not None and each.fact.kind in _FIRST
        }
        for side in (three.our_new, three.their_new)
    )
    known = [
        [each.fact.ids[0] for each in side.values() if each.fact is not None]
        for side in (three.base, three.ours, three.theirs)
    ]
    for id_ in sorted({id_ for _, id_ in here & there} - set(known[0])):
        yield id_, next_free(id_, {each for ids in known for each in ids})


_FIRST = ("request", "issue")
"""What a voucher begins with."""


def _by_key(content: bytes) -> dict[Hashable, Block]:
    return {block.key: block for block in blocks(content)}


def _line_end(base: bytes, ours: bytes, theirs: bytes) -> str:
    """What a branch has made of the ends of lines, or what they have been before."""
    was, here, there = (
        "\r\n" if 2 * side.count(b"\r\n") > side.count(b"\n") else "\n"
        for side in (base, ours, theirs)
    )
    return there if here == was else here


def _fault(content: bytes) -> str | None:
    """Why Beancount cannot read a file, though it can read those that it was merged of."""
    try:
        parsed(content)
    except BlockError as error:
        return str(error)
    return None


def _whole(content: bytes) -> Block:
    return Block((None, 1), content.decode(errors="replace"), None)


# --- What stands where ------------------------------------------------------------------


def _merged(three: Three) -> list[Block]:
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


def _chosen(three: Three, key: Hashable, ours: Block) -> Block:
    """Of two texts that say the same, the one that was changed: first in what it comments.

    Of two that were written differently the longer one, whoever wrote it.
    """
    base, theirs = three.base.get(key), three.theirs.get(key)
    if theirs is None:
        return ours
    comments = base.comments if base else []
    if ours.comments != theirs.comments:
        return theirs if ours.comments == comments else ours
    if base is not None and base.text in (ours.text, theirs.text):
        return theirs if ours.text == base.text else ours
    return max(ours, theirs, key=lambda block: (len(block.text), block.text))


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


def _changed_twice(three: Three) -> Iterator[Dispute]:
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
    for key, one in three.ours.items():
        base, other = three.base.get(key), three.theirs.get(key)
        said = [each.comments if each else [] for each in (base, one, other)]
        if other is not None and all(said.count(each) == 1 for each in said):
            yield Dispute(f"both branches change the comment of {_title(one)}", [one], [other])


def _stretches(three: Three) -> dict[Hashable, tuple[Hashable, Hashable]]:
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

    def __init__(self, three: Three, side: dict[Hashable, Block]) -> None:
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


def _out_of_order(three: Three) -> Iterator[Dispute]:
    """A change of what acts on the lines below, beside any other change."""
    ours, theirs = (
        [*new, *without(three.base, side)]
        for new, side in ((three.our_new, three.ours), (three.their_new, three.theirs))
    )
    for some, others in ((ours, theirs), (theirs, ours)):
        for block in some:
            if block.is_ordered and others:
                message = f"one branch changes {_title(block)}, the other the lines around it"
                yield Dispute(message, three.our_new, three.their_new)
                return


def _numbered_twice(three: Three) -> Iterator[Dispute]:
    """Messages that each branch has recorded under one number: of two texts one counts."""
    theirs = {
        (each.fact.kind, each.fact.ids): each
        for each in three.their_new
        if each.fact is not None and each.fact.kind in NUMBERED
    }
    for one in three.our_new:
        other = None if one.fact is None else theirs.get((one.fact.kind, one.fact.ids))
        if one.fact is not None and other is not None and other.fact is not None:
            name = " ".join(one.fact.ids)
            same = one.fact.terms["sha256"] == other.fact.terms["sha256"]
            texts = "on two days" if same else "as two texts"
            told = f"both branches have {one.fact.kind} message {name}, {texts}"
            if one.fact.kind == "sent":
                told += f": one working copy signs, that of {signing_copy.NAME}"
            yield Dispute(told, [one], [other])


def _title(block: Block) -> str:
    if block.fact is not None:
        return f"{block.fact.ids[0]}: {block.fact.kind} of {block.fact.date}"
    return f'"{block.first_line}"'
