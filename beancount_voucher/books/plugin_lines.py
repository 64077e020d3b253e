"""The lines that load the plugin: whose books they keep, and what is wrong with that."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.directives.errors import Problem
from beancount_voucher.directives.source_lines import NO_POSITION, SourceLine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.lifecycle.evaluation import Evaluation


def problems_of_facts(evaluation: Evaluation, configs: Sequence[str | None]) -> list[Problem]:
    """What is wrong with facts and with the lines that load the plugin, whatever is booked.

    Args:
        evaluation: what the facts come to.
        configs: what each of these lines says; without any, nobody judges the facts.

    Returns:
        in the order in which ``expansion.expand`` tells them.
    """
    lines = [" ".join((config or "").split()) for config in configs]
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
