#!/usr/bin/env bash
# A number before a negative amount is one value: the amount is subtracted from it.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount/parser/grammar.y: a number_expr may go over blanks
# Behaviour: `custom "order" "A" 3 -1.00 EUR` has two values, "A" and 2.00 EUR;
#            with a positive amount it has three. Nothing is said. Brackets
#            around the number keep the two apart.
# A guess:   values that stand apart are values of their own, whatever their sign.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.loader import load_string

for written in ("3 1.00 EUR", "3 -1.00 EUR", "3 (-1.00) EUR"):
    [custom], errors, _ = load_string(f'2026-01-02 custom "order" "A" {written}\n')
    values = ", ".join(str(each.value) for each in custom.values)
    print(f"{written}: {values} | errors: {len(errors)}")
PYTHON

diff - seen <<'EXPECTED'
3 1.00 EUR: A, 3, 1.00 EUR | errors: 0
3 -1.00 EUR: A, 2.00 EUR | errors: 0
3 (-1.00) EUR: A, 3, -1.00 EUR | errors: 0
EXPECTED
