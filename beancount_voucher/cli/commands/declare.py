"""``party``, ``option``, ``credit-line``, ``exception``: what vouchers stand on, and who may what.

Each prints its directive like the commands that record events, checked against the ledger. A
party comes with the accounts that people own and that no plugin opens: without them its first
voucher would be refused.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypeVar

import click

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.cli.complete import parties as complete
from beancount_voucher.cli.console import open_ledger
from beancount_voucher.cli.dating import date_of, effective_option, period_notes, reopen_option
from beancount_voucher.cli.days import DAY
from beancount_voucher.cli.deliver import Proposal, deliver, output_options, recorded_already
from beancount_voucher.cli.prose import did_you_mean
from beancount_voucher.directives.account_roles import ROLES
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.money import Money, money_of
from beancount_voucher.directives.schema import OPTIONS, PARTY_ROLES, REVIEW_RULES
from beancount_voucher.directives.wording import quoted
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.lifecycle.meaning import recorded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from beancount_voucher.cli.deliver import Output
    from beancount_voucher.directives.printer import Value
    from beancount_voucher.ledger.loader import Ledger

    _Command = TypeVar("_Command", bound=Callable[..., Any])


@dataclass(frozen=True)
class Declaration:
    """What is to be declared, and the accounts that it needs."""

    fact: Fact
    notes: Mapping[str, Value] = field(default_factory=dict)
    opens: str = ""


def _options(command: _Command) -> _Command:
    for option in (
        click.option("--note", metavar="TEXT", help="A note for the reader."),
        click.option(
            "--date",
            type=DAY,
            metavar="DATE",
            help="The day from which on it holds (2026-03-05, today, +3d); today if left out.",
        ),
    ):
        command = option(command)
    return click.pass_context(output_options(command))  # type: ignore[return-value]


def _declare(
    context: click.Context,
    given: Mapping[str, Any],
    kind: str,
    ids: tuple[str, ...],
    amount: Money | None = None,
    terms: Mapping[str, Any] | None = None,
    opens: Callable[[Ledger, Fact], str] = lambda _ledger, _fact: "",
) -> None:
    """Print or write a directive that is about no voucher."""
    output: Output = given["output"]
    note = {} if given["note"] is None else {"note": given["note"]}

    def propose(ledger: Ledger) -> Proposal:
        found = ledger.evaluation
        date = date_of({"effective": None, "reopen": None, **given}, found.closed)
        if isinstance(date, str):
            return Proposal([], refused=[f"{ids[0]}: {date}"])
        fact = Fact(kind, date, ids, amount, terms or {}, NOT_WRITTEN)
        notes = {**period_notes(given, fact, found.closed), **note}
        known = recorded(found.vouchers, ledger.reading.facts, found.problems, fact)
        if known is None:
            return Proposal([Declaration(fact, notes, opens(ledger, fact))])
        return Proposal([], already=[recorded_already(known)])

    deliver(open_ledger(context), propose, output)


# --- Parties, and the accounts that they need -------------------------------------------


def _accounts(
    _context: click.Context, _option: click.Parameter, values: Sequence[str]
) -> dict[str, str]:
    accounts: dict[str, str] = {}
    for each in values:
        role, equals, account = each.partition("=")
        if not equals or not account or role in accounts:
            raise click.BadParameter(f"{quoted(each)} is no account, such as bank=Assets:Current")
        accounts[role] = account
    return accounts


@click.command()
@click.argument("party", metavar="ID")
@click.argument("role", type=click.Choice(PARTY_ROLES))
@click.option("--name", metavar="TEXT", help="What it is called, if not by its id.")
@click.option(
    "--account",
    "accounts",
    multiple=True,
    callback=_accounts,
    metavar="ROLE=ACCOUNT",
    help="Replaces an account of its book (bank=Assets:Current); the topic books lists them.",
)
@click.option(
    "--with",
    "others",
    multiple=True,
    metavar="ID",
    shell_complete=complete,
    help="Only with this bank, or of a bank with this customer; with all of them if left out.",
)
@_options
def party(
    context: click.Context,
    /,
    party: str,
    role: str,
    name: str | None,
    accounts: dict[str, str],
    others: tuple[str, ...],
    **given: Any,  # noqa: ANN401
) -> None:
    """Declare a party, and open its accounts.

    A policyholder or insurer gets an account with each bank, and each bank a deposit of it;
    a bank gets them with each of them. Those that the ledger has already stay as they are, and
    of books that it does not keep none is opened.
    """
    if unknown := [each for each in accounts if each not in ROLES[role]]:
        meant = did_you_mean(unknown[0], list(ROLES[role]), "bean-voucher help books")
        raise click.UsageError(f"{role} has no account {quoted(unknown[0])}; {meant}")
    terms = {**({} if name is None else {"name": name}), **accounts}
    _declare(
        context,
        given,
        "party",
        (party, role),
        terms=terms,
        opens=lambda ledger, fact: "".join(
            f"{fact.date} open {account}\n" for account in _needed(ledger, fact, others)
        ),
    )


def _needed(ledger: Ledger, fact: Fact, others: tuple[str, ...]) -> list[str]:
    """The accounts that people own of a party and those whom it deals with, not opened yet."""
    after = ledger.with_facts([fact])
    parties = after.ledger_state.parties
    unknown = [each for each in others if each not in parties]
    if unknown:
        meant = did_you_mean(unknown[0], list(parties), "bean-voucher list")
        raise click.UsageError(f"--with {quoted(unknown[0])} is no party; {meant}")
    keeper = Bookkeeper(after, ledger.names, ledger.kept)
    opened = ledger.own_accounts.opened
    found = [
        keeper.chart.account(book, role, other, None)
        for book, role, other in _pairs(fact, {id_: each.role for id_, each in parties.items()})
        if keeper.keeps(book) and (not others or {book, other} & {*others})
    ]
    if not all(map(ledger.names.valid, found)):  # what is wrong is for the plugin to say
        return []
    return [account for account in dict.fromkeys(found) if account not in opened]


def _pairs(fact: Fact, roles: Mapping[str, str]) -> Iterator[tuple[str, str, str]]:
    """Book, role of the account, and whom it is with, of a new party and all others."""
    party, is_bank = fact.ids[0], fact.ids[1] == "bank"
    for other, role in roles.items():
        if (role == "bank") is not is_bank:
            customer, bank = (other, party) if is_bank else (party, other)
            yield customer, "bank", bank
            yield bank, "deposits", customer


# --- The others -------------------------------------------------------------------------


@click.command()
@click.argument("name", type=click.Choice(list(OPTIONS)), metavar="NAME")
@click.argument("value")
@_options
def option(context: click.Context, /, name: str, value: str, **given: Any) -> None:  # noqa: ANN401
    """Choose an option of the whole ledger.

    An option is said once, and holds for the whole ledger, whatever its date. The topic
    directives lists them with their values.
    """
    _declare(context, given, "option", (name, value))


@click.command("credit-line")
@click.argument("policyholder", shell_complete=complete)
@click.argument("bank", shell_complete=complete)
@click.argument("amount", nargs=-1, required=True)
@effective_option()
@reopen_option()
@_options
def credit_line(
    context: click.Context,
    /,
    policyholder: str,
    bank: str,
    amount: tuple[str, ...],
    **given: Any,  # noqa: ANN401
) -> None:
    """Set what a bank lends a policyholder.

    AMOUNT is the whole limit from that day on, not what is added to an earlier one. Below what
    is frozen and drawn it is refused.
    """
    money = money_of(" ".join(amount))
    if money is None:
        text = quoted(" ".join(amount))
        raise click.UsageError(f'an amount is such as "50000.00 CNY", not {text}')
    _declare(context, given, "credit-line", (policyholder, bank), money)


@click.command("exception")
@click.argument("about", metavar="ID")
@click.argument("rule", type=click.Choice(list(REVIEW_RULES)))
@click.option("--reason", required=True, metavar="TEXT", help="Why, for the reader.")
@click.option("--by", required=True, metavar="TEXT", help="Who allows it.")
@_options
def except_(
    context: click.Context,
    /,
    about: str,
    rule: str,
    reason: str,
    by: str,
    **given: Any,  # noqa: ANN401
) -> None:
    """Allow what review would not let pass.

    ID is the voucher, or whatever else the review names; see the topic review.
    """
    terms = {"reason": reason, "by": by}
    _declare(context, given, "exception", (about, rule), terms=terms)
