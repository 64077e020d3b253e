"""The README says what is, and is short: its ledger, entries and commands are checked here.

Its console blocks, links and tables are checked with the manual's.
"""

from __future__ import annotations

import re
import tomllib

import pytest
from beancount.parser import printer
from click.testing import CliRunner

from beancount_voucher.cli import main
from tests.support import LEDGERS, ROOT, load_path

README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALLEST = LEDGERS / "clearing-house" / "ledger.beancount"


def _block(language: str, containing: str) -> str:
    blocks: list[str] = re.findall(rf"```{language}\n(.*?)```", README, re.DOTALL)
    [found] = [block for block in blocks if containing in block]
    return found


def test_the_ledger_in_is_the_one_that_ships() -> None:
    text = SMALLEST.read_text(encoding="utf-8")
    for part in _block("beancount", 'custom "voucher-issue" "V-1"').split("\n\n"):
        assert part.strip() in text


def test_the_entries_out_are_what_the_plugin_writes() -> None:
    ledger = load_path(SMALLEST)
    written = "\n".join(
        printer.format_entry(entry)
        for entry in ledger.generated
        if entry.meta["voucher"] == "V-1" and entry.meta["voucher-event"] in ("issue", "settle")
    )
    assert _block("beancount", '"V-1 settled: 120.00 CNY paid"') == written


@pytest.mark.parametrize("name", sorted(main.commands))
def test_every_option_has_help(name: str) -> None:
    command = main.commands[name]
    assert command.help
    summary = command.get_short_help_str()
    assert not summary.endswith("...")
    for parameter in command.params:
        if parameter.param_type_name == "option":
            assert getattr(parameter, "help", None), parameter.name
    result = CliRunner().invoke(main, [name, "--help"])
    assert result.exit_code == 0
    assert summary in result.stdout


def test_the_two_commands() -> None:
    demo, tests = re.findall(r"^python3 -m venv .*$", README, re.MULTILINE)
    assert demo.endswith(".venv/bin/bean-voucher demo --no-serve")
    run = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert tests.split("&& ")[-1] in run
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"][
        "optional-dependencies"
    ]
    assert set(extras) == {
        "cluster",
        "excel",
        "exchange",
        "fuzz",
        "import",
        "mt940",
        "mutation",
        "test",
    }


def test_the_change_log_knows_this_version() -> None:
    from beancount_voucher import __version__  # noqa: PLC0415

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_it_is_a_door_and_no_house() -> None:
    assert len(README.encode()) <= 12_000
