"""A clerk: a ledger in a folder, and the command run on it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from click.testing import CliRunner

from beancount_voucher.cli import main
from tests.support import PLUGIN, WORLD

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@dataclass(frozen=True)
class Ran:
    status: int
    out: str
    err: str


def _told(err: str) -> Iterator[str]:
    """What a command says, but for what it says after every reading of facts alone."""
    return (line for line in err.splitlines(keepends=True) if line != UNCHECKED)


UNCHECKED = "Not checked as a whole yet; bean-voucher check does that.\n"


class Clerk:
    """A ledger in a folder, and the command run on it."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "ledger.beancount"
        self.folder = folder

    def write(self, text: str, *, world: str = WORLD, plugin: str = PLUGIN) -> Clerk:
        self.path.write_text(plugin + world + text, encoding="utf-8")
        return self

    def split(self, **files: str) -> Clerk:
        """Write a ledger in several files, all included: ``two__03`` is ``two/03.beancount``."""
        for name, text in files.items():
            path = self.folder / f"{name.replace('__', '/')}.beancount"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
        return self.write(
            "".join(f'include "{name.replace("__", "/")}.beancount"\n' for name in files)
        )

    def run(self, *arguments: str, **options: object) -> Ran:
        result = CliRunner().invoke(main, ["-f", str(self.path), *arguments], **options)  # type: ignore[arg-type]
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, "".join(_told(result.stderr)))

    def append(self, text: str) -> None:
        self.path.write_text(self.path.read_text(encoding="utf-8") + text, encoding="utf-8")

    def files(self) -> dict[str, bytes]:
        """Every file of the folder but locks, with its content."""
        return {
            str(path.relative_to(self.folder)): path.read_bytes()
            for path in sorted(self.folder.rglob("*"))
            if path.is_file() and path.suffix != ".lock"
        }
