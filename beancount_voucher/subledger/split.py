"""One file: the events of vouchers as canonical text, and the rest of it as it stands.

The rest, the file with the lines of sound voucher events left blank, is for Beancount's own
parser again, wherever all files come together: nothing of it is known by a second parser, and
every line keeps its number. What is no sound event of a voucher, or does not stand where it
says, stays in the rest.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Custom
from beancount.parser import parser

from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.parser import Reader, evidence_of
from beancount_voucher.directives.schema import EVENTS, PREFIX
from beancount_voucher.directives.source_lines import Sources
from beancount_voucher.subledger.text import digest, line_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.directives.parser import ExpectsValue

_BLOCK = 4000
"""Facts in a block: what is read of a file's facts at a time."""


class Block(NamedTuple):
    """Facts of neighbouring vouchers.

    Attributes:
        first: the first voucher's id.
        last: the last voucher's id.
        facts: how many.
        vouchers: of how many vouchers.
        latest: the date of the latest fact.
        marks: some of the vouchers' ids, evenly spread.
        digest: of the text.
        text: a canonical line for each fact, voucher by voucher.
    """

    first: str
    last: str
    facts: int
    vouchers: int
    latest: str
    marks: list[str]
    digest: str
    text: str


class Split(NamedTuple):
    """A file taken apart.

    Attributes:
        rest: everything that is no sound event of a voucher, at its old line.
        blocks: the events, by voucher id.
    """

    rest: bytes
    blocks: list[Block]


def split(filename: str, content: bytes, conditions: Mapping[str, ExpectsValue]) -> Split:
    """Take a file apart.

    Args:
        filename: its absolute name.
        content: its bytes.
        conditions: the known settlement conditions by key.
    """
    entries, errors, options = parser.parse_string(content, filename)
    sources = Sources(filename, frozenset((filename,)))
    reader = Reader(Names({}), conditions, sources, evidence_of(conditions))
    facts: list[tuple[str, int, str, str]] = []
    others: list[Entry] = []
    entries.reverse()
    while entries:  # each is gone when it is read: there are many
        entry = entries.pop()
        fact = _sound(entry, reader, sources)
        if fact is None:
            others.append(entry)
        else:
            facts.append((fact.ids[0], fact.place.lineno, fact.date.isoformat(), line_of(fact)))
    rest = _without(content, (lineno for _, lineno, _, _ in facts))
    if not _says(rest, filename, others, errors, options):
        return Split(content, [])  # of texts of several lines, for instance: see ``common``
    return Split(rest, list(blocks_of(facts)))


def _sound(entry: Entry, reader: Reader, sources: Sources) -> Fact | None:
    """The event of a voucher that an entry is, as long as nobody else must look at it."""
    if not isinstance(entry, Custom) or not entry.type.startswith(PREFIX):
        return None
    if entry.type.removeprefix(PREFIX) not in EVENTS or sources.written(entry.meta) is None:
        return None
    fact = reader.read(entry)
    return fact if isinstance(fact, Fact) and fact.message is None else None


def _without(content: bytes, linenos: Iterable[int]) -> bytes:
    """A text with some directives left blank: their line, and all indented ones that follow."""
    lines = content.split(b"\n")
    for lineno in linenos:
        lines[lineno - 1] = b""
        at = lineno
        while at < len(lines) and lines[at][:1] in (b" ", b"\t"):
            lines[at] = b""
            at += 1
    return b"\n".join(lines)


def _says(
    rest: bytes,
    filename: str,
    entries: list[Entry],
    errors: Sequence[object],
    options: dict[str, object],
) -> bool:
    """Whether a text has just these entries, errors and options."""
    found, faults, chosen = parser.parse_string(rest, filename)
    return (
        sorted(map(_sortable, found)) == sorted(map(_sortable, entries))
        and list(map(repr, faults)) == list(map(repr, errors))
        and all(chosen[key] == options[key] for key in options if key not in _BY_NUMBERS)
    )


_BY_NUMBERS = ("dcontext", "commodities", "input_hash")
"""What the parser gathers from every amount, and no rule of ours asks for."""


def _sortable(entry: Entry) -> str:
    return repr(entry)


_MARKS = 16


def blocks_of(facts: list[tuple[str, int, str, str]]) -> Iterable[Block]:
    """Facts by voucher, so many of them at a time; no voucher is in two blocks.

    Args:
        facts: voucher, line number, date and canonical line of each; they are sorted.
    """
    facts.sort()
    start = 0
    while start < len(facts):
        end = min(start + _BLOCK, len(facts))
        while end < len(facts) and facts[end][0] == facts[end - 1][0]:
            end += 1
        part = facts[start:end]
        text = "\n".join(line for _, _, _, line in part)
        vouchers = list(dict.fromkeys(voucher for voucher, _, _, _ in part))
        latest = max(date for _, _, date, _ in part)
        marks = vouchers[:: -(-len(vouchers) // _MARKS)]
        told = len(part), len(vouchers), latest, marks, digest(text)
        yield Block(vouchers[0], vouchers[-1], *told, text)
        start = end
