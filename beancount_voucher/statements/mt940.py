"""MT940 and MT942 (SWIFT customer statements and interim reports), read by ``mt-940``.

The package reads the fields; here they become statements, and the references that banks
hide in the free text of field 86 are found.
"""

from __future__ import annotations

import datetime as dt
import logging
import re
from typing import TYPE_CHECKING, Any

from beancount_voucher.statements.statement import (
    Balance,
    Statement,
    StatementError,
    StatementLine,
    account_number,
    distinct,
    first_day,
    reference,
)

if TYPE_CHECKING:
    from pathlib import Path

_OPENING = ("final_opening_balance", "intermediate_opening_balance", "opening_balance")
_CLOSING = ("final_closing_balance", "intermediate_closing_balance", "closing_balance")

END_TO_END: tuple[str, ...] = (
    r"/EREF/(?P<id>[^/]+)",
    r"(?:\?2[0-9])?EREF\+(?P<id>[^?]+)",
    r"\bEREF: ?(?P<id>\S+)",
    r"/ROC/(?P<id>[^/]+)",
)
"""How banks mark the end-to-end id in field 86; the first that fits counts."""

_FULL = 65
"""Characters of a full line of field 86: what follows it goes on without a space."""


def statements(text: str, path: Path, sha256: str) -> list[Statement]:
    """The statements of a file.

    Raises:
        StatementError: a field cannot be read, or the package is not installed.
    """
    try:
        import mt940  # noqa: PLC0415
    except ImportError as error:
        raise StatementError(
            "no-package", str(path), "MT940 cannot be read", "the package mt-940"
        ) from error
    # The parser tells each failure on stderr, too; one clear error is enough.
    logging.getLogger("mt940").addHandler(logging.NullHandler())
    logging.getLogger("mt940").propagate = False
    try:
        blocks = mt940.parse_statements(
            text,
            processors={"post_transaction_details": []},
            options=mt940.Options(
                reversal_sign=True,
                merge_keeps_values=True,
                case_insensitive_marks=True,
                unbounded_details=True,
            ),
        )
    except Exception as error:  # whatever the package makes of a broken file
        field = str(error.args[-1]) if error.args else ""
        known = isinstance(error, RuntimeError) and field and field in text
        line = text.count("\n", 0, text.index(field)) + 1 if known else None
        wrong = f'a field says "{field[:60]}"' if known else f"a field cannot be read ({error})"
        raise StatementError(
            "bad-mt", str(path), wrong, "fields as in MT940 or MT942", line
        ) from error
    return [_statement(block, path, sha256) for block in blocks]


def _statement(block: Any, path: Path, sha256: str) -> Statement:  # noqa: ANN401
    data: dict[str, Any] = block.data
    if not any(key in data for key in (*_OPENING, *_CLOSING, "d_floor_limit")):
        raise StatementError(
            "missing-field",
            str(path),
            "a message has neither balances nor a floor limit",
            "fields 60F and 62F (MT940) or 34F (MT942)",
        )
    opening, closing = _balance(data, _OPENING), _balance(data, _CLOSING)
    available = _balance(data, ("available_balance",))
    currency = str(block.currency or "")
    for key in (*_OPENING, *_CLOSING, "available_balance"):
        if key in data and data[key].amount.currency != currency:
            wrong = f"a balance is in {data[key].amount.currency}"
            raise StatementError("bad-currency", str(path), wrong, currency)
    lines = tuple(_line(position, entry.data) for position, entry in enumerate(block, 1))
    days = [line.date for line in lines]
    ends = days + [balance.date for balance in (opening, closing) if balance is not None]
    account = account_number(data.get("account_identification") or "")
    if not account or not ends:
        missing = "no account (field 25)" if not account else "no line and no balance"
        raise StatementError("missing-field", str(path), f"a message has {missing}", "both")
    number = "/".join(data[key] for key in ("statement_number", "sequence_number") if data.get(key))
    earliest = min(days, default=None)
    return Statement(
        path=path,
        sha256=sha256,
        form="MT942" if opening is None and closing is None else "MT940",
        id=" ".join(filter(None, (data.get("transaction_reference"), number))),
        account=account,
        currency=currency,
        start=min(ends) if opening is None else first_day(opening.date, earliest),
        end=max(ends),
        opening=opening,
        closing=closing,
        available=None if available is None else available.number,
        lines=lines,
    )


def _balance(data: dict[str, Any], keys: tuple[str, ...]) -> Balance | None:
    for key in keys:
        if key in data:
            found = data[key]
            return Balance(found.amount.amount, _day(found.date))
    return None


def _day(date: dt.date) -> dt.date:
    """The parser's own kind of date as a plain one."""
    return dt.date(date.year, date.month, date.day)


def _line(position: int, data: dict[str, Any]) -> StatementLine:
    details = _joined(data.get("transaction_details") or "")
    end_to_end = None
    for pattern in END_TO_END:
        match = re.search(pattern, details)
        if match is not None:
            end_to_end = reference(match["id"])
            break
    return StatementLine(
        position=position,
        date=_day(data.get("entry_date") or data["date"]),
        amount=data["amount"].amount,
        end_to_end=end_to_end,
        references=distinct(iter([data.get("customer_reference")])),
        bank_reference=reference(data.get("bank_reference")),
        batch=None,
        text=" ".join(f"{data.get('extra_details') or ''} {details}".split()),
        reversal=str(data.get("status", "")).upper().startswith("R"),
    )


def _joined(details: str) -> str:
    """Field 86 as one line: a full line is cut anywhere, a shorter one ends with a word."""
    lines = details.split("\n")
    return "".join(line if len(line) >= _FULL else f"{line} " for line in lines)
