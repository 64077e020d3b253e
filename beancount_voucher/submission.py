"""Drafts to files: appended where they belong, or taken back.

The outermost layer: ``trial`` has found the drafts sound, ``writing`` keeps the files whole,
and here the ledger is loaded once more afterwards, and every byte restored if it then has
an error that it did not have.
"""

from __future__ import annotations

import re
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher import writing
from beancount_voucher.directives import DIRECTIVES
from beancount_voucher.ledger import LedgerError, load
from beancount_voucher.trial import directives, new_errors
from beancount_voucher.writing import ChangedMeanwhileError, WriteRefusedError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from beancount_voucher.facts import Fact
    from beancount_voucher.ledger import Ledger
    from beancount_voucher.trial import Draft


_MONTH = re.compile(r"[0-9]{4}/[0-9]{2}\.beancount")


def home_of(ledger: Ledger, fact: Fact) -> Path:
    """The file that a fact belongs into.

    That of the voucher's issue (of its request, while there is no issue). What is about no
    voucher yet goes into the file of its month, if the ledger has such files
    (``2026/03.beancount``; it may be a new one); or else where the latest event of a voucher
    stands, or any voucher directive; or into the top file.
    """
    voucher = ledger.evaluation.vouchers.get(fact.ids[0])
    if voucher is not None:
        return Path(voucher.place.filename)
    for path in sorted(ledger.files, reverse=True):
        if _MONTH.fullmatch("/".join(path.parts[-2:])):
            return path.parents[1] / f"{fact.date:%Y}" / f"{fact.date:%m}.beancount"
    facts = ledger.reading.facts
    events = [each for each in facts if DIRECTIVES[each.kind].concerns_voucher] or facts
    return Path(events[-1].place.filename) if events else ledger.path.absolute()


def by_file(
    ledger: Ledger, drafts: Sequence[Draft], output: Path | None
) -> dict[Path, list[Draft]]:
    """The drafts by the file that they go into.

    Raises:
        WriteRefusedError: the output is no file of the ledger, so that nothing would read it.
    """
    if output is not None:
        path = output.absolute()
        if path not in ledger.files:
            raise WriteRefusedError(f"{output} is no file of the ledger")
        return {path: list(drafts)}
    files: dict[Path, list[Draft]] = {}
    for draft in drafts:
        files.setdefault(home_of(ledger, draft.fact), []).append(draft)
    return files


def changes(files: Mapping[Path, Sequence[Draft]]) -> dict[Path, tuple[bytes | None, bytes]]:
    """Each file's content before (None: it is new) and after its drafts are appended.

    Raises:
        WriteRefusedError: a file cannot be read, or is not UTF-8.
    """
    contents: dict[Path, tuple[bytes | None, bytes]] = {}
    for path, drafts in files.items():
        before = writing.read(path) if path.exists() else None
        try:
            contents[path] = (before, writing.appended(before or b"", directives(drafts)))
        except WriteRefusedError as error:
            raise WriteRefusedError(f"{path}: {error}") from error
    return contents


def submit(ledger: Ledger, files: Mapping[Path, Sequence[Draft]]) -> None:
    """Append drafts to the ledger's files, all or none.

    Args:
        ledger: the ledger that the drafts were decided on.
        files: the drafts by file.

    Raises:
        ChangedMeanwhileError: the ledger is another by now, so the drafts must be decided anew.
        WriteRefusedError: a file cannot be written, or the ledger would have a new error. In
            either case every file is as it was.
    """
    with ExitStack() as locks:
        for path in sorted(files):  # always in this order, or two writers wait for each other
            _folder_of(path)
            locks.enter_context(writing.locked(path))
        contents = changes(files)
        if _loaded(ledger.path).reading.facts != ledger.reading.facts:
            raise ChangedMeanwhileError("the ledger was changed meanwhile")
        written: list[Path] = []
        try:
            for path, (before, after) in contents.items():
                _write(path, before, after)
                written.append(path)
            _verify(ledger, sum(map(len, files.values())))
        except BaseException:
            for path in written:
                before, after = contents[path]
                _write(path, after, before)
            raise


def _write(path: Path, before: bytes | None, after: bytes | None) -> None:
    if after is None:
        writing.remove(path)
    elif before is None:
        writing.write_new(path, after.decode())
    else:
        writing.replace(path, writing.digest(before), after)


def _folder_of(path: Path) -> None:
    """The folder of a month's new file."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error


def _loaded(path: Path) -> Ledger:
    try:
        return load(path)
    except LedgerError as error:
        raise WriteRefusedError(str(error)) from error


def _verify(before: Ledger, more: int) -> None:
    after = _loaded(before.path)
    errors = new_errors(before, after)
    if errors:
        raise WriteRefusedError(f"the ledger would have a new error: {errors[0].message}")
    if len(after.reading.facts) != len(before.reading.facts) + more:
        raise WriteRefusedError("the ledger does not include the file, or somebody changed it")
