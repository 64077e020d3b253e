#!/usr/bin/env bash
# A source for beanquery is found in its own folder only, though it looks open.
#
# Version:   beanquery 0.2.0 (PyPI: beanquery)
# Source:    beanquery.Connection.attach
# Behaviour: `mine:x` is the module beanquery.sources.mine. The folder
#            beanquery/sources has no __init__.py, but beanquery has one: the
#            folders of beanquery/sources elsewhere on sys.path are not looked
#            into. A wheel must put its file into beanquery's own folder.
# A guess:   beanquery.sources is a namespace package, as it has no
#            __init__.py: a part of it anywhere on sys.path is found.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beanquery==0.2.0

mkdir -p beside/beanquery/sources
cat >beside/beanquery/sources/mine.py <<'PYTHON'
def attach(context, dsn):
    print("attached", dsn)
PYTHON
venv/bin/python -I - <<'PYTHON' | tee seen
import pathlib
import shutil
import sys

sys.path.append("beside")
import beanquery
import beanquery.sources

print("has a file:", beanquery.sources.__file__ is not None)
try:
    beanquery.connect("mine:x")
except ModuleNotFoundError as error:
    print(error)
shutil.copy("beside/beanquery/sources/mine.py", pathlib.Path(beanquery.__file__).parent / "sources")
import importlib

importlib.invalidate_caches()
beanquery.connect("mine:x")
PYTHON

diff - seen <<'EXPECTED'
has a file: False
No module named 'beanquery.sources.mine'
attached mine:x
EXPECTED
