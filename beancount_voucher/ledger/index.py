"""The index: what is remembered of a ledger, so that its files need not be read again.

It is disposable, and never in doubt: it is held against the digest of every file and of what
each include finds, our version and code, and the installed conditions. Where directives were
appended that bear only on their own vouchers, just these are read and evaluated; after any other
change, all is found anew.
"""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.ledger import cache_folder, index_append
from beancount_voucher.ledger.atomic_files import digest
from beancount_voucher.ledger.index_build import kept_of
from beancount_voucher.ledger.index_key import key
from beancount_voucher.ledger.index_part import Remembered
from beancount_voucher.ledger.index_state import State
from beancount_voucher.ledger.index_store import DamagedError, Store
from beancount_voucher.ledger.parsed_files import names_found

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger

_FACTS = "facts"


def store_of(top: Path) -> Store | None:
    """Where the index of a ledger is kept; None where no folder is fit for it."""
    folder = cache_folder.usable(top)
    return None if folder is None else Store(folder, top)


def recall(top: Path) -> Remembered | None:
    """What is remembered of a ledger as its files are now; None where that is nothing."""
    store = store_of(top)
    kept = None if store is None else store.state(_FACTS)
    if store is None or kept is None:
        return None
    try:
        return _held_against_files(store, State.from_json(kept))
    except (DamagedError, OSError, TypeError, ValueError, LookupError):
        return None


def _held_against_files(store: Store, state: State) -> Remembered | None:
    if state.key != key() or not _same_names(state):
        return None
    contents = [Path(file.name).read_bytes() for file in state.files]
    changed = {
        at: content
        for at, (file, content) in enumerate(zip(state.files, contents, strict=True))
        if len(content) != file.size or digest(content) != file.digest
    }
    known = Remembered(store, state)
    if not changed:
        return known
    more = index_append.appended(known, changed)
    if more is None:
        return None
    state, parts = more
    return Remembered(store, state, parts)


def _same_names(state: State) -> bool:
    """Whether each include finds what it found."""
    return all(names_found(pattern) == tuple(names) for pattern, names in state.includes.items())


def found(ledger: Ledger) -> Remembered | None:
    """What is to be remembered of a ledger, of which the facts were read; None if nothing is."""
    store = store_of(ledger.path)
    kept = None if store is None else kept_of(ledger)
    if store is None or kept is None:
        return None
    state, parts = kept
    return Remembered(store, state, parts)


def keep(known: Remembered) -> None:
    """Remember it, if something of it is new and that can be done."""
    store, state = known.store, known.state
    if known.is_kept:
        return
    with suppress(OSError):
        if all(cache_folder.is_apart(store.folder, Path(file.name)) for file in state.files):
            store.save(_FACTS, state.as_json(), known.new, state.parts)
    known.is_kept = True
