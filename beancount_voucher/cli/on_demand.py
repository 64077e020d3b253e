"""Commands that are imported when somebody asks for them.

What a command needs of Beancount takes longer to import than many a command takes to run:
``--help`` and the manual need none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping
from importlib import import_module
from typing import NamedTuple

import click


class Waiting(NamedTuple):
    """A command that is not imported yet.

    Attributes:
        module: its module, of the folder ``commands``.
        summary: its short help, word for word.
    """

    module: str
    summary: str


class OnDemand(MutableMapping[str, click.Command]):
    """Commands by name; each is imported at its first use."""

    def __init__(self, waiting: Mapping[str, Waiting]) -> None:
        self._waiting = dict(waiting)
        self._commands: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        """The command, imported."""
        if name not in self._commands and name in self._waiting:
            module = import_module(f"{__package__}.commands.{self._waiting[name].module}")
            made = (*vars(module).values(), *getattr(module, "COMMANDS", ()))
            self._commands[name] = next(
                each for each in made if isinstance(each, click.Command) and each.name == name
            )
        return self._commands[name]

    def __setitem__(self, name: str, command: click.Command) -> None:
        """Put a command in the place of what waits under its name."""
        self._commands[name] = command

    def __delitem__(self, name: str) -> None:
        """Forget a command."""
        self._waiting.pop(name, None)
        self._commands.pop(name, None)

    def __iter__(self) -> Iterator[str]:
        """The names, without importing anything."""
        return iter(self._waiting | self._commands)

    def __len__(self) -> int:
        """How many there are."""
        return len(self._waiting | self._commands)
