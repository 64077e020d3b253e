"""Some hundreds of simulated stories of banks and their customers; thousands by the command."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.exchange.verifiers import signed
from tests.simulator import __main__ as command
from tests.simulator.__main__ import faults_of
from tests.simulator.faults import KilledError, Operations, counted
from tests.simulator.signing import key_pair, sign_here
from tests.support import ROOT

if TYPE_CHECKING:
    from pathlib import Path

_AT_ONCE = 20
_FIRST = range(0, 100, _AT_ONCE)


@pytest.mark.parametrize("first", _FIRST)
def test_all_come_to_rest_and_agree(first: int, tmp_path: Path) -> None:
    for seed in range(first, first + _AT_ONCE):
        folder = tmp_path / str(seed)
        folder.mkdir()
        found, story = faults_of(seed, folder, real=seed == 1)
        assert found == [], "\n".join([f"seed {seed}", *found, *story.steps])


def test_the_stories_are_about_something(tmp_path: Path) -> None:
    figures: Counter[str] = Counter()
    for seed in range(200, 212):
        folder = tmp_path / str(seed)
        folder.mkdir()
        figures.update(faults_of(seed, folder)[1].figures)
    for what in ("turns killed", "disks full", "messages forged", "accept recorded", "vouchers"):
        assert figures[what] > 2, (what, figures)
    excused = sum(count for what, count in figures.items() if what.startswith("excused"))
    assert excused * 4 < figures["vouchers"]


def test_a_signature_made_here_is_that_of_ssh_keygen(tmp_path: Path) -> None:
    key = tmp_path / "key"
    key.write_text(key_pair("Iss")[0])
    key.chmod(0o600)
    assert sign_here(b"hello\n", str(key)) == signed(b"hello\n", str(key))


def test_a_process_that_is_killed_does_nothing_more(tmp_path: Path) -> None:
    with counted(Operations(killed_at=1)):
        (tmp_path / "first").mkdir()
        for name in ("second", "third"):
            with pytest.raises(KilledError):
                (tmp_path / name).mkdir()
    assert [each.name for each in tmp_path.iterdir()] == ["first"]


def test_a_seed_that_fails_tells_its_story_as_a_script(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """And the script, pasted into a shell, comes to the same ledgers."""
    kept: list[bytes] = []

    def faults(seed: int, folder: Path, *, real: bool) -> tuple[list[str], object]:
        _, story = faults_of(seed, folder, real=real)
        kept.extend(party.path.read_bytes() for party in story.parties.values())
        return ["something"], story

    monkeypatch.setattr(command, "faults_of", faults)
    assert command.main(["--seeds", "1", "--from", "7", "--stories", str(tmp_path)]) == 1
    assert "# seed 7" in capsys.readouterr().out
    again = tmp_path / "again"
    again.mkdir()
    (again / "bean-voucher").write_text(
        f'#!/bin/sh\nexec {sys.executable} -m beancount_voucher "$@"\n'
    )
    (again / "bean-voucher").chmod(0o755)
    (again / "python").symlink_to(sys.executable)
    script = (tmp_path / "7.sh").read_text()
    subprocess.run(
        ["sh", "-c", f"PATH={again}:$PATH\n{script}"],  # noqa: S607
        cwd=again,
        env={"PATH": "/usr/bin:/bin", "PYTHONPATH": f"{ROOT}:{ROOT / 'plugins'}"},
        capture_output=True,
        check=False,
    )
    found = [(each / "ledger.beancount").read_bytes() for each in sorted(again.glob("???/"))]
    assert sorted(found) == sorted(kept)
