"""Keys that a party says of itself in its messages: shown, and recorded by people only.

So a change of key is a directive that goes through review; it names the message in which the
old key has signed the new one (manual: exchange).
"""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

from beancount_voucher.directives.public_keys import bare, fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.directives.facts import Fact


def is_recorded(fact: Fact, exchanged: Iterable[Fact]) -> bool:
    """Whether a ledger declares a key already as it is said, or has revoked it."""
    return recorded(fact, exchanged) is not None


def recorded(fact: Fact, exchanged: Iterable[Fact]) -> Fact | None:
    """The directive of a ledger that declares a key so already, or has revoked it.

    Args:
        fact: a ``voucher-key``, or a ``voucher-revoke``.
        exchanged: of an evaluation.
    """
    known = (each for each in exchanged if each.kind == fact.kind and each.date <= fact.date)
    same = (each for each in known if each.ids[0] == fact.ids[0] and _says(each) == _says(fact))
    return next(same, None)


def _says(fact: Fact) -> tuple[object, ...]:
    names = ("until", "kinds", "limit") if fact.kind == "key" else ()
    return _mark(fact), *(fact.terms.get(name) for name in names)


def _mark(fact: Fact) -> str | None:
    return fact.ids[1] if fact.kind == "revoke" else fingerprint(fact.ids[1])


def to_record(fact: Fact, message: str) -> str:
    """What a person does about a key: the command that records it.

    Args:
        fact: a ``voucher-key``, or a ``voucher-revoke``.
        message: the one that says it, such as ``FirstBank SecondBank 42``.
    """
    words = ["bean-voucher", "key", *_arguments(fact, message), "--date", str(fact.date), "--write"]
    says = "a new key" if fact.kind == "key" else "that a key is revoked"
    return (
        f"{fact.ids[0]} says {says}, {_mark(fact)}: compare it with them by another way; "
        f"to record it: {shlex.join(words)}"
    )


def _arguments(fact: Fact, message: str) -> Iterator[str]:
    party, key = fact.ids
    terms = fact.terms
    if fact.kind == "revoke":
        yield from (party, key, "--revoke", f"message {message}: {terms['reason']}")
        return
    yield from (party, bare(key))
    limit = terms.get("limit")
    texts = {
        "until": terms.get("until"),
        "kinds": terms.get("kinds"),
        "limit": None if limit is None else f"{limit.number:f} {limit.currency}",
        "introduced-by": message,
    }
    for name, value in texts.items():
        if value is not None:
            yield from (f"--{name}", str(value))


def own_keys(exchanged: Iterable[Fact], we: str) -> Iterator[Fact]:
    """Our keys that others have to hear of: all after the first, and those that are revoked."""
    own = [fact for fact in exchanged if fact.ids[0] == we]
    yield from [fact for fact in own if fact.kind == "key"][1:]
    yield from (fact for fact in own if fact.kind == "revoke")
