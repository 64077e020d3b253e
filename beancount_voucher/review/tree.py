"""The files of one revision, as git lists them: nothing outside them can be named."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_MAGIC = re.compile(r"[*?\[]")
_HOPS = 40
"""How many symlinks one path may go through: as many as Linux allows."""

NAMES = 100_000
"""How many names files may have through symlinks, which can multiply them for ever."""

_STEPS = 500_000
"""How many names one pattern may have looked at through symlinks, whatever comes of them."""

_STAYS = ("", ".")
"""Parts of a path that lead nowhere."""

_LEAVES = "it leaves the repository"


class TreeError(Exception):
    """A path that cannot be read from a tree, with the reason."""


class NamesError(TreeError):
    """Symlinks make too many names out of the files: what a pattern means cannot be told."""

    def __init__(self) -> None:
        super().__init__("its symlinks lead to too many names")


class _Way(NamedTuple):
    """Where names lead that differ in nothing else, as far as a pattern is concerned.

    Attributes:
        real: a folder, by its path behind all symlinks.
        links: how many symlinks there are on the way to it.
        reached: how far the pattern has got.
    """

    real: str
    links: int
    reached: frozenset[int]


class _Onward(NamedTuple):
    """A name in a folder that a pattern goes on with.

    Attributes:
        part: the name.
        behind: the path behind it; None if it leads to where nobody may look.
        links: how many symlinks that takes, as far as one may look.
        reached: how far the pattern has got then.
    """

    part: str
    behind: str | None
    links: int
    reached: frozenset[int]


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a revision by their path from the repository's root.

    Attributes:
        root: where the repository is checked out, so that absolute paths in it can be told.
        files: path to whatever ``fetch`` takes for it: an object id, or a place on the disk.
        links: symlinks, path to target as written.
        modules: submodules and other repositories within; their files are not read.
        fetch: the contents of several files at once.
        folders: the names in each folder, by its path; that of the root is empty.
    """

    root: str
    files: Mapping[str, str]
    links: Mapping[str, str]
    modules: frozenset[str]
    fetch: Callable[[Sequence[str]], list[bytes]]
    folders: Mapping[str, set[str]] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        """Find the folders: git has none without a file in it."""
        inside: dict[str, set[str]] = {"": set()}
        for path in chain(self.files, self.links, self.modules):
            here = path
            while here:
                here, _, part = here.rpartition("/")
                inside.setdefault(here, set()).add(part)
        object.__setattr__(self, "folders", inside)

    def read(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The contents of files.

        Raises:
            TreeError: why one of them cannot be read.
        """
        contents = self.fetch([self.key(path) for path in paths])
        return dict(zip(paths, contents, strict=True))

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        try:
            self.key(path)
        except TreeError:
            return False
        return True

    def within(self, path: str, folder: str) -> str:
        """A path as a file in ``folder`` means it, from the root of the repository.

        Each ``..`` in it is left as it is: the system leads it out of a folder that there is.

        Raises:
            TreeError: it leaves the repository.
        """
        return self._from_root(path) if posixpath.isabs(path) else posixpath.join(folder, path)

    def real(self, path: str) -> str:
        """The path behind all symlinks, taken part by part, as the system takes them.

        Raises:
            TreeError: it leaves the repository, lies in a submodule, or goes in a circle.
        """
        return self._followed(path, [])

    def _followed(self, path: str, through: list[str]) -> str:
        """The same; ``through`` is told the symlinks on the way, also if it ends in an error."""
        left, here = path.split("/")[::-1], ""
        while left:
            there = self._step(here, left.pop())
            if there in self.modules:
                raise TreeError(f"it is in the submodule {there}, whose files are not read")
            if there not in self.links:
                here = there
                continue
            through.append(there)
            if len(through) > _HOPS:
                raise TreeError("its symlinks go in a circle")
            target = self.links[there]
            if posixpath.isabs(target):
                target, here = self._from_root(target), ""
            left += target.split("/")[::-1]
        return here

    def _step(self, folder: str, part: str) -> str:
        """The path that one part of a path leads to from a folder."""
        if part not in (*_STAYS, ".."):
            return posixpath.join(folder, part)
        if folder not in self.folders:
            raise TreeError(f"git has no folder {folder}")
        if part in _STAYS:
            return folder
        if not folder:
            raise TreeError(_LEAVES)
        return posixpath.dirname(folder)

    def _from_root(self, path: str) -> str:
        """An absolute path from the root of the repository, each ``..`` in it left as it is."""
        root, parts = (
            [part for part in each.split("/") if part not in _STAYS] for each in (self.root, path)
        )
        if parts[: len(root)] != root:
            raise TreeError(_LEAVES)
        return "/".join(parts[len(root) :])

    def key(self, path: str) -> str:
        """What ``fetch`` takes for a file.

        Raises:
            TreeError: why it cannot be read.
        """
        real = self.real(path)
        if real not in self.files:
            raise TreeError(f"git has no file {real}")
        return self.files[real]

    def glob(self, pattern: str) -> list[str]:
        """The names that a pattern means, sorted, by the rules of Python's recursive glob.

        Among them are submodules, and symlinks to what is not in the tree, where they have such
        a name themselves or something below them might: whoever reads the files must not pass
        them over in silence. :meth:`key` tells why they cannot be read. A folder that the system
        would not find, because of too many symlinks on the way, is as empty as it is to Python.

        Raises:
            NamesError: symlinks make too many names out of the files.
        """
        if not _MAGIC.search(pattern):
            return [pattern] if self.has(pattern) else []
        *folders, last = pattern.split("/")
        if last in _STAYS:
            return []  # a folder
        wanted = [*(part for part in folders if part not in _STAYS), last]
        return sorted(_names(*self._ways(_Way("", 0, _and_after(0, wanted)), wanted)))

    def _ways(self, start: _Way, wanted: Sequence[str]) -> tuple[_Steps, list[_Step]]:
        """The ways that names take, each with its last steps; and the last steps to a file.

        A symlink into a folder above multiplies names, but not the ways.
        """
        inside, steps = self.folders, 0
        came: _Steps = {start: []}
        ends: list[_Step] = []
        known: dict[tuple[str, frozenset[int]], list[_Onward]] = {}
        todo = [start]
        while todo:
            way = todo.pop()
            folder = way.real, way.reached
            if folder not in known:
                known[folder] = list(self._onward(way, wanted))
                steps += len(inside[way.real]) if way.links else 0
            steps += len(known[folder]) if way.links else 0
            if steps > _STEPS:
                raise NamesError
            for part, behind, links, reached in known[folder]:
                is_open = way.links + links <= _HOPS
                if is_open and behind is not None and behind in inside:
                    there = _Way(behind, way.links + links, reached)
                    if there not in came:
                        came[there] = []
                        todo.append(there)
                    came[there].append((way, part))
                elif len(wanted) in reached or (is_open and behind not in self.files):
                    ends.append((way, part))
        return came, ends

    def _onward(self, way: _Way, wanted: Sequence[str]) -> Iterator[_Onward]:
        for part in chain(self.folders[way.real], [".."]):
            reached = _further(way.reached, part, wanted)
            if not reached:
                continue
            behind, links = self._behind(way.real, part)
            if len(wanted) in reached or behind not in self.files:
                yield _Onward(part, behind, links, reached)

    def _behind(self, folder: str, part: str) -> tuple[str | None, int]:
        """The path behind a name in a folder, and through how many symlinks.

        None if it leads to where nobody may look.
        """
        through: list[str] = []
        try:
            return self._followed(posixpath.join(folder, part), through), len(through)
        except TreeError:
            return None, len(through)


_Step = tuple[_Way, str]
"""A way, and a name in the folder to which it leads."""

_Steps = dict[_Way, list[_Step]]


def _names(came: _Steps, ends: Sequence[_Step]) -> Iterator[str]:
    """The names of what was found, from their ends to their beginnings: none is in vain.

    Raises:
        NamesError: they are too many.
    """
    through_links = 0
    for end in ends:
        back = [end]
        while back:
            way, name = back.pop()
            back += [(before, f"{part}/{name}") for before, part in came[way]]
            if came[way]:
                continue
            through_links += end[0].links > 0
            if through_links > NAMES:
                raise NamesError
            yield name


# --- Patterns ---------------------------------------------------------------------------

# How far a path has got in a pattern is a set of places in it, since a ** may stand for no
# folder, for one or for several. A path that has got behind the last part is meant by it.


def _further(reached: frozenset[int], part: str, wanted: Sequence[str]) -> frozenset[int]:
    """How far a path gets with one more part; what is hidden must be named so, and ``..``."""
    then: set[int] = set()
    for place in reached - {len(wanted)}:
        first = wanted[place]
        if part == ".." and first != "..":
            continue  # no pattern means it
        if fnmatchcase(part, first) and (_hidden(first) or not _hidden(part)):
            then |= _and_after(place + 1, wanted)
            if first == "**":
                then.add(place)
    return frozenset(then)


def _and_after(place: int, wanted: Sequence[str]) -> frozenset[int]:
    """A place in a pattern, and those that follow if a ** there stands for no folder.

    At the end it stands for one at least: no file has the name of its folder.
    """
    last = place
    while last + 1 < len(wanted) and wanted[last] == "**":
        last += 1
    return frozenset(range(place, last + 1))


def _hidden(part: str) -> bool:
    return part.startswith(".")
