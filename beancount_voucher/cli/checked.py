"""Whether just these bytes were checked as a whole, where a command reads only their facts."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.days import now
from beancount_voucher.ledger.verdicts import NoVerdicts

if TYPE_CHECKING:
    from beancount_voucher.ledger.landed import Landed
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.ledger.parsed_files import Fingerprint
    from beancount_voucher.ledger.verdicts import VerdictStore


def store(top: Path) -> VerdictStore:
    """Where verdicts on a ledger are kept.

    Args:
        top: its top file.
    """
    context = click.get_current_context(silent=True)
    if context is not None and context.find_root().params.get("no_index"):
        return NoVerdicts()
    from beancount_voucher.ledger import index  # noqa: PLC0415  not every command asks for one
    from beancount_voucher.ledger.kept_verdicts import KeptVerdicts  # noqa: PLC0415

    found = index.store_of(top)
    return NoVerdicts() if found is None else KeptVerdicts(found)


def is_clean(fingerprint: Fingerprint) -> bool:
    """Whether a whole load of these files is known to have found no error."""
    top = next(iter(fingerprint.files), None)
    return top is not None and store(Path(top)).get(fingerprint.digest) == 0


def remember(ledger: Ledger) -> None:
    """Keep how the load of a whole ledger ended."""
    if ledger.is_whole and ledger.fingerprint is not None:
        _keep(ledger, ledger.fingerprint, len(ledger.errors))


def carry_on(ledger: Ledger, landed: Landed) -> None:
    """Keep what is known of a ledger with what was appended to it."""
    _keep(ledger, landed.fingerprint, landed.errors)


def _keep(ledger: Ledger, fingerprint: Fingerprint, errors: int) -> None:
    store(ledger.path).put(fingerprint.digest, errors, str(ledger.path.absolute()), now())


def errors_of(ledger: Ledger) -> int | None:
    """How many errors the whole of a ledger has; None if that is not known of these bytes."""
    if ledger.is_whole:
        return len(ledger.errors)
    assert ledger.fingerprint is not None
    return store(ledger.path).get(ledger.fingerprint.digest)


def unchecked(ledger: Ledger) -> str:
    """What to say of a ledger whose bytes were never loaded as a whole."""
    at = store(ledger.path).last(str(ledger.path.absolute()))
    if at is None:
        return "Not checked as a whole yet; bean-voucher check does that."
    return f"Not checked since {at:%Y-%m-%d %H:%M}; bean-voucher check does that."


def uncounted() -> str:
    """What to say of two revisions of which only facts were compared."""
    return (
        "Not checked as a whole: what only that finds, and is there as before, was not counted; "
        "--checked counts it."
    )
