#!/usr/bin/env bash
# `holidays` answers for China beyond the last official calendar, without a sign.
#
# Version:   holidays 0.109 (PyPI: holidays)
# Source:    holidays.China; the official calendar of a year is decreed in the
#            autumn before it
# Behaviour: up to 2026 the days off that are moved, and the working Saturdays and
#            Sundays that pay for them, are there. For 2027 the days of the statute
#            are computed, and nothing else: no day is moved, no name says
#            "estimated", and end_year is 2100.
# A guess:   an error, an empty year, or the mark that other calendars have for
#            days that hang on the sight of the moon.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet holidays==0.109

venv/bin/python -I - <<'PYTHON' | tee seen
import holidays

for year in (2025, 2026, 2027):
    china = holidays.China(years=year)
    moved = sum("substituted" in name for name in china.values())
    worked = sum(day.year == year for day in china.weekend_workdays)
    estimated = sum("estimated" in name for name in china.values())
    print(year, f"moved {moved}, worked {worked}, estimated {estimated}", sep=": ")
print("last year", holidays.China.end_year, sep=": ")
elsewhere = holidays.Turkey(years=2035).values()
print("Turkey in 2035 says it", any("estimated" in name for name in elsewhere), sep=": ")
PYTHON

diff - seen <<'EXPECTED'
2025: moved 5, worked 5, estimated 0
2026: moved 6, worked 6, estimated 0
2027: moved 0, worked 0, estimated 0
last year: 2100
Turkey in 2035 says it: True
EXPECTED
