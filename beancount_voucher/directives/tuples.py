"""Named tuples in one step, where a load makes them by the hundred thousand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

new: Callable[..., Any] = tuple.__new__
"""``new(Posting, values)``, with a value for each field; a call of the class takes twice as long,
and with keywords four times."""
