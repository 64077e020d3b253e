"""Makes the mutants: mutmut's operators on a copy of a module, and what each of them changes."""

from __future__ import annotations

import ast
import difflib
from typing import TYPE_CHECKING, NamedTuple

from mutmut.mutation.file_mutation import mutate_file_contents

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_UNTOUCHED = {"staticmethod", "classmethod"}
"""Decorators that mutmut bears; it would leave out a function with any other."""


class Mutant(NamedTuple):
    """A fault in a function.

    Attributes:
        module: where it is, without the package: ``lifecycle.transitions``.
        name: mutmut's name, by which it is switched on.
        function: the function's name there, by which the tests that reach it are found.
        change: where and what, for a person: the same as long as the lines are the same.
    """

    module: str
    name: str
    function: str
    change: str


def undecorated(source: str) -> str:
    """Decorators as assignments after their functions, so that these are mutated, too."""
    lines = source.splitlines()
    for node in sorted(_decorated(ast.parse(source)), key=lambda node: -node.lineno):
        assert node.end_lineno is not None
        indent = " " * node.col_offset
        names = [ast.unparse(each) for each in node.decorator_list]
        call = f"{'('.join(names)}({node.name}{')' * len(names)}"
        lines.insert(node.end_lineno, f"{indent}{node.name} = {call}")
        first = node.decorator_list[0].lineno
        lines[first - 1 : node.lineno - 1] = []
    return "\n".join(lines) + "\n"


def _decorated(tree: ast.AST) -> Iterator[ast.FunctionDef]:
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef) and node.decorator_list:
            names = {ast.unparse(each) for each in node.decorator_list}
            if not names & _UNTOUCHED:
                yield node


def mutated(module: str, source: str) -> tuple[str, list[Mutant]]:
    """A module that holds all its mutants, each asleep until it is named, and what they are."""
    made = mutate_file_contents(f"{module}.py", undecorated(source))
    lines = made.code.splitlines()

    def text_of(name: str) -> list[str]:
        span = made.line_span_by_function_name[name]
        return [line.strip() for line in lines[span.start - 1 : span.end]]

    mutants = []
    for name in made.mutant_names:
        function = name.rpartition("__mutmut_")[0]
        change = _change(text_of(f"{function}__mutmut_orig"), text_of(name))
        own = function.removeprefix("xǁ" if "ǁ" in function else "x_").replace("ǁ", ".")
        mutants.append(
            Mutant(
                module,
                f"beancount_voucher.{module}.{name}",
                f"beancount_voucher.{module}.{function}",
                f"{module}.{own}\n{change}",
            )
        )
    return made.code, mutants


def _change(before: Sequence[str], after: Sequence[str]) -> str:
    """The lines that differ, but for the function's own name."""
    diff = difflib.unified_diff(before, after, n=0, lineterm="")
    changed = [line for line in diff if line[:2] not in ("--", "++", "@@")]
    own = ("-def ", "+def ")
    said = [line for line in changed if not line.startswith(own) or "__mutmut_" not in line]
    return "\n".join(f"{line[0]} {line[1:]}" for line in said)
