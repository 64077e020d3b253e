"""What was appended to a ledger's files, taken into what is remembered, where that is exact.

It is, where all that is new are directives of vouchers, or of accounts: then only these vouchers
are evaluated anew, with those that a credit line brings with it, and those for which the horizon
has moved on. Whatever is in doubt gives None, and then the whole is read.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount.core.data import Balance, Close, Custom, Event, Open
from beancount.parser import parser

from beancount_voucher.directives.entries import is_voucher_directive, voucher_named
from beancount_voucher.directives.schema import PREFIX
from beancount_voucher.ledger.atomic_files import digest
from beancount_voucher.ledger.entry_json import OF_ACCOUNTS, as_json
from beancount_voucher.ledger.index_build import (
    Parts,
    block_of,
    file_state,
    lines_by_voucher,
    problem_json,
    summaries_of,
    voucher_of,
)
from beancount_voucher.ledger.index_key import reach_further
from beancount_voucher.ledger.index_state import BLOCK, Summary, in_blocks

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from beancount.core.data import Directive as Entry

    from beancount_voucher.ledger.index_part import Part, Remembered
    from beancount_voucher.ledger.index_state import Block, FileState, State
    from beancount_voucher.ledger.index_store import Json
    from beancount_voucher.lifecycle.credit_lines import Pair

_MOST = 1 << 20
"""Bytes that may be appended; more are read with the whole."""

_SETTING = re.compile(rb"(?m)^\s*(?:option|include|plugin|push|pop)")
"""What is no directive, and changes how others are read."""

_TAKES = frozenset(("issue", "amend", "refund"))
"""Events that may take credit or money which another voucher then lacks. All others give some
back, or move none; where nothing was refused for want of it, that changes nothing."""


class _New(NamedTuple):
    """What was appended.

    Attributes:
        files: the states of all files now.
        by_voucher: the directives of vouchers.
        accounts: those of accounts.
        moves_money: whether there are transactions among the rest.
    """

    files: list[FileState]
    by_voucher: dict[str, list[Custom]]
    accounts: list[Entry]
    moves_money: bool


def appended(known: Remembered, changed: Mapping[int, bytes]) -> tuple[State, Parts] | None:
    """What is known of a ledger once files have grown; None where all must be found anew.

    Args:
        known: what was known before.
        changed: the contents of the files that have changed, by their place among all.
    """
    new = None if known.state.earning else _read(known, changed)
    if new is None:
        return None
    part, said = _evaluated(known, new)
    return _taken(known, part, said, new) if _holds(known, part, new) else None


# --- What was appended -----------------------------------------------------------------------


def _read(known: Remembered, changed: Mapping[int, bytes]) -> _New | None:
    """What was appended, if it is nothing but directives that may be taken by themselves."""
    new = _New(list(known.state.files), {}, [], moves_money=False)
    for at, content in changed.items():
        entries = _appended_to(new.files[at], content)
        taken = None if entries is None else _sorted(entries, new)
        if taken is None or entries is None:
            return None
        new = taken
        file = new.files[at]
        new.files[at] = file_state(file.name, content, file.directives + len(entries))
    return new


def _appended_to(file: FileState, content: bytes) -> list[Entry] | None:
    before, more = content[: file.size], content[file.size :]
    if not (file.simple and 0 < len(more) <= _MOST) or digest(before) != file.digest:
        return None
    if more[:1] in b" \t\r\f\v" or _SETTING.search(more):
        return None
    first = before.count(b"\n") + 1
    entries, errors, _ = parser.parse_string(more, file.name, report_firstline=first)
    return None if errors else entries


def _sorted(entries: Iterable[Any], new: _New) -> _New | None:
    """Directives beside those that are new already; None if one bears on more than vouchers."""
    if reach_further(filter(is_voucher_directive, entries)):
        return None
    for entry in entries:
        if is_voucher_directive(entry):
            voucher = voucher_named(entry)
            if voucher is None:
                return None
            new.by_voucher.setdefault(voucher, []).append(entry)
        elif isinstance(entry, Event):
            return None
        elif isinstance(entry, OF_ACCOUNTS):
            new.accounts.append(entry)
        if not isinstance(entry, Custom | Open | Close | Balance):
            new = new._replace(moves_money=True)
    return new


# --- What it comes to ------------------------------------------------------------------------


def _evaluated(known: Remembered, new: _New) -> tuple[Part, dict[str, list[Json]]]:
    """All vouchers that it bears on, evaluated; with the directives of each."""
    places = {name: at for at, name in enumerate(known.files)}
    written = {
        voucher: [as_json(each, places) for each in entries]
        for voucher, entries in new.by_voucher.items()
    }
    ids, counted = set(written), _counted(known, written)
    while True:
        found, lines = known.reaching(ids, counted)
        said = known.directives_of(found)
        said |= {voucher: [*said.get(voucher, ()), *more] for voucher, more in written.items()}
        part = known.evaluated(said, lines, grows=True)
        horizon = part.evaluation.horizon
        reached = set() if horizon is None else known.due_by(horizon) - said.keys()
        if not reached:
            return part, said
        ids |= reached


def _counted(known: Remembered, written: Mapping[str, Sequence[Json]]) -> set[Pair]:
    """The credit lines on which new directives may take something."""
    takes = [
        voucher
        for voucher, entries in written.items()
        if any(_kind(each) in _TAKES for each in entries)
    ]
    said = known.directives_of(known.summaries_of(takes))
    kept = [each for voucher in takes for each in (*said.get(voucher, ()), *written[voucher])]
    lines = lines_by_voucher(known.facts_of(kept)).values()
    return {(line[0], line[1], line[2]) for moved in lines for line in moved}


def _kind(kept: Json) -> str:
    kind: str = kept[3]
    return kind.removeprefix(PREFIX)


def _holds(known: Remembered, part: Part, new: _New) -> bool:
    """Whether all that counted before still does.

    Else what was derived from it, and the horizon itself, may be gone.
    """
    refused = {tuple(problem.place) for _, problem in known.problems}
    refused |= {
        (entry.meta["filename"], entry.meta["lineno"])
        for entries in new.by_voucher.values()
        for entry in entries
    }
    return all(tuple(problem.place) in refused for problem in part.evaluation.problems)


# --- What is kept of it ----------------------------------------------------------------------


def _taken(
    known: Remembered, part: Part, said: Mapping[str, list[Json]], new: _New
) -> tuple[State, Parts]:
    parts, state = Parts(), known.state
    summaries = summaries_of(part.evaluation, part.reading.facts, said)
    places = {name: at for at, name in enumerate(known.files)}
    horizon = part.evaluation.horizon
    takes = any(
        entry.type.removeprefix(PREFIX) in _TAKES
        for entries in new.by_voucher.values()
        for entry in entries
    )
    accounts = known.parts([state.accounts])[0] + [as_json(each, places) for each in new.accounts]
    return replace(
        state,
        files=new.files,
        horizon=None if horizon is None else str(horizon),
        funded=None if takes or new.moves_money else state.funded,
        accounts=parts.add(accounts) if new.accounts else state.accounts,
        problems=parts.add(_problems(known, part)),
        lines=parts.add(_lines(known, part, summaries)),
        blocks=_blocks(known, summaries, said, parts),
    ), parts


def _problems(known: Remembered, part: Part) -> Json:
    """Those that were found now, and those of the rest."""
    found = [problem for problem in part.evaluation.problems if problem.entry is not None]
    others = [
        [voucher, problem.code, *problem.place, problem.wrong, problem.expected]
        for voucher, problem in known.problems
        if tuple(problem.place) not in part.judged
    ]
    return [*map(problem_json, found), *others]


def _lines(known: Remembered, part: Part, summaries: Mapping[str, Summary]) -> Json:
    """The credit lines with the vouchers that are new on them."""
    in_error = {voucher_of(each) for each in part.evaluation.problems}
    in_error |= {fact.ids[0] for fact in part.reading.facts if fact.kind == "refund"}
    lines = {line: (clean, set(ids)) for line, (clean, ids) in known.lines.items()}
    for each in summaries.values():
        for policyholder, bank, currency in each.lines:
            line = policyholder, bank, currency
            clean, ids = lines.get(line, (True, set[str]()))
            lines[line] = clean and each.id not in in_error, ids | {each.id}
    return [[list(line), clean, sorted(ids)] for line, (clean, ids) in sorted(lines.items())]


def _blocks(
    known: Remembered,
    summaries: Mapping[str, Summary],
    said: Mapping[str, list[Json]],
    parts: Parts,
) -> list[Block]:
    """The blocks, those anew in which something has changed."""
    inside: dict[int, list[str]] = {}
    for each in summaries:
        found = known.block(each)
        inside.setdefault(0 if found is None else found[0], []).append(each)
    blocks: list[Block] = []
    for at, block in enumerate(known.state.blocks):
        if at not in inside:
            blocks.append(block)
            continue
        kept, live, done = known.parts([block.summary, block.live, block.done])
        of_all = {each[0]: Summary(*each) for each in kept}
        of_all |= {each: summaries[each] for each in inside[at]}
        directives = {**live, **done, **{each: said[each] for each in inside[at]}}
        blocks += _split(of_all, directives, parts)
    return blocks or list(_split(summaries, said, parts))


def _split(
    summaries: Mapping[str, Summary], said: Mapping[str, list[Json]], parts: Parts
) -> Iterator[Block]:
    ids = sorted(summaries)
    pieces = [ids] if len(ids) <= 2 * BLOCK else in_blocks(ids)
    return (block_of(each, summaries, said, parts) for each in pieces)
