"""What Beancount's parser does not survive, found before a stranger's text is given to it.

Beancount 3.2.3 computes amounts while it parses, and does not look whether that fails: where
one divides by zero, or grows beyond what a decimal holds, the process that parses it ends
without a word. Whoever can put such a line into a branch would end each review and merge of it.
"""

from __future__ import annotations

import re
from decimal import Decimal, DecimalException
from itertools import groupby
from operator import add, mul, neg, pos, sub, truediv
from typing import TYPE_CHECKING, NamedTuple

from beancount.parser.lexer import lex_iter_string

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

_SUSPECT = re.compile(rb"/[\s+-]*[(0]")
"""A division by what may be zero: a cheap look, which many dates and paths do not pass either."""

_LONGEST_LINE = 500_000
"""Bytes; an amount that grows too large takes twice as many digits."""

_DEEPEST = 100
"""Brackets in brackets."""

_SIGNS: dict[str, Callable[[Decimal], Decimal]] = {"PLUS": pos, "MINUS": neg}
_SUMS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {"PLUS": add, "MINUS": sub}
_PRODUCTS: dict[str, Callable[[Decimal, Decimal], Decimal]] = {"ASTERISK": mul, "SLASH": truediv}
_ARITHMETIC = frozenset({"NUMBER", "LPAREN", "RPAREN", *_SUMS, *_PRODUCTS})

Token = tuple[str, int, Decimal | None]
"""What the lexer calls it, its line, and the number that it is, if it is one."""


class ParserFault(NamedTuple):
    """What Beancount would not survive, and on which line."""

    lineno: int
    message: str


class _SyntaxError(Exception):
    """What is no expression: Beancount tells so, and goes on."""


def fault(content: bytes) -> ParserFault | None:
    """What of a file would end Beancount's parser; None for nothing."""
    for number, line in enumerate(content.split(b"\n"), 1):
        if len(line) > _LONGEST_LINE:
            return ParserFault(number, f"a line of more than {_LONGEST_LINE:,} bytes")
    if not _SUSPECT.search(content):
        return None
    tokens = lex_iter_string(content)  # type: ignore[no-untyped-call]
    return arithmetic_fault((name, line, value) for name, line, _, value in tokens)


def arithmetic_fault(tokens: Iterator[Token]) -> ParserFault | None:
    """What of a file's tokens computes what is no number; None for nothing."""
    for is_arithmetic, run in groupby(tokens, lambda token: token[0] in _ARITHMETIC):
        if is_arithmetic:
            expression = _Expression(list(run))
            try:
                expression.all()
            except DecimalException:
                return ParserFault(expression.line, "an amount that divides by zero")
            except RecursionError:
                return ParserFault(expression.line, "an amount of too many brackets")
    return None


class _Expression:
    """Tokens of arithmetic that follow one another, computed as Beancount computes them."""

    def __init__(self, tokens: Sequence[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self.line = tokens[0][1]

    def all(self) -> None:
        """Compute what there is: one number after another, or what is no expression.

        Raises:
            DecimalException: something in it is no number.
            RecursionError: its brackets are too deep.
        """
        while self._at < len(self._tokens):
            start = self._at
            try:
                self._sum(0)
            except _SyntaxError:
                self._at = start + 1

    def _next(self) -> str:
        return self._tokens[self._at][0] if self._at < len(self._tokens) else ""

    def _sum(self, depth: int) -> Decimal:
        value = self._product(depth)
        while (name := self._next()) in _SUMS:
            self._at += 1
            value = _SUMS[name](value, self._product(depth))
        return value

    def _product(self, depth: int) -> Decimal:
        value = self._signed(depth)
        while (name := self._next()) in _PRODUCTS:
            self._at += 1
            value = _PRODUCTS[name](value, self._signed(depth))
        return value

    def _signed(self, depth: int) -> Decimal:
        signs = []
        while (name := self._next()) in _SIGNS:
            self._at += 1
            signs.append(_SIGNS[name])
        value = self._number(depth)
        for sign in reversed(signs):
            value = sign(value)
        return value

    def _number(self, depth: int) -> Decimal:
        name = self._next()
        if name == "NUMBER":
            value = self._tokens[self._at][2]
            self._at += 1
            return value or Decimal(0)
        if name != "LPAREN":
            raise _SyntaxError
        if depth == _DEEPEST:
            raise RecursionError
        self._at += 1
        value = self._sum(depth + 1)
        if self._next() != "RPAREN":
            raise _SyntaxError
        self._at += 1
        return value
