"""``init``: a new ledger, small and commented, that checks clean at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from beancount_voucher.cli.console import Exit, as_day, new_folder, say, stop
from beancount_voucher.cli.days import DAY
from beancount_voucher.directives.facts import is_party_id
from beancount_voucher.directives.money import MEMO, MOST_DIGITS, digits, money_of
from beancount_voucher.directives.printer import value
from beancount_voucher.directives.schema import OPTIONS
from beancount_voucher.directives.wording import quoted
from beancount_voucher.ledger.atomic_files import WriteRefusedError, write_new

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator


@dataclass(frozen=True)
class Plan:
    """What a new ledger starts with. Parties are ids; a credit line of 0 is none."""

    day: dt.date
    policyholder: str
    insurer: str
    issuer: str
    acceptor: str
    currency: str
    credit_line: str
    recognise_at: str
    advance_premium: str
    hold_accounts: str


class _Checked(click.ParamType):  # type: ignore[type-arg]  # generic only since Click 8.4
    """A text that must pass a test, or be asked for again."""

    def __init__(self, name: str, right: Callable[[str], bool], expected: str) -> None:
        self.name = name
        self._right = right
        self._expected = expected

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The text itself."""
        if not self._right(value):
            self.fail(f"{quoted(value)} is no {self.name}, such as {self._expected}", param, ctx)
        return value


def _is_currency(text: str) -> bool:
    return money_of(f"1 {text}") is not None and not text.endswith(MEMO)


def _is_amount(text: str) -> bool:
    money = money_of(f"{text} CNY")
    return money is not None and digits(money.number, money.number) <= MOST_DIGITS


_PARTY = _Checked("party id", is_party_id, "FirstBank")
_CURRENCY = _Checked("currency", _is_currency, "CNY")
_AMOUNT = _Checked("amount", _is_amount, "50000.00")


class _Asked(click.Option):
    """An option that is asked for on stderr: results alone go to stdout (manual: commands)."""

    def prompt_for_value(self, ctx: click.Context) -> str:
        """What somebody answers."""
        return str(
            click.prompt(
                self.prompt or "",
                default=self.default if isinstance(self.default, str) else None,
                value_proc=lambda text: self.process_value(ctx, text),
                err=True,
            )
        )


def _choice(name: str, what: str) -> Callable[[Any], Any]:
    values = OPTIONS[name]
    return click.option(
        f"--{name}", type=click.Choice(values), default=values[0], show_default=True, help=what
    )


@click.command()
@click.argument("folder", type=click.Path(path_type=Path), metavar="DIR")
@click.option(
    "--policyholder",
    cls=_Asked,
    prompt="Policyholder (id)",
    type=_PARTY,
    help="The policyholder's id.",
)
@click.option("--insurer", cls=_Asked, prompt="Insurer (id)", type=_PARTY, help="The insurer's id.")
@click.option(
    "--issuer",
    cls=_Asked,
    prompt="The policyholder's bank (id)",
    type=_PARTY,
    help="The issuer's id.",
)
@click.option(
    "--acceptor",
    cls=_Asked,
    prompt="The insurer's bank (the same: one clearing house)",
    type=_PARTY,
    help="The acceptor's id; the issuer's for one clearing house.",
)
@click.option(
    "--currency",
    cls=_Asked,
    prompt=True,
    default="CNY",
    type=_CURRENCY,
    help="The currency of the books.",
)
@click.option(
    "--credit-line",
    cls=_Asked,
    prompt="Credit line of the policyholder (0: none)",
    default="0",
    type=_AMOUNT,
    help="The policyholder's credit line with its bank; 0 for none.",
)
@_choice("recognise-at", "When a premium is recognised.")
@_choice("advance-premium", "Where a premium stands that is paid before cover starts.")
@_choice("hold-accounts", "One account for all holds, or one for each voucher.")
@click.option(
    "--date",
    "day",
    type=DAY,
    callback=as_day,
    metavar="DATE",
    help="The first day of the books; today if left out.",
)
def init(folder: Path, **given: str) -> None:
    """Write a new ledger.

    Into a new or empty folder DIR: parties, accounts, options, a file for each month's
    vouchers, the plugin and Fava lines. Asks for the parties, the currency and the credit
    line, where they are not given; the policies have defaults.
    """
    new_folder(folder)
    plan = Plan(**given)  # type: ignore[arg-type]
    if len({plan.policyholder, plan.insurer, plan.issuer}) < 3 or plan.acceptor in (  # noqa: PLR2004
        plan.policyholder,
        plan.insurer,
    ):
        raise click.UsageError("a party has one role: policyholder, insurer and banks differ")
    try:
        _write(folder, plan)
    except (OSError, WriteRefusedError) as error:
        stop(f"{folder} cannot be written: {error}", Exit.REFUSED)
    say(f"Wrote {folder / 'ledger.beancount'}. Try:")
    say(f"  bean-voucher -f {folder / 'ledger.beancount'} check")


def _write(folder: Path, plan: Plan) -> None:
    """All files or none."""
    texts = files(plan)
    made: list[Path] = []
    try:
        for name, text in texts.items():
            path = folder / name
            made += [each for each in path.parents if not each.exists()][::-1]
            path.parent.mkdir(parents=True, exist_ok=True)
            made.append(path)
            write_new(path, text)
    except BaseException:
        for path in reversed(made):
            with suppress(OSError):
                path.rmdir() if path.is_dir() else path.unlink()
        raise


def files(plan: Plan) -> dict[str, str]:
    """The files of a new ledger, by path."""
    month = f"vouchers/{plan.day:%Y/%m}.beancount"
    return {
        "ledger.beancount": _top(plan),
        "parties.beancount": "".join(_parties(plan)),
        "accounts.beancount": "".join(_accounts(plan)),
        month: f";; Vouchers of {plan.day:%B %Y}. A file for each month; all are included.\n",
        ".gitignore": ".*.picklecache\n.*.lock\n.*.new\n.*.undo\n",
    }


def _top(plan: Plan) -> str:
    return f"""\
;; The books of all parties. For those of one only, copy this file and name the party:
;; plugin "beancount_voucher_plugin" {value(plan.insurer)}

option "title" {value(f"Vouchers of {plan.policyholder} and {plan.insurer}")}
option "operating_currency" {value(plan.currency)}
plugin "beancount_voucher_plugin"
{plan.day} custom "fava-option" "indent" "2"
{plan.day} custom "fava-extension" "fava_voucher"

include "parties.beancount"
include "accounts.beancount"
include "vouchers/*/*.beancount"
"""


def _parties(plan: Plan) -> Iterator[str]:
    day = plan.day
    yield ";; Who takes part. Add metadata such as name: to show another name.\n\n"
    roles = {
        plan.policyholder: "policyholder",
        plan.issuer: "bank",
        plan.acceptor: "bank",
        plan.insurer: "insurer",
    }
    for party, role in roles.items():
        yield f'{day} custom "voucher-party" {value(party)} "{role}"\n'
    yield "\n;; How the premium is accounted for; these are the policies of the whole ledger.\n\n"
    for name, chosen in (
        ("recognise-at", plan.recognise_at),
        ("advance-premium", plan.advance_premium),
        ("hold-accounts", plan.hold_accounts),
    ):
        yield f'{day} custom "voucher-option" "{name}" "{chosen}"\n'
    limit = money_of(f"{plan.credit_line} {plan.currency}")
    if limit is not None and limit.number:
        yield "\n;; What the policyholder's bank lends for premiums.\n\n"
        yield (
            f'{day} custom "voucher-credit-line" {value(plan.policyholder)} {value(plan.issuer)} '
            f"{limit}\n"
        )


def _accounts(plan: Plan) -> Iterator[str]:
    yield ";; The accounts that people use for other things, too; the plugin opens all others.\n\n"
    for account in (
        f"Assets:{plan.policyholder}:{plan.issuer}",
        f"Assets:{plan.insurer}:{plan.acceptor}",
        f"Liabilities:{plan.issuer}:Deposits:{plan.policyholder}",
        f"Liabilities:{plan.acceptor}:Deposits:{plan.insurer}",
        f"Equity:{plan.policyholder}:Opening",
        f"Equity:{plan.issuer}:Opening",
    ):
        yield f"{plan.day} open {account}\n"
    yield f"""
;; Vouchers freeze money that must be there. Put the opening balance here, like this, for the
;; policyholder and for its bank, whose deposit it is:
;; {plan.day} * "Opening balance"
;;   Assets:{plan.policyholder}:{plan.issuer}   10000.00 {plan.currency}
;;   Equity:{plan.policyholder}:Opening
;; {plan.day} * "Opening balance"
;;   Liabilities:{plan.issuer}:Deposits:{plan.policyholder}   -10000.00 {plan.currency}
;;   Equity:{plan.issuer}:Opening
"""
