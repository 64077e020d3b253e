"""The order of it all: files, shards, credit lines, months, and the proof."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.books.entry_templates import Bookkeeper
from beancount_voucher.books.open_accounts import OpenAccounts
from beancount_voucher.conditions import installed
from beancount_voucher.directives.money import exact
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.subledger import join, tasks
from beancount_voucher.subledger.batch_text import proven_of
from beancount_voucher.subledger.common import check_pads, common_of, setting_text, with_above
from beancount_voucher.subledger.files import check_apart, find
from beancount_voucher.subledger.gl import top_text
from beancount_voucher.subledger.judge import booked, fact_digest
from beancount_voucher.subledger.lines import JoinedLines, action_of, known_text
from beancount_voucher.subledger.output import KEPT, PROOF, SETTINGS, files_of, forget, sweep
from beancount_voucher.subledger.plan import blocks_for, ranges, shard_count
from beancount_voucher.subledger.proof import proof, proof_text
from beancount_voucher.subledger.split import blocks_of
from beancount_voucher.subledger.store import Folder, sha256, write, write_sealed
from beancount_voucher.subledger.text import as_text, digest, line_of
from beancount_voucher.views.spreadsheet import as_csv

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from beancount_voucher.lifecycle.evaluation import Evaluation
    from beancount_voucher.subledger.batch_text import Proven
    from beancount_voucher.subledger.common import Common
    from beancount_voucher.subledger.join import Joined, Told
    from beancount_voucher.subledger.lines import Known
    from beancount_voucher.subledger.workers import Workers


class Outcome(NamedTuple):
    """What has come out.

    Attributes:
        proof: what ``proof.json`` says.
        problems: everything that is wrong.
    """

    proof: dict[str, Any]
    problems: list[join.Row]


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked for.

    Attributes:
        top: the absolute name of the top file.
        shards: how many; None: as many as are needed.
        count: of workers.
        as_of: the day of the register; None: the horizon.
        folder: the absolute name of where it comes out, if it stays there.
    """

    top: str
    shards: int | None = None
    count: int = 1
    as_of: dt.date | None = None
    folder: str | None = None

    @property
    def prefix(self) -> str:
        """What is cut from the names of files: the folder of the top file."""
        return self.top.rpartition("/")[0] + "/"


def run(request: Request, out: Path, workers: Workers) -> Outcome:
    """Judge a ledger in shards, and write all that comes out.

    Args:
        request: what is asked for.
        out: a folder with nothing in it but what was kept.
        workers: who works.

    Raises:
        RefusedError: the ledger cannot be judged so.
    """
    kept = out / KEPT
    files = find(request.top, kept, workers)
    common = common_of(files.rests, files.faults, installed())
    if request.folder is not None:
        check_apart(files, request.folder, common.alone.ledger_state.parties)
    told = [*files.told, *_left_over(common, kept)]
    rounds = _Rounds(request, common, told, kept, workers)
    evaluation = rounds.judged()
    shards = [*rounds.shards(), _of_lines(common, evaluation, kept, request.prefix)]
    proven = _joined_months(shards, out, request, workers)
    batches = [each.batch for each in proven]
    found = join.joined(common, evaluation, shards, batches, rounds.horizon)
    check_pads(common, {account for each in batches for account, _ in each.posted})
    _write_tops(found, out)
    rows = join.problems(found, _claims(shards, join.short_accounts(found)))
    _write_problems(rows, out, request.prefix)
    read = {each["filename"].removeprefix(request.prefix): each["sha256"] for each in files.told}
    sweep(out)
    written = {name: sha256(out / name) for name in files_of(out)}
    versions = {"duckdb": metadata.version("duckdb")}
    as_of = request.as_of.isoformat() if request.as_of else None
    said = proof(found, rows, read, written, as_of or rounds.horizon, versions)
    write(out / PROOF, proof_text(said).encode())
    asked = {"top": request.top, "shards": rounds.count, "as-of": as_of}
    write_sealed(out / SETTINGS, asked)
    forget(out, (each["folder"] for each in (*told, *shards)))
    return Outcome(said, rows)


def _left_over(common: Common, kept: Path) -> Iterator[dict[str, Any]]:
    """The events of vouchers that were left in the rest of files, as if they were split from it."""
    by_file: dict[str, list[tuple[str, int, str, str]]] = {}
    for fact in common.events:
        told = fact.ids[0], fact.place.lineno, fact.date.isoformat(), line_of(fact)
        by_file.setdefault(fact.place.filename, []).append(told)
    for filename, facts in by_file.items():
        blocks = list(blocks_of(facts))
        key = digest(tasks.FORM, filename, *(block.digest for block in blocks))
        folder = Folder(kept / "files" / key)
        texts = [(f"block-{at}", block.text.encode()) for at, block in enumerate(blocks)]
        folder.write(texts, {})
        yield {
            "filename": filename,
            "folder": str(folder.path),
            "blocks": list(map(tasks.told_of, blocks)),
        }


def _of_lines(common: Common, evaluation: Evaluation, kept: Path, prefix: str) -> Told:
    """What credit lines and repayments post."""
    keeper = Bookkeeper(evaluation, common.names, common.kept)
    opened = OpenAccounts(common.accounts, keeper.user_opens)
    digests = {
        id(fact): fact_digest(fact.place.filename.removeprefix(prefix), line_of(fact))
        for fact in common.reading.facts
    }
    books = exact(booked)(evaluation, keeper, opened, digests)
    return tasks.keep_books(books, str(kept), prefix)


def _joined_months(
    shards: Sequence[Told], out: Path, request: Request, workers: Workers
) -> list[Proven]:
    """Join shards month by month."""
    folders = [shard["folder"] for shard in shards]
    months = tasks.months_of(folders)
    jobs = [(month, folders, str(out), request.prefix) for month in months]
    found = workers.each("months", tasks.join_month, jobs)
    return [proven_of(line) for lines in found for line in lines]


def _write_tops(found: Joined, out: Path) -> None:
    """The top files of the general ledger: of each book, and of all."""
    common = found.common
    moved: dict[str, set[str]] = {}
    months: dict[str, set[str]] = {}
    for batch in found.batches:
        book = batch.key.book
        moved.setdefault(book, set()).update(account for account, _ in batch.posted)
        months.setdefault(book, set()).add(batch.key.date.isoformat()[:7])
    tops = {book: (book,) for book in sorted(moved)} | {"all": tuple(sorted(moved))}
    for name, books in tops.items():
        own = [each for each in found.batches if each.key.book in books]
        others = set().union(*(moved[book] for book in moved if book not in books), ())
        names = [f"{book}/{month}.beancount" for book in books for month in sorted(months[book])]
        opens = join.opens_of(own, common.accounts)
        pieces = top_text(common.entries, common.options, opens, names, with_above(others))
        write(out / "gl" / f"{name}.beancount", "".join(pieces).encode())


def _claims(shards: Iterable[Told], accounts: set[tuple[str, str]]) -> dict[Any, list[Any]]:
    """What was taken from some accounts."""
    found: dict[Any, list[Any]] = {funds: [] for funds in sorted(accounts)}
    for shard in shards if accounts else ():
        for account, currency, claims in json.loads(Folder(Path(shard["folder"])).text("claims")):
            if (account, currency) in accounts:
                found[account, currency] += claims
    return found


def _write_problems(rows: Iterable[join.Row], out: Path, prefix: str) -> None:
    """Everything that is wrong, for a spreadsheet."""
    told = [row._replace(file=row.file.removeprefix(prefix)) for row in rows]
    write(out / "problems.csv", as_csv(join.Row._fields, told).encode())


class _Rounds:
    """Shards are judged until nothing that they were told changes any more."""

    def __init__(
        self,
        request: Request,
        common: Common,
        files: list[dict[str, Any]],
        kept: Path,
        workers: Workers,
    ) -> None:
        self._common = common
        self._workers = workers
        blocks = [block for file in files for block in file["blocks"]]
        self.count = request.shards or shard_count(blocks, request.count)
        self._ranges = ranges(blocks, self.count)
        self._known: Known = {}
        latest = [block["latest"] for block in blocks]
        latest += [fact.date.isoformat() for fact in common.reading.facts]
        horizon = max(latest, default=dt.date.min.isoformat())
        as_of = request.as_of.isoformat() if request.as_of else None
        self.horizon: str | None = None
        setting = setting_text(common)
        self._as_of = as_of
        self._works = [
            tasks.Work(
                kept=str(kept),
                setting=setting,
                blocks=blocks_for(each, files),
                first=each.first,
                last=each.last,
                horizon=horizon,
                as_of=as_of or horizon,
                prefix=request.prefix,
                known="",
            )
            for each in self._ranges
        ]
        self._told: list[dict[str, Told]] = [{} for _ in self._works]

    def shards(self) -> list[Told]:
        """What is said of all shards, part by part."""
        return [told[part] for told in self._told for part in tasks.PARTS]

    def judged(self) -> Evaluation:
        """Judge all shards, and what they have in common.

        Returns:
            the evaluation of the facts that are no vouchers'.
        """
        self._judge(range(len(self._works)), tasks.PARTS)
        while True:
            evaluation, changed = self._walked()
            if changed:
                self._known |= changed
                again = self._with_known({turn[2][0] for turn in changed})
                self._judge(again, ("lines",))
                continue
            latest = [each["latest"] for each in self.shards() if each["latest"]]
            if evaluation.horizon is not None:
                latest.append(evaluation.horizon.isoformat())
            self.horizon = max(latest, default=None)
            horizon = self.horizon or dt.date.min.isoformat()
            if horizon == self._works[0].horizon:
                return evaluation
            as_of = self._as_of or horizon
            self._works = [each._replace(horizon=horizon, as_of=as_of) for each in self._works]
            self._judge(range(len(self._works)), tasks.PARTS)

    def _walked(self) -> tuple[Evaluation, Known]:
        """Judge what is in common, and walk through the credit lines."""
        actions = (action_of(each) for shard in self.shards() for each in shard["actions"])
        lines = JoinedLines(actions, self._known)
        common = self._common
        evaluation = evaluate(
            common.reading, common.event_directives, common.conditions, lines=lines
        )
        lines.finish()
        return evaluation, lines.changed

    def _with_known(self, vouchers: set[str]) -> list[int]:
        """Tell shards what some of their vouchers find; which shards these are."""
        again = []
        for at, (work, shard) in enumerate(zip(self._works, self._ranges, strict=True)):
            if any(shard.meets(voucher, voucher) for voucher in vouchers):
                again.append(at)
                mine = {
                    turn: seen
                    for turn, seen in self._known.items()
                    if shard.meets(turn[2][0], turn[2][0])
                }
                self._works[at] = work._replace(known=as_text(known_text(mine)))
        return again

    def _judge(self, which: Iterable[int], parts: tuple[str, ...]) -> None:
        chosen = list(which)
        jobs = [(self._works[at], parts) for at in chosen]
        found = self._workers.each("shards", tasks.judge_shard, jobs)
        for at, told in zip(chosen, found, strict=True):
            self._told[at] |= dict(zip(parts, told, strict=True))
