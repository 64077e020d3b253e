"""The files of a ledger in a tree, found and parsed as Beancount does, without a step outside.

Include paths and symlinks cannot leave the tree, and nothing is decrypted.
"""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount import loader
from beancount.core.data import new_metadata
from beancount.parser import parser

from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.ledger import interrupts
from beancount_voucher.review import parser_guard
from beancount_voucher.review.parsing import parse, parse_like
from beancount_voucher.review.tree import NAMES, NamesError, TreeError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Meta

    from beancount_voucher.review.parsing import Parse
    from beancount_voucher.review.tree import Tree


class SnapshotError(NamedTuple):
    """An error of the loader, as Beancount has them."""

    source: Meta
    message: str
    entry: None = None


class Unread(NamedTuple):
    """An include of which nothing was read, since nobody can tell what it means."""

    place: SourceLine
    message: str


@dataclass(frozen=True, slots=True)
class LedgerFiles:
    """The files of a ledger, parsed level by level: the order in which Beancount takes them.

    Attributes:
        tree: where they are.
        texts: their contents, by name.
        errors: what is wrong with them.
        linked: those of their names that lead through symlinks, which can multiply from one
            level to the next.
        unread: the includes of which nothing was read.
        known: what the files of another revision say, by name.
        parses: what these say, likewise.
        shared: those of which entries are those of that revision.
    """

    tree: Tree
    texts: dict[str, bytes] = field(default_factory=dict)
    errors: list[Any] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)
    unread: list[Unread] = field(default_factory=list)
    known: Mapping[str, Parse] = field(default_factory=dict)
    parses: dict[str, Parse] = field(default_factory=dict)
    shared: set[str] = field(default_factory=set)

    def parsed(self, top: str | None) -> tuple[list[Entry], dict[str, Any]]:
        """What they say, file by file, and Beancount's options.

        Args:
            top: the path of the top file; None for a ledger without any entry.
        """
        entries: list[Entry] = []
        maps: list[dict[str, Any]] = []
        level = [] if top is None else [top]
        while level:
            found = self._readable(level)
            level = []
            for name, text in found:
                _, said, errors, options = self._parse(name, text)
                entries += said
                self.errors.extend(errors)
                level += self._included(name, options["include"])
                maps.append({**options})
        if not maps:
            maps.append(parser.parse_string(b"", "")[2])
        maps[0]["include"] = sorted(self.texts)
        return entries, loader.aggregate_options_map(maps[0], maps[1:])

    def _parse(self, name: str, text: bytes) -> Parse:
        known = self.known.get(name)
        with interrupts.insisted():
            found = None if known is None else parse_like(known, name, text)
            if found is not None:
                self.shared.add(name)
            self.parses[name] = found or parse(name, text)
        return self.parses[name]

    def _readable(self, level: Sequence[str]) -> list[tuple[str, bytes]]:
        wanted = []
        for name in level:
            if name in self.texts or name in wanted:
                self._refuse("<load>", 0, f'Duplicate filename parsed: "{name}"')
            else:
                wanted.append(name)
        # A checkout may have other ends of lines than git has: they are no facts.
        read = self.tree.read(wanted)
        contents = {name: text.replace(b"\r\n", b"\n") for name, text in read.items()}
        for name in wanted:
            fault = parser_guard.fault(contents[name])
            if _is_encrypted(name, contents[name]):
                fault = parser_guard.ParserFault(1, "an encrypted file")
            if fault is not None:
                self._refuse(name, fault.lineno, f"{fault.message} is not read [include-refused]")
                del contents[name]
        self.texts.update(contents)
        return list(contents.items())

    def _included(self, name: str, patterns: Sequence[str]) -> Iterator[str]:
        for pattern in patterns:
            if len(self.linked) > NAMES:
                return  # one include has told that it is too much
            for each in self._matching(name, pattern):
                try:
                    self.tree.key(each)
                except TreeError as error:
                    self._refuse_include(name, pattern, f"{each}: {error}")
                else:
                    yield each

    def _matching(self, name: str, pattern: str) -> list[str]:
        try:
            path = self.tree.within(pattern, posixpath.dirname(name))
            # Found as the system finds it, and then read by the shortest name: Beancount's way.
            found = [posixpath.normpath(each) for each in self.tree.glob(path)]
            if not found:
                self.tree.real(path)
                line = self._line(name, "include", pattern)
                self._refuse(name, line, f'File glob "{pattern}" does not match any files')
            self._count(found)
        except TreeError as error:
            self._refuse_include(name, pattern, str(error))
            if isinstance(error, NamesError):
                place = SourceLine(name, self._line(name, "include", pattern))
                said = " ".join(self.errors[-1].message.split())
                self.unread.append(Unread(place, said))
            return []
        return found

    def _count(self, names: Sequence[str]) -> None:
        self.linked.update(each for each in names if each not in self.tree.files)
        if len(self.linked) > NAMES:
            raise NamesError

    def _refuse_include(self, name: str, pattern: str, why: str) -> None:
        line = self._line(name, "include", pattern)
        self._refuse(name, line, f'include "{pattern}": {why} [include-refused]')

    def _line(self, name: str, keyword: str, value: str) -> int:
        said = rf'^{keyword}[ \t]+"{re.escape(value)}"'.encode()
        match = re.search(said, self.texts.get(name, b""), re.MULTILINE)
        return 1 if match is None else self.texts[name].count(b"\n", 0, match.start()) + 1

    def _refuse(self, name: str, line: int, message: str) -> None:
        self.errors.append(SnapshotError(new_metadata(name, line), message))

    def refused_plugin(self, name: str, why: str) -> SnapshotError:
        """That a plugin is not run, at the line that names it."""
        top = next(iter(self.texts))
        line = self._line(top, "plugin", name)
        return SnapshotError(
            new_metadata(top, line), f'plugin "{name}" is not run: {why} [plugin-refused]'
        )


def _is_encrypted(name: str, content: bytes) -> bool:
    return name.endswith(".gpg") or (name.endswith(".asc") and b"BEGIN PGP MESSAGE" in content)
