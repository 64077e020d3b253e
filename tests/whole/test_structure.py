"""The source as it should be, whatever it does: rooms, short functions, tables that fit."""

from __future__ import annotations

import ast
import runpy
from typing import TYPE_CHECKING

import pytest
from importlinter.cli import EXIT_STATUS_SUCCESS, lint_imports

from beancount_voucher.audit.findings import FINDINGS
from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import ROLES
from beancount_voucher.directives.codes import CODES
from beancount_voucher.directives.schema import VOID_REASONS
from beancount_voucher.lifecycle import (
    amendments,
    give_back,
    guards,
    instrument_guards,
    transitions,
)
from tests.fuzz import ledgers
from tests.support import ROOT, model

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

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
    assert given <= CODES.keys() | FINDINGS.keys()  # commands give some of what check finds


FORM = {"amendment_form_problem", "cover_for_basis", "a_release_is_meant"}
"""Asked before the rows of the life, or by a guard."""


def test_every_guard_guards() -> None:
    defined = {
        name
        for module in (guards, amendments, give_back, instrument_guards, transitions)
        for name, value in vars(module).items()
        if getattr(value, "__module__", "") == module.__name__
        and name not in FORM
        and not name.endswith(("form_problem", "or_problem"))
        and not name.startswith("_")
        and value.__annotations__.keys() == {"candidate", "return"}
        and "mutmut" not in name
    }
    used = {guard.__name__ for rule in transitions.TRANSITIONS for guard in rule.guards}
    assert used == defined


def test_whatever_there_is_has_a_second_opinion_and_is_tried_at_random() -> None:
    assert set(BUILT_IN) == model.CONDITIONS == set(ledgers._CONDITIONS)
    assert set(VOID_REASONS) == model.REASONS
    assert {party: set(roles) for party, roles in ROLES.items()} == model.ROLES


MISFITS = {
    "a reason without a row": ("lifecycle/transitions", ', reason="cancelled"', ', reason="not-accepted"'),
    "a row without its event": ("lifecycle/transitions", '"return",', '"turn",'),
    "a state that nothing leads to": ("lifecycle/transitions", "State.REJECTED)", "State.VOIDED)"),
    "a final state that goes on": ("lifecycle/transitions", "Transition(OPEN,", "Transition((*OPEN, State.VOIDED),"),
    "a required key that is none": ("directives/schema", 'required=("reason", "by")', 'required=("reason", "who")'),
    "a subject that is no value": ("directives/schema", 'subject=("period",)', 'subject=("month",)'),
    "a key without a meaning": ("directives/schema", '"instructed-by": Kind.TEXT', '"told-by": Kind.TEXT'),
    "a required term that is none": ("directives/schema", '    "issuer",\n', '    "bank",\n'),
    "values that nobody checks": ("directives/values", '    "close": _check_close,\n', ""),
    "a kind without a form": ("directives/values", "    Kind.COUNT: _is_count,\n", ""),
    "roles of one name that differ": ("directives/account_roles", '"acceptor", opened_by="user"', '"acceptor"'),
    "a party's role without accounts": ("directives/account_roles", '"insurer": {', '"reinsurer": {'),
    "a rule about another side": ("audit/expected", '"held", "policyholder"', '"held", "insurer"'),
    "a rule about what is not reconciled": ("audit/expected", '"line-drawn"', '"line-limit"'),
    "a hold without a rule": ("audit/expected", 'HoldRule("policyholder", "payable", "issuer", -1, memo=False),', ""),
    "an account of no such role": ("books/posting_table", "prepaid +S", "unpaid +S"),
    "a customer that the role names": ("books/posting_table", "held -X", "held[P] -X"),
    "a customer that nobody names": ("books/posting_table", "deposits[P] +X, held", "deposits +X, held"),
    "a cell that is not zero": ("books/posting_table", "advance +X, unearned -X", "advance +X"),
    "an event that there is not": ("books/posting_table", '"cover",', '"coverage",'),
    "an event that is not narrated": ("books/posting_table", '"cover": "{id} cover', '"issue": "{id} cover'),
    "a word that never holds": ("books/posting_table", '"unrecognised covered"', '"unrecognised uncovered"'),
    "a leg without its reversal": ("books/posting_table", "held +X, deposits[P] -X", "loans +X, deposits[P] -X"),
    "a hold that outlives a settlement": ("books/posting_table", "payable +X, prepaid -R", "prepaid +S"),
    "a contra account that does": ("books/posting_table", "vouchers -Xm, vouchers-contra +Xm", "vouchers -Xm, line-drawn +Xm"),
}  # fmt: skip


@pytest.mark.parametrize("misfit", MISFITS)
def test_tables_that_do_not_fit_are_found_at_import(misfit: str, tmp_path: Path) -> None:
    module, was, becomes = MISFITS[misfit]
    source = (ROOT / "beancount_voucher" / f"{module}.py").read_text(encoding="utf-8")
    assert was in source
    changed = tmp_path / "changed.py"
    changed.write_text(source, encoding="utf-8")
    runpy.run_path(str(changed))
    changed.write_text(source.replace(was, becomes), encoding="utf-8")
    with pytest.raises(AssertionError):
        runpy.run_path(str(changed))
