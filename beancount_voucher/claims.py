"""What the life of vouchers says of accounts: the right-hand column of the contract's invariants.

Deliberately not made from the posting table: it is what the postings are checked against.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.postings import MEMO
from beancount_voucher.vouchers import FINAL

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator
    from decimal import Decimal

    from beancount.core.data import Account

    from beancount_voucher.plans import Bookkeeper
    from beancount_voucher.evaluation import Happening
    from beancount_voucher.problems import Place
    from beancount_voucher.vouchers import Event, Terms, Voucher

Purse = tuple["Account", str]
"""An account and a commodity."""


class Move(NamedTuple):
    """A change of what stands on an account: as posted, or as the life says."""

    date: dt.date
    number: Decimal
    voucher: str | None
    place: Place


class Exposure(NamedTuple):
    """What one event changes on an account of one book, by the whole amount that it moves."""

    invariant: str
    side: str
    role: str
    other: str
    sign: int
    memo: bool


class Claim(NamedTuple):
    """What a voucher, or a credit line, says of an account.

    Attributes:
        exposure: the row of the table that says so.
        book: the party whose account it is.
        pool: the account; where each voucher has one of its own, their parent.
        purse: the account itself, and the commodity.
        move: by how much, when, and for which voucher.
    """

    exposure: Exposure
    book: str
    pool: Account
    purse: Purse
    move: Move


TIED_UP: dict[str, tuple[Exposure, ...]] = {
    "issue cash": (
        Exposure("I1", "policyholder", "frozen", "issuer", +1, memo=False),
        Exposure("I1", "issuer", "held", "policyholder", -1, memo=False),
    ),
    "issue credit": (
        Exposure("I2", "policyholder", "line-frozen", "issuer", +1, memo=True),
        Exposure("I2", "issuer", "line-frozen", "policyholder", +1, memo=True),
    ),
    "accept": (
        Exposure("I4", "acceptor", "collection", "insurer", +1, memo=True),
        Exposure("I4", "insurer", "vouchers", "acceptor", +1, memo=True),
    ),
    "recognise": (
        Exposure("I5", "insurer", "receivable", "acceptor", +1, memo=False),
        Exposure("I5", "policyholder", "payable", "issuer", -1, memo=False),
    ),
}
"""What a voucher ties up from an event on, until its end."""

_DRAWN = (
    Exposure("I3", "policyholder", "line-drawn", "issuer", +1, memo=True),
    Exposure("I3", "issuer", "line-drawn", "policyholder", +1, memo=True),
)
_BETWEEN_BANKS = (
    Exposure("I6", "issuer", "interbank-payable", "acceptor", -1, memo=False),
    Exposure("I6", "acceptor", "interbank-receivable", "issuer", +1, memo=False),
)

LEFT_BEHIND: dict[str, tuple[Exposure, ...]] = {
    "settle cash": _BETWEEN_BANKS,
    "settle credit": (*_DRAWN, *_BETWEEN_BANKS),
    "settle cash, one bank": (),
    "settle credit, one bank": _DRAWN,
    "repay": tuple(exposure._replace(sign=-1) for exposure in _DRAWN),
}
"""What a settlement leaves on accounts until somebody repays or clears it."""


def tied_up(voucher: Voucher, keeper: Bookkeeper) -> Iterator[Claim]:
    """What a voucher ties up, and lets go at its end, in the books that are kept."""
    terms = voucher.terms
    if terms is None:
        return
    tied: list[Claim] = []
    for event in voucher.events:
        if event.state in FINAL and event.kind != "cover":
            for claim in tied:
                yield _let_go(claim, event)
        parties = _parties(terms)
        for exposure in TIED_UP.get(_name(event, terms), ()):
            if keeper.keeps(parties[exposure.side]):
                money = terms.amount.number, terms.amount.currency
                claim = _claim(exposure, parties, money, event, voucher.id, keeper)
                tied.append(claim)
                yield claim


def left_behind(happening: Happening, keeper: Bookkeeper) -> Iterator[Claim]:
    """What an event leaves on accounts beyond its voucher's life, in the books that are kept."""
    event, voucher = happening.event, happening.voucher
    if voucher is None:
        parties = dict(zip(("policyholder", "issuer"), event.fact.ids, strict=True))
        exposures = LEFT_BEHIND.get(event.kind, ())
        currency = event.fact.amount.currency if event.fact.amount is not None else ""
    elif voucher.terms is not None and event.kind == "settle":
        parties = _parties(voucher.terms)
        one_bank = ", one bank" if voucher.terms.one_bank else ""
        exposures = LEFT_BEHIND[f"settle {voucher.terms.funding}{one_bank}"]
        currency = voucher.amount.currency
    else:
        return
    for exposure in exposures:
        if keeper.keeps(parties[exposure.side]):
            of = None if voucher is None else voucher.id
            yield _claim(exposure, parties, (event.amount, currency), event, of, keeper)


def _parties(terms: Terms) -> dict[str, str]:
    return {
        "policyholder": terms.policyholder,
        "issuer": terms.issuer,
        "acceptor": terms.acceptor,
        "insurer": terms.insurer,
    }


def _claim(
    exposure: Exposure,
    parties: dict[str, str],
    money: tuple[Decimal, str],
    event: Event,
    voucher: str | None,
    keeper: Bookkeeper,
) -> Claim:
    book, other = parties[exposure.side], parties[exposure.other]
    pool = keeper.chart.account(book, exposure.role, other, None)
    account = keeper.chart.account(book, exposure.role, other, voucher)
    move = Move(event.date, exposure.sign * money[0], voucher, event.place)
    return Claim(exposure, book, pool, (account, money[1] + MEMO * exposure.memo), move)


def _let_go(claim: Claim, event: Event) -> Claim:
    move = claim.move._replace(date=event.date, number=-claim.move.number, place=event.place)
    return claim._replace(move=move)


def _name(event: Event, terms: Terms) -> str:
    return f"issue {terms.funding}" if event.kind == "issue" else event.kind
