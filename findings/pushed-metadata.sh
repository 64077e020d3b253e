#!/usr/bin/env bash
# What is pushed by pushmeta reaches transactions only; by pushtag, notes as well.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.parser.grammar.Builder
# Behaviour: between pushmeta and popmeta every directive but a transaction stays
#            without the key, and no error says so.
# A guess:   whatever can have metadata gets the key.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.loader import load_string

entries, errors, _ = load_string("""
pushtag #trip
pushmeta place: "Lyon"
2026-01-01 open Assets:Bank
2026-01-02 custom "mark" "a"
2026-01-02 event "mood" "good"
2026-01-02 note Assets:Bank "a"
2026-01-02 * "a"
  Assets:Bank  0 EUR
popmeta place:
poptag #trip
""")
assert not errors, errors
for entry in sorted(entries, key=lambda entry: entry.meta["lineno"]):
    tags = sorted(getattr(entry, "tags", None) or ())
    print(type(entry).__name__, tags, entry.meta.get("place"))
PYTHON

diff - seen <<'EXPECTED'
Open [] None
Custom [] None
Event [] None
Note ['trip'] None
Transaction ['trip'] Lyon
EXPECTED
