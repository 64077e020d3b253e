"""What is refused says what can be done instead, by code and by how far the voucher has come."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import click
import pytest

from beancount_voucher.cli import main
from beancount_voucher.directives.codes import CODES
from beancount_voucher.directives.remedies import OFFERED, REMEDIES, remedy
from beancount_voucher.lifecycle.events import State
from tests.support import ACCEPT, APPLY, HAPPY, event, issue

if TYPE_CHECKING:
    from tests.support.clerk import Clerk

VOID = event("void", "2026-03-03", reason='"cancelled"')
RETURN = event("return", "2026-03-04")
AMEND = event("amend", "2026-03-04", "1", "50.00 CNY")
ISSUE = (
    "issue {} 5000000.00@CNY --date 2026-03-02 --policyholder {} --issuer Iss --insurer Ins "
    "--funding {} --accept-by 2026-03-05 --apply-by 2026-03-31"
)

# ledger, arguments, code -> the voucher's state
REFUSED = {
    "a request again": (
        issue(kind="request"),
        "request V-1 7.00 CNY --date 2026-03-03 --policyholder Ann --insurer Ins",
        "duplicate",
        "requested",
    ),
    "accepted before it is issued": (issue(kind="request"), "accept V-1 --date 2026-03-03", "out-of-order", "requested"),
    "issued otherwise": (issue(), ISSUE.format("V-1", "Ann", "cash"), "duplicate", "issued"),
    "applied for too early": (issue(), "apply V-1 --date 2026-03-03", "out-of-order", "issued"),
    "accepted late": (issue(), "accept V-1 --date 2026-03-06", "accept-late", "issued"),
    "voided too early": (issue(), "void V-1 --reason not-accepted --as-of 2026-03-04", "not-yet-expired", "issued"),
    "accepted twice": (issue() + ACCEPT, "accept V-1 --date 2026-03-04", "duplicate", "accepted"),
    "cancelled too late": (issue() + ACCEPT, "void V-1 --reason cancelled --as-of 2026-03-04", "out-of-order", "accepted"),
    "applied for late": (issue() + ACCEPT, "apply V-1 --date 2026-04-01", "apply-late", "accepted"),
    "too much is applied for": (issue() + ACCEPT, "apply V-1 900.00 CNY --date 2026-03-04", "exceeds-held", "accepted"),
    "settled before it is returned": (issue() + ACCEPT, "void V-1 --reason insurance-returned --as-of 2026-03-04", "no-return-notice", "accepted"),
    "no application in time": (issue() + ACCEPT, "void V-1 --reason no-application --as-of 2026-03-04", "not-yet-expired", "accepted"),
    "applied for after a return": (issue() + ACCEPT + RETURN, "apply V-1 --date 2026-03-05", "returned", "accepted"),
    "applied for twice": (issue() + ACCEPT + APPLY, "apply V-1 5.00 CNY --date 2026-03-06", "duplicate", "applied"),
    "accepted after an application": (issue() + ACCEPT + APPLY, "reject V-1 --date 2026-03-06", "out-of-order", "applied"),
    "more is settled": (issue() + ACCEPT + APPLY, "settle V-1 --amount 130.00@CNY --as-of 2026-03-06", "exceeds-applied", "applied"),
    "all is met": (issue() + ACCEPT + APPLY, "void V-1 --reason conditions-unmet --as-of 2026-03-08", "conditions-met", "applied"),
    "no policy": (
        issue(requires_policy="TRUE") + ACCEPT + event("apply", "2026-03-04"),
        "settle V-1 --as-of 2026-03-06",
        "condition-unmet",
        "applied",
    ),
    "after it was paid": (HAPPY, "apply V-1 --date 2026-03-07", "final", "settled"),
    "after it was voided": (issue() + VOID, "accept V-1 --date 2026-03-04", "final", "voided"),
    "after it was refused": (
        issue(kind="request") + event("refuse", "2026-03-03"),
        "accept V-1 --date 2026-03-04",
        "final",
        "refused",
    ),
    "amended twice": (issue() + ACCEPT + AMEND, "amend V-1 --amount 60.00 --date 2026-03-05", "out-of-order", "offered"),
    "returned twice": (issue() + ACCEPT + RETURN, "return V-1 --date 2026-03-06", "duplicate", ""),
    "no money": ("", ISSUE.format("V-1", "Ann", "cash"), "insufficient-funds", ""),
    "no line": ("", ISSUE.format("V-1", "Ann", "credit"), "insufficient-credit", ""),
    "nobody knows them": ("", ISSUE.format("V-1", "Zhu", "cash"), "unknown-party", ""),
    "no such voucher": (issue(), "accept W-7 --date 2026-03-03", "not-found", ""),
    "an explanation that is a remedy": (issue(), "accept V-1 --by Ins --date 2026-03-03", "wrong-actor", "issued"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_a_refusal_says_what_can_be_done_instead(clerk: Clerk, name: str) -> None:
    ledger, arguments, code, state = REFUSED[name]
    clerk.write(ledger)
    words = [each.replace("@", " ") for each in arguments.split()]
    text = remedy(code, state)
    assert text is not None
    subject = "W-7" if code == "not-found" else "V-1"
    expected = f"Instead: {text.replace('{id}', subject)}\n"
    for ran in (clerk.run(*words), clerk.run(*words, "--write")):
        refused, instead, *_ = ran.err.splitlines(keepends=True)
        assert refused.endswith(f"[{code}]\n")
        assert instead == expected
    assert clerk.run("-q", *words).err == refused


MEANT = {
    "a voucher": (issue("CAR-001"), "accept CAR-01 --date 2026-03-03", "Instead: Did you mean CAR-001? "),
    "no voucher like it": (issue("CAR-001"), "accept X --date 2026-03-03", "Instead: Correct"),
    "a party": ("", ISSUE.format("V-1", "Anne", "cash"), "Instead: Did you mean Ann? "),
    "the kind of an insurer": ("", ISSUE.format("V-1", "ann", "cash"), "Instead: Did you mean Ann? "),
}  # fmt: skip


@pytest.mark.parametrize("name", MEANT)
def test_a_name_that_nobody_knows_may_be_another(clerk: Clerk, name: str) -> None:
    ledger, arguments, expected = MEANT[name]
    ran = clerk.write(ledger).run(*(each.replace("@", " ") for each in arguments.split()))
    assert ran.err.splitlines()[1].startswith(expected)


def test_of_many_alike_it_is_said_once(clerk: Clerk) -> None:
    clerk.write(issue("V-1") + issue("V-2"))
    ran = clerk.run("accept", "V-1", "V-2", "--date", "2026-03-06")
    assert [line.split()[0] for line in ran.err.splitlines()] == ["refused:", "refused:", "Instead:", "Nothing"]  # fmt: skip


def test_a_refusal_without_a_code_says_it_itself(clerk: Clerk) -> None:
    ran = clerk.write("").run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02")
    assert ran.err == "refused: V-1: there is no such voucher to copy\nNothing to write.\n"


# --- The table --------------------------------------------------------------------------

ROWS = [(code, state) for code, rows in REMEDIES.items() for state in rows]


@pytest.mark.parametrize(("code", "state"), ROWS)
def test_a_row_names_states_commands_and_options_that_exist(code: str, state: str) -> None:
    text = REMEDIES[code][state]
    assert state in {"", OFFERED, *State}
    assert text.endswith(".")
    assert text.count("`") % 2 == 0
    for line in re.findall(r"`bean-voucher ([^`]*)`", text):
        name, *words = line.split()
        command = main.get_command(click.Context(main), name)
        assert command is not None, line
        known = {option for each in command.params for option in each.opts}
        assert {word for word in words if word.startswith("--")} <= known


@pytest.mark.parametrize("code", CODES)
def test_every_code_has_a_remedy(code: str) -> None:
    assert remedy(code)
    assert remedy("period-of-another") is None
