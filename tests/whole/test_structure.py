"""The source as it should be, whatever it does: rooms, short functions, tables that fit."""

from __future__ import annotations

import ast
import runpy
from typing import TYPE_CHECKING, Any

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from beancount_voucher.directives import schema
from beancount_voucher.directives.codes import CODES, Explanation
from beancount_voucher.lifecycle import guards, transitions
from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

SOURCES = sorted(each for top in ("beancount_voucher", "plugins") for each in (ROOT / top).rglob("*.py"))  # fmt: skip
LONGEST = 70


def nodes() -> Iterator[tuple[str, ast.AST]]:
    for path in SOURCES:
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            yield str(path.relative_to(ROOT)), node


def test_no_function_is_longer_than_a_page() -> None:
    functions = [
        (name, node.name, (node.end_lineno or 0) - node.lineno + 1)
        for name, node in nodes()
        if isinstance(node, ast.FunctionDef)
    ]
    assert len(functions) > 1000
    assert [each for each in functions if each[2] > LONGEST] == []


def test_rooms_import_only_what_they_may(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    monkeypatch.syspath_prepend(ROOT / "plugins")
    assert lint_imports(no_cache=True) == EXIT_STATUS_SUCCESS


def test_the_codes_that_are_given_are_those_that_are_explained() -> None:
    texts = {node.value for name, node in nodes() if isinstance(node, ast.Constant) and not name.endswith("codes.py")}  # fmt: skip
    assert CODES.keys() <= texts
    calls = [node for _, node in nodes() if isinstance(node, ast.Call) and node.args]
    givers = ("Problem", "FormError", "problem")
    given = {
        node.args[0].value
        for node in calls
        if getattr(node.func, "id", getattr(node.func, "attr", "")) in givers
        and isinstance(node.args[0], ast.Constant)
    }
    assert len(given) > 30
    assert given <= CODES.keys()


def test_every_guard_guards() -> None:
    defined = {
        name
        for name, value in vars(guards).items()
        if getattr(value, "__module__", "") == guards.__name__
        and value.__annotations__.keys() == {"candidate", "return"}
        and "mutmut" not in name
    }
    used = {guard.__name__ for rule in transitions.TRANSITIONS for guard in rule.guards}
    assert used == defined


_REASON = schema.VoidReason(Explanation("x", "X."), "x")


@pytest.mark.parametrize(
    ("table", "changed", "module"),
    [
        ("VOID_REASONS", {**schema.VOID_REASONS, "by-agreement": _REASON}, "lifecycle/transitions"),
        ("VOID_REASONS", {"cancelled": _REASON}, "lifecycle/transitions"),
        ("EVENTS", schema.EVENTS | {"amend"}, "lifecycle/transitions"),
    ],
)
def test_tables_that_do_not_fit_are_found_at_import(
    table: str, changed: Any, module: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = str(ROOT / "beancount_voucher" / f"{module}.py")
    runpy.run_path(path)
    monkeypatch.setattr(schema, table, changed)
    with pytest.raises(AssertionError):
        runpy.run_path(path)
