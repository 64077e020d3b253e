"""What each voucher of a ledger posts, also where many come as one transaction.

With daily postings a ledger holds batches, and nobody can tell from them what one voucher has
moved: that the facts tell. Who asks voucher by voucher asks here, and gets a transaction for each
event and book, whatever stands in the ledger.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from beancount.core.amount import Amount
from beancount.core.data import EMPTY_SET, Posting, Transaction, entry_sortkey

from beancount_voucher.books import bookkeeping
from beancount_voucher.directives.entries import amounts_of
from beancount_voucher.directives.money import exact
from beancount_voucher.directives.source_lines import SEEN, source_line

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Collection, Container, Iterable, Iterator, Mapping

    from beancount.core.data import Directive as Entry

    from beancount_voucher.ledger.loader import Ledger

_At = tuple["dt.date", object, object]
"""Day, book and event."""

_Sums = dict[_At, dict[tuple[str, str], Decimal]]
"""What is posted, by account and commodity."""


def has_batches(ledger: Ledger) -> bool:
    """Whether one transaction is of many vouchers."""
    return ledger.evaluation.options["postings"] == "daily"


def generated(ledger: Ledger) -> list[Transaction]:
    """The transactions that stand in a ledger for its vouchers."""
    return [each for each in ledger.entries if isinstance(each, Transaction) and SEEN in each.meta]


def batches_by_event(ledger: Ledger) -> dict[_At, list[Transaction]]:
    """The transactions that stand in a ledger for its vouchers, by day, book and event."""
    found: dict[_At, list[Transaction]] = defaultdict(list)
    for each in generated(ledger):
        found[_at(each)].append(each)
    return found


def batch_of(
    entry: Transaction, batches: Mapping[_At, Iterable[Transaction]]
) -> Transaction | None:
    """The batch in which an event of a voucher stands; None where it is in none.

    An increase and a decrease that take effect on one day move the same accounts: each is in the
    batch that moves them as it does.

    Args:
        entry: what the event posts.
        batches: by day, book and event, see ``batches_by_event``.
    """
    posted = _signs(entry)
    same = [each for each in batches.get(_at(entry), ()) if _signs(each).keys() == posted.keys()]
    return next((each for each in same if _signs(each) == posted), same[0] if same else None)


def _signs(entry: Transaction) -> dict[tuple[str, str], bool]:
    return {
        (account, currency): number > 0 for account, number, currency in amounts_of(entry) if number
    }


def event_by_event(ledger: Ledger, vouchers: Container[str] | None = None) -> Iterator[Transaction]:
    """A transaction for each event and book.

    Those that stand in the ledger; where it has batches, or is not booked, what the facts say.

    Args:
        ledger: the ledger.
        vouchers: the ids of those whose events they are; None for all, with credit lines.
    """
    if ledger.is_whole and not has_batches(ledger):
        found = iter(generated(ledger))
        if vouchers is None:
            return found
        return (each for each in found if each.meta.get("voucher") in vouchers)
    if not ledger.has_plugin:
        return iter(())
    evaluation = ledger.evaluation if vouchers is None else ledger.evaluation.part(vouchers)
    return bookkeeping.event_by_event(evaluation, ledger.names, ledger.own_accounts, ledger.kept)


def told_apart(ledger: Ledger) -> list[Entry]:
    """The entries of a ledger, with what each event posts in place of batches.

    Where a batch is not what its vouchers post, the rest of it is a transaction of nobody's:
    on every account the same stands as in the ledger.
    """
    if not has_batches(ledger):
        return ledger.entries
    those = set(map(id, generated(ledger)))
    others = [each for each in ledger.entries if id(each) not in those]
    return sorted([*others, *apart(ledger).all], key=entry_sortkey)


@dataclass(frozen=True, eq=False)
class Apart:
    """What stands in batches, taken apart.

    Attributes:
        events: what each event posts.
        rest: what batches post and no event of theirs, see ``rest_of``.
    """

    events: list[Transaction]
    rest: list[Transaction]

    @property
    def all(self) -> list[Transaction]:
        """Both: on every account the same as the batches."""
        return [*self.events, *self.rest]


def apart(ledger: Ledger) -> Apart:
    """What stands in a ledger for its vouchers, event by event, and the rest of batches."""
    if not has_batches(ledger):
        return Apart(generated(ledger), [])
    events = list(event_by_event(ledger))
    return Apart(events, rest_of(generated(ledger), events))


@exact
def rest_of(batches: Collection[Transaction], events: Collection[Transaction]) -> list[Transaction]:
    """What batches post and their events do not, and the reverse.

    Each is a transaction of a book and a day without a voucher, at the line of the batch, or of
    the first event that is in none. Where nobody has touched a batch there is none.
    """
    both = [*batches, *events]
    sums: _Sums = defaultdict(dict)
    _add(batches, sums, Decimal(1))
    _add(events, sums, Decimal(-1))
    off = {at: rest for at, rest in sums.items() if any(rest.values())}
    if not off:
        return []
    first: dict[_At, Transaction] = {}
    for entry in both:
        first.setdefault(_at(entry), entry)
    return [_rest(entry, off[at]) for at, entry in first.items() if at in off]


def _rest(entry: Transaction, rest: Mapping[tuple[str, str], Decimal]) -> Transaction:
    place = source_line(entry.meta)
    meta = {**place._asdict(), SEEN: True}
    meta |= {key: entry.meta.get(key, "") for key in ("voucher-event", "voucher-book")}
    postings = [
        Posting(account, Amount(number, currency), None, None, None, place._asdict())
        for (account, currency), number in rest.items()
        if number
    ]
    return entry._replace(meta=meta, links=EMPTY_SET, postings=postings)


def _add(entries: Iterable[Transaction], sums: _Sums, sign: Decimal) -> None:
    """Add what is posted, or take it away."""
    for entry in entries:
        posted = sums[_at(entry)]
        for account, number, currency in amounts_of(entry):
            key = account, currency
            posted[key] = posted[key] + sign * number if key in posted else sign * number


def _at(entry: Transaction) -> _At:
    return entry.date, entry.meta.get("voucher-book"), entry.meta.get("voucher-event")
