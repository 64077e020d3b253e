"""The ledgers that come with the program."""

from __future__ import annotations

from importlib.resources import files
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable


def shipped(folder: str) -> Traversable:
    """A folder of ledgers: inside the installed package, or beside it in a checkout."""
    package = files("beancount_voucher")
    inside = package / "ledgers" / folder
    return inside if inside.is_dir() else package / ".." / "ledgers" / folder
