"""The lines that load the plugin: whose books they keep, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.source_lines import NO_POSITION, SourceLine

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_voucher.lifecycle.evaluation import Evaluation


PLUGIN = "beancount_voucher_plugin"


def plugin_lines(options: Mapping[str, Any]) -> list[str]:
    """What each line that loads the plugin says: whose books it keeps, nothing for all.

    Args:
        options: Beancount's options.
    """
    return [books_named(config) for name, config in options["plugin"] if name == PLUGIN]


def books_named(config: str | None) -> str:
    """The ids of the parties that a line names, with one space between."""
    return " ".join((config or "").split())


def kept_by(lines: Sequence[str]) -> list[str] | None:
    """The parties whose books such lines keep; None for all, and where there is no line."""
    return (lines[0].split() or None) if lines else None


def problems_of_facts(evaluation: Evaluation, lines: Sequence[str]) -> list[Problem]:
    """What is wrong with facts and with the lines that load the plugin, whatever is booked.

    Args:
        evaluation: what the facts come to.
        lines: what each of these lines says; without any, nobody judges the facts.

    Returns:
        in the order in which ``expansion.expand`` tells them.
    """
    if not lines:
        return []
    first, *again = lines
    problems = sorted([*evaluation.problems, *kept_in(first, evaluation)[1]], key=reading_order)
    others = (line for line in again if set(line.split()) != set(first.split()))
    return [*problems, *(two_configs(first, line) for line in others)]


def kept_in(books_kept: str, evaluation: Evaluation) -> tuple[list[str] | None, list[Problem]]:
    """The parties whose books a line keeps (None: all), and what is wrong with them."""
    wanted = books_kept.split()
    parties = evaluation.ledger_state.parties
    problems = [
        Problem(
            "unknown-party",
            SourceLine(NO_POSITION, 0),
            f'the plugin line keeps the books of "{party}", which is not declared',
            "one of " + (", ".join(sorted(parties)) or "the ids of voucher-party directives"),
        )
        for party in wanted
        if party not in parties
    ]
    return wanted or None, problems


def two_configs(first: str, second: str) -> Problem:
    """That two lines keep different books."""
    named = [f'"{books}"' if books else "all books" for books in (first, second)]
    return Problem(
        "duplicate",
        SourceLine(NO_POSITION, 0),
        f"two plugin lines keep different books: {named[0]}, then {named[1]}",
        "one plugin line that names all the parties whose books are kept",
    )


def reading_order(problem: Problem) -> tuple[str, int, str, str]:
    """Problems in the order of file and line."""
    return (problem.place.filename, problem.place.lineno, problem.code, problem.wrong)
