"""A reconciliation to facts: one ``voucher-reconciled`` for each statement."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.source_lines import NO_POSITION, SourceLine
from beancount_voucher.reconciliation.earlier_statements import dated
from beancount_voucher.reconciliation.recheck import proven_by

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from beancount.core.data import Account

    from beancount_voucher.reconciliation.items import Item, Match
    from beancount_voucher.reconciliation.results import AccountResult, Reconciliation
    from beancount_voucher.statements.statement import Statement


def facts_of(
    reconciliation: Reconciliation,
    prepared_by: str,
    reviewed_by: str,
    document: Callable[[Account, Statement], str],
) -> Iterator[Fact]:
    """What a reconciliation says, as directives.

    Args:
        reconciliation: the reconciliation; its statements must be proven.
        prepared_by: who reconciled.
        reviewed_by: who has looked at it; another person.
        document: what to call a statement's file, seen from where the directive will stand.
    """
    for result in reconciliation.accounts:
        for statement in result.statements:
            if statement.closing is not None:
                terms = {
                    **_terms(result, statement),
                    "prepared-by": prepared_by,
                    "reviewed-by": reviewed_by,
                    "document": document(result.account, statement),
                }
                yield Fact(
                    kind="reconciled",
                    date=statement.end,
                    ids=(result.account, statement.id),
                    amount=None,
                    terms=terms,
                    place=SourceLine(NO_POSITION, 0),
                )


def _terms(result: AccountResult, statement: Statement) -> dict[str, Any]:
    assert statement.closing is not None
    own = [item for item in result.items if _belongs(item, statement, result)]
    proven = [
        movement
        for match in result.matches
        if _proves(statement, match)
        for movement in match.movements
    ]
    vouchers = [str(proven_by(each)) for each in proven if each.voucher is not None]
    transactions = [str(dated(each)) for each in proven if each.voucher is None]
    matched = sum(line.statement is statement for match in result.matches for line in match.lines)
    terms: dict[str, Any] = {
        "sha256": statement.sha256,
        "period-start": statement.start,
        "closing": Money(statement.closing.number, statement.currency),
        "lines": Decimal(sum(bool(line.amount) for line in statement.lines)),
        "matched": Decimal(matched),
        "differences": Decimal(sum(item.is_difference for item in own)),
    }
    if vouchers:
        terms["vouchers"] = "; ".join(sorted(vouchers))
    if transactions:
        terms["transactions"] = "; ".join(sorted(transactions))
    if own:
        terms["open-items"] = "; ".join(map(_said, own))
    return terms


def _proves(statement: Statement, match: Match) -> bool:
    """Whether a match counts for this statement: that of its first line, or of its date."""
    if match.lines:
        return match.lines[0].statement is statement
    return statement.start <= match.movements[0].date <= statement.end  # a balance brought forward


def _belongs(item: Item, statement: Statement, result: AccountResult) -> bool:
    """Whether an item is told with this statement: that of its first line, or of its date."""
    if item.lines:
        return item.lines[0].statement is statement
    if item.date is not None:
        date = max(item.date, result.start)  # older, where the bank has paid late and taken it back
        return statement.start <= date <= statement.end
    if item.on is not None:
        return statement.end == item.on
    return statement is result.statements[0]  # what differs at the opening


def _said(item: Item) -> str:
    said = [item.reason]
    said += [f"bank {line.date} {Money(line.amount, line.currency)}" for line in item.lines]
    for movement in item.movements:
        name = movement.voucher or movement.text
        said.append(f"{name} {movement.date} {Money(movement.amount, movement.currency)}")
    return " ".join([*said, item.text] if item.text else said).replace(";", ",")
