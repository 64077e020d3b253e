"""Who works: this process, processes of this machine, or a cluster; with the same outcome."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    Told = Callable[[str, int, int], None]
    """What is being done, how much of it is done, and how much there is."""


class Workers(Protocol):
    """Whoever does the same to many things."""

    def each(
        self, what: str, task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> list[Any]:
        """What a task comes to for each of many jobs, in their order.

        Args:
            what: what the jobs are, for who waits.
            task: a function of a module.
            jobs: its arguments.
        """
        ...


class Here:
    """This process, one after the other."""

    def __init__(self, told: Told) -> None:
        self._told = told

    def each(
        self, what: str, task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> list[Any]:
        """See ``Workers``."""
        found: list[Any] = []
        for job in jobs:
            self._told(what, len(found), len(jobs))
            found.append(task(*job))
        self._told(what, len(jobs), len(jobs))
        return found
