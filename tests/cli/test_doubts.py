"""What is no error, and what whoever records it is told, or asked to mean."""

from __future__ import annotations

import datetime as dt
import shlex
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.cli import doubts
from tests.support import ACCEPT, APPLY, HAPPY, LINES, WORLD, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

SHA = '"sha256:' + "ab" * 32 + '"'
TERMS = "--policyholder Ann --issuer Iss --insurer Ins --funding credit"
DATES = "--accept-by 2026-03-05 --apply-by 2026-03-31"
ISSUE = f"--date 2026-03-02 {TERMS} {DATES}"


@pytest.fixture(autouse=True)
def _clock(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doubts, "today", lambda: dt.date(2026, 3, 3))


def asked(policy: str = "TRUE", **more: str) -> str:
    return issue(requires_policy=policy, **more) + ACCEPT


# ledger, command -> what is doubted; None where nothing is
DOUBTED = {
    "no policy": (asked(), "apply V-1 --date 2026-03-05", "V-1: requires-policy will be unmet: the application names no policy; expected what it demands, or --anyway"),
    "a policy": (asked(), "apply V-1 --date 2026-03-05 --policy P-1", None),
    "no document": (issue(requires_document="TRUE") + ACCEPT, "apply V-1 --date 2026-03-05", "requires-document will be unmet: the application names no document"),
    "another code": (issue(requires_code=SHA) + ACCEPT, "apply V-1 --date 2026-03-05 --code x", "requires-code will be unmet: the code of the application is not the required one"),
    "a part": (issue(requires_amount='"exact"') + ACCEPT, "apply V-1 60.00 CNY --date 2026-03-05", "requires-amount will be unmet: 60.00 of 100.00 is applied for"),
    "the whole": (issue(requires_amount='"exact"') + ACCEPT, "apply V-1 --date 2026-03-05", None),
    "an event may still come": (issue(requires_event='"a=b"') + ACCEPT, "apply V-1 --date 2026-03-05", None),
    "a day may still come": (issue(not_before="2026-03-20") + ACCEPT, "apply V-1 --date 2026-03-05", None),
    "an application that is only requested": (issue(kind="request"), "apply V-1 --date 2026-03-05", None),
    "no such voucher": ("", "apply V-9 --date 2026-03-05", None),
    "swapped digits of a year": (issue(), "accept V-1 --date 2062-03-05", "V-1: 2062-03-05 is more than 3 years from today and the ledger; did you mean 2026-03-05? If not, --anyway writes it"),
    "a year long past": (LINES, f"issue V-1 5.00 CNY --date 1926-03-02 {TERMS} --accept-by 1926-03-05 --apply-by 1926-03-31", "1926-03-02 is more than 3 years from today and the ledger; did you mean 2020-03-02?"),
    "a year that is near": (HAPPY, "close 2025-12 --note late", None),
}  # fmt: skip


@pytest.mark.parametrize("name", DOUBTED)
def test_what_is_doubted_is_told_and_not_written_without_anyway(name: str, clerk: Clerk) -> None:
    ledger, command, doubt = DOUBTED[name]
    before = clerk.write(ledger).files()
    ran = clerk.run(*shlex.split(command))
    assert ("will be unmet" in ran.err or "3 years" in ran.err) is (doubt is not None)
    if doubt is None:
        return
    assert doubt in ran.err
    refused = clerk.run(*shlex.split(command), "--write")
    assert refused.status == 3
    assert "refused: V-1: " in refused.err
    assert doubt in refused.err
    assert clerk.files() == before


@pytest.mark.parametrize(
    ("output", "status"), [("--write", 0), ("-o {}/new.beancount", 0), ("", 0), ("--diff", 0)]
)
def test_anyway(clerk: Clerk, output: str, status: int) -> None:
    clerk.write(asked())
    words = shlex.split(output.replace("{}", str(clerk.folder)))
    ran = clerk.run("apply", "V-1", "--date", "2026-03-05", "--anyway", *words)
    assert ran.status == status
    assert "V-1: requires-policy will be unmet" in ran.err
    assert "refused" not in ran.err
    assert ('voucher-apply" "V-1"' in clerk.path.read_text()) is (output == "--write")
    assert (clerk.folder / "new.beancount").exists() is output.startswith("-o")


def test_a_new_file_is_written_as_little(clerk: Clerk) -> None:
    clerk.write(asked())
    ran = clerk.run(
        "apply", "V-1", "--date", "2026-03-05", "-o", str(clerk.folder / "new.beancount")
    )
    assert ran.status == 3
    assert not (clerk.folder / "new.beancount").exists()


# world before, command -> what is warned of; None where nothing is
WARNED = {
    "a currency that nobody has used": (WORLD, f"issue V-1 5.00 CYN {ISSUE}", "V-1: the ledger has no other amount in CYN; did you mean CNY?"),
    "one that is like none": (WORLD, f"issue V-1 5.00 XAU {ISSUE}", "V-1: the ledger has no other amount in XAU; it has CNY"),
    "one that is known": (WORLD, f"issue V-1 5.00 CNY {ISSUE}", None),
    "one that is only an option": ('option "operating_currency" "EUR"\n' + WORLD, f"issue V-1 5.00 EUR {ISSUE}", None),
    "more decimals": (WORLD, f"issue V-1 5.005 CNY {ISSUE}", "V-1: 5.005 CNY has more decimals than the ledger's other amounts in CNY: they have 2 at most"),
    "zeros say nothing": (WORLD, f"issue V-1 5.5000 CNY {ISSUE}", None),
    "fewer decimals": (WORLD, f"issue V-1 500 CNY {ISSUE}", None),
    "a deadline far away": (WORLD, f"issue V-1 5.00 CNY --date 2026-03-02 {TERMS} --accept-by 2026-03-05 --apply-by 2062-03-31", "V-1: apply-by: 2062-03-31 is more than 3 years from today and the ledger; did you mean 2026-03-31?"),
    "a cover that lasts": (WORLD, f"issue V-1 5.00 CNY {ISSUE} --cover-start 2026-03-03 --cover-end 2056-03-02", None),
    "a ledger without any amount": ("", f"issue V-1 5.00 CNY {ISSUE}", None),
}  # fmt: skip


@pytest.mark.parametrize("name", WARNED)
def test_what_may_be_a_slip_is_told(name: str, clerk: Clerk) -> None:
    world, command, warning = WARNED[name]
    ran = clerk.write("", world=world).run(*shlex.split(command))
    slips = [each for each in ran.err.splitlines() if "refused" not in each and "V-1:" in each]
    assert slips == ([] if warning is None else [warning])
    quiet = clerk.run("-q", *shlex.split(command))
    assert warning is None or warning not in quiet.err


def test_run_never_voids_on_the_day_of_the_application(clerk: Clerk) -> None:
    """Whoever applied may still bring what is missing; it is judged as of the evening before."""
    clerk.write(asked() + APPLY)
    assert clerk.run("run", "--as-of", "2026-03-05").out == ""
    late = clerk.run("run", "--as-of", "2026-03-06").out
    assert late == '2026-03-06 custom "voucher-void" "V-1"\n  reason: "conditions-unmet"\n'


def test_a_second_application_is_judged_by_its_own_evidence(clerk: Clerk) -> None:
    clerk.write(asked(on_unmet='"represent"') + event("apply", "2026-03-05"))
    ran = clerk.run("apply", "V-1", "--date", "2026-03-06", "--policy", "P-1", "--write")
    assert ran.status == 0
