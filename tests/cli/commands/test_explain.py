"""``explain``: every code of every kind, and what is unknown."""

from __future__ import annotations

from itertools import pairwise

import pytest
from click.shell_completion import ShellComplete
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.cli.commands.explain import TABLES
from tests.support import LEDGERS

CODES = sorted({code for kind in TABLES for code in kind.table})


def ask(*arguments: str) -> tuple[int, str, str]:
    result = CliRunner().invoke(main, ["explain", *arguments], prog_name="bean-voucher")
    return result.exit_code, result.stdout, result.stderr


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("code", CODES)
def test_every_code_says_what_it_means_and_what_to_do(code: str) -> None:
    status, out, err = ask(code)
    assert (status, err) == (0, "")
    assert ask(f"[{code}]") == ask(code.upper()) == (0, out, "")
    kinds = [kind for kind in TABLES if code in kind.table]
    starts = [out.index(f"{code}, {kind.name}:") for kind in kinds]
    sections = [out[start:end] for start, end in pairwise([*starts, len(out)])]
    assert starts[0] == 0
    for kind, section in zip(kinds, sections, strict=True):
        meaning, remedy = kind.table[code]
        assert words(section).startswith(f"{code}, {kind.name}: {meaning}. What to do: {remedy}")
        example = LEDGERS / (kind.examples or "none") / f"{code}.beancount"
        _, shows, ledger = section.partition(kind.shows)
        assert bool(shows) == example.exists()
        assert not shows or ledger.strip() in example.read_text()
        assert not shows or "voucher-" in ledger


def test_one_in_full() -> None:
    assert ask("not-found") == (
        0,
        """\
not-found, error of the ledger: no such voucher on that date.

What to do: Correct the voucher's id, or record its request or issue, dated by
that day.

Instead, where a command refuses it: Correct the id or the date; `bean-voucher
list` shows every voucher.

The shortest ledger that gives it:

plugin "beancount_voucher_plugin"

2026-03-03 custom "voucher-accept" "V-1"  ; <-- not-found
""",
        "",
    )


def test_without_a_code_all_are_listed_by_kind() -> None:
    status, out, _ = ask()
    assert status == 0
    groups = [group.splitlines() for group in out.split("\n\n")]
    assert [lines[0].casefold() for lines in groups] == [kind.name.casefold() for kind in TABLES]
    for kind, (_, *lines) in zip(TABLES, groups, strict=True):
        listed = [line.split(None, 1) for line in lines]
        assert listed == [[code, each.meaning] for code, each in kind.table.items()]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("aply-late", 'there is no code "aply-late"; did you mean apply-late or accept-late or late?'),
        ("accepted", "did you mean not-accepted?"),
        ("exceeds", 'there is no code "exceeds"; did you mean exceeds-held or exceeds-applied or exceeds-drawn?'),
        ("X88", 'there is no code "X88"; bean-voucher explain lists them all'),
        ("\x1b[2J", 'there is no code "�[2J"; bean-voucher explain lists them all'),
        ("", 'there is no code ""; bean-voucher explain lists them all'),
    ],
)  # fmt: skip
def test_an_unknown_code(code: str, said: str) -> None:
    status, out, err = ask(code)
    assert (status, out) == (2, "")
    assert said in err


def test_a_shell_completes_codes_with_their_meaning() -> None:
    shell = ShellComplete(main, {}, "bean-voucher", "_BEAN_VOUCHER_COMPLETE")
    found = {each.value: each.help for each in shell.get_completions(["explain"], "apply-")}
    assert found == {"apply-late": "applied for after `apply-by`"}
    assert {each.value for each in shell.get_completions(["explain"], "")} == set(CODES)
