"""The files of one revision, as git lists them: nothing outside them can be named."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

_MAGIC = re.compile(r"[*?\[]")
_HOPS = 40
"""How many symlinks one path may go through: as many as Linux allows."""


class TreeError(Exception):
    """A path that cannot be read from a tree, with the reason."""


@dataclass(frozen=True, slots=True)
class Tree:
    """The files of a revision by their path from the repository's root.

    Attributes:
        root: where the repository is checked out, so that absolute paths in it can be told.
        files: path to whatever ``fetch`` takes for it: an object id, or a place on the disk.
        links: symlinks, path to target as written.
        modules: submodules and other repositories within; their files are not read.
        fetch: the contents of several files at once.
    """

    root: str
    files: Mapping[str, str]
    links: Mapping[str, str]
    modules: frozenset[str]
    fetch: Callable[[Sequence[str]], list[bytes]]

    def read(self, paths: Sequence[str]) -> dict[str, bytes]:
        """The contents of files that :meth:`real` knows."""
        contents = self.fetch([self.files[self.real(path)] for path in paths])
        return dict(zip(paths, contents, strict=True))

    def has(self, path: str) -> bool:
        """Whether there is such a file."""
        try:
            return self.real(path) in self.files
        except TreeError:
            return False

    def within(self, path: str, folder: str) -> str:
        """A path as a file in ``folder`` means it, from the root of the repository.

        Raises:
            TreeError: it leaves the repository.
        """
        if posixpath.isabs(path):
            path = posixpath.relpath(path, self.root)
        else:
            path = posixpath.join(folder, path)
        path = posixpath.normpath(path)
        if path == ".." or path.startswith("../"):
            raise TreeError("it leaves the repository")
        return path

    def real(self, path: str) -> str:
        """The path behind all symlinks.

        Raises:
            TreeError: it leaves the repository, lies in a submodule, or goes in a circle.
        """
        for _ in range(_HOPS):
            link = next((each for each in _prefixes(path) if each in self.links), None)
            if link is None:
                module = next((each for each in _prefixes(path) if each in self.modules), None)
                if module is not None:
                    raise TreeError(f"it is in the submodule {module}, whose files are not read")
                return path
            path = self.within(self.links[link] + path[len(link) :], posixpath.dirname(link))
        raise TreeError("its symlinks go in a circle")

    def glob(self, pattern: str) -> list[str]:
        """The files that a pattern means, sorted, by the rules of Python's recursive glob."""
        if not _MAGIC.search(pattern):
            return [pattern] if self.has(pattern) else []
        wanted = pattern.split("/")
        return sorted(name for name in self._names() if _matches(name.split("/"), wanted))

    def _names(self) -> Iterator[str]:
        """Every name of every file, those through a symlink among them."""
        yield from self.files
        for link in self.links:
            try:
                target = self.real(link)
            except TreeError:
                continue
            if target in self.files:
                yield link
            for path in self.files:
                if path.startswith(f"{target}/"):
                    yield link + path[len(target) :]


def _prefixes(path: str) -> Iterator[str]:
    """The folders of a path, outermost first, and the path itself."""
    parts = path.split("/")
    return ("/".join(parts[: end + 1]) for end in range(len(parts)))


def _matches(parts: Sequence[str], wanted: Sequence[str]) -> bool:
    """Whether the parts of a path are those of a pattern; what is hidden must be named so."""

    @cache  # or a pattern with many ** takes for ever
    def matches(at: int, pattern: int) -> bool:
        left, first = parts[at:], wanted[pattern] if pattern < len(wanted) else None
        if first is None:
            return not left
        if first == "**" and pattern + 1 == len(wanted):
            return bool(left) and not any(map(_hidden, left))
        if first == "**" and matches(at, pattern + 1):
            return True
        if not left or (_hidden(left[0]) and not _hidden(first)):
            return False
        if first == "**":
            return matches(at + 1, pattern)
        return fnmatchcase(left[0], first) and matches(at + 1, pattern + 1)

    return matches(0, 0)


def _hidden(part: str) -> bool:
    return part.startswith(".")
