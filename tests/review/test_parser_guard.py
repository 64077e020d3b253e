"""What ends Beancount's parser is not given to it; no text in here would."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from beancount.core.data import Price
from beancount.parser import parser
from beancount.parser.lexer import lex_iter_string
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.review.merge import merge
from beancount_voucher.review.parser_guard import arithmetic_fault, fault
from tests.support import ACCEPT, PLUGIN, WORLD, issue
from tests.support.repository import INCLUDE, TOP, VOUCHERS, rules, states

if TYPE_CHECKING:
    from tests.support.repository import Repository

WORDS = {"+": "PLUS", "-": "MINUS", "*": "ASTERISK", "/": "SLASH", "(": "LPAREN", ")": "RPAREN"}
FRACTION = "an amount that divides by zero"


def tokens(said: str) -> list[tuple[str, int, Decimal | None]]:
    """Tokens as the lexer has them, of words with spaces between: ``z`` is the number zero."""
    numbers = {"z": Decimal(0), "one": Decimal(1), "two": Decimal(2), "half": Decimal("0.5")}
    return [
        (WORDS.get(word, "NUMBER" if word in numbers else word), 7, numbers.get(word))
        for word in said.split()
    ]


# Arithmetic -> whether it is a number.
EXPRESSIONS = {
    "one": True, "one / two": True, "one / half": True, "z / one": True, "- - z": True, "z * z": True,
    "one / z": False, "z / z": False, "one / - z": False, "one / + - z": False, "one / ( z )": False,
    "one / ( one - one )": False, "one / ( two - one )": True, "one / ( one + one ) * z": True,
    "one / ( one / ( two - one - one ) )": False, "one / ( two - one * two )": False, "one / ( ( two - one ) * two )": True,
    "one / two - two": True, "one / ( half - one / two )": False, "one / ( - one + two * half )": False,
    # What is no expression, before and after one.
    "one CURRENCY one / z CURRENCY": False, "( one / z": False, "one / z (": False, "one / (": True, "( ) one / z": False,
    "* / one / z": False, ") one": True, "one two": True, "one two / z": False, "( one": True, "DATE * STRING": True, "": True,
    "one / CURRENCY z": True, "one EOL / z": True,
}  # fmt: skip


@pytest.mark.parametrize("said", EXPRESSIONS)
def test_what_is_a_number(said: str) -> None:
    found = arithmetic_fault(iter(tokens(said)))
    assert found == (None if EXPRESSIONS[said] else (7, FRACTION))


def test_brackets_without_end() -> None:
    deep = [*["("] * 101, "one", *[")"] * 101]
    assert arithmetic_fault(iter(tokens(" ".join(deep)))) == (7, "an amount of too many brackets")
    assert arithmetic_fault(iter(tokens(" ".join(deep[1:-1])))) is None


# A file -> what is said of it.
FILES: dict[str, tuple[str, tuple[int, str] | None]] = {
    "nothing": ("", None),
    "a price without its tax": ("2026-01-01 price X 100.00 / (1 + 0.13) CNY\n", None),
    "a date and a path": ('include "2026/03.bean"\n2026/03/02 open Assets:X\n', None),
    "half of it": ("2026-01-01 balance Assets:X 1 / 0.5 CNY\n", None),
    "a long comment": (";\n;" + "x" * 500_001 + "\n", (2, "a line of more than 500,000 bytes")),
    "brackets": ("2026-01-01 price X 1 / " + "(" * 101 + "1" + ")" * 101 + " CNY\n", (1, "an amount of too many brackets")),
}  # fmt: skip


@pytest.mark.parametrize("name", FILES)
def test_what_a_file_has(name: str) -> None:
    text, expected = FILES[name]
    assert fault(text.encode()) == expected


@given(
    st.recursive(
        st.sampled_from(["1", "2", "0.5", "-3"]),
        lambda inner: st.tuples(inner, st.sampled_from("+-*"), inner).map(lambda three: "({} {} {})".format(*three)),
        max_leaves=8,
    )
)  # fmt: skip
def test_arithmetic_is_beancounts(said: str) -> None:
    """What it computes, by dividing by one more than what Beancount computes, less that."""
    [price], errors, _ = parser.parse_string(f"2026-01-01 price X {said} CNY\n")
    assert errors == []
    assert isinstance(price, Price)
    divided = [("NUMBER", 1, Decimal(1)), ("SLASH", 1, None), ("LPAREN", 1, None)]
    same = [("MINUS", 1, None), ("NUMBER", 1, price.amount.number), ("RPAREN", 1, None)]
    found = [*divided, *_lexed(said), *same]
    assert arithmetic_fault(iter(found)) == (1, FRACTION)


def _lexed(said: str) -> list[tuple[str, int, Decimal | None]]:
    return [
        (name, line, value)
        for name, line, _, value in lex_iter_string(said)  # type: ignore[no-untyped-call]
        if name != "EOL"
    ]


TOO_DEEP = "2026-01-01 price X 1 / " + "(" * 101 + "1" + ")" * 101 + " CNY\n"


def test_a_review_names_it_and_reads_the_rest(repository: Repository) -> None:
    top = PLUGIN + WORLD + INCLUDE + 'include "more.bean"\n'
    repository.commit({TOP: top, VOUCHERS: issue(), "more.bean": ";\n"})
    repository.commit({VOUCHERS: issue() + ACCEPT, "more.bean": f";\n{TOO_DEEP}"})
    found = repository.review("HEAD~1..HEAD")
    assert (states(found), rules(found)) == ({"V-1": ("issued", "accepted")}, ["new-error"])
    [error] = found["errors"]
    assert (error["file"], error["line"]) == ("more.bean", 2)
    assert error["message"] == "an amount of too many brackets is not read [include-refused]"
    assert repository.run("blame", "V-1").status == 0


def test_a_merge_leaves_both_sides() -> None:
    content, [said] = merge(b"", b";\n", f";\n{TOO_DEEP}".encode())
    assert said == "it cannot be merged by fact: line 2: an amount of too many brackets"
    assert content.startswith(b"<<<<<<< ours\n;\n=======\n")
