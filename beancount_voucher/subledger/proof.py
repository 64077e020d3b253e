"""The proof: what was read, what came out, and what holds of it, to be run again.

Nothing in it depends on how many shards or workers there were, on the day, or on the machine.
"""

from __future__ import annotations

import json
from collections import Counter
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import beancount

from beancount_voucher import __version__
from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.directives.money import exact
from beancount_voucher.subledger.holds import held

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_voucher.subledger.join import Joined, Row

_MOST = 100
"""Of what does not hold, so many lines are told of each invariant."""


def proof(
    found: Joined,
    rows: list[Row],
    read: Mapping[str, str],
    written: Mapping[str, str],
    as_of: str | None,
    versions: Mapping[str, str],
) -> dict[str, Any]:
    """What is to be proven.

    Args:
        found: the ledger.
        rows: everything that is wrong.
        read: the digest of every file that was read.
        written: the digest of every file that was written.
        as_of: the day of the register.
        versions: of what has written the tables.
    """
    keeper = Bookkeeper(found.evaluation, found.common.names, found.common.kept)
    states = sum((Counter(shard["states"]) for shard in found.shards), Counter[str]())
    return {
        "versions": {
            "beancount-voucher": __version__,
            "beancount": beancount.__version__,
            **versions,
        },
        "read": dict(sorted(read.items())),
        "facts": sum(shard["facts"] for shard in found.shards) + len(found.common.reading.facts),
        "vouchers": sum(shard["vouchers"] for shard in found.shards),
        "states": dict(sorted(states.items())),
        "events": sum(shard["events"] for shard in found.shards),
        "batches": len(found.batches),
        "problems": len(rows),
        "horizon": found.horizon,
        "as-of": as_of,
        "invariants": {
            name: {
                "holds": not each.broken,
                "looked-at": each.days,
                "broken": sorted(each.broken)[:_MOST],
            }
            for name, each in held(found, keeper).items()
        },
        "closing": _closing(found),
        "written": dict(sorted(written.items())),
    }


@exact
def _closing(found: Joined) -> dict[str, dict[str, str]]:
    """What stands on every account in the end."""
    closing: dict[str, dict[str, str]] = {}
    for (account, commodity), days in sorted(found.stands.items()):
        closing.setdefault(account, {})[commodity] = f"{sum(days.values(), Decimal(0)):f}"
    return closing


def proof_text(told: Mapping[str, Any]) -> str:
    """A proof for programs and people."""
    return json.dumps(told, ensure_ascii=False, indent=1) + "\n"
