"""Sentences of the core in another language, recognised by their forms.

A sentence of the core is an f-string; its form, with a name in each of its places, stands in the
catalogue as ``{done} on {date}, after its {key}``. A text is one of the forms with something in
its places, which are looked at likewise: words and sentences are translated, while dates, ids,
accounts, codes and whatever is quoted stay as they are. ::

    accepted on 2026-03-06, after its accept-by; expected 2026-03-05 at the latest [accept-late]
    2026-03-06 已承兑，已过承兑期限（accept-by）；应为：不晚于 2026-03-05 [accept-late]

So the core needs no other kind of text, and says the same to everybody. What has no form stays
English. A text may be anybody's: places are found from left to right, never by trying again, and
a text that can be read in too many ways is left as it is.
"""

from __future__ import annotations

import re
from functools import lru_cache
from string import Formatter
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.translation.catalogue import read

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

_REMEMBERED = 2048
"""Texts; a table shows at most 200 rows at once."""

_MOST_STEPS = 4000
"""Ways of reading one text that are looked at."""

_QUOTED = re.compile(r'"[^"]*"')
_WORD = re.compile(r"(?<![A-Za-z0-9_.:/-])[a-z]{2,}(?:-[a-z]+)*(?![A-Za-z0-9_.:/-]*[A-Z0-9_/])")
_JOINTS = {"; ": "；", ": ": "：", ", ": "，", " or ": " 或 ", " and ": " 和 ", "\n": "\n"}
"""What stands between sentences, and between the things of a list."""


class _Form(NamedTuple):
    """A sentence with places: ``literals`` stand before, between and behind its ``names``.

    Attributes:
        key: its longest literal, without which no text is of this form.
    """

    key: str
    literals: tuple[str, ...]
    names: tuple[str, ...]
    translated: str

    def values(self, text: str, masked: str) -> dict[str, str] | None:
        """What stands in the places of a text of this form; None of any other text."""
        first, *between, last = self.literals
        end = len(text) - len(last)
        if not (masked.startswith(first) and masked.endswith(last)):
            return None
        at, cuts = len(first), []
        for literal in between:
            found = masked.find(literal, at + 1, end)
            if found < 0:
                return None
            cuts.append((at, found))
            at = found + len(literal)
        cuts.append((at, end))
        if at >= end:
            return None
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
        self._words = {_plain(one): _plain(other) for one, other in catalogue.items()}
        forms = [_form(one, other) for one, other in catalogue.items()]
        found = [form for form in forms if form is not None]
        self._forms = sorted(found, key=lambda form: -sum(map(len, form.literals)))
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
        self.steps = 0

    def read(self, text: str) -> _Reading:
        """The reading of a text that leaves the fewest words English."""
        known = self._known.get(text)
        if known is not None:
            return known
        self._known[text] = asis = _Reading(text, _unknown(text))
        self.steps += 1
        if self.steps <= _MOST_STEPS:
            self._known[text] = self._best(text, asis)
        return self._known[text]

    def _best(self, text: str, asis: _Reading) -> _Reading:
        if text in self._words:
            return _Reading(self._words[text], 0)
        if not asis.unknown:
            return asis
        masked = _masked(text)
        return self._by_joint(text, masked, self._by_form(text, masked, asis))

    def _by_form(self, text: str, masked: str, best: _Reading) -> _Reading:
        for form in self._forms:
            values = form.values(text, masked) if form.key in masked else None
            if values is None:
                continue
            readings = {name: self.read(value) for name, value in values.items()}
            unknown = sum(reading.unknown for reading in readings.values())
            if unknown < best.unknown:
                filled = {name: reading.text for name, reading in readings.items()}
                best = _Reading(form.translated.format(**filled), unknown)
            if not unknown:
                break
        return best

    def _by_joint(self, text: str, masked: str, best: _Reading) -> _Reading:
        """What is joined of several texts, as long as that leaves less English."""
        for joint, other in _JOINTS.items():
            if not best.unknown:
                break
            at = masked.find(joint, 1)
            if at < 0 or at + len(joint) >= len(text):
                continue
            first, rest = self.read(text[:at]), self.read(text[at + len(joint) :])
            if first.unknown + rest.unknown < best.unknown:
                best = _Reading(first.text + other + rest.text, first.unknown + rest.unknown)
        return best


def _form(one: str, other: str) -> _Form | None:
    """The form of a sentence with places; None of one that has none."""
    literals, names = [""], []
    for literal, name, _, _ in Formatter().parse(one):
        literals[-1] += literal
        if name is not None:
            names.append(name)
            literals.append("")
    if not names:
        return None
    masked = tuple(map(_masked, literals))
    return _Form(max(masked, key=len), masked, tuple(names), other)


def _plain(text: str) -> str:
    """A text without places as people read it: doubled braces are one."""
    return text.replace("{{", "{").replace("}}", "}")


def _masked(text: str) -> str:
    """A text of the same length in which nothing that is quoted can be found."""
    return _QUOTED.sub(lambda found: '"' + "\0" * (len(found[0]) - 2) + '"', text)


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
