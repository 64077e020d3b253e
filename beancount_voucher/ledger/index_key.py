"""What an answer depends on beside a ledger's bytes: the programs that have found it.

With any other of these, nothing that is remembered counts.
"""

from __future__ import annotations

import hashlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import beancount

from beancount_voucher import __version__
from beancount_voucher.conditions import BUILT_IN, installed
from beancount_voucher.directives.parser import evidence_of
from beancount_voucher.directives.schema import PREFIX

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Custom

_ROOMS = ("conditions.py", "directives", "lifecycle", "books", "ledger", "views")
"""Whose code decides what is remembered: facts, rows, and how a whole check has ended."""


def key() -> str:
    """One text for our version and code, Beancount's version, Python's, and the conditions."""
    known = installed()
    conditions = [(name, sorted(each.evidence_keys)) for name, each in sorted(known.items())]
    said = (__version__, beancount.__version__, sys.version, conditions, sorted(_code()))
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _code() -> Iterator[tuple[str, int, int]]:
    """Our code, by what tells that it was changed: who works on it has one version for all."""
    package = Path(__file__).parent.parent
    for room in _ROOMS:
        path = package / room
        for each in os.scandir(path) if path.is_dir() else (path,):
            if each.name.endswith(".py"):
                found = each.stat()
                yield f"{room}/{each.name}", found.st_size, found.st_mtime_ns


def reach_further(entries: Iterable[Custom]) -> bool:
    """Whether directives bear on more than the index knows to hold against them.

    They ask for a condition of another package, or bring evidence for one: nobody knows what that
    one looks at, and what it has said once it need not say again. Or they are refusals, which go
    by what was sent and received about other vouchers.
    """
    known = installed()
    others = {*evidence_of(known), *(name for name in known if name not in BUILT_IN)}
    return any(entry.type == _REFUSAL or not others.isdisjoint(entry.meta) for entry in entries)


_REFUSAL = f"{PREFIX}refusal"
