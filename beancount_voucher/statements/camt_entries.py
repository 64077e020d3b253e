"""An entry of a camt message (``Ntry``) to lines: one, or one for each payment of a batch.

Each element of an entry is looked at once: a statement may have 20,000 of them.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.statements.camt_values import (
    BOOKED,
    STATUSES,
    amount_in,
    date_in,
    number_in,
    sign_of,
)
from beancount_voucher.statements.narrative import CUT, cut_off
from beancount_voucher.statements.statement import StatementLine, distinct, reference
from beancount_voucher.statements.xml_stream import MAX_DEPTH

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator, Mapping, Sequence
    from xml.etree.ElementTree import Element

    from beancount_voucher.statements.camt_values import Place

_PAYMENT = "TxDtls"

_REFERENCES = frozenset(
    f"Refs/{name}"
    for name in (
        *("InstrId", "PmtInfId", "TxId", "UETR", "MndtId", "ChqNb", "Prtry/Ref", "MsgId"),
        *("AcctOwnrTxId", "ClrSysRef", "AcctSvcrTxId", "MktInfrstrctrTxId", "PrcgId"),
    )
)
"""The references of one payment, the end-to-end id and the bank's own aside."""

_NUMBERS = frozenset(
    {"RmtInf/Strd/CdtrRefInf/Ref", "RmtInf/Strd/RfrdDocInf/Nb", "RltdRmtInf/RmtId"}
)
"""What payer and payee call it: references that may have words around them."""

_TEXTS = frozenset(
    {"RmtInf/Ustrd", "RmtInf/Strd/AddtlRmtInf", "AddtlTxInf", "RtrInf/AddtlInf", *_NUMBERS}
)
_REMITTANCE = "RmtInf/Ustrd"
_FULL = 140
"""Characters of a full remittance text; what is longer goes on in the next, or is cut off."""

_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/CntrValAmt/Amt", "AmtDtls/InstdAmt/Amt")
"""Where the amount of an entry or a payment stands, in the order in which they are tried."""

_DATES = ("BookgDt/Dt", "BookgDt/DtTm", "BookgDt", "ValDt/Dt", "ValDt/DtTm", "ValDt")
_SETTLED = "RltdDts/IntrBkSttlmDt"


class CamtEntry(NamedTuple):
    """What an entry says.

    Attributes:
        status: BOOK, PDNG or INFO; empty for one that is the bank's own.
        said: the status as the bank writes it.
        code: the bank's own code of the transaction; empty where it has none.
        amount: of the whole, signed.
        currency: of the amount.
        lines: the whole as one line, or the payments in it.
    """

    status: str
    said: str
    code: str
    amount: Decimal
    currency: str
    date: dt.date
    lines: tuple[StatementLine, ...]


class _Payment(NamedTuple):
    """What an entry says of one payment."""

    leaves: Mapping[str, Element]
    end_to_end: str | None
    references: tuple[str | None, ...]
    text: str
    cut: tuple[str, ...]
    returned: bool


def read_entry(
    element: Element, position: int, currency: str, told: dt.date | None, place: Place
) -> CamtEntry:
    """Read an entry.

    Args:
        element: the entry.
        position: its number.
        currency: the account's; that of its amount, if empty.
        told: the day of the message, for an entry that names none.
        place: where it stands.

    Raises:
        StatementError: it lacks what an entry must have, or has what cannot be read.
    """
    found, details = _taken_apart(element, place)
    leaves = dict(reversed(found))
    payments = [_payment(each, place) for each in details]
    said = _text(leaves, "Sts/Cd") or _text(leaves, "Sts") or _text(leaves, "Sts/Prtry")
    sign = sign_of(_text(leaves, "CdtDbtInd"), "an entry", place)
    currency = currency or (leaves["Amt"].get("Ccy", "") if "Amt" in leaves else "")
    number = _number(leaves, payments, currency, place)
    amount = sign * number if number else number
    line = _Line(
        position=position,
        date=_date(leaves, payments, told, place),
        reference=_text(leaves, "NtryRef"),
        bank_reference=reference(_text(leaves, "AcctSvcrRef")),
        batch=reference(
            _text(leaves, "NtryDtls/Btch/MsgId") or _text(leaves, "NtryDtls/Btch/PmtInfId")
        ),
        text=_text(leaves, "AddtlNtryInf"),
        reversal=_text(leaves, "RvslInd") in ("true", "1"),
    )
    amounts = _itemised(payments, sign, amount, currency, place) if len(payments) > 1 else None
    return CamtEntry(
        status=STATUSES.get(said.upper(), "") if said else BOOKED,
        said=said,
        code=_text(leaves, "BkTxCd/Prtry/Cd"),
        amount=amount,
        currency=currency,
        date=line.date,
        lines=(line.whole(amount, payments),)
        if amounts is None
        else tuple(map(line.one, amounts, payments)),
    )


# --- Elements -----------------------------------------------------------------------------


_Leaves = list[tuple[str, "Element"]]


def _taken_apart(element: Element, place: Place) -> tuple[_Leaves, list[Element]]:
    """The elements that have no others in them, each with its path; payments apart."""
    found: _Leaves = []
    payments: list[Element] = []
    if _take(element, "", MAX_DEPTH, found, payments):
        return found, payments
    expected = f"at most {MAX_DEPTH} levels"
    raise place.error("too-large", "elements are nested too deep", expected)


def _take(
    parent: Element, prefix: str, levels: int, found: _Leaves, payments: list[Element]
) -> bool:
    """Whether it has no more levels than that; then, they are taken."""
    for child in parent:
        if not len(child):
            found.append((prefix + child.tag, child))
        elif child.tag == _PAYMENT:
            payments.append(child)
        elif not levels or not _take(child, f"{prefix}{child.tag}/", levels - 1, found, payments):
            return False
    return True


def _text(leaves: Mapping[str, Element], path: str) -> str:
    leaf = leaves.get(path)
    return "" if leaf is None else (leaf.text or "").strip()


def _payment(element: Element, place: Place) -> _Payment:
    found, _ = _taken_apart(element, place)
    leaves = dict(reversed(found))
    references: list[str | None] = []
    texts: list[str] = []
    returned = full = False
    for path, leaf in found:
        if path in _TEXTS:
            said = leaf.text or ""
            goes_on = full and path == _REMITTANCE
            texts += [said] if goes_on else [CUT * full, " ", said]
            full = path == _REMITTANCE and len(said) == _FULL
        if path in _REFERENCES or path in _NUMBERS:
            references.append(leaf.text)
        elif path.startswith("RtrInf"):
            returned = True
    text = "".join([*texts, CUT * full])
    return _Payment(
        leaves,
        reference(_text(leaves, "Refs/EndToEndId")),
        tuple(references),
        text,
        cut_off(text),
        returned,
    )


def _date(
    leaves: Mapping[str, Element],
    payments: Sequence[_Payment],
    told: dt.date | None,
    place: Place,
) -> dt.date:
    """The booking date; else the value date, that of settlement, and that of the message."""
    for key in _DATES:
        if key in leaves and (text := _text(leaves, key)):
            return date_in(text, key, place)
    for payment in payments:
        if _SETTLED in payment.leaves:
            return date_in(_text(payment.leaves, _SETTLED), _SETTLED, place)
    if told is None:
        raise place.error("missing-field", "an entry has no date", "BookgDt or ValDt")
    return told


# --- Amounts ------------------------------------------------------------------------------


def _number(
    leaves: Mapping[str, Element], payments: Sequence[_Payment], currency: str, place: Place
) -> Decimal:
    """The amount in the account's currency, unsigned, wherever it stands."""
    for key in _AMOUNTS:
        if key in leaves and leaves[key].get("Ccy") == currency:
            return number_in(leaves[key], place)
    for key in _AMOUNTS:
        each = [payment.leaves.get(key) for payment in payments]
        if each and all(one is not None and one.get("Ccy") == currency for one in each):
            return sum((number_in(one, place) for one in each), Decimal(0))
    return amount_in(leaves.get("Amt"), currency, place)


def _itemised(
    payments: Sequence[_Payment], sign: int, whole: Decimal, currency: str, place: Place
) -> list[Decimal] | None:
    """The amounts of the payments, if they are known and come to the entry's."""

    def amounts(*keys: str) -> Iterator[Decimal | None]:
        for payment in payments:
            found = (payment.leaves[key] for key in keys if key in payment.leaves)
            own = next((each for each in found if each.get("Ccy", currency) == currency), None)
            if own is None:
                yield None
                continue
            mark = payment.leaves.get("CdtDbtInd")
            signed = sign if mark is None else sign_of(mark.text, "a payment", place)
            yield signed * amount_in(own, currency, place)

    for keys in (*((key,) for key in _AMOUNTS), _AMOUNTS):
        each = [number for number in amounts(*keys) if number is not None]
        if len(each) == len(payments) and sum(each) == whole:
            return each
    return None


# --- Lines --------------------------------------------------------------------------------


class _Line(NamedTuple):
    """What all the lines of an entry share."""

    position: int
    date: dt.date
    reference: str
    bank_reference: str | None
    batch: str | None
    text: str
    reversal: bool

    def one(self, amount: Decimal, payment: _Payment) -> StatementLine:
        """A payment of several, under the bank's reference of its own if it has one."""
        own = reference(_text(payment.leaves, "Refs/AcctSvcrRef"))
        line = self._of(amount, payment, own or self.bank_reference)
        return replace(line, entry_reference=self.bank_reference)

    def _of(self, amount: Decimal, payment: _Payment, banks: str | None) -> StatementLine:
        return StatementLine(
            position=self.position,
            date=self.date,
            amount=amount,
            end_to_end=payment.end_to_end,
            references=distinct(iter((self.reference, *payment.references))),
            bank_reference=banks,
            batch=self.batch,
            text=" ".join(f"{self.text} {payment.text}".split()),
            reversal=self.reversal,
            returned=payment.returned,
            cut=payment.cut,
        )

    def whole(self, amount: Decimal, payments: Sequence[_Payment]) -> StatementLine:
        """The entry, with the references of all its payments."""
        if len(payments) == 1:
            own = reference(_text(payments[0].leaves, "Refs/AcctSvcrRef"))
            return self._of(amount, payments[0], self.bank_reference or own)
        references = (
            name for payment in payments for name in (payment.end_to_end, *payment.references)
        )
        texts = dict.fromkeys((self.text, *(payment.text for payment in payments)))
        return StatementLine(
            position=self.position,
            date=self.date,
            amount=amount,
            references=distinct(iter((self.reference, *references))),
            bank_reference=self.bank_reference,
            batch=self.batch,
            text=" ".join(" ".join(texts).split()),
            reversal=self.reversal,
            returned=bool(payments) and all(payment.returned for payment in payments),
            cut=tuple(word for payment in payments for word in payment.cut),
        )
