"""A party: its ledger, its keys, its clock, the folders in which messages come and go."""

from __future__ import annotations

import datetime as dt
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from unittest.mock import patch

from click.testing import CliRunner

from beancount_voucher.cli import console, main
from beancount_voucher.cli.commands import desk
from beancount_voucher.ledger import append, file_append, loader
from tests.simulator.faults import KilledError, Operations, counted
from tests.simulator.signing import key_pair, sign_here
from tests.support import banks

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger

ACCOUNTS = {
    **banks.ACCOUNTS,
    "Iss": f"{banks.ACCOUNTS['Iss']}2020-01-01 open Liabilities:Iss:Deposits:Ins\n",
    "Ins": f"{banks.ACCOUNTS['Ins']}2020-01-01 open Assets:Ins:Iss\n",
}
"""As there, but that the insurer has an account with the issuer, too."""

_DAY = dt.timedelta(days=1)


class _Never:
    """A timer that never rings: nothing takes long here."""

    daemon = False

    def __init__(self, *_arguments: object) -> None:
        pass

    def start(self) -> None:
        pass

    def cancel(self) -> None:
        pass


class TurnError(Exception):
    """A turn that ended as none may."""


@dataclass
class Party:
    """One party.

    Attributes:
        name: its id.
        folder: of all parties.
        ahead: the days by which its clock is ahead.
        real: whether ``ssh-keygen`` signs, and not this process.
        told: what its last turn said.
        keys: the names of its keys, the present one last.
    """

    name: str
    folder: Path
    ahead: int = 0
    real: bool = False
    told: str = ""
    keys: list[str] = field(default_factory=list)
    _known: Ledger | None = None

    @property
    def path(self) -> Path:
        """Its ledger."""
        return self.folder / self.name / "ledger.beancount"

    @property
    def inbox(self) -> Path:
        """Where messages come."""
        return self.folder / self.name / "in"

    @property
    def outbox(self) -> Path:
        """Where messages go out."""
        return self.folder / self.name / "out"

    def day(self, day: dt.date) -> dt.date:
        """The day by its own clock."""
        return day + self.ahead * _DAY

    def open(self, head: str) -> None:
        """Write its first ledger."""
        self.inbox.mkdir(parents=True)
        self.outbox.mkdir()
        self.path.write_text(head, encoding="utf-8")

    def give_key(self, name: str) -> str:
        """A new key, which it signs with from now on; tells the line of the public one."""
        private, public = key_pair(name)
        path = self.folder / self.name / name
        path.write_text(private, encoding="utf-8")
        path.chmod(0o600)
        self.keys.append(name)
        return public

    @property
    def command(self) -> list[str]:
        """One turn, but for its date."""
        place = self.name
        return [
            *("-f", f"{place}/ledger.beancount", "exchange"),
            *("--in", f"{place}/in", "--out", f"{place}/out", "--key", f"{place}/{self.keys[-1]}"),
        ]

    def turn(self, day: dt.date, operations: Operations | None = None) -> int:
        """Receive, decide, send; tells the exit status, -1 where it was killed.

        Raises:
            TurnError: it ended as none may.
        """
        there = [each if "/" not in each else str(self.folder / each) for each in self.command]
        arguments = [*there, "--date", str(self.day(day)), "--write"]
        with ExitStack() as stack:
            stack.enter_context(counted(operations or Operations()))
            if not self.real:
                stack.enter_context(patch.object(desk, "signed", sign_here))
                stack.enter_context(patch.object(console, "Timer", _Never))
                for module in (append, console):
                    stack.enter_context(patch.object(module, "load", self._loaded))
            try:
                result = CliRunner().invoke(main, arguments)
            except KilledError:
                return -1
        self.told = result.stderr
        if result.exit_code not in (0, 1, 3) or not isinstance(result.exception, SystemExit | None):
            raise TurnError(
                f"{self.name}'s turn ended with {result.exit_code}: {result.exception!r}"
            ) from result.exception
        return result.exit_code

    def ledger(self) -> Ledger:
        """Its ledger, loaded."""
        return self._loaded(self.path)

    def _loaded(self, path: Path, appended: str = "") -> Ledger:
        """A ledger is loaded once: one text, one set of books."""
        known = self._known
        if appended or known is None or not append.is_unchanged(known):
            known = loader.load(path, appended)
            self._known = self._known if appended else known
        return known

    def mends(self) -> bool:
        """Whether half of a killed writer's text is cut off, as whoever writes next does."""
        if not any(each.name.endswith(".undo") for each in self.path.parent.iterdir()):
            return False
        file_append.mend(self.path)
        return True

    def writes(self, text: str) -> bool:
        """Whether its ledger takes what a clerk writes; else it is as it was."""
        before, errors = self.path.read_bytes(), len(self.ledger().errors)
        self.path.write_bytes(before + text.encode())
        if len(self.ledger().errors) > errors:
            self.path.write_bytes(before)
            return False
        return True

    def bytes(self) -> dict[str, bytes]:
        """All that it keeps, by name."""
        top = self.folder / self.name
        return {
            str(path.relative_to(top)): path.read_bytes()
            for path in sorted(top.rglob("*"))
            if path.is_file() and "in" not in path.parts[-2:] and not path.name.startswith(".")
        }
