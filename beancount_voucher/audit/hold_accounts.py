"""Which accounts hold what vouchers have put on hold, and nothing else (manual: books).

An account that no voucher has a hold on yet counts, too: by the table of accounts, it is at
zero. So does what stands below, as in a balance, unless somebody has chosen an account with
others below it: then only it alone can be meant.
"""

from __future__ import annotations

from itertools import islice
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.account import parents

from beancount_voucher.directives.account_roles import INVARIANT_OF, LINE_PARTS, ROLES, WITH_BELOW

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Account

    from beancount_voucher.audit.expected import BoundHoldRules
    from beancount_voucher.books.entry_templates import Bookkeeper
    from beancount_voucher.lifecycle.evaluation import Evaluation


class HoldAccount(NamedTuple):
    """An account that holds what vouchers have put on hold.

    Attributes:
        account: the account; where each voucher has one of its own, their parent.
        role: its role in the table of accounts.
        book: whose it is.
        invariant: what must hold there.
    """

    account: Account
    role: str
    book: str
    invariant: str


class HoldAccounts:
    """Every such account in the books that are kept, found by its name."""

    def __init__(
        self,
        evaluation: Evaluation,
        keeper: Bookkeeper,
        rules: BoundHoldRules,
        posted: Iterable[Account],
    ) -> None:
        """Find them.

        Args:
            evaluation: what the facts come to.
            keeper: whose books are kept, and which accounts they have.
            rules: the accounts on which vouchers have holds.
            posted: every account that vouchers post to.
        """
        self._keeper = keeper
        self._roles = {name: each.role for name, each in evaluation.ledger_state.parties.items()}
        # Whose account does not name them has to be asked for it.
        self._renaming = dict.fromkeys(
            party
            for (party, _), template in evaluation.replaced.items()
            if party not in template.replace("{party}", party).split(":")
        )
        # What a credit line has on its accounts is another proof's, unless vouchers say it, too.
        self._found: dict[Account, HoldAccount | None] = dict.fromkeys(self._lines(evaluation))
        for bound in rules.all:
            hold = HoldAccount(bound.pool, bound.rule.role, bound.book, bound.rule.invariant)
            self._found[bound.account] = self._found[bound.pool] = hold
        others = [each for each in posted if self._found.get(each) is None]
        self._shared = {name for each in others for name in above(each)}

    def of(self, account: Account) -> HoldAccount | None:
        """What an account holds for vouchers, as a part of another maybe."""
        hold = self._at(account)
        if hold is not None:
            return hold
        for name in above(account):
            hold = self._at(name)
            if hold is not None:
                whole = hold.role in WITH_BELOW and hold.account not in self._shared
                return hold if whole else None
        return None

    def _at(self, account: Account) -> HoldAccount | None:
        if account not in self._found:
            self._found[account] = next(self._named(account), None)
        return self._found[account]

    def _named(self, account: Account) -> Iterator[HoldAccount]:
        """By the table of accounts, and by what parties replace in it."""
        named = [part for part in account.split(":") if part in self._roles]
        for book in filter(self._keeper.keeps, dict.fromkeys((*named, *self._renaming))):
            for role in ROLES[self._roles[book]]:
                for other in ("", *named) if role in INVARIANT_OF else ():
                    fits = not other or self._has_account_with(book, other)
                    if fits and self._keeper.chart.account(book, role, other, None) == account:
                        yield HoldAccount(account, role, book, INVARIANT_OF[role])

    def _has_account_with(self, book: str, other: str) -> bool:
        """Whether there may be an account of a hold between two parties: a bank and a customer."""
        return (self._roles[book] == "bank") is not (self._roles[other] == "bank")

    def _lines(self, evaluation: Evaluation) -> Iterator[Account]:
        for policyholder, bank, _ in evaluation.ledger_state.lines.all():
            for book, other in ((policyholder, bank), (bank, policyholder)):
                for part in LINE_PARTS:
                    if self._keeper.keeps(book):
                        yield self._keeper.chart.account(book, part, other, None)


def above(account: Account) -> Iterator[Account]:
    """The accounts above one, the nearest first."""
    return islice(parents(account), 1, None)
