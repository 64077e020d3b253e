"""A reconciliation to facts: one ``voucher-reconciled`` for each statement.

A statement that was recorded with something open may be recorded again when that is cleared:
the new record names by ``replaces`` the one that it takes the place of. One that is recorded
as it is now is not recorded again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money
from beancount_voucher.directives.source_lines import NO_POSITION, SourceLine
from beancount_voucher.lifecycle.reconciled import number_of_record
from beancount_voucher.reconciliation.earlier_statements import dated
from beancount_voucher.reconciliation.recheck import proven_by
from beancount_voucher.views.reconciled_statements import outcome

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable, Iterator

    from beancount.core.data import Account

    from beancount_voucher.reconciliation.items import Item, Movement
    from beancount_voucher.reconciliation.results import AccountResult, Reconciliation
    from beancount_voucher.statements.statement import Statement


class Recording(NamedTuple):
    """What is to be recorded of a statement.

    Attributes:
        fact: the record; None if the one that stands says the same.
        text: what a person should know of it.
    """

    fact: Fact | None
    text: str


def recordings(facts: Iterable[Fact], standing: Iterable[Fact]) -> Iterator[Recording]:
    """Records beside those that stand.

    Args:
        facts: what a reconciliation says.
        standing: the records of the ledger.
    """
    known = {_place(each): each for each in standing}
    for fact in facts:
        name, earlier = fact.ids[1], known.get(_place(fact))
        text = f"{name}: {outcome(int(fact.terms['differences']))}"
        if earlier is None:
            yield Recording(fact, text)
            continue
        before = outcome(int(earlier.terms["differences"]))
        if _content(fact) == _content(earlier):
            yield Recording(None, f"{name}: {before} already")
        elif earlier.terms["differences"] or "open-items" in earlier.terms:
            replaces = {"replaces": Decimal(number_of_record(earlier))}
            text += f"; before, it was {before}"
            yield Recording(fact._replace(terms={**fact.terms, **replaces}), text)
        else:
            yield Recording(fact, text)  # a second one, which the ledger does not take


def _place(fact: Fact) -> tuple[object, ...]:
    return fact.ids, fact.date, fact.terms["closing"].currency


_BY_WHOM = frozenset({"prepared-by", "reviewed-by", "document", "replaces"})


def _content(fact: Fact) -> dict[str, object]:
    """What a record says of statement and ledger."""
    closing = fact.terms["closing"]
    content = {key: value for key, value in fact.terms.items() if key not in _BY_WHOM}
    return {**content, "closing": (closing.number, closing.currency)}


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
        for statement, share in zip(result.statements, _shares(result), strict=True):
            assert statement.closing is not None
            closing = Money(statement.closing.number, statement.currency)
            yield Fact(
                kind="reconciled",
                date=statement.end,
                ids=(result.account, statement.id),
                amount=None,
                terms={
                    **_terms(statement, closing, share),
                    "prepared-by": prepared_by,
                    "reviewed-by": reviewed_by,
                    "document": document(result.account, statement),
                },
                place=SourceLine(NO_POSITION, 0),
            )


@dataclass(slots=True)
class _Share:
    """What is told with one statement of an account."""

    items: list[Item] = field(default_factory=list)
    proven: list[Movement] = field(default_factory=list)
    matched: int = 0


def _shares(result: AccountResult) -> list[_Share]:
    """What is told with each statement: that of a first line, or of a date within."""
    shares = [_Share() for _ in result.statements]
    of_lines = {id(each): share for each, share in zip(result.statements, shares, strict=True)}
    for match in result.matches:
        for line in match.lines:
            of_lines[id(line.statement)].matched += 1
        if match.lines:
            of_lines[id(match.lines[0].statement)].proven += match.movements
        else:  # a balance brought forward
            for at in _covering(result, match.movements[0].date):
                shares[at].proven += match.movements
    for item in result.items:
        if item.lines:
            of_lines[id(item.lines[0].statement)].items.append(item)
        else:
            for at in _places(item, result):
                shares[at].items.append(item)
    return shares


def _places(item: Item, result: AccountResult) -> Iterable[int]:
    """The statements with which an item without lines is told."""
    if item.date is not None:
        # It is older, where the bank has paid late and taken it back.
        return _covering(result, max(item.date, result.start))
    if item.on is not None:
        return [at for at, each in enumerate(result.statements) if each.end == item.on]
    return [0]  # what differs at the opening


def _covering(result: AccountResult, date: dt.date) -> list[int]:
    return [at for at, each in enumerate(result.statements) if each.start <= date <= each.end]


def _terms(statement: Statement, closing: Money, share: _Share) -> dict[str, Any]:
    vouchers = [str(proven_by(each)) for each in share.proven if each.voucher is not None]
    transactions = [str(dated(each)) for each in share.proven if each.voucher is None]
    terms: dict[str, Any] = {
        "sha256": statement.sha256,
        "period-start": statement.start,
        "closing": closing,
        "lines": Decimal(sum(bool(line.amount) for line in statement.lines)),
        "matched": Decimal(share.matched),
        "differences": Decimal(sum(item.is_difference for item in share.items)),
    }
    if vouchers:
        terms["vouchers"] = "; ".join(sorted(vouchers))
    if transactions:
        terms["transactions"] = "; ".join(sorted(transactions))
    if share.items:
        terms["open-items"] = "; ".join(map(_worded, share.items))
    return terms


def _worded(item: Item) -> str:
    """An item in the words of a record: reason, lines, movements, each with day and money."""
    words = [item.reason]
    words += [f"bank {line.date} {Money(line.amount, line.currency)}" for line in item.lines]
    for movement in item.movements:
        name = movement.voucher or movement.text
        words.append(f"{name} {movement.date} {Money(movement.amount, movement.currency)}")
    return " ".join([*words, item.text] if item.text else words).replace(";", ",")
