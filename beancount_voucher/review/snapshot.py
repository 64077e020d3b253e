"""A tree of files to a loaded ledger, without a step outside the tree.

What Beancount's own loader does, but: files come from the tree, include paths and symlinks
cannot leave it, no load cache is read, ``insert_pythonpath`` and the folders of
``option "documents"`` are ignored, nothing is decrypted, and of the ledger's plugins only
ours, Beancount's own and those that the reviewer allows are run.
"""

from __future__ import annotations

import posixpath
import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount import loader
from beancount.core.data import Document, entry_sortkey, new_metadata
from beancount.ops import validation
from beancount.parser import booking, parser

from beancount_voucher.audit import invariants, source_checks
from beancount_voucher.books.plugin_lines import PLUGIN
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.ledger import interrupts
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.loader import Ledger, LedgerError
from beancount_voucher.ledger.parsed_files import Fingerprint, ParsedLedger
from beancount_voucher.ledger.plugin_results import captured
from beancount_voucher.review import parser_guard
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.tree import NAMES, NamesError, TreeError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from beancount.core.data import Directive as Entry
    from beancount.core.data import Meta

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.review.tree import Tree

_BEANCOUNT = "beancount.plugins."
_DOCUMENTS = "beancount.ops.documents"
_LAST = ("beancount.ops.pad", "beancount.ops.balance")
_WITHOUT_CONFIG = frozenset(
    f"{_BEANCOUNT}{name}"
    for name in (
        *("auto", "auto_accounts", "check_average_cost", "check_closing", "check_commodity"),
        *("check_drained", "close_tree", "coherent_cost", "implicit_prices", "leafonly"),
        *("noduplicates", "nounused", "onecommodity", "pedantic", "sellgains", "unique_prices"),
    )
)
"""Those of Beancount's own that are harmless as long as they have no configuration: some
evaluate it as Python."""

_WITH_CONFIG = frozenset({f"{_BEANCOUNT}currency_accounts"})
"""Those whose configuration is a name: that of ``onecommodity`` is a regular expression, which
can take for ever."""


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
class Snapshot:
    """A ledger of one revision.

    Attributes:
        ledger: loaded; its file names are paths from the repository's root.
        tree: the files of the revision.
        texts: the contents of those that the ledger consists of.
        unread: the includes of which nothing was read: what the ledger says is not all.
    """

    ledger: Ledger
    tree: Tree
    texts: dict[str, bytes]
    unread: list[Unread]

    def findings(self) -> Iterator[Finding]:
        """What ``bean-voucher check`` finds beside the errors, read from the tree."""
        ledger = self.ledger
        yield from invariants.no_plugin(ledger)
        yield from invariants.findings(ledger)
        yield from source_checks.cut_short(ledger, self._text)
        yield from source_checks.repeated_keys(ledger, self._text)
        yield from source_checks.missing_documents(ledger.reading.facts, self._exists)

    def _text(self, filename: str) -> str:
        return self.texts.get(filename, b"").decode(errors="replace")

    def _exists(self, path: Path) -> bool:
        return self.tree.has(posixpath.normpath(path))


def load(tree: Tree, top: str | None, allowed: Collection[str] = ()) -> Snapshot:
    """Load a ledger from a tree.

    Args:
        tree: the files.
        top: the path of the ledger's top file; None for a ledger without any entry.
        allowed: further plugins to run, from where Python finds them.

    Raises:
        LedgerError: Beancount gave up on it.
        GitError: a file cannot be read.
    """
    files = _Files(tree)
    with _complaining(top), gc_paused(), captured() as heard:
        entries, errors, options = _loaded(files, top, allowed)
    ledger = Ledger.of(Path(top or ""), entries, errors, options, heard)
    return Snapshot(ledger, tree, files.texts, files.unread)


def load_facts(tree: Tree, top: str) -> Snapshot:
    """Load the facts of a ledger from a tree, and no more: no plugin that may run changes one.

    Args:
        tree: the files.
        top: the path of the ledger's top file.

    Raises:
        LedgerError: Beancount gave up on it.
        GitError: a file cannot be read.
    """
    files = _Files(tree)
    with _complaining(top), gc_paused():
        entries, options = files.parsed(top)
    entries.sort(key=entry_sortkey)
    parsed = ParsedLedger(entries, files.errors, options, Fingerprint({}, {}, {}))
    return Snapshot(Ledger.of_facts(Path(top), parsed), tree, files.texts, files.unread)


@contextmanager
def _complaining(top: str | None) -> Iterator[None]:
    try:
        yield
    except GitError:
        raise
    except Exception as error:
        raise LedgerError(f"{top}: Beancount cannot load it: {error}") from error


def _loaded(
    files: _Files, top: str | None, allowed: Collection[str]
) -> tuple[list[Entry], list[Any], dict[str, Any]]:
    entries, options = files.parsed(top)
    entries.sort(key=entry_sortkey)
    entries, errors = booking.book(entries, options)  # type: ignore[no-untyped-call]
    errors = [*files.errors, *errors, *_refused_plugins(files, options, allowed)]
    wanted = options["plugin"], options["plugin_processing_mode"]
    options["plugin"] = _run_plugins(options, allowed)
    options["plugin_processing_mode"] = "raw"  # so that nothing runs but what we name
    entries, errors = loader.run_transformations(entries, errors, options, None)
    options["plugin"], options["plugin_processing_mode"] = wanted
    errors += validation.validate(entries, options)  # type: ignore[no-untyped-call]
    errors += _missing_documents(files.tree, entries)
    return entries, errors, options


# --- Files ------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Files:
    """The files of a ledger, parsed level by level: the order in which Beancount takes them.

    Attributes:
        tree: where they are.
        texts: their contents, by name.
        errors: what is wrong with them.
        linked: those of their names that lead through symlinks, which can multiply from one
            level to the next.
        unread: the includes of which nothing was read.
    """

    tree: Tree
    texts: dict[str, bytes] = field(default_factory=dict)
    errors: list[Any] = field(default_factory=list)
    linked: set[str] = field(default_factory=set)
    unread: list[Unread] = field(default_factory=list)

    def parsed(self, top: str | None) -> tuple[list[Entry], dict[str, Any]]:
        entries: list[Entry] = []
        maps: list[dict[str, Any]] = []
        level = [] if top is None else [top]
        while level:
            found = self._readable(level)
            level = []
            for name, text in found:
                with interrupts.insisted():
                    said, errors, options = parser.parse_string(text, name)
                entries += said
                self.errors.extend(errors)
                level += self._included(name, options["include"])
                maps.append(options)
        if not maps:
            maps.append(parser.parse_string(b"", "")[2])
        maps[0]["include"] = sorted(self.texts)
        return entries, loader.aggregate_options_map(maps[0], maps[1:])

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
        top = next(iter(self.texts))
        line = self._line(top, "plugin", name)
        return SnapshotError(
            new_metadata(top, line), f'plugin "{name}" is not run: {why} [plugin-refused]'
        )


def _is_encrypted(name: str, content: bytes) -> bool:
    return name.endswith(".gpg") or (name.endswith(".asc") and b"BEGIN PGP MESSAGE" in content)


def _missing_documents(tree: Tree, entries: Sequence[Entry]) -> Iterator[SnapshotError]:
    """Documents that the ledger names and the revision does not have."""
    here = str(Path.cwd())
    for entry in entries:
        if isinstance(entry, Document):
            # The parser makes every path absolute, from the folder that we happen to be in.
            named = posixpath.relpath(entry.filename, here)
            if not tree.has(named) and not _is_in(tree, entry.filename):
                yield SnapshotError(entry.meta, f'File does not exist: "{named}"')


def _is_in(tree: Tree, path: str) -> bool:
    return tree.has(posixpath.relpath(path, tree.root))


# --- Plugins ----------------------------------------------------------------------------


def _fault(name: str, config: str | None, allowed: Collection[str]) -> str | None:
    """Why a plugin is not run; None for one that is."""
    if name in (PLUGIN, *allowed, *_LAST, _DOCUMENTS) or name in _WITH_CONFIG:
        return None
    if name in _WITHOUT_CONFIG:
        wrong = "its configuration might run code, or take for ever"
        return None if config is None else wrong
    return f"it might run code; the reviewer may allow it (--allow-plugin {name})"


def _refused_plugins(
    files: _Files, options: dict[str, Any], allowed: Collection[str]
) -> Iterator[SnapshotError]:
    for name, config in options["plugin"]:
        why = _fault(name, config, allowed)
        if why is not None:
            yield files.refused_plugin(name, why)


def _run_plugins(options: dict[str, Any], allowed: Collection[str]) -> list[tuple[str, str | None]]:
    """The plugins to run, in Beancount's order; that for documents looks at the disk."""
    own = [
        (name, config)
        for name, config in options["plugin"]
        if name != _DOCUMENTS and _fault(name, config, allowed) is None
    ]
    if options["plugin_processing_mode"] == "raw":
        return own
    return own + [(name, None) for name in _LAST]
