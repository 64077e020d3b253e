#!/usr/bin/env bash
# beancount-black sorts plugin lines by name, and so changes what a ledger means.
#
# Version:   beancount-black 1.0.6 with Beancount 3.2.3 (PyPI: the same names)
# Source:    the commands bean-black and bean-check; two plugins of Beancount's own
# Behaviour: plugins run in the order of their lines, and the formatter moves the
#            lines. Here a check of written prices comes to stand behind the
#            plugin that writes prices for transactions, and finds fault with them.
# A guess:   a formatter changes blanks, and nothing that the books depend on.

set -euo pipefail
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
cd "$work"
python3 -m venv venv
venv/bin/python -I -m pip install --quiet beancount-black==1.0.6 beancount==3.2.3

cat > ledger.beancount <<'LEDGER'
plugin "beancount.plugins.unique_prices"
plugin "beancount.plugins.implicit_prices"

2026-01-01 open Assets:Dollars
2026-01-01 open Assets:Euros

2026-01-03 * "in the morning"
  Assets:Dollars   10 USD @ 0.90 EUR
  Assets:Euros     -9 EUR

2026-01-03 * "in the evening"
  Assets:Dollars   10 USD @ 0.95 EUR
  Assets:Euros  -9.50 EUR
LEDGER

look() {
    echo "$1:"
    sed -n '/^plugin/p' ledger.beancount
    venv/bin/bean-check ledger.beancount 2>&1 | sed -n 's/^[^ ]*:[0-9]*: *//p' || true
}
{
    look before
    venv/bin/bean-black --no-backup --log-level error ledger.beancount 2> log || cat log
    look after
} | tee seen

diff - seen <<'EXPECTED'
before:
plugin "beancount.plugins.unique_prices"
plugin "beancount.plugins.implicit_prices"
after:
plugin "beancount.plugins.implicit_prices"
plugin "beancount.plugins.unique_prices"
Disagreeing price entries
EXPECTED
