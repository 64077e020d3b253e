"""`check` finds what came after the close of its period and says nothing of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support import ACCEPT, APPLY, event, issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Clerk

CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
Q1 = '2026-04-30 custom "voucher-close" "2026-04"\n'
REOPENED = '  note-reopened: "it came by post"\n'
LATER = event("accept", "2026-04-01").replace("accept", "return")
PARTY = '2026-01-01 custom "voucher-party" "Eve" "policyholder"\n'

# What stands in one file -> what check says of which vouchers, and of which close.
FOUND = {
    "above the close": (issue() + ACCEPT + CLOSE, []),
    "below the close": (issue() + CLOSE + ACCEPT, [("V-1: accept of 2026-03-03", "2026-03-31")]),
    "on the day of the close": (
        issue() + CLOSE + event("return", "2026-03-31"), [("V-1: return of 2026-03-31", "2026-03-31")],
    ),
    "dated after it": (issue() + CLOSE + LATER, []),
    "below, with a reason": (issue() + CLOSE + ACCEPT + REOPENED, []),
    "below, with an empty reason": (
        issue() + CLOSE + ACCEPT + '  note-reopened: " "\n', [("V-1: accept of 2026-03-03", "2026-03-31")],
    ),
    "below, with a reason that is no text": (
        issue() + CLOSE + ACCEPT + "  note-reopened: TRUE\n", [("V-1: accept of 2026-03-03", "2026-03-31")],
    ),
    "a party": (CLOSE + PARTY, []),
    "an earlier close": (Q1 + CLOSE, []),
    "below two closes": (issue() + CLOSE + Q1 + ACCEPT, [("V-1: accept of 2026-03-03", "2026-04-30")]),
    "below an earlier close, too": (
        issue() + Q1 + CLOSE + event("return", "2026-04-02"), [("V-1: return of 2026-04-02", "2026-04-30")],
    ),
    "with an error of its own": (issue() + CLOSE + APPLY, []),
    "each of them": (
        CLOSE + issue() + ACCEPT,
        [("V-1: issue of 2026-03-02", "2026-03-31"), ("V-1: accept of 2026-03-03", "2026-03-31")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FOUND)
def test_what_came_after_the_close(name: str, clerk: Clerk) -> None:
    text, expected = FOUND[name]
    ran = clerk.write(text).run("check")
    found = [line for line in ran.out.splitlines() if line.endswith("[closed-period]")]
    assert len(found) == len(expected)
    for line, (what, close) in zip(found, expected, strict=True):
        assert f" {what} stands below the close of {close} (line " in line


def test_another_file_is_not_told_by_its_name(clerk: Clerk, tmp_path: Path) -> None:
    """Which of two files had its line first, the text does not tell."""
    clerk.split(a=issue() + CLOSE, b=ACCEPT)
    assert clerk.run("check").status == 0
    clerk.split(a=issue() + CLOSE + ACCEPT, b="")
    ran = clerk.run("check")
    assert (ran.status, ran.out.startswith(f"{tmp_path}/a.beancount:")) == (1, True)
