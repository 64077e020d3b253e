"""What a syntax error does to voucher directives, and that nobody decides about what it cuts short."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from beancount_voucher.ledger.broken_directives import broken_directives, undecidable
from beancount_voucher.ledger.loader import load
from tests.support import ACCEPT, APPLY, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

CUT = issue() + "\n  requires-policy: TRUE\n  not-before: 2026-04-15\n"
COMMENTED = issue() + "; as agreed\n  requires-policy: TRUE\n"
BARE = issue()
TRANSACTION = '2026-03-04 * "Rent"\n  Assets:Ann:Iss  5 garbage\n  Equity:Opening\n'

# What stands in the ledger -> what is broken: directive, subject, keys that are lost, whole.
KINDS = {
    "nothing": (BARE + ACCEPT, []),
    "a blank line": (CUT + ACCEPT, [("issue", "V-1", ("requires-policy", "not-before"), False)]),
    "a comment in the first column": (COMMENTED + ACCEPT, [("issue", "V-1", ("requires-policy",), False)]),
    "an indented comment is none": (issue() + "  ; as agreed\n  requires-policy: TRUE\n", []),
    "nothing is lost that is said above, too": (BARE + '\n  policyholder: "Ann"\n', [("issue", "V-1", (), False)]),
    "at the end of the file": (BARE + ACCEPT + '\n  by: "Acc"', [("accept", "V-1", ("by",), False)]),
    "a key that cannot be one": (BARE + ACCEPT + '  By: "Acc"\n', [("accept", "V-1", (), True)]),
    "an amount that cannot be one": (BARE + '2026-03-05 custom "voucher-apply" "V-1" 1..0 CNY\n', [("apply", "V-1", (), True)]),
    "two that are not read, one after the other": (
        BARE + '2026-03-03 custom "voucher-accept" "V-1" ¥\n2026-03-04 custom "voucher-return" "V-1" ¥\n',
        [("accept", "V-1", (), True), ("return", "V-1", (), True)],
    ),
    "somebody else's directive": (BARE + TRANSACTION + ACCEPT, []),
    "below somebody else's": (BARE + ACCEPT + '2026-03-04 event "a" "b"\n\n  note: "c"\n', []),
    "a party": ('2026-03-04 custom "voucher-party" "Zoe" "policyholder"\n\n  name: "Z"\n' + BARE, [("party", "Zoe", ("name",), False)]),
    "a directive of no voucher that can be": ('2026-03-04 custom "voucher-accept" "v 1"\n\n  by: "Z"\n', [("accept", "v 1", ("by",), False)]),
    "a directive without a value": ('2026-03-04 custom "voucher-accept"\n\n  by: "Z"\n', [("accept", None, ("by",), False)]),
    "a directive of a number": ('2026-03-04 custom "voucher-accept" 7\n\n  by: "Z"\n', [("accept", "7", ("by",), False)]),
    "two errors in one": (BARE + '\n  by: "a"\n\n  note: "b"\n', [("issue", "V-1", ("by", "note"), False)]),
}  # fmt: skip


@pytest.mark.parametrize("name", KINDS)
def test_what_a_syntax_error_bears_on(name: str, clerk: Clerk) -> None:
    text, expected = KINDS[name]
    found = broken_directives(load(clerk.write(text).path))
    assert [
        (each.name.removeprefix("voucher-"), each.subject, each.lost, each.whole) for each in found
    ] == expected


def test_who_is_undecidable_and_why(clerk: Clerk) -> None:
    clerk.write(CUT + ACCEPT + '\n  by: "Acc"\n' + issue("V-2"))
    barred = undecidable(load(clerk.path))
    assert list(barred) == ["V-1"]
    begins = clerk.path.read_text().splitlines().index(issue().splitlines()[0]) + 1
    assert barred["V-1"].message == (
        f"V-1: the voucher-issue of line {begins} ends here for Beancount; lost below: "
        "requires-policy, not-before; expected a directive without a blank line, first-column "
        "comment or syntax error in it [broken-directive]"
    )
    assert barred["V-1"].place.lineno == begins + 9


def test_a_file_that_is_gone_tells_what_beancount_has_read(clerk: Clerk) -> None:
    ledger = load(clerk.write(CUT).path)
    clerk.path.unlink()
    [broken] = broken_directives(ledger)
    assert (broken.voucher, broken.lost) == ("V-1", ())


@pytest.mark.parametrize("cut", [CUT, COMMENTED], ids=["blank line", "comment"])
@pytest.mark.parametrize(
    "arguments",
    ["run", "settle V-1", "settle --due", "void V-1 --reason conditions-unmet"],
)
def test_nobody_decides_about_it(cut: str, arguments: str, clerk: Clerk) -> None:
    clerk.write(cut + ACCEPT + APPLY)
    before = clerk.files()
    day = ("--as-of", "2026-03-13")
    shown = clerk.run(*arguments.split(), *day)
    assert (shown.status, shown.out) == (1, "")
    assert "V-1: the voucher-issue of line" in shown.err
    assert "[broken-directive]" in shown.err
    written = clerk.run(*arguments.split(), *day, "--write")
    assert (written.status, written.out) == (3, "")
    assert clerk.files() == before


def test_the_rest_is_decided_all_the_same(clerk: Clerk) -> None:
    others = "".join(each.replace("V-1", "V-2") for each in (issue(), ACCEPT, APPLY))
    clerk.write(others + CUT + ACCEPT + APPLY)
    ran = clerk.run("run", "--as-of", "2026-03-13", "--write")
    assert ran.status == 3
    assert "refused: V-1" in ran.err
    assert clerk.path.read_text().endswith('2026-03-13 custom "voucher-settle" "V-2"\n')
    again = clerk.run("run", "--as-of", "2026-03-13", "--write")
    assert (again.status, again.out) == (3, "")


def test_it_is_told_by_check_and_by_show(clerk: Clerk) -> None:
    clerk.write(CUT + ACCEPT)
    told = clerk.run("check")
    assert told.status == 1
    assert "lost below: requires-policy, not-before" in told.out
    assert "Refused" in clerk.run("show", "V-1", "--as-of", "2026-03-05").out


def test_what_is_mended_is_decided(clerk: Clerk) -> None:
    clerk.write(CUT.replace("\n\n  requires", "\n  requires") + ACCEPT + APPLY)
    ran = clerk.run("run", "--as-of", "2026-03-13", "--write")
    assert ran.status == 0
    assert 'reason: "conditions-unmet"' in clerk.path.read_text()


def test_a_directive_without_a_subject_bars_no_voucher(clerk: Clerk) -> None:
    ledger = load(clerk.write('2026-03-04 custom "voucher-accept"\n\n  by: "Z"\n').path)
    [broken] = broken_directives(ledger)
    assert broken.problem.wrong.startswith("the voucher-accept of line ")
    assert undecidable(ledger) == {}
