#!/usr/bin/env bash
# A package of which one module is to be traced has Beancount imported twice.
#
# Version:   coverage 7.16.1 and Beancount 3.2.3 (PyPI: coverage, beancount)
# Source:    coverage/inorout.py, where modules named as sources are looked for;
#            beancount/parser/_parser.c, which keeps the class MISSING
# Behaviour: to find --source=pack.part, coverage imports pack, and with it all
#            that pack imports, and then forgets these modules. The program
#            imports Beancount anew, but its C parser stays loaded, with the
#            first MISSING: the amount that a posting leaves out is no longer
#            known as missing, and loading any such ledger raises an error.
#            --source=pack loads the same ledger.
# A guess:   what is to be traced does not change what the program does.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet coverage==7.16.1 beancount==3.2.3

mkdir pack
echo 'import beancount.loader' >pack/__init__.py
: >pack/part.py
cat >load.py <<'PYTHON'
from beancount import loader

LEDGER = """\
2026-01-01 open Assets:A
2026-01-01 open Assets:B
2026-01-02 * "moved"
  Assets:A  1.00 EUR
  Assets:B
"""
try:
    print("errors:", len(loader.load_string(LEDGER)[1]))
except AttributeError as error:
    print("AttributeError:", error)
PYTHON

for source in pack pack.part; do
    echo "$source: $(venv/bin/coverage run --source="$source" load.py 2>log)"
done | tee seen

diff - seen <<'EXPECTED'
pack: errors: 0
pack.part: AttributeError: type object 'MISSING' has no attribute 'currency'
EXPECTED
