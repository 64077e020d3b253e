"""Every target, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.fuzz import command, conditions, ledgers, statements, texts

if TYPE_CHECKING:
    from tests.fuzz.target import Target

TARGETS: dict[str, Target] = {
    target.name: target
    for module in (ledgers, conditions, statements, command, texts)
    for target in module.TARGETS
}
