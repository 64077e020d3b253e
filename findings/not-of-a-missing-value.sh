#!/usr/bin/env bash
# In beanquery, NOT of a comparison with a missing value is true.
#
# Version:   beanquery 0.2.0 with Beancount 3.2.3 (PyPI: beanquery, beancount)
# Source:    beanquery.query.run_query
# Behaviour: a comparison with a missing value does not hold, and its NOT does.
# A guess:   as in SQL, both are unknown, and neither gives the row.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beanquery==0.2.0 beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.loader import load_string
from beanquery.query import run_query

entries, errors, options = load_string("""
2026-01-01 open Assets:Bank
2026-01-01 open Expenses:Rent

2026-01-05 * "early"
  paid: 2026-01-07
  Assets:Bank    -1 EUR
  Expenses:Rent   1 EUR

2026-01-06 * "late"
  paid: 2026-04-07
  Assets:Bank    -1 EUR
  Expenses:Rent   1 EUR

2026-01-07 * "never"
  Assets:Bank    -1 EUR
  Expenses:Rent   1 EUR
""")
assert not errors, errors
for condition in ("{} < 2026-03-01", "NOT {} < 2026-03-01", "{} >= 2026-03-01"):
    where = condition.format("date(entry_meta('paid'))")
    query = f"SELECT narration WHERE {where} AND account = 'Assets:Bank'"
    _, rows = run_query(entries, options, query)
    print(condition.format("paid"), [row[0] for row in rows], sep=" | ")
PYTHON

diff - seen <<'EXPECTED'
paid < 2026-03-01 | ['early']
NOT paid < 2026-03-01 | ['late', 'never']
paid >= 2026-03-01 | ['late']
EXPECTED
