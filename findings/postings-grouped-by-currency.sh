#!/usr/bin/env bash
# Loading a ledger changes the order of a transaction's postings.
#
# Version:   beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.loader.load_string, and beancount.parser.parser before it
# Behaviour: booking takes the postings of a transaction currency by currency, so
#            that those of the first currency stand before those of the second.
#            The parser alone keeps them as written. What compares a loaded
#            transaction with its text by position compares other postings.
# A guess:   postings stay in the order in which they are written.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

venv/bin/python -I - <<'PYTHON' | tee seen
from beancount import loader
from beancount.parser import parser

TEXT = """
2026-01-01 open Assets:Cash
2026-01-01 open Assets:Memo
2026-01-01 open Equity:Cash
2026-01-01 open Equity:Memo

2026-01-02 * "Cash and memo in turns"
  Assets:Cash   1.00 CNY
  Assets:Memo   1.00 MEMO
  Equity:Cash  -1.00 CNY
  Equity:Memo  -1.00 MEMO
"""
for read in (parser.parse_string, loader.load_string):
    entries, errors, _ = read(TEXT)
    print(read.__module__, len(errors), *(each.account for each in entries[-1].postings))
PYTHON

diff - seen <<'EXPECTED'
beancount.parser.parser 0 Assets:Cash Assets:Memo Equity:Cash Equity:Memo
beancount.loader 0 Assets:Cash Equity:Cash Assets:Memo Equity:Memo
EXPECTED
