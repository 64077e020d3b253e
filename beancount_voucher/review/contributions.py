"""Who has changed which directives within a change: commit by commit, by what they say.

Lines do not tell it: what somebody took away has none, and whoever copies another's old line
would stand as that other. So the files of each commit are compared with those of its parents by
what stands in them, whatever file it moved to. What a merge alone has brought is its own.
"""

from __future__ import annotations

import posixpath
import re
from collections import Counter
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Event

from beancount_voucher.review import records
from beancount_voucher.review.blocks import BlockError, blocks

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Hashable, Iterable, Iterator

    from beancount_voucher.review.blocks import Block
    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.git import FileChange, Repository
    from beancount_voucher.review.snapshot import Snapshot


class Piece(NamedTuple):
    """Something that a file says: what, of which kind, and about what; none for no directive."""

    key: Hashable
    kind: str = ""
    about: str = ""


OTHER_FILE = "file"
"""The kind of a file that is none of the ledger's, such as a document."""

UNREADABLE = Piece(None)
"""What stands in a file that cannot be read: everything may have changed in it."""


class Contribution(NamedTuple):
    """What one commit has changed.

    Attributes:
        commit: it; without an id what is not committed yet.
        added: what it has brought.
        removed: what it has taken away.
    """

    commit: Commit
    added: frozenset[Piece]
    removed: frozenset[Piece]

    @property
    def other(self) -> frozenset[Piece]:
        """What of the ledger it has brought or taken away, exceptions aside."""
        no_matter = ("exception", OTHER_FILE)
        return frozenset(each for each in self.added | self.removed if each.kind not in no_matter)

    @property
    def other_files(self) -> frozenset[Piece]:
        """The files that it has changed and that are none of the ledger's."""
        return frozenset(each for each in self.added if each.kind == OTHER_FILE)


def contributions(
    repository: Repository, base: str | None, head: str | None, before: Snapshot, after: Snapshot
) -> list[Contribution]:
    """What each commit after the base has changed, and what is not committed yet.

    Args:
        repository: the repository.
        base: the base's commit; None for nothing.
        head: the head's; None for the work tree.
        before: the ledger at the base.
        after: the ledger at the head.
    """
    reader = _Reader(repository, {*before.texts, *after.texts})
    last = head or repository.head()
    found = [] if last is None else list(_committed(repository, reader, base, last))
    if head is None:
        was = _files(repository, reader, last)
        now = {path: after.tree.files[path] for path in after.tree.files if reader.reads(path)}
        changes = [reader.difference(was.get(path), now.get(path)) for path in was | now]
        found.append(_contribution(repository.myself(), [_sum(changes)]))
    return found


def _committed(
    repository: Repository, reader: _Reader, base: str | None, head: str
) -> Iterator[Contribution]:
    history = repository.parents(base, head)
    known = repository.commits(list(history))
    for oid, parents in history.items():
        known_parents: list[str | None] = [*parents] or [None]
        by_parent = [
            _sum(reader.changed(each) for each in repository.changed(parent, oid))
            for parent in known_parents
        ]
        yield _contribution(known[oid], by_parent)


def _files(repository: Repository, reader: _Reader, commit: str | None) -> dict[str, str]:
    files = repository.tree(commit).files
    return {path: place for path, place in files.items() if reader.reads(path)}


class _Difference(NamedTuple):
    """What was added and what was taken away, with how many times."""

    added: Counter[Piece]
    removed: Counter[Piece]


def _sum(changes: Iterable[_Difference]) -> _Difference:
    """Several files' changes together: what only moved from one to another is none."""
    added, removed = Counter[Piece](), Counter[Piece]()
    for each in changes:
        added += each.added
        removed += each.removed
    return _Difference(added - removed, removed - added)


def _contribution(commit: Commit, by_parent: list[_Difference]) -> Contribution:
    """What a commit has, or lacks, whichever parent it is compared with."""
    both: Callable[[Counter[Piece], Counter[Piece]], Counter[Piece]] = Counter.__and__
    added = reduce(both, (each.added for each in by_parent))
    removed = reduce(both, (each.removed for each in by_parent))
    return Contribution(commit, frozenset(added), frozenset(removed))


class _Reader:
    """Reads files of a ledger.

    Also such as the ledger included in between only: all of its files' suffixes.
    """

    def __init__(self, repository: Repository, paths: Collection[str]) -> None:
        self._repository = repository
        self._paths = paths
        self._suffixes = {posixpath.splitext(path)[1] for path in paths} - {""}

    def reads(self, path: str) -> bool:
        """Whether a file may be one of the ledger."""
        return path in self._paths or posixpath.splitext(path)[1] in self._suffixes

    def changed(self, change: FileChange) -> _Difference:
        """What a change of a file comes to."""
        if not self.reads(change.path):
            return _Difference(Counter([Piece(change.path, OTHER_FILE)]), Counter())
        if change.is_no_file:
            return _Difference(Counter([UNREADABLE]), Counter())
        return self.difference(change.before, change.after)

    def difference(self, before: str | None, after: str | None) -> _Difference:
        """What the one has and not the other; each an object's id or an absolute path."""
        places = [each for each in (before, after) if each is not None]
        read = dict(zip(places, self._repository.contents(places), strict=True))
        was, now = (b"" if each is None else read[each] for each in (before, after))
        found = _compared(*_trimmed(was, now))
        return _compared(was, now) if UNREADABLE in found.added else found


def _compared(before: bytes, after: bytes) -> _Difference:
    try:
        was, now = (
            Counter(_piece_of(each) for each in blocks(content) if each.says_something)
            for content in (before, after)
        )
    except BlockError:
        return _Difference(Counter([UNREADABLE]), Counter())
    return _Difference(now - was, was - now)


def _trimmed(before: bytes, after: bytes) -> tuple[bytes, bytes]:
    """Two contents from the directive in which they first differ to that in which they last do.

    A long file is appended to line by line, and reading all of it takes a second each time. What
    acts on the lines below it lets nothing be left out.
    """
    if _ON_LINES_BELOW.search(before) or _ON_LINES_BELOW.search(after):
        return before, after
    was, now = before.splitlines(keepends=True), after.splitlines(keepends=True)
    least = min(len(was), len(now))
    first = next((at for at in range(least) if was[at] != now[at]), least)
    while first and not (_starts(was[first : first + 1]) and _starts(now[first : first + 1])):
        first -= 1
    last = next((at for at in range(least - first) if was[-1 - at] != now[-1 - at]), least - first)
    while last and not _starts([was[-last]]):
        last -= 1
    return b"".join(was[first : len(was) - last]), b"".join(now[first : len(now) - last])


_ON_LINES_BELOW = re.compile(rb"^[\r \t]*(push|pop)(tag|meta)\b", re.MULTILINE)
"""Beancount reads them behind a CR, too, that ends no line."""


def _starts(line: list[bytes]) -> bool:
    """Whether a line begins a directive, or none is left.

    One within a text may look so: then what is cut there cannot be read, and nothing is left out.
    """
    return not line or line[0][:1].isdigit()


def _piece_of(block: Block) -> Piece:
    """A voucher directive by what it says, an ``event`` by its name, and all else as it is."""
    if block.fact is not None:
        record = records.of_fact(block.fact)
        return Piece(record.key, record.kind, record.ids[0])
    if isinstance(block.entry, Event):
        return Piece(block.key[0], "event", block.entry.type)
    return Piece(block.key[0])
