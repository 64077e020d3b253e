"""The demo of two banks: a month of signed messages, told, compared and proven by ssh-keygen."""

from __future__ import annotations

import re
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from beancount_voucher.audit import invariants
from beancount_voucher.cli import main
from beancount_voucher.cli.commands import two_servers
from beancount_voucher.cli.two_banks import FIRST, SECOND, STORY
from beancount_voucher.ledger.loader import load

if TYPE_CHECKING:
    from collections.abc import Iterator

ARGUMENTS = ["demo", "--two-banks", "--no-serve"]


@pytest.fixture(autouse=True)
def _in_an_empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Result, Path]]:
    """The demo, run once, and the folder that it was run in."""
    folder = tmp_path_factory.mktemp("demo")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        yield CliRunner().invoke(main, ARGUMENTS), folder


HAPPENED = {
    "accepted": "LanTian QingHe 2: 3 recorded",
    "lost": "… lost on the way",
    "resent": "QingHe LanTian 5: said again",
    "refused": "CAR-104: accept of 2026-03-06: it would make wrong what is recorded: CAR-104: void "
    "not-accepted of a voucher that is accepted since 2026-03-06 (line 6 of message LanTian "
    "QingHe 3) [final]",
    "surrendered": "CG-102: surrendered on 2026-03-16",
    "given back": "CG-102: void (surrendered) on 2026-03-16: given back by the acceptor on 2026-03-16",
    "settled": "RF-101: settle on 2026-03-11: requires-policy: the application names policy P-RF-2201",
    "equal": "17 facts stand in both ledgers, the same by kind, voucher, author, date, amount and "
    "terms; in one of them only: 0.",
}  # fmt: skip


@pytest.mark.parametrize("line", HAPPENED.values(), ids=HAPPENED)
def test_the_month_is_told(whole: tuple[Result, Path], line: str) -> None:
    result, _ = whole
    assert (result.exit_code, result.stderr) == (0, "")
    assert line in result.stdout


def test_every_message_is_proven(whole: tuple[Result, Path]) -> None:
    result, folder = whole
    kept = list(folder.rglob("messages/**/*.sig"))
    assert len(kept) == 46
    assert f"The signatures of all {len(kept)} messages that both keep hold." in result.stdout


def test_both_registers_stand_side_by_side(whole: tuple[Result, Path]) -> None:
    out = whole[0].stdout
    table = re.findall(r"^([A-Z]+-1\d\d) .*$", out, re.MULTILINE)
    assert table == ["CAR-104", "CG-102", "CG-106", "FA-103", "RF-101"]
    [settled] = [line.split() for line in out.splitlines() if line.startswith("CG-106 ")]
    assert settled == ["CG-106", "6,000.00", "settled", "6,000.00", "settled", "6,000.00"]


def test_every_day_and_turn_is_told_in_order(whole: tuple[Result, Path]) -> None:
    dates = re.findall(r"^[A-Z][a-z]{2} (\S+)  \S", whole[0].stdout, re.MULTILINE)
    assert dates == [str(day.date) for day in STORY]


@pytest.mark.parametrize("bank", [FIRST, SECOND])
def test_each_bank_keeps_sound_books_of_its_own(whole: tuple[Result, Path], bank: str) -> None:
    ledger = load(whole[1] / "voucher-demo" / bank / "ledger.beancount")
    assert ledger.errors == []
    assert list(invariants.findings(ledger)) == []
    assert ledger.kept == [bank]


def test_what_it_says_to_try_works(whole: tuple[Result, Path]) -> None:
    result, folder = whole
    lines = re.findall(r"^  (\S.*)$", result.stdout, re.MULTILINE)
    ours = [line.removeprefix("bean-voucher ") for line in lines if line.startswith("bean-")]
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        ran = [CliRunner().invoke(main, line.split(" > ")[0].split()) for line in ours]
        assert [each.exit_code for each in ran] == [0] * 4
        Path("allowed_signers").write_text(ran[2].stdout, encoding="utf-8")
        [proof] = [line for line in lines if line.startswith("ssh-keygen")]
        said = subprocess.run(proof, shell=True, capture_output=True, check=True)  # noqa: S602
    assert said.stdout.startswith(b'Good "message@beancount-voucher" signature for QingHe')
    assert "CAR-104 is voided" in ran[0].stdout
    assert ran[1].stdout.count("ssh-keygen -Y verify") == 23
    assert ran[3].output == ""


@pytest.mark.usefixtures("_short")
def test_a_folder_that_is_named_from_the_root(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, [*ARGUMENTS, str(tmp_path / "there")])
    assert result.exit_code == 0
    assert f"  cat {tmp_path}/there/LanTian/messages/QingHe/LanTian/" in result.stdout


@pytest.fixture
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the story's first day."""
    monkeypatch.setattr(two_servers, "STORY", STORY[:1])


def test_ledgers_that_differ_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    day = STORY[0]
    monkeypatch.setattr(two_servers, "STORY", (day._replace(steps=day.steps[:-1]),))
    result = CliRunner().invoke(main, ARGUMENTS)
    assert result.exit_code == 1
    assert "0 facts stand in both ledgers" in result.stdout
    assert "in one of them only: 4." in result.stdout
    assert re.search(r"^RF-101 .* issued +0\.00 +– +–$", result.stdout, re.MULTILINE)
    assert result.stderr == "Both ledgers do not say the same.\n"


def test_without_ssh_keygen(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    result = CliRunner().invoke(main, ARGUMENTS)
    assert result.exit_code == 2
    assert result.stderr.startswith("demo --two-banks needs ssh-keygen of OpenSSH, which is not")
    assert list(Path.cwd().iterdir()) == []


def test_a_key_that_cannot_be_made(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    program = tmp_path / "bin" / "ssh-keygen"
    program.parent.mkdir()
    program.write_text("#!/bin/sh\necho no entropy >&2\nexit 1\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:/usr/bin:/bin")
    result = CliRunner().invoke(main, ARGUMENTS)
    assert (result.exit_code, result.stdout) == (3, "")
    assert result.stderr == "voucher-demo cannot be written: no entropy\n"


def test_a_turn_that_can_write_nothing_ends_the_demo(monkeypatch: pytest.MonkeyPatch) -> None:
    made = two_servers.write_ledgers

    def without_a_key(folder: Path) -> None:
        made(folder)
        (folder / FIRST / "key").unlink()

    monkeypatch.setattr(two_servers, "write_ledgers", without_a_key)
    result = CliRunner().invoke(main, ARGUMENTS)
    assert result.exit_code == 3
    assert "ssh-keygen did not sign" in result.stderr
    assert result.stderr.endswith("nothing was written\n")
