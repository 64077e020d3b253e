"""What `list` and `show` tell, of which day, in which format."""

from __future__ import annotations

import csv
import io
import json
import re
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from wcwidth import wcswidth

from beancount_voucher.cli import main
from tests.support import (
    ACCEPT,
    ACCOUNTS,
    APPLY,
    DUE,
    HAPPY,
    LEDGERS,
    PARTIES,
    PLUGIN,
    WORLD,
    event,
    issue,
)

if TYPE_CHECKING:
    from tests.support.clerk import Clerk, Ran

KEYS = [
    "id",
    "state",
    "amount",
    "currency",
    "funding",
    "policyholder",
    "issuer",
    "acceptor",
    "insurer",
    "product",
    "issued",
    "accept_by",
    "apply_by",
    "accepted",
    "applied",
    "returned",
    "closed",
    "reason",
    "held",
    "settled",
    "released",
    "recognised",
    "overdue",
    "file",
    "line",
    "draws",
    "refund_by",
    "amendment",
    "offered",
    "consent_due",
    "refunded",
    "kept",
    "earned",
    "overdue_since",
    "waits_for",
    "waits_until",
    "policy",
    "document",
]


PARTIAL = HAPPY.replace(APPLY, event("apply", "2026-03-05", "60.00 CNY"))


def rows(ran: Ran) -> list[dict[str, object]]:
    return json.loads(ran.out)  # type: ignore[no-any-return]


def test_list_as_json(clerk: Clerk) -> None:
    clerk.write(PARTIAL)
    [row] = rows(clerk.run("list", "--format", "json"))
    assert list(row) == KEYS
    assert row == {
        "id": "V-1",
        "state": "settled",
        "amount": "100.00",
        "currency": "CNY",
        "funding": "cash",
        "policyholder": "Ann",
        "issuer": "Iss",
        "acceptor": "Acc",
        "insurer": "Ins",
        "product": None,
        "issued": "2026-03-02",
        "accept_by": "2026-03-05",
        "apply_by": "2026-03-31",
        "accepted": "2026-03-03",
        "applied": "2026-03-05",
        "returned": None,
        "closed": "2026-03-06",
        "reason": None,
        "held": "0.00",
        "settled": "60.00",
        "released": "40.00",
        "recognised": "60.00",
        "overdue": False,
        "file": str(clerk.path),
        "line": (PLUGIN + WORLD).count("\n") + 1,
        "draws": "single",
        "refund_by": None,
        "amendment": 0,
        "offered": "0.00",
        "consent_due": [],
        "refunded": "0.00",
        "kept": "0.00",
        "earned": "0.00",
        "overdue_since": None,
        "waits_for": None,
        "waits_until": None,
        "policy": None,
        "document": None,
    }


@pytest.mark.parametrize(
    ("as_of", "expected"),
    [
        ("2026-02-28", None),
        ("2026-03-01", {"state": "requested", "funding": None, "issued": None, "issuer": None, "acceptor": None, "held": "0.00", "recognised": "0.00"}),
        ("2026-03-02", {"state": "issued", "funding": "cash", "issued": "2026-03-02", "acceptor": "Iss", "held": "100.00"}),
        ("2026-03-03", {"state": "accepted", "accepted": "2026-03-03", "recognised": "100.00", "closed": None}),
        ("2026-03-05", {"state": "applied", "applied": "2026-03-05", "returned": None}),
        ("2026-03-07", {"state": "applied", "returned": "2026-03-07", "overdue": True, "overdue_since": "2026-03-05"}),
        ("2026-03-08", {"state": "voided", "closed": "2026-03-08", "reason": "insurance-returned", "held": "0.00", "settled": "0.00", "released": "100.00", "recognised": "0.00"}),
        ("2030-01-01", {"state": "voided", "overdue": False}),
    ],
)  # fmt: skip
def test_list_shows_the_books_of_a_day(
    clerk: Clerk, as_of: str, expected: dict[str, object] | None
) -> None:
    request = '2026-03-01 custom "voucher-request" "V-1" 100.00 CNY\n  policyholder: "Ann"\n  insurer: "Ins"\n'
    clerk.write(
        request
        + issue(acceptor=None)
        + ACCEPT
        + APPLY
        + event("return", "2026-03-07")
        + event("void", "2026-03-08", reason='"insurance-returned"')
    )
    found = rows(clerk.run("list", "--as-of", as_of, "--format", "json"))
    if expected is None:
        assert found == []
    else:
        [row] = found
        assert {key: row[key] for key in expected} == expected


@pytest.mark.parametrize(
    ("facts", "as_of", "overdue"),
    [
        (issue(), "2026-03-05", False),
        (issue(), "2026-03-06", True),
        (issue() + ACCEPT, "2026-03-31", False),
        (issue() + ACCEPT, "2026-04-01", True),
        (issue() + ACCEPT + APPLY, "2026-03-05", False),
        (issue() + ACCEPT + APPLY, "2026-03-06", True),
        (issue(not_before="2026-03-20") + ACCEPT + APPLY, "2026-03-20", False),
        (issue(not_before="2026-03-20") + ACCEPT + APPLY, "2026-03-21", True),
        (issue(requires_policy="TRUE") + ACCEPT + APPLY, "2026-03-06", False),
        (issue(requires_policy="TRUE") + ACCEPT + APPLY, "2026-03-07", True),
        (
            issue(requires_policy="TRUE", on_unmet='"represent"') + ACCEPT + APPLY,
            "2026-04-01",
            False,
        ),
        (
            issue(requires_policy="TRUE", on_unmet='"represent"') + ACCEPT + APPLY,
            "2026-04-02",
            True,
        ),
        (issue() + event("return", "2026-03-03"), "2026-03-03", False),
        (issue() + event("return", "2026-03-03"), "2026-03-04", True),
        (issue() + event("void", "2026-03-03", reason='"cancelled"'), "2026-12-31", False),
        (issue(kind="request"), "2026-12-31", False),
    ],
)
def test_overdue_is_told_for_the_day_asked(
    clerk: Clerk, facts: str, as_of: str, overdue: bool
) -> None:
    clerk.write(facts)
    [row] = rows(clerk.run("list", "--as-of", as_of, "--format", "json"))
    assert row["overdue"] is overdue
    assert (
        len(rows(clerk.run("list", "--overdue", "--as-of", as_of, "--format", "json"))) == overdue
    )


def test_list_filters(clerk: Clerk) -> None:
    clerk.write(DUE + issue("Z-BOB", policyholder='"Bob"'))

    def ids(*options: str) -> list[object]:
        ran = clerk.run("list", "--as-of", "2026-04-02", "--format", "json", *options)
        return [row["id"] for row in rows(ran)]

    assert ids("--state", "issued") == ["A-LATE", "F-RETURNED", "I-LATER", "K-FRESH", "Z-BOB"]
    assert ids("--state", "voided", "--state", "requested") == ["H-FINAL", "J-ASKED"]
    assert ids("--party", "Bob") == ["Z-BOB"]
    assert len(ids("--party", "Iss", "--party", "Bob")) == 12
    assert ids("--party", "Bob", "--state", "voided") == []
    assert clerk.run("list", "--product", "car").status == 2
    clerk.append(issue("Z-CAR", product='"car"') + issue("Z-SHIP", product='"cargo"'))
    assert ids("--product", "car") == ["Z-CAR"]
    assert ids("--product", "car", "--product", "cargo") == ["Z-CAR", "Z-SHIP"]


def test_list_as_a_table_with_sums(clerk: Clerk) -> None:
    """A partial settlement is no payment of the whole premium, in the row and in the sums."""
    clerk.write(
        PARTIAL
        + issue("V-2", "1234567.8 CNY", product='"退货运费"')
        + issue("V-3", "0.20 CNY", date="2026-03-03")
        + issue("V-4", "7 USD")
    )
    ran = clerk.run("list", "--as-of", "2026-03-06")
    assert ran.out == (
        "id    state         amount         held    settled  currency    funding    policyholder    insurer"
        "    issued      accept-by    apply-by    closed      reason    overdue\n"
        "----  -------  -----------  -----------  ---------  ----------  ---------  --------------  ---------"
        "  ----------  -----------  ----------  ----------  --------  ---------\n"
        "V-1   settled       100.00         0.00      60.00  CNY         cash       Ann             Ins"
        "        2026-03-02  2026-03-05   2026-03-31  2026-03-06\n"
        "V-2   issued   1,234,567.8  1,234,567.8        0.0  CNY         cash       Ann             Ins"
        "        2026-03-02  2026-03-05   2026-03-31                        yes\n"
        "V-3   issued          0.20         0.20       0.00  CNY         cash       Ann             Ins"
        "        2026-03-03  2026-03-05   2026-03-31                        yes\n"
        "V-4   issued             7            7          0  USD         cash       Ann             Ins"
        "        2026-03-02  2026-03-05   2026-03-31                        yes\n"
        "\n"
        "state    currency      vouchers        amount          held    settled\n"
        "-------  ----------  ----------  ------------  ------------  ---------\n"
        "issued   CNY                  2  1,234,568.00  1,234,568.00       0.00\n"
        "issued   USD                  1             7             7          0\n"
        "settled  CNY                  1        100.00          0.00      60.00\n"
    )  # fmt: skip


def test_chinese_text_is_aligned_by_its_width(clerk: Clerk) -> None:
    clerk.write(issue(kind="request") + event("refuse", "2026-03-03", reason='"金额太小"'))
    head, rule, row, *_ = clerk.run("list").out.splitlines()
    assert wcswidth(row[: row.index("金")]) == head.index("reason") == rule.rindex(" -", 0, -12) + 1


def test_list_as_markdown_cannot_be_broken_by_a_text(clerk: Clerk) -> None:
    clerk.write(issue(kind="request") + event("refuse", "2026-03-03", reason='"a|b *c* <i>"'))
    lines = clerk.run("list", "--format", "markdown").out.splitlines()
    assert lines[0].startswith("| id")
    assert re.match(r"\|:-+\|:-+\|-+:\|", lines[1])
    assert "a\\|b \\*c\\* \\<i\\>" in lines[2]


def test_list_as_markdown_tells_what_was_settled(clerk: Clerk) -> None:
    lines = clerk.write(PARTIAL).run("list", "--format", "markdown").out.splitlines()
    cells = [[cell.strip() for cell in line.split("|")[1:-1]] for line in lines]
    assert cells[0][:6] == ["id", "state", "amount", "held", "settled", "currency"]
    assert cells[2][:6] == ["V-1", "settled", "100.00", "0.00", "60.00", "CNY"]
    assert cells[4] == ["state", "currency", "vouchers", "amount", "held", "settled"]
    assert cells[6:] == [["settled", "CNY", "1", "100.00", "0.00", "60.00"]]


def test_the_sums_are_those_of_the_rows() -> None:
    """Of the marketplace, each sum of the table is that of the same field in JSON."""
    command = [
        "-f",
        str(LEDGERS / "marketplace" / "all.beancount"),
        "list",
        "--as-of",
        "2026-03-31",
    ]
    found = json.loads(CliRunner().invoke(main, [*command, "--format", "json"]).stdout)
    wanted: dict[tuple[str, str], list[Decimal]] = {}
    for row in found:
        total = wanted.setdefault((row["state"], row["currency"]), [Decimal(0)] * 4)
        amounts = [Decimal(1), *(Decimal(row[key]) for key in ("amount", "held", "settled"))]
        total[:] = map(Decimal.__add__, total, amounts)
    lines = CliRunner().invoke(main, command).stdout.split("\n\n")[1].splitlines()[2:]
    shown = [line.replace(",", "").split() for line in lines]
    assert {(row[0], row[1]): list(map(Decimal, row[2:])) for row in shown} == wanted
    assert wanted["settled", "CNY"] == [7, Decimal("34871.50"), 0, Decimal("34091.50")]


@pytest.mark.parametrize(
    ("within", "found"),
    [("0d", []), ("2d", []), ("3d", ["V-1"]), ("1w", ["V-1"]), ("29d", ["V-1", "V-2"])],
)
def test_what_is_due_within_days(clerk: Clerk, within: str, found: list[str]) -> None:
    clerk.write(
        issue()
        + issue("V-2")
        + event("accept", "2026-03-02", voucher="V-2")
        + issue("V-3")
        + event("void", "2026-03-02", voucher="V-3", reason='"cancelled"')
    )
    ran = clerk.run("list", "--as-of", "2026-03-02", "--due-within", within, "--format", "json")
    assert [row["id"] for row in rows(ran)] == found


def test_what_is_due_at_the_end_of_time(clerk: Clerk) -> None:
    clerk.write(issue(accept_by="9999-12-31", apply_by="9999-12-31"))
    ran = clerk.run("list", "--as-of", "9999-12-31", "--due-within", "7d", "--format", "json")
    assert [row["id"] for row in rows(ran)] == ["V-1"]


def test_an_empty_table(clerk: Clerk) -> None:
    assert clerk.write("").run("list").out == "No vouchers.\n"
    assert clerk.write("", world="").run("list").out == "No vouchers.\n"


def test_list_as_csv(clerk: Clerk) -> None:
    clerk.write(issue(product='"=HYPERLINK(1)"') + issue("V-2", product='"-1+1, \\"x\\""'))
    out = clerk.run("list", "--format", "csv", "--as-of", "2026-03-02").out
    assert out.startswith("\ufeffid,state,")
    first, second = csv.DictReader(io.StringIO(out.removeprefix("\ufeff")))
    assert list(first) == KEYS
    assert first["product"] == "'=HYPERLINK(1)"
    assert second["product"] == '\'-1+1, "x"'
    assert (first["overdue"], first["closed"], first["amount"]) == ("FALSE", "", "100.00")


def test_a_table_cannot_play_with_the_terminal(clerk: Clerk) -> None:
    clerk.write(issue(kind="request") + event("refuse", "2026-03-03", reason='"\x1b[31mred\x07"'))
    out = clerk.run("list").out
    assert "\x1b" not in out
    assert "�[31mred�" in out


def test_show(clerk: Clerk) -> None:
    world = PARTIES.replace('"Ann" "policyholder"', '"Ann" "policyholder"\n  name: "安"') + ACCOUNTS
    clerk.write(
        issue(requires_policy="TRUE", not_before="2026-04-09", product='"car"')
        + event("accept", "2026-03-03", by='"Acc"', instructed_by='"Ins"')
        + event("apply", "2026-03-05", "60.00 CNY", policy='"P-1"')
        + event("accept", "2026-03-06"),
        world=world,
    )
    ran = clerk.run("show", "V-1", "--as-of", "2026-03-06")
    assert ran.status == 1  # the ledger has an error
    lines = ran.out.splitlines()
    start = (PLUGIN + world).count("\n") + 1
    assert lines[0] == "V-1 is applied: 100.00 CNY"
    assert "  policyholder     Ann (安)" in lines
    assert "  acceptor         Acc" in lines
    assert "  requires-policy  TRUE" in lines
    assert "  held 100.00 CNY  settled 0.00 CNY  released 0.00 CNY  recognised 100.00 CNY" in lines
    at = lines.index(f"  2026-03-02 issue     {clerk.path}:{start}")
    assert lines[at + 1 : at + 5] == [
        "    Ann  Assets:Ann:Iss:Frozen          100.00 CNY",
        "    Ann  Assets:Ann:Iss                -100.00 CNY",
        "    Iss  Liabilities:Iss:Deposits:Ann   100.00 CNY",
        "    Iss  Liabilities:Iss:Held:Ann      -100.00 CNY",
    ]
    assert any(line.endswith("  by Acc  instructed-by Ins") for line in lines)
    assert any(line.endswith("  60.00 CNY  policy P-1") for line in lines)
    assert any("a second accept" in line and line.endswith("[duplicate]") for line in lines)
    at = lines.index("Conditions on 2026-03-06")
    assert lines[at + 1 : at + 3] == [
        "  waiting  not-before: not before 2026-04-09",
        "  met      requires-policy: the application names policy P-1",
    ]
    at = lines.index("Next, on 2026-03-06")
    assert lines[at + 1 : at + 4] == ["  amend", "  withdraw", "  return"]
    assert lines[at + 4].startswith("  not settle: V-1: not-before is waiting")
    assert lines[at + 5].startswith("  not void conditions-unmet: ")
    assert lines[at + 6].startswith("  not void insurance-returned: ")


def test_show_what_is_final_or_only_asked_for(clerk: Clerk) -> None:
    more = issue("V-2", kind="request", issuer=None) + issue("V-3", "33.00 CNY")
    ran = clerk.write(HAPPY + more).run("show", "V-1")
    assert "33.00" not in ran.out
    assert ran.status == 0
    assert ran.out.endswith("\n  refund\n")
    assert "Conditions on 2026-03-06\n  none are set" in ran.out
    ran = clerk.run("show", "V-2", "--as-of", "2026-03-03")
    assert "V-2 is requested" in ran.out
    assert ran.out.splitlines()[-2:] == ["  refuse", "  issue"]


def test_show_on_an_earlier_day_says_how_it_stood_and_what_came(clerk: Clerk) -> None:
    clerk.write(HAPPY)
    lines = clerk.run("show", "V-1", "--as-of", "2026-03-03").out.splitlines()
    assert lines[0] == "V-1 is accepted on 2026-03-03: 100.00 CNY"
    assert "  held 100.00 CNY  settled 0.00 CNY  released 0.00 CNY  recognised 100.00 CNY" in lines
    later = lines.index("Later than 2026-03-03")
    assert [line.split()[1] for line in lines[later + 1 :] if line.startswith("  2026")] == [
        "apply",
        "settle",
    ]
    assert not any(line.startswith("Next") for line in lines)
    before = clerk.run("show", "V-1", "--as-of", "2026-03-01").out
    assert before.startswith("V-1 is – on 2026-03-01: 100.00 CNY\n")
    assert "Conditions" not in before


def test_show_without_conditions(clerk: Clerk) -> None:
    assert "  none are set" in clerk.write(issue()).run("show", "V-1").out


@pytest.mark.parametrize(
    ("as_of", "line"),
    [
        ("2026-03-02", "  waiting for acceptance until 2026-03-05"),
        ("2026-03-09", "  waiting for its conditions until 2026-03-20 (not-before: not before 2026-03-20)"),
        ("2026-03-20", ""),
        ("2026-03-21", "  overdue since 2026-03-20: applied for on 2026-03-05, its conditions are met; it could be settled since 2026-03-20"),
    ],
)  # fmt: skip
def test_show_says_what_it_waits_for_or_since_when_it_is_overdue(
    clerk: Clerk, as_of: str, line: str
) -> None:
    text = issue(not_before="2026-03-20") + ACCEPT + APPLY
    out = clerk.write(text).run("show", "V-1", "--as-of", as_of).out.splitlines()
    told = [each for each in out if each.startswith(("  waiting for", "  overdue"))]
    assert told == [line] * bool(line)


def test_show_what_is_not_there(clerk: Clerk) -> None:
    ran = clerk.write(HAPPY).run("show", "V-9")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "V-9: there is no such voucher [not-found]\n"


def test_show_tells_no_terms_that_were_not_agreed_on_the_day(clerk: Clerk) -> None:
    """Before the issue, only the request was known."""
    asked = event("request", "2026-03-01", "100.00 CNY", policyholder='"Ann"', insurer='"Ins"')
    clerk.write(asked + issue())
    before = clerk.run("show", "V-1", "--as-of", "2026-03-01").out
    assert "issuer" not in before
    assert "accept-by" not in before.split("Later than")[0]
    assert "issuer        Iss" in clerk.run("show", "V-1", "--as-of", "2026-03-02").out


def test_conditions_before_there_is_an_application(clerk: Clerk) -> None:
    ran = clerk.write(issue(requires_policy="TRUE") + ACCEPT).run("show", "V-1")
    assert ran.status == 0
    assert "  not yet  requires-policy: there is no application" in ran.out.splitlines()


POLICY = issue(requires_policy="TRUE") + ACCEPT
LATE_COVER = issue(cover_start="2026-03-20") + ACCEPT + APPLY + event("settle", "2026-03-06")

# What happened -> what `show` says of it.
SAID = {
    "nobody has applied": (POLICY, "  not yet  requires-policy: "),
    "unmet": (POLICY + APPLY, "  unmet    requires-policy: "),
    "met": (POLICY + event("apply", "2026-03-05", policy='"P-1"'), "  met      requires-policy: "),
    "nobody has applied, and it is void": (
        POLICY + event("void", "2026-04-01", reason='"no-application"'), "  no application requires-policy: ",
    ),
    "recognised, and paid later": (HAPPY, "released 0.00 CNY  recognised 100.00 CNY"),
    "paid before cover": (LATE_COVER, "released 0.00 CNY  paid before cover starts 100.00 CNY"),
    "cover has started since": (
        LATE_COVER + '2026-03-31 custom "voucher-close" "2026-03"\n', "released 0.00 CNY  recognised and paid 100.00 CNY",
    ),
    "recognised by its payment": (
        '2026-01-01 custom "voucher-option" "recognise-at" "settle"\n' + HAPPY, "released 0.00 CNY  recognised and paid 100.00 CNY",
    ),
    "void": (issue() + event("void", "2026-03-04", reason='"cancelled"'), "released 100.00 CNY  recognised 0.00 CNY"),
}  # fmt: skip


@pytest.mark.parametrize("name", SAID)
def test_how_show_calls_it(name: str, clerk: Clerk) -> None:
    text, said = SAID[name]
    assert said in clerk.write(text).run("show", "V-1").out


def test_show_and_query_have_what_an_auditor_starts_from(clerk: Clerk) -> None:
    applied = event(
        "apply", "2026-03-05", policy='"P-7"', code='"x"', document='"a.pdf"', note='"late"'
    )
    clerk.write(issue() + ACCEPT + applied)
    assert "  policy P-7  code x  document a.pdf  note late" in clerk.run("show", "V-1").out
    asked = "SELECT event, policy, code, document, note FROM #voucher_events WHERE policy = 'P-7'"
    out = clerk.run("query", asked, "--format", "csv").out
    assert out.splitlines()[1:] == ["apply,P-7,x,a.pdf,late"]
    [row] = rows(clerk.run("list", "--format", "json"))
    assert (row["policy"], row["document"]) == ("P-7", "a.pdf")


# what is asked for -> what is said of it
UNKNOWN = {
    "--party Annn": 'there is no party "Annn" in the ledger; did you mean Ann?',
    "--party Zoe": 'there is no party "Zoe" in the ledger; known: Acc, Ann, Bob, Ins, Iss, Oth',
    "--party Ann --party ins": 'there is no party "ins" in the ledger; did you mean Ins?',
    "--product crago": 'there is no product "crago" in the ledger; did you mean cargo?',
    "--state setled": "Did you mean settled?",
    "--state lost": "'lost' is not one of",
}


@pytest.mark.parametrize("words", UNKNOWN)
def test_a_filter_that_nothing_can_match_is_an_error(clerk: Clerk, words: str) -> None:
    """Or who misspells a name would take an empty register for the truth."""
    clerk.write(HAPPY + issue("V-2", product='"cargo"'))
    ran = clerk.run("list", *words.split())
    assert (ran.status, ran.out) == (2, "")
    assert UNKNOWN[words] in ran.err


def test_a_ledger_without_products(clerk: Clerk) -> None:
    said = clerk.write(HAPPY).run("list", "--product", "cargo").err
    assert 'there is no product "cargo" in the ledger; known: none' in said
    many = "".join(issue(f"V-{n}", product=f'"p{n}"') for n in range(9))
    said = clerk.write(many).run("list", "--product", "zzz").err
    assert "known: p0, p1, p2, p3, p4, p5, p6, p7, …" in said


OFFERED = """\
2026-03-04 custom "voucher-amend" "V-1" 1 150.00 CNY
"""
CONSENT = """\
2026-03-05 custom "voucher-consent" "V-1" 1
  by: "Ins"
"""


@pytest.mark.parametrize(
    ("more", "shown"),
    [
        ("", []),
        (OFFERED, ["V-1", "50.00", "Ins"]),
        (OFFERED + CONSENT, []),
    ],
)
@pytest.mark.parametrize("style", ["table", "markdown"])
def test_who_looks_for_consents_sees_whose_are_due(
    clerk: Clerk, more: str, shown: list[str], style: str
) -> None:
    clerk.write(issue() + issue("V-2") + ACCEPT + more)
    out = clerk.run("list", "--consent-due", "--as-of", "2026-03-31", "--format", style).out
    lines = out.splitlines()
    if not shown:
        assert lines == ["No vouchers."]
        return
    between = "|" if style == "markdown" else "  "
    cells = [[each.strip() for each in line.split(between) if each.strip()] for line in lines]
    [heads] = [row for row in cells if row[:1] == ["id"]]
    [found] = [row for row in cells if row[:1] == ["V-1"]]
    assert heads[-3:] == ["amendment", "offered", "consent-due"]
    assert [found[0], *found[-2:]] == shown
