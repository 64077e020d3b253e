"""The shortest ledger of each code: it gives that code, at the line that it marks, and no other."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

import beancount_voucher
from beancount_voucher.audit.findings import FINDINGS
from beancount_voucher.cli import main
from beancount_voucher.directives.codes import CODES
from beancount_voucher.directives.schema import REVIEW_RULES, VOID_REASONS
from beancount_voucher.exchange.codes import MESSAGE_CODES
from beancount_voucher.reconciliation.reasons import ITEM_REASONS, MATCH_RULES, OUTSTANDING
from beancount_voucher.review import rules
from beancount_voucher.review.refusals import REFUSALS
from beancount_voucher.statements.faults import FAULTS, PROOFS
from tests.support import LEDGERS, code_of, load_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_voucher.directives.codes import Explanation

ERRORS = {path.stem: path for path in sorted((LEDGERS / "errors").iterdir())}
VOIDS = {path.stem: path for path in sorted((LEDGERS / "voids").iterdir())}

UNSHOWN = {"I0", "I6", "I7", "I8", "I9", "missing-entry"}
"""Only something that changes the plugin's own entries brings these about: no text can."""

FOLLOWS = {"account-not-open": ["I1", "I1"]}
"""What ``check`` finds in a book that goes without the voucher."""

BEANCOUNTS_OWN = {"broken-directive": "syntax error, unexpected INDENT"}
"""What Beancount itself says of the same line."""

VOIDED = {name: reason.explanation for name, reason in VOID_REASONS.items()}

TABLES: dict[str, Mapping[str, Explanation]] = {
    "messages": MESSAGE_CODES,
    "errors": CODES,
    "findings": FINDINGS,
    "voids": VOIDED,
    "rules": REVIEW_RULES,
    "refusals": REFUSALS,
    "reasons": ITEM_REASONS,
    "matches": MATCH_RULES,
    "flaws": PROOFS,
    "faults": FAULTS,
}


def found(path: Path) -> list[tuple[int, str]]:
    """The lines and codes that ``check`` tells; what takes a day only where that is to be shown."""
    as_of = {
        "overdue": "2026-03-06",
        "recorded-difference": "2026-04-12",
        "examination-late": "2026-03-12",
    }.get(path.stem)
    given = ["--as-of", as_of] if as_of else []
    output = CliRunner().invoke(main, ["-f", str(path), "check", *given]).stdout
    told = [re.fullmatch(r".*?:(\d+): .*", line) for line in output.splitlines()]
    assert all(told), output
    own = BEANCOUNTS_OWN.get(path.stem, "no such error")
    return [(int(match[1]), code_of(match[0])) for match in told if match and own not in match[0]]


def comment(path: Path) -> str:
    lines = path.read_text().splitlines()
    first = next(at for at, line in enumerate(lines) if not line.startswith(";"))
    text = " ".join(line.removeprefix("; ") for line in lines[:first])
    return re.sub(r"  ; <-- [\w-]+$", "", text)


def test_every_code_that_a_text_can_give_has_its_ledger() -> None:
    assert set(ERRORS) == CODES.keys() | FINDINGS.keys() - UNSHOWN
    assert set(VOIDS) == set(VOID_REASONS)
    assert not CODES.keys() & FINDINGS.keys()


@pytest.mark.parametrize("code", ERRORS)
def test_it_gives_its_code_at_the_marked_line_and_nothing_else(code: str) -> None:
    path = ERRORS[code]
    marks = [
        (number, line.partition("; <-- ")[2])
        for number, line in enumerate(path.read_text().splitlines(), 1)
        if "; <-- " in line
    ]
    [(marked, name)] = marks
    assert name == code
    follows = FOLLOWS.get(code, [])
    assert found(path) == [(marked, each) for each in [code, *follows]]
    errors = [code_of(error.message) for error in load_path(path).errors]
    own = [BEANCOUNTS_OWN[code]] if code in BEANCOUNTS_OWN else []
    assert errors == own + [code] * (code in CODES)


@pytest.mark.parametrize("code", ERRORS)
def test_nothing_in_it_is_needless(code: str, tmp_path: Path) -> None:
    """Without any directive of it, or any key, it gives something else."""
    lines = ERRORS[code].read_text().splitlines()
    whole = [each for _, each in found(ERRORS[code])]
    shorter = tmp_path / f"{code}.beancount"
    for left_out in parts(lines):
        shorter.write_text("\n".join(line * (at not in left_out) for at, line in enumerate(lines)))
        assert [each for _, each in found(shorter)] != whole, [lines[at] for at in left_out]


def parts(lines: list[str]) -> Iterator[list[int]]:
    """Each directive with its metadata, and each key, by their lines."""
    directives: list[list[int]] = []
    for at, line in enumerate(lines):
        if line.startswith("  "):
            directives[-1].append(at)
            yield [at]
        elif line and not line.startswith(";"):
            directives.append([at])
    yield from directives


@pytest.mark.parametrize("reason", VOIDS)
def test_a_void_for_each_reason_that_there_is(reason: str) -> None:
    assert found(VOIDS[reason]) == []
    ledger = load_path(VOIDS[reason])
    assert ledger.state() == "voided"
    assert ledger.evaluation.vouchers["V-1"].events[-1].fact.terms["reason"] == reason


@pytest.mark.parametrize("code", [*ERRORS, *VOIDS])
def test_its_comment_is_what_to_do(code: str) -> None:
    path = VOIDS.get(code) or ERRORS[code]
    explanation = {**CODES, **FINDINGS, **VOIDED}[code]
    assert comment(path) == explanation.remedy


@pytest.mark.parametrize("table", TABLES)
def test_meanings_are_half_sentences_and_remedies_whole_ones(table: str) -> None:
    for code, (meaning, remedy) in TABLES[table].items():
        assert not meaning.endswith((".", "!")), code
        assert remedy[0].isupper(), code
        assert remedy.endswith("."), code
        assert "|" not in meaning + remedy, code  # they stand in tables of Markdown
        assert (meaning + remedy).count("`") % 2 == 0, code


GIVERS = {
    "Problem": {**CODES, **FINDINGS},  # some are given by commands, of what the plugin cannot see
    "FormError": CODES,
    "problem": CODES,
    "Finding": {**FINDINGS, **MESSAGE_CODES},
    "Untrue": MESSAGE_CODES,
    "Doubt": MESSAGE_CODES,
    "StatementError": FAULTS,
    "Flaw": PROOFS,
    "Violation": {**REVIEW_RULES, **REFUSALS},
    "Match": MATCH_RULES,
    "Item": ITEM_REASONS,
    "_item": ITEM_REASONS,
}
"""What is made with a code as its first argument, and where the code must be explained."""


def test_no_code_is_given_that_is_not_explained() -> None:
    given: dict[str, set[str]] = {name: set() for name in GIVERS}
    for path in Path(beancount_voucher.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and node.args:
                name = getattr(node.func, "attr", None) or getattr(node.func, "id", None)
                first = node.args[0]
                if name in GIVERS and isinstance(first, ast.Constant):
                    given[name].add(str(first.value))
    for name, table in GIVERS.items():
        assert given[name] <= table.keys(), name
        assert given[name], name


def test_codes_in_brackets_are_explained() -> None:
    """What is said in passing, such as [not-found] where a command is asked for a voucher."""
    known = {code for table in TABLES.values() for code in table}
    told = set()
    for path in Path(beancount_voucher.__path__[0]).rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                told |= set(re.findall(r" \[([a-z]+(?:-[a-z]+)+)\]$", node.value))
    assert told >= {"include-refused", "plugin-refused", "bad-policy", "not-found"}
    assert told <= known


def test_tables_that_belong_together() -> None:
    assert list(rules.CHECKS) == list(REVIEW_RULES)
    assert rules.UNREAD in REFUSALS
    assert set(OUTSTANDING) < set(ITEM_REASONS)
