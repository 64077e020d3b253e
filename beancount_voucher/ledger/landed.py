"""What was appended, seen in the files that it was appended to, where these tell enough.

A ledger is loaded once more after a write, to see that it says what it is to say, and has no
new error. But where the drafts bear on a part of the ledger that takes them
(``partial_dry_run``), every other file is what it was, and those that were appended to hold what
they held and the drafts, nothing else can have changed: then these files are parsed, and no more.
"""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.parser import read
from beancount_voucher.ledger import atomic_files, interrupts, parsed_files
from beancount_voucher.ledger.dry_run import directives
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.partial_dry_run import passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.dry_run import Draft
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.ledger.parsed_files import Fingerprint, ParsedFile


class Landed(NamedTuple):
    """A ledger with what was appended.

    Attributes:
        fingerprint: what tells its files from any others.
        errors: how many errors the whole of it has.
    """

    fingerprint: Fingerprint
    errors: int


def told_by_changed_files(
    before: Ledger,
    files: Mapping[Path, Sequence[Draft]],
    contents: Mapping[Path, tuple[bytes | None, bytes]],
) -> Landed | None:
    """The ledger with what was appended; None where only the whole can tell.

    Args:
        before: the ledger without; without errors, or only the whole can tell.
        files: the drafts by file.
        contents: what each of these files held before, and is to hold now.
    """
    fingerprint = before.fingerprint
    drafts = [draft for each in files.values() for draft in each]
    if fingerprint is None or not passes(before, directives(drafts)):
        return None
    if not fingerprint.is_on_disk(but={str(path) for path in files}):
        return None
    for path, (old, new) in contents.items():
        known = fingerprint.files.get(str(path))
        if old is None or known is None or known.digest != atomic_files.digest(old):
            return None
        parsed = _parsed(path, new)
        if parsed is None or not _holds(before, parsed, old, files[path], known.directives):
            return None
        fingerprint = fingerprint.changed(parsed)
    return Landed(fingerprint, 0)


def _parsed(path: Path, expected: bytes) -> ParsedFile | None:
    """A file, parsed; None if it holds anything else than is expected."""
    content = atomic_files.read(path)
    if content != expected:
        return None
    with gc_paused(), interrupts.insisted():
        return parsed_files.parse(str(path), content)


def _holds(
    ledger: Ledger, parsed: ParsedFile, old: bytes, drafts: Iterable[Draft], known: int
) -> bool:
    """Whether a file is read as what stood in it, and the drafts."""
    lines = old.count(b"\n") + (not old.endswith(b"\n"))
    added = [entry for entry in parsed.entries if _line(entry) > lines]
    found = read(added, ledger.names, ledger.evaluation.ledger_state.conditions)
    return (
        not parsed.errors
        and not found.problems
        and len(parsed.entries) == known + len(added)
        and len(found.facts) == len(added)
        and said(found.facts) == said(draft.fact for draft in drafts)
    )


def _line(entry: Entry) -> int:
    """The line on which a directive begins; 0 where its own metadata hides it."""
    line = entry.meta["lineno"]
    return line if type(line) is int else 0


def said(facts: Iterable[Fact]) -> Counter[tuple[object, ...]]:
    """What facts say, wherever they stand."""
    return Counter((fact.kind, fact.date, fact.ids, fact.amount) for fact in facts)
