"""``python -m tests.simulator.cut_short --killed-at N|--full-at N|--mend PARTY …``.

The command, killed at its Nth file operation, or with a full disk at it: so a simulated story
can be told again. ``--mend`` cuts off what a killed writer has left, as the next one does.
"""

from __future__ import annotations

import sys
from pathlib import Path

from beancount_voucher.cli import main
from beancount_voucher.ledger import file_append
from tests.simulator.faults import KilledError, Operations, counted

if __name__ == "__main__":
    what, value, *arguments = sys.argv[1:]
    if what == "--mend":
        file_append.mend(Path(value) / "ledger.beancount")
        sys.exit()
    at = int(value)
    operations = Operations(
        at if what == "--killed-at" else None, at if what == "--full-at" else None
    )
    with counted(operations):
        try:
            main(arguments, prog_name="bean-voucher")
        except KilledError:
            sys.exit(137)
