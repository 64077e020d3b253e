"""What a worker does: a file taken apart, a shard judged, a month joined.

Each task is a function of plain data: paths and texts. What it makes it leaves in a folder that
all workers see, under the digest of what it was made from, so that it is not made twice, and it
does not matter how often a worker dies on the way.
"""

from __future__ import annotations

import datetime as dt
import json
from collections import defaultdict
from decimal import Decimal
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher import __version__
from beancount_voucher.conditions import BUILT_IN, installed
from beancount_voucher.directives.money import exact
from beancount_voucher.ledger import atomic_files, interrupts
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.subledger import rows
from beancount_voucher.subledger.batch_text import Proven, joined, proven_of
from beancount_voucher.subledger.batch_text import line_of as batch_line
from beancount_voucher.subledger.common import setting_of
from beancount_voucher.subledger.gl import month_text
from beancount_voucher.subledger.judge import fact_digest, judge, states
from beancount_voucher.subledger.lines import action_text, known_of
from beancount_voucher.subledger.parquet import write_parquet
from beancount_voucher.subledger.split import Block, split
from beancount_voucher.subledger.store import Folder, write
from beancount_voucher.subledger.text import as_text, digest, fact_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.books.free_funds import Claim
    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.subledger.common import Setting
    from beancount_voucher.subledger.judge import Booked, Judged

FORM = "1"
"""Of the texts that are kept: another one makes everything anew."""


# --- A file -----------------------------------------------------------------------------


def take_apart(filename: str, kept: str) -> dict[str, Any]:
    """Read a file, and leave its facts and its rest in a folder of ``kept``.

    Returns:
        ``folder``, ``sha256`` and ``size`` of the file, and ``blocks``: all but their texts.
    """
    content = read_bytes(filename)
    known = installed()
    told = atomic_files.digest(content)
    key = digest(FORM, __version__, filename, told, as_text(sorted(known)))
    folder = Folder(Path(kept, "files", key))
    index = folder.index()
    if index is None or not folder.is_whole():
        with gc_paused(), interrupts.insisted():
            parts = split(filename, content, known)
        index = {"size": len(content), "blocks": [told_of(each) for each in parts.blocks]}
        texts = [(f"block-{at}", block.text.encode()) for at, block in enumerate(parts.blocks)]
        folder.write([*texts, ("rest", parts.rest)], index)
    return {**index, "filename": filename, "sha256": told, "folder": str(folder.path)}


def told_of(block: Block) -> dict[str, Any]:
    """What is said of a block: all but its text."""
    return {name: each for name, each in block._asdict().items() if name != "text"}


def read_bytes(filename: str) -> bytes:
    """The bytes of a file, on a disk or wherever fsspec finds it."""
    if "://" not in filename:
        return Path(filename).read_bytes()
    import fsspec  # noqa: PLC0415  it comes with the extra

    with fsspec.open(filename, "rb") as file:
        content: bytes = file.read()
    return content


# --- A shard ----------------------------------------------------------------------------

PARTS = ("cash", "lines")
"""A shard's vouchers that no credit line bears on, and the others, which may be judged again."""


class Work(NamedTuple):
    """What is to be judged: plain data, which any worker can take.

    Attributes:
        kept: the folder for what is kept.
        setting: the text of the setting.
        blocks: of each file its name, and of each block that may have facts of the shard its
            folder, its name and its digest.
        first: the first voucher of the shard; nothing for the least.
        last: the first one behind it; None where there is none.
        horizon: of the ledger.
        as_of: the day for which is told what is overdue.
        prefix: what is cut from the names of files.
        known: the credit lines that its facts are known to find, as text.
    """

    kept: str
    setting: str
    blocks: tuple[tuple[str, str, str, str], ...]
    first: str
    last: str | None
    horizon: str
    as_of: str
    prefix: str
    known: str

    def key(self, part: str) -> str:
        """What tells the outcome for a part of the shard from any other."""
        found = [[name, digest] for name, _, _, digest in self.blocks]
        bounds = [self.first, self.last, self.horizon, self.as_of, self.prefix]
        known = self.known if part == "lines" else ""
        return digest(
            FORM, __version__, part, digest(self.setting), as_text(found), as_text(bounds), known
        )


def months_of(folders: Iterable[str]) -> list[str]:
    """The months that shards say something of."""
    names = (each for path in folders for each in Folder(Path(path)).names(""))
    return sorted({each.partition("-")[2] for each in names if "-" in each})


def judge_shard(work: Work, parts: tuple[str, ...] = PARTS) -> list[dict[str, Any]]:
    """Judge the parts of a shard, unless that was done before.

    Returns:
        for each part what is said of it, and its ``folder``.
    """
    folders = {part: Folder(Path(work.kept, "shards", work.key(part))) for part in parts}
    found = {part: folder.index() for part, folder in folders.items()}
    missing = [part for part in parts if found[part] is None or not folders[part].is_whole()]
    if missing:
        with gc_paused():
            vouchers, digests = _vouchers(work)
            for part in missing:
                facts = [
                    fact
                    for each in vouchers.values()
                    if _touches_lines(each) is (part == "lines")
                    for fact in each
                ]
                judged = judge(
                    facts,
                    digests,
                    _setting(work.setting),
                    known_of_text(work.known),
                    dt.date.fromisoformat(work.horizon),
                )
                folders[part].write(_texts(judged, work), _index(judged, facts, work.prefix))
                found[part] = folders[part].index()
    return [{**(found[part] or {}), "folder": str(folders[part].path)} for part in parts]


def known_of_text(text: str) -> Any:  # noqa: ANN401
    """The credit lines that facts are known to find."""
    return known_of(json.loads(text or "[]"))


@lru_cache(maxsize=1)
def _setting(text: str) -> Setting:
    return setting_of(text, installed())


def _vouchers(work: Work) -> tuple[dict[str, list[Fact]], dict[int, bytes]]:
    """The facts of the shard by voucher, and their digests by identity."""
    vouchers: dict[str, list[Fact]] = defaultdict(list)
    digests: dict[int, bytes] = {}
    shown = installed().keys() != BUILT_IN.keys()
    for filename, folder, name, _ in work.blocks:
        relative = filename.removeprefix(work.prefix)
        for line in Folder(Path(folder)).text(name).decode().split("\n"):
            fact = fact_of(line, filename, shown=shown)
            voucher = fact.ids[0]
            if work.first <= voucher and (work.last is None or voucher < work.last):
                vouchers[voucher].append(fact)
                digests[id(fact)] = fact_digest(relative, line)
    return vouchers, digests


def _touches_lines(facts: Iterable[Fact]) -> bool:
    """Whether a voucher may ask or move a credit line."""
    return any(fact.kind == "refund" or fact.terms.get("funding") == "credit" for fact in facts)


def _texts(judged: Judged, work: Work) -> Iterator[tuple[str, bytes]]:
    """What is read of a shard again: rows by month, batches by month, claims."""
    horizon, as_of = map(dt.date.fromisoformat, (work.horizon, work.as_of))
    date = min(as_of, horizon)
    for name, made in (
        ("register", rows.register_rows(judged.evaluation, date, as_of, work.prefix)),
        ("events", rows.event_rows(judged.evaluation, work.prefix)),
        ("batches", _batches(judged.books)),
    ):
        yield from _by_month(name, made)
    yield "claims", _claims(judged.books)


def _by_month(name: str, made: Iterable[tuple[str, str]]) -> Iterator[tuple[str, bytes]]:
    months: dict[str, list[str]] = defaultdict(list)
    for month, line in made:
        months[month].append(line)
    for month, lines in sorted(months.items()):
        yield f"{name}-{month}", "".join(f"{line}\n" for line in lines).encode()


def _batches(books: Booked) -> Iterator[tuple[str, str]]:
    for batch in books.batches:
        proven = Proven(batch, books.proofs[batch.key])
        yield batch.key.date.isoformat()[:7], batch_line(proven)


def _claims(books: Booked) -> bytes:
    """What was taken from accounts, for who must look at one of them more closely."""
    told = [
        [
            account,
            currency,
            [_claim(date, each) for date, several in days.items() for each in several],
        ]
        for (account, currency), days in sorted(books.claims.items())
    ]
    return as_text(told).encode()


def _claim(date: dt.date, claim: Claim) -> list[Any]:
    fact = claim.fact
    return [
        date.isoformat(),
        claim.rank,
        claim.subject,
        str(claim.amount),
        [fact.kind, fact.ids, fact.place],
    ]


def _index(judged: Judged, facts: list[Fact], prefix: str) -> dict[str, Any]:
    """What is said of a shard at once."""
    vouchers = judged.evaluation.vouchers
    return {
        "facts": len(facts),
        "vouchers": len(vouchers),
        "states": dict(sorted(states(vouchers.values()).items())),
        "events": sum(len(voucher.events) for voucher in vouchers.values()),
        "latest": judged.latest and judged.latest.isoformat(),
        "problems": [
            [*each.place, each.code, each.wrong, each.expected] for each in judged.problems
        ],
        "actions": [action_text(each) for each in judged.actions],
        **_books_index(judged.books, prefix),
    }


def _books_index(books: Booked, prefix: str) -> dict[str, Any]:
    return {
        "expected": [
            [*names, date.isoformat(), str(number)]
            for (*names, date), number in sorted(books.expected.items())
        ],
        "taken": _taken(books),
        "signs": books.signs,
        "used": books.used,
        "broken": [
            [
                each.code,
                f"{each.place.filename.removeprefix(prefix)}:{each.place.lineno}: {each.text}",
            ]
            for each in books.broken
        ],
    }


def keep_books(books: Booked, kept: str, prefix: str) -> dict[str, Any]:
    """Leave what is posted for credit lines in a folder, as if it were a shard of no vouchers.

    Returns:
        what is said of it, as of a shard.
    """
    texts = [*_by_month("batches", _batches(books)), ("claims", _claims(books))]
    key = digest(FORM, __version__, *(part for name, text in texts for part in (name, text)))
    folder = Folder(Path(kept, "shards", key))
    told = {
        **dict.fromkeys(("facts", "vouchers", "events"), 0),
        "states": {},
        "latest": None,
        "problems": [
            [*each.place, each.code, each.wrong, each.expected] for each in books.problems
        ],
        "actions": [],
        **_books_index(books, prefix),
    }
    folder.write(texts, told)
    return {**told, "folder": str(folder.path)}


def _taken(books: Booked) -> list[list[str]]:
    """Of each account and day with claims, what those below zero come to: what is given back."""
    return [
        [account, currency, date.isoformat(), str(_given_back(claims))]
        for (account, currency), days in sorted(books.claims.items())
        for date, claims in sorted(days.items())
    ]


@exact
def _given_back(claims: Iterable[Claim]) -> Decimal:
    return sum((claim.amount for claim in claims if claim.amount < 0), Decimal(0))


# --- A month ----------------------------------------------------------------------------


def join_month(month: str, folders: list[str], out: str, prefix: str) -> list[str]:
    """Join what shards say of a month: the books of each party, and the tables.

    Args:
        month: as in ``2026-03``.
        folders: of the shards.
        out: where ``gl``, ``register``, ``events`` and ``days`` are.
        prefix: what is cut from the names of files.

    Returns:
        the batches of the month, as lines.
    """
    shards = [Folder(Path(each)) for each in folders]
    lines = (
        line for text in _of_month(shards, "batches", month) for line in text.decode().splitlines()
    )
    proven = joined(map(proven_of, lines))
    books: dict[str, list[Proven]] = defaultdict(list)
    for each in proven:
        books[each.batch.key.book].append(each)
    for book, batches in books.items():
        write(Path(out, "gl", book, f"{month}.beancount"), month_text(batches, prefix).encode())
    for name in ("register", "events"):
        texts = list(_of_month(shards, name, month))
        if texts:
            write_parquet(rows.TABLES[name], texts, Path(out, name, f"{month}.parquet"))
    if proven:
        text = "".join(f"{line}\n" for line in rows.day_rows(each.batch for each in proven))
        write_parquet(rows.TABLES["days"], [text.encode()], Path(out, "days", f"{month}.parquet"))
    return [batch_line(each) for each in proven]


def _of_month(shards: Iterable[Folder], name: str, month: str) -> Iterator[bytes]:
    """A text of every shard that has it."""
    return (shard.text(each) for shard in shards for each in shard.names(f"{name}-{month}"))
