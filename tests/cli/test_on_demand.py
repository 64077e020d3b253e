"""Commands are imported when they are asked for, and what needs no ledger starts without one."""

from __future__ import annotations

import subprocess
import sys

import click
import pytest
from click.testing import CliRunner

from beancount_voucher.cli import COMMANDS, main
from beancount_voucher.cli.on_demand import OnDemand, Waiting

SCRIPT = """\
import sys
from beancount_voucher.cli import main
try:
    main(sys.argv[1:], prog_name="bean-voucher")
except SystemExit as end:
    assert end.code == 0
print(sorted({"beancount", "beanquery", "fava", "tabulate"} & set(sys.modules)), file=sys.stderr)
"""


@pytest.mark.parametrize(
    ("arguments", "environment"),
    [
        (["--help"], {}),
        (["--version"], {}),
        (["help"], {}),
        (["help", "--help"], {}),
        (["help", "codes"], {}),
        (["explain"], {}),
        (["explain", "accept-late"], {}),
        ([], {"COMP_WORDS": "bean-voucher ", "COMP_CWORD": "1"}),
        ([], {"COMP_WORDS": "bean-voucher help ", "COMP_CWORD": "2"}),
        ([], {"COMP_WORDS": "bean-voucher explain ", "COMP_CWORD": "2"}),
    ],
)
def test_it_starts_without_beancount(arguments: list[str], environment: dict[str, str]) -> None:
    if environment:
        environment["_BEAN_VOUCHER_COMPLETE"] = "bash_complete"
    path = {"PYTHONPATH": ":".join(filter(None, sys.path))}
    ran = subprocess.run(
        [sys.executable, "-c", SCRIPT, *arguments],
        env={**path, **environment},
        capture_output=True,
        text=True,
        check=True,
    )
    assert (ran.returncode, ran.stderr) == (0, "[]\n")
    assert ran.stdout


def test_a_command_is_what_is_said_of_it() -> None:
    assert list(COMMANDS) == sorted(COMMANDS) == main.list_commands(click.Context(main))
    for name, waiting in COMMANDS.items():
        command = main.commands[name]
        assert command.name == name
        assert command.get_short_help_str(100) == waiting.summary
        assert command.callback is not None


def test_the_help_lists_each_command_with_what_it_does() -> None:
    said = CliRunner().invoke(main, ["--help"]).stdout
    told = [line.split(maxsplit=1) for line in said.partition("Commands:\n")[2].splitlines()]
    assert told == [[name, each.summary] for name, each in COMMANDS.items()]


@pytest.mark.parametrize(
    ("begun", "names"),
    [
        ("", list(COMMANDS)),
        ("i", ["init", "issue"]),
        ("--q", ["--quiet"]),
        ("x", []),
    ],
)
def test_what_a_shell_completes(begun: str, names: list[str]) -> None:
    found = main.shell_complete(click.Context(main), begun)
    assert [each.value for each in found] == names
    assert all(each.help for each in found)


def test_a_mapping_of_commands() -> None:
    commands = OnDemand({"help": Waiting("help", ""), "explain": Waiting("explain", "")})
    mine = click.Command("mine")
    commands["mine"] = commands["help"] = mine
    assert commands["help"] is commands["mine"] is mine
    assert (commands["explain"].name, commands.get("show")) == ("explain", None)
    del commands["explain"], commands["mine"]
    assert (list(commands), len(commands)) == (["help"], 1)
    assert "explain" not in commands
