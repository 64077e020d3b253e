"""Drafts to files: appended where they belong, or taken back.

The outermost layer: ``dry_run`` has found the drafts sound, ``file_append`` keeps the files whole,
and here the ledger is loaded once more afterwards, and what was appended is taken back if it
then has an error that it did not have.
"""

from __future__ import annotations

import glob
import os
import re
from collections import defaultdict, deque
from contextlib import ExitStack, contextmanager, suppress
from itertools import product
from pathlib import Path
from typing import TYPE_CHECKING

from beancount.core.data import Open
from beancount.parser.grammar import ParserSyntaxError
from beancount.parser.lexer import LexerError

from beancount_voucher.directives.schema import DIRECTIVES
from beancount_voucher.directives.source_lines import Sources
from beancount_voucher.ledger import atomic_files, file_append, interrupts, locks, undo_notes
from beancount_voucher.ledger.atomic_files import (
    ChangedMeanwhileError,
    NewErrorError,
    NotUndoneError,
    WriteRefusedError,
)
from beancount_voucher.ledger.dry_run import directives, new_errors
from beancount_voucher.ledger.file_append import Appended
from beancount_voucher.ledger.landed import Landed, said, told_by_changed_files
from beancount_voucher.ledger.loader import LedgerError, load, load_facts, made_whole

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.ledger.dry_run import Draft
    from beancount_voucher.ledger.loader import Ledger

_DECLARED = ("party", "option", "credit-line")
"""What vouchers stand on; it stands together."""

_MONTH = re.compile(r"[0-9]{4}/[0-9]{2}\.beancount")


def target_file(ledger: Ledger, fact: Fact) -> Path:
    """The file that a fact belongs into.

    That of the voucher's issue (of its request, while there is no issue). What is about no
    voucher yet goes where the latest event of a voucher stands, or any voucher directive; or
    into the top file. If vouchers stand in files of a month (``2026/03.beancount``), or none
    stands anywhere yet and the ledger has such files, it goes into that of its own month,
    which may be a new one. What is about a bank account goes where the account is opened, and
    what vouchers stand on where its like stands.
    """
    if fact.kind == "reconciled":
        return target_file_of_account(ledger, fact.ids[0])
    voucher = ledger.evaluation.vouchers.get(fact.voucher or "")
    if voucher is not None:
        return Path(voucher.place.filename)
    facts = ledger.reading.facts
    declared = [each for each in facts if each.kind in _DECLARED and fact.kind in _DECLARED]
    if declared:
        of_its_kind = [each for each in declared if each.kind == fact.kind]
        return Path((of_its_kind or declared)[-1].place.filename)
    events = [each for each in facts if DIRECTIVES[each.kind].concerns_voucher]
    with_vouchers = {Path(name) for name in {each.place.filename for each in events}}
    for path in sorted(with_vouchers or ledger.files, reverse=True):
        if _MONTH.fullmatch("/".join(path.parts[-2:])):
            return path.parents[1] / f"{fact.date:%Y}" / f"{fact.date:%m}.beancount"
    events = events or facts
    return Path(events[-1].place.filename) if events else ledger.path.absolute()


def target_file_of_account(ledger: Ledger, account: str) -> Path:
    """The file that opens an account; the top file if none does."""
    files = Sources.of(ledger.options)
    opens = (each for each in ledger.entries if isinstance(each, Open) and each.account == account)
    written = next((files.written(entry.meta) for entry in opens), None)
    return ledger.path.absolute() if written is None else Path(written.filename)


def by_file(
    ledger: Ledger, drafts: Sequence[Draft], output: Path | None
) -> dict[Path, list[Draft]]:
    """The drafts by the file that they go into.

    Raises:
        WriteRefusedError: the output is no file of the ledger, so that nothing would read it.
    """
    if output is not None:
        for path in ledger.files:
            if atomic_files.real(path) == atomic_files.real(output):
                return {path: list(drafts)}
        raise WriteRefusedError(f"{output} is no file of the ledger")
    files: dict[Path, list[Draft]] = {}
    for draft in drafts:
        files.setdefault(target_file(ledger, draft.fact), []).append(draft)
    return files


def changes(files: Mapping[Path, Sequence[Draft]]) -> dict[Path, tuple[bytes | None, bytes]]:
    """Each file's content before (None: it is new) and after its drafts are appended.

    Raises:
        WriteRefusedError: a file cannot be read, or is not UTF-8.
    """
    contents: dict[Path, tuple[bytes | None, bytes]] = {}
    for path, drafts in files.items():
        before = atomic_files.read(path) if path.exists() else None
        try:
            contents[path] = (before, atomic_files.appended(before or b"", directives(drafts)))
        except WriteRefusedError as error:
            raise WriteRefusedError(f"{path}: {error}") from error
    return contents


@contextmanager
def turn(path: Path) -> Iterator[None]:
    """Keep all other writers of a ledger waiting, while something is decided and written.

    Facts in one file bear on those in another, so there is one writer of a ledger at a time.

    Args:
        path: the ledger's top file.

    Raises:
        WriteRefusedError: the lock cannot be taken.
    """
    _check_is_kept(path)
    with locks.locked(path):
        yield


def is_unchanged(ledger: Ledger) -> bool:
    """Whether the files are what they were when the ledger was loaded, and no others."""
    return ledger.fingerprint is not None and ledger.fingerprint.is_on_disk()


def submit(ledger: Ledger, files: Mapping[Path, Sequence[Draft]]) -> Landed:
    """Append drafts to the ledger's files, all or none, in our turn.

    Args:
        ledger: the ledger that the drafts were decided on.
        files: the drafts by file.

    Returns:
        what is known of the ledger with them.

    Raises:
        ChangedMeanwhileError: the ledger is another by now, so the drafts must be decided anew.
        WriteRefusedError: a file cannot be written, or (a ``NewErrorError``) the ledger would
            have a new error. In either case every file is as it was.
        NotUndoneError: the same, but for the files that it names.
    """
    with ExitStack() as held, interrupts.deferred(), _nothing_vanishes():
        mended = [path for path in ledger.files if undo_notes.place_of(path).exists()]
        others = {atomic_files.real(path): path for path in (*files, *mended)}
        others.pop(atomic_files.real(ledger.path), None)
        with interrupts.allowed():
            for _, path in sorted(others.items()):  # in this order, or two wait for each other
                _lock(held, path)
        for path in files:
            _check_read_once(ledger, path)
        for path in {*files, *mended}:
            if path.exists():
                file_append.mend(path)
        with interrupts.allowed():
            file_append.wait_until_saved(ledger.files)
        return _submit(ledger, files)


@contextmanager
def _nothing_vanishes() -> Iterator[None]:
    """Who takes a file away, such as git, is about to put another in its place."""
    try:
        yield
    except FileNotFoundError as error:
        raise ChangedMeanwhileError(f"{error.filename} was changed meanwhile") from error


def _check_is_kept(path: Path) -> None:
    """What comes through a pipe, or by a number of an open file, is nowhere to be appended to."""
    if _STREAM.match(str(path.absolute())):
        raise WriteRefusedError(f"{path} is a stream: name the file itself")


_STREAM = re.compile(r"/dev/(std|fd/)|/proc/")


def _lock(held: ExitStack, path: Path) -> None:
    """Lock a file, in a folder that is made for it if need be.

    The folder is tidied up once the locks in it are released, but that of the top file: so the
    ledger's next writer finds it whole or not at all. Another ledger that shares it can still
    remove it before our lock is in it.
    """
    while True:
        if _makes_folder(path):
            held.callback(locks.tidy, path.parent)
        try:
            held.enter_context(locks.locked(path))
        except WriteRefusedError:
            if path.parent.exists():
                raise
        else:
            return


def _check_read_once(ledger: Ledger, path: Path) -> None:
    """Of a file with two names, the ledger would read twice what is appended."""
    if path.exists():
        names = sorted(str(each) for each in ledger.files if each.exists() and each.samefile(path))
        if len(names) > 1:
            raise WriteRefusedError(f"the ledger reads one file twice: {' and '.join(names)}")


def _submit(ledger: Ledger, files: Mapping[Path, Sequence[Draft]]) -> Landed:
    contents = changes(files)
    with interrupts.allowed():
        check_unchanged(ledger)
    done: list[Appended] = []
    try:
        for path, (before, _) in contents.items():
            done.append(_written(ledger, path, before, directives(files[path])))
        with interrupts.allowed():
            landed = _verify_at_rest(ledger, files, contents)
        for appended in done:
            _check_stands(appended)
    except BaseException as error:
        with interrupts.deferred():
            kept = [str(each.path) for each in done if not each.take_back()]
        if kept:
            why = str(error) or "interrupted"
            raise NotUndoneError(f"{why}; not undone in {', '.join(kept)}") from error
        raise
    _show_new(ledger, [appended.path for appended in done if appended.is_new])
    return landed


def check_unchanged(ledger: Ledger) -> None:
    """See that no fact has changed. One in a file that is new is seen once ours are written.

    Raises:
        ChangedMeanwhileError: one has.
    """
    if is_unchanged(ledger):
        return
    if _loaded(ledger.path, load_facts).reading.facts != ledger.reading.facts:
        raise ChangedMeanwhileError("the ledger was changed meanwhile")


def _verify_at_rest(
    before: Ledger,
    files: Mapping[Path, Sequence[Draft]],
    contents: Mapping[Path, tuple[bytes | None, bytes]],
) -> Landed:
    """Verify it; and once more if a file was saved meanwhile, of which we may have read half."""
    for _ in range(file_append.LOOKS):
        found = file_append.stamps(before.files)
        try:
            return _verify(before, files, contents)
        except WriteRefusedError:
            file_append.wait_until_saved(before.files)
            if file_append.stamps(before.files) == found:
                raise
    return _verify(before, files, contents)


def _check_stands(appended: Appended) -> None:
    if not appended.stands():
        raise ChangedMeanwhileError(f"{appended.path} was changed meanwhile")


def _written(ledger: Ledger, path: Path, before: bytes | None, text: str) -> Appended:
    if before is not None:
        return file_append.append(path, before, text)
    if path in ledger.files:
        raise ChangedMeanwhileError(f"{path} was changed meanwhile")
    atomic_files.write_new(path, text)
    return Appended(path, 0, text.encode(), is_new=True)


def _show_new(ledger: Ledger, paths: Iterable[Path]) -> None:
    """Let a running Fava look at files that it has not loaded: it watches those that it has.

    A file whose include's pattern finds them is touched, and its bytes are as before.
    """
    for new, path in product(paths, ledger.files):
        with suppress(OSError, WriteRefusedError):  # not ours to touch: it is seen later, then
            if any(new.samefile(found) for found in _found_by_patterns(path)):
                os.utime(path)


def _found_by_patterns(path: Path) -> Iterator[str]:
    """The files that a ledger's file includes by patterns, found as Beancount does."""
    for pattern in _PATTERN.findall(atomic_files.read(path).decode(errors="replace")):
        yield from glob.glob(os.path.join(path.parent, pattern), recursive=True)  # noqa: PTH118, PTH207


_PATTERN = re.compile(r'^include\s+"([^"]*[*?[][^"]*)"', re.MULTILINE)


def _makes_folder(path: Path) -> bool:
    """Make the folder of a year's first month, and tell whether it was not there."""
    missing = not path.parent.exists()
    try:
        path.parent.mkdir(exist_ok=True)
    except OSError as error:
        raise WriteRefusedError(f"{path}: {error.strerror}") from error
    return missing


def _loaded(path: Path, loading: Callable[[Path], Ledger]) -> Ledger:
    try:
        return loading(path)
    except LedgerError as error:
        raise WriteRefusedError(str(error)) from error


def _verify(
    before: Ledger,
    files: Mapping[Path, Sequence[Draft]],
    contents: Mapping[Path, tuple[bytes | None, bytes]],
) -> Landed:
    """See that the ledger is what it was, and what was appended: no more, no less, no new error.

    The whole is loaded for it, unless the files that were appended to tell it.
    """
    landed = told_by_changed_files(before, files, contents)
    if landed is not None:
        return landed
    after = _loaded(before.path, load)
    unread = files.keys() - after.files
    if any(not path.exists() for path in unread):
        raise ChangedMeanwhileError("the ledger was changed meanwhile")
    if unread:
        named = ", ".join(map(str, sorted(unread)))
        raise WriteRefusedError(f"the ledger does not include {named}")
    added = _added(before.reading.facts, after.reading.facts)
    if added is None or added.keys() - files.keys():
        raise ChangedMeanwhileError("the ledger was changed meanwhile")
    for path, drafts in files.items():
        found, expected = said(added[path]), said(draft.fact for draft in drafts)
        if found == expected:
            continue
        if expected <= found or atomic_files.read(path) != contents[path][1]:
            raise ChangedMeanwhileError(f"{path} was changed meanwhile")
        raise WriteRefusedError(_misread(before, path))
    errors = new_errors(made_whole(before), after) if after.errors else []
    if errors:
        raise NewErrorError(f"the ledger would have a new error: {errors[0].message}")
    assert after.fingerprint is not None
    return Landed(after.fingerprint, len(after.errors))


def _added(before: Iterable[Fact], after: Iterable[Fact]) -> defaultdict[Path, list[Fact]] | None:
    """The facts that were not there before, by file; None if those that were are not as before."""
    left = deque(before)
    added: defaultdict[Path, list[Fact]] = defaultdict(list)
    for fact in after:
        if left and fact == left[0]:
            left.popleft()
        else:
            added[Path(fact.place.filename)].append(fact)
    return None if left else added


def _misread(before: Ledger, path: Path) -> str:
    """What to do about a file whose end is not read as it is written: a string is not closed."""
    lines = [
        error.source["lineno"]
        for error in before.errors
        if isinstance(error, _SYNTAX) and error.source["filename"] == str(path)
    ]
    mend = f"; mend the syntax error in line {max(lines)} first" if lines else ""
    return f"{path}: what was appended is not read as the directives that it is{mend}"


_SYNTAX = (LexerError, ParserSyntaxError)
