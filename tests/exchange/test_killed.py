"""A turn that is killed before any of its file operations, or finds the disk full at one.

The next turn completes it: no message is said twice with other bytes, nothing is half recorded,
and nothing is lost.
"""

from __future__ import annotations

import shutil
from collections import Counter
from functools import partial
from itertools import chain, repeat
from typing import TYPE_CHECKING, NamedTuple

import pytest

from tests.support import ACCEPT, event
from tests.support.banks import ISSUED, Bank, banks
from tests.support.killing import FILLING, full, killed, operations

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

pytestmark = pytest.mark.untraced

_DAY = "2026-03-05"


class World:
    """Two banks in a folder that can be copied."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        carried = folder / "carried"
        self.first, self.second = (Bank(each, folder / each, carried) for each in ("Iss", "Acc"))

    def of(self, party: str) -> Bank:
        return {"Iss": self.first, "Acc": self.second}[party]

    def copied(self, to: Path) -> World:
        shutil.copytree(self.folder, to)
        return World(to)

    def stands(self) -> tuple[list[Counter[str]], dict[str, bytes]]:
        """What is recorded in both ledgers, in whatever order, and what is carried."""
        found = []
        for bank in (self.first, self.second):
            ledger = bank.ledger()
            assert ledger.errors == []
            facts = ledger.reading.facts
            found.append(Counter(f"{fact.date} {fact.kind} {' '.join(fact.ids)}" for fact in facts))
        return found, self.carried()

    def carried(self) -> dict[str, bytes]:
        files = sorted(self.first.carried.iterdir())
        return {path.name: path.read_bytes() for path in files if path.name[0] != "."}


def _says(world: World) -> Bank:
    """The issuer says two vouchers."""
    return world.first.say(ISSUED + ISSUED.replace("V-1", "V-2"))


def _hears(world: World) -> Bank:
    """The acceptor hears of them."""
    _says(world).turn("2026-03-02")
    return world.second


def _decides(world: World) -> Bank:
    """The issuer hears of acceptances and an application, and settles."""
    _hears(world).turn("2026-03-02")
    applied = event("apply", "2026-03-04", by='"Ins"')
    world.second.say(ACCEPT + ACCEPT.replace("V-1", "V-2") + applied).turn("2026-03-04")
    return world.first


BEGINNINGS: dict[str, Callable[[World], Bank]] = {
    "says": _says,
    "hears": _hears,
    "decides": _decides,
}


class Begun(NamedTuple):
    """Two banks before a turn, whose it is, which operations it takes, and what is then."""

    world: World
    party: str
    operations: list[str]
    expected: tuple[list[Counter[str]], dict[str, bytes]]

    def copies(self, folder: Path, *kinds: str) -> Iterator[tuple[int, World, Bank]]:
        """A copy for each operation of some kinds, or for as many as one wants; then removed."""
        operations = chain(self.operations, repeat(""))
        for at, kind in enumerate(operations if not kinds else self.operations):
            if not kinds or kind in kinds:
                world = self.world.copied(folder / str(at))
                yield at, world, world.of(self.party)
                shutil.rmtree(world.folder)


@pytest.fixture(scope="module", params=BEGINNINGS)
def begun(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Begun:
    folder = tmp_path_factory.mktemp("killed") / "world"
    folder.mkdir()
    banks(folder, "Iss", "Acc")
    world = World(folder)
    bank = BEGINNINGS[request.param](world)
    whole = world.copied(folder.parent / "whole")
    done = operations(lambda: whole.of(bank.party).turn(_DAY))
    assert {"write", "fsync", "link"} <= {*done}
    return Begun(world, bank.party, done, whole.stands())


def _check_completed(world: World, bank: Bank, begun: Begun, at: int) -> None:
    """The next turn completes it, and all is as if nothing had been; nothing was said otherwise."""
    expected = begun.expected[1]
    seen = world.carried()
    assert {name: expected[name] for name in seen} == seen, at
    ran = bank.turn(_DAY)
    assert ran.status == 0, (at, ran.err)
    assert world.stands() == begun.expected, at


def test_14_killed_before_any_operation(begun: Begun, tmp_path: Path) -> None:
    for at, world, bank in begun.copies(tmp_path):
        if not killed(partial(bank.turn, _DAY), at):
            assert at > 30
            break  # it has come to its end
        facts = bank.ledger().reading.facts
        brought = {fact.message for fact in facts if fact.message is not None}
        counted = {
            " ".join(fact.ids) for fact in facts if fact.kind == "received" and fact.terms["facts"]
        }
        assert brought == counted, at  # whole, or not at all
        _check_completed(world, bank, begun, at)


def test_14_killed_halfway_in_a_write(begun: Begun, tmp_path: Path) -> None:
    for at, world, bank in begun.copies(tmp_path, "write"):
        killed(partial(bank.turn, _DAY), at, halfway=True)
        _check_completed(world, bank, begun, at)


def test_14_the_disk_is_full(begun: Begun, tmp_path: Path) -> None:
    statuses = set()
    for at, world, bank in begun.copies(tmp_path, *FILLING):
        with full(at):
            ran = bank.turn(_DAY)
        statuses.add(ran.status)
        if ran.status:
            assert "No space left on device" in ran.err or "disk is full" in ran.err, at
        _check_completed(world, bank, begun, at)
    assert 3 in statuses <= {0, 3}
