#!/usr/bin/env bash
# A custom directive without values has None for a list, and stops the pads.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.core.data.Custom.values; beancount.ops.pad
# Behaviour: the directive is accepted. The plugin that fills the pads then
#            raises, which the loader reports as an error: no pad of the ledger
#            is filled, and a balance far from the custom fails.
# A guess:   `values` is an empty list, and a custom touches nothing.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.core.data import Custom, Transaction
from beancount.loader import load_string

LEDGER = """
2026-01-01 open Assets:Bank
2026-01-01 open Equity:Opening
2026-01-02 pad Assets:Bank Equity:Opening
2026-01-05 balance Assets:Bank 10 EUR
2026-06-30 custom "audited"{value}
"""
for value in (' "yes"', ""):
    entries, errors, _ = load_string(LEDGER.format(value=value))
    [custom] = [entry for entry in entries if isinstance(entry, Custom)]
    filled = sum(isinstance(entry, Transaction) for entry in entries)
    print("one value" if value else custom.values, "| pads filled:", filled)
    for error in errors:
        print("   ", error.message.split("\n")[0].split(" (")[0])
PYTHON

diff - seen <<'EXPECTED'
one value | pads filled: 1
None | pads filled: 0
    Error applying plugin "beancount.ops.pad": Traceback
    Balance failed for 'Assets:Bank': expected 10 EUR != accumulated 0 EUR
EXPECTED
