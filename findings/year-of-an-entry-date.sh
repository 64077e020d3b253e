#!/usr/bin/env bash
# The year of an entry date in MT940 is mended only from 330 days apart.
#
# Version:   mt-940 5.1.1 (PyPI: mt-940)
# Source:    mt940.models.Transaction data, `entry_date` of a line :61:
# Behaviour: an entry date has a month and a day; it is given the year of the value
#            date, or the one beside it if the two are then 330 days apart or
#            more. A value date of 30 November booked on 5 January comes out as
#            booked 329 days before, one day later as booked after five weeks.
# A guess:   the year that brings the two dates nearest to each other.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet mt-940==5.1.1

venv/bin/python -I - <<'PYTHON' | tee seen
import mt940

STATEMENT = """\
:20:EXAMPLE
:25:12345678/0000000000
:28C:1/1
:60F:C251101EUR100,00
:61:{value}{entry}D10,00NMSCNONREF
:62F:C260131EUR90,00
-
"""
for value, entry in (("251231", "0102"), ("251201", "0105"), ("251130", "0105")):
    [transaction] = mt940.parse(STATEMENT.format(value=value, entry=entry))
    dates = transaction.data
    apart = (dates["entry_date"] - dates["date"]).days
    print("value", dates["date"], "entry", dates["entry_date"], "apart", apart)
PYTHON

diff - seen <<'EXPECTED'
value 2025-12-31 entry 2026-01-02 apart 2
value 2025-12-01 entry 2026-01-05 apart 35
value 2025-11-30 entry 2025-01-05 apart -329
EXPECTED
