"""What only the source text, or the folder around it, can tell (contract, sections 2 and 5)."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.parser.lexer import lex_iter_string

from beancount_voucher.audit import Finding
from beancount_voucher.facts import is_voucher_directive, place_of
from beancount_voucher.problems import Place

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Directive as Entry

    from beancount_voucher.facts import Fact

_KEY = re.compile(r"\s+([a-z][A-Za-z0-9_-]+):")


def repeated_keys(entries: Iterable[Entry]) -> Iterator[Finding]:
    """Metadata keys that stand twice in one voucher directive.

    Beancount keeps the last and says nothing, so this reads the files again. Lines are
    only a first look; Beancount's own lexer decides.
    """
    texts: dict[str, list[str]] = {}
    for entry in entries:
        if is_voucher_directive(entry):
            place = place_of(entry.meta)
            if place.filename not in texts:
                texts[place.filename] = _lines(place.filename)
            block = _block(texts[place.filename], place.lineno)
            keys = [match[1] for line in block if (match := _KEY.match(line))]
            if len(set(keys)) < len(keys):
                yield from _confirmed(block, place)


def _lines(filename: str) -> list[str]:
    try:
        return Path(filename).read_text(encoding="utf-8", errors="replace").split("\n")
    except OSError:
        return []


def _block(lines: list[str], lineno: int) -> list[str]:
    """The lines of a directive: its own, and those indented below it."""
    end = lineno
    while end < len(lines) and lines[end].startswith((" ", "\t", ";")):
        end += 1
    return lines[lineno - 1 : end]


def _confirmed(block: list[str], place: Place) -> Iterator[Finding]:
    tokens = lex_iter_string("\n".join(block) + "\n")  # type: ignore[no-untyped-call]
    keys = [(value, line) for name, line, _, value in tokens if name == "KEY"]
    counts = Counter(key for key, _ in keys)
    for key, count in counts.items():
        if count > 1:
            last = max(line for each, line in keys if each == key)
            yield Finding(
                "repeated-key",
                Place(place.filename, place.lineno + last - 1),
                f"{key} stands {count} times; Beancount keeps only the last",
            )


def missing_documents(facts: Iterable[Fact]) -> Iterator[Finding]:
    """Documents of applications that do not exist, relative to the file that names them."""
    for fact in facts:
        document = fact.terms.get("document")
        if document is not None and not _exists(Path(fact.place.filename).parent / document):
            yield Finding(
                "missing-document", fact.place, f"{fact.ids[0]}: there is no file {document}"
            )


def _exists(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # a name that no file can have
        return False
