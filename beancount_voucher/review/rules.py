"""What a change must not do to vouchers, unless somebody gives a reason for it.

The rules are those of ``directives.RULES``. A file ``bean-voucher.toml`` beside the ledger's
top file may switch each of them off; it is read from the base of a review, never from the
change. An exception is a directive that the change itself brings, so that it stands in the
books who allowed what, and why::

    2026-03-31 custom "voucher-exception" "V-001" "edited-history"
      reason: "the premium was mistyped; see ticket 418"
      by: "Wang, internal audit"

What could not be read at all is beyond policy and exceptions: see ``UNREAD``.
"""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.persons import same_person
from beancount_voucher.directives.schema import REVIEW_RULES
from beancount_voucher.directives.source_lines import SourceLine
from beancount_voucher.directives.wording import counted, quoted
from beancount_voucher.lifecycle.closed_periods import REOPENED, is_closed, is_reopened
from beancount_voucher.review.diff import LEDGER
from beancount_voucher.review.records import SETTING_KINDS, Edit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.review.authors import Authors
    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.diff import Comparison
    from beancount_voucher.review.records import Difference, RecordedDirective

FILE = "bean-voucher.toml"
_TABLE = "review"

UNREAD = "include-refused"
"""What is told in the place of a rule where a review did not see the whole ledger."""


class PolicyError(Exception):
    """A policy file that cannot be understood: file, line, what is wrong, what was expected."""


class Violation(NamedTuple):
    """Something that a rule does not let pass. ``place`` is None for what stands nowhere now."""

    rule: str
    subject: str
    place: SourceLine | None
    text: str


class Excused(NamedTuple):
    """A violation, and the exception that lets it pass."""

    violation: Violation
    exception: RecordedDirective


@dataclass(frozen=True, slots=True)
class ReviewCase:
    """What the rules look at."""

    comparison: Comparison
    before: Ledger
    after: Ledger
    authors_before: Authors
    authors: Authors


# --- The rules --------------------------------------------------------------------------


def _edited_history(case: ReviewCase) -> Iterator[Violation]:
    for edit in case.comparison.facts.edited:
        before, after = edit
        if before.kind in SETTING_KINDS:
            continue
        said = ", ".join(map(told, edit.differences)) or "it is gone"
        place = None if after is None else after.place
        yield Violation(
            "edited-history", before.ids[0], place, f"{before.ids[0]}: {before.title}: {said}"
        )


def _segregation(case: ReviewCase) -> Iterator[Violation]:
    pairs = list(_closings(case))
    closers = case.authors.of(closing.place for closing, _ in pairs)
    appliers = _appliers(case, [application for _, application in pairs])
    for closing, application in pairs:
        id_, closer = closing.ids[0], closers[closing.place]
        by, applied_by = closing.said.get("by"), application.terms.get("by")
        if by is not None and applied_by is not None and same_person(by, applied_by):
            who = f"by {by}"
        elif _same_author(case, closer, appliers[id_]):
            who = f"committed by {closer.author} <{closer.email}>"
        else:
            continue
        text = f"{id_}: {closing.title} and its application of {application.date} are both {who}"
        yield Violation("segregation-of-duties", id_, closing.place, text)


def _closings(case: ReviewCase) -> Iterator[tuple[RecordedDirective, Fact]]:
    """The settlements and voids that a change brings, each with its application."""
    facts = case.comparison.facts
    for record in chain(facts.added, (edit.after for edit in facts.edited)):
        if record is not None and record.kind in ("settle", "void", "release"):
            application = _application(case.after, record, record.ids[0])
            if application is not None:
                yield record, application


def _application(ledger: Ledger, closing: RecordedDirective | None, id_: str) -> Fact | None:
    """The last application of a voucher, or the last before what decides it."""
    voucher = ledger.evaluation.vouchers.get(id_)
    application = None
    for event in () if voucher is None else voucher.events:
        if event.kind == "apply":
            application = event.fact
        elif closing is not None and (event.kind, event.date) == (closing.kind, closing.date):
            break
    return application


def _appliers(case: ReviewCase, applications: Iterable[Fact]) -> dict[str, Commit]:
    """The commit of each application, by voucher.

    One that was there before is looked up there: in a work tree it may have moved into a
    file that git does not know yet.
    """
    here, there = dict[str, SourceLine](), dict[str, SourceLine]()
    for fact in applications:
        earlier = _application(case.before, None, fact.ids[0])
        if earlier is not None and (earlier.date, earlier.says_the_same(fact)) == (fact.date, True):
            there[fact.ids[0]] = earlier.place
        else:
            here[fact.ids[0]] = fact.place
    commits = case.authors.of(here.values()), case.authors_before.of(there.values())
    return {
        id_: found[place]
        for places, found in zip((here, there), commits, strict=True)
        for id_, place in places.items()
    }


def _same_author(case: ReviewCase, one: Commit, other: Commit) -> bool:
    known = case.authors.is_known(one) and case.authors.is_known(other)
    return known and same_person(one.email, other.email)


def _closed_period(case: ReviewCase) -> Iterator[Violation]:
    """What is added, edited or taken away in a period that was closed before the change."""
    closed = case.comparison.closed
    added = (Edit(record, record) for record in case.comparison.facts.added)
    for before, after in chain(added, case.comparison.facts.edited):
        record = after or before
        dated = any(is_closed(each.kind, each.date, closed) for each in (before, record))
        if dated and not _reopens(before, after):
            done = "" if before is after else " is gone" if after is None else " is edited"
            text = f"{record.ids[0]}: {record.title}{done}: the books were closed on {closed}"
            place = None if after is None else after.place
            yield Violation("closed-period", record.ids[0], place, text)


def _reopens(before: RecordedDirective, after: RecordedDirective | None) -> bool:
    """Whether it says why the period is reopened; what is edited says so anew."""
    if after is None or not is_reopened(after.said):
        return False
    return before is after or before.said.get(REOPENED) != after.said[REOPENED]


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


def _new_error(case: ReviewCase) -> Iterator[Violation]:
    unread = {each.message for each in case.authors.snapshot.unread}
    for fault in case.comparison.new:
        if fault.message not in unread:
            yield Violation("new-error", fault.subject, fault.place, fault.message)


def _unread(case: ReviewCase) -> Iterator[Violation]:
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
}


def judge(
    case: ReviewCase, switched_on: Mapping[str, bool]
) -> tuple[list[Violation], list[Excused]]:
    """What must not be, and what is excused by an exception that the change brings."""
    exceptions = {
        each.ids: each for each in case.comparison.facts.added if each.kind == "exception"
    }
    violations, excused = list(_unread(case)), list[Excused]()
    for rule, check in CHECKS.items():
        for violation in check(case) if switched_on[rule] else ():
            exception = exceptions.get((violation.subject, rule))
            if exception is None:
                violations.append(violation)
            else:
                excused.append(Excused(violation, exception))
    return violations, excused


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


# --- The file ---------------------------------------------------------------------------


def switches(text: bytes | None, path: str) -> dict[str, bool]:
    """Which rules hold: all, but those that the policy file switches off.

    Args:
        text: the file's content; None if there is none.
        path: its name, for errors.

    Raises:
        PolicyError: it is no TOML, or says what nobody knows.
    """
    on = dict.fromkeys(REVIEW_RULES, True)
    if text is None:
        return on
    try:
        said = tomllib.loads(text.decode())
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise PolicyError(f"{path}: it is no TOML file: {error} [bad-policy]") from error
    for key, value in said.items():
        if key != _TABLE or not isinstance(value, dict):
            raise _fault(text, path, key, f"{key} is not known", f"one table, [{_TABLE}]")
    for rule, value in said.get(_TABLE, {}).items():
        if rule not in REVIEW_RULES:
            raise _fault(
                text, path, rule, f"there is no rule {rule}", "one of " + ", ".join(REVIEW_RULES)
            )
        if not isinstance(value, bool):
            raise _fault(text, path, rule, f"{rule} is {quoted(value)}", "true or false")
        on[rule] = value
    return on


def _fault(text: bytes, path: str, key: str, wrong: str, expected: str) -> PolicyError:
    match = re.search(rf'^[ \t\["\']*{re.escape(key)}\b', text.decode(), re.MULTILINE)
    line = 1 if match is None else text.decode().count("\n", 0, match.start()) + 1
    return PolicyError(f"{path}:{line}: {wrong}; expected {expected} [bad-policy]")
