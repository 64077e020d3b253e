"""What a change must not do to vouchers, unless somebody gives a reason for it.

The rules are those of ``schema.REVIEW_RULES``; ``policy`` tells which are switched on. An
exception is a directive that the change itself brings, so that it stands in the books who
allowed what, and why; ``exceptions`` tells which of them count::

    2026-03-31 custom "voucher-exception" "V-001" "edited-history"
      reason: "the premium was mistyped; see ticket 418"
      by: "Wang, internal audit"

What could not be read at all is beyond policy and exceptions: see ``UNREAD``.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, takewhile
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.persons import same_person
from beancount_voucher.directives.wording import counted, printable
from beancount_voucher.lifecycle.channels import exchanges
from beancount_voucher.lifecycle.closed_periods import REOPENED, is_closed, is_reopened
from beancount_voucher.review.edits import Edit
from beancount_voucher.review.faults import LEDGER
from beancount_voucher.review.records import SETTING_KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.authors import Authors
    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.diff import Comparison
    from beancount_voucher.review.edits import Difference
    from beancount_voucher.review.faults import Fault
    from beancount_voucher.review.mailmap import Mailmap
    from beancount_voucher.review.records import RecordedDirective

UNREAD = "include-refused"
"""What is told in the place of a rule where a review did not see the whole ledger."""


class Violation(NamedTuple):
    """Something that a rule does not let pass.

    Attributes:
        rule: its name.
        subject: the voucher, or what else it is about.
        place: where it stands; None for what stands nowhere now.
        text: what is wrong.
        record: the directive that somebody has recorded or changed, where it is about one.
        edit: what became of a directive that was there before.
        fault: the error or finding that it is.
        consequences: what would not be wrong without it.
        uncounted: of each exception that does not count for it, why.
    """

    rule: str
    subject: str
    place: SourceLine | None
    text: str
    record: RecordedDirective | None = None
    edit: Edit | None = None
    fault: Fault | None = None
    consequences: tuple[Violation, ...] = ()
    uncounted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What the rules look at."""

    comparison: Comparison
    before: Ledger
    after: Ledger
    authors_before: Authors
    authors: Authors
    mailmap: Mailmap


# --- The rules --------------------------------------------------------------------------


def _edited_history(case: ReviewCase) -> Iterator[Violation]:
    for edit in case.comparison.facts.edited:
        before, now = edit.before, edit.now
        if before.kind in SETTING_KINDS:
            continue
        became = [told(each) for each in edit.differences]
        if edit.refused is not None:
            became.append(f"refused now: {edit.refused.code}")
        text = f"{before.ids[0]}: {before.title}: {', '.join(became) or 'it is gone'}"
        place = None if now is None else now.place
        yield Violation("edited-history", before.ids[0], place, text, now or before, edit)


def _segregation(case: ReviewCase) -> Iterator[Violation]:
    pairs = list(_pairs(case))
    later = case.authors.of(record.place for record, _ in pairs)
    earlier = _earlier_commits(case, [fact for _, fact in pairs])
    for record, fact in pairs:
        id_, commit = record.ids[0], later[record.place]
        by, first_by = record.metadata.get("by"), fact.terms.get("by")
        if by is not None and first_by is not None and same_person(by, first_by):
            who = f"by {by}"
        elif _same_author(case, commit, earlier[fact.place]):
            who = f"committed by {commit.author} <{commit.email}>"
        else:
            continue
        first = f"its {_FIRST[fact.kind]} of {fact.date}"
        text = f"{id_}: {record.title} and {first} are both {who}"
        yield Violation("segregation-of-duties", id_, record.place, text, record)


_FIRST = {"apply": "application", "amend": "amendment"}
"""What somebody else is to have recorded."""

_SECOND = {
    **dict.fromkeys(("settle", "void", "release", "discrepancy"), "apply"),
    "consent": "amend",
}
"""What decides about it, and is not for the same person."""


def _pairs(case: ReviewCase) -> Iterator[tuple[RecordedDirective, Fact]]:
    """The decisions and consents that a change brings, each with what it is about."""
    facts = case.comparison.facts
    for record in chain(facts.added, (edit.after for edit in facts.edited)):
        if record is not None and record.kind in _SECOND:
            fact = _first(case.after, record)
            if fact is not None:
                yield record, fact


def _first(ledger: Ledger, record: RecordedDirective) -> Fact | None:
    """The last application before what decides about it; the amendment of a consent."""
    found = None
    events = ledger.evaluation.vouchers[record.ids[0]].events
    for event in takewhile(lambda event: event.place != record.place, events):
        if event.kind == _SECOND[record.kind] and event.fact.ids[1:] == record.ids[1:]:
            found = event.fact
    return found


def _earlier_commits(case: ReviewCase, facts: Iterable[Fact]) -> dict[SourceLine, Commit]:
    """The commit of each of them, by its place.

    One that was there before is looked up there: in a work tree it may have moved into a
    file that git does not know yet.
    """
    known = {(each.kind, each.ids, each.date): each for each in case.before.reading.facts}
    here: dict[SourceLine, SourceLine] = {}
    there: dict[SourceLine, SourceLine] = {}
    for fact in facts:
        earlier = known.get((fact.kind, fact.ids, fact.date))
        if earlier is not None and earlier.says_the_same(fact):
            there[fact.place] = earlier.place
        else:
            here[fact.place] = fact.place
    commits = case.authors.of(here.values()), case.authors_before.of(there.values())
    return {
        place: found[where]
        for places, found in zip((here, there), commits, strict=True)
        for place, where in places.items()
    }


def _same_author(case: ReviewCase, one: Commit, other: Commit) -> bool:
    known = case.authors.is_known(one) and case.authors.is_known(other)
    return known and case.mailmap.is_one_address(one.email, other.email)


def _closed_period(case: ReviewCase) -> Iterator[Violation]:
    """What is added, edited or taken away in a period that was closed before the change."""
    closed = case.comparison.closed
    added = (Edit(record, record) for record in case.comparison.facts.added)
    for edit in chain(added, case.comparison.facts.edited):
        before, now = edit.before, edit.now
        record = now or before
        dated = any(is_closed(each.kind, each.date, closed) for each in (before, record))
        if dated and not _reopens(before, now):
            done = _done(edit, added=before is now)
            text = f"{record.ids[0]}: {record.title}{done}: the books were closed on {closed}"
            place = None if now is None else now.place
            own = None if before is now else edit
            yield Violation("closed-period", record.ids[0], place, text, record, own)


def _done(edit: Edit, *, added: bool) -> str:
    """What became of a record, behind its name."""
    if added:
        return ""
    if edit.now is None:
        return " is gone"
    return " is edited" if edit.is_by_hand else " is refused now"


def _reopens(before: RecordedDirective, now: RecordedDirective | None) -> bool:
    """Whether it says why the period is reopened; what is edited says so anew."""
    if now is None or not is_reopened(now.metadata):
        return False
    return before is now or before.metadata.get(REOPENED) != now.metadata[REOPENED]


def _rewritten_postings(case: ReviewCase) -> Iterator[Violation]:
    rewritten = case.comparison.rewritten
    if rewritten is None:
        return
    for subject, differences in case.comparison.settings.items():
        said = ", ".join(map(told, differences))
        transactions = counted(rewritten.transactions, "transaction")
        of = [counted(rewritten.vouchers, "voucher")] if rewritten.vouchers else []
        of += ["credit lines"] if rewritten.credit_lines else []
        text = f"{subject}: {said}: {transactions} of {' and '.join(of)} not as they were"
        yield Violation("rewritten-postings", subject, None, text)


def _unsigned_event(case: ReviewCase) -> Iterator[Violation]:
    """Events of others that no signed message has brought; a ledger without any is passed by."""
    ledgers = case.before, case.after
    if not any(exchanges(each.evaluation.exchanged, each.reading.facts) for each in ledgers):
        return
    from beancount_voucher.review.unsigned_events import (  # noqa: PLC0415  most need none of it
        unsigned_events,
    )

    facts = {each.place: each for each in case.after.reading.facts}
    changes = chain(case.comparison.facts.added, (e.after for e in case.comparison.facts.edited))
    records = {each.place: each for each in changes if each is not None and each.place in facts}
    arrived = [facts[place] for place in records]
    tree = case.authors.snapshot.tree
    for fact, why in unsigned_events(case.before, case.after, tree, arrived):
        record, subject = records[fact.place], fact.ids[0]
        text = f"{subject}: {record.title}: {why}"
        yield Violation("unsigned-event", subject, fact.place, text, record)


def _new_error(case: ReviewCase) -> Iterator[Violation]:
    unread = {each.message for each in case.authors.snapshot.unread}
    for fault in case.comparison.new:
        if fault.message not in unread:
            yield Violation("new-error", fault.subject, fault.place, fault.message, fault=fault)


def unread(case: ReviewCase) -> Iterator[Violation]:
    """Includes of which nothing was read, on either side: no other rule has seen everything.

    That it was so before is no reason to let it pass: what is not read may have changed.
    """
    now = [(each.message, each.place) for each in case.authors.snapshot.unread]
    known = {message for message, _ in now}
    was = [each.message for each in case.authors_before.snapshot.unread]
    for message, place in [*now, *((each, None) for each in was if each not in known)]:
        side = "" if place else "before: "
        said = message.removesuffix(f" [{UNREAD}]")
        text = f"{side}{said}; nothing of it was read, so this review has not seen everything"
        yield Violation(UNREAD, LEDGER, place, text)


CHECKS: dict[str, Callable[[ReviewCase], Iterator[Violation]]] = {
    "edited-history": _edited_history,
    "segregation-of-duties": _segregation,
    "closed-period": _closed_period,
    "rewritten-postings": _rewritten_postings,
    "new-error": _new_error,
    "unsigned-event": _unsigned_event,
}


def violations(case: ReviewCase, switched_on: Mapping[str, bool]) -> Iterator[Violation]:
    """What must not be, unless an exception lets it pass, by the rules that are switched on."""
    for rule, check in CHECKS.items():
        if switched_on[rule]:
            yield from check(case)


def told(difference: Difference) -> str:
    """A difference in words: ``accept-by 2026-03-05 → 2026-03-08``."""
    return f"{difference.name} {shown(difference.before)} → {shown(difference.after)}"


def shown(value: object) -> str:
    """A value as a person reads it, a dash for none."""
    if value is None:
        return "–"
    if isinstance(value, bool):
        return str(value).upper()
    if isinstance(value, tuple) and not hasattr(value, "_fields"):
        return " ".join(map(str, value))
    return str(value)


def where(place: SourceLine | None) -> str:
    """A place as people write it; nothing for none."""
    if place is None or not place.filename:
        return ""
    return printable(f"{place.filename}:{place.lineno}")
