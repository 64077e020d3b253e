"""Sentences of the core in another language, recognised by their forms.

A sentence of the core is an f-string; its form, with a name in each of its places, stands in the
catalogue as ``{done} on {date}, after its {key}``. A text is one of the forms with something in
its places, which are looked at likewise: words and sentences are translated, while dates, ids,
accounts, codes and whatever is quoted stay as they are. ::

    accepted on 2026-03-06, after its accept-by; expected 2026-03-05 at the latest [accept-late]
    2026-03-06 已承兑，已过承兑期限 (accept-by)；应为：不晚于 2026-03-05 [accept-late]

A metadata key is told as the ledger has it, too: somebody may have to write it.

So the core needs no other kind of text, and says the same to everybody. What has no form stays
English. A text may be anybody's: places are found from left to right, never by trying again, and
a text that can be read in too many ways is left as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import ROLES
from beancount_voucher.directives.schema import DIRECTIVES, EVENTS, VOID_REASONS
from beancount_voucher.translation.catalogue import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

_REMEMBERED = 2048
"""Texts; a table shows at most 200 rows at once."""

_MOST_STEPS = 200
"""Parts of one text that are read."""

_DEEPEST = 12
"""Sentences within sentences."""

_QUOTED = re.compile(r'"[^"]*"')
_HOLE = "\x01"
_NOT_A_HOLE = re.compile(r'[^"\x01]')
_WORD = re.compile(r"(?<![A-Za-z0-9_.:/-])[a-z]{2,}(?:-[a-z]+)*(?![A-Za-z0-9_.:/-]*[A-Z0-9_/])")
_MARKS = {"\n": "\n", "; ": "；", ": ": "：", ", and ": "，", ", ": "，"}
"""What stands between sentences."""

_JOINTS = {**_MARKS, " or ": " 或 ", " and ": " 和 ", " (": "（"}
"""Likewise between the things of a list, and before what is added in brackets."""

_CODE = re.compile(r" \[[A-Za-z0-9-]+\]$")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_VERBATIM = re.compile("「([^」]*)」")
_BEFORE, _AFTER = "before", "after"


ACCOUNT_ROLES = tuple(dict.fromkeys(role for roles in ROLES.values() for role in roles))
"""The roles of accounts, by name."""

KEYS = tuple(
    dict.fromkeys(
        key
        for key in (*(key for each in DIRECTIVES.values() for key in each.keys), *BUILT_IN)
        if key not in (*EVENTS, *ACCOUNT_ROLES, *VOID_REASONS)
    )
)
"""The metadata keys that sentences speak of."""


class _Form(NamedTuple):
    """A sentence with places: ``literals`` stand before, between and behind its ``names``.

    Attributes:
        key: its longest literal, without which no text is of this form.
        verbatim: the places in which nothing is translated: what is quoted, here or by the
            translation's 「」, is the ledger's.
        quoted: the places that stand in quotes, and hold none.
    """

    key: str
    literals: tuple[str, ...]
    names: tuple[str, ...]
    translated: str
    verbatim: frozenset[str]
    quoted: frozenset[str]

    def values(self, text: str, masked: str) -> Iterator[dict[str, str]]:
        """What may stand in the places of a text of this form: the shortest, from the left.

        The last place may also be the shortest.
        """
        first, *between, last = self.literals
        end = len(text) - len(last)
        if not (masked.startswith(first) and masked.endswith(last)):
            return
        at = len(first)
        cuts: list[tuple[int, int]] = []
        for number, literal in enumerate(between, 1):
            found = masked.find(literal, at + 1, end)
            if found < 0:
                return
            later = masked.rfind(literal, found + 1, end - 1) if number == len(between) else -1
            if later > 0:
                yield self._filled(text, [*cuts, (at, later), (later + len(literal), end)])
            cuts.append((at, found))
            at = found + len(literal)
        if at < end:
            yield self._filled(text, [*cuts, (at, end)])

    def _filled(self, text: str, cuts: Iterable[tuple[int, int]]) -> dict[str, str]:
        return {name: text[a:b] for name, (a, b) in zip(self.names, cuts, strict=True)}


class _Reading(NamedTuple):
    """A text in the other language, and how many words of it are English still."""

    text: str
    unknown: int


class Sentences:
    """The sentences and words of one language.

    Args:
        catalogue: each with its translation; English ones with names in braces for places.
    """

    def __init__(self, catalogue: Mapping[str, str]) -> None:
        catalogue = {_CODE.sub("", one): _CODE.sub("", it) for one, it in catalogue.items()}
        self._words = {_plain(one): _plain(other) for one, other in catalogue.items()}
        self._words |= {key: f"{self._words[key]} ({key})" for key in KEYS if key in self._words}
        forms = [_form(one, other) for one, other in catalogue.items()]
        found = [form for form in forms if form is not None]
        self._forms = sorted(found, key=_first_of_all)
        self.translated = lru_cache(_REMEMBERED)(self._translated)

    def _translated(self, text: str) -> str:
        """A text of the core in this language; what is not known of it as it is."""
        reader = _Reader(self._words, self._forms)
        reading = reader.read(text)
        return text if reader.steps > _MOST_STEPS else reading.text


class _Reader:
    """Reads one text."""

    def __init__(self, words: Mapping[str, str], forms: Iterable[_Form]) -> None:
        self._words = words
        self._forms = forms
        self._known: dict[str, _Reading] = {}
        self._depth = 0
        self.steps = 0

    def read(self, text: str) -> _Reading:
        """The reading of a text that leaves the fewest words English."""
        known = self._known.get(text)
        if known is not None:
            return known
        self._known[text] = asis = _Reading(text, _unknown(text))
        self.steps += 1
        if self.steps <= _MOST_STEPS and self._depth < _DEEPEST:
            self._depth += 1
            self._known[text] = self._best(text, asis)
            self._depth -= 1
        return self._known[text]

    def _best(self, text: str, asis: _Reading) -> _Reading:
        if text in self._words:
            return _Reading(self._words[text], 0)
        if not asis.unknown:
            return asis
        code = _CODE.search(text)
        if code is not None and text[: code.start()].strip():
            said = self.read(text[: code.start()])
            return _Reading(said.text + code[0], said.unknown)
        masked = _masked(text)
        joined = self._by_joint(text, masked, _MARKS, asis)
        if not joined.unknown:
            return joined
        best = self._by_joint(text, masked, _JOINTS, self._by_form(text, masked, asis))
        if best.unknown and text[-1] == ".":
            said = self.read(text[:-1])
            return _Reading(said.text + "。", said.unknown) if said.unknown < best.unknown else best
        return best

    def _by_form(self, text: str, masked: str, best: _Reading) -> _Reading:
        for form in self._forms:
            for values in form.values(text, masked) if form.key in masked else ():
                if not _may_be(form, values):
                    continue
                reading = self._filled(form, values)
                best = reading if reading.unknown < best.unknown else best
            if not best.unknown:
                break
        return best

    def _filled(self, form: _Form, values: Mapping[str, str]) -> _Reading:
        readings = {
            name: _Reading(value, 0) if name in form.verbatim else self.read(value)
            for name, value in values.items()
        }
        filled = {name: reading.text for name, reading in readings.items()}
        unknown = sum(reading.unknown for reading in readings.values())
        return _Reading(form.translated.format(**filled), unknown)

    def _by_joint(
        self, text: str, masked: str, joints: Mapping[str, str], best: _Reading
    ) -> _Reading:
        """What is joined of several texts, where that leaves less English, but for the joint."""
        for joint, other in joints.items():
            if not best.unknown:
                break
            at = masked.find(joint, 1)
            closes = joint == " ("
            if at < 0 or at + len(joint) >= len(text) or (closes and text[-1] != ")"):
                continue
            if joint == ": " and joints is _MARKS and " " in text[:at]:
                continue  # who or what it is about is one word
            rest = self.read(text[at + len(joint) : -1 if closes else None])
            first = self.read(text[:at])
            unknown = first.unknown + rest.unknown
            if unknown < best.unknown - (_unknown(joint) if unknown else 0):
                best = _Reading(first.text + other + rest.text + "）" * closes, unknown)
        return best


def _may_be(form: _Form, values: Mapping[str, str]) -> bool:
    """Whether what would stand in the places can: nothing quoted in quotes, days where days are."""
    return not any('"' in values[name] for name in form.quoted) and all(
        _DAY.fullmatch(value) for name, value in values.items() if name.startswith("date")
    )


def _first_of_all(form: _Form) -> tuple[bool, int]:
    """Errors first, which have two halves; then what has the most text of its own."""
    return form.key != "; expected ", -sum(map(len, form.literals))


def _form(one: str, other: str) -> _Form | None:
    """The form of a sentence with places; None of one that has none.

    What begins or ends with a blank or a comma is joined to something; what begins with two is
    indented.
    """
    if one[0] in " ,;" and not one.startswith("  "):
        one, other = f"{{{_BEFORE}}}{one}", f"{{{_BEFORE}}}{other}"
    if one[-1] == " ":
        one, other = f"{one}{{{_AFTER}}}", f"{other}{{{_AFTER}}}"
    names, quoted, masked = [], set(), ""
    for literal, name, _, _ in Formatter().parse(one):
        masked += literal
        if name is not None:
            if masked.count('"') % 2:
                quoted.add(name)
            names.append(name)
            masked += _HOLE
    if not names:
        return None
    literals = tuple(_masked(masked).split(_HOLE))
    said = "".join(_VERBATIM.findall(other))
    verbatim = quoted | {name for name in names if f"{{{name}}}" in said}
    key = max(literals, key=len)
    return _Form(key, literals, tuple(names), other, frozenset(verbatim), frozenset(quoted))


def _plain(text: str) -> str:
    """A text without places as people read it: doubled braces are one."""
    return text.replace("{{", "{").replace("}}", "}")


def _masked(text: str) -> str:
    """A text of the same length in which nothing that is quoted can be found."""
    return _QUOTED.sub(lambda found: _NOT_A_HOLE.sub("\0", found[0]), text)


def _unknown(text: str) -> int:
    """How many English words a text has, outside of what is quoted, of names and of codes."""
    return len(_WORD.findall(re.sub(r"\[[^\]]*\]", "", _masked(text))))


@lru_cache
def sentences(folder: Path, locale: str) -> Sentences:
    """The sentences of a locale; of one without a catalogue, none, so that all stays English."""
    catalogue = read(folder, locale)
    return Sentences(
        {
            message.id: message.string
            for message in catalogue or ()
            if isinstance(message.id, str)
            and isinstance(message.string, str)
            and message.id
            and message.string
            and not message.fuzzy
        }
    )
