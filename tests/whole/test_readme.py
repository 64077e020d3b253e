"""The README says what is: its commands, ledgers, tables and help texts are checked here."""

from __future__ import annotations

import json
import re
import shlex
import tomllib
from typing import TYPE_CHECKING

import pytest
from beancount.parser import printer
from click.testing import CliRunner

from beancount_voucher.audit.findings import FINDINGS
from beancount_voucher.books.posting_table import BOOKS, POSTINGS
from beancount_voucher.cli import main
from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import ROLES
from beancount_voucher.directives.errors import CODES
from beancount_voucher.directives.schema import DIRECTIVES, OPTIONS, REVIEW_RULES
from beancount_voucher.lifecycle.transitions import TRANSITIONS
from beancount_voucher.reconciliation.items import ITEM_REASONS
from beancount_voucher.reconciliation.items import MATCH_RULES as MATCHING
from beancount_voucher.statements.csv_map import COLUMNS, MAP_SETTINGS, TEXTS
from beancount_voucher.statements.proof import PROOFS
from beancount_voucher.statements.statement import FAULTS
from tests.support import LEDGERS, ROOT, load_path

if TYPE_CHECKING:
    from pathlib import Path

README = (ROOT / "README.md").read_text(encoding="utf-8")
SMALLEST = LEDGERS / "clearing-house" / "ledger.beancount"


def table(headers: list[str], rows: list[list[str]]) -> str:
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join("| " + " | ".join(cell or " " for cell in line) + " |\n" for line in lines)


def codes() -> str:
    return table(["code", "when"], [[f"`{code}`", text] for code, text in CODES.items()])


def findings() -> str:
    return table(["code", "what `check` found"], [[f"`{c}`", text] for c, text in FINDINGS.items()])


def reasons() -> str:
    return table(
        ["reason", "what it means"], [[f"`{c}`", text] for c, text in ITEM_REASONS.items()]
    )


def matching_rules() -> str:
    return table(["matched by", "when"], [[f"`{c}`", text] for c, text in MATCHING.items()])


def proofs() -> str:
    return table(["flaw", "when"], [[f"`{c}`", text] for c, text in PROOFS.items()])


def faults() -> str:
    return table(["code", "the file is not read"], [[f"`{c}`", t] for c, t in FAULTS.items()])


def map_settings() -> str:
    rows = [
        [f"`{name}`", each.meaning, f"`{json.dumps(each.default)}`"]
        for name, each in MAP_SETTINGS.items()
    ]
    return table(["setting", "what it says", "default"], rows)


def map_columns() -> str:
    rows = {**COLUMNS, "text": TEXTS}.items()
    return table(["column", "what stands in it"], [[f"`{name}`", text] for name, text in rows])


def rules() -> str:
    return table(
        ["rule", "broken when"], [[f"`{rule}`", text] for rule, text in REVIEW_RULES.items()]
    )


def life() -> str:
    rows = []
    for rule in TRANSITIONS:
        guards = [(guard.__doc__ or "").split("\n")[0].rstrip(".") for guard in rule.guards]
        holds = "; ".join(guard[0].lower() + guard[1:] for guard in guards).replace("``", "`")
        becomes = "the same" if rule.becomes is None else str(rule.becomes)
        rows.append([", ".join(rule.states), rule.event, holds, becomes])
    return table(["state", "event", "holds only if", "becomes"], rows)


def postings() -> str:
    rows = [
        [row.events, row.when, *(getattr(row, book).replace(" -", " −") for book in BOOKS)]
        for row in POSTINGS
    ]
    return table(["event", "when", *BOOKS], rows)


def accounts() -> str:
    rows = [
        [party, f"`{role}`", f"`{account.default.replace('(bank)', '{bank account}')}`"]
        for party, roles in ROLES.items()
        for role, account in roles.items()
    ]
    return table(["party", "role", "account"], rows)


@pytest.mark.parametrize(
    "rendered",
    [
        codes,
        findings,
        rules,
        life,
        postings,
        accounts,
        reasons,
        matching_rules,
        proofs,
        faults,
        map_settings,
        map_columns,
    ],
)
def test_the_tables_are_those_of_the_program(rendered: object) -> None:
    assert rendered() in README  # type: ignore[operator]


def test_every_directive_option_condition_and_command_is_described() -> None:
    for name in DIRECTIVES:
        assert f"`voucher-{name}`" in README
    for option, values in OPTIONS.items():
        assert f"`{option}`" in README
        for value in values:
            assert f'"{value}"' in README
    for key in BUILT_IN:
        assert f"`{key}" in README
    for command in main.commands:
        assert f"`{command}" in README


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


def test_the_command_line_that_is_shown() -> None:
    shown = _block("console", "bean-voucher --help")
    result = CliRunner().invoke(main, ["--help"], prog_name="bean-voucher", terminal_width=80)
    assert shown == "$ bean-voucher --help\n" + result.stdout


def test_the_decisions_that_are_shown() -> None:
    shown = _block("console", "show V-2")
    command = shlex.split(shown.splitlines()[0].removeprefix("$ "))
    result = CliRunner().invoke(main, ["-f", str(SMALLEST), *command[3:]])
    folder = str(SMALLEST.parent.parent)
    assert shown.split("\n", 1)[1] == result.stdout.replace(folder, "…")


def test_the_reconciliation_that_is_shown() -> None:
    shown = _block("console", "2026-Q1.xml")
    command = shlex.split(shown.splitlines()[0].removeprefix("$ "))
    paths = [str(ROOT / each) if "/" in each else each for each in command[1:]]
    result = CliRunner().invoke(main, paths)
    assert result.exit_code == 0
    assert shown.split("\n", 1)[1] == result.stdout


def test_the_recording_that_is_shown_works(tmp_path: Path) -> None:
    [block] = re.findall(r"```\n(bean-voucher issue .*?)```", README, re.DOTALL)
    path = tmp_path / "ledger.beancount"
    path.write_bytes(SMALLEST.read_bytes())
    for line in block.splitlines():
        result = CliRunner().invoke(main, ["-f", str(path), *shlex.split(line)[1:]])
        assert result.exit_code == 0, (line, result.stderr)
    evaluation = load_path(path).evaluation
    assert str(evaluation.vouchers["V-003"].status.state) == "applied"


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
    assert set(extras) == {"fuzz", "import", "mt940", "mutation", "test"}


def test_the_hooks_arguments_that_are_shown_are_the_hooks_own() -> None:
    """They take the place of the hook's, the subcommand's name among them."""
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    advised = re.findall(r"as in args (\[.*\])\.$", hooks, re.MULTILINE)
    own = re.findall(r"^  args: (\[.*\])$", hooks, re.MULTILINE)
    assert [each.replace("main.", "ledger.") for each in advised] == own
    for arguments in advised:
        assert f"`args: {arguments}`" in README


def test_the_change_log_knows_this_version() -> None:
    from beancount_voucher import __version__  # noqa: PLC0415

    assert f"## {__version__}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
