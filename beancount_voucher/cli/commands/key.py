"""``key``: the directive of a public key, or of its revocation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from beancount.core.amount import Amount

from beancount_voucher.cli.console import as_day, open_ledger
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.deliver import Proposal, deliver, output_options, recorded_already
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import money_of
from beancount_voucher.directives.public_keys import fingerprint
from beancount_voucher.directives.wording import quoted
from beancount_voucher.exchange import introductions
from beancount_voucher.exchange.receiving import Draft
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.ledger.loader import Ledger


def _limit(_context: click.Context, _option: click.Parameter, text: str | None) -> Amount | None:
    money = None if text is None else money_of(text)
    if text is not None and (money is None or money.number <= 0):
        raise click.BadParameter(f'{quoted(text)} is no amount above zero, such as "50000.00 CNY"')
    return None if money is None else Amount(money.number, money.currency)


@click.command()
@click.argument("party")
@click.argument("key", metavar="KEY")
@click.option("--until", type=DAY, metavar="DATE", help="Its last day.")
@click.option(
    "--kinds", metavar="TEXT", help="The kinds of facts that it may sign: all if left out."
)
@click.option(
    "--limit",
    callback=_limit,
    metavar="AMOUNT",
    help='The most that a fact may be about ("50000.00 CNY").',
)
@click.option("--by", metavar="TEXT", help="Who records it.")
@click.option("--introduced-by", metavar="TEXT", help="The message in which the old key signed it.")
@click.option("--revoke", "reason", metavar="REASON", help="It signs nothing any more, and why.")
@click.option(
    "--date",
    type=DAY,
    callback=as_day,
    metavar="DATE",
    help="Its first day, or that of its revocation; today if left out.",
)
@output_options
@click.pass_context
def key(
    context: click.Context,
    party: str,
    key: str,
    until: dt.date | None,
    kinds: str | None,
    limit: Amount | None,
    by: str | None,
    introduced_by: str | None,
    reason: str | None,
    date: dt.date,
    output: Output,
) -> None:
    """Print the directive of a public key.

    KEY is a .pub file, its line, or with --revoke the key's fingerprint. Compare the fingerprint
    with the party by another way before you record it. What is recorded already is told, and not
    recorded again.
    """
    if until is not None and until < date:
        raise click.UsageError(f"--until {until} is before {date}: the key would never count")
    line = _line(key)
    terms: dict[str, Any] = {
        "until": until,
        "kinds": kinds,
        "limit": limit,
        "reason": reason,
        "by": by,
        "introduced-by": introduced_by,
    }
    given = {name: value for name, value in terms.items() if value is not None}
    mark = fingerprint(line)
    if reason is None:
        fact = Fact("key", date, (party, line), None, given, NOT_WRITTEN)
    else:
        fact = Fact("revoke", date, (party, mark or line), None, given, NOT_WRITTEN)

    def propose(ledger: Ledger) -> Proposal:
        known = introductions.recorded(fact, ledger.evaluation.exchanged)
        if known is not None:
            return Proposal([], already=[recorded_already(known)])
        return Proposal([Draft(fact)], explained=[f"{party}: {mark or line}"])

    deliver(open_ledger(context), propose, output)


def _line(text: str) -> str:
    """The line of a key, from its file or as given."""
    try:
        return Path(text).read_text(encoding="utf-8").strip()
    except (OSError, ValueError):
        return text
