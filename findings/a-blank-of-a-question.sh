#!/usr/bin/env bash
# Click printed the blank behind a question of stderr on stdout.
#
# Version:   Click 8.3.3 and 8.4.1 (PyPI: click)
# Source:    click/termui.py, the function prompt
# Behaviour: with err=True, 8.3.3 writes the question to stderr and the blank
#            behind it to stdout, where it stands before the results; 8.4.1
#            writes both to stderr.
# A guess:   err=True means all that is asked.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv

for pinned in click==8.3.3 click==8.4.1; do
    venv/bin/python -I -m pip install --quiet --no-deps "$pinned"
    echo Ann | venv/bin/python -I -c 'import click; click.prompt("Name", err=True)' \
        >stdout 2>stderr
    echo "${pinned#click==}: $(wc -c <stdout) bytes on stdout"
done | tee seen

diff - seen <<'EXPECTED'
8.3.3: 1 bytes on stdout
8.4.1: 0 bytes on stdout
EXPECTED
