"""``demo --two-banks``: two ledgers, two keys, and a month of messages carried between them."""

from __future__ import annotations

import re
import shutil
import subprocess
from contextlib import redirect_stderr
from importlib.resources import as_file
from io import StringIO
from pathlib import Path
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.commands.exchange import exchange
from beancount_voucher.cli.console import Exit, stop
from beancount_voucher.cli.shipped import shipped
from beancount_voucher.cli.tables import aligned
from beancount_voucher.cli.two_banks import FIRST, SECOND, STORY, Clerk, Turn
from beancount_voucher.directives.facts import Fact
from beancount_voucher.directives.printer import directive
from beancount_voucher.directives.wording import counted
from beancount_voucher.exchange.agreement import agreement
from beancount_voucher.exchange.message import file_name, named, shown
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.turn import book_of
from beancount_voucher.exchange.verification import Proof, command, proofs
from beancount_voucher.exchange.verifiers import checked
from beancount_voucher.ledger.loader import load
from beancount_voucher.lifecycle.decisions import NOT_WRITTEN
from beancount_voucher.views.register import rows

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.cli.two_banks import Day
    from beancount_voucher.ledger.loader import Ledger
    from beancount_voucher.views.register import RegisterRow

_HOW_TO_GET_IT = (
    "demo --two-banks needs ssh-keygen of OpenSSH, which is not installed here: install "
    "openssh-client (apt), openssh-clients (dnf), openssh (brew), or Windows' OpenSSH Client"
)
_TOP, _FACTS, _KEY = "ledger.beancount", "vouchers.beancount", "key"
CARRIED, LOST = "carried", "lost"
"""The folder that both banks see, and where goes what they do not get to see."""


def books(folder: Path) -> list[Path]:
    """The top files of both banks."""
    return [folder / bank / _TOP for bank in (FIRST, SECOND)]


def need_ssh_keygen() -> None:
    """End, with a sentence how to get it, where nothing could be signed."""
    if shutil.which("ssh-keygen") is None:
        stop(_HOW_TO_GET_IT, Exit.USAGE)


def write_ledgers(folder: Path) -> None:
    """Two ledgers, a key for each, and the folders between them.

    Raises:
        OSError: they cannot be written.
    """
    with as_file(shipped("two-banks")) as source:
        shutil.copytree(source, folder, dirs_exist_ok=True)
    for each in (CARRIED, LOST):
        (folder / each).mkdir()
    keys = {bank: _new_key(folder / bank / _KEY, bank) for bank in (FIRST, SECOND)}
    text = "".join(
        directive(Fact("key", STORY[0].date.replace(day=1), (bank, key), None, {}, NOT_WRITTEN))
        for bank, key in keys.items()
    )
    for bank in keys:
        _append(
            folder / bank / _FACTS,
            f"\n;; Made for this demonstration, and for nothing else.\n{text}",
        )


def _new_key(path: Path, comment: str) -> str:
    """A key pair of OpenSSH; tells the public line."""
    made = subprocess.run(  # noqa: S603
        ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", comment, "-f", path],  # noqa: S607
        capture_output=True,
        text=True,
        check=False,
    )
    if made.returncode:
        raise OSError(made.stderr.strip())
    return path.with_name(f"{path.name}.pub").read_text(encoding="utf-8").strip()


def _append(path: Path, text: str) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(text)


def tell(context: click.Context, folder: Path) -> None:
    """Carry the month, day by day, and say what happens."""
    for day in STORY:
        click.echo(f"\n{day.date:%a} {day.date}  {day.told}")
        for step in day.steps:
            if isinstance(step, Clerk):
                _append(folder / step.bank / _FACTS, f"\n{step.text}")
            else:
                _turn(context, folder, day, step)


def _turn(context: click.Context, folder: Path, day: Day, turn: Turn) -> None:
    carried = folder / CARRIED
    before = {*carried.iterdir()}
    said = _exchanged(context, folder / turn.bank, carried, str(day.date))
    put = sorted({*carried.iterdir()} - before)
    for line in [*said, *_again(put, said)] or ["nothing to say"]:
        click.echo(f"    {turn.bank + ':':<{_WIDEST}} {line}")
    if turn.lost:
        for path in put:
            path.rename(folder / LOST / path.name)
        click.echo(f"    {'':<{_WIDEST}} … lost on the way")


def _again(put: Sequence[Path], said: Sequence[str]) -> list[str]:
    """What went out that is not said for the first time."""
    names = [shown(name) for path in put if (name := named(path.name)) is not None]
    told = [re.match(r"\S+ \S+ [0-9]+", line) for line in said]  # in whatever language
    first = {each[0] for each in told if each is not None}
    return [f"{name}: said again" for name in names if name not in first]


_WIDEST = max(len(FIRST), len(SECOND)) + 1


def _exchanged(context: click.Context, own: Path, carried: Path, date: str) -> list[str]:
    """What the command says of one turn, as if somebody had typed it."""
    words = ["--in", str(carried), "--out", str(carried), "--key", str(own / _KEY)]
    typed = [*words, "--date", date, "--write"]
    said, status = StringIO(), None
    with (
        redirect_stderr(said),
        exchange.make_context("exchange", typed, context, obj=own / _TOP) as inner,
    ):
        try:
            exchange.invoke(inner)
        except SystemExit as ended:
            status = ended.code
    if status not in (Exit.CLEAN, Exit.FINDINGS):
        stop(said.getvalue().rstrip(), Exit.REFUSED)
    return said.getvalue().splitlines()


def compare(folder: Path) -> bool:
    """Both registers side by side, and whether both ledgers say the same; tells whether."""
    first, second = (load(path) for path in books(folder))
    day = STORY[-1].date
    click.echo(f"\nBoth registers, as of {day}:\n")
    click.echo(_side_by_side(rows(first.evaluation, day), rows(second.evaluation, day)))
    found = agreement(book_of(first, FIRST), book_of(second, SECOND))
    differing = [*found.first, *found.second]
    click.echo(
        f"\n{counted(len(found.same), 'fact')} stand in both ledgers, the same by kind, voucher, "
        f"author, date, amount and terms; in one of them only: {len(differing)}."
    )
    kept = sum(_verified(ledger, bank) for ledger, bank in ((first, FIRST), (second, SECOND)))
    click.echo(f"The signatures of all {kept} messages that both keep hold.")
    return not differing


def _side_by_side(first: Sequence[RegisterRow], second: Sequence[RegisterRow]) -> str:
    there = {row.id: row for row in second}
    table = []
    for row in first:
        other = there.get(row.id)
        beside = ("–", "–") if other is None else (str(other.state), f"{other.settled:,f}")
        table.append((row.id, f"{row.amount:,f}", str(row.state), f"{row.settled:,f}", *beside))
    headers = ("voucher", "CNY", FIRST, "paid", SECOND, "paid ")
    return aligned(headers, table, ("CNY", "paid", "paid "))


def _verified(ledger: Ledger, bank: str) -> int:
    """How many messages a bank keeps, each of which is proven."""
    store = Store(ledger.path)
    found = list(proofs(book_of(ledger, bank), store.text, store.signature, checked))
    wrong = [each for each in found if each.code]
    assert not wrong, wrong
    return len(found)


def try_next(folder: Path) -> str:
    """What a reader may look at."""
    first, second = books(folder)
    name = FIRST, SECOND, 1
    kept = Store(second).folder.relative_to(Path.cwd()) if not folder.is_absolute() else None
    path = (kept or Store(second).folder) / FIRST / SECOND / file_name(name)
    proof = command(Proof(name, STORY[0].date), str(path), "allowed_signers")
    carried = f"--in {folder / CARRIED} --out {folder / CARRIED}"
    return (
        f"Read what was said, and what became of it:\n"
        f"  cat {path}\n"
        f"  bean-voucher -f {second} show CAR-104\n"
        f"  bean-voucher -f {second} verify\n"
        f"Prove a message without this program:\n"
        f"  bean-voucher -f {second} verify --allowed-signers > allowed_signers\n"
        f"  {proof}\n"
        f"One more turn; it has nothing to say:\n"
        f"  bean-voucher -f {first} exchange {carried} --key {first.parent / _KEY} "
        f"--date {STORY[-1].date} --write\n"
        f"Both in Fava:\n"
        f"  fava {first} {second}"
    )
