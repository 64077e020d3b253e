"""The whole instrument: its hand-worked life, and random lives against the independent model."""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from decimal import Decimal
from random import Random
from typing import TYPE_CHECKING, Any

from beancount import loader
from beancount.core.data import Transaction
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.audit import invariants
from beancount_voucher.audit.expected import BoundHoldRules
from beancount_voucher.books.expansion import expand
from beancount_voucher.ledger.loader import load
from beancount_voucher.views.register import rows
from tests.support import code_of
from tests.support.instrument_model import BANK, BUYER, INSURER, OTHER, Said
from tests.support.instrument_stories import Story, story
from tests.support.profiles import effort

if TYPE_CHECKING:
    from pathlib import Path

Posted = dict[tuple[date, str, str], Decimal]

ROLES = {
    f"Assets:{BUYER}:{BANK}": "bank",
    f"Assets:{BUYER}:{BANK}:Frozen": "frozen",
    f"Liabilities:{BUYER}:{BANK}:CreditLine": "loan",
    f"Assets:{BUYER}:PrepaidInsurance": "prepaid",
    f"Liabilities:{BUYER}:PremiumPayable": "payable",
    f"Expenses:{BUYER}:Insurance": "expense",
    f"Liabilities:{BANK}:Deposits:{BUYER}": "deposits",
    f"Liabilities:{BANK}:Held:{BUYER}": "held",
    f"Assets:{BANK}:Loans:{BUYER}": "loans",
    f"Liabilities:{BANK}:Interbank:{OTHER}": "interbank-payable",
    f"Assets:{OTHER}:Interbank:{BANK}": "interbank-receivable",
    f"Assets:{INSURER}:PremiumReceivable": "receivable",
    f"Liabilities:{INSURER}:AdvancePremium": "advance",
    f"Liabilities:{INSURER}:UnearnedPremium": "unearned",
    f"Income:{INSURER}:Premium": "income",
    f"Income:{INSURER}:CancellationCharges": "charges",
    f"Equity:{INSURER}:Memo:VouchersReceivedContra": "vouchers-contra",
    **{
        account: role
        for bank in (BANK, OTHER)
        for account, role in (
            (f"Liabilities:{bank}:Deposits:{INSURER}", "deposits-insurer"),
            (f"Equity:{bank}:Memo:ForCollection:{INSURER}", "collection"),
            (f"Equity:{bank}:Memo:ForCollectionContra", "collection-contra"),
            (f"Assets:{INSURER}:{bank}", "bank"),
            (f"Equity:{INSURER}:Memo:VouchersReceived:{bank}", "vouchers"),
        )
    },
    **{
        f"Equity:{book}:Memo:CreditLine:{other}:{part}": f"line-{part.lower()}"
        for book, other in ((BUYER, BANK), (BANK, BUYER))
        for part in ("Limit", "Available", "Frozen", "Drawn")
    },
}


def posted(entries: list[Any]) -> Posted:
    """What was generated for vouchers, by day, book and role."""
    sums: Posted = defaultdict(Decimal)
    for entry in entries:
        if isinstance(entry, Transaction) and "voucher" in entry.meta:
            for posting in entry.postings:
                sums[entry.date, entry.meta["voucher-book"], ROLES[posting.account]] += (
                    posting.units.number
                )
    return {key: number for key, number in sums.items() if number}


def differences(told: Story) -> list[str]:
    """Whatever the plugin has otherwise than the model."""
    text, whole = told.text(), told.whole
    entries, errors, _ = loader.load_string(text)
    lines = text.splitlines()
    codes = {lines[e.source["lineno"] - 1]: code_of(e.message) for e in errors}
    expected = {told.directive(each)[0]: each.code for each in whole.said if each.code}
    found = [
        f"{line}: the plugin has {codes.get(line)}, the model says {expected.get(line)}"
        for line in sorted(codes.keys() | expected.keys())
        if codes.get(line) != expected.get(line)
    ]
    has, says = posted(entries), {key: n for key, n in whole.posted.items() if n}
    found += [
        f"{key}: the plugin has {has.get(key)}, the model says {says.get(key)}"
        for key in sorted(has.keys() | says.keys())
        if has.get(key) != says.get(key)
    ]
    return found


@effort(400)
@given(st.integers(0, 2**32))
def test_random_lives_agree_with_the_model(seed: int) -> None:
    told = story(Random(seed))
    found = differences(told)
    assert not found, "\n".join([*found[:12], told.text()])
