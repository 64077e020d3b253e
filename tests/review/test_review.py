"""Review: what a change means is told, and what it must not do."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.directives.schema import REVIEW_RULES
from beancount_voucher.review.rules import CHECKS
from tests.support import (
    ACCEPT,
    ACCOUNTS,
    APPLY,
    LINES,
    PARTIES,
    PLUGIN,
    ROOT,
    SETTLE,
    WORLD,
    event,
    issue,
)
from tests.support.repository import (
    APPLIED,
    INCLUDE,
    TOP,
    VOUCHERS,
    WANG,
    ZHAO,
    Repository,
    rules,
    states,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
REOPENED = '  note-reopened: "the acceptance came by post"\n'
RETURN = event("return", "2026-03-06")
VOID = event("void", "2026-03-06", reason='"cancelled"')
BY_LIN = event("settle", "2026-03-06", by='"Lin"')


def changed(
    repository: Repository,
    before: str | Mapping[str, str],
    after: str | Mapping[str, str],
    *arguments: str,
    excuse: str = "",
) -> dict[str, Any]:
    """Lin commits the one, Wang the other; what the review of it says.

    ``excuse`` is what Zhao brings beside it.
    """
    repository.commit(before)
    repository.commit(after, WANG)
    if not excuse:
        return repository.review("HEAD~1..HEAD", *arguments)
    excused(repository, excuse)
    return repository.review("HEAD~2..HEAD", *arguments)


def excused(repository: Repository, exceptions: str) -> None:
    """Zhao commits exceptions below the vouchers."""
    vouchers = (repository.folder / VOUCHERS).read_text(encoding="utf-8")
    repository.commit({VOUCHERS: vouchers + exceptions}, ZHAO)


# What a change does to vouchers: before, after -> states before and after, rules broken.
LIFE: dict[str, tuple[str, str, dict[str, tuple[str, str]], list[str]]] = {
    "nothing": (APPLIED, APPLIED, {}, []),
    "issued": ("", issue(), {"V-1": ("none", "issued")}, []),
    "requested": ("", issue(kind="request"), {"V-1": ("none", "requested")}, []),
    "issued after a request": (issue(kind="request"), issue(kind="request") + issue(), {"V-1": ("requested", "issued")}, []),
    "accepted": (issue(), issue() + ACCEPT, {"V-1": ("issued", "accepted")}, []),
    "applied": (issue() + ACCEPT, APPLIED, {"V-1": ("accepted", "applied")}, []),
    "settled by another": (APPLIED, APPLIED + SETTLE, {"V-1": ("applied", "settled")}, []),
    "voided": (issue(), issue() + VOID, {"V-1": ("issued", "voided")}, []),
    "returned": (APPLIED, APPLIED + RETURN, {"V-1": ("applied", "applied")}, []),
    "the whole of it at once": (
        "", APPLIED + SETTLE, {"V-1": ("none", "settled")}, ["segregation-of-duties"],
    ),
    "two of three": (
        issue("V-1") + issue("V-2") + issue("V-3"),
        issue("V-1") + issue("V-2") + issue("V-3") + ACCEPT + event("accept", "2026-03-03", voucher="V-3"),
        {"V-1": ("issued", "accepted"), "V-3": ("issued", "accepted")},
        [],
    ),
    # What is said differently, or not at all any more.
    "an event is gone": (APPLIED, issue() + ACCEPT, {"V-1": ("applied", "accepted")}, ["edited-history"]),
    "a voucher is gone": (APPLIED, "", {"V-1": ("applied", "none")}, ["edited-history"] * 3),
    "a date is another": (
        APPLIED, issue() + ACCEPT + event("apply", "2026-03-06"), {"V-1": ("applied", "applied")}, ["edited-history"],
    ),
    "a deadline is another": (
        issue(), issue(accept_by="2026-03-08"), {"V-1": ("issued", "issued")}, ["edited-history"],
    ),
    "an amount is another": (
        issue(), issue(amount="100.01 CNY"), {"V-1": ("issued", "issued")}, ["edited-history"],
    ),
    "a condition is another": (
        issue(), issue(requires_policy="TRUE"), {"V-1": ("issued", "issued")}, ["edited-history"],
    ),
    "a note is another": (
        issue(note='"one"'), issue(note='"two"'), {}, ["edited-history"],
    ),
    "a settlement is made a void": (
        APPLIED + RETURN.replace("-06", "-07") + SETTLE,
        APPLIED + RETURN.replace("-06", "-05") + event("void", "2026-03-06", reason='"insurance-returned"'),
        {"V-1": ("settled", "voided")},
        ["edited-history"],
    ),
    "a close is gone": (issue() + CLOSE, issue(), {}, ["edited-history"]),
    "a credit line is another": (LINES, LINES.replace("1000.00", "900.00"), {}, ["edited-history"]),
    # No change at all: what is said is the same.
    "reordered": (APPLIED, APPLY + ACCEPT + issue(), {}, []),
    "reformatted": (
        issue() + ACCEPT,
        ";; A comment.\n\n" + issue().replace("  ", "      ").replace("100.00", "100.0") + "\n\n" + ACCEPT.replace(" ", "  "),
        {},
        [],
    ),
    # Mistakes, and their mending.
    "a mistake": (issue(), issue() + APPLY, {}, ["new-error"]),
    "a mistake mended": (issue() + APPLY, issue() + ACCEPT + APPLY, {"V-1": ("issued", "applied")}, []),
    "a mistake taken away": (issue() + APPLY, issue(), {}, []),
    "a mistake moved": (issue() + APPLY, ";; moved\n" + APPLY + issue(), {}, []),
    "said twice": (issue(), issue() * 2, {}, ["new-error"]),
    "said once again": (issue() * 2, issue(), {}, []),
    # Closed periods.
    "in a closed period": (
        issue() + CLOSE, issue() + CLOSE + ACCEPT, {"V-1": ("issued", "accepted")}, ["closed-period"],
    ),
    "on the day of the close": (
        CLOSE, CLOSE + issue(date="2026-03-31", accept_by="2026-04-02", apply_by="2026-04-30"),
        {"V-1": ("none", "issued")}, ["closed-period"],
    ),
    "edited in a closed period": (
        issue() + CLOSE, issue(accept_by="2026-03-08") + CLOSE,
        {"V-1": ("issued", "issued")}, ["edited-history", "closed-period"],
    ),
    "gone from a closed period": (
        issue() + ACCEPT + CLOSE, issue() + CLOSE,
        {"V-1": ("accepted", "issued")}, ["edited-history", "closed-period"],
    ),
    "moved out of a closed period": (
        issue() + CLOSE + RETURN, issue() + CLOSE + RETURN.replace("2026-03-06", "2026-04-04"),
        {"V-1": ("issued", "issued")}, ["edited-history", "closed-period"],
    ),
    "a closed period reopened": (
        issue() + CLOSE, issue() + CLOSE + ACCEPT + REOPENED, {"V-1": ("issued", "accepted")}, [],
    ),
    "a closed period reopened to edit": (
        issue() + ACCEPT + CLOSE, issue() + ACCEPT + REOPENED + CLOSE, {}, ["edited-history"],
    ),
    "reopened once, and edited again": (
        issue() + CLOSE + ACCEPT + REOPENED, issue() + CLOSE + ACCEPT + '  by: "Acc"\n' + REOPENED,
        {}, ["edited-history", "closed-period"],
    ),
    "reopened for no reason": (
        issue() + CLOSE, issue() + CLOSE + ACCEPT + '  note-reopened: " "\n',
        {"V-1": ("issued", "accepted")}, ["closed-period"],
    ),
    "after the close": (
        CLOSE, CLOSE + issue(date="2026-04-01", accept_by="2026-04-02", apply_by="2026-04-30"),
        {"V-1": ("none", "issued")}, [],
    ),
    "closed by the change itself": (issue(), issue() + ACCEPT + CLOSE, {"V-1": ("issued", "accepted")}, []),
    "a party in a closed period": (CLOSE, CLOSE + PARTIES.replace("Ann", "Eve").split("\n")[0] + "\n", {}, []),
    # Duties.
    "settled by who applied, so it says": (
        issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"'),
        issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"') + event("settle", "2026-03-06", by='"i\u200bNS"'),
        {"V-1": ("applied", "settled")},
        ["segregation-of-duties"],
    ),
    "settled by somebody else, so it says": (
        issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"'),
        issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"') + BY_LIN,
        {"V-1": ("applied", "settled")},
        [],
    ),
    "applied and settled in one commit": (
        issue() + ACCEPT, APPLIED + SETTLE, {"V-1": ("accepted", "settled")}, ["segregation-of-duties"],
    ),
    "applied and voided in one commit": (
        issue() + ACCEPT,
        APPLIED + RETURN + event("void", "2026-03-07", reason='"insurance-returned"'),
        {"V-1": ("accepted", "voided")},
        ["segregation-of-duties"],
    ),
    "the settlement edited by who applied": (
        APPLIED + SETTLE, issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"') + BY_LIN,
        {}, ["edited-history", "edited-history", "segregation-of-duties"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", LIFE)
def test_a_change_is_told_by_voucher(repository: Repository, name: str) -> None:
    before, after, expected, broken = LIFE[name]
    found = changed(repository, before, after)
    assert states(found) == expected
    below = [rules({"violations": each["consequences"]}) for each in found["violations"]]
    nested = zip(rules(found), below, strict=True)
    assert [rule for first, more in nested for rule in (first, *more)] == broken
    assert found["notes"] == [] or "as before" in found["notes"][0]


def test_everything_about_one_voucher(repository: Repository) -> None:
    found = changed(repository, issue(), issue(accept_by="2026-03-04") + ACCEPT + APPLY)
    [voucher] = found["vouchers"]
    assert (voucher["held_before"], voucher["held_after"]) == ("100.00", "100.00")
    assert voucher["terms"] == [
        {"name": "accept-by", "before": "2026-03-05", "after": "2026-03-04"}
    ]
    assert [
        (each["change"], each["event"], each["date"], each["line"]) for each in voucher["events"]
    ] == [
        ("added", "accept", "2026-03-03", 9),
        ("added", "recognise", "2026-03-03", 1),
        ("added", "apply", "2026-03-05", 10),
    ]
    assert {each["file"] for each in voucher["events"]} == {VOUCHERS}
    assert voucher["money"] == [
        {"book": book, "account": account, "number": number, "currency": currency}
        for book, account, number, currency in [
            ("Acc", "Equity:Acc:Memo:ForCollection:Ins", "100.00", "CNY.MEMO"),
            ("Acc", "Equity:Acc:Memo:ForCollectionContra", "-100.00", "CNY.MEMO"),
            ("Ann", "Assets:Ann:PrepaidInsurance", "100.00", "CNY"),
            ("Ann", "Liabilities:Ann:PremiumPayable", "-100.00", "CNY"),
            ("Ins", "Assets:Ins:PremiumReceivable", "100.00", "CNY"),
            ("Ins", "Equity:Ins:Memo:VouchersReceived:Acc", "100.00", "CNY.MEMO"),
            ("Ins", "Equity:Ins:Memo:VouchersReceivedContra", "-100.00", "CNY.MEMO"),
            ("Ins", "Liabilities:Ins:UnearnedPremium", "-100.00", "CNY"),
        ]
    ]
    assert found["accounts"][0] == {
        "account": "Assets:Ann:PrepaidInsurance", "currency": "CNY", "before": "0", "after": "100.00",
    }  # fmt: skip
    assert found["violations"] == [
        {
            "rule": "edited-history",
            "subject": "V-1",
            "text": "V-1: issue of 2026-03-02: accept-by 2026-03-05 → 2026-03-04",
            "file": VOUCHERS,
            "line": 1,
            "consequences": [],
            "not_excused": [],
        }
    ]


def test_new_and_mended_errors_are_told_with_their_places(repository: Repository) -> None:
    unproven = "2026-03-10 balance Assets:Ann:Iss:Frozen  7.00 CNY\n"
    found = changed(repository, issue() + APPLY, issue() + unproven)
    assert [(each["change"], each["file"], each["line"]) for each in found["errors"]] == [
        ("new", VOUCHERS, 9),
        ("mended", VOUCHERS, 9),
    ]
    new, mended = found["errors"]
    assert "Balance failed" in new["message"]
    assert "[out-of-order]" in mended["message"]


def test_findings_count_as_errors(repository: Repository) -> None:
    document = event("apply", "2026-03-05", document='"scan.pdf"')
    repository.write({"scan.pdf": "a scan"})
    repository.commit(issue() + ACCEPT)
    found = changed(repository, issue() + ACCEPT, issue() + ACCEPT + document)
    assert found["errors"] == []
    (repository.folder / "scan.pdf").unlink()
    found = repository.review("HEAD")
    assert [each["message"] for each in found["errors"]] == [
        "V-1: there is no file scan.pdf [missing-document]"
    ]
    assert found["violations"][0]["subject"] == "V-1"
    repeated = document.replace("\n", '\n  by: "Ins"\n  by: "Ann"\n', 1)
    repository.commit(issue() + ACCEPT + repeated)
    messages = [each["message"] for each in repository.review("HEAD~1..HEAD")["errors"]]
    assert any(message.endswith("[repeated-key]") for message in messages)


def test_errors_of_other_directives(repository: Repository) -> None:
    """Unbalanced, or at nobody's account: told like any error."""
    unbalanced = '2026-03-10 * "Off"\n  Assets:Ann:Iss  1.00 CNY\n  Equity:Opening  1.00 CNY\n'
    nowhere = '2026-03-10 * "Off"\n  Assets:No  1.00 CNY\n  Equity:Opening\n'
    found = changed(repository, issue(), issue() + unbalanced + nowhere)
    assert {each["subject"] for each in found["violations"]} == {"ledger"}
    assert any("does not balance" in each["message"] for each in found["errors"])


def test_an_event_that_a_condition_names_is_history(repository: Repository) -> None:
    delivered = '2026-03-04 event "order-1" "delivered"\n2026-03-04 event "weather" "fair"\n'
    needed = issue(requires_event='"order-1=delivered"')
    edited = delivered.replace("delivered", "lost").replace("fair", "foul")
    found = changed(repository, needed + delivered, needed + edited)
    assert [each["text"] for each in found["violations"]] == [
        "order-1: event delivered of 2026-03-04: value delivered → lost"
    ]


# --- Settings ---------------------------------------------------------------------------

OPTION = '2026-01-01 custom "voucher-option" "{}" "{}"\n'
LOOKS = PLUGIN + WORLD + INCLUDE


# What is changed -> subjects whose postings are rewritten, settings that are told.
SETTINGS: dict[str, tuple[dict[str, str], dict[str, str], list[str], list[str]]] = {
    "an option that decides postings": (
        {VOUCHERS: APPLIED},
        {VOUCHERS: APPLIED + OPTION.format("recognise-at", "settle")},
        ["recognise-at"],
        ["recognise-at"],
    ),
    "an option that decides none yet": (
        {VOUCHERS: issue()},
        {VOUCHERS: issue() + OPTION.format("recognise-at", "settle")},
        [],
        ["recognise-at"],
    ),
    "an option that never does": (
        {VOUCHERS: APPLIED}, {VOUCHERS: APPLIED + OPTION.format("check-funds", "off")}, [], ["check-funds"],
    ),
    "the calendar of the statements": (
        {VOUCHERS: APPLIED}, {VOUCHERS: APPLIED + OPTION.format("calendar", "CN")}, [], ["calendar"],
    ),
    "an account": (
        {VOUCHERS: APPLIED},
        {TOP: LOOKS.replace('"Ann" "policyholder"\n', '"Ann" "policyholder"\n  prepaid: Assets:Ann:Insurance\n')},
        ["Ann"],
        ["Ann"],
    ),
    "the accounts of a new party": (
        {VOUCHERS: APPLIED},
        {VOUCHERS: APPLIED + '2026-01-01 custom "voucher-party" "Eve" "policyholder"\n  prepaid: Assets:Eve:Insurance\n'},
        [],
        [],
    ),
    "a display name": (
        {VOUCHERS: APPLIED},
        {TOP: LOOKS.replace('"Ann" "policyholder"\n', '"Ann" "policyholder"\n  name: "Anne"\n')},
        [],
        [],
    ),
    "fewer books": (
        {VOUCHERS: APPLIED},
        {TOP: LOOKS.replace('plugin"', 'plugin" "Ins"')},
        ["beancount_voucher_plugin"],
        ["beancount_voucher_plugin"],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", SETTINGS)
def test_settings_that_rewrite_past_postings(repository: Repository, name: str) -> None:
    before, after, rewritten, told = SETTINGS[name]
    found = changed(repository, {TOP: LOOKS} | before, after)
    assert rules(found) == ["rewritten-postings"] * len(rewritten)
    assert [each["subject"] for each in found["violations"]] == rewritten
    assert [each["subject"] for each in found["settings"]] == told
    if rewritten:
        assert re.search(r"[1-9][0-9]* transactions? of 1 voucher ", found["violations"][0]["text"])


def test_no_books_any_more(repository: Repository) -> None:
    found = changed(repository, {TOP: LOOKS, VOUCHERS: APPLIED}, {TOP: WORLD + INCLUDE})
    assert rules(found) == ["rewritten-postings", "new-error"]
    assert found["settings"][0]["after"] is None


def test_the_roots_of_account_names(repository: Repository) -> None:
    vouchers = APPLIED + LINES
    found = changed(
        repository,
        {TOP: LOOKS, VOUCHERS: vouchers},
        {
            TOP: 'option "name_equity" "Capital"\n' + LOOKS.replace("Equity:", "Capital:"),
            VOUCHERS: vouchers.replace("Equity:", "Capital:"),
        },
    )
    assert rules(found) == ["rewritten-postings"]
    assert found["violations"][0]["subject"] == "name_equity"
    assert "4 transactions of 1 voucher and credit lines not" in found["violations"][0]["text"]


def test_credit_lines_alone_are_no_voucher(repository: Repository) -> None:
    own = LOOKS.replace('"policyholder"\n', '"policyholder"\n  line-limit: Equity:Ann:Lines\n', 1)
    found = changed(repository, {TOP: LOOKS, VOUCHERS: LINES}, {TOP: own})
    assert ": 1 transaction of credit lines not as they were" in found["violations"][0]["text"]


def test_edited_history_is_not_told_again_as_rewritten(repository: Repository) -> None:
    option = OPTION.format("check-funds", "off")
    found = changed(repository, APPLIED, option + issue(amount="90.00 CNY") + ACCEPT + APPLY)
    assert rules(found) == ["edited-history"]


# --- What belongs to no voucher ---------------------------------------------------------

RECONCILED = """\
2026-03-31 custom "voucher-reconciled" Assets:Ann:Iss "2026-Q1"
  sha256: "{digest}"
  period-start: 2026-01-01
  closing: 99900.00 CNY
  lines: 14
  matched: 13
  differences: 1
  prepared-by: "Lin"
  reviewed-by: "Wang"
  transactions: "2026-01-01 100000.00 CNY"
  open-items: "missing-in-bank V-1 2026-03-06 -100.00 CNY"
""".format(digest="0" * 64)
UNUSED = """\
2026-03-31 custom "voucher-exception" "V-1" "edited-history"
  reason: "ticket 418"
  by: "Zhao"
"""
EVE = """\
2026-02-01 custom "voucher-party" "Eve" "policyholder"
  name: "Eve & Co"
  prepaid: Assets:Eve:Insurance
"""
REPAY = '2026-03-07 custom "voucher-repay" "Ann" "Iss" 40.00 CNY\n'
DRAWN = LINES + issue(funding='"credit"') + ACCEPT + APPLY + SETTLE
DELIVERED = '2026-03-04 event "order-1" "delivered"\n'
WAITING = issue(requires_event='"order-1=delivered"')

# What a change adds to what -> how it is told.
RECORDED: dict[str, tuple[str, str, list[str]]] = {
    "a reconciliation": (
        issue(), RECONCILED,
        ["2026-03-31 reconciled Assets:Ann:Iss 2026-Q1: period-start 2026-01-01, closing 99900.00 CNY, lines 14, matched 13, "
         "differences 1, prepared-by Lin, reviewed-by Wang"],
    ),
    "a reconciliation with its document": (
        issue(), RECONCILED + '  document: "2026-Q1.xml"\n',
        ["2026-03-31 reconciled Assets:Ann:Iss 2026-Q1: period-start 2026-01-01, closing 99900.00 CNY, lines 14, matched 13, "
         "differences 1, prepared-by Lin, reviewed-by Wang, document 2026-Q1.xml"],
    ),
    "a close": (issue(), CLOSE, ["2026-03-31 close 2026-03"]),
    "an exception that excuses nothing": (
        issue(), UNUSED, ["2026-03-31 exception V-1 edited-history: reason ticket 418, by Zhao"],
    ),
    "a credit line": (issue(), LINES, ["2026-01-01 credit-line Ann Iss 1000.00 CNY"]),
    "a credit line that is as it was": (
        LINES, LINES.replace("2026-01", "2026-02"), ["2026-02-01 credit-line Ann Iss 1000.00 CNY"],
    ),
    "a repayment": (DRAWN, REPAY, ["2026-03-07 repay Ann Iss 40.00 CNY"]),
    "a party": (issue(), EVE, ["2026-02-01 party Eve policyholder: name Eve & Co, prepaid Assets:Eve:Insurance"]),
    "an option that is as it was": (
        issue(), OPTION.format("check-funds", "on"), ["2026-01-01 option check-funds on"],
    ),
    "an event that a condition asks for": (WAITING, DELIVERED, ["2026-03-04 event order-1 delivered"]),
    "several, by date": (
        WAITING, RECONCILED + DELIVERED + CLOSE + EVE,
        ["2026-02-01 party Eve", "2026-03-04 event order-1", "2026-03-31 close", "2026-03-31 reconciled"],
    ),
    # Told elsewhere, or no record.
    "an event of a voucher": (issue(), ACCEPT, []),
    "an option that sets another value": (issue(), OPTION.format("check-funds", "off"), []),
    "an event that nothing asks for": (issue(), DELIVERED, []),
    "one that is refused": (issue(), RECONCILED.replace("Wang", "Lin"), []),
}  # fmt: skip


@pytest.mark.parametrize("name", RECORDED)
@pytest.mark.parametrize("options", [(), ("--stat",)])
def test_what_belongs_to_no_voucher_is_told(
    repository: Repository, name: str, options: tuple[str, ...]
) -> None:
    before, added, told = RECORDED[name]
    repository.commit(before)
    repository.commit(before + added, WANG)
    out = repository.run("review", "HEAD~1..HEAD", *options).out
    _, title, section = out.partition("\nRecorded\n")
    lines = section.split("\n\n")[0].splitlines()
    assert bool(title) == bool(told)
    assert len(lines) == len(told)
    for line, start in zip(lines, told, strict=True):
        assert line.startswith(f"  {start}")
        assert re.search(r"  vouchers\.beancount:[1-9][0-9]*$", line)


def test_a_record_is_no_violation_and_stands_at_its_line(repository: Repository) -> None:
    repository.commit(issue())
    repository.commit(issue() + RECONCILED, WANG)
    ran = repository.run("--checked", "review", "HEAD~1..HEAD")
    assert ran.status == 0
    assert ran.err == "0 vouchers changed, 0 violations.\n"
    assert "reviewed-by Wang  vouchers.beancount:9\n" in ran.out
    for long in ("sha256", "transactions", "open-items"):
        assert long not in ran.out


def test_records_as_data(repository: Repository) -> None:
    found = changed(repository, issue(), issue() + LINES + RECONCILED)
    assert found["violations"] == []
    line, reconciled = found["recorded"]
    assert line == {
        "date": "2026-01-01",
        "kind": "credit-line",
        "values": ["Ann", "Iss"],
        "amount": "1000.00 CNY",
        "terms": {},
        "file": VOUCHERS,
        "line": 9,
    }
    assert reconciled == {
        "date": "2026-03-31",
        "kind": "reconciled",
        "values": ["Assets:Ann:Iss", "2026-Q1"],
        "amount": None,
        "terms": {
            "sha256": "0" * 64,
            "period-start": "2026-01-01",
            "closing": "99900.00 CNY",
            "lines": "14",
            "matched": "13",
            "differences": "1",
            "prepared-by": "Lin",
            "reviewed-by": "Wang",
            "transactions": "2026-01-01 100000.00 CNY",
            "open-items": "missing-in-bank V-1 2026-03-06 -100.00 CNY",
        },
        "file": VOUCHERS,
        "line": 10,
    }


def test_a_record_that_is_edited_or_moved_is_not_told_as_new(repository: Repository) -> None:
    found = changed(repository, issue() + CLOSE + RECONCILED, RECONCILED + issue() + CLOSE)
    assert (found["recorded"], found["violations"]) == ([], [])
    edited = RECONCILED.replace("13", "14")
    found = changed(repository, issue() + RECONCILED, issue() + edited)
    assert (found["recorded"], rules(found)) == ([], ["edited-history"])


def test_records_on_github_and_in_a_pull_request(repository: Repository) -> None:
    repository.commit(issue())
    repository.commit(issue() + CLOSE, WANG)
    ran = repository.run("review", "HEAD~1..HEAD", "--format", "github")
    assert ran.out == (
        "::notice title=recorded,file=vouchers.beancount,line=9::2026-03-31 close 2026-03\n"
    )
    for options in ((), ("--stat",)):
        ran = repository.run("review", "HEAD~1..HEAD", "--format", "markdown", *options)
        assert "### Recorded\n\n" in ran.out
        assert re.search(
            r"\| 2026-03-31 +\| close 2026-03 +\| +\| vouchers\.beancount:9 +\|", ran.out
        )


def test_everything_in_a_new_ledger_is_recorded(repository: Repository) -> None:
    repository.commit({"README": "nothing yet"} | {TOP: ""})
    repository.commit(OPTION.format("check-funds", "off"), WANG)
    found = repository.review("HEAD~1..HEAD")
    assert [each["kind"] for each in found["recorded"]] == ["party"] * 6 + ["option"]


# --- Exceptions and the policy file -----------------------------------------------------

EXCEPTION = """\
2026-03-31 custom "voucher-exception" "{}" "{}"
  reason: "mistyped; ticket 418"
  by: "Zhao"
"""


def test_an_exception_lets_pass_what_it_names(repository: Repository) -> None:
    edited = issue(accept_by="2026-03-08") + issue("V-2", accept_by="2026-03-08")
    allowed = EXCEPTION.format("V-1", "edited-history")
    found = changed(repository, issue() + issue("V-2"), edited, excuse=allowed)
    assert [each["subject"] for each in found["violations"]] == ["V-2"]
    [excused] = found["excused"]
    assert (excused["subject"], excused["reason"], excused["by"]) == (
        "V-1",
        "mistyped; ticket 418",
        "Zhao",
    )


def test_an_exception_is_for_the_change_that_brings_it(repository: Repository) -> None:
    allowed = EXCEPTION.format("V-1", "edited-history")
    found = changed(repository, issue() + allowed, issue(accept_by="2026-03-08") + allowed)
    assert rules(found) == ["edited-history"]
    assert changed(repository, issue() + allowed, issue())["violations"][0]["text"] == (
        "V-1: exception edited-history of 2026-03-31: it is gone"
    )


@pytest.mark.parametrize("rule", REVIEW_RULES)
def test_every_rule_can_be_excused_and_switched_off(repository: Repository, rule: str) -> None:
    april = issue("V-3", date="2026-04-01", accept_by="2026-04-02", apply_by="2026-04-30")
    base = APPLIED + CLOSE + april
    subjects = {
        "edited-history": ("V-3", base.replace("2026-04-30", "2026-04-29")),
        "segregation-of-duties": ("V-2", base + late("V-2")),
        "closed-period": ("V-2", base + issue("V-2")),
        "rewritten-postings": ("recognise-at", base + OPTION.format("recognise-at", "settle")),
        "new-error": ("V-2", base + event("accept", "2026-04-02", voucher="V-2")),
        "unsigned-event": ("V-4", base + april.replace("V-3", "V-4") + '  message: "Iss Acc 1"\n'),
    }
    subject, after = subjects[rule]
    assert rules(changed(repository, base, after)) == [rule]
    found = changed(repository, base, after, excuse=EXCEPTION.format(subject, rule))
    assert (rules(found), [each["rule"] for each in found["excused"]]) == ([], [rule])
    repository.commit({"bean-voucher.toml": f"[review]\n{rule} = false\n"})
    assert rules(changed(repository, base, after)) == []


def late(voucher: str) -> str:
    issued = issue(voucher, date="2026-04-01", accept_by="2026-04-02", apply_by="2026-04-30")
    kinds = ("accept", "apply", "settle")
    return issued + "".join(event(kind, "2026-04-02", voucher=voucher) for kind in kinds)


def test_the_rules_are_those_that_are_described() -> None:
    assert list(CHECKS) == list(REVIEW_RULES)


def test_a_branch_cannot_switch_its_own_rules_off(repository: Repository) -> None:
    policy = {"bean-voucher.toml": "[review]\nedited-history = false\n"}
    vouchers = {TOP: LOOKS, VOUCHERS: issue(accept_by="2026-03-08")}
    found = changed(repository, issue(), vouchers | policy)
    assert rules(found) == ["edited-history"]
    assert found["notes"] == ["bean-voucher.toml is changed; judged by what it said before"]


# The policy file -> what is said of it.
POLICIES = {
    "[review\nnew-error = true": r"bean-voucher.toml: it is no TOML file: .*line 1.* \[bad-policy\]",
    "\n[reviews]": r"bean-voucher.toml:2: reviews is not known; expected one table, \[review\] \[bad-policy\]",
    "review = 1": r"bean-voucher.toml:1: review is not known; expected one table, \[review\] \[bad-policy\]",
    "[review]\nnew = true": r"bean-voucher.toml:2: there is no rule new; expected one of edited-history, .* \[bad-policy\]",
    '[review]\n\nnew-error = "no"': r'bean-voucher.toml:3: new-error is "no"; expected true or false \[bad-policy\]',
    '[review]\nexception-keys = "ssh-ed25519 AAAA"': r"bean-voucher.toml:2: exception-keys is .*; expected a list of public keys such as .* \[bad-policy\]",
    '[review]\nexception-keys = ["ssh-ed25519 AAAA", 7]': r"bean-voucher.toml:2: exception-keys is .* \[bad-policy\]",
    '[review]\nexception-keys = ["ssh-ed25519 AAAA\\n* ssh-ed25519 BBBB"]': r"bean-voucher.toml:2: exception-keys is .* \[bad-policy\]",
    '["\\u0072eviews"]': r"bean-voucher.toml:1: reviews is not known; .*",
}


@pytest.mark.parametrize("text", POLICIES)
def test_a_bad_policy_is_one_error(repository: Repository, text: str) -> None:
    repository.commit(issue())
    repository.commit({"bean-voucher.toml": text})
    ran = repository.run("review", "HEAD")
    assert (ran.status, ran.out) == (2, "")
    [line] = ran.err.splitlines()
    assert re.fullmatch(POLICIES[text], line)


def test_a_policy_that_is_no_text(repository: Repository) -> None:
    repository.commit(issue())
    (repository.folder / "bean-voucher.toml").write_bytes(b"\xff")
    repository.commit()
    ran = repository.run("review", "HEAD")
    assert (ran.status, "[bad-policy]" in ran.err) == (2, True)


# --- Duties, by the commits' authors ----------------------------------------------------


def test_an_application_stays_its_authors_when_it_moves(repository: Repository) -> None:
    """Whoever moves or reformats it does not become its author."""
    repository.commit(APPLIED, WANG)
    files = {
        TOP: LOOKS + 'include "old.beancount"\n',
        VOUCHERS: ";; none\n",
        "old.beancount": APPLIED,
    }
    repository.commit(files)
    repository.commit({"old.beancount": ";; moved\n\n" + APPLIED.replace(" custom", "  custom")})
    repository.commit({VOUCHERS: SETTLE}, WANG)
    assert rules(repository.review("HEAD~1..HEAD")) == ["segregation-of-duties"]
    assert rules(repository.review("HEAD~3..HEAD")) == ["segregation-of-duties"]
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.commit({VOUCHERS: SETTLE})
    assert rules(repository.review("HEAD~1..HEAD")) == []


def test_a_mailmap_of_the_branch_hides_nobody(repository: Repository) -> None:
    repository.commit(APPLIED)
    repository.commit({".mailmap": "Eve <eve@example.org> <lin@example.org>\n"})
    repository.commit(APPLIED + SETTLE)
    assert rules(repository.review("HEAD~1..HEAD")) == ["segregation-of-duties"]


def test_what_is_not_committed_yet_is_mine(repository: Repository) -> None:
    repository.commit(APPLIED)
    repository.write(APPLIED + SETTLE)
    found = repository.review("HEAD")
    assert "both committed by Lin <lin@example.org>" in found["violations"][0]["text"]
    repository.git("config", "user.email", "wang@example.org")
    assert rules(repository.review("HEAD")) == []
    # In a file that git does not know yet, and where the application moved into one.
    repository.write(
        {
            TOP: LOOKS + 'include "new.beancount"\n',
            VOUCHERS: ";\n",
            "new.beancount": APPLIED + SETTLE,
        }
    )
    assert rules(repository.review("HEAD")) == []
    repository.git("config", "user.email", "lin@example.org")
    assert rules(repository.review("HEAD")) == ["segregation-of-duties"]


def test_nobody_in_particular_is_not_the_same_person(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(issue() + ACCEPT)
    repository.write(APPLIED + SETTLE)
    repository.git("config", "--unset", "user.email")
    repository.git("config", "user.useConfigOnly", "true")
    monkeypatch.delenv("EMAIL", raising=False)
    assert rules(repository.review("HEAD")) == []


# --- What a person reads ----------------------------------------------------------------


def test_the_text(repository: Repository) -> None:
    repository.commit(issue() + APPLY + LINES)
    base = repository.git("rev-parse", "--short=10", "HEAD")
    option = OPTION.format("hold-accounts", "per-voucher")
    allowed = EXCEPTION.format("hold-accounts", "rewritten-postings")
    after = issue(accept_by="2026-03-08") + ACCEPT + APPLY.replace("V-1", "V-2") + LINES
    repository.commit(after + option + allowed, WANG)
    ran = repository.run("review", "HEAD~1..HEAD")
    assert ran.status == 1
    assert ran.err == "1 voucher changed, 2 violations.\n"
    head = repository.git("rev-parse", "--short=10", "HEAD")
    assert ran.out.startswith(f"ledger.beancount: {base} (HEAD~1) → {head} (HEAD)\n\n")
    assert (
        "V-1  issued → accepted  events +2  1 term changed\n  accept-by 2026-03-05 → 2026-03-08\n"
        in ran.out
    )
    assert "  + 2026-03-03 accept    100.00 CNY  vouchers.beancount:9\n" in ran.out
    assert "\nSettings\n  hold-accounts: option pooled → per-voucher\n" in ran.out
    assert "  new: vouchers.beancount:10: V-2: there is no such voucher" in ran.out
    assert "  mended: vouchers.beancount:9: V-1: apply" in ran.out
    assert ran.out.endswith(
        "\nNot allowed\n"
        "  vouchers.beancount:1: V-1: issue of 2026-03-02: accept-by 2026-03-05 → 2026-03-08 [edited-history]\n"
        "  vouchers.beancount:10: V-2: there is no such voucher on 2026-03-05; expected a "
        "voucher-issue or voucher-request on or before that date [not-found] [new-error]\n"
    )


def test_one_line_per_voucher(repository: Repository) -> None:
    repository.commit(APPLIED + issue("V-2") + issue("V-3") + ACCEPT.replace("V-1", "V-3"))
    settle = SETTLE.replace('"V-1"', '"V-1" 60.00 CNY')
    repository.commit(APPLIED + settle + issue("V-2") + issue("V-3"), WANG)
    ran = repository.run("review", "HEAD~1..HEAD", "--stat")
    assert ran.out == (
        "V-1  applied → settled  events +1  held 100.00 → 0.00 CNY\n"
        "V-3  accepted → issued  events -2\n"
        "\nNot allowed\n"
        "  V-3: accept of 2026-03-03: it is gone [edited-history]\n"
    )
    assert repository.run("review", "HEAD..HEAD", "--stat").out == ""
    for style in ("json", "github"):
        assert repository.run("review", "--stat", "--format", style).status == 2
    markdown = repository.run("review", "HEAD~1..HEAD", "--stat", "--format", "markdown").out
    assert "### Vouchers" in markdown
    assert "### Details" not in markdown


def test_a_voucher_that_is_gone_shows_no_terms(repository: Repository) -> None:
    repository.commit(issue())
    repository.commit("")
    ran = repository.run("review", "HEAD~1..HEAD")
    assert "V-1  issued → none  events -1  held 100.00 → 0.00 CNY\n  - 2026-03-02 issue" in ran.out


EVIL = "x\\n::error::boo\\n| a | <b>*c*</b> ``` 100% \x1b[31m"


def test_nothing_that_a_ledger_says_plays_with_its_reader(repository: Repository) -> None:
    option = OPTION.format("check-funds", "off")
    evil = f'  product: "{EVIL}"\n'
    repository.commit(issue() + evil)
    allowed = EXCEPTION.format("V-1", "new-error")
    records = RECONCILED.replace("Wang", EVIL) + CLOSE.replace('2026-03"', f'{EVIL}"')
    repository.commit(issue() + evil.replace("boo", "bah") + option + allowed + records, WANG)
    for style in ("text", "markdown", "github", "json"):
        ran = repository.run("review", "HEAD~1..HEAD", "--format", style)
        assert "\x1b" not in ran.out
        assert not re.search(r"^\s*::error::", ran.out, re.MULTILINE), style
        assert ran.out.count("reviewed-by") == 1, style
        if style == "markdown":
            assert "\n````text\n" in ran.out
            assert ran.out.endswith("\n````\n")
            assert r"\<b\>" in ran.out
        elif style == "github":
            assert "100%25" in ran.out
            assert all(line.startswith("::") for line in ran.out.splitlines())


@pytest.mark.parametrize("style", ["text", "markdown", "github", "json"])
@pytest.mark.parametrize("claim", ["filename: 5 CNY", "filename: #tag", "lineno: 7 CNY"])
def test_a_transaction_that_claims_to_stand_nowhere_is_told_as_any_other(
    repository: Repository, claim: str, style: str
) -> None:
    repository.commit(issue())
    by_hand = f'2026-03-07 * "x"\n  {claim}\n  Assets:Ann:Iss:Frozen  1 CNY\n  Assets:Ann:Iss\n'
    repository.commit(issue() + by_hand, WANG)
    ran = repository.run("review", "HEAD~1..HEAD", "--format", style)
    assert ran.status == 1
    assert "holds 101.00 CNY on 2026-03-07; the vouchers say 100.00 CNY" in ran.out


def test_github_marks_the_lines(repository: Repository) -> None:
    repository.commit(issue() + issue("V-3"))
    allowed = EXCEPTION.format("V-2", "new-error")
    accept = event("accept", "2026-03-03", voucher="V-2")
    repository.commit(issue() + ACCEPT + accept, WANG)
    excused(repository, allowed)
    policy = "[review]\n"
    repository.commit({"bean-voucher.toml": policy})
    ran = repository.run("review", "HEAD~3..HEAD", "--format", "github")
    assert ran.out.splitlines() == [
        "::error title=edited-history::V-3: issue of 2026-03-02: it is gone [edited-history]",
        "::warning title=new-error,file=vouchers.beancount,line=10::excused: vouchers.beancount:10: "
        "V-2: there is no such voucher on 2026-03-03; expected a voucher-issue or voucher-request "
        "on or before that date [not-found] [new-error]: mistyped; ticket 418 (Zhao)",
        "::notice title=voucher,file=vouchers.beancount,line=9::V-1  issued → accepted  events +2",
        "::notice title=voucher::V-3  issued → none  events -1  held 100.00 → 0.00 CNY",
        "::notice title=recorded,file=vouchers.beancount,line=11::2026-03-31 exception V-2 new-error: "
        "reason mistyped; ticket 418, by Zhao",
        "::notice title=review::bean-voucher.toml is changed; judged by what it said before",
    ]


def test_markdown_for_a_pull_request(repository: Repository) -> None:
    repository.commit(issue())
    allowed = EXCEPTION.format("V-1", "edited-history")
    repository.commit(issue(accept_by="2026-03-08") + ACCEPT, WANG)
    excused(repository, allowed)
    ran = repository.run("review", "HEAD~2..HEAD", "--format", "markdown")
    assert ran.status == 0
    titles = re.findall("^#+ (.*)$", ran.out, re.MULTILINE)
    assert titles[1:] == ["Excused", "Vouchers", "Recorded", "Accounts", "Details"]
    assert "1 voucher changed, 0 violations, 1 excused." in ran.out
    assert re.search(r"\| V-1 +\| issued +\| accepted \| +100\.00 \| +100\.00 \| CNY +\|", ran.out)


def test_colours_are_for_terminals_that_want_them(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from beancount_voucher.cli import main  # noqa: PLC0415

    repository.commit(issue())
    repository.commit(issue() + ACCEPT)
    command = ["-f", str(repository.folder / TOP), "review", "HEAD~1..HEAD"]
    assert "\x1b[32m  + 2026" in CliRunner().invoke(main, command, color=True).stdout
    monkeypatch.setenv("NO_COLOR", "1")
    assert "\x1b" not in CliRunner().invoke(main, command, color=True).stdout


def test_json_is_whole(repository: Repository) -> None:
    found = changed(repository, APPLIED, APPLIED + SETTLE)
    assert list(found) == [
        "ledger", "base", "head", "violations", "excused", "vouchers", "recorded", "settings", "accounts", "errors", "notes", "commits",
    ]  # fmt: skip
    assert found["commits"] is None
    assert json.dumps(found)


def test_a_policyholders_own_book_alone(repository: Repository) -> None:
    world = PLUGIN.replace('plugin"', 'plugin" "Ann"') + PARTIES + ACCOUNTS
    found = changed(
        repository, {TOP: world + INCLUDE, VOUCHERS: APPLIED}, {VOUCHERS: APPLIED + SETTLE}
    )
    assert {each["book"] for each in found["vouchers"][0]["money"]} == {"Ann"}


def test_the_hooks_are_commands_that_run(repository: Repository) -> None:
    hooks = (ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    repository.commit(APPLIED)
    found = re.findall(r"^  args: \[-f, ledger.beancount, (.*)\]$", hooks, re.MULTILINE)
    assert found == ["check", "review, HEAD"]
    for arguments in found:
        assert repository.run(*arguments.split(", ")).status == 0
