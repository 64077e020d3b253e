#!/usr/bin/env bash
# A ledger's plugins do not see what pad writes.
#
# Version:   beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.loader.PLUGINS_PRE, PLUGINS_POST
# Behaviour: `pad` and `balance` are run behind all plugins of the ledger. A plugin
#            that sums up accounts leaves out what pad moves, and says that money
#            is missing which a balance directive of the same ledger confirms.
# A guess:   pad is Beancount's own directive: its transactions are there before
#            a plugin of the ledger is run.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

cat >looks.py <<'PYTHON'
__plugins__ = ["looks"]


def looks(entries, options):
    print("the plugin sees:", *(type(each).__name__ for each in entries))
    return entries, []
PYTHON
cat >ledger.beancount <<'LEDGER'
plugin "looks"
2026-01-01 open Assets:Cash
2026-01-01 open Equity:Opening
2026-01-02 pad Assets:Cash Equity:Opening
2026-01-03 balance Assets:Cash 100.00 CNY
LEDGER
venv/bin/python - <<'PYTHON' | tee seen
import sys

sys.path.insert(0, ".")
from beancount import loader

entries, errors, _ = loader.load_file("ledger.beancount")
print("loaded, in the end:", *(type(each).__name__ for each in entries), len(errors), "errors")
PYTHON

diff - seen <<'EXPECTED'
the plugin sees: Open Open Pad Balance
loaded, in the end: Open Open Pad Transaction Balance 0 errors
EXPECTED
