"""What is left of it all, held against what everybody was told."""

from __future__ import annotations

import json
import re
from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from beancount.core.data import Custom

from beancount_voucher.ledger.loader import load
from tests.torture.actors import HEAD, VOUCHERS, note_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from pathlib import Path


@dataclass
class Verdict:
    """What was told, and what is wrong.

    Attributes:
        figures: how often what happened.
        faults: each thing that is lost, doubled or half.
    """

    figures: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)


def judge(folder: Path) -> Verdict:
    """Look at the ledger once all have ended."""
    told = [
        json.loads(line)
        for log in sorted((folder.parent / "logs").iterdir())
        for line in log.read_text().splitlines()
        if line.endswith("}")
    ]
    content = (folder / VOUCHERS).read_text()
    verdict = Verdict(figures=Counter(_counted(told)))
    verdict.faults += _others(told, content)
    half = list(_half(told, content))
    verdict.figures["ends of a text left behind another's, and told"] = len(half)
    verdict.faults += _ours(folder, told, verdict.figures, broken=bool(half))
    verdict.faults += _unknown(content, half)
    verdict.faults += [f"broken: {each['broken']}" for each in told if "broken" in each]
    left = [each.name for each in folder.rglob(".*") if each.suffix in (".new", ".undo")]
    verdict.faults += [f"left behind: {name}" for name in left]
    return verdict


def _counted(told: Iterable[dict[str, Any]]) -> Iterator[str]:
    for each in told:
        if "status" in each:
            yield _OUTCOMES.get(each["status"], f"ended with {each['status']}")
            if each["status"] == 3:
                yield f"refused: {_reason(each['said'])}"
        elif "careless" in each:
            yield "files saved in place"
        elif "wrote" in each:
            yield "lines appended by others"
        elif each.get("checked_out"):
            yield "checkouts by git"
        elif "filled" in each:
            yield "disks filled"


_OUTCOMES = {0: "vouchers recorded", 3: "writes refused", 130: "interrupted by Ctrl-C"}

_TOLD_HALF = "not undone|see what stands"

_REASONS = (
    ("full disk", "No space left|disk is full|too large"),
    ("being saved", "open for writing|emptied a moment ago"),
    ("changed again and again", "again and again"),
    ("a syntax error is to be mended first", "mend the syntax error"),
    ("not undone, and told", _TOLD_HALF),
)


def _reason(said: str) -> str:
    return next((name for name, words in _REASONS if re.search(words, said)), said)


def _others(told: Iterable[dict[str, Any]], content: str) -> Iterator[str]:
    found = Counter(re.findall(r"<[^<>\s]+>", content))
    for each in told:
        if "wrote" in each and found[each["wrote"]] != 1:
            yield f"{each['wrote']} of somebody else is there {found[each['wrote']]} times"


def _ours(
    folder: Path, told: list[dict[str, Any]], figures: Counter[str], *, broken: bool
) -> Iterator[str]:
    ledger = load(folder / "ledger.beancount")
    if not broken:
        yield from (f"error in the ledger: {error.message}" for error in ledger.errors[:10])
    notes: dict[str, list[object]] = {}
    for entry in ledger.entries:
        if isinstance(entry, Custom) and entry.type == "voucher-request":
            notes.setdefault(entry.values[0].value, []).append(entry.meta.get("note"))
    recorded = {each["ran"]: each["looked"] for each in told if each.get("status") == 0}
    for each in (each for each in told if "tried" in each):
        voucher = each["tried"]
        found = notes.pop(voucher, [])
        if found not in ([], [note_of(voucher, each["words"])]):
            yield f"{voucher} is there {len(found)} times, or half"
        if voucher in recorded and not found:
            if _overwritten(recorded[voucher], told):
                figures["taken away by who looked before and saved after"] += 1
            else:
                yield f"{voucher} was told to be written, and is lost"
    yield from (f"{voucher} comes from nowhere" for voucher in notes)


def _overwritten(looked: float, told: Iterable[dict[str, Any]]) -> bool:
    """Whether somebody looked at the file before we did for the last time, and saved after that."""
    saved = (each for each in told if "careless" in each or each.get("checked_out"))
    return any(each["looked"] < looked < each["at"] for each in saved)


_KNOWN = re.compile(
    rf'{HEAD}\d+|;; <\S+>|\s*|2026-03-02 custom "voucher-request" "\S+" 1\.00 CNY'
    r'|  policyholder: "Ann"|  insurer: "Ins"|  note: "<.+"'
)


def _half(told: Iterable[dict[str, Any]], content: str) -> Iterator[str]:
    """Lines that are the end of a text of which its writer said that it is there."""
    known = [each["ran"] for each in told if re.search(_TOLD_HALF, each.get("said", ""))]
    lines = [line for line in content.splitlines() if not _KNOWN.fullmatch(line)]
    for line in lines:
        if any(re.search(rf"\b{voucher}/\d+\b", line) for voucher in known):
            yield line


def _unknown(content: str, half: Collection[str]) -> Iterator[str]:
    for number, line in enumerate(content.splitlines(), 1):
        if not _KNOWN.fullmatch(line) and line not in half:
            yield f"nobody wrote line {number}: {line[:80]}"
