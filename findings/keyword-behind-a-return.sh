#!/usr/bin/env bash
# A carriage return before a keyword is nothing to Beancount, where a blank is an error.
#
# Version:   beancount 3.2.3 (PyPI: beancount)
# Source:    beancount/parser/lexer.l, the rules of \r and of indents
# Behaviour: behind a lone carriage return `include`, `option` and a date are read as if the
#            line began there, without an error. Behind a blank the same `include` is told to
#            be a syntax error, and is followed all the same. Whoever finds the files of a
#            ledger by the lines that begin with `include` misses both.
# A guess:   a keyword counts at the beginning of a line only; what is refused is not followed.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python - <<'PYTHON' | tee seen
from beancount.parser import parser

for before in ("", "\r", " "):
    text = f'2026-01-01 open Assets:Cash\n{before}include "more.beancount"\n'
    _, errors, options = parser.parse_string(text)
    told = [each.message for each in errors]
    print(repr(before), "begins the line:", options["include"], told)
PYTHON

diff - seen <<'EXPECTED'
'' begins the line: ['more.beancount'] []
'\r' begins the line: ['more.beancount'] []
' ' begins the line: ['more.beancount'] ['syntax error, unexpected INCLUDE, expecting end of file or EOL or KEY']
EXPECTED
