#!/usr/bin/env bash
# Of a metadata key that stands twice, a transaction keeps the first value and
# every other directive the last.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.parser.grammar.Builder
# Behaviour: a transaction reports the second one as an error and keeps the first;
#            an open, a note or a custom takes the second without a word.
# A guess:   one rule for all directives, and an error for each.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.parser.parser import parse_string

for directive in (
    '2026-01-01 * "rent"',
    "2026-01-01 open Assets:Bank",
    '2026-01-01 note Assets:Bank "rent"',
    '2026-01-01 custom "lease" "L-7"',
):
    [entry], errors, _ = parse_string(f"{directive}\n  until: 2026\n  until: 2027\n")
    print(type(entry).__name__, entry.meta["until"], len(errors), "errors")
PYTHON

diff - seen <<'EXPECTED'
Transaction 2026 1 errors
Open 2027 0 errors
Note 2027 0 errors
Custom 2027 0 errors
EXPECTED
