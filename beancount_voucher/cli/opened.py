"""A ledger's facts for a command: out of the index where they are remembered, else read."""

from __future__ import annotations

import datetime as dt
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from beancount_voucher.cli import checked
from beancount_voucher.cli.console import open_facts, open_with
from beancount_voucher.ledger import index
from beancount_voucher.ledger.index_ledger import ledger_of
from beancount_voucher.ledger.index_store import DamagedError
from beancount_voucher.views.remembered import Register

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable
    from pathlib import Path

    import click

    from beancount_voucher.ledger.index_part import Remembered
    from beancount_voucher.ledger.loader import Ledger

    About = Callable[[Remembered], Iterable[str] | None]
    """What is remembered to the vouchers that a command is about; None: that is not enough."""


@dataclass(frozen=True)
class Opened:
    """A ledger's facts, and what is remembered of it.

    Attributes:
        ledger: it, or the part of it that a command is about.
        recalled: what was remembered of it; None where all facts were read.
        remembered: what is remembered of just these files, although it was not enough.
        uses_index: whether what was read is to be remembered.
    """

    ledger: Ledger
    recalled: Remembered | None = None
    remembered: Remembered | None = None
    uses_index: bool = True

    @cached_property
    def known(self) -> Remembered | None:
        """What is remembered, or is to be; None where nothing is."""
        if self.recalled is not None or not self.uses_index or self.ledger.is_whole:
            return self.recalled
        known, fingerprint = self.remembered, self.ledger.fingerprint
        if known and fingerprint and known.fingerprint.digest == fingerprint.digest:
            return known
        return index.found(self.ledger)

    def register(self, as_of: dt.date) -> Register | None:
        """The register of a day, out of what is remembered; None where nothing is.

        Raises:
            DamagedError: what was remembered is gone.
        """
        if self.known is None:
            return None
        return Register(
            self.known, as_of, self.ledger.evaluation if self.recalled is None else None
        )

    def keep(self) -> None:
        """Remember what is new."""
        if self.known is not None:
            self.known.set_funded(self.ledger.funded)
            index.keep(self.known)


def all_of(known: Remembered) -> Iterable[str]:
    """A command is about every voucher."""
    return known.summaries


def decided_of(ids: Collection[str], as_of: dt.date) -> About:
    """A command decides about vouchers.

    Args:
        ids: the vouchers; none for all about which something may be due.
        as_of: the day to judge by.
    """

    def about(known: Remembered) -> Iterable[str] | None:
        if not ids:
            return known.live(as_of)
        # Of a name that nobody knows, those like it are told.
        there = {each.id for each in known.summaries_of(ids).values() if each.state}
        return ids if there == set(ids) else known.summaries

    return about


def recorded_of(ids: Collection[str]) -> About:
    """A command records events of vouchers.

    Args:
        ids: the vouchers; none where it is about more than them.
    """

    def about(known: Remembered) -> Iterable[str] | None:
        # Of a name that nobody knows, those like it are told.
        there = {each.id for each in known.summaries_of(ids).values() if each.state}
        return ids if ids and there == set(ids) else None

    return about


def open_remembered(context: click.Context, about: About = all_of) -> Opened:
    """Open the ledger of a command that writes nothing.

    What was read is remembered as the command ends.

    Args:
        context: the command's.
        about: the vouchers that it is about.
    """
    asked = context.find_root().params
    if asked.get("checked") or asked.get("no_index"):
        return Opened(open_facts(context), uses_index=False)
    recalled: list[Remembered] = []

    def remembered(path: Path) -> Ledger | None:
        return recall(path, about, recalled.append)

    ledger = open_with(context, remembered)
    known = next(iter(recalled), None)
    opened = (
        Opened(open_facts(context), remembered=known) if ledger is None else Opened(ledger, known)
    )
    context.find_root().call_on_close(opened.keep)
    return opened


def open_to_write(context: click.Context, about: About) -> Ledger:
    """Open the ledger of a command that writes.

    Out of the index, where a whole load of just these files is known to have found no error; else
    the whole, which tells whether it does.

    Args:
        context: the command's.
        about: the vouchers that it is about.
    """
    asked = context.find_root().params
    if asked.get("checked") or asked.get("no_index"):
        return open_facts(context, writes=True)

    def of_clean(known: Remembered) -> Iterable[str] | None:
        ids = about(known) if checked.is_clean(known.fingerprint) else None
        # What the horizon reaches once it is written is tried with it.
        return ids and {*ids, *known.due_by(dt.date.max)}

    def remembered(path: Path) -> Ledger | None:
        return recall(path, of_clean)

    return open_with(context, remembered) or open_facts(context, writes=True)


def recall(
    path: Path, about: About, told: Callable[[Remembered], object] = lambda _: None
) -> Ledger | None:
    """The part of a ledger that is remembered; None where that is not enough.

    Args:
        path: its top file.
        about: the vouchers that it is to have.
        told: is told what is remembered, be it enough or not.
    """
    with suppress(DamagedError):
        known = index.recall(path)
        ids = None if known is None else about(known)
        if known is None:
            return None
        part = None if ids is None else known.part(ids)
        told(known)
        return None if part is None else ledger_of(path, known, part, lambda: _is_funded(known))
    return None


def _is_funded(known: Remembered) -> bool:
    """Whether the money is known to be there for all."""
    return bool(known.state.funded) or checked.is_clean(known.fingerprint)
