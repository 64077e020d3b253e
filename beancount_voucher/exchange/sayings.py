"""Who says what to whom (manual: exchange): the table of sayings, as data.

A voucher has four sides. Customers say their own to their own bank; a bank says its own, and
passes on what its customer or the other bank has said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.schema import DIRECTIVES

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.lifecycle.vouchers import Voucher

SIDES = ("policyholder", "issuer", "acceptor", "insurer")
BANK_OF = {"policyholder": "issuer", "insurer": "acceptor"}
"""The bank of each customer."""

_OWN_BANK = ("policyholder", "insurer")


class Saying(NamedTuple):
    """One row: facts of these kinds, who is their author, and to whom each bank says them.

    Attributes:
        kinds: of directives.
        authors: the sides that may be their author; where ``by`` names none, the one that says it.
        issuer_says_to: the sides to which the policyholder's bank says them.
        acceptor_says_to: likewise the insurer's bank.
    """

    kinds: tuple[str, ...]
    authors: tuple[str, ...]
    issuer_says_to: tuple[str, ...]
    acceptor_says_to: tuple[str, ...]


SAYINGS: tuple[Saying, ...] = (
    Saying(("request",), _OWN_BANK, ("policyholder",), ("issuer", "insurer")),
    Saying(("refuse",), ("issuer",), ("policyholder", "acceptor"), ("insurer",)),
    Saying(
        ("issue", "amend", "discrepancy", "recall", "settle", "void"),
        ("issuer",),
        ("acceptor", "policyholder"),
        ("insurer",),
    ),
    Saying(
        ("release",), ("issuer", "insurer"), ("acceptor", "policyholder"), ("issuer", "insurer")
    ),
    Saying(("accept", "surrender"), ("acceptor",), ("policyholder",), ("issuer", "insurer")),
    Saying(("reject",), ("acceptor", "insurer"), ("policyholder",), ("issuer", "insurer")),
    Saying(
        ("apply", "withdraw", "return", "consent", "decline"),
        _OWN_BANK,
        ("acceptor", "policyholder"),
        ("issuer", "insurer"),
    ),
    Saying(("refund",), ("insurer",), ("policyholder",), ("issuer", "insurer")),
    Saying(("credit-line", "repay"), ("issuer",), ("policyholder",), ()),
)
SAID: dict[str, Saying] = {kind: row for row in SAYINGS for kind in row.kinds}


class Parties(NamedTuple):
    """Who stands on which side of a fact; None where that is not said."""

    policyholder: str | None
    issuer: str | None
    acceptor: str | None
    insurer: str | None

    def sides_of(self, party: str) -> tuple[str, ...]:
        """Where a party stands: one bank may be issuer and acceptor."""
        return tuple(side for side, each in zip(SIDES, self, strict=True) if each == party)


def parties_of(fact: Fact, voucher: Voucher | None) -> Parties | None:
    """Who stands on which side of a fact; None: of a voucher that is not known.

    Args:
        fact: the fact.
        voucher: its voucher, if there is one yet.
    """
    if fact.kind in ("credit-line", "repay"):
        return Parties(fact.ids[0], fact.ids[1], None, None)
    terms: Mapping[str, Any] = {} if voucher is None else voucher.metadata
    if fact.kind in ("request", "issue"):
        terms = {**terms, **fact.terms}
    elif voucher is None:
        return None
    issuer = terms.get("issuer")
    if fact.kind == "refuse" and terms.get("requested-by") != "insurer":
        return Parties(terms.get("policyholder"), issuer, None, None)
    return Parties(
        terms.get("policyholder"), issuer, terms.get("acceptor", issuer), terms.get("insurer")
    )


def author_side(fact: Fact, parties: Parties, said_by: str) -> str | None:
    """The side whose fact it is; None: of nobody who may say such a thing.

    Args:
        fact: the fact.
        parties: who stands where.
        said_by: who says it, or has recorded it: by that the customer is told, where nothing
            else tells.
    """
    authors = SAID[fact.kind].authors
    if fact.kind == "request":
        return str(fact.terms.get("requested-by", "policyholder"))
    sides = parties.sides_of(str(fact.terms.get("by")))
    if sides:
        return next((side for side in authors if side in sides), None)
    if authors == _OWN_BANK:
        ours = parties.sides_of(said_by)
        return "policyholder" if {"policyholder", "issuer"} & {*ours} else "insurer"
    return authors[0]


def listeners(fact: Fact, parties: Parties, speaker: str) -> Iterator[str]:
    """The parties to which a party says a fact: not to its author, nor to itself.

    Args:
        fact: the fact.
        parties: who stands where.
        speaker: the party.
    """
    author = author_side(fact, parties, fact.came_from or speaker)
    if author is None:
        return
    row = SAID[fact.kind]
    told: list[str] = []
    for side in parties.sides_of(speaker):
        if side in BANK_OF:
            told += [_bank(side, parties)] if side == author else []
        else:
            says = row.issuer_says_to if side == "issuer" else row.acceptor_says_to
            told += [each for each in says if each != author and _is_told(each, side, author)]
    named = (getattr(parties, side) for side in told)
    known = (party for party in named if party is not None)
    yield from dict.fromkeys(each for each in known if each not in (speaker, fact.came_from))


def _is_told(listener: str, bank: str, author: str) -> bool:
    """A bank tells its customer everything, and the other bank what comes from its own side."""
    return BANK_OF.get(listener, listener) == bank or BANK_OF.get(author, author) == bank


def _bank(side: str, parties: Parties) -> str:
    """A customer's own bank; a request whose insurer's bank is not named goes to the issuer."""
    bank = BANK_OF[side]
    return bank if getattr(parties, bank) is not None else "issuer"


def may_say(fact: Fact, parties: Parties, speaker: str, listener: str) -> bool:
    """Whether a fact is for a party to say to another."""
    unheard = fact._replace(message=None)
    return listener in listeners(unheard, parties, speaker)


_SIDES_OF_ISSUER = ("policyholder", "issuer")


def is_told_funding(listener: str, parties: Parties) -> bool:
    """Whether a party is told how a voucher is funded: the policyholder, and its bank."""
    return any(side in _SIDES_OF_ISSUER for side in parties.sides_of(listener))


# Whoever adds a directive that travels says here whose it is.
_SAID_OTHERWISE = {"party", "refusal"}
assert SAID.keys() | _SAID_OTHERWISE == {n for n, each in DIRECTIVES.items() if each.travels}
