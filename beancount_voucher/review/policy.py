"""``bean-voucher.toml``: what a repository asks of reviews.

It stands beside the ledger's top file, and is read from the base of a review, never from the
change that is reviewed.
"""

from __future__ import annotations

import re
import tomllib
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.schema import REVIEW_RULES
from beancount_voucher.directives.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Mapping

FILE = "bean-voucher.toml"
KEYS = "exception-keys"
"""Whose exceptions count whoever is said to be their author: public keys of SSH."""

_TABLE = "review"
_KEY = re.compile(r"((?:ssh|ecdsa|sk)-[a-z0-9@.-]+ [A-Za-z0-9+/]+={0,3})(?: [^\n\r]*)?")


class PolicyError(Exception):
    """A policy file that cannot be understood: file, line, what is wrong, what was expected."""


class Policy(NamedTuple):
    """What a repository asks for.

    Attributes:
        switched_on: by rule, whether it holds.
        keys: the SSH keys whose exceptions always count, type and key.
    """

    switched_on: Mapping[str, bool]
    keys: tuple[str, ...] = ()


def policy(text: bytes | None, path: str) -> Policy:
    """Which rules hold: all, but those that the policy file switches off.

    Args:
        text: the file's content; None if there is none.
        path: its name, for errors.

    Raises:
        PolicyError: it is no TOML, or says what nobody knows.
    """
    on = dict.fromkeys(REVIEW_RULES, True)
    if text is None:
        return Policy(on)
    try:
        found = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: it is no TOML file: {error} [bad-policy]") from error
    for key, value in found.items():
        if key != _TABLE or not isinstance(value, dict):
            raise _fault(text, path, key, f"{key} is not known", f"one table, [{_TABLE}]")
    table = dict(found.get(_TABLE, {}))
    keys = _keys(text, path, table.pop(KEYS, []))
    for rule, value in table.items():
        if rule not in REVIEW_RULES:
            known = ", ".join((*REVIEW_RULES, KEYS))
            raise _fault(text, path, rule, f"there is no rule {rule}", f"one of {known}")
        if not isinstance(value, bool):
            raise _fault(text, path, rule, f"{rule} is {quoted(value)}", "true or false")
        on[rule] = value
    return Policy(on, keys)


def _keys(text: bytes, path: str, value: object) -> tuple[str, ...]:
    given = value if isinstance(value, list) else [None]
    found = [_KEY.fullmatch(each) if isinstance(each, str) else None for each in given]
    keys = tuple(match[1] for match in found if match is not None)
    if len(keys) < len(given):
        expected = 'a list of public keys such as "ssh-ed25519 AAAA…"'
        raise _fault(text, path, KEYS, f"{KEYS} is {quoted(value)}", expected)
    return keys


def _fault(text: bytes, path: str, key: str, wrong: str, expected: str) -> PolicyError:
    match = re.search(rf'^[ \t\["\']*{re.escape(key)}\b', text.decode(), re.MULTILINE)
    line = 1 if match is None else text.decode().count("\n", 0, match.start()) + 1
    return PolicyError(f"{path}:{line}: {wrong}; expected {expected} [bad-policy]")
