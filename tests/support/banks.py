"""Two banks, each with a ledger and a key in a folder of its own, and a folder between them."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.ledger.loader import load
from tests.support import issue
from tests.support.clerk import Ran

if TYPE_CHECKING:
    from beancount_voucher.ledger.loader import Ledger

PARTIES = """\
2026-01-01 custom "voucher-party" "Ann" "policyholder"
2026-01-01 custom "voucher-party" "Iss" "bank"
2026-01-01 custom "voucher-party" "Acc" "bank"
2026-01-01 custom "voucher-party" "Ins" "insurer"
"""
ACCOUNTS = {
    "Iss": """\
2020-01-01 open Liabilities:Iss:Deposits:Ann
2020-01-01 open Equity:Opening
2020-01-01 * "Opening balance"
  Liabilities:Iss:Deposits:Ann   -100000.00 CNY
  Equity:Opening
""",
    "Acc": "2020-01-01 open Liabilities:Acc:Deposits:Ins\n",
    "Ins": "2020-01-01 open Assets:Ins:Acc\n",
    "Ann": """\
2020-01-01 open Assets:Ann:Iss
2020-01-01 open Equity:Opening
2020-01-01 * "Opening balance"
  Assets:Ann:Iss   100000.00 CNY
  Equity:Opening
""",
}


@dataclass
class Bank:
    """One party's ledger, key and command."""

    party: str
    folder: Path
    carried: Path

    @property
    def path(self) -> Path:
        return self.folder / "ledger.beancount"

    @property
    def key(self) -> Path:
        return self.folder / "key"

    @property
    def public(self) -> str:
        return (self.folder / "key.pub").read_text().strip()

    def run(self, *arguments: str, date: str) -> Ran:
        result = CliRunner().invoke(
            main, ["-f", str(self.path), *arguments, "--date", date, "--write"]
        )
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Ran(result.exit_code, result.stdout, result.stderr)

    def turn(self, date: str) -> Ran:
        """Receive, decide, send."""
        return self.run(
            *("exchange", "--in", str(self.carried), "--out", str(self.carried)),
            *("--key", str(self.key)),
            date=date,
        )

    def send(self, date: str) -> Ran:
        return self.run("send", "--out", str(self.carried), "--key", str(self.key), date=date)

    def receive(self, date: str, *sources: Path) -> Ran:
        return self.run("receive", *map(str, sources or (self.carried,)), date=date)

    def say(self, text: str) -> Bank:
        """What a clerk writes into the ledger."""
        with self.path.open("a", encoding="utf-8") as file:
            file.write(text)
        return self

    def ledger(self) -> Ledger:
        return load(self.path)

    def state(self, voucher: str = "V-1") -> str:
        found = self.ledger().evaluation.vouchers.get(voucher)
        return "–" if found is None else str(found.status.state)

    def facts(self, *kinds: str) -> list[str]:
        """Facts of some kinds that count, each in a few words."""
        ledger = self.ledger()
        broken = {problem.place for problem in ledger.evaluation.problems}
        return [
            f"{fact.date} {fact.kind} {' '.join(fact.ids)}"
            for fact in ledger.reading.facts
            if fact.kind in kinds and fact.place not in broken
        ]


@cache
def _key_pair(name: str) -> tuple[bytes, bytes]:
    """A key for each name: made once, as it takes a process."""
    import tempfile  # noqa: PLC0415

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "key"
        subprocess.run(
            ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(path)],  # noqa: S607
            check=True,
        )
        return path.read_bytes(), path.with_suffix(".pub").read_bytes()


def give_key(folder: Path, name: str) -> str:
    """Write a key of that name into a folder, and tell its public line."""
    private, public = _key_pair(name)
    (folder / "key").write_bytes(private)
    (folder / "key").chmod(0o600)
    (folder / "key.pub").write_bytes(public)
    return public.decode().strip()


def banks(folder: Path, *parties: str, options: str = "") -> dict[str, Bank]:
    """Parties that know each other's keys."""
    carried = folder / "carried"
    carried.mkdir()
    found, lines = {}, {}
    for party in parties:
        own = folder / party
        own.mkdir()
        lines[party] = give_key(own, party)
        found[party] = Bank(party, own, carried)
    keys = "".join(f'2026-01-02 custom "voucher-key" "{p}" "{line}"\n' for p, line in lines.items())
    for party, bank in found.items():
        plugin = f'plugin "beancount_voucher_plugin" "{party}"\n'
        bank.path.write_text(plugin + PARTIES + ACCOUNTS[party] + options + keys, encoding="utf-8")
    return found


ISSUED = issue()


Pair = tuple[Bank, Bank]
"""The issuer's ledger and the acceptor's."""


def copied(story: Path, folder: Path) -> Pair:
    """Both banks of a story, in a copy that a test may change."""
    shutil.copytree(story, folder)
    first, second = (Bank(each, folder / each, folder / "carried") for each in ("Iss", "Acc"))
    return first, second
