"""The commits behind a voucher's directives as they stand on the disk, for a page that asks often.

``blame`` loads the ledger from git's list of files; here somebody has loaded it already, and
knows where each directive stands. That is held against the files once more, since they may have
changed since, and a directive's own ``lineno:`` may name another's line.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.schema import PREFIX
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.review.authors import Authors, behind, trusted
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.snapshot import Snapshot
from beancount_voucher.review.tree import Tree
from beancount_voucher.review.work_tree import WorkTree

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterable

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.git import Repository

_DATE = re.compile(rb"([0-9]{4})[-/]([0-9]{1,2})[-/]([0-9]{1,2})[ \t]")


class Written(NamedTuple):
    """A directive of a voucher, and where its loader says that it stands.

    Attributes:
        place: an absolute path, and the line.
        date: its date.
        kind: its name without ``voucher-``.
        voucher: the voucher's id.
    """

    place: SourceLine
    date: dt.date
    kind: str
    voucher: str


class Provenance(NamedTuple):
    """The commits behind directives.

    Attributes:
        commits: the one that brought each directive, and those that changed it since; none for
            what does not stand there, or stands in no file of this repository. A commit
            without an id is what is not committed yet.
        cut_off: the commits of a shallow clone that may not be the true origin.
    """

    commits: dict[Written, list[Commit]]
    cut_off: frozenset[str] = frozenset()


class State(NamedTuple):
    """What the answers of a repository depend on, beside the files.

    Attributes:
        head: the commit that is checked out.
        trusted: the commit that is believed who may sign.
    """

    head: str
    trusted: str | None


def state(repository: Repository) -> State:
    """How a repository stands.

    Raises:
        GitError: nothing has been committed yet, or what has cannot be read.
    """
    head = repository.head()
    if head is None:
        raise GitError("there is no commit")
    return State(head, trusted(repository))


def provenance(
    repository: Repository, state: State, ledger: Ledger, directives: Iterable[Written]
) -> Provenance:
    """The commits behind directives: which brought each, and which changed it since.

    Args:
        repository: the one that the ledger is in.
        state: as it stands.
        ledger: the ledger.
        directives: what is asked for.

    Raises:
        GitError: git cannot tell.
        OSError: a file cannot be read.
    """
    wanted = list(directives)
    named = {each.place.filename for each in wanted}
    paths = {name: path for name in named if (path := _path(repository, Path(name)))}
    files = {path: str(repository.root / path) for path in paths.values()}
    # Ends of lines are no facts, to whoever loads a snapshot neither.
    texts = {path: Path(file).read_bytes().replace(b"\r\n", b"\n") for path, file in files.items()}
    places = {
        each: SourceLine(paths[each.place.filename], each.place.lineno)
        for each in wanted
        if each.place.filename in paths and _stands(each, texts[paths[each.place.filename]])
    }
    tree = Tree(str(repository.root), files, {}, frozenset(), repository.contents)
    snapshot = Snapshot(ledger, tree, texts, [])
    signers = repository.signers(state.trusted)
    authors = Authors(repository, None, snapshot, repository.cut_off(), signers)
    found = behind(authors, list(places.values()))
    return Provenance(dict(zip(places, found, strict=True)), authors.cut_off)


def _path(repository: Repository, named: Path) -> str | None:
    """A file's path in the repository; None for one of another, or of none."""
    path = Path(os.path.realpath(named))
    if not path.is_file():
        return None
    try:
        root = WorkTree.around(path).root
    except GitError:
        return None
    return path.relative_to(root).as_posix() if root == repository.root else None


def _stands(directive: Written, text: bytes) -> bool:
    """Whether a directive stands at its place in a file."""
    number, lines = directive.place.lineno, text.split(b"\n")
    line = lines[number - 1] if 0 < number <= len(lines) else b""
    date = _DATE.match(line)
    if date is None or tuple(map(int, date.groups())) != directive.date.timetuple()[:3]:
        return False
    name, voucher = (re.escape(each) for each in (PREFIX + directive.kind, directive.voucher))
    said = rf'custom[ \t]+"{name}"[ \t]+"{voucher}"'.encode()
    return re.match(said, line[date.end() :].lstrip()) is not None
