"""What a person may do instead of what was refused."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from beancount_voucher.cli.prose import did_you_mean
from beancount_voucher.directives.remedies import ANY, OFFERED, remedy

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.vouchers import Voucher

_CODE = re.compile(r"\[([a-z-]+)\]$")
_SUBJECT = re.compile(r"([A-Z0-9][A-Za-z0-9-]{0,34})(?:, [^:]*)?:")
_SECOND = re.compile(r"\ba second ([a-z-]+)")
_CHANGED_BY_CONSENT = ("request", "issue", "accept", "apply")
"""What an amendment, or another application, puts right if it was said wrongly."""
_QUOTED = re.compile(r'"([^"]*)"')


def instead_of(ledger: Ledger, refused: Iterable[str]) -> list[str]:
    """What to do instead, once for each code and state: of many alike, for the first.

    Args:
        ledger: the ledger that refuses it.
        refused: why, each with its code at the end.
    """
    told: dict[tuple[str, str], str] = {}
    for message in refused:
        code = _CODE.search(message)
        if code is None:
            continue
        subject = _SUBJECT.match(message)
        name = "ID" if subject is None else subject[1]
        voucher = ledger.evaluation.vouchers.get(name)
        state = _state(voucher, message)
        text = remedy(code[1], state)
        if text is not None and (code[1], state) not in told:
            words = [*_meant(ledger, code[1], message, name), text.replace("{id}", name)]
            told[code[1], state] = f"Instead: {' '.join(words)}"
    return list(told.values())


def _state(voucher: Voucher | None, message: str) -> str:
    """How far it has come, as far as the refusal has to do with that."""
    second = _SECOND.search(message)
    if voucher is None or (second is not None and second[1] not in _CHANGED_BY_CONSENT):
        return ANY
    if voucher.status.open is not None and " is still open" in message:
        return OFFERED
    return str(voucher.status.state)


def _meant(ledger: Ledger, code: str, message: str, name: str) -> Iterator[str]:
    """Of a name that nobody has declared, those that are like it."""
    known: Iterable[str] = ()
    wrong = name
    if code == "not-found":
        known = ledger.evaluation.vouchers
    elif code == "unknown-party" and (quoted := _QUOTED.search(message)):
        known, wrong = ledger.evaluation.ledger_state.parties, quoted[1]
    meant = did_you_mean(wrong, list(known), "")
    if meant.endswith("?"):
        yield meant[0].upper() + meant[1:]
