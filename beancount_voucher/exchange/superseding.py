"""What of ours is struck for a fact of the issuer: what it will refuse, and no more.

The issuer had not seen what we have said when it decided otherwise. It takes what of ours still
fits when it comes to it, the earliest first; so that is what stays.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.trial import Trial


class Strike(NamedTuple):
    """A fact of ours, and the refusal that strikes it."""

    fact: Fact
    refusal: Fact


def superseded_for(fact: Fact, not_seen: Iterable[Strike], trial: Trial) -> list[Fact]:
    """The refusals of our own with which a fact holds; none where it does not, whatever is struck.

    Args:
        fact: the issuer's.
        not_seen: what it had not seen of ours, the latest first.
        trial: our ledger.
    """
    strikes: list[Strike] = []
    for strike in not_seen:
        strikes.append(strike)
        if trial.objection(fact, *_refusals(strikes), orders=True) is None:
            return _refusals(_needed(fact, strikes, trial))
    return []


def _refusals(strikes: Iterable[Strike]) -> list[Fact]:
    return [each.refusal for each in strikes]


def _needed(fact: Fact, strikes: list[Strike], trial: Trial) -> list[Strike]:
    """Those without which it does not hold; what is struck along with others is one of them."""
    for strike in reversed(strikes):
        others = [each for each in strikes if each is not strike]
        more = fact, *_refusals(others)
        fits = trial.objection(*more, orders=True) is None
        if others and fits and not trial.strikes(strike.fact, *more):
            strikes = others
    return strikes
