"""Statements in the dialects of many banks, written from a list of movements: what is read is known.

Each form of field 86 is that of banks of a country; lines and subfields are cut where they are
full, in the midst of a word or an id. A bank that wraps by words leaves room in its lines.
"""

from __future__ import annotations

import datetime as dt
import textwrap
from dataclasses import dataclass
from decimal import Decimal
from itertools import count, pairwise
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from hypothesis import strategies as st

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

KNOWN = (
    *("V-1", "V-12", "V-123", "V-2026-00", "V-2026-0012", "Rf-7"),
    *("POLICY-2026-0001", "POLICY-2026-00012", "PREMIUM-CARGO-2026-Q1-001", "PREMIUM-CARGO-2026-Q1-0017"),
)  # fmt: skip
"""Ids of vouchers, many of which begin others."""

ACCOUNT, CURRENCY = "NL00TEST0000000001", "EUR"
DAY = dt.timedelta(days=1)


@dataclass(frozen=True)
class Moved:
    """What a bank books or announces: the day, the amount, the voucher it names, more words."""

    date: dt.date
    amount: Decimal
    name: str | None
    words: str
    pending: bool = False


WORDS = st.lists(
    st.sampled_from(
        ["premium", "March", "2026", "of", "12", "3", "V-129", "V-9", "POLICY", "N-7", "Insur", "x", "thanks"]
    ),
    max_size=9,
).map(" ".join)  # fmt: skip


@st.composite
def movements(draw: st.DrawFn) -> list[Moved]:
    """Some days' movements, in order, over a new year or not."""
    first = draw(
        st.sampled_from([dt.date(2026, 3, 2), dt.date(2025, 12, 29), dt.date(2024, 2, 27)])
    )
    found: list[Moved] = []
    for _ in range(draw(st.integers(0, 6))):
        first += DAY * draw(st.integers(0, 2))
        cents = draw(st.integers(1, 300_000)) * draw(st.sampled_from([-1, 1]))
        name = draw(st.none() | st.sampled_from(KNOWN))
        pending = draw(st.integers(0, 5)) == 0
        found.append(Moved(first, Decimal(cents).scaleb(-2), name, draw(WORDS), pending))
    return found


OPENING = Decimal("1000.00")


def closing(each: Sequence[Moved], opening: Decimal = OPENING) -> Decimal:
    return opening + sum((one.amount for one in each if not one.pending), Decimal(0))


@st.composite
def pages(draw: st.DrawFn, each: Sequence[Moved]) -> list[tuple[Decimal, Sequence[Moved]]]:
    """The movements on pages, none empty but a single one, each with its opening balance."""
    cuts = (
        sorted(draw(st.sets(st.sampled_from(range(1, len(each))), max_size=2))) if each[1:] else []
    )
    found = []
    opening = OPENING
    for start, end in pairwise([0, *cuts, len(each)]):
        found.append((opening, each[start:end]))
        opening = closing(each[start:end], opening)
    return found


# --- Field 86 -----------------------------------------------------------------------------


def _lines(text: str, first: int, width: int = 65) -> str:
    """A text in lines that are full; none that would begin or end a field."""
    cut = [text[:first], *(text[at : at + width] for at in range(first, len(text), width))]
    return "\n".join(cut)


def _subfields(text: str, mark: str, width: int, first: int = 20) -> str:
    """A text in subfields that are full."""
    pieces = [text[at : at + width] for at in range(0, len(text), width)]
    codes = [*range(first, 30), *range(60, 64)]
    return "".join(f"{mark}{code}{piece}" for code, piece in zip(codes, pieces, strict=False))


def _said(one: Moved) -> str:
    """What the payer wrote, with the id among the words."""
    words = one.words.split()
    if one.name is not None:
        words.insert(len(words) // 2, one.name)
    return " ".join(words) or "no words"


@st.composite
def german(draw: st.DrawFn, one: Moved, first: int) -> str:
    """German, Austrian: subfields of 27; each keyword begins one."""
    plus = draw(st.sampled_from(["+", ": "]))
    tell = one.name is not None and draw(st.booleans())
    said = [f"EREF{plus}{one.name if tell else 'NOTPROVIDED'}"] * draw(st.integers(int(tell), 1))
    said.append(f"SVWZ{plus}{one.words or 'x'}" if tell else f"SVWZ{plus}{_said(one)}")
    found, code = "", 20
    for each in said:
        found += _subfields(each, "?", 27, code)
        code += -(-len(each) // 27)
    text = (
        f"{draw(st.sampled_from(['166', '177']))}?00TRANSFER?10931{found}?30TESTDEFF?32AN INSURER"
    )
    return _lines(text, first)


@st.composite
def polish(draw: st.DrawFn, one: Moved, first: int) -> str:
    """Polish, Hungarian: subfields of 27 or 35 without keywords, by other marks."""
    mark, width = draw(st.sampled_from("<~^>")), draw(st.sampled_from([27, 35]))
    fields = _subfields(_said(one), mark, width)
    if draw(st.booleans()):
        return f"020{mark}00Przelew" + fields.replace(mark, f"\n{mark}") + f"\n{mark}31PL00"
    return _lines(f"020{mark}00Przelew{fields}{mark}31PL00", first)


@st.composite
def dutch(draw: st.DrawFn, one: Moved, first: int) -> str:
    """Dutch, Nordic, Baltic: words between slashes."""
    tell = one.name is not None and draw(st.booleans())
    rest = f"/REMI/{one.words if tell else _said(one)}"
    if tell:
        rest = "".join(draw(st.permutations([f"/EREF/{one.name}", rest])))
    elif draw(st.booleans()):
        rest = f"/EREF/NOTPROVIDED{rest}"
    text = f"/TRTP/SEPA OVERBOEKING/CNTP/NL00TEST0000000009/TESTNL2A/AN INSURER{rest}/"
    return _lines(text, first)


@st.composite
def free(draw: st.DrawFn, one: Moved, first: int) -> str:
    """Swiss, Nordic, Baltic, American: words, cut where a line is full, or wrapped by words."""
    said = _said(one)
    if one.name is not None and draw(st.booleans()):
        said = f"{one.words} EREF: {one.name}"
    width = draw(st.sampled_from([0, 35, 65]))
    return (
        _lines(said, first if width == 65 else width, width)
        if width
        else "\n".join(textwrap.wrap(said, 60, break_on_hyphens=False))
    )


FORMS: dict[str, Callable[[Moved, int], st.SearchStrategy[str]]] = {
    "German": german, "Polish": polish, "Dutch": dutch, "free": free,
}  # fmt: skip


# --- MT940 --------------------------------------------------------------------------------

_ENDS = ("\n", "\r\n", "\r")
_BETWEEN = (
    "",
    "-\n",
    "- \n",
    "-}\n",
    "-}{5:{CHK:0}}\n{1:F01X}{2:I940X}{4:\n",
    "\x1a",
    "\ufeff",
    "-\nTESTNL2A\n940\n",
)


def _mt_number(number: Decimal) -> str:
    return f"{abs(number):f}".replace(".", ",")


def _mt_balance(tag: str, date: dt.date, number: Decimal) -> str:
    mark = "D" if number < 0 else "C"
    return f":{tag}:{mark}{date:%y%m%d}{CURRENCY}{_mt_number(number)}\n"


@st.composite
def mt_entry(draw: st.DrawFn, number: int, one: Moved, form: str, first: int) -> str:
    """Fields 61 and 86 of a movement, under a reference of the bank's own."""
    value = one.date + DAY * draw(st.integers(-3, 3))
    mark = ("E" if one.pending else "") + ("D" if one.amount < 0 else "C")
    reference = "NONREF"
    if one.name is not None and draw(st.booleans()):
        reference = one.name[:16]
    kind = draw(st.sampled_from(["NTRF", "N062", "NMSC"]))
    head = f":61:{value:%y%m%d}{one.date:%m%d}{mark}{_mt_number(one.amount)}{kind}{reference}//B{number}\n"
    return f"{head}:86:{draw(FORMS[form](one, first))}\n"


@st.composite
def mt940(draw: st.DrawFn, each: Sequence[Moved], form: str) -> str:
    """A file with the movements on pages, under one number or many, joined in any way."""
    found = draw(pages(each))
    day = (each[0].date if each else dt.date(2026, 3, 2)) - DAY
    one_number, first = draw(st.booleans()), draw(st.sampled_from([61, 65]))
    numbers = count(1)
    written = []
    for page, (opening, entries) in enumerate(found, 1):
        number = "3" if one_number else f"3/{page}"
        text = f":20:ST1\n:25:{ACCOUNT}\n:28C:{number}\n"
        text += _mt_balance("60F" if page == 1 else "60M", day, opening)
        text += "".join(draw(mt_entry(next(numbers), one, form, first)) for one in entries)
        day = entries[-1].date if entries else day
        tag = "62F" if page == len(found) else "62M"
        written.append(text + _mt_balance(tag, day, closing(entries, opening)))
    between, ends = draw(st.sampled_from(_BETWEEN)), draw(st.sampled_from(_ENDS))
    if "{4:" in between:
        written[0] = "{1:F01X}{2:I940X}{4:\n" + written[0]
    return between.join(written).replace("\n", ends)


# --- camt ---------------------------------------------------------------------------------

_AMOUNTS = ("Amt", "AmtDtls/TxAmt/Amt", "AmtDtls/InstdAmt/Amt", "AmtDtls/CntrValAmt/Amt")
_DAYS = (
    "<BookgDt><Dt>{}</Dt></BookgDt>",
    "<BookgDt><DtTm>{}T10:00:00</DtTm></BookgDt>",
    "<ValDt><Dt>{}</Dt></ValDt>",
)
_NAMES = (
    "<Refs><EndToEndId>{}</EndToEndId></Refs>",
    "<Refs><EndToEndId>NOTPROVIDED</EndToEndId><InstrId>{}</InstrId></Refs>",
    "<RmtInf><Strd><RfrdDocInf><Nb>{}</Nb></RfrdDocInf></Strd></RmtInf>",
    "<RmtInf><Ustrd>for {} of March</Ustrd></RmtInf>",
)


def _amount(path: str, number: Decimal) -> str:
    *outer, _ = path.split("/")
    text = f'<Amt Ccy="{CURRENCY}">{abs(number):f}</Amt>'
    return (
        "".join(f"<{each}>" for each in outer)
        + text
        + "".join(f"</{each}>" for each in reversed(outer))
    )


def _mark(number: Decimal) -> str:
    return f"<CdtDbtInd>{'DBIT' if number < 0 else 'CRDT'}</CdtDbtInd>"


@st.composite
def camt_payment(draw: st.DrawFn, one: Moved, where: str) -> str:
    name = draw(st.sampled_from(_NAMES)).format(escape(one.name)) if one.name else ""
    return (
        f"<TxDtls>{name}{_amount(where, one.amount)}<AddtlTxInf>{one.words}</AddtlTxInf></TxDtls>"
    )


@st.composite
def camt_entry(draw: st.DrawFn, number: int, some: Sequence[Moved], version: int) -> str:
    """An entry of one movement, or a batch of several of one day, sign and status."""
    total = sum((one.amount for one in some), Decimal(0))
    status = "PDNG" if some[0].pending else "BOOK"
    status = status if version == 2 else f"<Cd>{status}</Cd>"
    day = draw(st.sampled_from(_DAYS))
    where = draw(st.sampled_from(_AMOUNTS))
    payments = "".join(draw(camt_payment(one, where)) for one in some)
    amount = draw(st.sampled_from(["{}", "+{}", "00{}"])).format(f"{abs(total):f}")
    return (
        f'<Ntry><Amt Ccy="{CURRENCY}">{amount}</Amt>{_mark(total)}<Sts>{status}</Sts>{day.format(some[0].date)}'
        f"<AcctSvcrRef>B{number}</AcctSvcrRef><NtryDtls>{payments}</NtryDtls></Ntry>\n"
    )


def _batches(each: Sequence[Moved]) -> list[list[Moved]]:
    """Neighbours that a bank may book as one."""
    found: list[list[Moved]] = []
    for one in each:
        last = found[-1][-1] if found else None
        same = last is not None and (last.date, last.amount < 0, last.pending) == (
            one.date,
            one.amount < 0,
            one.pending,
        )
        found[-1].append(one) if same else found.append([one])
    return found


def _camt_balance(code: str, date: dt.date, number: Decimal) -> str:
    return f"<Bal><Tp><CdOrPrtry><Cd>{code}</Cd></CdOrPrtry></Tp>{_amount('Amt', number)}{_mark(number)}<Dt><Dt>{date}</Dt></Dt></Bal>\n"


@st.composite
def camt(draw: st.DrawFn, each: Sequence[Moved]) -> str:
    """A file with the movements on pages, in one document or several, in an envelope or not."""
    version = draw(st.integers(2, 14))
    batched = draw(st.booleans())
    dates = [one.date for one in each] or [dt.date(2026, 3, 2)]
    space = f"urn:iso:std:iso:20022:tech:xsd:camt.053.001.{version:02}"
    found = draw(pages(each))
    numbers = count(1)
    written = []
    for page, (opening, entries) in enumerate(found, 1):
        some = _batches(entries) if batched else [[one] for one in entries]
        body = "".join(draw(camt_entry(next(numbers), one, version)) for one in some)
        opens = _camt_balance("OPBD" if page == 1 else "ITBD", min(dates), opening)
        closes = _camt_balance(
            "CLBD" if page == len(found) else "ITBD", max(dates), closing(entries, opening)
        )
        written.append(
            f"<Stmt><Id>S1</Id><StmtPgntn><PgNb>{page}</PgNb><LastPgInd>false</LastPgInd></StmtPgntn><CreDtTm>2026-04-01T06:00:00</CreDtTm>"
            f"<Acct><Id><IBAN>{ACCOUNT}</IBAN></Id><Ccy>{CURRENCY}</Ccy></Acct>{opens}{closes}{body}</Stmt>\n"
        )
    document = (
        '<Document xmlns="' + space + '"><BkToCstmrStmt><GrpHdr/>{}</BkToCstmrStmt></Document>\n'
    )
    head = '<?xml version="1.0" encoding="UTF-8"?>\n'
    way = draw(st.sampled_from(["one", "many", "envelope"]))
    if way == "many":
        return "".join(head + document.format(one) for one in written)
    text = document.format("".join(written))
    return head + (text if way == "one" else f"<Envelope><AppHdr/>{text}</Envelope>")
