"""The tables of one voucher's amendments, draws and unearned premium."""

from __future__ import annotations

from typing import TYPE_CHECKING

from beancount_voucher.views.columns import Column
from beancount_voucher.views.instrument import OPEN
from fava_voucher.tables import Table
from fava_voucher.translation import gettext

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.views.instrument import Amendment, Draw, Month


def _changes(amendment: Amendment) -> str:
    unset = gettext("not set")
    return "; ".join(
        f"{gettext(key)}: {old or unset} → {new or unset}" for key, old, new in amendment.changes
    )


def _consents(amendment: Amendment) -> str:
    given = ((each.party, each.consented) for each in amendment.asked if each.consented)
    return "; ".join(f"{party} {day}" for party, day in given)


def _due(amendment: Amendment) -> str:
    if amendment.outcome != OPEN:
        return ""
    return "; ".join(
        gettext("{party} since {date}", party=each.party, date=each.since) for each in amendment.due
    )


AMENDMENTS: tuple[Column[Amendment], ...] = (
    Column("number", "number", "count", lambda each: each.number),
    Column("offered", "offered on", "date", lambda each: each.offered),
    Column("requested_by", "requested by", "party", lambda each: each.requested_by),
    Column("reason", "why", "text", lambda each: each.reason),
    Column("changes", "what it changes", "text", _changes),
    Column("outcome", "outcome", "word", lambda each: each.outcome),
    Column("decided", "since", "date", lambda each: each.decided),
    Column("consents", "consents", "text", _consents),
    Column("consent_due", "consent due", "text", _due),
    Column("source", "source", "place", lambda each: each.place),
)


def amendments(found: Iterable[Amendment]) -> Table[Amendment]:
    """The amendments of one voucher: old and new terms, and whose consent is due since when."""
    return Table("amendments", "Amendments", AMENDMENTS, list(found))


DRAWS: tuple[Column[Draw], ...] = (
    Column("number", "number", "count", lambda draw: draw.number),
    Column("applied", "applied on", "date", lambda draw: draw.applied),
    Column("amount", "applied for", "money", lambda draw: draw.amount.number),
    Column("currency", "currency", "currency", lambda draw: draw.amount.currency),
    Column("outcome", "outcome", "word", lambda draw: draw.outcome),
    Column("decided", "decided on", "date", lambda draw: draw.decided),
    Column("paid", "paid", "money", lambda draw: draw.paid and draw.paid.number),
    Column("source", "source", "place", lambda draw: draw.place),
    Column("decided_at", "decided at", "place", lambda draw: draw.decided_at),
)


def draws(found: Iterable[Draw]) -> Table[Draw]:
    """The applications of one voucher, each with its settlement."""
    return Table("draws", "Draws", DRAWS, list(found))


MONTHS: tuple[Column[Month], ...] = (
    Column("ends", "month's end", "date", lambda month: month.ends),
    Column("opening", "opening", "money", lambda month: month.opening),
    Column("added", "added", "money", lambda month: month.added),
    Column("earned", "earned", "money", lambda month: month.earned),
    Column("refunded", "refunded and kept", "money", lambda month: month.refunded),
    Column("closing", "closing", "money", lambda month: month.closing),
)


def months(found: Iterable[Month]) -> Table[Month]:
    """The unearned premium of one voucher, month by month."""
    return Table("unearned-premium", "Unearned premium", MONTHS, list(found))
