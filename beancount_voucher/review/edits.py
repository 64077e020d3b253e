"""What two revisions have on record differently: added, edited, gone, or refused now."""

from __future__ import annotations

from collections import Counter, defaultdict
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.review.records import typed

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.review.records import Recorded, RecordedDirective, RefusedDirective


class Difference(NamedTuple):
    """One thing that is said differently; None for what is not said."""

    name: str
    before: Any
    after: Any


class Edit(NamedTuple):
    """A record that is gone, says something else, or counts no more.

    ``after`` is what counts in its place; ``refused`` what stands there and does not.
    """

    before: RecordedDirective
    after: RecordedDirective | None
    refused: RefusedDirective | None = None

    @property
    def now(self) -> RecordedDirective | None:
        """What stands in its place, whether it counts or not."""
        return self.after if self.refused is None else self.refused.record

    @property
    def is_by_hand(self) -> bool:
        """Whether somebody has changed it, and not only what makes it hold."""
        return self.now is None or self.now.key != self.before.key

    @property
    def differences(self) -> list[Difference]:
        """What it says differently; nothing for one that is gone."""
        return [] if self.now is None else list(_differences(_flat(self.before), self.now))


class Changes(NamedTuple):
    """What two revisions have on record differently.

    ``refused`` are directives that do not count, and stood nowhere before as they are.
    """

    added: list[RecordedDirective]
    edited: list[Edit]
    refused: list[RefusedDirective]


def _flat(record: RecordedDirective) -> dict[str, Any]:
    own = {"date": record.date, "amount": record.amount, "value": record.ids[1:] or None}
    return {**own, **record.metadata}


def _differences(before: dict[str, Any], after: RecordedDirective) -> Iterator[Difference]:
    now = _flat(after)
    for key in before | now:
        if list(typed({key: before.get(key)})) != list(typed({key: now.get(key)})):
            yield Difference(key, before.get(key), now.get(key))


def compare(before: Recorded, after: Recorded) -> Changes:
    """What was added, and what is gone, edited or refused now, in the order of dates.

    What was there and counted is looked for first as it was: it may stand there and count no
    more. Else as what counts about the same subject; or else as what does not.
    """
    gone = _surplus(before.counted, after.counted)
    added = _surplus(after.counted, before.counted)
    refused = _newly_refused(before, after)
    edits = dict(_refused_now(gone, refused))
    standing = {id(each.refused) for each in edits.values()}
    counted: dict[object, list[RecordedDirective]] = defaultdict(list)
    mistaken: dict[object, list[RefusedDirective]] = defaultdict(list)
    for record in added:
        counted[record.subject].append(record)
    for each in refused:
        if id(each) not in standing:
            mistaken[each.record.subject].append(each)
    for at, record in enumerate(gone):
        if at not in edits:
            edits[at] = _edit(record, counted[record.subject], mistaken[record.subject])
    used = {id(found) for edit in edits.values() for found in (edit.after, edit.refused)}
    return Changes(
        [each for each in added if id(each) not in used],
        [edits[at] for at in range(len(gone))],
        [each for each in refused if id(each) not in used],
    )


def _refused_now(
    gone: Iterable[RecordedDirective], refused: Iterable[RefusedDirective]
) -> Iterator[tuple[int, Edit]]:
    """Of what counts no more, that which stands there as it did, by its place among them."""
    by_key: dict[object, list[RefusedDirective]] = defaultdict(list)
    for each in refused:
        by_key[each.record.key].append(each)
    for at, record in enumerate(gone):
        if by_key[record.key]:
            yield at, Edit(record, None, by_key[record.key].pop(0))


def _edit(
    record: RecordedDirective, counted: list[RecordedDirective], mistaken: list[RefusedDirective]
) -> Edit:
    """What stands in the place of a record that is not there any more as it was."""
    if counted:
        return Edit(record, counted.pop(0))
    return Edit(record, None, mistaken.pop(0) if mistaken else None)


def _newly_refused(before: Recorded, after: Recorded) -> list[RefusedDirective]:
    """What is refused, and was not refused before as it stands."""
    known = Counter(each.record.key for each in before.refused)
    found = []
    for each in after.refused:
        known[each.record.key] -= 1
        if known[each.record.key] < 0:
            found.append(each)
    return found


def _surplus(
    records: Iterable[RecordedDirective], others: Iterable[RecordedDirective]
) -> list[RecordedDirective]:
    """The records that the others do not have, however often each is said."""
    known = Counter(record.key for record in others)
    surplus = []
    for record in records:
        known[record.key] -= 1
        if known[record.key] < 0:
            surplus.append(record)
    return surplus
