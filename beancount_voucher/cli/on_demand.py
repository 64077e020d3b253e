"""Commands that are imported when somebody asks for them.

What a command needs of Beancount takes longer to import than many a command takes to run:
``--help`` and the manual need none of it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, MutableMapping, Sequence
from importlib import import_module
from typing import NamedTuple

import click


class Waiting(NamedTuple):
    """A command that is not imported yet.

    Attributes:
        module: its module, of the folder ``commands``.
        summary: its short help, word for word.
        reads_ledger: whether it does what it does with a ledger.
    """

    module: str
    summary: str
    reads_ledger: bool = True


class OnDemand(MutableMapping[str, click.Command]):
    """Commands by name; each is imported at its first use.

    Args:
        waiting: the commands.
        common: the options of each that reads a ledger.
    """

    def __init__(
        self, waiting: Mapping[str, Waiting], common: Sequence[click.Parameter] = ()
    ) -> None:
        self._waiting = dict(waiting)
        self._common = tuple(common)
        self._commands: dict[str, click.Command] = {}

    def __getitem__(self, name: str) -> click.Command:
        """The command, imported."""
        if name not in self._commands and name in self._waiting:
            waiting = self._waiting[name]
            module = import_module(f"{__package__}.commands.{waiting.module}")
            made = (*vars(module).values(), *getattr(module, "COMMANDS", ()))
            command = self._commands[name] = next(
                each for each in made if isinstance(each, click.Command) and each.name == name
            )
            if waiting.reads_ledger:
                command.params += [each for each in self._common if each not in command.params]
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
