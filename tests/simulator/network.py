"""A network of folders that loses, doubles, delays, reorders, cuts short and alters files."""

from __future__ import annotations

import datetime as dt
import shutil
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path
    from random import Random

    from tests.simulator.parties import Party

_DAY = dt.timedelta(days=1)
_FATES = {
    "now": 50,
    "lost": 15,
    "late": 15,
    "twice": 6,
    "cut short": 3,
    "altered": 3,
    "without its signature": 3,
    "to another": 2,
}


class Network:
    """Carries what stands in outboxes into inboxes.

    Attributes:
        heals: whether it can be relied on from now on.
    """

    def __init__(
        self, parties: Mapping[str, Party], random: Random, tell: Callable[[str], None]
    ) -> None:
        """Take those whom it connects, what decides, and to whom each step is told."""
        self.parties, self.random, self.tell = parties, random, tell
        self.heals = False
        self.top = next(iter(parties.values())).folder
        (self.top / "late").mkdir()
        self.late: list[tuple[dt.date, str, str]] = []
        self.count = 0

    def carry(self, party: Party, day: dt.date) -> None:
        """Take what a party has put out, and bring what was late."""
        for path in sorted(party.outbox.glob("*.beancount")):
            receiver = path.name.split("_")[1]
            if receiver in self.parties:
                self._fate(path, receiver, day)

    def deliver(self, day: dt.date) -> None:
        """Bring what was late, in any order."""
        due = [each for each in self.late if self.heals or each[0] <= day]
        self.late = [each for each in self.late if each not in due]
        self.random.shuffle(due)
        for _, stored, receiver in due:
            name = stored.split("-", 1)[1]
            for suffix in ("", ".sig"):
                self._move(f"late/{stored}{suffix}", f"{receiver}/in/{name}{suffix}")

    def _fate(self, path: Path, receiver: str, day: dt.date) -> None:
        fate = "now"
        if not self.heals:
            fate = self.random.choices([*_FATES], [*_FATES.values()])[0]
        here, there = str(path.relative_to(self.top)), f"{receiver}/in/{path.name}"
        if fate in ("late", "twice"):
            self.count += 1
            stored = f"{self.count}-{path.name}"
            for suffix in ("", ".sig"):
                self._copy(here + suffix, f"late/{stored}{suffix}")
            self.late.append((day + self.random.randint(1, 4) * _DAY, stored, receiver))
        if fate in ("lost", "late"):
            self.tell(f"rm {here} {here}.sig  # {fate}")
            path.unlink()
            path.with_name(path.name + ".sig").unlink()
            return
        if fate == "to another":
            there = f"{self.random.choice(sorted(self.parties))}/in/{path.name}"
        if fate == "without its signature":
            self.tell(f"rm {here}.sig  # lost")
            path.with_name(path.name + ".sig").unlink()
        else:
            self._move(f"{here}.sig", f"{there}.sig")
        self._move(here, there)
        if fate in ("cut short", "altered"):
            self._harm(self.top / there, fate)

    def _harm(self, path: Path, fate: str) -> None:
        content = path.read_bytes()
        at = self.random.randrange(len(content))
        if fate == "altered":
            changed = bytes([content[at] ^ 1])
            content = content[:at] + changed + content[at + 1 :]
            self.tell(
                f"printf '\\{changed[0]:03o}' | dd of={path.relative_to(self.top)} bs=1 seek={at} "
                "conv=notrunc status=none"
            )
        else:
            content = content[:at]
            self.tell(f"truncate -s {at} {path.relative_to(self.top)}")
        path.write_bytes(content)

    def _move(self, here: str, there: str) -> None:
        if (self.top / here).exists():
            self.tell(f"mv {here} {there}")
            (self.top / here).replace(self.top / there)

    def _copy(self, here: str, there: str) -> None:
        self.tell(f"cp {here} {there}")
        shutil.copyfile(self.top / here, self.top / there)
