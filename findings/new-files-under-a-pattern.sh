#!/usr/bin/env bash
# Fava does not see a file that is new under an include's pattern.
#
# Version:   Fava 1.30.16 with Beancount 3.2.3 (PyPI: fava, beancount)
# Source:    fava.core.FavaLedger.changed, which is asked before each page
# Behaviour: the files that were loaded are watched. A new one that the pattern
#            of an include finds is read when one of the older files changes.
# A guess:   the folder of the pattern is watched, too.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet fava==1.30.16 beancount==3.2.3

mkdir months
echo 'include "months/*.beancount"' > top.beancount
echo '2026-01-01 open Assets:Bank' > months/01.beancount
venv/bin/python -I - <<'PYTHON' | tee seen
import time
from pathlib import Path

from fava.core import FavaLedger


def reloaded(seconds: int) -> bool:
    """Ask ten times a second, as the watching thread needs a moment."""
    for _ in range(10 * seconds):
        if ledger.changed():
            return True
        time.sleep(0.1)
    return False


ledger = FavaLedger(str(Path("top.beancount").resolve()))
print("at first", len(ledger.all_entries))
time.sleep(1)

Path("months/02.beancount").write_text("2026-02-01 open Assets:Cash\n")
print("a new file", reloaded(3), len(ledger.all_entries))

Path("months/01.beancount").touch()
print("an older file touched", reloaded(30), len(ledger.all_entries))
PYTHON

diff - seen <<'EXPECTED'
at first 1
a new file False 1
an older file touched True 2
EXPECTED
