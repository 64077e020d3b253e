"""The ids of new vouchers: numbered by a pattern, or refused where another voucher has them."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.cli.deliver import shown_as
from beancount_voucher.cli.requests import NUMBERED
from beancount_voucher.directives.schema import DIRECTIVES
from beancount_voucher.directives.voucher_ids import NUMBER, next_free

if TYPE_CHECKING:
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger


def next_id(pattern: str, ledger: Ledger, numbered: set[str]) -> str:
    """The pattern with the number after the highest that a voucher of the ledger has."""
    before, width, after = NUMBERED.split(pattern)
    alike = re.compile(f"{re.escape(before)}{NUMBER}{re.escape(after)}")
    known = _known(ledger) | numbered
    numbers = [int(match[1]) for each in known if (match := alike.fullmatch(each))]
    return f"{before}{max(numbers, default=0) + 1:0{int(width or 0)}}{after}"


def taken(ledger: Ledger, fact: Fact) -> list[str]:
    """Why a new voucher cannot have its id: another has it; with the next that is free."""
    voucher = ledger.evaluation.vouchers.get(fact.ids[0])
    if not DIRECTIVES[fact.kind].number_by or voucher is None:
        return []
    if voucher.status.issued is None and fact.kind == "issue":
        return []  # it is the one that was requested
    free = next_free(voucher.id, _known(ledger))
    place = f"{shown_as(Path(voucher.place.filename))}:{voucher.place.lineno}"
    offer = f"the next free id is {free}" if free else "expected another id"
    return [f"{voucher.id}: a voucher has this id already ({place}); {offer} [duplicate]"]


def _known(ledger: Ledger) -> set[str]:
    return {fact.ids[0] for fact in ledger.reading.facts} | {*ledger.evaluation.vouchers}
