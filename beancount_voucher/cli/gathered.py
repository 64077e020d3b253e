"""Options that several commands share, handed to each as one argument."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    Command = TypeVar("Command", bound=Callable[..., Any])


def gathered(
    command: Command,
    gather: Callable[[dict[str, Any]], dict[str, Any]],
    options: Iterable[Callable[[Any], Any]],
) -> Command:
    """A command with options of which it is told in one argument.

    Args:
        command: what takes the argument.
        gather: takes what the options say out of what click tells; gives the argument by name.
        options: the last one first, as decorators are applied.
    """

    def told(*args: Any, **others: Any) -> Any:  # noqa: ANN401
        return command(*args, **gather(others), **others)

    told.__doc__, told.__name__ = command.__doc__, command.__name__
    told.__click_params__ = getattr(command, "__click_params__", [])  # type: ignore[attr-defined]
    for option in options:
        told = option(told)
    return told  # type: ignore[return-value]
