"""A review as data for programs: JSON, and the annotations of a pull request on GitHub."""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any

from beancount_voucher.directives.wording import printable
from beancount_voucher.lifecycle.events import DERIVED
from beancount_voucher.review import text_report
from beancount_voucher.review.rules import shown

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.records import RecordedDirective
    from beancount_voucher.review.review import Review
    from beancount_voucher.review.rules import Violation
    from beancount_voucher.review.voucher_diff import AmendmentChange, VoucherChange


def plain(review: Review) -> dict[str, Any]:
    """The report as JSON has it: amounts and dates as strings, absent values null."""
    comparison = review.comparison
    return {
        "ledger": printable(review.ledger),
        "base": printable(review.span.base.label),
        "head": printable(review.span.head.label),
        "violations": [_plain_violation(each) for each in review.violations],
        "excused": [
            _plain_violation(each)
            | {name: printable(str(exception.metadata[name])) for name in ("reason", "by")}
            for each, exception in review.excused
        ],
        "vouchers": [_plain_voucher(each) for each in comparison.vouchers],
        "recorded": [_plain_record(each) for each in comparison.recorded],
        "settings": [
            {"subject": subject} | _plain_difference(*each)
            for subject, differences in comparison.settings.items()
            for each in differences
        ],
        "accounts": [_plain_row(each._asdict()) for each in comparison.totals],
        "errors": [
            {"change": change, **_plain_place(each.place), "message": printable(each.message)}
            for change, faults in (("new", comparison.new), ("mended", comparison.mended))
            for each in faults
        ],
        "notes": [printable(note) for note in review.notes],
        "commits": None
        if review.commits is None
        else [plain_commit(each) for each in review.commits],
    }


def _plain_violation(violation: Violation) -> dict[str, Any]:
    return {
        "rule": violation.rule,
        "subject": printable(violation.subject),
        "text": printable(violation.text),
        **_plain_place(violation.place),
        "consequences": [_plain_violation(each) for each in violation.consequences],
        "not_excused": [printable(each) for each in violation.uncounted],
    }


def _plain_place(place: SourceLine | None) -> dict[str, Any]:
    known = place is not None and place.filename
    return {
        "file": printable(place.filename) if place and known else None,
        "line": place.lineno if place and known else None,
    }


def _plain_voucher(change: VoucherChange) -> dict[str, Any]:
    before, after = change.states
    amounts = [
        (f"{name}_{side}", f"{amount:f}")
        for name, both in change.amounts.items()
        for side, amount in zip(("before", "after"), both, strict=True)
    ]
    return {
        "id": change.id,
        "currency": change.currency,
        "before": before,
        "after": after,
        "reason": change.reason and printable(change.reason),
        **dict(amounts),
        "terms": [_plain_difference(*each) for each in change.terms],
        "events": [
            {
                "change": "added" if step.sign == "+" else "removed",
                "date": str(step.date),
                "event": step.kind,
                "detail": printable(step.detail),
                "amount": f"{step.amount:f}",
                **_plain_place(step.place),
            }
            for step in change.steps
        ],
        "amendments": [_plain_amendment(each) for each in change.amendments],
        "money": [_plain_row(each._asdict()) for each in change.moves],
    }


def _plain_amendment(change: AmendmentChange) -> dict[str, Any]:
    known = change.known
    before, after = (each and each.state for each in (change.before, change.after))
    return {
        "number": known.number,
        "before": before,
        "after": after,
        "requested_by": known.requested_by,
        "terms": [_plain_difference(*each) for each in known.terms],
        "consented": list(known.consented),
        "consent_due": list(known.consent_due),
        **_plain_place(known.place),
    }


def _plain_record(record: RecordedDirective) -> dict[str, Any]:
    return {
        "date": str(record.date),
        "kind": record.kind,
        "values": [printable(each) for each in record.ids],
        "amount": None if record.amount is None else str(record.amount),
        "terms": {key: printable(shown(value)) for key, value in record.metadata.items()},
        **_plain_place(record.place),
    }


def _plain_difference(name: str, before: object, after: object) -> dict[str, Any]:
    values = (None if each is None else printable(shown(each)) for each in (before, after))
    return dict(zip(("name", "before", "after"), (name, *values), strict=True))


def _plain_row(row: dict[str, Any]) -> dict[str, Any]:
    return {
        key: f"{value:f}" if isinstance(value, Decimal) else value for key, value in row.items()
    }


def plain_commit(commit: Commit) -> dict[str, Any]:
    """A commit as JSON has it."""
    return {
        "commit": commit.id or None,
        "author": printable(commit.author),
        "email": printable(commit.email),
        "date": commit.date or None,
        "signature": printable(commit.signature),
        "signer": printable(commit.signer) or None,
    }


# --- GitHub's annotations ---------------------------------------------------------------


def workflow_commands(review: Review) -> Iterator[str]:
    """Workflow commands, one line each, that mark the lines of a pull request."""
    for violation in review.violations:
        message = "; ".join([text_report.coded(violation), *violation.uncounted])
        yield _annotation("error", violation, message)
        for each in violation.consequences:
            message = "; ".join([text_report.coded(each), *each.uncounted])
            yield _annotation("warning", each, f"follows from {violation.subject}: {message}")
    for excused in review.excused:
        yield _annotation(
            "warning", excused.violation, f"excused: {text_report.excused_by(excused)}"
        )
    for change in review.comparison.vouchers:
        added = [each for each in change.steps if each.sign == "+" and each.kind not in DERIVED]
        places = [step.place for step in added]
        yield _command(
            "notice", places[-1] if places else None, "voucher", text_report.headline(change)
        )
    for record in review.comparison.recorded:
        yield _command("notice", record.place, "recorded", text_report.recorded(record))
    for note in review.notes:
        yield _command("notice", None, "review", note)


def _annotation(level: str, violation: Violation, message: str) -> str:
    return _command(level, violation.place, violation.rule, message)


def _command(level: str, place: SourceLine | None, title: str, message: str) -> str:
    """A workflow command: what a ledger says can neither end it nor add to it."""
    properties = [f"title={_property(title)}"]
    if place is not None and place.filename and not place.filename.startswith("<"):
        properties += [f"file={_property(place.filename)}", f"line={max(place.lineno, 1)}"]
    return f"::{level} {','.join(properties)}::{_data(message)}"


def _data(said: str) -> str:
    return printable(said).replace("%", "%25")


def _property(said: str) -> str:
    return _data(said).replace(":", "%3A").replace(",", "%2C")
