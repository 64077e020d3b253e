"""A map as TOML: settings first, then its tables."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

_BARE = re.compile(r"[A-Za-z0-9_-]+")


def map_text(said: Mapping[str, Any]) -> str:
    """The text of a map that says this."""
    lines = [_line(name, value) for name, value in said.items() if not isinstance(value, dict)]
    for name, table in said.items():
        if isinstance(table, dict):
            lines += ["", f"[{name}]", *(_line(key, value) for key, value in table.items())]
    return "\n".join([*lines, ""]).lstrip("\n")


def _line(name: str, value: object) -> str:
    key = name if _BARE.fullmatch(name) else _text(name)
    if isinstance(value, list):
        return f"{key} = [{', '.join(map(_text, value))}]"
    return f"{key} = {_text(value)}"


def _text(value: object) -> str:
    """A value: JSON's texts, numbers and truths are TOML's, but for a character that no key has."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
