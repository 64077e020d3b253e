#!/usr/bin/env bash
# Fava changed its Markdown library from one patch release to the next.
#
# Version:   fava==1.30.14 and fava==1.30.15 (PyPI)
# Source:    the requirements in the metadata of the two wheels
# Behaviour: 1.30.14 brings markdown2, and 1.30.15 markdown-it-py instead. An
#            extension that imports what Fava brought fails after the upgrade.
# A guess:   what one release requires, the next patch release requires, too.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv

for version in 1.30.14 1.30.15; do
    venv/bin/python -I -m pip install --quiet --no-deps "fava==$version"
    venv/bin/python -I - <<'PYTHON'
import re
from importlib.metadata import distribution

fava = distribution("fava")
names = [re.match(r"[\w.-]+", each).group() for each in fava.requires]
print(fava.version, *[name for name in names if "mark" in name.lower()])
PYTHON
done | tee seen

diff - seen <<'EXPECTED'
1.30.14 markdown2
1.30.15 markdown-it-py
EXPECTED
