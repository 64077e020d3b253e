"""Where directives stand, and what the plugin has been at.

A ledger's own ``lineno:`` or ``filename:`` metadata overwrites the position of a directive;
here is what can still be told, and what must not be believed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, NamedTuple, TypeGuard

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount.core.data import Meta

NO_POSITION = "<beancount_voucher>"

_MESSAGE = re.compile(r"[^ /]+ [^ /]+ [0-9]+")
"""Where a directive stands that a signed message says: in no file, but by the message's name."""


class SourceLine(NamedTuple):
    """Where something stands: a file and a line in it."""

    filename: str
    lineno: int

    def seen_from(self, other: SourceLine) -> str:
        """This place as a reader of ``other`` names it: the line, and the file if it is another.

        The file is named relative to the other's folder, so that the same text
        gives the same message on every machine.
        """
        if self.filename == other.filename:
            return f"line {self.lineno}"
        if _MESSAGE.fullmatch(self.filename):
            return f"line {self.lineno} of message {self.filename}"
        if self.filename.startswith("<"):
            return "another directive to be written"
        here = other.filename.split("/")[:-1]
        there = self.filename.split("/")
        while here and len(there) > 1 and here[0] == there[0]:
            del here[0], there[0]
        return f"{'/'.join(['..'] * len(here) + there)}:{self.lineno}"


SEEN = "__voucher__"
"""Marks what the plugin has been at. No ledger can write a key that starts so."""

REPLACED = "__voucher_replaced__"
"""On a directive whose metadata replaced its position: which key did, for whoever reads it next."""

CLAIMED = "__voucher_claimed__"
"""On a directive that had the key ``voucher`` of itself, which is for the plugin to set."""


def source_line(meta: Meta) -> SourceLine:
    """Where an entry says that it stands: metadata of another type says nothing."""
    filename, lineno = meta.get("filename"), meta.get("lineno")
    return SourceLine(
        filename if isinstance(filename, str) else NO_POSITION,
        lineno if type(lineno) is int and lineno >= 0 else 0,
    )


@dataclass(frozen=True, slots=True)
class Sources:
    """The files of a ledger. A directive's own ``filename:`` or ``lineno:`` hides where it stands.

    Attributes:
        top: the top file, which stands in for a file name that is lost.
        files: every file that was read; with none, any name is taken for true.
    """

    top: str = NO_POSITION
    files: frozenset[str] = frozenset()

    @classmethod
    def of(cls, options: Mapping[str, Any]) -> Sources:
        """As Beancount's options name them."""
        return cls(options.get("filename") or NO_POSITION, frozenset(options.get("include", ())))

    def replaced(self, meta: Meta) -> str | None:
        """The metadata key that replaced the position, if one did."""
        if REPLACED in meta:
            return str(meta[REPLACED])
        if type(meta.get("lineno")) is not int:
            return "lineno"
        return None if self._names(meta.get("filename")) else "filename"

    def written(self, meta: Meta) -> SourceLine | None:
        """Where a directive stands if, as almost always, nothing has replaced that."""
        filename, lineno = meta.get("filename"), meta.get("lineno")
        if not isinstance(filename, str) or filename not in self.files or REPLACED in meta:
            return None
        return SourceLine(filename, lineno) if type(lineno) is int and lineno >= 0 else None

    def place(self, meta: Meta) -> SourceLine:
        """Where a directive stands, as far as its metadata still tells."""
        filename, lineno = meta.get("filename"), meta.get("lineno")
        try:
            line = max(int(str(lineno)), 0)
        except ValueError:
            line = 0
        return SourceLine(filename if self._names(filename) else self.top, line)

    def _names(self, filename: object) -> TypeGuard[str]:
        """Whether it is a file that was read, or what a program calls its own text."""
        if not isinstance(filename, str):
            return False
        return filename in self.files or filename.startswith("<") or not self.files
