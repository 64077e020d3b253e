"""Files of a ledger given other content, all or none."""

from __future__ import annotations

from contextlib import ExitStack
from typing import TYPE_CHECKING

from beancount_voucher.ledger import atomic_files, interrupts, locks
from beancount_voucher.ledger.append import check_unchanged
from beancount_voucher.ledger.atomic_files import (
    NotUndoneError,
    WriteRefusedError,
)
from beancount_voucher.ledger.dry_run import new_errors
from beancount_voucher.ledger.file_append import wait_until_saved
from beancount_voucher.ledger.loader import LedgerError, load

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger


def rewrite(
    ledger: Ledger, files: Mapping[Path, tuple[bytes, bytes]], facts: Sequence[Fact]
) -> None:
    """Replace the contents of files, in our turn (``append.turn``).

    Args:
        ledger: the ledger that the contents were decided on.
        files: content before and after, by file.
        facts: what the ledger has to say then.

    Raises:
        ChangedMeanwhileError: the ledger is another by now.
        WriteRefusedError: a file cannot be written, or the ledger would have a new error, or
            other facts. In either case every file is as it was.
        NotUndoneError: the same, but for the files that it names.
    """
    with ExitStack() as held, interrupts.deferred():
        others = {atomic_files.real(path): path for path in files}
        others.pop(atomic_files.real(ledger.path), None)
        with interrupts.allowed():
            for _, path in sorted(others.items()):  # in this order, or two wait for each other
                held.enter_context(locks.locked(path))
            wait_until_saved(ledger.files)
            check_unchanged(ledger)
        done: list[Path] = []
        try:
            for path, (before, after) in files.items():
                atomic_files.replace(path, atomic_files.digest(before), after)
                done.append(path)
            with interrupts.allowed():
                _verify(ledger, facts)
        except BaseException as error:
            kept = [str(path) for path in done if not _restored(path, *files[path])]
            if kept:
                why = str(error) or "interrupted"
                raise NotUndoneError(f"{why}; not undone in {', '.join(kept)}") from error
            raise


def _restored(path: Path, before: bytes, after: bytes) -> bool:
    """Give a file its content back, unless somebody has changed it since."""
    try:
        atomic_files.replace(path, atomic_files.digest(after), before)
    except WriteRefusedError:
        return False
    return True


def _verify(before: Ledger, facts: Sequence[Fact]) -> None:
    try:
        after = load(before.path)
    except LedgerError as error:
        raise WriteRefusedError(str(error)) from error
    errors = new_errors(before, after)
    if errors:
        raise WriteRefusedError(f"the ledger would have a new error: {errors[0].message}")
    if _said(after.reading.facts) != _said(facts):
        raise WriteRefusedError("the ledger would not say what it is to say")


def _said(facts: Iterable[Fact]) -> list[tuple[object, ...]]:
    """What facts say, in the order in which they stand."""
    found = sorted(facts, key=lambda fact: fact.place)
    return [(each.place, each.kind, each.date, each.ids, each.amount) for each in found]
