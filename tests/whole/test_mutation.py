"""What ``python -m tests.mutation`` names is there; the mutants themselves are tried by hand."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import pytest

from tests.mutation.__main__ import DESELECTED, MODULES, SURVIVORS, TESTS, explained, module_of
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

EXPLAINED = explained(SURVIVORS.read_text(encoding="utf-8"))


def functions(module: str) -> set[str]:
    """The functions of a module, and the methods of its classes: ``Candidate.amount``."""
    path = ROOT / "beancount_voucher" / f"{module.replace('.', '/')}.py"

    def named(node: ast.AST, before: str) -> Iterator[str]:
        for each in ast.iter_child_nodes(node):
            if isinstance(each, ast.FunctionDef):
                yield before + each.name
            elif isinstance(each, ast.ClassDef):
                yield from named(each, f"{before}{each.name}.")

    return set(named(ast.parse(path.read_text(encoding="utf-8")), ""))


@pytest.mark.parametrize("module", MODULES.split())
def test_every_explanation_is_of_a_function_that_is_there(module: str) -> None:
    places = {change.partition("\n")[0] for change in EXPLAINED if module_of(change) == module}
    known = functions(module)
    assert known
    assert {place.removeprefix(f"{module}.") for place in places} <= known


def test_every_explanation_is_of_a_module_that_is_mutated() -> None:
    assert [change for change in EXPLAINED if not module_of(change)] == []


def test_what_is_run_and_what_is_left_out_is_there() -> None:
    paths = [ROOT / name for name in TESTS.split()]
    files = [each for path in paths for each in ([path] if path.suffix else path.glob("test_*.py"))]
    text = "".join(path.read_text(encoding="utf-8") for path in files)
    left_out = [name for name in DESELECTED.split() if name != "or"]
    assert [name for name in left_out if f"def {name}(" not in text] == []
