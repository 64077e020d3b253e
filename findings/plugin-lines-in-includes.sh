#!/usr/bin/env bash
# A plugin line in an included file does nothing, and nobody says so.
#
# Version:   Beancount 3.2.3 (PyPI: beancount)
# Source:    beancount.loader.load_file
# Behaviour: only the plugin lines of the top file count. One in an included
#            file is passed over, even if there is no such module.
# A guess:   it runs, as `include` puts the file in its place; or it is an error.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount==3.2.3

echo 'plugin "no_such_module"' > part.beancount
echo 'include "part.beancount"' > includes.beancount
venv/bin/python -I - <<'PYTHON' | tee seen
from beancount.loader import load_file

for top in ("part.beancount", "includes.beancount"):
    _, errors, options = load_file(top)
    print(top, options["plugin"], len(errors), "errors")
PYTHON

diff - seen <<'EXPECTED'
part.beancount [('no_such_module', None)] 1 errors
includes.beancount [] 0 errors
EXPECTED
