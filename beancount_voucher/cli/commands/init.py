"""``init``: a new ledger, small and commented, that checks clean at once."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from beancount_voucher.cli.console import Exit, as_day, new_folder, say, stop
from beancount_voucher.cli.days import DAY
from beancount_voucher.directives.facts import is_party_id
from beancount_voucher.directives.money import MEMO, MOST_DIGITS, Money, digits, money_of
from beancount_voucher.directives.printer import value
from beancount_voucher.directives.schema import OPTIONS
from beancount_voucher.directives.wording import quoted
from beancount_voucher.ledger.atomic_files import WriteRefusedError, write_new

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Iterator, Mapping


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
    postings: str
    openings: Mapping[str, Money]
    """What stands on the accounts of customers on the first day, and in their banks' books."""

    @property
    def customers(self) -> dict[str, tuple[str, str]]:
        """The accounts of policyholder and insurer with their banks: whose, and with whom."""
        pairs = (self.policyholder, self.issuer), (self.insurer, self.acceptor)
        return {f"Assets:{customer}:{bank}": (customer, bank) for customer, bank in pairs}


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
        ctx.meta[_SOMEBODY_ANSWERS] = True
        return str(
            click.prompt(
                self.prompt or "",
                default=self.default if isinstance(self.default, str) else None,
                value_proc=lambda text: self.process_value(ctx, text),
                err=True,
            )
        )


_SOMEBODY_ANSWERS = f"{__name__}.answers"
"""Set where something was asked for, so that more may be."""


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
@_choice("postings", "A transaction for each event, or daily sums.")
@click.option(
    "--date",
    "day",
    type=DAY,
    callback=as_day,
    metavar="DATE",
    help="The first day of the books; today if left out.",
)
@click.option(
    "--opening",
    "openings",
    multiple=True,
    metavar="ACCOUNT=AMOUNT",
    help="What is on an account of policyholder or insurer then, and in its bank's book: "
    "Assets:LiMing:FirstBank=5000.00. May be given for both.",
)
@click.pass_context
def init(context: click.Context, /, folder: Path, openings: tuple[str, ...], **given: Any) -> None:  # noqa: ANN401
    """Write a new ledger.

    Into a new or empty folder DIR: parties, accounts, options, a file for each month's
    vouchers, the plugin and Fava lines. Asks for the parties, the currency and the credit
    line, where they are not given, and then for the first day and the opening balances, too;
    the policies have defaults.
    """
    new_folder(folder)
    asks = _SOMEBODY_ANSWERS in context.meta
    if asks and context.get_parameter_source("day") is ParameterSource.DEFAULT:
        given["day"] = _asked_day(context, given["day"])
    plan = Plan(**given, openings={})
    if len({plan.policyholder, plan.insurer, plan.issuer}) < 3 or plan.acceptor in (  # noqa: PLR2004
        plan.policyholder,
        plan.insurer,
    ):
        raise click.UsageError("a party has one role: policyholder, insurer and banks differ")
    if (plan.postings, plan.hold_accounts) == ("daily", "per-voucher"):
        raise click.UsageError("--postings daily goes with --hold-accounts pooled")
    told = [_opening(plan, text) for text in openings]
    if asks and not openings:
        told = [_asked_opening(plan, account) for account in plan.customers]
    plan = replace(plan, openings={account: money for account, money in told if money.number})
    try:
        _write(folder, plan)
    except (OSError, WriteRefusedError) as error:
        stop(f"{folder} cannot be written: {error}", Exit.REFUSED)
    say(f"Wrote {folder / 'ledger.beancount'}. Try:")
    say(f"  bean-voucher -f {folder / 'ledger.beancount'} check")


def _asked_day(context: click.Context, default: dt.date) -> dt.date:
    option = next(each for each in context.command.params if each.name == "day")
    answer: dt.date = click.prompt(
        "First day of the books",
        default=str(default),
        value_proc=lambda text: option.process_value(context, text),
        err=True,
    )
    return answer


def _asked_opening(plan: Plan, account: str) -> tuple[str, Money]:
    answer: tuple[str, Money] = click.prompt(
        f"Opening balance of {account}",
        default="0",
        value_proc=lambda text: _opening(plan, f"{account}={text}"),
        err=True,
    )
    return answer


def _opening(plan: Plan, text: str) -> tuple[str, Money]:
    """An account and what is on it: an amount, or a number in the currency of the books."""
    account, _, amount = text.partition("=")
    if account not in plan.customers:
        known = " or ".join(plan.customers)
        raise click.UsageError(f"--opening is for {known}, not {quoted(account)}")
    money = money_of(amount) or money_of(f"{amount} {plan.currency}")
    if money is None or money.number < 0 or digits(money.number, money.number) > MOST_DIGITS:
        raise click.UsageError(f"--opening {account} is an amount such as 5000.00, not {amount}")
    return account, money


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
        ("postings", plan.postings),
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
    deposits = [f"Liabilities:{bank}:Deposits:{who}" for who, bank in plan.customers.values()]
    banks = [plan.customers[account] for account in plan.openings]
    opened = [plan.policyholder, plan.issuer, *(party for pair in banks for party in pair)]
    openings = [f"Equity:{party}:Opening" for party in dict.fromkeys(opened)]
    for account in (*plan.customers, *deposits, *openings):
        yield f"{plan.day} open {account}\n"
    if plan.openings:
        yield "\n;; What is there on the first day: of a customer, and in the book of its bank.\n\n"
        for account, money in plan.openings.items():
            yield from _balances(plan, account, money)
        return
    yield "\n;; Vouchers freeze money that must be there. Put the opening balance here, like this,"
    yield "\n;; for the policyholder and for its bank, whose deposit it is:\n"
    account, example = next(iter(plan.customers)), Money(Decimal("10000.00"), plan.currency)
    for text in _balances(plan, account, example):
        yield "".join(f";; {line}\n" for line in text.splitlines())


def _balances(plan: Plan, account: str, money: Money) -> Iterator[str]:
    """An opening balance in the customer's book, and in its bank's."""
    customer, bank = plan.customers[account]
    deposit = f"Liabilities:{bank}:Deposits:{customer}"
    for own, party, sign in ((account, customer, ""), (deposit, bank, "-")):
        yield f'{plan.day} * "Opening balance"\n  {own}   {sign}{money}\n  Equity:{party}:Opening\n'
