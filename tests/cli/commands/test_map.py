"""``map``: what is shown, asked, refused and written."""

from __future__ import annotations

from contextlib import chdir
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.cli.commands import map as command
from beancount_voucher.statements.files import read
from beancount_voucher.statements.tables.map_text import map_text
from tests.support.bank_files import FILES

if TYPE_CHECKING:
    from pathlib import Path

SURE = "Account: 62001;Currency: EUR\nDate;Amount;Balance;Text\n"
SURE += "".join(f"{day:02}.03.2026;-1,00;{100 - day},00;T{day}\n" for day in range(1, 28))
OPEN = "".join(
    f"{line}\n".replace(".03.2026", "/03/2026").replace("Account: 62001;", "")
    for line in SURE.splitlines()[:14]
)


def run(folder: Path, *words: str, answers: str | None = None) -> tuple[int, str, str]:
    with chdir(folder):
        result = CliRunner().invoke(main, ["map", *words], input=answers)
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def sure(tmp_path: Path) -> Path:
    (tmp_path / "s.csv").write_text(SURE, encoding="utf-8")
    return tmp_path


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "_is_terminal", lambda: True)


def test_the_map_is_printed_with_the_first_lines(sure: Path) -> None:
    status, out, err = run(sure, "s.csv")
    assert status == 0
    assert out == (
        'delimiter = ";"\ndate-format = "%d.%m.%Y"\ndecimal = ","\nthousands = "."\n\n'
        '[columns]\ndate = "Date"\namount = "Amount"\nbalance = "Balance"\ntext = "Text"\n\n'
        '[file]\naccount = "Account:"\ncurrency = "Currency:"\n'
    )
    assert err.splitlines()[0].split() == [
        "date",
        "amount",
        "reference",
        "bank's",
        "reference",
        "text",
    ]
    assert err.splitlines()[2].split() == ["2026-03-01", "-1.00", "T1"]
    assert len(err.splitlines()) == 2 + 5 + 2
    assert (
        "62001, 2026-03-01 to 2026-03-27: 27 lines, -27.00 EUR, 100.00 to 73.00, proven.\n" in err
    )
    assert err.endswith("Nothing was written; --write writes s.toml.\n")
    assert not (sure / "s.toml").exists()


@pytest.mark.parametrize(
    ("words", "name"), [(("--write",), "s.toml"), (("-o", "m.toml"), "m.toml")]
)
def test_it_is_written_when_that_is_said(sure: Path, words: tuple[str, ...], name: str) -> None:
    status, out, err = run(sure, "s.csv", *words)
    assert (status, err.splitlines()[-1]) == (0, f"Wrote {name}.")
    assert (sure / name).read_text(encoding="utf-8") == out
    assert read(sure / "s.csv", sure / name)[0].is_proven


@pytest.mark.usefixtures("terminal")
@pytest.mark.parametrize(("answer", "written"), [("y\n", True), ("n\n", False), ("\n", False)])
def test_it_is_written_after_a_yes(sure: Path, answer: str, *, written: bool) -> None:
    status, _, err = run(sure, "s.csv", answers=answer)
    assert status == 0
    assert "Write s.toml? [y/N]: " in err
    assert (sure / "s.toml").exists() == written


def test_no_file_is_ever_replaced(sure: Path) -> None:
    (sure / "s.toml").write_text("mine", encoding="utf-8")
    status, _, err = run(sure, "s.csv", "--write")
    assert status == 3
    assert err.endswith("; nothing was written\n")
    assert (sure / "s.toml").read_text(encoding="utf-8") == "mine"


def test_what_is_open_is_refused_without_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(OPEN, encoding="utf-8")
    assert run(tmp_path, "s.csv", "--write") == (
        2,
        "",
        's.csv: how is the date "01/03/2026" written? Say it by --set date-format=%d/%m/%Y or '
        "--set date-format=%m/%d/%Y\n",
    )
    said = ("--set", "date-format=%d/%m/%Y")
    assert run(tmp_path, "s.csv", *said) == (
        2,
        "",
        "s.csv: what is the account's number? Say it by --set account=…\n",
    )
    status, out, _ = run(tmp_path, "s.csv", *said, "--set", "account=7")
    assert (status, 'account = "7"\n' in out) == (0, True)


@pytest.mark.usefixtures("terminal")
def test_what_is_open_is_asked_on_a_terminal(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text(OPEN, encoding="utf-8")
    status, out, err = run(tmp_path, "s.csv", answers="3\n1\n7\ny\n")
    assert status == 0
    assert (tmp_path / "s.toml").read_text(encoding="utf-8") == out
    assert 'how is the date "01/03/2026" written?\n  1  %d/%m/%Y: 01/03/2026 is 2026-03-01\n' in err
    assert "what is the account's number?: " in err
    assert 'date-format = "%d/%m/%Y"\n' in out


def test_a_statement_without_balances_proves_nothing(tmp_path: Path) -> None:
    (tmp_path / "s.csv").write_text("Date,Amount\n2026-03-02,-1.00\n", encoding="utf-8")
    status, _, err = run(tmp_path, "s.csv", "--set", "account=7", "--set", "currency=CNY")
    assert status == 0
    assert "1 line, -1.00 CNY, no balances: it proves nothing.\n" in err


def test_balances_above_may_not_prove_it(tmp_path: Path) -> None:
    text = "Opening,1.00\nClosing,2.00\nDate,Amount\n2026-03-02,-1.00\n"
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    words = ("account=7", "currency=CNY", "file.opening=Opening", "file.closing=Closing")
    status, _, err = run(tmp_path, "s.csv", *(part for word in words for part in ("--set", word)))
    assert status == 0
    assert "-1.00 CNY, 1.00 to 2.00, not proven.\n" in err


def test_no_line_is_no_table_of_lines(tmp_path: Path) -> None:
    text = "Date,Amount,Balance\n2026-03-02,,1.00\n"
    (tmp_path / "s.csv").write_text(text, encoding="utf-8")
    status, _, err = run(tmp_path, "s.csv", "--set", "account=7", "--set", "currency=CNY")
    assert (status, err.splitlines()[0]) == (
        0,
        "7, 2026-03-02 to 2026-03-02: 0 lines, 0 CNY, 1.00 to 1.00, proven.",
    )


@pytest.mark.parametrize(
    ("name", "wrong"),
    [
        ("none.csv", "No such file or directory; expected a CSV or a spreadsheet [unreadable]"),
        (".", "it is no file; expected a CSV or a spreadsheet [unreadable]"),
        ("LiMing-QingHe-2026-Q1.xml", "it is no table: reconcile reads it without a map, if at all; expected a CSV or a spreadsheet [unknown-format]"),
        ("YunShang-QingHe-2026-Q1.sta", "it is no table: reconcile reads it without a map, if at all; expected a CSV or a spreadsheet [unknown-format]"),
        ("empty.csv", "no row looks like headings; expected a map written by hand: bean-voucher help csv-maps [bad-csv]"),
    ],
)  # fmt: skip
def test_what_is_no_table(tmp_path: Path, name: str, wrong: str) -> None:
    for each, text in FILES.items():
        (tmp_path / each).write_text(text, encoding="utf-8")
    (tmp_path / "empty.csv").touch()
    assert run(tmp_path, name) == (1, "", f"{name}: {wrong}\n")


def test_what_is_set_has_a_name(sure: Path) -> None:
    status, _, err = run(sure, "s.csv", "--set", "account")
    assert (status, "NAME=VALUE is expected, such as account=62001" in err) == (2, True)
    status, _, err = run(sure, "s.csv", "--set", "=x")
    assert status == 2


def test_the_terminal_is_asked_for() -> None:
    assert command._is_terminal() in (True, False)
    assert map_text({}) == ""
