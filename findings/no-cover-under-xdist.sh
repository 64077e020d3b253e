#!/usr/bin/env bash
# pytest-cov's mark no_cover does nothing in the workers of pytest-xdist.
#
# Version:   pytest-cov 7.1.0, coverage 7.17.5, pytest-xdist 3.8.0 (PyPI)
# Source:    pytest_cov/plugin.py, CovPlugin.__init__ and pytest_sessionstart
# Behaviour: a worker starts coverage twice, first as if it were alone and then
#            as a worker. The mark stops the second, and coverage goes on with
#            the first: what is marked is traced, and takes as long.
# A guess:   what is not traced in one process is not traced in several.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet \
    pytest==9.2.0 pytest-cov==7.1.0 coverage==7.17.5 pytest-xdist==3.8.0

cat >test_traced.py <<'PYTHON'
import sys

import pytest


@pytest.mark.no_cover
def test_traced():
    with open("traced", "w") as file:
        print(type(sys.gettrace()).__name__, file=file)
PYTHON

for workers in 0 1; do
    COVERAGE_CORE=ctrace venv/bin/python -m pytest -q -p no:cacheprovider \
        -n "$workers" --cov=. --cov-report= >/dev/null
    echo "$workers workers: $(cat traced)"
done | tee seen

diff - seen <<'EXPECTED'
0 workers: NoneType
1 workers: CTracer
EXPECTED
