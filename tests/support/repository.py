"""A repository with a ledger in it, and the command run on it."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from beancount_voucher.cli import main
from tests.support import ACCEPT, APPLY, PLUGIN, WORLD, issue
from tests.support.clerk import Ran

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

TOP = "ledger.beancount"
VOUCHERS = "vouchers.beancount"
INCLUDE = f'include "{VOUCHERS}"\n'
APPLIED = issue() + ACCEPT + APPLY

LIN = "Lin <lin@example.org>"
WANG = "Wang <wang@example.org>"
ZHAO = "Zhao <zhao@example.org>"


class Repository:
    """A repository in a folder. Everything is committed as Lin, if nobody else is named."""

    def __init__(self, folder: Path, *, world: str = WORLD) -> None:
        self.folder = folder
        self.world = world
        folder.mkdir(exist_ok=True)
        self.git("init", "--quiet", "--initial-branch", "main")
        self.git("config", "user.name", "Lin")
        self.git("config", "user.email", "lin@example.org")

    @classmethod
    def at(cls, folder: Path) -> Repository:
        """What is, or will be, a repository that another command makes."""
        made = cls.__new__(cls)
        made.folder, made.world = folder, WORLD
        return made

    def git(self, *arguments: str, status: int = 0) -> str:
        command = ["git", "-C", str(self.folder), *arguments]
        ran = subprocess.run(command, capture_output=True, text=True, check=False)
        assert ran.returncode == status, (arguments, ran.stdout, ran.stderr)
        return ran.stdout.strip()

    def write(self, files: str | Mapping[str, str]) -> Repository:
        """Files by name; a text alone is the vouchers that the top file includes."""
        if isinstance(files, str):
            files = {TOP: PLUGIN + self.world + INCLUDE, VOUCHERS: files}
        for name, text in files.items():
            path = self.folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        return self

    def commit(
        self,
        files: str | Mapping[str, str] = {},
        author: str = LIN,
        *,
        committer: str = LIN,
        message: str = "change",
    ) -> str:
        """Write files, commit everything, and return the commit's id."""
        self.write(files)
        self.git("add", "--all")
        name, _, email = committer.rstrip(">").partition(" <")
        who = ("-c", f"user.name={name}", "-c", f"user.email={email}")
        options = ("--quiet", "--allow-empty", "--message", message, "--author", author)
        self.git(*who, "commit", *options)
        return self.git("rev-parse", "HEAD")

    def branch(self, name: str, start: str = "HEAD") -> None:
        self.git("checkout", "--quiet", "-b", name, start)

    def run(self, *arguments: str, top: str = TOP) -> Ran:
        command = ["-f", str(self.folder / top), *arguments]
        result = CliRunner().invoke(main, command)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def review(self, *arguments: str, top: str = TOP) -> dict[str, Any]:
        """The review as data; its exit status must agree with it."""
        ran = self.run("review", *arguments, "--format", "json", top=top)
        assert ran.out, ran.err
        found: dict[str, Any] = json.loads(ran.out)
        assert ran.status == (1 if found["violations"] else 0), ran.err
        return found


def rules(found: Mapping[str, Any]) -> list[str]:
    return [each["rule"] for each in found["violations"]]


def states(found: Mapping[str, Any]) -> dict[str, tuple[str, str]]:
    return {each["id"]: (each["before"], each["after"]) for each in found["vouchers"]}
