"""A ledger's facts, and what they come to, as the index keeps them."""

from __future__ import annotations

import re
from collections import defaultdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from beancount.core.data import Custom, Event

from beancount_voucher.directives.entries import is_voucher_directive, voucher_named
from beancount_voucher.ledger.atomic_files import digest as digest_of_file
from beancount_voucher.ledger.entry_json import OF_ACCOUNTS, NotKeptError, as_json, options_json
from beancount_voucher.ledger.index_key import key, reach_further
from beancount_voucher.ledger.index_state import (
    Block,
    FileState,
    State,
    Summary,
    in_blocks,
)
from beancount_voucher.ledger.index_store import digest_of, packed
from beancount_voucher.lifecycle import derived
from beancount_voucher.lifecycle.events import OPEN
from beancount_voucher.lifecycle.events import State as Stands

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from beancount_voucher.directives.errors import Problem
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.index_store import Digest, Json
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.lifecycle.vouchers import Voucher

_NOT_SIMPLE = re.compile(rb"name_|long_string_maxlines|pushtag|pushmeta")
"""What may change how the parser reads what stands below it in a file."""


class Parts(dict["Digest", bytes]):
    """Parts of a state, by digest."""

    def add(self, value: Json) -> Digest:
        """Pack a part."""
        content = packed(value)
        digest = digest_of(content)
        self[digest] = content
        return digest


def kept_of(ledger: Ledger) -> tuple[State, Parts] | None:
    """What is to be kept of a ledger of which facts were read; None where that is nothing.

    Only what is without a syntax error, all of whose files are what was read, and that asks for
    no condition of another package.
    """
    fingerprint = ledger.fingerprint
    problems = ledger.evaluation.problems
    if fingerprint is None or fingerprint.decrypted or ledger.unbooked is None:
        return None
    if ledger.unbooked.errors or reach_further(filter(is_voucher_directive, ledger.entries)):  # type: ignore[arg-type]
        return None
    files = [
        _file_state(name, each.digest, each.directives) for name, each in fingerprint.files.items()
    ]
    if None in files:
        return None
    parts = Parts()
    try:
        by_voucher, general, accounts = sorted_out(ledger.entries, list(fingerprint.files))
    except NotKeptError:
        return None
    summaries = summaries_of(ledger.evaluation, ledger.reading.facts, by_voucher)
    horizon = ledger.evaluation.horizon
    return State(
        key=key(),
        files=files,  # type: ignore[arg-type]
        includes=fingerprint.includes,
        options=options_json(ledger.options),
        horizon=None if horizon is None else str(horizon),
        earning=ledger.evaluation.options["earning"] != "none",
        funded=None,
        general=parts.add(general),
        accounts=parts.add(accounts),
        problems=parts.add([problem_json(each) for each in problems]),
        lines=parts.add(lines_of(summaries, problems, ledger.reading.facts)),
        blocks=[
            block_of(each, summaries, by_voucher, parts) for each in in_blocks(sorted(summaries))
        ],
    ), parts


def _file_state(name: str, digest: str, directives: int) -> FileState | None:
    """None if it is not any more what was read."""
    try:
        content = Path(name).read_bytes()
    except OSError:
        return None
    state = file_state(name, content, directives)
    return state if state.digest == digest else None


def file_state(name: str, content: bytes, directives: int) -> FileState:
    """What is kept of a file with a content."""
    simple = content.endswith(b"\n") and _NOT_SIMPLE.search(content) is None
    return FileState(name, digest_of_file(content), len(content), directives, simple)


def sorted_out(
    entries: Iterable[Any], files: Sequence[str]
) -> tuple[dict[str, list[Json]], list[Json], list[Json]]:
    """Directives as JSON: by voucher, those of none with ``event``s, and what is said of accounts.

    Raises:
        NotKeptError: one cannot be kept.
    """
    places = {name: at for at, name in enumerate(files)}
    by_voucher: dict[str, list[Json]] = defaultdict(list)
    general: list[Json] = []
    accounts: list[Json] = []
    for entry in entries:
        kind = type(entry)
        if kind is Custom and is_voucher_directive(entry):
            voucher = voucher_named(entry)
            (general if voucher is None else by_voucher[voucher]).append(as_json(entry, places))
        elif kind is Event:
            general.append(as_json(entry, places))
        elif kind in OF_ACCOUNTS:
            accounts.append(as_json(entry, places))
    return dict(by_voucher), general, accounts


def summaries_of(
    evaluation: Evaluation, facts: Iterable[Fact], ids: Iterable[str]
) -> dict[str, Summary]:
    """The summary of each voucher that a directive names."""
    in_error = {voucher_of(problem) for problem in evaluation.problems}
    lines = lines_by_voucher(facts)
    found: dict[str, Summary] = {}
    for each in ids:
        voucher = evaluation.vouchers.get(each)
        moved = lines.get(each, ())
        if voucher is None:
            found[each] = Summary(each, "", each in in_error, None, moved)
            continue
        due = derived.due(voucher, evaluation.options)
        day = None if due is None else str(due[1])
        live = voucher.status.state in OPEN or day is not None or each in in_error
        quiet = None if each in in_error else quiet_until(voucher)
        found[each] = Summary(each, str(voucher.status.state), live, day, moved, quiet)
    return found


def quiet_until(voucher: Voucher) -> str | None:
    """The day of a deadline up to which nothing of a voucher is due, or waits to be judged."""
    status, terms = voucher.status, voucher.terms
    if terms is None or status.returned is not None or any(map(voucher.last, _ASK)):
        return None
    deadline = {Stands.ISSUED: terms.accept_by, Stands.ACCEPTED: terms.apply_by}.get(status.state)
    return None if deadline is None else str(deadline)


_ASK = ("apply", "recall", "surrender")
"""Events that ask somebody to decide."""


def lines_by_voucher(facts: Iterable[Fact]) -> dict[str, list[list[str]]]:
    """The credit lines that vouchers may move: all that their directives could mean."""
    named: dict[str, tuple[set[str], set[str], set[str]]] = {}
    moves: set[str] = set()
    for fact in facts:
        if fact.kind not in _WITH_TERMS:
            continue
        sets = named.setdefault(fact.ids[0], (set(), set(), set()))
        if fact.kind == "refund" or fact.terms.get("funding") == "credit":
            moves.add(fact.ids[0])
        for key_, values in zip(("policyholder", "issuer"), sets, strict=False):
            if key_ in fact.terms:
                values.add(fact.terms[key_])
        if fact.amount is not None:
            sets[2].add(fact.amount.currency)
    return {
        each: [
            [holder, bank, currency]
            for holder in sorted(named[each][0])
            for bank in sorted(named[each][1])
            for currency in sorted(named[each][2])
        ]
        for each in moves
    }


_WITH_TERMS = ("request", "issue", "amend", "refund")


def lines_of(
    summaries: Mapping[str, Summary], problems: Iterable[Problem], facts: Iterable[Fact]
) -> Json:
    """Each credit line: whether nothing was ever refused or refunded on it, and its vouchers."""
    unclean = {voucher_of(problem) for problem in problems}
    refused = {id(problem.entry) for problem in problems}
    lines: dict[tuple[str, ...], tuple[set[str], list[bool]]] = defaultdict(lambda: (set(), []))
    for summary in summaries.values():
        for line in summary.lines:
            lines[tuple(line)][0].add(summary.id)
    for fact in facts:
        if fact.kind == "refund":
            unclean.add(fact.ids[0])
        elif fact.kind in LINE_KINDS and fact.amount is not None and id(fact.entry) in refused:
            lines[*fact.ids[:2], fact.amount.currency][1].append(True)
    return [
        [list(line), not wrong and ids.isdisjoint(unclean), sorted(ids)]
        for line, (ids, wrong) in sorted(lines.items())
    ]


LINE_KINDS = ("credit-line", "repay")


def block_of(
    ids: Sequence[str],
    summaries: Mapping[str, Summary],
    by_voucher: Mapping[str, Json],
    parts: Parts,
) -> Block:
    """A block of vouchers."""
    live = {each: by_voucher[each] for each in ids if summaries[each].live}
    done = {each: by_voucher[each] for each in ids if each not in live}
    summary = parts.add([summaries[each] for each in ids])
    due = min((day for each in ids if (day := summaries[each].due) is not None), default=None)
    return Block(ids[0], summary, parts.add(live), parts.add(done), due)


def voucher_of(problem: Problem) -> str | None:
    """The voucher that a problem is about."""
    return voucher_named(problem.entry) if isinstance(problem.entry, Custom) else None


def problem_json(problem: Problem) -> Json:
    """A problem as it is kept: voucher, code, place, what is wrong, what was expected."""
    return [voucher_of(problem), problem.code, *problem.place, problem.wrong, problem.expected]
