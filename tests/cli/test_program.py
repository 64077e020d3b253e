"""The command as a whole: usage, ledgers that cannot be loaded, the installed program."""

from __future__ import annotations

import gc
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main, program
from beancount_voucher.ledger.loader import Ledger
from tests.support import (
    HAPPY,
    SETTLE,
    event,
    issue,
)

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

USAGE = {
    "which ledger": (["list"], "which ledger?"),
    "no such ledger": (["-f", "nowhere", "list"], "there is no file nowhere"),
    "a name longer than any file's": (["-f", "L" * 5000, "list"], "there is no file L"),
    "bytes that are no text": (["-f", "L", "list", "--state", "\udcff"], "'\\udcff' is not one of"),
    "neither": (["-f", "L", "settle"], "name either IDs or --due"),
    "both": (["-f", "L", "settle", "V-1", "--due"], "name either IDs or --due"),
    "no reason": (["-f", "L", "void", "V-1"], "--reason goes with IDs"),
    "a reason for all": (["-f", "L", "void", "--due", "--reason", "cancelled"], "--reason goes with IDs"),
    "a reason that is none": (["-f", "L", "void", "V-1", "--reason", "whim"], "'whim' is not one of"),
    "an amount for two": (["-f", "L", "settle", "A", "B", "--amount", "1 CNY"], "goes with one ID"),
    "nobody": (["-f", "L", "settle", "A", "--by", ""], "say who, or leave it out"),
    "an amount in full width": (["-f", "L", "settle", "A", "--amount", "１２ CNY"], "is an amount such as"),
    "an amount without currency": (["-f", "L", "settle", "A", "--amount", "1"], "is an amount such as"),
    "an amount that is none": (["-f", "L", "settle", "A", "--amount", "one CNY"], "is an amount such as"),
    "an endless amount": (["-f", "L", "settle", "A", "--amount", "Inf CNY"], "is an amount such as"),
    "a day that is none": (["-f", "L", "list", "--as-of", "2026-02-30"], "does not match the format"),
    "no number of days": (["-f", "L", "list", "--due-within", "soon"], "such as 7d or 2w"),
    "a state that is none": (["-f", "L", "list", "--state", "lost"], "'lost' is not one of"),
    "a command that is none": (["-f", "L", "dance"], "No such command"),
}  # fmt: skip


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage(clerk: Clerk, name: str) -> None:
    arguments, words = USAGE[name]
    clerk.write(HAPPY)
    replaced = [str(clerk.path) if argument == "L" else argument for argument in arguments]
    result = CliRunner().invoke(main, replaced, env={"BEANCOUNT_FILE": None})
    assert result.exit_code == 2
    assert words in result.stderr
    assert result.stdout == ""


def test_the_ledger_from_the_environment(clerk: Clerk) -> None:
    clerk.write(HAPPY)
    result = CliRunner().invoke(main, ["list"], env={"BEANCOUNT_FILE": str(clerk.path)})
    assert result.exit_code == 0
    assert "V-1" in result.stdout


def test_a_ledger_that_beancount_cannot_load(clerk: Clerk) -> None:
    """A text for a line number makes Beancount's own sort fail."""
    clerk.write(HAPPY + '2026-03-06 custom "voucher-settle" "V-2"\n  lineno: "five"\n')
    ran = clerk.run("list")
    assert ran.status == 1
    assert "Beancount cannot load it" in ran.err
    assert "Traceback" not in ran.err


def test_a_ledger_with_errors_is_read_all_the_same(clerk: Clerk) -> None:
    clerk.write(HAPPY + event("settle", "2026-03-07"))
    ran = clerk.run("list")
    assert ran.status == 1
    assert "V-1" in ran.out
    assert ran.err == "The ledger has 1 error; bean-voucher check lists them.\n"
    clerk.append(event("settle", "2026-03-08"))
    assert "The ledger has 2 errors" in clerk.run("list").err


def test_a_ledger_without_the_plugin_is_read_with_a_warning(clerk: Clerk) -> None:
    ran = clerk.write(HAPPY, plugin="").run("list")
    assert ran.status == 1
    assert "V-1" in ran.out
    assert 'no plugin "beancount_voucher_plugin" line' in ran.err


# --- The real command -------------------------------------------------------------------


def test_the_installed_command(clerk: Clerk) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    clerk.write(HAPPY.replace(SETTLE, ""))
    done = subprocess.run(
        [command, "-f", clerk.path, "settle", "V-1", "--as-of", "2026-03-06"],
        capture_output=True,
        check=True,
        text=True,
    )
    assert done.stdout == '2026-03-06 custom "voucher-settle" "V-1"\n'
    assert done.stderr == "V-1: settle on 2026-03-06: no condition is set\n"
    refused = subprocess.run(
        [command, "-f", clerk.path, "void", "V-1", "--reason", "cancelled"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    version = subprocess.run([command, "--version"], capture_output=True, check=True, text=True)
    assert version.stdout.startswith("bean-voucher, version ")


@pytest.mark.parametrize(("output", "status"), [(">/dev/full", 3), (">&-", 0), ("2>&- >&-", 0)])
def test_an_output_that_takes_nothing(clerk: Clerk, output: str, status: int) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    clerk.write(HAPPY)
    said = f"{command} -f {clerk.path} list --as-of 2026-03-06 {output}"
    done = subprocess.run(said, shell=True, capture_output=True, check=False, text=True)  # noqa: S602
    expected = "Error: [Errno 28] No space left on device\n" if status else ""
    assert (done.returncode, done.stdout, done.stderr) == (status, "", expected)


class _GoneError(Exception):
    """Instead of the end of this process."""


@pytest.mark.parametrize(
    ("text", "arguments", "status"),
    [
        (HAPPY, ["list"], 0),
        (HAPPY + SETTLE, ["check"], 1),
        (HAPPY, ["show", "V-9"], 1),
        (HAPPY, ["dance"], 2),
        (HAPPY, ["accept", "V-1", "--write"], 3),
    ],
)
def test_the_process_ends_with_what_it_has_loaded(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, text: str, arguments: list[str], status: int
) -> None:
    """Nothing is taken apart before, and the exit status is that of the command."""
    clerk.write(text)
    whole = arguments == ["dance"]

    def gone(status: int) -> None:
        ledgers = [each for each in gc.get_objects() if isinstance(each, Ledger)]
        raise _GoneError(status, whole or any(each.path == clerk.path for each in ledgers))

    monkeypatch.setattr(os, "_exit", gone)
    monkeypatch.setattr(sys, "argv", ["bean-voucher", "-f", str(clerk.path), *arguments])
    gc.collect()
    with pytest.raises(_GoneError) as ended:
        program()
    assert ended.value.args == (status, True)


@pytest.mark.parametrize(
    ("raised", "status", "said"),
    [
        (SystemExit("why"), "why", ""),
        (OSError(28, "No space left on device"), 3, "Error: [Errno 28] No space left on device\n"),
    ],
)
def test_an_end_that_is_no_exit_status(
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    raised: BaseException,
    status: object,
    said: str,
) -> None:
    def raising() -> None:
        raise raised

    monkeypatch.setattr("beancount_voucher.cli.main", raising)
    with pytest.raises(SystemExit) as ended:
        program()
    assert ended.value.code == status
    assert capsys.readouterr().err == said


def test_a_command_that_cannot_even_say_what_went_wrong(clerk: Clerk) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    clerk.write(HAPPY)
    said = f"{command} -f {clerk.path} check 2>/dev/full"
    done = subprocess.run(said, shell=True, capture_output=True, check=False)  # noqa: S602
    assert (done.returncode, done.stdout) == (3, b"")


NEW = (
    b"--policyholder=Ann", b"--insurer=Ins", b"--issuer=Iss", b"--acceptor=Acc", b"--currency=CNY",
    b"--credit-line=0",
)  # fmt: skip


def test_an_argument_of_any_bytes_is_told_and_not_stumbled_over(clerk: Clerk) -> None:
    command = Path(sys.executable).parent / "bean-voucher"
    clerk.write(issue())
    ledger = os.fsencode(clerk.path)
    before = clerk.files()
    for arguments, status in (
        ([b"-f", ledger, b"list", b"--state", b"\xff"], 2),
        ([b"-f", ledger, b"show", b"\xff"], 1),
        (
            [
                b"-f",
                ledger,
                b"accept",
                b"V-1",
                b"--date",
                b"2026-03-03",
                b"--by",
                b"\xff",
                b"--write",
            ],
            3,
        ),
        ([b"-f", b"\xff", b"list"], 2),
        ([b"init", b"\xff", *NEW], 3),
        ([b"demo", b"--no-serve", b"\xff"], 3),
    ):
        ran = subprocess.run(
            [command, *arguments], capture_output=True, check=False, cwd=clerk.folder
        )
        assert ran.returncode == status, (arguments, ran.stderr)
        assert b"Traceback" not in ran.stderr
    assert clerk.files() == before


def test_the_load_cache_is_neither_read_nor_written(clerk: Clerk) -> None:
    """Unpickling a cache file that somebody committed would run its code."""
    clerk.write(HAPPY)
    cache = clerk.folder / f".{clerk.path.name}.picklecache"
    cache.write_bytes(b"cos\nsystem\n(S'touch pwned'\ntR.")
    assert clerk.run("list").status == 0
    assert cache.exists()
    assert not Path("pwned").exists()


def test_the_collector_is_left_as_it_was(clerk: Clerk) -> None:
    clerk.write(HAPPY)
    assert gc.isenabled()
    clerk.run("list")
    assert gc.isenabled()
    gc.disable()
    try:
        clerk.run("list")
        assert not gc.isenabled()
    finally:
        gc.enable()
