# What there is to run; `just` lists it. Everything is run in the active environment.

_default:
    @just --list --unsorted

# all that must pass before a change lands
check: lint types tables-check
    pytest -q -n 2 --cov

# the tests of one room (test lifecycle), or all of them
test ROOM="":
    pytest -q {{ if ROOM == "" { "" } else { "tests/" + ROOM } }}

# ruff and import-linter
lint:
    ruff check .
    ruff format --check .
    lint-imports

# mypy, strict
types:
    mypy --strict

# write the manual's tables and the outputs of its commands
tables:
    python -m tests.support.tables --write

# say which pages of the manual are not up to date
tables-check:
    python -m tests.support.tables

# write what the page says into the catalogues of its languages (words de: a new one)
words *LANGUAGES:
    python -m tests.support.catalogues --write {{ LANGUAGES }}

# plant small faults in the core, one at a time: who finds them? (extra "mutation")
mutants *ARGS:
    python -m tests.mutation {{ ARGS }}

# give every reader arbitrary text, guided by coverage (extra "fuzz")
fuzz *ARGS:
    python -m tests.fuzz {{ ARGS }}

# the demo's page in Fava
page:
    bean-voucher demo "$(mktemp -d)/demo"
