"""The command as a whole: usage, ledgers that cannot be loaded, the installed program."""

from __future__ import annotations

import gc
import os
import runpy
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click
import pytest
from click.testing import CliRunner

from beancount_voucher import cli
from beancount_voucher.cli import deliver, main, program
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError
from beancount_voucher.ledger.loader import Ledger
from tests.support import (
    ACCEPT,
    HAPPY,
    PLUGIN,
    SETTLE,
    WORLD,
    event,
    issue,
)
from tests.support.clerk import UNCHECKED

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

RUN = f"{sys.executable} -m beancount_voucher"

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
    "a day that is none": (["-f", "L", "list", "--as-of", "2026-02-30"], '"2026-02-30" is no day; expected 2026-03-05, today, yesterday'),
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
    assert done.stderr == f"V-1: settle on 2026-03-06: no condition is set\n{UNCHECKED}"
    refused = subprocess.run(
        [command, "-f", clerk.path, "void", "V-1", "--reason", "cancelled"],
        capture_output=True,
        check=False,
        text=True,
    )
    assert (refused.returncode, refused.stdout) == (1, "")
    version = subprocess.run([command, "--version"], capture_output=True, check=True, text=True)
    assert version.stdout.startswith("bean-voucher, version ")


FULL, CLOSED = "Error: [Errno 28] No space left on device\n", "Error: stdout is closed\n"


@pytest.mark.parametrize(
    ("output", "said"),
    [(">/dev/full", FULL), (">&-", CLOSED), ("<&- >&-", CLOSED), ("2>&- >&-", "")],
)
def test_an_output_that_takes_nothing(clerk: Clerk, output: str, said: str) -> None:
    command = f"{RUN} -f {clerk.write(HAPPY).path} list --as-of 2026-03-06 {output}"
    done = subprocess.run(command, shell=True, capture_output=True, check=False, text=True)  # noqa: S602
    assert (done.returncode, done.stdout, done.stderr) == (3, "", said)


@pytest.mark.parametrize("command", ["list", "--help", "show V-1"])
def test_an_output_that_nobody_reads_any_more(clerk: Clerk, command: str) -> None:
    """As by ``| head``: nothing is said, and the status tells."""
    clerk.write(HAPPY)
    reading, writing = os.pipe()
    os.close(reading)
    arguments = [*RUN.split(), "-f", str(clerk.path), *command.split()]
    done = subprocess.run(arguments, stdout=writing, stderr=subprocess.PIPE, check=False)
    os.close(writing)
    assert (done.returncode, done.stderr) == (3, b"")


def test_a_reader_that_is_gone_in_the_middle(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_args: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setattr(click.Group, "invoke", gone)
    result = CliRunner().invoke(main, ["list"])
    assert (result.exit_code, result.output) == (3, "")


def test_what_is_closed_is_stood_in_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Or the next file that is opened, a ledger maybe, would be what others print to."""
    opened: list[object] = []

    def closed(number: int) -> None:
        if number:
            raise OSError(9, "Bad file descriptor")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fstat", closed)
        patched.setattr(os, "open", lambda *args: opened.append(args))
        patched.setattr(sys, "stdout", None)
        patched.setattr("builtins.open", lambda *args, **_options: args)
        cli._stand_in()
        assert sys.stdout == (1, "w")
    assert opened == [(os.devnull, os.O_RDONLY)] * 2


def test_what_is_written_needs_no_output(clerk: Clerk) -> None:
    """And no file of the ledger takes the place of what is closed."""
    clerk.write(issue())
    command = f"{RUN} -f {clerk.path} accept V-1 --date 2026-03-03 --write <&- >&- 2>&-"
    assert subprocess.run(command, shell=True, check=False).returncode == 0  # noqa: S602
    assert clerk.path.read_text() == PLUGIN + WORLD + issue() + "\n" + ACCEPT


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


# --- Ctrl-C -----------------------------------------------------------------------------

# The command, interrupted at the n-th call into the operating system, before or after it,
# counted from where it takes its lock; or when it begins to load the ledger.
INTERRUPTED = """
import os, signal, sys
import beancount_voucher.cli  # what is interrupted before is another test's

step, count = int(sys.argv.pop(1)), 0

def interrupting(call):
    def interrupted(*args, **kwargs):
        global count
        if not count and not str(args[0]).endswith(".lock") and step:
            return call(*args, **kwargs)
        for part in (0, 1):
            count += bool(step)
            if count == step:
                os.write = write
                os.kill(os.getpid(), signal.SIGINT)
            if not part:
                result = call(*args, **kwargs)
        return result
    return interrupted

write = os.write
for name in ("open", "write", "fsync", "unlink", "ftruncate"):
    setattr(os, name, interrupting(getattr(os, name)))
from beancount_voucher.__main__ import program
program()
"""


def _interrupted(clerk: Clerk, step: int) -> tuple[int, str, bool]:
    """How the command ends, and whether it has written."""
    clerk.write(issue())
    before = clerk.files()
    arguments = ["-f", str(clerk.path), "accept", "V-1", "--date", "2026-03-03", "--write"]
    command = [sys.executable, "-c", INTERRUPTED, str(step), *arguments]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)
    written = clerk.files() != before
    if written:
        before["ledger.beancount"] += b"\n" + ACCEPT.encode()
    assert clerk.files() == before
    return ran.returncode, ran.stderr, written


def test_ctrl_c_at_any_moment_is_one_word_and_leaves_nothing_half_done(clerk: Clerk) -> None:
    whole, word = (0, f"Wrote {clerk.path}.\n", True), "Interrupted.\n"
    ends, step = set(), 0
    while (end := _interrupted(clerk, step)) != whole:
        ends.add(end)
        step += 1
    assert ends == {(130, word, False)}
    assert step > 15


def test_ctrl_c_once_all_is_written_is_too_late(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both are told: what is written, and that whatever comes next does not."""
    clerk.write(issue())
    monkeypatch.setattr(deliver, "_report", lambda *_: signal.raise_signal(signal.SIGINT))
    ran = clerk.run("accept", "V-1", "--date", "2026-03-03", "--write")
    assert (ran.status, ran.err) == (130, f"Wrote {clerk.path}.\nInterrupted.\n")
    assert clerk.path.read_text() == PLUGIN + WORLD + issue() + "\n" + ACCEPT


def test_ctrl_c_counts_although_somebody_else_was_faster(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    clerk.write(issue())
    calls: list[object] = []

    def changed(*args: object, **_options: object) -> None:
        calls.append(args)
        signal.raise_signal(signal.SIGINT)
        raise ChangedMeanwhileError("changed")

    monkeypatch.setattr(deliver, "submit", changed)
    ran = clerk.run("accept", "V-1", "--date", "2026-03-03", "--write")
    assert (ran.status, ran.err, len(calls)) == (130, "Interrupted.\n", 1)


def test_ctrl_c_before_anything_is_imported(tmp_path: Path) -> None:
    (tmp_path / "click.py").write_text("raise KeyboardInterrupt\n")
    environment = os.environ | {"PYTHONPATH": f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}"}
    ran = subprocess.run(RUN.split(), env=environment, capture_output=True, check=False)
    assert (ran.returncode, ran.stdout, ran.stderr) == (130, b"", b"Interrupted.\n")


@pytest.mark.parametrize(
    ("terminal", "said"), [(False, b"Interrupted.\n"), (True, b"\nInterrupted.\n")]
)
def test_ctrl_c_outside_of_any_command(
    monkeypatch: pytest.MonkeyPatch, terminal: bool, said: bytes
) -> None:
    """On a terminal it is behind the ``^C``."""
    told: list[object] = []

    def pressed() -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        patched.setattr(cli, "program", pressed)
        patched.setattr(os, "isatty", lambda number: terminal and number == 2)
        patched.setattr(os, "write", lambda *args: told.append(args))
        patched.setattr(os, "_exit", told.append)
        runpy.run_module("beancount_voucher", run_name="__main__")
        runpy.run_module("beancount_voucher", run_name="imported")
    assert told == [(2, said), 130]


def test_ctrl_c_at_a_prompt(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def pressed(_text: object, **_options: object) -> str:
        try:
            raise KeyboardInterrupt  # noqa: TRY301
        except KeyboardInterrupt:
            raise click.Abort from None  # as click does

    monkeypatch.setattr(click, "prompt", pressed)
    result = CliRunner().invoke(main, ["init", str(tmp_path / "new")])
    assert (result.exit_code, result.stderr.split()) == (130, ["Interrupted."])
    monkeypatch.undo()
    ended = CliRunner().invoke(main, ["init", str(tmp_path / "new")], input="")
    assert (ended.exit_code, ended.stderr.split()[-1]) == (1, "Aborted!")


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
