"""``print``, ``query`` and ``init``."""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
from collections import defaultdict
from decimal import Decimal
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.core.data import Custom, Transaction
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from tests.support import HAPPY, LEDGERS, PLUGIN, event, issue, load_path
from tests.support.clerk import Clerk

if TYPE_CHECKING:
    from collections.abc import Iterable

    from beancount.core.data import Directive

# --- print ------------------------------------------------------------------------------


def balances(entries: Iterable[Directive]) -> dict[object, dict[object, Decimal]]:
    """What moves on each account on each date."""
    moved: dict[object, dict[object, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for entry in entries:
        if isinstance(entry, Transaction):
            for posting in entry.postings:
                assert posting.units is not None
                assert posting.units.number is not None
                key = posting.account, posting.units.currency, str(posting.cost)
                moved[key][entry.date] += posting.units.number
    return moved


def printed(path: Path, *arguments: str) -> str:
    result = CliRunner().invoke(main, ["-f", str(path), "print", *arguments])
    assert result.exit_code == 0, result.stderr
    return result.stdout


@pytest.mark.parametrize("book", ["all", "LiMing", "QingHe", "HengXin"])
def test_the_plain_ledger_has_the_same_balances_on_every_date(book: str) -> None:
    path = LEDGERS / "marketplace" / f"{book}.beancount"
    text = printed(path)
    assert "beancount_voucher_plugin" not in text
    entries, errors, options = loader.load_string(text)
    assert errors == []
    original = load_path(path)
    assert balances(entries) == balances(original.entries)
    assert options["title"] == original.options["title"]
    assert options["operating_currency"] == ["CNY"]
    transactions = [e for e in original.entries if isinstance(e, Transaction)]
    again = [e for e in entries if isinstance(e, Transaction)]
    for before, after in zip(transactions, again, strict=True):
        assert (before.tags, before.links, before.payee) == (after.tags, after.links, after.payee)
        assert before.meta.get("voucher") == after.meta.get("voucher")


HARD = """\
option "title" "Hard \\"things\\""
option "name_assets" "Vermögen"
option "inferred_tolerance_default" "CNY:0.0001"
option "infer_tolerance_from_cost" "TRUE"
2020-01-01 open Vermögen:Ann:Iss
2020-01-01 open Vermögen:Ins:Acc
2020-01-01 open Vermögen:Stock  "FIFO"
2020-01-01 open Vermögen:Cash
2020-01-01 open Equity:Opening
2020-01-01 open Liabilities:Iss:Deposits:Ann
2020-01-01 open Liabilities:Acc:Deposits:Ins
2020-01-02 custom "budget" Vermögen:Cash "a \\"quote\\"" 10.50 CNY TRUE 2020-01-01 7
  note: "x"
  flag: FALSE
  nothing:
2020-01-02 custom "empty"
2020-01-03 pad Vermögen:Cash Equity:Opening
2020-01-09 balance Vermögen:Cash  1000.123456 CNY
2020-02-01 * "Buy"
  Vermögen:Stock   3 SHARE {1.123456789 CNY}
  Vermögen:Cash   -3.370370367 CNY
2020-02-02 * "Sell"
  Vermögen:Stock  -1 SHARE {} @ 1.5 CNY
  Vermögen:Cash    1.123456789 CNY
2020-03-01 * "Fund"
  Vermögen:Ann:Iss  200 CNY
  Equity:Opening
2026-01-01 custom "voucher-party" "Ann" "policyholder"
2026-01-01 custom "voucher-party" "Iss" "bank"
2026-01-01 custom "voucher-party" "Acc" "bank"
2026-01-01 custom "voucher-party" "Ins" "insurer"
"""


def test_padding_lots_options_and_customs_survive(clerk: Clerk) -> None:
    clerk.write(HAPPY.replace("100.00 CNY", "0.123456789012 CNY"), world=HARD)
    text = printed(clerk.path)
    assert "0.123456789012 CNY" in text
    entries, errors, options = loader.load_string(text)
    assert errors == []
    original = load_path(clerk.path)
    assert original.errors == []
    assert balances(entries) == balances(original.entries)
    for option in (
        "title",
        "name_assets",
        "inferred_tolerance_default",
        "infer_tolerance_from_cost",
    ):
        assert options[option] == original.options[option]
    assert (
        '2020-01-02 custom "budget" Vermögen:Cash "a \\"quote\\"" 10.50 CNY TRUE 2020-01-01 7\n'
        in text
    )
    assert '  note: "x"\n  flag: FALSE\n  nothing:\n' in text
    assert '\n; 2020-01-02 custom "empty"\n' in text
    # What the vouchers said stays, for the reader, and without the plugin's own metadata.
    assert '; 2026-03-02 custom "voucher-issue" "V-1" 0.123456789012 CNY\n;   policyholder' in text
    assert ';   voucher: "V-1"' not in text


TEXTS = """\
option "booking_method" "NONE"
2020-01-01 open Assets:Hands
2020-01-01 open Assets:Cash
2020-01-02 note Assets:Cash "said \\"hi\\" \\\\ there"
2020-01-02 event "q\\"r" "a\\"b"
2020-01-02 query "na\\"me" "SELECT account WHERE account ~ \\"Cash\\""
2020-01-02 document Assets:Cash "/tmp/a \\"b\\".txt"
2020-01-03 * "Pay\\"ee" "Buy"
  Assets:Hands   5 HANDS {10 USD, "la\\"bel"}
  Assets:Cash  -50 USD
2020-01-04 * "Sell what is not there"
  Assets:Hands  -7 HANDS {11 USD}
  Assets:Cash   77 USD
"""


def test_texts_with_quotes_and_unmatched_lots_survive(clerk: Clerk) -> None:
    clerk.write(TEXTS, world="")
    original = load_path(clerk.path)
    wrong = [error.message for error in original.errors]
    assert all("does not exist" in message for message in wrong)  # the document
    ran = clerk.run("print")
    entries, errors, _ = loader.load_string(ran.out)
    assert [error.message for error in errors] == wrong
    assert balances(entries) == balances(original.entries)
    assert 'note Assets:Cash "said \\"hi\\" \\\\ there"' in ran.out
    assert 'event "q\\"r" "a\\"b"' in ran.out


NUMBERS = """\
option "inferred_tolerance_default" "BTC:0.00000001"
option "tolerance_multiplier" "0.0000005"
2020-01-01 open Assets:Coins
2020-01-01 open Equity:Opening
2020-01-02 price BTC 50000 USD
  rate: 0.0000000
2020-01-03 * "tiny and huge"
  rate: 0.00000012
  units: 1000/0.1
  Assets:Coins  0.00000001 BTC
    fx: -0.00000001
  Equity:Opening
2020-01-04 custom "x" 1 (-2) -0.5
2020-01-04 custom "y" 1.00 (-2.00) USD 3
2020-01-04 custom "z" -1 USD "a" -2
"""


def test_numbers_survive_wherever_they_stand(clerk: Clerk) -> None:
    """Beancount's parser knows no exponent, and takes ``1 -2`` for a subtraction."""
    clerk.write(NUMBERS, world="")
    original = load_path(clerk.path)
    entries, errors, options = loader.load_string(printed(clerk.path))
    assert (original.errors, errors) == ([], [])
    assert options["inferred_tolerance_default"] == {"BTC": Decimal("0.00000001")}
    assert options["tolerance_multiplier"] == original.options["tolerance_multiplier"]

    def numbers(entries: list[Any]) -> list[Any]:
        said = [entry.values for entry in entries if isinstance(entry, Custom)]
        metas = [entry.meta for entry in entries]
        metas += [p.meta for e in entries if isinstance(e, Transaction) for p in e.postings]
        return said + [[meta.get(key) for key in ("rate", "units", "fx")] for meta in metas if meta]

    assert numbers(entries) == numbers(original.entries)
    tiny = [Decimal("0.00000012"), Decimal(10000), None]
    assert tiny in numbers(entries)


def test_a_ledger_that_no_plugin_of_beancount_may_process(clerk: Clerk) -> None:
    """In raw mode a pad is not filled, and no balance is checked: nor are they when printed."""
    raw = 'option "plugin_processing_mode" "raw"\n'
    pads = "2026-02-01 pad Assets:Ann:Iss Equity:Opening\n2026-04-01 balance Assets:Ann:Iss 5 CNY\n"
    clerk.write(HAPPY + pads, plugin=raw + PLUGIN)
    original = load_path(clerk.path)
    text = printed(clerk.path)
    entries, errors, _ = loader.load_string(text)
    assert (original.errors, errors) == ([], [])
    assert balances(entries) == balances(original.entries)
    assert "2026-02-01 pad Assets:Ann:Iss Equity:Opening\n" in text


def test_it_loads_where_this_package_is_not_installed(tmp_path: Path) -> None:
    path = tmp_path / "plain.beancount"
    path.write_text(printed(LEDGERS / "clearing-house" / "ledger.beancount"), encoding="utf-8")
    check = (
        "import sys; sys.modules['beancount_voucher'] = None; "
        "sys.modules['beancount_voucher_plugin'] = None\n"
        "from beancount import loader\n"
        f"print(len(loader.load_file({str(path)!r})[1]))"
    )
    environment = {**os.environ, "BEANCOUNT_DISABLE_LOAD_CACHE": "1"}
    done = subprocess.run(
        [sys.executable, "-c", check], capture_output=True, text=True, check=True, env=environment
    )
    assert done.stdout == "0\n"


def test_one_voucher_with_the_accounts_that_it_needs() -> None:
    text = printed(LEDGERS / "marketplace" / "all.beancount", "--voucher", "RF-001")
    entries, errors, _ = loader.load_string(text)
    assert errors == []
    found = [entry for entry in entries if isinstance(entry, Transaction)]
    assert {entry.meta["voucher"] for entry in found} == {"RF-001"}
    assert len(found) == 10
    assert text.count("; 2026-01-") == 5


def test_a_voucher_that_is_not_there(clerk: Clerk) -> None:
    ran = clerk.write(HAPPY).run("print", "--voucher", "V-9")
    assert (ran.status, ran.out) == (1, "")
    assert "V-9: there is no such voucher [not-found]" in ran.err


# --- query ------------------------------------------------------------------------------


def test_vouchers_and_their_events_are_tables(clerk: Clerk) -> None:
    clerk.write(
        HAPPY
        + issue("V-2", "1234.50 CNY", product='"car"')
        + event("reject", "2026-03-04", voucher="V-2", by='"Acc"', reason='"no"')
    )
    ran = clerk.run(
        "query", "SELECT state, sum(amount) AS total FROM #vouchers GROUP BY state ORDER BY state"
    )
    assert (ran.status, ran.out) == (
        0,
        "state        total\n--------  --------\nrejected  1,234.50\nsettled     100.00\n",
    )  # fmt: skip
    question = (
        "SELECT date, event, state, amount, done_by, reason, line FROM #voucher_events "
        "WHERE voucher = 'V-2' ORDER BY date"
    )
    answer = json.loads(clerk.run("query", question, "--format", "json").out)
    assert [(row["date"], row["event"], row["state"], row["amount"]) for row in answer] == [
        ("2026-03-02", "issue", "issued", "1234.50"),
        ("2026-03-04", "reject", "rejected", "1234.50"),
    ]
    assert (answer[1]["done_by"], answer[1]["reason"]) == ("Acc", "no")
    assert type(answer[0]["line"]) is int


def test_vouchers_are_as_of_a_day(clerk: Clerk) -> None:
    clerk.write(HAPPY)
    question = "SELECT id, state, held, overdue FROM #vouchers"
    out = clerk.run("query", question, "--as-of", "2026-03-03", "--format", "csv").out
    assert out == "\ufeffid,state,held,overdue\nV-1,accepted,100.00,FALSE\n"


def test_beancounts_own_tables_are_there(clerk: Clerk) -> None:
    clerk.write(HAPPY)
    question = "SELECT account, sum(position) WHERE account ~ 'Frozen' GROUP BY account"
    assert "Assets:Ann:Iss:Frozen" in clerk.run("query", question, "--format", "markdown").out


@pytest.mark.parametrize("style", ["table", "csv", "json", "markdown"])
def test_beancounts_own_values_are_texts(clerk: Clerk, style: str) -> None:
    clerk.write(HAPPY)
    question = (
        "SELECT sum(position) AS total, first(tags) AS tags, first(units(position)) AS units "
        "WHERE 'voucher-issue' IN tags AND account ~ 'Iss$'"
    )
    ran = clerk.run("query", question, "--format", style)
    assert ran.status == 0
    assert "-100.00 CNY" in ran.out
    assert "voucher, voucher-issue" in ran.out
    assert "frozenset" not in ran.out
    assert "'-" not in ran.out  # an amount is no formula


def test_output_is_utf8_whatever_the_locale(clerk: Clerk) -> None:
    clerk.write(issue(product='"退货运费"'))
    command = Path(sys.executable).parent / "bean-voucher"
    done = subprocess.run(
        [command, "-f", clerk.path, "list", "--format", "csv"],
        capture_output=True,
        check=True,
        env={**os.environ, "PYTHONIOENCODING": "latin-1", "PYTHONUTF8": "0"},
    )
    assert "退货运费" in done.stdout.decode()


@pytest.mark.parametrize(
    "question", ["SELECT", "SELECT nothing FROM #vouchers", "x" * 5000, "SELECT id FROM #none"]
)
def test_a_question_that_is_none(clerk: Clerk, question: str) -> None:
    ran = clerk.write(HAPPY).run("query", question)
    assert (ran.status, ran.out) == (2, "")
    assert "Traceback" not in ran.err


# --- init -------------------------------------------------------------------------------

OPTIONS = [
    "--policyholder",
    "LiMing",
    "--insurer",
    "Sunrise",
    "--issuer",
    "FirstBank",
    "--acceptor",
    "SecondBank",
    "--currency",
    "CNY",
    "--credit-line",
    "50000.00",
    "--date",
    "2026-03-01",
]


def init(*arguments: str, answers: str | None = None) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["init", *arguments], input=answers)
    assert result.exception is None or isinstance(result.exception, SystemExit)
    return result.exit_code, result.stderr


@pytest.mark.parametrize("acceptor", ["SecondBank", "FirstBank"])
@pytest.mark.parametrize("credit", ["50000.00", "0"])
@pytest.mark.parametrize("holds", ["pooled", "per-voucher"])
def test_a_new_ledger_is_clean_and_works(
    tmp_path: Path, acceptor: str, credit: str, holds: str
) -> None:
    folder = tmp_path / "books"
    options = [*OPTIONS, "--acceptor", acceptor, "--credit-line", credit, "--hold-accounts", holds]
    status, said = init(
        str(folder), *options, "--recognise-at", "settle", "--advance-premium", "unearned"
    )
    assert status == 0
    assert f"bean-voucher -f {folder}/ledger.beancount check" in said
    clerk = Clerk(folder)
    clerk.path = folder / "ledger.beancount"
    assert clerk.run("check").status == 0
    fund = '2026-03-01 * "In"\n  Assets:LiMing:FirstBank  500.00 CNY\n  Equity:LiMing:Opening\n'
    accounts = folder / "accounts.beancount"
    accounts.write_text(accounts.read_text() + fund)
    given = (
        "issue --id V-{n:03} 100.00 CNY --policyholder LiMing --issuer FirstBank --insurer Sunrise "
        f"--acceptor {acceptor} --funding cash --accept-by 2026-04-05 --apply-by 2026-04-30 "
        "--date 2026-04-02 --write"
    ).split()
    assert clerk.run(*given).status == 0
    for command in ("accept --date 2026-04-03", "apply --date 2026-04-04"):
        name, *rest = command.split()
        assert clerk.run(name, "V-001", *rest, "--write").status == 0
    assert clerk.run("run", "--as-of", "2026-04-05", "--write").status == 0
    assert clerk.run("check").status == 0
    evaluation = load_path(clerk.path).evaluation
    assert str(evaluation.vouchers["V-001"].status.state) == "settled"
    assert evaluation.options["recognise-at"] == "settle"
    assert evaluation.options["advance-premium"] == "unearned"
    assert evaluation.options["hold-accounts"] == holds
    lines = evaluation.ledger_state.lines.all()
    assert [line.limit for line in lines.values()] == ([] if credit == "0" else [Decimal(50000)])
    assert (folder / "vouchers/2026/04.beancount").read_text().count("voucher-") == 4
    ignored = (folder / ".gitignore").read_text().split()
    assert ".*.lock" in ignored


def test_init_asks_for_what_is_not_given(tmp_path: Path) -> None:
    answers = "LiMing\nSunrise\nlower\nFirstBank\nFirstBank\n\n\n\n\n\n"
    result = CliRunner().invoke(main, ["init", str(tmp_path / "books")], input=answers)
    assert result.exit_code == 0
    # Results are for stdout; what is asked is for the person (manual: commands).
    assert result.stdout == ""
    assert 'Error: "lower" is no party id' in result.stderr
    assert "\nCredit line of the policyholder (0: none) [0]: " in result.stderr
    parties = (tmp_path / "books" / "parties.beancount").read_text()
    assert parties.count("voucher-party") == 3
    assert "voucher-credit-line" not in parties


# what is answered after the parties, the currency and the credit line -> the first day, balances
OPENED = {
    "a day and a balance": ("2026-03-01\n5,000.00\n\n", "2026-03-01", ["5000.00 CNY", "-5000.00 CNY"]),
    "both balances": ("2026-03-01\n5\n7 USD\n", "2026-03-01", ["5 CNY", "-5 CNY", "7 USD", "-7 USD"]),
    "nothing": ("\n\n\n", None, []),
    "no day, and no amounts": ("soon\n2026-03-01\nmuch\n-1\n1e5\n2\n\n", "2026-03-01", ["2 CNY", "-2 CNY"]),
}  # fmt: skip


@pytest.mark.parametrize("name", OPENED)
def test_init_asks_for_the_first_day_and_what_is_there(tmp_path: Path, name: str) -> None:
    answers, day, balances = OPENED[name]
    answers = f"LiMing\nSunrise\nFirstBank\nSecondBank\n\n\n{answers}"
    result = CliRunner().invoke(main, ["init", str(tmp_path / "books")], input=answers)
    assert (result.exit_code, result.stdout) == (0, "")
    assert "\nOpening balance of Assets:LiMing:FirstBank [0]: " in result.stderr
    accounts = (tmp_path / "books" / "accounts.beancount").read_text()
    first = dt.datetime.now().astimezone().date().isoformat() if day is None else day
    assert f"\n{first} open Assets:LiMing:FirstBank\n" in accounts
    entries, errors, _ = loader.load_file(str(tmp_path / "books" / "ledger.beancount"))
    assert errors == []
    found = [str(entry.postings[0].units) for entry in entries if isinstance(entry, Transaction)]
    assert found == balances
    assert ("Put the opening balance here" in accounts) is not bool(balances)


def test_after_init_the_first_cash_voucher_works(tmp_path: Path) -> None:
    opening = ["--opening", "Assets:LiMing:FirstBank=5000.00 CNY"]
    assert init(str(tmp_path / "books"), *OPTIONS, *opening)[0] == 0
    clerk = Clerk(tmp_path / "books")
    for arguments in (
        "issue CAR-001 3650.00 CNY --policyholder LiMing --issuer FirstBank --acceptor SecondBank "
        "--insurer Sunrise --funding cash --accept-by 2026-03-05 --apply-by 2026-03-31 "
        "--date 2026-03-02",
        "accept CAR-001 --date 2026-03-03",
        "apply CAR-001 --date 2026-03-04",
        "settle CAR-001 --as-of 2026-03-05",
    ):
        ran = clerk.run(*arguments.split(), "--write")
        assert (ran.status, ran.out) == (0, ""), ran.err
    assert clerk.run("check", "--as-of", "2026-04-30").status == 0
    state = load_path(clerk.path).evaluation.vouchers["CAR-001"].status.state
    assert str(state) == "settled"


@pytest.mark.parametrize(
    ("opening", "words"),
    [
        ("Assets:LiMing:Frozen=5", "--opening is for Assets:LiMing:FirstBank or Assets:Sunrise:SecondBank"),
        ("Assets:LiMing:FirstBank", "is an amount such as 5000.00"),
        ("Assets:LiMing:FirstBank=-5", "is an amount such as 5000.00"),
        ("Assets:LiMing:FirstBank=" + "9" * 29, "is an amount such as 5000.00"),
    ],
)  # fmt: skip
def test_init_with_a_balance_that_cannot_be(tmp_path: Path, opening: str, words: str) -> None:
    status, said = init(str(tmp_path / "books"), *OPTIONS, "--opening", opening)
    assert status == 2
    assert words in said
    assert not (tmp_path / "books").exists()


def test_init_in_an_empty_folder(tmp_path: Path) -> None:
    assert init(str(tmp_path), *OPTIONS)[0] == 0
    assert (tmp_path / "ledger.beancount").is_file()


def test_init_behind_a_symlink_and_in_this_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "real").mkdir(mode=0o700)
    (tmp_path / "link").symlink_to("real")
    assert init(str(tmp_path / "link"), *OPTIONS)[0] == 0
    assert (tmp_path / "real" / "ledger.beancount").is_file()
    assert (tmp_path / "real").stat().st_mode & 0o777 == 0o700
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert init(".", *OPTIONS)[0] == 0


def test_an_init_that_fails_half_way_leaves_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = import_module("beancount_voucher.cli.commands.init")
    write, calls = module.write_new, []

    def full(path: Path, text: str) -> None:
        calls.append(path)
        if len(calls) == 4:
            raise WriteRefusedError("No space left on device")
        write(path, text)

    monkeypatch.setattr(module, "write_new", full)
    status, said = init(str(tmp_path / "books"), *OPTIONS)
    assert status == 3
    assert "No space left on device" in said
    assert list(tmp_path.iterdir()) == []


def test_init_never_writes_where_something_is(tmp_path: Path) -> None:
    (tmp_path / "mine").write_text("mine")
    for target in (tmp_path, tmp_path / "mine", tmp_path / "mine" / "below"):
        status, said = init(str(target), *OPTIONS)
        assert status == 3
        assert "Traceback" not in said
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]


@pytest.mark.parametrize(
    ("option", "value"),
    [
        ("--policyholder", "li ming"),
        ("--insurer", ""),
        ("--issuer", "LiMing"),
        ("--acceptor", "Sunrise"),
        ("--currency", "yuan"),
        ("--currency", "CNY.MEMO"),
        ("--currency", "CNY-"),
        ("--currency", "C."),
        ("--currency", "TRUE"),
        ("--currency", "NULL"),
        ("--credit-line", "1" + "0" * 28),
        ("--credit-line", "0." + "0" * 31 + "1"),
        ("--credit-line", "much"),
        ("--recognise-at", "noon"),
        ("--date", "soon"),
    ],
)
def test_init_with_what_cannot_be(tmp_path: Path, option: str, value: str) -> None:
    status, _ = init(str(tmp_path / "books"), *OPTIONS, option, value, answers="")
    assert status in (1, 2)  # asked again, nobody answers
    assert not (tmp_path / "books").exists()
