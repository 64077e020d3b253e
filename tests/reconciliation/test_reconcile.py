"""Reconciliation: what each planted difference is told as, what is matched, what is recorded."""

from __future__ import annotations

import csv as csv_module
import datetime as dt
import io
import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from beancount_voucher.cli import main
from beancount_voucher.ledger.loader import load
from beancount_voucher.reconciliation.reasons import ITEM_REASONS
from beancount_voucher.views.reconciled_statements import overview, proofs
from tests.support import ACCOUNTS, HAPPY, LEDGERS, LINES, PARTIES, code_of, event, issue
from tests.support.bank_files import FILES, STATEMENTS, Entry, Sheet, camt

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.support.clerk import Clerk, Ran

NUMBERS = (("Assets:Ann:Iss", "A1"), ("Assets:Ins:Acc", "I1"), ("Assets:Ins:Iss", "I2"))


def numbered() -> str:
    """The usual world, in which three accounts have numbers."""
    world = PARTIES + ACCOUNTS
    for account, number in NUMBERS:
        opened = f"2020-01-01 open {account}\n"
        world = world.replace(opened, f'{opened}  bank-account: "{number}"\n')
    return world


WORLD = numbered()

ANN = Sheet("S-1", "A1", "2026-03-01", "2026-03-31", "100000.00", (
    Entry("03-06", "-100.00", "V-1"),
))  # fmt: skip
INS = Sheet("I-1", "I1", "2026-03-01", "2026-03-31", "0.00", (
    Entry("03-06", "100.00", "V-1"),
))  # fmt: skip


def booked(*entries: Entry, **changed: Any) -> Sheet:
    """Ann's statement with other entries."""
    return replace(ANN, entries=entries, **changed)


def spent(date: str, amount: str, text: str = "Rent", *, tags: str = "", **metadata: str) -> str:
    """A transaction on Ann's account: + comes in."""
    lines = [f'{date} * "{text}" {tags}', *(f'  {key}: "{said}"' for key, said in metadata.items())]
    lines += [f"  Assets:Ann:Iss  {amount} CNY", "  Equity:Opening"]
    return "\n".join(lines) + "\n"


def life(voucher: str, date: str, amount: str = "100.00 CNY", **terms: str) -> str:
    """A voucher that is settled on a day of March."""
    return issue(voucher, amount, **terms) + "".join(
        event(kind, when, voucher=voucher)
        for kind, when in (("accept", "2026-03-03"), ("apply", "2026-03-04"), ("settle", date))
    )


def bring(clerk: Clerk, *sheets: Sheet) -> list[str]:
    """Write each sheet as a camt file into the ledger's folder."""
    paths = []
    for sheet in sheets:
        path = clerk.folder / f"{sheet.id}.xml"
        path.write_text(camt(sheet), encoding="utf-8")
        paths.append(str(path))
    return paths


def reconcile(clerk: Clerk, *sheets: Sheet, more: Sequence[str] = ()) -> Ran:
    return clerk.run("reconcile", *bring(clerk, *sheets), *more)


def rows(ran: Ran) -> list[dict[str, str]]:
    return list(csv_module.DictReader(io.StringIO(ran.out.removeprefix("\ufeff"))))


def told(
    clerk: Clerk, *sheets: Sheet, more: Sequence[str] = ()
) -> tuple[int, list[tuple[str, int]]]:
    """The exit status, and the reason and the number of rows of each item."""
    ran = reconcile(clerk, *sheets, more=["--format", "csv", *more])
    items: dict[tuple[str, str], int] = {}
    for row in rows(ran):
        items[row["item"], row["status"]] = items.get((row["item"], row["status"]), 0) + 1
    return ran.status, [(reason, count) for (_, reason), count in items.items()]


# --- The marketplace --------------------------------------------------------------------

ALL = sorted(str(STATEMENTS / name) for name in FILES if not name.endswith(".toml"))


@pytest.mark.parametrize(
    ("ledger", "files"),
    [
        ("all", ALL),
        *(("all", [each]) for each in ALL),
        ("LiMing", [each for each in ALL if "LiMing" in each]),
        ("YunShang", [each for each in ALL if "YunShang" in each]),
        ("YuanHang", [each for each in ALL if "YuanHang" in each]),
        ("HengXin", [each for each in ALL if "HengXin" in each]),
    ],
)
def test_the_marketplace_reconciles_to_zero(ledger: str, files: list[str]) -> None:
    path = LEDGERS / "marketplace" / f"{ledger}.beancount"
    arguments = ["-f", str(path), "reconcile", *files, "--format", "json"]
    ran = CliRunner().invoke(main, arguments)
    assert ran.exit_code == 0, ran.stderr
    found = json.loads(ran.stdout)
    assert found["items"] == found["flaws"] == []
    for account in found["accounts"]:
        assert account["closing"] == account["ledger"]
        assert account["lines"] == account["matched"] != 0
    assert {hold["difference"] for hold in found["holds"]} <= {"0.00"}
    assert sum(len(each["statements"]) for each in found["accounts"]) >= len(files)


# --- Planted differences ----------------------------------------------------------------

TWICE = spent("2026-03-10", "-50.00", "Rent") + spent("2026-03-11", "-50.00", "Rent")
PAID = Entry("03-06", "-100.00", "V-1")
FIRST_BATCH = life("V-2", "2026-03-06", "30.00 CNY") + life("V-3", "2026-03-06", "40.00 CNY")

PLANTED: list[tuple[str, str, list[Sheet], int]] = [
    ("amount-differs", HAPPY, [booked(Entry("03-06", "-90.00", "V-1"))], 2),
    ("sign-differs", HAPPY, [booked(Entry("03-06", "100.00", "V-1"))], 2),
    (
        "currency-differs",
        HAPPY,
        [booked(Entry("03-06", "-100.00", "V-1"), currency="USD", opening="0.00")],
        2,
    ),
    (
        "wrong-account",
        HAPPY,
        [replace(INS, entries=()), replace(INS, id="I-2", account="I2")],
        2,
    ),
    ("duplicate", HAPPY, [booked(PAID, Entry("03-09", "-100.00", "V-1"))], 1),
    ("late", HAPPY, [booked(Entry("03-16", "-100.00", "V-1"))], 2),
    ("late", spent("2026-03-06", "-50.00"), [booked(Entry("03-16", "-50.00", text="Rent"))], 2),
    ("ambiguous", TWICE, [booked(Entry("03-10", "-50.00"), Entry("03-11", "-50.00"))], 4),
    ("ambiguous", TWICE, [booked(Entry("03-10", "-50.00"))], 3),
    ("ambiguous", spent("2026-03-10", "-50.00"), [booked(Entry("03-10", "-50.00"),
                                                         Entry("03-11", "-50.00"))], 3),
    (
        "ambiguous",
        spent("2026-03-10", "-50.00", tags="^RENT-1") + spent("2026-03-10", "-51.00", tags="^RENT-1"),
        [booked(Entry("03-10", "-101.50", "RENT-1"))],
        3,
    ),
    ("missing-in-ledger", HAPPY, [booked(PAID, Entry("03-20", "-7.00", text="Fee"))], 1),
    ("missing-in-ledger", HAPPY, [booked(PAID, Entry("03-20", "-7.00", "V-1"))], 1),
    ("missing-in-ledger", issue(), [booked(Entry("03-06", "-100.00", "V-1"), held="100.00")], 1),
    ("missing-in-ledger", "", [booked(Entry("03-06", "-100.00", "V-99"))], 1),
    ("missing-in-bank", HAPPY, [booked()], 1),
    ("missing-in-bank", HAPPY, [booked(held=None)], 1),
    ("ambiguous", FIRST_BATCH, [booked(Entry("03-06", "-71.00", text="V-2 V-3"))], 3),
    (
        "late",
        "".join(spent(f"2026-03-{day}", "-50.00", tags="^RENT-1") for day in ("02", "31")),
        [booked(Entry("03-02", "-50.00", "RENT-1"), Entry("03-25", "-50.00", "RENT-1"))],
        2,
    ),
    (
        "ambiguous",
        "".join(spent(f"2026-03-{day}", "-50.00", tags="^RENT-1") for day in ("02", "23")),
        [booked(Entry("03-02", "-50.00", "RENT-1"), Entry("03-09", "-50.00", "RENT-1"))],
        4,
    ),
    ("missing-in-bank", HAPPY, [replace(INS, entries=())], 1),
    ("opening-differs", HAPPY, [booked(PAID, opening="99999.00")], 1),
    ("hold-differs", HAPPY, [booked(PAID, held="5.00")], 1),
    ("hold-differs", issue(), [booked(held="0.00")], 1),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "ledger", "sheets", "count"), PLANTED)
def test_a_planted_difference_has_its_reason_and_nothing_else(
    clerk: Clerk, reason: str, ledger: str, sheets: list[Sheet], count: int
) -> None:
    clerk.write(ledger, world=WORLD)
    assert told(clerk, *sheets) == (1, [(reason, count)])


OUTSTANDING: list[tuple[str, str, Sheet, int]] = [
    ("in-transit", life("V-1", "2026-03-30"), booked(), 1),
    ("in-transit", issue(date="2026-03-31", accept_by="2026-04-05", apply_by="2026-04-05"), booked(), 1),
    ("pending", HAPPY, booked(Entry("03-06", "-100.00", "V-1", status="PDNG")), 2),
    ("pending", spent("2026-03-06", "-9.00"), booked(Entry("03-06", "-9.00", status="PDNG")), 2),
]  # fmt: skip


@pytest.mark.parametrize(("reason", "ledger", "sheet", "count"), OUTSTANDING)
def test_what_time_alone_clears_is_outstanding(
    clerk: Clerk, reason: str, ledger: str, sheet: Sheet, count: int
) -> None:
    clerk.write(ledger, world=WORLD)
    assert told(clerk, sheet) == (0, [(reason, count)])


def test_the_bank_has_released_nothing_yet(clerk: Clerk) -> None:
    void = event("void", "2026-03-05", reason='"cancelled"').replace("2026-03-05", "2026-03-31")
    late = issue("V-2", date="2026-03-31", accept_by="2026-04-05", apply_by="2026-04-05")
    clerk.write(issue(accept_by="2026-04-05", apply_by="2026-04-05") + void + late, world=WORLD)
    ran = reconcile(clerk, booked(held="200.00"))
    assert ran.status == 0
    assert "the bank has released nothing since 2026-03-30" in ran.out


def test_one_bank_reference_twice_is_a_duplicate(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    path = clerk.folder / "S-1.xml"
    sheet = booked(PAID, Entry("03-06", "-100.00"))
    path.write_text(camt(sheet).replace("S-1-002", "S-1-001"))
    ran = clerk.run("reconcile", str(path), "--format", "csv")
    assert (ran.status, [row["status"] for row in rows(ran)]) == (1, ["duplicate"])


def test_two_accounts_of_one_number_are_refused(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD.replace('"I1"', '"A1"'))
    ran = reconcile(clerk, ANN)
    assert (ran.status, "have one bank-account, A1" in ran.err) == (2, True)


def test_a_record_of_differences_says_what_is_open(clerk: Clerk) -> None:
    clerk.write(HAPPY + spent("2026-03-10", "-50.00"), world=WORLD)
    sheet = booked(Entry("03-06", "-90.00", "V-1"), opening="99000.00", held="5.00")
    ran = reconcile(clerk, sheet, more=WRITE)
    assert ran.status == 1
    written = clerk.path.read_text()
    for said in ("opening-differs", "hold-differs", "amount-differs bank 2026-03-06 -90.00 CNY"):
        assert said in written
    assert "missing-in-bank Rent 2026-03-10 -50.00 CNY" in written
    assert "differences: 4" in written


def test_every_reason_is_planted() -> None:
    assert {each[0] for each in [*PLANTED, *OUTSTANDING]} == set(ITEM_REASONS)


# --- What agrees ------------------------------------------------------------------------

AGREEING: list[tuple[str, str, list[Entry]]] = [
    ("reference", HAPPY, [PAID]),
    ("reference", HAPPY, [Entry("03-09", "-100.00", text="premium V-1 thanks")]),
    ("reference", spent("2026-03-10", "-50.00", reference="R-5"), [Entry("03-10", "-50.00", "R-5")]),
    (
        "reference",
        "".join(spent(f"2026-03-{day}", "-50.00", tags="^RENT-1") for day in ("02", "23")),
        [Entry("03-02", "-50.00", "RENT-1"), Entry("03-24", "-50.00", "RENT-1")],
    ),
    (
        "contra",
        HAPPY,
        [PAID, Entry("03-09", "-100.00", "V-1"),
         Entry("03-10", "100.00", "V-1", extra="<RvslInd>true</RvslInd>")],
    ),
    ("batch", FIRST_BATCH, [Entry("03-06", "-70.00", text="premiums V-2 V-3")]),
    (
        "batch",
        spent("2026-03-10", "-50.00", batch="B-7") + spent("2026-03-10", "-20.00", batch="B-7"),
        [Entry("03-11", "-70.00", "B-7")],
    ),
    ("amount", spent("2026-03-10", "-50.00"), [Entry("03-12", "-50.00", text="Rent")]),
]  # fmt: skip


@pytest.mark.parametrize(("rule", "ledger", "entries"), AGREEING)
def test_what_agrees_and_by_which_rule(
    clerk: Clerk, rule: str, ledger: str, entries: list[Entry]
) -> None:
    clerk.write(ledger, world=WORLD)
    ran = reconcile(clerk, booked(*entries), more=["--all", "--format", "csv"])
    assert ran.status == 0, ran.out + ran.err
    assert rule in {row["status"] for row in rows(ran)}


# --- The record -------------------------------------------------------------------------

WHO = ["--prepared-by", "Lin", "--reviewed-by", "Wang"]
WRITE = ["--write", *WHO]


def test_a_statement_is_recorded_once_and_checks_clean(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    assert reconcile(clerk, ANN, INS, more=WRITE).status == 0
    assert 'custom "voucher-reconciled" Assets:Ann:Iss "S-1"' in clerk.path.read_text()
    assert clerk.run("check").status == 0
    before = clerk.files()
    again = reconcile(clerk, ANN, more=WRITE)
    assert (again.status, clerk.files() == before) == (0, True)
    assert again.err.endswith("S-1: reconciled already\nNothing to write.\n")
    clerk.append(spent("2026-03-20", "-7.00"))
    other = reconcile(clerk, ANN, more=WRITE)
    assert (other.status, "[duplicate]" in other.err) == (3, True)


FEE = spent("2026-03-20", "-7.00", "Fee")


def recorded(clerk: Clerk, *sheets: Sheet, who: Sequence[str] = ("Lin", "Wang")) -> Ran:
    """Reconcile and record; what was said last."""
    options = ["--write", "--prepared-by", who[0], "--reviewed-by", who[1]]
    return reconcile(clerk, *sheets, more=options)


def test_a_recorded_difference_is_cleared_by_another_record(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    sheet = booked(PAID, Entry("03-20", "-7.00", text="Fee"))
    ran = recorded(clerk, sheet)
    assert (ran.status, "S-1: recorded with 1 difference\n" in ran.err) == (1, True)
    before = clerk.files()
    ran = recorded(clerk, sheet, who=("Zhou", "Chen"))
    assert (ran.status, "S-1: recorded with 1 difference already\n" in ran.err) == (1, True)
    assert clerk.files() == before
    clerk.append(FEE)
    ran = recorded(clerk, sheet, who=("Zhou", "Chen"))
    assert ran.status == 0, ran.err
    assert "S-1: reconciled; before, it was recorded with 1 difference\n" in ran.err
    text = clerk.path.read_text()
    assert text.count('custom "voucher-reconciled" Assets:Ann:Iss "S-1"') == 2
    assert text.endswith('document: "S-1.xml"\n  replaces: 1\n')
    assert clerk.run("check", "--as-of", "2026-05-01").status == 0
    ran = recorded(clerk, sheet)
    assert (ran.status, "S-1: reconciled already\n" in ran.err) == (0, True)


def test_what_is_outstanding_in_a_record_may_be_cleared_too(clerk: Clerk) -> None:
    clerk.write(life("V-1", "2026-03-30"), world=WORLD)
    assert recorded(clerk, booked()).status == 0
    assert 'open-items: "in-transit V-1' in clerk.path.read_text()
    april = replace(ANN, id="S-2", start="2026-04-01", end="2026-04-30", opening="100000.00")
    assert recorded(clerk, replace(april, entries=(Entry("04-01", "-100.00", "V-1"),))).status == 0
    ran = recorded(clerk, booked())
    assert (ran.status, "S-1: reconciled; before, it was reconciled\n" in ran.err) == (0, True)
    assert clerk.run("check", "--as-of", "2026-05-01").status == 0


def test_the_same_person_cannot_clear_a_difference(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    sheet = booked(PAID, Entry("03-20", "-7.00", text="Fee"))
    recorded(clerk, sheet)
    clerk.append(FEE)
    before = clerk.files()
    ran = recorded(clerk, sheet, who=("Lin", "lin"))
    assert (ran.status, "[same-person]" in ran.err, clerk.files() == before) == (3, True, True)


def record_of(number: int | None = None, day: int = 31, **changed: object) -> str:
    """A record of the March statement, as somebody may have written it."""
    terms: dict[str, object] = {
        "sha256": f'"{"0" * 64}"', "period-start": "2026-03-01", "closing": "1.00 CNY",
        "lines": 2, "matched": 1, "differences": 1, "prepared-by": '"Lin"', "reviewed-by": '"Wang"',
        **({} if number is None else {"replaces": number}),
        **{key.replace("_", "-"): value for key, value in changed.items()},
    }  # fmt: skip
    return f'2026-03-{day} custom "voucher-reconciled" Assets:Ann:Iss "S-1"\n' + "".join(
        f"  {key}: {value}\n" for key, value in terms.items()
    )


REPLACED: list[tuple[str, list[str], list[str]]] = [
    ("in order", [record_of(), record_of(1), record_of(2)], []),
    ("in any order", [record_of(2), record_of(1), record_of()], []),
    ("more than nine", [record_of(each or None) for each in range(12)], []),
    ("twice", [record_of(), record_of(1), record_of(1, lines=3)], ["duplicate", "duplicate"]),
    ("one that is not there", [record_of(), record_of(2)], ["no-record"]),
    ("none", [record_of(1)], ["no-record"]),
    ("itself", [record_of(), record_of(0)], ["no-record"]),
    ("that of another day", [record_of(day=30), record_of(1)], ["no-record"]),
    (
        "one, and is a second of another",
        [record_of(day=20), record_of(day=30, period_start="2026-03-21"), record_of(1, day=30)],
        ["duplicate"],
    ),
    ("nothing, and is a second one", [record_of(day=30), record_of()], ["duplicate"]),
]


@pytest.mark.parametrize(
    ("records", "codes"), [each[1:] for each in REPLACED], ids=[each[0] for each in REPLACED]
)
def test_a_record_replaces_the_one_whose_number_it_names(
    clerk: Clerk, records: list[str], codes: list[str]
) -> None:
    clerk.write("".join(records), world=WORLD)
    ran = clerk.run("check")
    assert [code_of(line) for line in ran.out.splitlines()] == codes
    standing = proofs(load(clerk.path).evaluation)
    if not codes:
        assert [each.number for each in standing] == [len(records)]


AGED: list[tuple[str, int, list[str]]] = [
    ('"missing-in-ledger bank 2026-03-20 -7.00 CNY; in-transit V-1 2026-03-31 -1.00 CNY"', 1,
     ["missing-in-ledger bank 2026-03-20 -7.00 CNY; 42 days old"]),
    ('"opening-differs 1 in the ledger, 2 CNY on the statement; late bank 2026-03-30 1 CNY A 2026-03-02 1 CNY"',
     2, ["late bank 2026-03-30 1 CNY A 2026-03-02 1 CNY; 60 days old",
         "opening-differs 1 in the ledger, 2 CNY on the statement; 31 days old"]),
    ('"late bank 2026-13-45 1 CNY"', 3,
     ["late bank 2026-13-45 1 CNY; 31 days old",
      "2 differences of which the record says no more; 31 days old"]),
    ('"see the binder"', 1, ["1 difference of which the record says no more; 31 days old"]),
    ('"late A; late B"', 1, ["late A; 31 days old"]),
]  # fmt: skip


@pytest.mark.parametrize(("items", "differences", "told"), AGED)
def test_recorded_differences_are_told_by_age_until_they_are_cleared(
    clerk: Clerk, items: str, differences: int, told: list[str]
) -> None:
    clerk.write(record_of(differences=differences, open_items=items), world=WORLD)
    assert clerk.run("check").out == ""
    assert clerk.run("check", "--as-of", "2026-03-30").out == ""
    ran = clerk.run("check", "--as-of", "2026-05-01")
    where = "Assets:Ann:Iss, statement S-1"
    assert [line.partition(": ")[2] for line in ran.out.splitlines()] == [
        f"{where}: {each} [recorded-difference]" for each in told
    ]
    clerk.append(record_of(1, differences=0))
    assert clerk.run("check", "--as-of", "2026-05-01").out == ""


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ('2026-03-06 custom "voucher-settle"', '2026-03-09 custom "voucher-settle"', "changed"),
        ('custom "voucher-settle" "V-1"', 'custom "voucher-settle" "V-1" 60.00 CNY', "60.00 CNY on"),
        (SETTLED := 'custom "voucher-settle" "V-1"\n', SETTLED + '  note: "kept"\n', None),
        ('2026-03-06 custom "voucher-settle" "V-1"\n', "", "no settlement"),
    ],
)  # fmt: skip
def test_a_settlement_changed_after_it_was_reconciled_is_found(
    clerk: Clerk, old: str, new: str, code: str | None
) -> None:
    clerk.write(HAPPY, world=WORLD)
    assert reconcile(clerk, ANN, more=WRITE).status == 0
    clerk.path.write_text(clerk.path.read_text().replace(old, new))
    ran = clerk.run("check")
    assert ("[reconciled-changed]" in ran.out, ran.status) == (code is not None, int(bool(code)))
    assert (code or "") in ran.out


def test_a_statement_changed_after_it_was_reconciled_is_found(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    assert reconcile(clerk, ANN, more=WRITE).status == 0
    (clerk.folder / "S-1.xml").write_text("other")
    ran = clerk.run("check")
    assert (ran.status, ran.out.count("[statement-changed]")) == (1, 1)
    (clerk.folder / "S-1.xml").unlink()
    assert "[missing-document]" in clerk.run("check").out


REFUSED: list[tuple[int, str, Sheet, list[str]]] = [
    (2, "needs --prepared-by", ANN, ["--write"]),
    (2, "NUMBER=ACCOUNT is expected", ANN, ["--account", "A1"]),
    (2, "is no amount", ANN, ["--tolerance", "some"]),
    (2, "is no amount", ANN, ["--tolerance", "NaN"]),
    (2, "opens no account", ANN, ["--account", "A1=Assets:Nowhere"]),
    (3, "[same-person]", ANN, ["--write", "--prepared-by", "Lin", "--reviewed-by", "Lin"]),
    (3, "[unproven]", replace(ANN, closing="1.00"), WRITE),
    (
        1,
        'its account is X-9; expected --account X-9=ACCOUNT, or bank-account: "X-9" at an open '
        "[unknown-account]",
        replace(ANN, account="X-9"),
        [],
    ),
    (1, "its account is $(X) [unknown-account]", replace(ANN, account="$(X)"), []),
]


@pytest.mark.parametrize(("status", "says", "sheet", "more"), REFUSED)
def test_what_is_refused_changes_nothing(
    clerk: Clerk, status: int, says: str, sheet: Sheet, more: list[str]
) -> None:
    clerk.write(HAPPY, world=WORLD)
    before = clerk.path.read_bytes()
    ran = reconcile(clerk, sheet, more=more)
    assert (ran.status, says in ran.err, clerk.path.read_bytes() == before) == (status, True, True)


@pytest.mark.parametrize(("more", "status"), [([], 1), (WRITE, 3)])
def test_an_unreadable_statement_is_one_error(clerk: Clerk, more: list[str], status: int) -> None:
    clerk.write(HAPPY, world=WORLD)
    before = clerk.files()
    ran = clerk.run("reconcile", str(clerk.folder / "none.xml"), *more)
    assert (ran.status, ran.err.count("\n")) == (status, 1)
    assert "[unreadable]" in ran.err
    assert clerk.files() == before


@pytest.mark.parametrize("shape", ["table", "csv", "json", "markdown"])
def test_the_report_in_every_format(clerk: Clerk, shape: str) -> None:
    clerk.write(HAPPY + issue("V-2"), world=WORLD)
    more = ["--format", shape, "--as-of", "2026-04-10"]
    ran = reconcile(clerk, booked(Entry("03-06", "-90.00", "V-1"), held="100.00"), more=more)
    assert ran.status == 1
    assert "amount-differs" in ran.out
    assert ran.err == "0 lines matched, 1 difference, 0 outstanding.\n"
    if shape == "json":
        found = json.loads(ran.out)
        assert [each["age"] for each in found["items"]] == [35, 35]
        assert [(each["31+"], each["amount"]) for each in found["ageing"]] == [(1, "10.00")]
        assert [each["vouchers"] for each in found["holds"]] == ["V-2 100.00"]


# --- What is reconciled, for pages --------------------------------------------------------


def test_the_overview_tells_what_is_proven_by_which_statement(clerk: Clerk) -> None:
    credit = life("V-2", "2026-03-10", funding='"credit"')
    requested = issue("V-3", kind="request")
    clerk.write(LINES + HAPPY + credit + requested, world=WORLD)
    assert reconcile(clerk, ANN, more=WRITE).status == 0
    ledger = load(clerk.path)
    seen = overview(ledger.evaluation, ledger.names, None, dt.date(2026, 3, 31))
    assert [(each.account, str(each.until)) for each in seen.accounts] == [
        ("Assets:Ann:Iss", "2026-03-31"),
        ("Assets:Ins:Acc", "None"),
    ]
    assert [
        (each.voucher, each.account, each.proof and each.proof.statement) for each in seen.vouchers
    ] == [
        ("V-1", "Assets:Ann:Iss", "S-1"),
        ("V-1", "Assets:Ins:Acc", None),
        ("V-2", "Assets:Ins:Acc", None),
    ]
    [mine] = [each.proof for each in seen.vouchers if each.proof]
    assert (mine.lines, mine.matched, mine.differences) == (1, 1, 0)
    assert (mine.prepared_by, mine.reviewed_by, mine.document) == ("Lin", "Wang", "S-1.xml")
    early = overview(ledger.evaluation, ledger.names, None, dt.date(2026, 3, 30))
    assert all(each.until is None for each in early.accounts)
    other = overview(ledger.evaluation, ledger.names, ["Oth"], dt.date(2026, 3, 5))
    assert (other.vouchers, other.accounts) == ((), ())


def test_a_line_of_another_voucher_is_not_matched_by_amount(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    found = told(clerk, booked(Entry("03-06", "-100.00", "V-99")))
    assert found == (1, [("missing-in-bank", 1), ("missing-in-ledger", 1)])


def test_an_account_number_may_be_told(clerk: Clerk) -> None:
    clerk.write(HAPPY)
    assert reconcile(clerk, ANN).status == 1
    assert reconcile(clerk, ANN, more=["--account", "A1=Assets:Ann:Iss"]).status == 0


def test_a_record_that_names_no_statement_is_an_error(clerk: Clerk) -> None:
    clerk.write('2026-03-31 custom "voucher-reconciled" Assets:Ann:Iss ""\n', world=WORLD)
    assert "name no statement" in clerk.run("check").out


def test_a_record_without_a_file_and_of_an_unknown_account_is_left_alone(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    assert reconcile(clerk, ANN, more=WRITE).status == 0
    text = clerk.path.read_text()
    clerk.path.write_text(text.replace('  document: "S-1.xml"\n', ""))
    assert clerk.run("check").status == 0
    clerk.path.write_text(
        text.replace('reconciled" Assets:Ann:Iss', 'reconciled" Assets:Elsewhere')
    )
    assert clerk.run("check").status == 0


# --- Notes ------------------------------------------------------------------------------


def batch(number: int, *payments: tuple[str, str]) -> str:
    """The details of an entry: amount and end-to-end id of each payment."""
    told = "".join(
        f'<TxDtls><Refs><EndToEndId>{name}</EndToEndId></Refs><Amt Ccy="CNY">{amount}</Amt></TxDtls>'
        for amount, name in payments
    )
    return f"<AcctSvcrRef>BATCH-{number}</AcctSvcrRef><NtryDtls>{told}</NtryDtls>"


def entry_of_batch(text: str, number: int, details: str) -> str:
    """A camt text whose first entry is a batch: its reference, and what it is made of."""
    start = text.index("<AcctSvcrRef>")
    end = text.index("</NtryDtls>") + len("</NtryDtls>")
    return text[:start] + (details or f"<AcctSvcrRef>BATCH-{number}</AcctSvcrRef>") + text[end:]


@pytest.mark.parametrize("singles", [[("30.00", "V-2"), ("40.00", "V-3")], []])
def test_a_batch_is_itemised_by_its_notification(
    clerk: Clerk, singles: list[tuple[str, str]]
) -> None:
    clerk.write(FIRST_BATCH, world=WORLD)
    sheet = booked(Entry("03-06", "-70.00"))
    statement, notice = clerk.folder / "S-1.xml", clerk.folder / "N-1.xml"
    statement.write_text(entry_of_batch(camt(sheet), 7, ""))
    paths, told = [str(statement)], "missing-in-ledger"
    if singles:
        text = camt(replace(sheet, id="N-1", held=None), kind="054")
        notice.write_text(entry_of_batch(text, 7, batch(7, *singles)))
        paths, told = [*paths, str(notice)], "reference"
    ran = clerk.run("reconcile", *paths, "--all", "--format", "json", *(WRITE if singles else []))
    items = json.loads(ran.out[: ran.out.rindex("}") + 1])["items"]
    assert (ran.status, told in {each["status"] for each in items}) == (0 if singles else 1, True)
    if singles:
        assert f"{notice}: N-1: all its entries stand on a statement" in ran.err
        assert "lines: 2\n  matched: 2\n  differences: 0" in clerk.path.read_text()


def test_an_entry_of_nothing_is_a_note(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    waived = Entry("03-06", "0.00", "V-1", text="fee waived")
    ran = reconcile(
        clerk, booked(waived, PAID, Entry("03-09", "0.00")), more=["--format", "json", *WRITE]
    )
    found = json.loads(ran.out[: ran.out.rindex("}") + 1])
    assert (ran.status, found["items"]) == (0, [])
    where = f"{clerk.folder}/S-1.xml"
    assert found["notes"] == [
        {"statement": "S-1", "where": where, "text": "entry 1 moves nothing: fee waived"},
        {"statement": "S-1", "where": where, "text": "entry 3 moves nothing"},
    ]
    assert f"{where}: S-1: entry 1 moves nothing: fee waived\n" in ran.err
    assert "lines: 1\n  matched: 1\n" in clerk.path.read_text()


# --- Why ---------------------------------------------------------------------------------


def test_one_entry_is_explained(clerk: Clerk) -> None:
    clerk.write(HAPPY, world=WORLD)
    sheet = booked(PAID, Entry("03-20", "-7.00", text="Fee"))
    ran = reconcile(clerk, sheet, more=["--explain", "2", "--explain", "S-1:1", "--format", "csv"])
    told = [(row["entry"], row["rule"], row["outcome"]) for row in rows(ran)]
    assert told == [
        ("2", "reference", "no"), ("2", "contra", "no"), ("2", "batch", "no"), ("2", "amount", "no"),
        ("2", "missing-in-ledger", "open"), ("1", "reference", "matched"),
        *(("1", rule, "not tried") for rule in ("contra", "batch", "amount")),
    ]  # fmt: skip
    assert ran.status == 1
    assert ran.err == "1 line matched, 1 difference, 0 outstanding.\n"


@pytest.mark.parametrize(
    ("entry", "says"),
    [
        ("3", "no entry 3 that counts is in any statement"),
        ("S-9:1", "no entry 1 that counts is in statement S-9"),
        ("S-1:", "S-1:: the number of an entry is expected, or STATEMENT:NUMBER"),
        ("٣", "the number of an entry is expected"),
    ],
)
def test_an_entry_that_is_not_there_is_wrong_usage(clerk: Clerk, entry: str, says: str) -> None:
    clerk.write(HAPPY, world=WORLD)
    ran = reconcile(clerk, ANN, more=["--explain", entry])
    assert (ran.status, says in ran.err, ran.out) == (2, True, "")
