"""What an exchange costs: ``python -m tests.benchmarks.exchange [VOUCHERS] [RUNS]``.

On one ledger, all of it said to three banks before: a turn that says 1,000 new facts, and one
that hears 1,000, beside a write of one event; and a ``check`` of the messages, beside one of the
same ledger without them. CPU seconds of whole processes, medians, taken in turns.
"""

from __future__ import annotations

import datetime as dt
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from beancount_voucher.conditions import installed
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.message import Header, Message, file_name, text_of
from beancount_voucher.exchange.reader import read_message
from beancount_voucher.exchange.verifiers import signed
from beancount_voucher.ledger.loader import load
from tests.benchmarks.made import ledger
from tests.benchmarks.processes import RUNS, command, medians, table

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.benchmarks.processes import Figures

_WE, _OTHER = "Bank0", "Bank1"
_RESTS, _DAY, _NEXT = "2027-01-31", "2027-03-02", "2027-03-03"
_NEW = 1000


class World:
    """A ledger, its messages and keys, in a folder that can be copied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.path, self.carried = folder / "ledger.beancount", folder / "carried"

    @classmethod
    def made(cls, folder: Path, vouchers: int) -> World:
        """Everything is said, and all is decided that is due."""
        world = cls(folder)
        world.carried.mkdir(parents=True)
        keys = "".join(world._key(party) for party in (_WE, _OTHER))
        deposits = "".join(map(_deposit, range(50)))
        world.path.write_text(ledger(vouchers, plugin=_WE) + deposits + keys)
        for _ in range(2):
            world.exchange(_RESTS)
        return world

    def _key(self, party: str) -> str:
        path = self.folder / party
        make = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", party, "-f", str(path)]
        subprocess.run(make, check=True)
        line = path.with_suffix(".pub").read_text().strip()
        return f'{_RESTS} custom "voucher-key" "{party}" "{line}"\n'

    def copied(self, to: Path) -> World:
        if to.exists():
            shutil.rmtree(to)
        shutil.copytree(self.folder, to)
        return World(to)

    def run(self, *arguments: str) -> Figures:
        return command("bean-voucher", "-f", str(self.path), *arguments, statuses=(0, 1))

    def exchange(self, date: str) -> Figures:
        carried, key = str(self.carried), str(self.folder / _WE)
        return self.run(
            *("exchange", "--in", carried, "--out", carried, "--key", key, "--date", date),
            "--write",
        )

    def issue_new(self) -> None:
        """New vouchers that somebody has written, each to be accepted by the other bank."""
        with self.path.open("a") as file:
            file.writelines(map(_issue, range(_NEW)))

    def answer(self) -> None:
        """The other bank accepts them all, in one message."""
        channels = channels_of(load(self.path).evaluation.exchanged)
        last = channels.last(_WE, _OTHER)
        assert last is not None
        day, name = dt.date.fromisoformat(_NEXT), (_OTHER, _WE, 1)
        header = text_of(Message(Header(day, *name, None, last.number, last.sha256), ()))
        said = "".join(f'{_NEXT} custom "voucher-accept" "{_id(at)}"\n' for at in range(_NEW))
        content = (header + said).encode()
        assert read_message(content, name, installed()).facts == _NEW
        path = self.carried / file_name(name)
        path.write_bytes(content)
        path.with_name(f"{path.name}.sig").write_bytes(signed(content, str(self.folder / _OTHER)))


def _deposit(at: int) -> str:
    return (
        f'2026-01-01 * "Deposit"\n  Liabilities:{_WE}:Deposits:Holder{at}  -9999999999.00 CNY\n'
        "  Equity:Opening\n"
    )


def _id(at: int) -> str:
    return f"N-{at:06}"


def _issue(at: int) -> str:
    return (
        f'{_DAY} custom "voucher-issue" "{_id(at)}" {100 + at}.00 CNY\n'
        f'  policyholder: "Holder{at % 50}"\n  insurer: "Insurer{at % 8}"\n  issuer: "{_WE}"\n'
        f'  acceptor: "{_OTHER}"\n  funding: "cash"\n  accept-by: 2027-03-31\n'
        "  apply-by: 2027-06-30\n"
    )


def main(vouchers: int, times: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        world = World.made(place / "world", vouchers)
        before = world.copied(place / "before")
        before.issue_new()
        said = before.copied(place / "said")
        said.exchange(_DAY)
        heard = said.copied(place / "heard")
        heard.answer()
        bare = said.copied(place / "bare")
        _without_messages(bare)
        deeds: dict[str, tuple[World, Callable[[World], Figures]]] = {
            "write one event": (said, lambda each: each.run("accept", _id(1), "--date", _NEXT, "--write")),
            f"say {_NEW:,} facts": (before, lambda each: each.exchange(_DAY)),
            f"hear {_NEW:,} facts": (heard, lambda each: each.exchange(_NEXT)),
            "nothing to do": (said, lambda each: each.exchange(_DAY)),
            "check without messages": (bare, lambda each: each.run("check")),
            "check": (said, lambda each: each.run("check")),
        }  # fmt: skip
        runs: dict[str, list[Figures]] = {name: [] for name in deeds}
        for _ in range(times):
            for name, (begun, deed) in deeds.items():
                runs[name].append(deed(begun.copied(place / "now")))
        _tell(vouchers, {name: each["cpu"] for name, each in medians(runs).items()}, said)


def _without_messages(world: World) -> None:
    """The same vouchers, of which nothing was said."""
    lines = world.path.read_text().split("\n")
    kept = [
        line
        for at, line in enumerate(lines)
        if '"voucher-sent"' not in line and '"voucher-sent"' not in _head(lines, at)
    ]
    world.path.write_text("\n".join(kept))
    shutil.rmtree(world.folder / "messages")


def _head(lines: list[str], at: int) -> str:
    """The directive that a line of metadata belongs to."""
    while at and lines[at].startswith(" "):
        at -= 1
    return lines[at]


def _tell(vouchers: int, taken: dict[str, float], said: World) -> None:
    write, check = taken["write one event"], taken["check without messages"]
    rows = [
        (name, f"{cpu:.2f} s", f"{cpu / (check if name.startswith('check') else write):.2f}")
        for name, cpu in taken.items()
    ]
    messages = len(list((said.folder / "messages").glob("*/*/*.beancount")))
    print(f"{vouchers:,} vouchers, {messages} messages\n")
    print(table(("deed", "CPU", "of a write, or a check"), rows))


if __name__ == "__main__":
    main(
        int(sys.argv[1]) if len(sys.argv) > 1 else 10_000,
        int(sys.argv[2]) if len(sys.argv) > 2 else RUNS,
    )
