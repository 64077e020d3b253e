"""The manual says what is: its tables, commands, ledgers, links and names are checked here."""

from __future__ import annotations

import datetime as dt
import importlib
import re
import tomllib
from decimal import Decimal
from importlib.metadata import distribution
from typing import TYPE_CHECKING

import pytest
from beancount.parser import parser

from beancount_voucher.cli import main
from beancount_voucher.cli.console import Exit
from beancount_voucher.conditions import (
    BUILT_IN,
    Case,
    EventDirectives,
    ThirdPartyCondition,
    installed,
)
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.schema import DIRECTIVES, OPTIONS, REQUIRED_TERMS
from beancount_voucher.lifecycle.events import State
from tests.support import ROOT, code_of, load_path, tables
from tests.support.manual import PAGES, TOPICS, Terminal, blocks, home, played
from tests.support.tables import PUBLIC, TABLES, with_tables

if TYPE_CHECKING:
    from pathlib import Path

TEXTS = {path.name: path.read_text(encoding="utf-8") for path in PAGES}
WHOLE = "".join(TEXTS.values())


def topic(name: str) -> str:
    return TEXTS[f"{name}.md"]


every_page = pytest.mark.parametrize("name", TEXTS)


# --- What the program writes into it --------------------------------------------------------


@every_page
def test_its_tables_are_those_of_the_program(name: str) -> None:
    page = TEXTS[name]
    assert with_tables(page) == page, "python -m tests.support.tables --write"
    assert page.count("<!-- table ") == page.count("<!-- end -->")


def test_every_table_that_can_be_written_stands_somewhere() -> None:
    assert set(re.findall(r"<!-- table (\S+) -->", WHOLE)) == set(TABLES)


@every_page
def test_its_commands_print_what_is_shown(name: str) -> None:
    page = TEXTS[name]
    assert played(page) == page, "python -m tests.support.tables --write"


@pytest.mark.parametrize("name", TOPICS)
def test_each_topic_has_its_form_and_an_example(name: str) -> None:
    title, summary, *rest = topic(name).split("\n\n")
    assert re.fullmatch(r"# \S.*", title)
    assert re.fullmatch(r"[A-Z][^\n]*[a-z]\.", summary)
    assert rest
    assert "```" in topic(name)


# --- Its ledgers ----------------------------------------------------------------------------


@every_page
def test_its_ledgers_load_and_have_only_the_errors_that_are_shown(name: str) -> None:
    page = TEXTS[name]
    shown = set(re.findall(r"\[([a-z0-9-]+)\]$", page, re.MULTILINE))
    with home() as folder:
        terminal = Terminal(folder)
        tops: list[Path] = []
        for block in blocks(page, "beancount"):
            if block.verb == "file":
                terminal.write(block)
                tops += [folder / block.name] * block.text.count('plugin "')
        for top in tops:
            if "include" not in top.read_text(encoding="utf-8"):
                errors = [code_of(each.message) for each in load_path(top).errors]
                assert set(errors) <= shown | {"syntax error, unexpected INDENT"}


@every_page
def test_what_is_no_whole_ledger_is_read_without_an_error(name: str) -> None:
    for block in blocks(TEXTS[name], "beancount"):
        if block.verb:
            continue
        entries, errors, options = parser.parse_string(block.text)
        assert not errors, (block.text, errors)
        reading = read(entries, Names(options), installed())
        assert not reading.problems, (block.text, reading.problems)


@every_page
def test_its_other_blocks_can_be_read(name: str) -> None:
    page = TEXTS[name]
    for block in blocks(page, "python"):
        compile(block.text, name, "exec")
    for block in blocks(page, "toml"):
        assert tomllib.loads(block.text)
    known = {"", "console", "beancount", "python", "sql", "toml", "yaml"}
    assert {block.language for block in blocks(page)} <= known


def test_the_condition_of_ones_own_works() -> None:
    block, other = blocks(topic("conditions"), "python")
    names: dict[str, object] = {}
    exec(block.text, names)  # noqa: S102
    weekday = names["WEEKDAY"]
    assert weekday.expected("Friday") is None  # type: ignore[attr-defined]
    assert weekday.expected("Freitag") == "a day of the week, such as Friday"  # type: ignore[attr-defined]
    case = Case(dt.date(2026, 3, 6), Decimal(1), None, None, {}, EventDirectives())
    assert weekday.judge("Friday", case).outcome == "met"  # type: ignore[attr-defined]
    assert weekday.judge("Monday", case).outcome == "waiting"  # type: ignore[attr-defined]
    exec(other.text, names)  # noqa: S102
    km = ThirdPartyCondition("requires-km", names["KM"])
    assert list(km.evidence_keys) == ["km-stand"]
    assert (km.expected(Decimal(15000)), km.expected("far")) == (None, "a number of kilometres")
    car = case._replace(product="car")
    judged = [
        km.judge(Decimal(15000), each).outcome
        for each in (
            case,
            car,
            car._replace(evidence={"km-stand": Decimal(15001)}),
            car._replace(evidence={"km-stand": Decimal(11800)}),
        )
    ]
    assert judged == ["unmet", "unmet", "unmet", "met"]


# --- Its links ------------------------------------------------------------------------------


@pytest.mark.parametrize("path", PAGES, ids=lambda path: path.name)
def test_its_links_lead_somewhere(path: Path) -> None:
    text = re.sub(r"^```.*?^```", "", TEXTS[path.name], flags=re.DOTALL | re.MULTILINE)
    links = re.findall(r"\]\(([^)]+)\)", text)
    for link in links:
        if not link.startswith("https://"):
            assert (path.parent / link).is_file(), link
    for name in re.findall(r"\[([a-z-]+)\]\(([a-z-]+)\.md\)", text):
        assert name[0] == name[1] or name[1] in TOPICS


def test_every_topic_is_linked_from_the_readme() -> None:
    readme = TEXTS["README.md"]
    for name in TOPICS:
        assert f"(beancount_voucher/cli/help/{name}.md)" in readme, name


# --- Every name is told ---------------------------------------------------------------------


@pytest.mark.parametrize("name", DIRECTIVES)
def test_every_directive_stands_with_all_its_keys(name: str) -> None:
    [row] = [
        line for line in topic("directives").splitlines() if line.startswith(f"| `voucher-{name}`")
    ]
    each = DIRECTIVES[name]
    required = REQUIRED_TERMS if name == "issue" else each.required
    terms = "any term of an issue" in row
    for key in each.keys:
        if key in required:
            assert f"**{key}**" in row, key
        else:
            assert f"`{key}`" in row or (terms and key in DIRECTIVES["issue"].keys), key


def test_every_option_and_condition_is_described() -> None:
    for option, values in OPTIONS.items():
        [row] = [line for line in topic("directives").splitlines() if f"| `{option}` |" in line]
        assert [value for value in re.findall(r'"(\S+)"', row) if value in values] == [
            value for value in values if " " not in value
        ]
    for key in BUILT_IN:
        assert f"| `{key}: " in topic("conditions")


def test_every_state_is_told() -> None:
    for state in State:
        assert state in topic("life")


def test_every_exit_status_is_told() -> None:
    told = re.findall(r"^\| (\d) \| ", topic("stability"), re.MULTILINE)
    assert [int(each) for each in told] == [each.value for each in Exit]


def test_every_command_has_a_topic() -> None:
    told = re.findall(
        r"^\| `(\S+)` \| .* \| \[\S+\]\(\S+\.md\) \|$", topic("commands"), re.MULTILINE
    )
    assert told == sorted(main.commands)


def test_no_command_is_told_that_does_not_exist() -> None:
    told = set(re.findall(r"[`$] ?bean-voucher (?:-[^\s`]+ |\S+\.beancount )*([a-z]+)", WHOLE))
    assert len(told) > 10
    assert told <= set(main.commands)


def test_every_option_that_is_told_exists() -> None:
    known = {
        word
        for command in (main, *main.commands.values())
        for parameter in command.params
        for word in (*parameter.opts, *parameter.secondary_opts)
    } | {"--help"}
    prose = re.sub(r"^```.*?^```", "", WHOLE, flags=re.DOTALL | re.MULTILINE)
    told = set(re.findall(r"`(--[a-z-]+)", prose))
    assert len(told) > 15
    assert told <= known | {"--merge"}, "git's own"


@pytest.mark.parametrize("module", PUBLIC)
def test_every_promised_name_is_told_and_exists(module: str) -> None:
    exported = importlib.import_module(module).__all__
    told = re.findall(rf"^\| `{re.escape(module)}\.(\S+)` \|", topic("stability"), re.MULTILINE)
    assert told == list(exported)


def test_the_entry_point_group_is_the_one_that_is_told() -> None:
    from beancount_voucher import conditions  # noqa: PLC0415

    assert f"`{conditions.ENTRY_POINTS}`" in topic("stability")
    assert f'[project.entry-points."{conditions.ENTRY_POINTS}"]' in topic("conditions")


def test_every_extra_is_told_somewhere() -> None:
    extras = set(distribution("beancount-voucher").metadata.get_all("Provides-Extra", []))
    told = WHOLE + (ROOT / ".github" / "CONTRIBUTING.md").read_text(encoding="utf-8")
    for extra in extras:
        assert f"[{extra}]" in told or f"`{extra}`" in told, extra


def test_nothing_tells_to_install_from_an_index_where_it_is_not() -> None:
    assert not re.findall(r"(?:pipx?|uv tool) install '?\"?beancount-voucher(?! @|\[)", WHOLE)


def test_the_hooks_arguments_that_are_shown_are_the_hooks_own() -> None:
    """They take the place of the hook's, the subcommand's name among them."""
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    advised = re.findall(r"as in args (\[.*\])\.$", hooks, re.MULTILINE)
    own = re.findall(r"^  args: (\[.*\])$", hooks, re.MULTILINE)
    assert [each.replace("main.", "ledger.") for each in advised] == own
    for arguments in advised:
        assert f"`args: {arguments}`" in topic("review")


# --- What writes it -------------------------------------------------------------------------

PAGE = """\
# A page

<!-- table map-columns -->
| out of date |
<!-- end -->

<!-- file ledger.beancount -->
```beancount
2026-03-01 open Assets:Cash
```

```console
$ bean-voucher -f ledger.beancount check
nothing yet
```
"""


def test_a_page_is_told_to_be_out_of_date_and_then_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.md"
    page.write_text(PAGE, encoding="utf-8")
    assert tables.main([str(page)]) == 1
    assert page.read_text(encoding="utf-8") == PAGE
    assert tables.main([str(page), "--write"]) == 0
    written = page.read_text(encoding="utf-8")
    assert "| `date` | the day of booking; must be there |\n" in written
    assert "check\n0 ledger errors, 0 findings.\n```\n" in written
    assert "out of date" not in written
    assert "nothing yet" not in written
    assert tables.main([str(page)]) == 0
    assert capsys.readouterr().out == "page.md: not up to date\npage.md: written\n"


@pytest.mark.parametrize("command", ["bean-voucher check", "false | false", "git no-such-thing"])
def test_a_command_that_fails_must_be_followed_by_its_status(command: str) -> None:
    unasked = f"```console\n$ {command}\n```\n"
    with pytest.raises(AssertionError, match=r"nobody asks for the status"):
        played(unasked)
    with pytest.raises(AssertionError, match=r"nobody asks for the status"):
        played(unasked.replace("\n```\n", "\n$ true\n```\n"))
    asked = played(unasked.replace("\n```\n", "\n$ echo $?\n```\n"))
    assert re.search(r"\n\$ echo \$\?\n[12]\n```\n$", asked)
