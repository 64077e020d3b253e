#!/usr/bin/env bash
# A blank line, or a comment in the first column, ends a directive.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.parser.parser.parse_string
# Behaviour: the directive is kept with the metadata above such a line; the
#            metadata below is lost, with one error on the line where it starts.
#            The same comment, indented, changes nothing.
# A guess:   the line means nothing, or the directive is refused as a whole.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.parser.parser import parse_string

DIRECTIVE = """\
2026-03-01 custom "lease" "L-7"
  rent: 900.00 EUR
{between}
  until: 2027-02-28
"""
for name, between in [
    ("indented comment", "  ; agreed by phone"),
    ("comment in the first column", "; agreed by phone"),
    ("blank line", ""),
]:
    [entry], errors, _ = parse_string(DIRECTIVE.format(between=between))
    keys = [key for key in entry.meta if key not in ("filename", "lineno")]
    print(name, keys, [(error.source["lineno"], error.message) for error in errors], sep=" | ")
PYTHON

diff - seen <<'EXPECTED'
indented comment | ['rent', 'until'] | []
comment in the first column | ['rent'] | [(4, 'syntax error, unexpected INDENT')]
blank line | ['rent'] | [(4, 'syntax error, unexpected INDENT')]
EXPECTED
