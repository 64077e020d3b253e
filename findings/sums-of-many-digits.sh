#!/usr/bin/env bash
# An amount of 35 digits is read exactly, and its account does not hold it.
#
# Version:   beancount 3.2.3 (PyPI: beancount)
# Source:    balance directives, by beancount.loader.load_string
# Behaviour: the parser keeps every digit, but what is summed up (the balance of
#            an account, the weights of a transaction) is rounded to the 28 digits
#            of Python's usual decimal context. A balance directive that states
#            just the one amount that was booked fails, by the digits rounded off.
# A guess:   what is read exactly is summed exactly: amounts are decimals.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount import loader

AMOUNT = "12345678901234567890123456789012345 CNY"
entries, errors, _ = loader.load_string(f"""
2026-01-01 open Assets:Cash
2026-01-01 open Equity:Opening

2026-01-02 * "Opening"
  Assets:Cash      {AMOUNT}
  Equity:Opening  -{AMOUNT}

2026-01-03 balance Assets:Cash  {AMOUNT}
""")
print("read:", entries[2].postings[0].units)
for each in errors:
    print(each.message)
PYTHON

diff - seen <<'EXPECTED'
read: 12345678901234567890123456789012345 CNY
Balance failed for 'Assets:Cash': expected 12345678901234567890123456789012345 CNY != accumulated 12345678901234567890123456790000000 CNY (987655 too much)
Transaction does not balance: (-987655 CNY)
EXPECTED
