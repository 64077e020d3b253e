"""A tree of files to a loaded ledger, without a step outside the tree.

What Beancount's own loader does, but: files come from the tree, include paths and symlinks
cannot leave it, no load cache is read, ``insert_pythonpath`` and the folders of
``option "documents"`` are ignored, nothing is decrypted, and of the ledger's plugins only
ours, Beancount's own and those that the reviewer allows are run.
"""

from __future__ import annotations

import posixpath
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount import loader
from beancount.core.data import Document, entry_sortkey
from beancount.ops import validation
from beancount.parser import booking

from beancount_voucher.audit import source_checks
from beancount_voucher.books.plugin_lines import PLUGIN
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.loader import Ledger, LedgerError
from beancount_voucher.ledger.parsed_files import Fingerprint, ParsedLedger
from beancount_voucher.ledger.plugin_results import captured
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.ledger_files import LedgerFiles, SnapshotError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.audit.findings import Finding
    from beancount_voucher.review.ledger_files import Unread
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
        """What ``bean-voucher check`` finds beside the errors, read from the tree.

        Of facts alone, what their text tells.
        """
        ledger = self.ledger
        if ledger.is_whole:
            from beancount_voucher.audit import invariants  # noqa: PLC0415  facts alone need none

            yield from invariants.no_plugin(ledger)
            yield from invariants.findings(ledger)
        yield from source_checks.cut_short(ledger, self._text)
        yield from source_checks.repeated_keys(ledger, self._text)
        yield from source_checks.missing_documents(ledger.reading.facts, self._exists)

    def _text(self, filename: str) -> str:
        return self.texts.get(filename, b"").decode(errors="replace")

    def _exists(self, path: Path) -> bool:
        return self.tree.has(posixpath.normpath(path))


@dataclass(frozen=True, slots=True)
class ParsedTree:
    """The files of one revision's ledger, parsed; nothing is evaluated or booked yet.

    Attributes:
        top: the path of its top file; None for a ledger without any entry.
        files: its files.
        entries: what they say, in Beancount's order.
        options: Beancount's options.
    """

    top: str | None
    files: LedgerFiles
    entries: list[Entry]
    options: dict[str, Any]

    @property
    def is_sound(self) -> bool:
        """Whether the parser has read all of it."""
        return not self.files.errors and not self.files.unread

    def facts(self) -> Snapshot:
        """The facts, and no more: no plugin that may run changes one.

        Raises:
            LedgerError: Beancount gave up on it.
        """
        files, top = self.files, Path(self.top or "")
        with _complaining(self.top), gc_paused():
            missing = list(_missing_documents(files.tree, self.entries))
        errors = [*files.errors, *missing]
        parsed = ParsedLedger(self.entries, errors, self.options, Fingerprint({}, {}, {}))
        ledger = Ledger.of_facts(top, parsed)
        return Snapshot(ledger, files.tree, files.texts, files.unread)

    def whole(self, allowed: Collection[str] = ()) -> Snapshot:
        """All of it: booked, written out and checked.

        Args:
            allowed: further plugins to run, from where Python finds them.

        Raises:
            LedgerError: Beancount gave up on it.
            GitError: a file cannot be read.
        """
        if self.files.shared:  # a plugin may change what it gets
            return load(self.files.tree, self.top, allowed)
        files, top = self.files, self.top
        with _complaining(top), gc_paused(), captured() as heard:
            entries, errors, options = _loaded(self, allowed)
        ledger = Ledger.of(Path(top or ""), entries, errors, options, heard)
        return Snapshot(ledger, files.tree, files.texts, files.unread)


def parse(tree: Tree, top: str | None, like: ParsedTree | None = None) -> ParsedTree:
    """Parse a ledger of a tree.

    Args:
        tree: the files.
        top: the path of the ledger's top file; None for a ledger without any entry.
        like: another revision; files of the same name and bytes are not parsed again.

    Raises:
        LedgerError: Beancount gave up on it.
        GitError: a file cannot be read.
    """
    files = LedgerFiles(tree, known={} if like is None else like.files.parses)
    with _complaining(top), gc_paused():
        entries, options = files.parsed(top)
        entries.sort(key=entry_sortkey)
    return ParsedTree(top, files, entries, options)


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
    return parse(tree, top).whole(allowed)


def load_facts(tree: Tree, top: str) -> Snapshot:
    """Load the facts of a ledger from a tree, and no more: no plugin that may run changes one.

    Args:
        tree: the files.
        top: the path of the ledger's top file.

    Raises:
        LedgerError: Beancount gave up on it.
        GitError: a file cannot be read.
    """
    return parse(tree, top).facts()


@contextmanager
def _complaining(top: str | None) -> Iterator[None]:
    try:
        yield
    except GitError:
        raise
    except Exception as error:
        raise LedgerError(f"{top}: Beancount cannot load it: {error}") from error


def _loaded(
    parsed: ParsedTree, allowed: Collection[str]
) -> tuple[list[Entry], list[Any], dict[str, Any]]:
    files, options = parsed.files, parsed.options
    entries, errors = booking.book(parsed.entries, options)  # type: ignore[no-untyped-call]
    errors = [*files.errors, *errors, *_refused_plugins(files, options, allowed)]
    wanted = options["plugin"], options["plugin_processing_mode"]
    options["plugin"] = _run_plugins(options, allowed)
    options["plugin_processing_mode"] = "raw"  # so that nothing runs but what we name
    entries, errors = loader.run_transformations(entries, errors, options, None)
    options["plugin"], options["plugin_processing_mode"] = wanted
    errors += validation.validate(entries, options)  # type: ignore[no-untyped-call]
    errors += _missing_documents(files.tree, entries)
    return entries, errors, options


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
    files: LedgerFiles, options: dict[str, Any], allowed: Collection[str]
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
