"""What field 86 of MT940 says of a payment, taken apart before anything looks for words in it.

Each country has its own form of this field, and each cuts it into lines and subfields of fixed
lengths, in the midst of a word where it comes to that::

    177?00TRANSFER?20EREF+V-1?21SVWZ+premium      German, Austrian; Polish with < or ~ for ?
    /EREF/V-1/REMI/premium                        Dutch, Nordic, Baltic
    premium EREF: V-1                             Swiss, American and any other

What a full line or subfield cut is joined, and where nothing goes on from a full one, its last
word may be cut off. Where a shorter one ends nothing tells whether it was cut: both readings count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.statement import distinct, reference

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

LINE = 65
"""Characters of a full line of the field."""

_REMITTED = 35
"""Characters of a full line of a payment order (field 70 of MT103), which some banks keep."""

_TAG = len(":86:")
"""What some banks count to the first line."""

_SUBFIELD = 27
"""Characters of a full subfield of the German form; some banks have more."""

_LEAST = 24
"""What is less is no length to which a bank fills its subfields."""

_STRUCTURED = re.compile(r"\s*(?P<code>\d{3})?(?P<mark>[?<>~^|@#$&*!;])(?=\d\d)")
_PURPOSE = frozenset(map(str, (*range(20, 30), *range(60, 64))))
"""The subfields whose text runs on from one to the next."""

_NEXT = (1, 60 - 29)
"""How far apart the codes of two of them are that follow each other."""

_RETURNS = frozenset({"108", "109", "159", "181", "184"})
"""German business transaction codes of what a bank takes back."""

_WORDS = "EREF KREF MREF CRED DEBT COAM OAMT SVWZ ABWA ABWE IBAN BIC PURP RREF SQTP RTRN ANAM BREF"
_KEYWORD = re.compile(rf"({'|'.join(_WORDS.split())})(?:\+|: ?)")

_CODES = (
    "EREF KREF MREF CREF PREF IREF TREF AREF NREF OREF REMI RTRN TRTP CSID NAME MARF IBAN BIC PURP "
    "ORDP BENM BNF ORD ULTD ULTC ULTB ISDT CNTP TYPE SVCL ROC RFB INV IPI ADDR CITY CTRY ID NRTX "
    "OCMT SUM INS SEC CDTR DBTR ACCW BUSP PY FT PT VALD CNT CHGS EXCH EI URI TXT"
)
_CODE = re.compile(rf"/({'|'.join(_CODES.split())})/")

_FREE = re.compile(
    r"\b(?:EREF|E2E|E2EID|END-?TO-?END(?:[ -]?(?:ID|REF))?)[:=] ?(\S+)", re.IGNORECASE
)

_END_TO_END = ("EREF", "ROC")
"""What names the end-to-end id; the first that says one counts."""

_REFERENCES = frozenset(
    {"KREF", "MREF", "CREF", "PREF", "IREF", "TREF", "AREF", "NREF", "OREF", "MARF", "RFB", "INV"}
)

_SHORT = re.compile(r"[\n\f]")
CUT = "\v"
"""Where a text ends because there was no more room; a blank like any other."""

_LAST = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]*\Z")
_FIRST = re.compile(r"[A-Za-z0-9-]+")


class Widths(NamedTuple):
    """How long the lines and subfields are that a bank fills before it cuts.

    Attributes:
        first: characters of the first line, without its tag.
        line: of any line, where the field is in subfields.
        subfield: of a subfield.
    """

    first: int = LINE
    line: int = LINE
    subfield: int = _SUBFIELD


@dataclass(frozen=True, slots=True)
class Narrative:
    """What the field says.

    Attributes:
        end_to_end: the end-to-end id.
        references: other references of the payment.
        text: everything else, as one line.
        joined: words that come about if the bank cut where a short line or subfield ends.
        returned: whether its code is that of a payment that the bank takes back.
        cut: words with which a full line or subfield ends, and nothing goes on.
    """

    end_to_end: str | None = None
    references: tuple[str, ...] = ()
    text: str = ""
    joined: tuple[str, ...] = ()
    returned: bool = False
    cut: tuple[str, ...] = ()


def widths(narratives: Iterable[Sequence[str]]) -> Widths:
    """The widths that a file shows by the lines of all its fields 86."""
    first = line = subfield = 0
    for lines in narratives:
        first = max(first, len(lines[0]))
        line = max(line, *map(len, lines))
        mark = _STRUCTURED.match(lines[0])
        if mark is not None:
            for code, text in _subfields("".join(lines), mark["mark"]):
                subfield = max(subfield, len(text) if code in _PURPOSE else 0)
    return Widths(
        LINE if first > LINE - _TAG else LINE - _TAG,
        min(line, LINE),
        subfield if subfield >= _LEAST else _SUBFIELD,
    )


SUPPLEMENT = Widths(first=34)
"""The widths of what follows field 61, which is a line of 34 characters."""


def narrative(lines: Sequence[str], widths: Widths) -> Narrative:
    """Take a field 86 apart, or the supplement of a field 61.

    Args:
        lines: the lines of its value.
        widths: how long what the bank fills is.
    """
    mark = _STRUCTURED.match(lines[0])
    if mark is not None:
        joined = _joined_lines(lines, widths, mark["mark"])
        stream = _purpose(_subfields(joined, mark["mark"]), widths.subfield)
        found = _by_keyword(_KEYWORD, stream)
        return replace(found, returned=found.returned or mark["code"] in _RETURNS)
    stream = _joined_lines(lines, widths, "")
    if _CODE.search(stream) is not None:
        return _by_keyword(_CODE, stream)
    return _free(stream)


def _subfields(text: str, mark: str) -> Iterator[tuple[str, str]]:
    """The subfields of a field: their codes and texts."""
    _, *found = re.split(rf"{re.escape(mark)}(\d\d)", text)
    return zip(found[::2], found[1::2], strict=True)


def _joined_lines(lines: Sequence[str], widths: Widths, mark: str) -> str:
    """The lines as one; a break stays where a line is not full.

    Where subfields are marked, what begins one goes on from the line before, too, and any
    length that is the file's longest is full: no person wrapped it by words.
    """

    def is_full(number: int) -> bool:
        width = len(lines[number])
        if width >= LINE or (number == 0 and width == widths.first):
            return True
        return width >= widths.line if mark else width == _REMITTED

    said = [lines[0]]
    for number, following in enumerate(lines[1:]):
        goes_on = is_full(number) or (mark and following.startswith(mark))
        said += [following] if goes_on else ["\n", following]
    if not mark and is_full(len(lines) - 1):
        said.append(CUT)
    return "".join(said)


def _purpose(subfields: Iterable[tuple[str, str]], width: int) -> str:
    """The subfields as one text; a break where one is not full, a form feed where one must end."""
    said: list[str] = []
    before, full = "", False
    for code, text in subfields:
        if {code, before} <= _PURPOSE and int(code) - int(before) in _NEXT:
            said += [text] if full else ["\n", text]
        else:
            said += [CUT * full, "\f", text]
        before, full = code, code in _PURPOSE and len(text) in (_SUBFIELD, width)
    return "".join([*said, CUT * full])


def _by_keyword(keyword: re.Pattern[str], stream: str) -> Narrative:
    """A text in which words tell what follows them.

    An id ends where the next word begins. In subfields it may end earlier: with one that is
    not full.
    """
    first, *named = keyword.split(stream)
    texts, references, returned = [first], [], False
    ids: dict[str, str | None] = {}
    for name, value in zip(named[::2], named[1::2], strict=True):
        if name not in _END_TO_END and name not in _REFERENCES:
            texts.append(value.strip().strip("/"))
            returned = returned or name == "RTRN"
            continue
        said, rest = value.strip().strip("/"), ""
        if keyword is _KEYWORD:
            said, *after = _SHORT.split(value, maxsplit=1)
            rest = "".join(after)
        texts.append(f"\f{rest}")
        if name in _END_TO_END:
            ids.setdefault(name, reference(said))
        else:
            references.append(said)
    return Narrative(
        end_to_end=next(filter(None, (ids.get(name) for name in _END_TO_END)), None),
        references=distinct(iter(references)),
        text=" ".join(" ".join(texts).split()),
        joined=_cut_words([first, *named[1::2]]),
        returned=returned,
        cut=cut_off(stream),
    )


def _free(stream: str) -> Narrative:
    """A text of no form, but that it may say where the end-to-end id stands."""
    match = _FREE.search(stream)
    text = stream if match is None else f"{stream[: match.start()]} {stream[match.end() :]}"
    return Narrative(
        end_to_end=None if match is None else reference(match[1].strip("/.,;()")),
        text=" ".join(text.split()),
        joined=_cut_words([stream]),
        cut=cut_off(stream),
    )


def _cut_words(texts: Iterable[str]) -> tuple[str, ...]:
    """The words that come about where a break is taken for a cut."""
    found: dict[str, None] = {}
    for text in texts:
        for left, right in pairwise(text.split("\n")):
            last, first = _last_word(left), _FIRST.match(right)
            if last and first is not None:
                found[last + first[0]] = None
    return tuple(found)


def cut_off(stream: str) -> tuple[str, ...]:
    """The words after which something may be cut off."""
    return tuple(filter(None, map(_last_word, stream.split(CUT)[:-1])))


def _last_word(text: str) -> str:
    """The word with which a text ends; empty if it ends with something else."""
    match = _LAST.search(text[-LINE:])
    return "" if match is None else match[0]
