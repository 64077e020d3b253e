"""The posting table (manual: books), as data that an accountant can read.

X is the whole amount, S what a settlement pays, R what it releases (S + R = X). D is by how
much an amendment raises or lowers the premium. A refund pays back F, B of it to the bank and
L to the loan, and K is kept; G is all of that (B + L = F, F + K = G), of which A was in advance
and U was not. E is what is earned, or was and is reversed. ``m`` marks the memo commodity;
+ debits, − credits. ``deposits`` names its customer: P the
policyholder, I the insurer. A row counts when all of its ``when`` words hold for the
event; the legs of all rows that count make one transaction per book, and legs of an
amount of zero are left out. Every cell is zero by commodity.

Where one bank is issuer and acceptor, its book takes the legs of both columns as one
transaction, without the interbank legs.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.account_roles import INTERBANK, ROLES
from beancount_voucher.directives.schema import DIRECTIVES
from beancount_voucher.lifecycle.events import DERIVED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

SIDES: dict[str, str] = {
    "policyholder": "policyholder",
    "issuer": "bank",
    "acceptor": "bank",
    "insurer": "insurer",
}
"""The role of the party on each side of a voucher."""

BOOKS = tuple(SIDES)


class PostingRow(NamedTuple):
    """What one event writes into each book, when the words in ``when`` hold.

    The words: ``cash`` or ``credit``; ``accepted``: the voucher was accepted before;
    ``recognised`` or ``unrecognised``: so was its premium, or not; ``advance`` or
    ``covered``: settled before cover starts, or not; ``increase`` or ``decrease``: of the premium.
    """

    events: str
    when: str = ""
    policyholder: str = ""
    issuer: str = ""
    acceptor: str = ""
    insurer: str = ""


POSTINGS: tuple[PostingRow, ...] = (
    PostingRow(
        "credit-line",
        policyholder="line-available +Xm, line-limit -Xm",
        issuer="line-available +Xm, line-limit -Xm",
    ),
    PostingRow(
        "repay",
        policyholder="loan +X, bank -X, line-available +Xm, line-drawn -Xm",
        issuer="deposits[P] +X, loans -X, line-available +Xm, line-drawn -Xm",
    ),
    PostingRow(
        "issue",
        "cash",
        policyholder="frozen +X, bank -X",
        issuer="deposits[P] +X, held -X",
    ),
    PostingRow(
        "issue",
        "credit",
        policyholder="line-frozen +Xm, line-available -Xm",
        issuer="line-frozen +Xm, line-available -Xm",
    ),
    PostingRow(
        "accept",
        acceptor="collection +Xm, collection-contra -Xm",
        insurer="vouchers +Xm, vouchers-contra -Xm",
    ),
    PostingRow(
        "recognise",
        policyholder="prepaid +X, payable -X",
        insurer="receivable +X, unearned -X",
    ),
    PostingRow(
        "settle",
        "cash",
        policyholder="frozen -X, bank +R",
        issuer="held +X, interbank-payable -S, deposits[P] -R",
    ),
    PostingRow(
        "settle",
        "credit",
        policyholder="loan -S, line-drawn +Sm, line-frozen -Xm, line-available +Rm",
        issuer="loans +S, interbank-payable -S, "
        "line-drawn +Sm, line-frozen -Xm, line-available +Rm",
    ),
    PostingRow(
        "settle",
        acceptor="interbank-receivable +S, deposits[I] -S, collection -Xm, collection-contra +Xm",
        insurer="bank +S, vouchers -Xm, vouchers-contra +Xm",
    ),
    PostingRow(
        "settle",
        "recognised",
        policyholder="payable +X, prepaid -R",
        insurer="receivable -X, unearned +R",
    ),
    PostingRow("settle", "unrecognised", policyholder="prepaid +S"),
    PostingRow("settle", "unrecognised advance", insurer="advance -S"),
    PostingRow("settle", "unrecognised covered", insurer="unearned -S"),
    PostingRow("cover", insurer="advance +X, unearned -X"),
    PostingRow(
        "reject void",
        "cash",
        policyholder="bank +X, frozen -X",
        issuer="held +X, deposits[P] -X",
    ),
    PostingRow(
        "reject void",
        "credit",
        policyholder="line-available +Xm, line-frozen -Xm",
        issuer="line-available +Xm, line-frozen -Xm",
    ),
    PostingRow(
        "reject void",
        "accepted",
        acceptor="collection -Xm, collection-contra +Xm",
        insurer="vouchers -Xm, vouchers-contra +Xm",
    ),
    PostingRow(
        "reject void",
        "recognised",
        policyholder="payable +X, prepaid -X",
        insurer="unearned +X, receivable -X",
    ),
    # An increase is frozen at the offer, since it binds the issuer, and a decrease is released
    # at the effect, never at the offer.
    PostingRow(
        "amend",
        "cash",
        policyholder="frozen +D, bank -D",
        issuer="deposits[P] +D, held -D",
    ),
    PostingRow(
        "amend",
        "credit",
        policyholder="line-frozen +Dm, line-available -Dm",
        issuer="line-frozen +Dm, line-available -Dm",
    ),
    PostingRow(
        "decline lapse",
        "cash",
        policyholder="bank +D, frozen -D",
        issuer="held +D, deposits[P] -D",
    ),
    PostingRow(
        "decline lapse",
        "credit",
        policyholder="line-available +Dm, line-frozen -Dm",
        issuer="line-available +Dm, line-frozen -Dm",
    ),
    PostingRow(
        "effect",
        "cash decrease",
        policyholder="bank +D, frozen -D",
        issuer="held +D, deposits[P] -D",
    ),
    PostingRow(
        "effect",
        "credit decrease",
        policyholder="line-available +Dm, line-frozen -Dm",
        issuer="line-available +Dm, line-frozen -Dm",
    ),
    PostingRow(
        "effect",
        "accepted increase",
        acceptor="collection +Dm, collection-contra -Dm",
        insurer="vouchers +Dm, vouchers-contra -Dm",
    ),
    PostingRow(
        "effect",
        "accepted decrease",
        acceptor="collection -Dm, collection-contra +Dm",
        insurer="vouchers -Dm, vouchers-contra +Dm",
    ),
    PostingRow(
        "effect",
        "recognised increase",
        policyholder="prepaid +D, payable -D",
        insurer="receivable +D, unearned -D",
    ),
    PostingRow(
        "effect",
        "recognised decrease",
        policyholder="payable +D, prepaid -D",
        insurer="unearned +D, receivable -D",
    ),
    PostingRow(
        "release",
        "cash",
        policyholder="bank +R, frozen -R",
        issuer="held +R, deposits[P] -R",
    ),
    PostingRow(
        "release",
        "credit",
        policyholder="line-available +Rm, line-frozen -Rm",
        issuer="line-available +Rm, line-frozen -Rm",
    ),
    PostingRow(
        "release",
        acceptor="collection -Rm, collection-contra +Rm",
        insurer="vouchers -Rm, vouchers-contra +Rm",
    ),
    PostingRow(
        "release",
        "recognised",
        policyholder="payable +R, prepaid -R",
        insurer="unearned +R, receivable -R",
    ),
    PostingRow(
        "refund",
        policyholder="bank +B, loan +L, line-available +Lm, line-drawn -Lm, expense +K, prepaid -G",
        issuer="interbank-payable +F, deposits[P] -B, loans -L, line-available +Lm, line-drawn -Lm",
        acceptor="deposits[I] +F, interbank-receivable -F",
        insurer="advance +A, unearned +U, charges -K, bank -F",
    ),
    PostingRow("earn", policyholder="expense +E, prepaid -E", insurer="unearned +E, income -E"),
    # No more is ever earned than is in force: what lowers it reverses what lies above it.
    PostingRow(
        "settle effect release refund void",
        policyholder="prepaid +E, expense -E",
        insurer="income +E, unearned -E",
    ),
)

AMOUNTS: dict[str, str] = {
    "settle": "XSRE",
    "void": "XE",
    **dict.fromkeys(("amend", "decline", "lapse"), "D"),
    "effect": "DE",
    "release": "RE",
    "refund": "FBLKGAUE",
    "earn": "E",
}
"""The amounts of each event, where there are others than X."""

BOOKED = frozenset(event for row in POSTINGS for event in row.events.split())
"""The events that some book knows of."""

NARRATIONS: dict[str, str] = {
    "credit-line": "Credit line {policyholder} with {issuer}: limit {limit}",
    "repay": "Credit line {policyholder} with {issuer}: {X} repaid",
    "issue cash": "{id} issued: {X} frozen",
    "issue credit": "{id} issued: {X} of credit line frozen",
    "accept": "{id} accepted: {X} for collection",
    "recognise": "{id} recognised: {X} of premium",
    "settle": "{id} settled: {S} paid",
    "settle released": "{id} settled: {S} paid, {R} released",
    "cover": "{id} cover starts: {X} no longer in advance",
    "reject": "{id} rejected: {X} released",
    "void": "{id} voided ({reason}): {X} released",
    "amend": "{id} amendment {n} offered: {D} more frozen",
    "decline": "{id} amendment {n} declined: {D} released",
    "lapse": "{id} amendment {n} lapsed: {D} released",
    "effect increase": "{id} amendment {n} in force: {D} more",
    "effect decrease": "{id} amendment {n} in force: {D} less",
    "release": "{id} released: {R} of what was not settled",
    "refund": "{id} refunded: {F}",
    "refund kept": "{id} refunded: {F}, {K} kept",
    "earn": "{id} earned: {E} of premium",
}
"""What a person reads; amounts with thousands separators, currency and every digit."""


class Leg(NamedTuple):
    """One posting to be: role, customer if the role needs it named, sign, which amount."""

    role: str
    customer: str | None
    sign: int
    amount: str
    memo: bool


_LEG = re.compile(r"([a-z-]+)(?:\[([PI])\])? ([+-])([A-Z])(m?)")
_CUSTOMERS = {"P": "policyholder", "I": "insurer", None: None}


@cache
def legs_of(cell: str) -> tuple[Leg, ...]:
    """The legs that a cell of the table names."""
    legs = []
    for text in filter(None, cell.split(", ")):
        match = _LEG.fullmatch(text)
        if match is None:
            raise ValueError(f"no leg of the posting table: {text}")
        role, customer, sign, amount, memo = match.groups()
        legs.append(Leg(role, _CUSTOMERS[customer], int(sign + "1"), amount, bool(memo)))
    return tuple(legs)


def legs_by_book(
    event: str, words: frozenset[str], *, one_bank: bool
) -> tuple[tuple[str, tuple[Leg, ...]], ...]:
    """The legs of an event in each book that it touches.

    With one bank, the columns of issuer and acceptor come as one, under ``issuer`` if it has
    a part in the event.
    """
    books: dict[str, tuple[Leg, ...]] = dict.fromkeys(BOOKS, ())
    for row in POSTINGS:
        if event in row.events.split() and words.issuperset(row.when.split()):
            for book in BOOKS:
                books[book] += legs_of(getattr(row, book))
    if one_bank and books["issuer"]:
        both = books["issuer"] + books["acceptor"]
        books["issuer"] = tuple(leg for leg in both if leg.role not in INTERBANK)
        books["acceptor"] = ()
    return tuple((book, legs) for book, legs in books.items() if legs)


def words_of(
    funding: str, *, accepted: bool, recognised: bool, advance: bool, changed: str = ""
) -> frozenset[str]:
    """The words of ``Row.when`` that hold for an event; ``changed``: increase or decrease."""
    words = {funding, "recognised" if recognised else "unrecognised"}
    words.add("advance" if advance else "covered")
    if accepted:
        words.add("accepted")
    if changed:
        words.add(changed)
    return frozenset(words)


# --- What must hold of the table --------------------------------------------------------

_WORDS = frozenset(
    {
        "cash",
        "credit",
        "accepted",
        "recognised",
        "unrecognised",
        "advance",
        "covered",
        "increase",
        "decrease",
    }
)
_NONE = frozenset[str]()
_SHARES: dict[str, dict[str, int]] = {
    "X": {"S": 1, "R": 1},
    "F": {"B": 1, "L": 1},
    "G": {"B": 1, "L": 1, "K": 1},
    "U": {"B": 1, "L": 1, "K": 1, "A": -1},
}
"""What an amount consists of: what is paid and what is released are the whole, and so on."""


def _cells() -> Iterator[tuple[str, tuple[Leg, ...]]]:
    return ((book, legs_of(getattr(row, book))) for row in POSTINGS for book in BOOKS)


def _left(legs: Iterable[Leg]) -> dict[tuple[bool, str], int]:
    """What legs leave of money and of memo, of each amount that is no sum of others."""
    sums = Counter[tuple[bool, str]]()
    for leg in legs:
        for share, number in _SHARES.get(leg.amount, {leg.amount: 1}).items():
            sums[leg.memo, share] += leg.sign * number
    return {key: number for key, number in sums.items() if number}


def _lives() -> Iterator[list[tuple[str, frozenset[str]]]]:
    """The ways of a voucher through the table, from its issue to its end."""
    for funding in ("cash", "credit"):
        for accepted, recognised, advance in (
            (False, False, False),
            (True, False, False),
            (True, False, True),
            (True, True, False),
        ):
            words = words_of(funding, accepted=accepted, recognised=recognised, advance=advance)
            events = ["issue", *["accept"] * accepted, *["recognise"] * recognised]
            for end in ("settle", "void") if accepted else ("reject", "void"):
                last = [end, *["cover"] * (advance and end == "settle")]
                yield [(event, words) for event in (*events, *last)]


def _detours() -> Iterator[list[tuple[str, frozenset[str]]]]:
    """What leads back to where a voucher was: an increase and its end, earning and its reversal."""
    for funding in ("cash", "credit"):
        for accepted, recognised in ((False, False), (True, False), (True, True)):

            def words(
                changed: str,
                funding: str = funding,
                accepted: bool = accepted,
                recognised: bool = recognised,
            ) -> frozenset[str]:
                return words_of(
                    funding,
                    accepted=accepted,
                    recognised=recognised,
                    advance=False,
                    changed=changed,
                )

            for end in ("decline", "lapse"):
                yield [("amend", words("")), (end, words(""))]
            yield [
                ("amend", words("")),
                ("effect", words("increase")),
                ("effect", words("decrease")),
                *[("earn", words(""))] * 2,
            ]


def _legs_at(event: str, words: frozenset[str], book: str, role: str) -> list[Leg]:
    legs = dict(legs_by_book(event, words, one_bank=False)).get(book, ())
    return [leg for leg in legs if leg.role == role]


def _unreversed(life: list[tuple[str, frozenset[str]]]) -> set[tuple[str, str]]:
    """The accounts, by book and role, that a voucher is to leave empty, and does not."""
    legs: dict[tuple[str, str], list[Leg]] = {}
    for event, words in life:
        for book, each in legs_by_book(event, words, one_bank=False):
            for leg in each:
                if leg.amount == "E":
                    continue  # what is earned is reversed in full: see below
                # When cover starts, the whole is what was paid before.
                paid = leg._replace(amount="S") if event == "cover" else leg
                legs.setdefault((book, leg.role), []).append(paid)
    settled = any(event == "settle" for event, _ in life)
    return {
        (book, role)
        for (book, role), each in legs.items()
        if _left(each)
        and (not settled or role.endswith("-contra") or ROLES[SIDES[book]][role].per_voucher)
    }


# Whoever writes a row that does not fit learns it here, and not from somebody's books.
assert all(
    leg.role in ROLES[SIDES[book]]
    and (leg.customer is None) == (ROLES[SIDES[book]][leg.role].other is not None)
    for book, legs in _cells()
    for leg in legs
)
assert not any(
    _left(legs)
    for event, words in {
        ("credit-line", _NONE),
        ("repay", _NONE),
        ("release", frozenset({"cash", "recognised"})),
        ("release", frozenset({"credit", "recognised"})),
        ("refund", _NONE),
    }.union(*_lives(), *_detours())
    for one_bank in (False, True)
    for _, legs in legs_by_book(event, words, one_bank=one_bank)
)  # every transaction is zero by commodity
assert DIRECTIVES.keys() | set(DERIVED) >= BOOKED
assert AMOUNTS.keys() <= BOOKED
assert all(
    leg.amount in AMOUNTS.get(event, "X")
    for row in POSTINGS
    for event in row.events.split()
    for book in BOOKS
    for leg in legs_of(getattr(row, book))
)
assert {name.split()[0] for name in NARRATIONS} == BOOKED
assert _WORDS.issuperset(word for row in POSTINGS for word in row.when.split())
# A rejection or void undoes every leg; a settlement leaves nothing on what the voucher held.
assert not any(map(_unreversed, _lives()))
# So do an increase that is declined or lapses, one that is taken back, and what is earned.
assert not any(
    _left(leg for event, words in detour for leg in _legs_at(event, words, book, role))
    for detour in _detours()
    for book, roles in ((book, ROLES[SIDES[book]]) for book in BOOKS)
    for role in roles
)
