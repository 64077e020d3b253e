"""The posting table of the whole instrument: hand-written books for every row, both fundings.

The premium is 100.00 CNY, issued on 2 March 2026, draws multiple. The expected books are written
from the manual's table, not printed from the program.
"""

from __future__ import annotations

import pytest
from beancount import loader
from beancount.core.data import Close, Open
from beancount.parser import printer

from tests.support import LINES, PLUGIN, WORLD, issue, load
from tests.support.lives import directives, moves, posted

CASH = {"draws": '"multiple"'}
CREDIT = {**CASH, "funding": '"credit"'}
ONE_BANK = {**CASH, "acceptor": None}
ONE_BANK_CREDIT = {**CREDIT, "acceptor": None}
COVERED = {"cover-start": "2026-03-10", "cover-end": "2026-03-19"}
LATER = {"cover-start": "2026-03-25", "cover-end": "2026-04-23"}
NONE: dict[str, str] = {}

Life = tuple[dict[str, str | None], dict[str, str], str, str]

# Name -> terms, options, lines, the books of the events that are new in them.
BOOKS: dict[str, Life] = {
    "cash: an increase that is declined, and one that is agreed": (
        CASH,
        NONE,
        """
        03-04 amend 1 120.00 CNY requested-by="Iss"
        03-05 accept
        03-06 decline 1 by="Ann"
        03-07 amend 2 130.00 CNY
        03-08 consent 2 by="Ins"
        """,
        """
        03-04 amend Ann: bank -20.00, frozen +20.00
        03-04 amend Iss: deposits +20.00, held -20.00
        03-06 decline Ann: bank +20.00, frozen -20.00
        03-06 decline Iss: deposits -20.00, held +20.00
        03-07 amend Ann: bank -30.00, frozen +30.00
        03-07 amend Iss: deposits +30.00, held -30.00
        03-08 effect Acc: collection +30.00m, collection-contra -30.00m
        03-08 effect Ann: payable -30.00, prepaid +30.00
        03-08 effect Ins: receivable +30.00, unearned -30.00, vouchers +30.00m, vouchers-contra -30.00m
        """,
    ),
    "cash: effective at once, before acceptance": (
        CASH,
        NONE,
        """
        03-03 amend 1 120.00 CNY
        03-04 amend 2 80.00 CNY
        """,
        """
        03-03 amend Ann: bank -20.00, frozen +20.00
        03-03 amend Iss: deposits +20.00, held -20.00
        03-04 effect Ann: bank +40.00, frozen -40.00
        03-04 effect Iss: deposits -40.00, held +40.00
        """,
    ),
    "cash: a decrease goes home at its effect, never at the offer": (
        CASH,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-07 amend 1 70.00 CNY
        03-08 consent 1 by="Ins"
        """,
        """
        03-08 effect Acc: collection -30.00m, collection-contra +30.00m
        03-08 effect Ann: bank +30.00, frozen -30.00
        03-08 effect Ins: vouchers -30.00m, vouchers-contra +30.00m
        03-08 effect Iss: deposits -30.00, held +30.00
        """,
    ),
    "cash: no amount is changed, nothing is written": (
        CASH,
        NONE,
        """
        03-03 accept
        03-07 amend 1 apply-by=2026-04-30
        03-08 consent 1 by="Ins"
        03-09 amend 2 product="hail"
        03-10 decline 2 by="Ins"
        """,
        "",
    ),
    "credit: offered, declined; offered, agreed; a decrease": (
        CREDIT,
        NONE,
        """
        03-03 accept
        03-04 amend 1 120.00 CNY
        03-05 decline 1 by="Ins"
        03-06 amend 2 130.00 CNY
        03-07 consent 2 by="Ins"
        03-08 amend 3 90.00 CNY
        03-09 consent 3 by="Ins"
        """,
        """
        03-04 amend Ann: line-available -20.00m, line-frozen +20.00m
        03-04 amend Iss: line-available -20.00m, line-frozen +20.00m
        03-05 decline Ann: line-available +20.00m, line-frozen -20.00m
        03-05 decline Iss: line-available +20.00m, line-frozen -20.00m
        03-06 amend Ann: line-available -30.00m, line-frozen +30.00m
        03-06 amend Iss: line-available -30.00m, line-frozen +30.00m
        03-07 effect Acc: collection +30.00m, collection-contra -30.00m
        03-07 effect Ann: payable -30.00, prepaid +30.00
        03-07 effect Ins: receivable +30.00, unearned -30.00, vouchers +30.00m, vouchers-contra -30.00m
        03-09 effect Acc: collection -40.00m, collection-contra +40.00m
        03-09 effect Ann: line-available +40.00m, line-frozen -40.00m, payable +40.00, prepaid -40.00
        03-09 effect Ins: receivable -40.00, unearned +40.00, vouchers -40.00m, vouchers-contra +40.00m
        03-09 effect Iss: line-available +40.00m, line-frozen -40.00m
        """,
    ),
    "cash: a void makes what is offered lapse first": (
        CASH,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-04 amend 1 120.00 CNY
        04-01 void reason="no-application"
        """,
        """
        03-04 amend Ann: bank -20.00, frozen +20.00
        03-04 amend Iss: deposits +20.00, held -20.00
        04-01 lapse Ann: bank +20.00, frozen -20.00
        04-01 lapse Iss: deposits -20.00, held +20.00
        04-01 void Acc: collection -100.00m, collection-contra +100.00m
        04-01 void Ann: bank +100.00, frozen -100.00
        04-01 void Ins: vouchers -100.00m, vouchers-contra +100.00m
        04-01 void Iss: deposits -100.00, held +100.00
        """,
    ),
    "credit: a rejection, too": (
        CREDIT,
        NONE,
        """
        03-03 amend 1 120.00 CNY requested-by="Ins"
        03-04 reject
        """,
        """
        03-03 amend Ann: line-available -20.00m, line-frozen +20.00m
        03-03 amend Iss: line-available -20.00m, line-frozen +20.00m
        03-04 lapse Ann: line-available +20.00m, line-frozen -20.00m
        03-04 lapse Iss: line-available +20.00m, line-frozen -20.00m
        03-04 reject Ann: line-available +100.00m, line-frozen -100.00m
        03-04 reject Iss: line-available +100.00m, line-frozen -100.00m
        """,
    ),
    "cash: drawn in part, drawn again with an offer open, released": (
        CASH,
        NONE,
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 apply 30.00 CNY
        03-07 settle 25.00 CNY
        03-08 amend 1 120.00 CNY
        03-09 release by="Ins"
        """,
        """
        03-05 settle Acc: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, interbank-receivable +60.00
        03-05 settle Ann: frozen -60.00, payable +60.00
        03-05 settle Ins: bank +60.00, receivable -60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: held +60.00, interbank-payable -60.00
        03-07 settle Acc: collection -25.00m, collection-contra +25.00m, deposits-insurer -25.00, interbank-receivable +25.00
        03-07 settle Ann: frozen -25.00, payable +25.00
        03-07 settle Ins: bank +25.00, receivable -25.00, vouchers -25.00m, vouchers-contra +25.00m
        03-07 settle Iss: held +25.00, interbank-payable -25.00
        03-08 amend Ann: bank -20.00, frozen +20.00
        03-08 amend Iss: deposits +20.00, held -20.00
        03-09 lapse Ann: bank +20.00, frozen -20.00
        03-09 lapse Iss: deposits -20.00, held +20.00
        03-09 release Acc: collection -15.00m, collection-contra +15.00m
        03-09 release Ann: bank +15.00, frozen -15.00, payable +15.00, prepaid -15.00
        03-09 release Ins: receivable -15.00, unearned +15.00, vouchers -15.00m, vouchers-contra +15.00m
        03-09 release Iss: deposits -15.00, held +15.00
        """,
    ),
    "credit: drawn in part, unrecognised, released": (
        CREDIT,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        04-01 release
        """,
        """
        03-05 settle Acc: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, interbank-receivable +60.00
        03-05 settle Ann: line-drawn +60.00m, line-frozen -60.00m, loan -60.00, prepaid +60.00
        03-05 settle Ins: bank +60.00, unearned -60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: interbank-payable -60.00, line-drawn +60.00m, line-frozen -60.00m, loans +60.00
        04-01 release Acc: collection -40.00m, collection-contra +40.00m
        04-01 release Ann: line-available +40.00m, line-frozen -40.00m
        04-01 release Ins: vouchers -40.00m, vouchers-contra +40.00m
        04-01 release Iss: line-available +40.00m, line-frozen -40.00m
        """,
    ),
    "one bank, cash: drawn, released, refunded": (
        ONE_BANK,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 release by="Ins"
        03-07 refund 20.00 CNY reason="r" kept=5.00 CNY
        """,
        """
        03-05 settle Ann: frozen -60.00, prepaid +60.00
        03-05 settle Ins: bank +60.00, unearned -60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, held +60.00
        03-06 release Ann: bank +40.00, frozen -40.00
        03-06 release Ins: vouchers -40.00m, vouchers-contra +40.00m
        03-06 release Iss: collection -40.00m, collection-contra +40.00m, deposits -40.00, held +40.00
        03-07 refund Ann: bank +20.00, expense +5.00, prepaid -25.00
        03-07 refund Ins: bank -20.00, charges -5.00, unearned +25.00
        03-07 refund Iss: deposits -20.00, deposits-insurer +20.00
        """,
    ),
    "one bank, credit: refunded to the loan, and beyond it to the bank": (
        ONE_BANK_CREDIT,
        NONE,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-06 repaid 70.00 CNY
        03-07 refund 40.00 CNY reason="r"
        """,
        """
        03-05 settle Ann: line-drawn +100.00m, line-frozen -100.00m, loan -100.00, payable +100.00
        03-05 settle Ins: bank +100.00, receivable -100.00, vouchers -100.00m, vouchers-contra +100.00m
        03-05 settle Iss: collection -100.00m, collection-contra +100.00m, deposits-insurer -100.00, line-drawn +100.00m, line-frozen -100.00m, loans +100.00
        03-07 refund Ann: bank +10.00, line-available +30.00m, line-drawn -30.00m, loan +30.00, prepaid -40.00
        03-07 refund Ins: bank -40.00, unearned +40.00
        03-07 refund Iss: deposits -10.00, deposits-insurer +40.00, line-available +30.00m, line-drawn -30.00m, loans -30.00
        """,
    ),
    "two banks: refunds to the bank, to the loan, and of cash to a loan": (
        CREDIT,
        NONE,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-06 refund 10.00 CNY reason="r" to="loan" kept=2.00 CNY
        03-07 refund 20.00 CNY reason="r" to="bank"
        """,
        """
        03-05 settle Acc: collection -100.00m, collection-contra +100.00m, deposits-insurer -100.00, interbank-receivable +100.00
        03-05 settle Ann: line-drawn +100.00m, line-frozen -100.00m, loan -100.00, payable +100.00
        03-05 settle Ins: bank +100.00, receivable -100.00, vouchers -100.00m, vouchers-contra +100.00m
        03-05 settle Iss: interbank-payable -100.00, line-drawn +100.00m, line-frozen -100.00m, loans +100.00
        03-06 refund Acc: deposits-insurer +10.00, interbank-receivable -10.00
        03-06 refund Ann: expense +2.00, line-available +10.00m, line-drawn -10.00m, loan +10.00, prepaid -12.00
        03-06 refund Ins: bank -10.00, charges -2.00, unearned +12.00
        03-06 refund Iss: interbank-payable +10.00, line-available +10.00m, line-drawn -10.00m, loans -10.00
        03-07 refund Acc: deposits-insurer +20.00, interbank-receivable -20.00
        03-07 refund Ann: bank +20.00, prepaid -20.00
        03-07 refund Ins: bank -20.00, unearned +20.00
        03-07 refund Iss: deposits -20.00, interbank-payable +20.00
        """,
    ),
    "drawn in advance, refunded out of it, and cover starts": (
        {**CASH, **LATER},
        NONE,
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 refund 10.00 CNY reason="r" kept=5.00 CNY
        03-31 close
        """,
        """
        03-05 settle Acc: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, interbank-receivable +60.00
        03-05 settle Ann: frozen -60.00, prepaid +60.00
        03-05 settle Ins: advance -60.00, bank +60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: held +60.00, interbank-payable -60.00
        03-06 refund Acc: deposits-insurer +10.00, interbank-receivable -10.00
        03-06 refund Ann: bank +10.00, expense +5.00, prepaid -15.00
        03-06 refund Ins: advance +15.00, bank -10.00, charges -5.00
        03-06 refund Iss: deposits -10.00, interbank-payable +10.00
        03-25 cover Ins: advance +45.00, unearned -45.00
        03-25 recognise Ann: payable -40.00, prepaid +40.00
        03-25 recognise Ins: receivable +40.00, unearned -40.00
        """,
    ),
    "earned, and reversed by whatever lowers the premium in force": (
        {**CASH, **COVERED, "apply-by": "2026-03-25"},
        {"earning": "monthly"},
        """
        03-03 accept
        03-09 apply 50.00 CNY
        03-10 settle
        03-20 amend 1 85.00 CNY apply-by=2026-03-26
        03-20 consent 1 by="Ins"
        03-27 release
        03-31 close
        """,
        """
        03-10 settle Acc: collection -50.00m, collection-contra +50.00m, deposits-insurer -50.00, interbank-receivable +50.00
        03-10 settle Ann: frozen -50.00, payable +50.00
        03-10 settle Ins: bank +50.00, receivable -50.00, vouchers -50.00m, vouchers-contra +50.00m
        03-10 settle Iss: held +50.00, interbank-payable -50.00
        03-19 earn Ann: expense +100.00, prepaid -100.00
        03-19 earn Ins: income -100.00, unearned +100.00
        03-20 effect Acc: collection -15.00m, collection-contra +15.00m
        03-20 effect Ann: bank +15.00, expense -15.00, frozen -15.00, payable +15.00, prepaid +15.00, prepaid -15.00
        03-20 effect Ins: income +15.00, receivable -15.00, unearned +15.00, unearned -15.00, vouchers -15.00m, vouchers-contra +15.00m
        03-20 effect Iss: deposits -15.00, held +15.00
        03-27 release Acc: collection -35.00m, collection-contra +35.00m
        03-27 release Ann: bank +35.00, expense -35.00, frozen -35.00, payable +35.00, prepaid +35.00, prepaid -35.00
        03-27 release Ins: income +35.00, receivable -35.00, unearned +35.00, unearned -35.00, vouchers -35.00m, vouchers-contra +35.00m
        03-27 release Iss: deposits -35.00, held +35.00
        """,
    ),
    "earned, and void: all of it is reversed": (
        {**CREDIT, **COVERED},
        {"earning": "daily"},
        """
        03-03 accept
        03-12 return
        03-13 void reason="insurance-returned"
        """,
        """
        03-10 earn Ann: expense +10.00, prepaid -10.00
        03-10 earn Ins: income -10.00, unearned +10.00
        03-11 earn Ann: expense +10.00, prepaid -10.00
        03-11 earn Ins: income -10.00, unearned +10.00
        03-13 void Acc: collection -100.00m, collection-contra +100.00m
        03-13 void Ann: expense -20.00, line-available +100.00m, line-frozen -100.00m, payable +100.00, prepaid +20.00, prepaid -100.00
        03-13 void Ins: income +20.00, receivable -100.00, unearned +100.00, unearned -20.00, vouchers -100.00m, vouchers-contra +100.00m
        03-13 void Iss: line-available +100.00m, line-frozen -100.00m
        """,
    ),
    "agreed to nothing": (
        CASH,
        NONE,
        """
        03-03 accept
        03-05 amend 1 0.00 CNY
        03-06 consent 1 by="Ins"
        """,
        """
        03-06 effect Acc: collection -100.00m, collection-contra +100.00m
        03-06 effect Ann: bank +100.00, frozen -100.00, payable +100.00, prepaid -100.00
        03-06 effect Ins: receivable -100.00, unearned +100.00, vouchers -100.00m, vouchers-contra +100.00m
        03-06 effect Iss: deposits -100.00, held +100.00
        """,
    ),
}
KINDS = "amend decline lapse effect settle release refund earn cover"
ALSO = {
    "cash: a void makes what is offered lapse first": " void",
    "credit: a rejection, too": " reject",
    "earned, and void: all of it is reversed": " void",
    "drawn in advance, refunded out of it, and cover starts": " recognise",
}


def text_of(name: str, options: str = "") -> str:
    terms, chosen, told, _ = BOOKS[name]
    chosen_options = "".join(
        f'2026-01-01 custom "voucher-option" "{option}" "{value}"\n'
        for option, value in chosen.items()
    )
    return LINES + options + chosen_options + issue(**terms) + directives(told)


@pytest.mark.parametrize("name", BOOKS)
def test_the_books(name: str) -> None:
    ledger = load(text_of(name))
    assert ledger.errors == []
    expected = [line.strip() for line in BOOKS[name][3].strip().splitlines()]
    assert moves(ledger.entries, KINDS + ALSO.get(name, "")) == expected


@pytest.mark.parametrize("book", ["Ann", "Iss", "Acc", "Ins"])
@pytest.mark.parametrize("name", BOOKS)
def test_one_book_is_the_same_alone(name: str, book: str) -> None:
    text = text_of(name)
    alone = load(text, plugin=f'plugin "beancount_voucher_plugin" "{book}"\n')
    assert alone.errors == []
    of_all = [line for line in moves(load(text).entries) if f" {book}:" in line]
    assert moves(alone.entries) == of_all


@pytest.mark.parametrize("name", BOOKS)
def test_an_account_of_each_voucher_ends_with_its_last_posting(name: str) -> None:
    """What an increase freezes is on the voucher's own account, which closes at the end."""
    ledger = load(
        text_of(name, '2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n')
    )
    assert ledger.errors == []
    opened = {each.account for each in ledger.entries if isinstance(each, Open)}
    closed = {each.account for each in ledger.entries if isinstance(each, Close)}
    own = {each for each in opened if each.endswith(":V-1")}
    assert own
    assert closed == (own if ledger.state() in ("voided", "rejected", "settled") else set())


def test_each_event_is_told_in_words() -> None:
    told = {
        entry.narration
        for name in BOOKS
        for entry in load(text_of(name)).generated
        if entry.meta["voucher-event"] in KINDS.split()
    }
    assert told >= {
        "V-1 amendment 1 offered: 20.00 CNY more frozen",
        "V-1 amendment 1 declined: 20.00 CNY released",
        "V-1 amendment 1 lapsed: 20.00 CNY released",
        "V-1 amendment 2 in force: 30.00 CNY more",
        "V-1 amendment 3 in force: 40.00 CNY less",
        "V-1 settled: 60.00 CNY paid",
        "V-1 released: 40.00 CNY of what was not settled",
        "V-1 refunded: 20.00 CNY",
        "V-1 refunded: 20.00 CNY, 5.00 CNY kept",
        "V-1 earned: 10.00 CNY of premium",
        "V-1 cover starts: 45.00 CNY no longer in advance",
    }


def test_an_effect_and_a_lapse_are_transactions_of_their_own() -> None:
    """The effect stands at the line of the last consent, the lapse at that of the offer."""
    told = """
        03-03 accept
        03-04 amend 1 120.00 CNY
        03-05 consent 1 by="Ins"
        03-06 amend 2 130.00 CNY
        04-01 void reason="no-application"
    """
    text = issue() + directives(told)
    ledger = load(text)
    source = (PLUGIN + WORLD + text).splitlines()
    found = {
        (
            str(entry.date),
            *sorted(entry.tags),
            *entry.links,
            source[entry.meta["lineno"] - 1].split('"')[1],
            source[entry.postings[0].meta["lineno"] - 1].split('"')[1],  # type: ignore[index]
        )
        for entry in ledger.generated
        if entry.meta["voucher-event"] in ("effect", "lapse")
    }
    of_effect, of_lapse = ("voucher", "voucher-effect"), ("voucher", "voucher-lapse")
    assert found == {
        ("2026-03-05", *of_effect, "V-1", "voucher-consent", "voucher-consent"),
        ("2026-04-01", *of_lapse, "V-1", "voucher-amend", "voucher-amend"),
    }


@pytest.mark.parametrize("name", BOOKS)
def test_written_out_it_loads_without_the_plugin(name: str) -> None:
    ledger = load(text_of(name))
    plain = "".join(map(printer.format_entry, ledger.entries))
    entries, errors, _ = loader.load_string(plain)
    assert errors == []
    assert posted(entries) == posted(ledger.entries)
