"""Who wrote what: the commits behind the lines of a ledger."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.review.git_command import GitError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.git import Repository
    from beancount_voucher.review.records import RecordedDirective
    from beancount_voucher.review.signatures import Signers
    from beancount_voucher.review.snapshot import Snapshot


@dataclass(frozen=True)
class Authors:
    """The commits that brought the lines of one revision.

    Attributes:
        repository: where to ask.
        revision: a commit; None for the work tree.
        snapshot: the ledger of that revision.
        cut_off: the commits of a shallow clone that may not be the true origin.
        signers: whose signatures are trusted, where they are to be verified.
    """

    repository: Repository
    revision: str | None
    snapshot: Snapshot
    cut_off: frozenset[str]
    signers: Signers | None = None

    def of(self, places: Iterable[SourceLine]) -> dict[SourceLine, Commit]:
        """The commit that brought each line, through moves within and between files."""
        lines: dict[str, list[int]] = defaultdict(list)
        for place in places:
            lines[place.filename].append(place.lineno)
        origins = {
            SourceLine(filename, line): oid
            for filename, numbers in lines.items()
            for line, oid in self._blamed(filename, numbers)
        }
        ids = sorted({oid for oid in origins.values() if oid})
        known = self.repository.commits(ids, self.signers)
        known[""] = self.repository.myself()
        return {place: known[oid] for place, oid in origins.items()}

    def _blamed(self, filename: str, lines: Sequence[int]) -> Iterable[tuple[int, str]]:
        path = self.snapshot.tree.real(filename)
        content = self.snapshot.texts[filename]
        return self.repository.blame(self.revision, path, lines, content).items()

    def is_known(self, commit: Commit) -> bool:
        """Whether the author is the true one, not that of the end of a shallow clone."""
        return bool(commit.email) and commit.id not in self.cut_off


class Origin(NamedTuple):
    """Where an event of a voucher comes from.

    Attributes:
        record: the event.
        brought: the commit that brought its first line.
        changed: further commits that its other lines come from.
    """

    record: RecordedDirective
    brought: Commit
    changed: list[Commit]


def origins(authors: Authors, records: Sequence[RecordedDirective]) -> Iterator[Origin]:
    """The commits behind each record, all its lines looked at."""
    found = behind(authors, [each.place for each in records])
    for record, (first, *changed) in zip(records, found, strict=True):
        yield Origin(record, first, changed)


def behind(authors: Authors, places: Sequence[SourceLine]) -> Iterator[list[Commit]]:
    """The commits behind the directive at each place: which brought it, and which changed it."""
    lines = [list(_lines(authors.snapshot, each)) for each in places]
    commits = authors.of(place for each in lines for place in each)
    for each in lines:
        first, *others = (commits[place] for place in each)
        changed = {other.id: other for other in others if _is_later(authors, other, first)}
        yield [first, *changed.values()]


def trusted(repository: Repository) -> str | None:
    """The commit that is believed who may sign: the main branch, as far as there is one."""
    try:
        return repository.commit(repository.main_branch())
    except GitError:
        return None


def _is_later(authors: Authors, one: Commit, other: Commit) -> bool:
    """Whether a line came after another. An older line is but like one that stands elsewhere."""
    if not one.id or not other.id:
        return one.id != other.id and not one.id
    return one.id != other.id and authors.repository.is_ancestor(other.id, one.id)


def _lines(snapshot: Snapshot, place: SourceLine) -> Iterator[SourceLine]:
    """The line of a directive, and the indented ones below it."""
    text = snapshot.texts[place.filename].split(b"\n")
    yield place
    for number in range(place.lineno, len(text)):
        line = text[number]
        if not line.strip() or not line[:1].isspace():
            break
        yield SourceLine(place.filename, number + 1)
