"""The manual's pages as programs: their files are written, their commands run, in a folder.

A page may say, on a line above a fenced block, ``<!-- file NAME -->``: then the block is that
file, or ``<!-- append NAME -->``: then it is appended to it. Its console blocks are typed in
order. A command that fails must be followed by ``$ echo $?``, so that the reader is not fooled.
"""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
from contextlib import chdir, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from click.testing import CliRunner

from beancount_voucher.cli import main
from tests.support import LEDGERS, ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator

HELP = ROOT / "beancount_voucher" / "cli" / "help"
TOPICS = {path.stem: path for path in sorted(HELP.glob("*.md"))}
PAGES = [ROOT / "README.md", *TOPICS.values()]

HOME = "/home/lin/books"
"""What a page calls the folder in which its commands run."""

_FENCED = re.compile(
    r"^(?:<!-- (?P<verb>file|append) (?P<name>\S+) -->\n)?"
    r"^```(?P<language>[a-z]*)\n(?P<text>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")
_SHELL = re.compile(r"[|><&;$`(]|^(?!bean-voucher )")
_ENVIRONMENT = {
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
    "GIT_AUTHOR_DATE": "2026-03-31T12:00:00+0000",
    "GIT_COMMITTER_DATE": "2026-03-31T12:00:00+0000",
    "NO_COLOR": "1",
    "TZ": "UTC0",
    "LC_ALL": "C.UTF-8",
    "PAGER": "cat",
}


class Block(NamedTuple):
    """A fenced block of a page.

    Attributes:
        language: what stands behind the fence.
        text: what stands in it.
        verb: ``file`` or ``append``, if a mark above it says so, else empty.
        name: the file that the mark names.
        start: where the text begins in the page.
    """

    language: str
    text: str
    verb: str
    name: str
    start: int

    @property
    def commands(self) -> list[str]:
        """The command lines of a console block; a backslash at an end joins the next line."""
        lines = self.text.replace("\\\n", "\\\0")
        return [each.replace("\0", "\n") for each in re.findall(r"^\$ (.*)$", lines, re.MULTILINE)]


def blocks(page: str, language: str | None = None) -> list[Block]:
    """The fenced blocks of a page, in order; of one language, or all."""
    found = [
        Block(each["language"], each["text"], each["verb"] or "", each["name"] or "", each.start(4))
        for each in _FENCED.finditer(page)
    ]
    return [each for each in found if language in (None, each.language)]


@contextmanager
def home() -> Iterator[Path]:
    """A new folder with a path as long as HOME, so that columns are as wide as on the page."""
    with tempfile.TemporaryDirectory(prefix="bv", dir="/tmp") as name:
        assert len(name) == len(HOME)
        yield Path(name)


@dataclass
class Terminal:
    """A terminal in a folder: what the reader of a page would see who types along."""

    folder: Path
    status: int = 0
    environment: dict[str, str] = field(default_factory=lambda: dict(_ENVIRONMENT))

    def write(self, block: Block) -> None:
        """Write, or append to, the file that a block is said to be."""
        path = self.folder / block.name
        path.parent.mkdir(parents=True, exist_ok=True)
        before = path.read_text(encoding="utf-8") + "\n" if block.verb == "append" else ""
        path.write_text(before + block.text, encoding="utf-8")

    def type(self, command: str) -> str:
        """The output of one command line, standard output and errors as they come."""
        if command == "echo $?":
            return f"{self.status}\n"
        if command.startswith("export "):
            name, _, value = command.removeprefix("export ").partition("=")
            self.environment[name] = value
            return ""
        line = command.replace("\\\n", " ")
        needs_shell = _SHELL.search(_QUOTED.sub("", line))
        output = self._shell(line) if needs_shell else self._command(line)
        return output.replace(str(self.folder), HOME)

    def _command(self, line: str) -> str:
        """In this process, as far as a shell is not needed."""
        with chdir(self.folder):
            result = CliRunner(env=self.environment).invoke(
                main, shlex.split(line)[1:], prog_name="bean-voucher", terminal_width=80
            )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        self.status = result.exit_code
        return result.output

    def _shell(self, line: str) -> str:
        path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
        ran = subprocess.run(
            ["bash", "-c", line],  # noqa: S607
            cwd=self.folder,
            env={**os.environ, **self.environment, "PATH": path, "HOME": str(self.folder)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        self.status = ran.returncode
        return ran.stdout


def played(page: str) -> str:
    """A page as it is, with the output that its commands really have.

    Raises:
        AssertionError: a command failed, and the page does not go on to ask for its status.
    """
    with home() as folder, tempfile.TemporaryDirectory() as cache:
        if "ledgers/" in page:
            shutil.copytree(LEDGERS, folder / "ledgers", ignore=shutil.ignore_patterns(".*"))
        terminal = Terminal(folder)
        terminal.environment["BEAN_VOUCHER_CACHE"] = cache  # what a new reader has: empty
        pieces, done, owed = [], 0, ""
        for block in blocks(page):
            if block.verb:
                terminal.write(block)
            if block.language != "console":
                continue
            pieces.append(page[done : block.start])
            done = block.start + len(block.text)
            for command in block.commands:
                asked = command == "echo $?"
                assert asked or not owed, f"nobody asks for the status of this:\n{owed}"
                pieces.append(f"$ {command}\n{terminal.type(command)}")
                owed = pieces[-1] if terminal.status and not asked else ""
        assert not owed, f"nobody asks for the status of this:\n{owed}"
    return "".join([*pieces, page[done:]])
