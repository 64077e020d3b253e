"""What ``show`` tells of the whole instrument: amendments, draws, the unearned premium."""

from __future__ import annotations

import pytest

from beancount_voucher.cli.deliver import shown_as
from tests.support import HAPPY, LEDGERS, event, issue
from tests.support.clerk import Clerk

WHOLE = LEDGERS / "instrument" / "ledger.beancount"


def shown(as_of: str, heading: str) -> list[str]:
    """A section of what is shown of the hand-worked life, without its file."""
    out = (
        Clerk(WHOLE.parent)
        .run("show", "V-CASH", "--as-of", as_of)
        .out.replace(f"{shown_as(WHOLE)}:", "line ")
    )
    sections = {each.splitlines()[0]: each.splitlines()[1:] for each in out.split("\n\n")}
    return sections.get(heading, [])


SHOWN = {
    ("2026-02-22", "Amendments"): [],
    ("2026-03-26", "Amendments"): [
        "  1 open  line 39",
        "    requested by LiMing on 2026-03-25: a second car",
        "    amount: 3,650.00 CNY -> 4,322.00 CNY",
        "    consent of Sunrise is due since 2026-03-25",
    ],
    ("2026-03-31", "Amendments"): [
        "  1 in force since 2026-03-30  line 39",
        "    requested by LiMing on 2026-03-25: a second car",
        "    amount: 3,650.00 CNY -> 4,322.00 CNY",
        "    consent of Sunrise on 2026-03-30",
        "  2 in force since 2026-03-31  line 43",
        "    requested by Sunrise on 2026-03-31: no claims",
        "    amount: 4,322.00 CNY -> 3,987.00 CNY",
        "    consent of LiMing on 2026-03-31",
    ],
    ("2026-07-29", "Draws"): [
        "  1 applied for on 2026-04-05 1,500.00 CNY  line 48",
        "    settled on 2026-04-05 1,500.00 CNY  line 49",
        "  2 applied for on 2026-04-10 2,000.00 CNY  line 50",
        "    settled on 2026-04-10 2,000.00 CNY  line 51",
    ],
    ("2026-07-29", "Unearned premium, by month"): [
        "            opening     added  earned  refunded   closing",
        "  2026-03      0.00  3,987.00  313.00      0.00  3,674.00",
        "  2026-04  3,674.00      0.00  330.00      0.00  3,344.00",
        "  2026-05  3,344.00   -487.00  291.34      0.00  2,565.66",
        "  2026-06  2,565.66      0.00  281.94      0.00  2,283.72",
        "  2026-07  2,283.72      0.00  263.14  2,020.58      0.00",
    ],
}


@pytest.mark.parametrize(("as_of", "heading"), SHOWN)
def test_show_of_the_whole_instrument(as_of: str, heading: str) -> None:
    assert shown(as_of, heading) == SHOWN[as_of, heading]


def test_show_tells_old_and_new_terms_and_what_was_not_set(clerk: Clerk) -> None:
    clerk.write(
        issue()
        + event("amend", "2026-03-03", "1", product='"hail"', requested_by='"Ins"')
        + event("accept", "2026-03-04")
        + event("apply", "2026-03-05")
    )
    out = clerk.run("show", "V-1", "--as-of", "2026-03-06").out
    assert "    product: not set -> hail\n    consent of Ann is due since 2026-03-03\n" in out
    assert "Draws" not in out
    assert "offered 0.00 CNY" in out
    clerk.write(
        issue(draws='"multiple"') + event("accept", "2026-03-04") + event("apply", "2026-03-05")
    )
    out = clerk.run("show", "V-1", "--as-of", "2026-03-06").out
    assert "\nDraws\n  1 applied for on 2026-03-05 100.00 CNY" in out
    assert "\n    open\n" in out


def test_two_refunds_of_one_day_have_their_own_postings(clerk: Clerk) -> None:
    refunds = (
        event("refund", "2026-03-07", f"{number}.00 CNY", reason='"r"', reference=f'"{number}"')
        for number in (11, 22)
    )
    clerk.write(HAPPY + "".join(refunds))
    lines = clerk.run("show", "V-1", "--as-of", "2026-03-07").out.splitlines()
    at = [n for n, line in enumerate(lines) if line.startswith("  2026-03-07 refund")]
    assert [lines[n + 1].split() for n in at] == [
        ["Ann", "Assets:Ann:Iss", "11.00", "CNY"],
        ["Ann", "Assets:Ann:Iss", "22.00", "CNY"],
    ]


def test_show_as_of_an_earlier_day_has_the_terms_of_that_day(clerk: Clerk) -> None:
    clerk.write(issue() + event("amend", "2026-03-04", "1", "120.00 CNY", apply_by="2026-04-30"))
    before = clerk.run("show", "V-1", "--as-of", "2026-03-03").out
    assert before.startswith("V-1 is issued on 2026-03-03: 100.00 CNY\n")
    assert "  apply-by      2026-03-31\n" in before
    after = clerk.run("show", "V-1", "--as-of", "2026-03-04").out
    assert after.startswith("V-1 is issued: 120.00 CNY\n")
    assert "  apply-by      2026-04-30\n" in after


def test_of_a_declined_amendment_no_consent_is_due(clerk: Clerk) -> None:
    clerk.write(
        issue()
        + event("accept", "2026-03-03")
        + event("amend", "2026-03-04", "1", "120.00 CNY")
        + event("decline", "2026-03-05", "1", by='"Ins"')
        + event("return", "2026-03-06")
        + event("void", "2026-03-07", reason='"insurance-returned"')
    )
    out = clerk.run("show", "V-1", "--as-of", "2026-03-07").out
    assert "  1 declined since 2026-03-05  " in out
    assert "is due" not in out
    assert out.endswith("\n  nothing: voided is final\n")
