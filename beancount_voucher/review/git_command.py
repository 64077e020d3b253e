"""Running git, so that neither a branch nor the reader's settings decide what it says.

A reader's configuration, attributes, environment and hooks can make git run programs, and
can make it say something else: ``blame.ignoreRevsFile`` names another author for a line, a
filter that a branch's ``.gitattributes`` names is run on the files of the work tree. Which
keys do so is another list in each version of git. So objects and history are not asked for
in the reader's repository at all, but in an empty one beside it (:class:`Objects`), which
has the objects of that one and a configuration of our own.

What only the reader's repository knows is asked there (:func:`run`): where it is, what a
revision is called, what the index has, who the reader is, who may sign. Of the environment
git is told where the reader's configuration is, and nothing else that begins with ``GIT_``.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
import time
import weakref
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.wording import printable

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

_FLAGS = (
    "--no-pager",
    "--literal-pathspecs",
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.untrackedCache=false"),
    *("-c", f"core.hooksPath={os.devnull}"),
    *("-c", "core.ignoreCase=false"),
)
_PASSED_ON = (
    "GIT_AUTHOR_NAME",
    "GIT_AUTHOR_EMAIL",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)
_SET = {
    "GIT_ALLOW_PROTOCOL": "none",  # nothing is fetched, whatever a partial clone lacks
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_NO_REPLACE_OBJECTS": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_TRACE2": "0",
    "GIT_TRACE2_EVENT": "0",
    "GIT_TRACE2_PERF": "0",
    "LANGUAGE": "",
    "LC_ALL": "C.UTF-8",
    "TZ": "UTC0",  # or whether a key was valid on a day depends on where the reader lives
}
_OURS = {
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": os.devnull,
}
_CONFIG = """[core]
\trepositoryFormatVersion = 1
\tbare = false
\tattributesFile = {null}
\thooksPath = {null}
\tcommitGraph = false
[extensions]
\tobjectFormat = {object_format}
"""


class GitError(Exception):
    """What git could not do, in a line."""


class GitTooLongError(Exception):
    """git was not done by the time that it had; no answer of git, and never taken for one."""


_deadline: ContextVar[float | None] = ContextVar("deadline", default=None)


@contextmanager
def within(seconds: float) -> Iterator[None]:
    """Give git so much time for all that this thread asks it in here.

    Whoever asks beyond that gets a :class:`GitTooLongError`.
    """
    token = _deadline.set(time.monotonic() + seconds)
    try:
        yield
    finally:
        _deadline.reset(token)


class Ran(NamedTuple):
    """What became of a command: its exit status and what it wrote."""

    status: int
    out: bytes
    err: str


def attempt(
    folder: Path,
    arguments: Sequence[str],
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> Ran:
    """Run git in a folder.

    Args:
        folder: where.
        arguments: the subcommand and what it takes.
        given: its standard input.
        environment: what is set beside what always is.

    Raises:
        GitError: git is missing.
        GitTooLongError: its time is up (:func:`within`).
    """
    deadline = _deadline.get()
    kept = {key: value for key, value in os.environ.items() if not key.startswith("GIT_")}
    kept |= {key: os.environ[key] for key in _PASSED_ON if key in os.environ}
    command = ["git", *_FLAGS, "-C", str(folder), *arguments]
    try:
        ran = subprocess.run(  # noqa: S603
            command,
            input=given,
            capture_output=True,
            env=kept | _SET | dict(environment or {}),
            check=False,
            timeout=None if deadline is None else max(deadline - time.monotonic(), 0),
        )
    except FileNotFoundError as error:
        raise GitError("the command git is not installed") from error
    except subprocess.TimeoutExpired as error:
        raise GitTooLongError(f"git {arguments[0]}") from error
    return Ran(ran.returncode, ran.stdout, os.fsdecode(ran.stderr))


def run(
    folder: Path,
    arguments: Sequence[str],
    given: bytes = b"",
    environment: Mapping[str, str] | None = None,
) -> bytes:
    """What git prints; the arguments are those of :func:`attempt`.

    Raises:
        GitError: it ended with an error.
    """
    status, out, err = attempt(folder, arguments, given, environment)
    if status:
        said = err.strip().splitlines() or [f"exit status {status}"]
        raise GitError(f"git {arguments[0]}: {printable(said[0])}")
    return out


def split(out: bytes) -> Iterator[str]:
    """What stands between NULs; a path that is not UTF-8 keeps its bytes as surrogates."""
    return (os.fsdecode(each) for each in out.split(b"\0") if each)


@dataclass(frozen=True, slots=True, weakref_slot=True)
class Objects:
    """The objects of a repository, in an empty repository of ours.

    It has no refs, no index, no attributes and no remote. It is gone once it is closed, and
    with this object at the latest.

    Attributes:
        common: the folder ``.git`` that has the objects.
        object_format: ``sha1`` or ``sha256``.
        folder: the empty repository.
    """

    common: Path
    object_format: str
    folder: Path = field(
        default_factory=lambda: Path(tempfile.mkdtemp(prefix="bean-voucher-")), init=False
    )

    def __post_init__(self) -> None:
        """Make the empty repository."""
        weakref.finalize(self, shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("refs", "empty"):
            (self.folder / name).mkdir()
        config = _CONFIG.format(null=os.devnull, object_format=self.object_format)
        (self.folder / "config").write_text(config)
        self.check_out(None)
        shallow = self.common / "shallow"
        if shallow.is_file():
            shutil.copyfile(shallow, self.folder / "shallow")

    def close(self) -> None:
        """Remove the empty repository."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def check_out(self, head: str | None, merged: bytes = b"") -> None:
        """Say which commit the work tree is of, and which it is being merged with."""
        (self.folder / "HEAD").write_text(f"{head or 'ref: refs/heads/none'}\n")
        (self.folder / "MERGE_HEAD").unlink(missing_ok=True)
        if merged:
            (self.folder / "MERGE_HEAD").write_bytes(merged)

    def diff_index(self, listed: bytes, base: str) -> bytes:
        """What ``git diff-index`` says of an index that ``git ls-files -z --stage`` lists."""
        self.run("update-index", "-z", "--index-info", given=listed)
        try:
            return self.run("diff-index", "--cached", "-M", "-z", base)
        finally:  # or the attributes in it would hold for what is blamed
            (self.folder / "index").unlink()

    def keep(self, name: str, content: bytes) -> Path:
        """Write a file beside it, for a program that wants to read one."""
        path = self.folder / name
        path.write_bytes(content)
        return path

    def attempt(self, *arguments: str, given: bytes = b"") -> Ran:
        """Run git in it."""
        return attempt(self.folder / "empty", arguments, given, self._environment)

    def run(self, *arguments: str, given: bytes = b"") -> bytes:
        """What git prints.

        Raises:
            GitError: it ended with an error.
        """
        return run(self.folder / "empty", arguments, given, self._environment)

    @property
    def _environment(self) -> dict[str, str]:
        return {
            **_OURS,
            "GIT_DIR": str(self.folder),
            "GIT_WORK_TREE": str(self.folder / "empty"),
            "GIT_OBJECT_DIRECTORY": str(self.common / "objects"),
        }

    def read(self, oids: Sequence[str]) -> list[bytes]:
        """The contents of objects, in one call.

        Raises:
            GitError: one of them is missing.
        """
        if not oids:
            return []
        given = "".join(f"{oid}\n" for oid in oids).encode()
        out, contents, at = self.run("cat-file", "--batch", given=given), [], 0
        for oid in oids:
            end = out.index(b"\n", at)
            said = out[at:end].split()
            if len(said) != 3:  # noqa: PLR2004
                raise GitError(f"object {oid} is missing: the clone is not complete")
            start, size = end + 1, int(said[2])
            contents.append(out[start : start + size])
            at = start + size + 1
        return contents
