#!/usr/bin/env bash
# Printing an entry with the ledger's own display context rounds its money.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.parser.printer.format_entry
# Behaviour: with options["dcontext"] an amount comes out in the digits that are
#            most common for its currency; without a context it is exact. What
#            was rounded may balance still, so that nothing reports it.
# A guess:   the context sets columns and commas; a printed ledger is the same
#            ledger.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.loader import load_string
from beancount.parser.printer import format_entry

TRANSACTION = """
2026-01-03 * "fuel"
  Assets:Bank    -{0} EUR
  Expenses:Fuel   {0} EUR
"""
entries, errors, options = load_string(
    "2026-01-01 open Assets:Bank\n2026-01-01 open Expenses:Fuel\n"
    + "".join(map(TRANSACTION.format, ("12.30", "45.60", "7.8912")))
)
assert not errors, errors
print(format_entry(entries[-1]), end="")
print(format_entry(entries[-1], options["dcontext"]), end="")
PYTHON

diff - seen <<'EXPECTED'
2026-01-03 * "fuel"
  Assets:Bank    -7.8912 EUR
  Expenses:Fuel   7.8912 EUR
2026-01-03 * "fuel"
  Assets:Bank    -7.89 EUR
  Expenses:Fuel   7.89 EUR
EXPECTED
