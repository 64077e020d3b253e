"""Messages of ours that a restored ledger has lost, and that come back (manual: exchange).

They are recorded as sent, and their facts are recorded again: ours as ours, so that they are
judged here as they were, and what we had passed on with the message that tells it. A fact that
does not hold keeps its message waiting: somebody records first what no message tells.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING

from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.schema import ONLY_IN_MESSAGES
from beancount_voucher.exchange.authenticity import Refused
from beancount_voucher.exchange.introductions import is_recorded, to_record
from beancount_voucher.exchange.known import known_as
from beancount_voucher.exchange.message import digest, shown
from beancount_voucher.exchange.receiving import Draft, Receipt, add_draft, in_turn
from beancount_voucher.exchange.sayings import author_side
from beancount_voucher.exchange.trial import Trial
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN

if TYPE_CHECKING:
    import datetime as dt

    from beancount_voucher.exchange.authenticity import Authentic
    from beancount_voucher.exchange.message import Name, Said
    from beancount_voucher.exchange.sayings import Parties
    from beancount_voucher.exchange.sending import Book


def recovered(book: Book, authentic: Authentic, date: dt.date) -> Receipt | Refused:
    """What to record of a message of ours that the ledger has lost; or why it waits.

    Args:
        book: our ledger.
        authentic: the message, the next that we have said.
        date: the day.
    """
    readable = authentic.readable
    if readable is None or readable.faulty:
        wrong = authentic.malformed if readable is None else readable.faulty[0].wrong
        return Refused("malformed", f"it is of ours, and {wrong}")
    result, trial = Receipt(), Trial(book.facts, book.evaluation)
    new: dict[str, Parties | None] = {}
    for said in sorted(readable.message.said, key=in_turn):
        refused = _taken(result, trial, book, said, authentic.name, new)
        if refused is not None:
            return refused
    fact = recorded(authentic.name, authentic.content, readable.facts, date)
    result.drafts.append(Draft(fact))
    return result


def recorded(name: Name, content: bytes, facts: int, date: dt.date) -> Fact:
    """The directive that records a message as sent."""
    terms = {"sha256": digest(content), "facts": Decimal(facts)}
    return Fact("sent", date, (name[0], name[1], str(name[2])), None, terms, NOT_WRITTEN)


def _taken(
    result: Receipt,
    trial: Trial,
    book: Book,
    said: Said,
    name: Name,
    new: dict[str, Parties | None],
) -> Refused | None:
    fact = said.fact
    if fact.kind in ONLY_IN_MESSAGES:
        return None
    if fact.kind in ("key", "revoke"):
        if not is_recorded(fact, book.evaluation.exchanged):
            result.remarks.append(to_record(fact, shown(name)))
        return None
    if fact.kind == "party":
        if fact.ids[0] not in book.evaluation.ledger_state.parties:
            _hold(result, trial, book, said, name)
        return None
    parties = book.parties(fact) or new.get(fact.voucher or "")
    if _is_ours(fact, parties, book.we):
        said = said._replace(fact=fact._replace(message=None))
    known = known_as(book, trial, fact, parties, book.we)
    objection = None if fact.kind == "refusal" else trial.objection(said.fact)
    if known is not None and (objection is not None or fact.kind == "refusal"):
        result.known.append((fact, known.date))
        return None
    if objection is not None:
        what = f"{fact.kind} of {fact.date}: {objection.wrong}"
        return Refused(objection.code, f"{fact.voucher or fact.ids[0]}: {what}; record it first")
    _hold(result, trial, book, said, name)
    if fact.kind in ("request", "issue"):
        new[fact.ids[0]] = book.parties(fact)
    return None


def _is_ours(fact: Fact, parties: Parties | None, we: str) -> bool:
    """Whether we have said it of our own, and not passed it on."""
    if fact.kind == "refusal":
        return True
    return parties is not None and author_side(fact, parties, we) in parties.sides_of(we)


def _hold(result: Receipt, trial: Trial, book: Book, said: Said, name: Name) -> None:
    trial.add(said.fact)
    message = shown(name)
    key = "note-restored" if said.fact.message is None else "message"
    told = f"message {message}" if said.fact.message is None else message
    add_draft(result, book, said.fact, {**said.notes, key: told}, message)
