"""What only the source text, or the folder around it, can tell (manual: codes)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.parser.lexer import lex_iter_string

from beancount_voucher.audit.findings import Finding
from beancount_voucher.directives.entries import is_voucher_directive
from beancount_voucher.directives.source_lines import SourceLine, Sources
from beancount_voucher.ledger.broken_directives import broken_directives, text_of_file

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger

_FIRST_LOOK = re.compile(r"\n(?:\d{4}[-/]|[ \t]+([a-z][A-Za-z0-9_-]+):)")


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False


def repeated_keys(
    ledger: Ledger, text_of: Callable[[str], str] = text_of_file
) -> Iterator[Finding]:
    """Metadata keys that stand twice in one voucher directive.

    Beancount keeps the last and says nothing, so this reads the ledger's files again: from
    the disk, if ``text_of`` does not have them from elsewhere. What metadata calls a file
    is not one for that.
    """
    for filename in ledger.options["include"]:
        text = text_of(filename)
        if _may_repeat(text):
            yield from _repeated(text, filename, _starts(ledger, filename))


def _starts(ledger: Ledger, filename: str) -> set[int]:
    """The lines of a file on which a voucher directive begins."""
    files = Sources.of(ledger.options)
    written = (files.written(entry.meta) for entry in ledger.entries if is_voucher_directive(entry))
    return {place.lineno for place in written if place and place.filename == filename}


def _may_repeat(text: str) -> bool:
    """A quick look: whether what might be a key stands twice between what might be dates."""
    keys: set[str] = set()
    for key in _FIRST_LOOK.findall(text):
        if not key:
            keys.clear()
        elif key in keys:
            return True
        else:
            keys.add(key)
    return False


def _repeated(text: str, filename: str, starts: set[int]) -> Iterator[Finding]:
    """What Beancount's own lexer says: strings and comments hold no keys."""
    start, before, seen = 0, "EOL", Counter[str]()
    for name, line, _, value in lex_iter_string(text):  # type: ignore[no-untyped-call]
        if before == "EOL" and name not in ("INDENT", "EOL"):  # a directive begins
            start, seen = line if line in starts else 0, Counter()
        elif name == "KEY" and start:
            seen[value] += 1
            if seen[value] > 1:
                yield Finding(
                    "repeated-key",
                    SourceLine(filename, line),
                    f"{value} stands again in the directive of line {start}; "
                    "Beancount keeps only the last",
                )
        before = name


def cut_short(ledger: Ledger, text_of: Callable[[str], str] = text_of_file) -> Iterator[Finding]:
    """Voucher directives that a syntax error has cut short, or swallowed (manual: mistakes)."""
    for broken in broken_directives(ledger, text_of):
        problem = broken.problem
        text = f"{problem.wrong}; expected {problem.expected}"
        yield Finding("broken-directive", problem.place, text)


def missing_documents(
    facts: Iterable[Fact], exists: Callable[[Path], bool] = _exists
) -> Iterator[Finding]:
    """Documents of applications that do not exist, relative to the file that names them.

    What a message has brought names a file of its sender's: documents travel by name alone.
    """
    for fact in facts:
        document = None if fact.message is not None else fact.terms.get("document")
        if document is not None and not exists(Path(fact.place.filename).parent / document):
            yield Finding(
                "missing-document", fact.place, f"{fact.ids[0]}: there is no file {document}"
            )
