"""A ledger's facts for a command: out of the index where they are remembered, else read."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.cli.console import open_facts, open_with
from beancount_voucher.ledger import index
from beancount_voucher.ledger.index_ledger import ledger_of
from beancount_voucher.ledger.index_store import DamagedError
from beancount_voucher.views.remembered import Register

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterable
    from pathlib import Path

    import click

    from beancount_voucher.ledger.index_part import Remembered
    from beancount_voucher.ledger.loader import Ledger

    About = Callable[[Remembered], Iterable[str] | None]
    """What is remembered to the vouchers that a command is about; None: that cannot tell them."""


class Desk(NamedTuple):
    """A ledger's facts, and what is remembered of it.

    Attributes:
        ledger: it, or the part of it that a command is about.
        known: what is remembered, or will be; None where there is no index.
        is_new: whether all facts were read just now.
    """

    ledger: Ledger
    known: Remembered | None
    is_new: bool


def all_of(known: Remembered) -> Iterable[str]:
    """A command is about every voucher."""
    return known.summaries


def open_desk(context: click.Context, about: About = all_of) -> Desk:
    """Open the ledger of a command that writes nothing.

    What was read is remembered as the command ends.

    Args:
        context: the command's.
        about: the vouchers that it is about.
    """
    if not is_used(context):
        return Desk(open_facts(context), None, is_new=True)
    recalled: list[Remembered] = []

    def remembered(path: Path) -> Ledger | None:
        found = recall(path, about)
        if found is None:
            return None
        recalled.append(found[1])
        return found[0]

    ledger = open_with(context, remembered)
    is_new = ledger is None
    ledger = ledger or open_facts(context)
    known = (None if ledger.is_whole else index.found(ledger)) if is_new else recalled[0]
    if known is not None:
        context.find_root().call_on_close(lambda: index.keep(known))
    return Desk(ledger, known, is_new=is_new)


def register_of(desk: Desk, as_of: dt.date) -> Register:
    """The register of a day, of what is remembered.

    Raises:
        DamagedError: what was remembered is gone.
    """
    assert desk.known is not None
    return Register(desk.known, as_of, desk.ledger.evaluation if desk.is_new else None)


def recall(path: Path, about: About) -> tuple[Ledger, Remembered] | None:
    """The part of a ledger that is remembered; None where that is not enough."""
    with suppress(DamagedError):
        known = index.recall(path)
        ids = None if known is None else about(known)
        if known is not None and ids is not None:
            return ledger_of(path, known, known.part(ids)), known
    return None


def is_used(context: click.Context) -> bool:
    """Whether nobody wants the whole, or no index."""
    asked = context.find_root().params
    return not (asked.get("checked") or asked.get("no_index"))
