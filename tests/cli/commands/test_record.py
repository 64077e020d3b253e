"""Recording events: an option per term and piece of evidence, checked as if it were there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.cli import complete, main
from beancount_voucher.cli.commands import record
from beancount_voucher.cli.commands.record import SUMMARIES
from beancount_voucher.conditions import ThirdPartyCondition, installed
from beancount_voucher.directives.schema import ANY_CONDITION, DIRECTIVES
from beancount_voucher.ledger.loader import LedgerError
from tests.support import ACCEPT, APPLY, HAPPY, LINES, PLUGIN, SETTLE, WORLD, issue, load_path

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.support.clerk import Clerk

TERMS = (
    "--policyholder Ann --issuer Iss --acceptor Acc --insurer Ins --funding cash "
    "--accept-by 2026-03-05 --apply-by 2026-03-31"
)
SAID = """\
  policyholder: "Ann"
  insurer: "Ins"
  issuer: "Iss"
  acceptor: "Acc"
  funding: "cash"
  accept-by: 2026-03-05
  apply-by: 2026-03-31
"""
SHA = "sha256:" + "ab" * 32

# ledger, arguments -> what is printed
RECORDED = {
    "request": (
        "",
        "request V-1 100.00 CNY --date 2026-03-01 --policyholder Ann --insurer Ins --requested-by insurer",
        '2026-03-01 custom "voucher-request" "V-1" 100.00 CNY\n'
        '  requested-by: "insurer"\n  policyholder: "Ann"\n  insurer: "Ins"\n',
    ),
    "recall": (
        issue(),
        "recall V-1 --date 2026-03-03 --reason cancelled",
        '2026-03-03 custom "voucher-recall" "V-1"\n  reason: "cancelled"\n',
    ),
    "surrender": (
        issue() + ACCEPT,
        "surrender V-1 --date 2026-03-04 --by Acc",
        '2026-03-04 custom "voucher-surrender" "V-1"\n  by: "Acc"\n',
    ),
    "refuse": (
        issue(kind="request"),
        "refuse V-1 --date 2026-03-03 --reason no",
        '2026-03-03 custom "voucher-refuse" "V-1"\n  reason: "no"\n',
    ),
    "issue": (
        "",
        f"issue V-1 1,100.00 CNY --date 2026-03-02 {TERMS}",
        f'2026-03-02 custom "voucher-issue" "V-1" 1100.00 CNY\n{SAID}',
    ),
    "issue with everything": (
        "",
        f"issue V-1 100.00@CNY --date 2026-03-02 {TERMS} --cover-start 2026-03-10 --cover-end 2026-03-11 "
        "--product return@freight --on-unmet represent --not-before 2026-03-09 --requires-amount exact "
        f"--requires-code {SHA} --requires-document --requires-event a=b;@c=d --requires-policy "
        "--note by@telephone",
        f'2026-03-02 custom "voucher-issue" "V-1" 100.00 CNY\n{SAID}'
        "  cover-start: 2026-03-10\n  cover-end: 2026-03-11\n"
        '  product: "return freight"\n  on-unmet: "represent"\n  not-before: 2026-03-09\n'
        f'  requires-amount: "exact"\n  requires-code: "{SHA}"\n  requires-document: TRUE\n'
        '  requires-event: "a=b; c=d"\n  requires-policy: TRUE\n  note: "by telephone"\n',
    ),
    "issue after a request": (
        issue(kind="request", date="2026-03-01"),
        "issue V-1 100.00 CNY --date 2026-03-02",
        '2026-03-02 custom "voucher-issue" "V-1" 100.00 CNY\n',
    ),
    "issue like another, its dates moved along": (
        issue(product='"car"', requires_policy="TRUE", cover_start="2026-03-10"),
        "issue V-2 --like V-1 --date 2026-03-12 --product van",
        '2026-03-12 custom "voucher-issue" "V-2" 100.00 CNY\n'
        '  policyholder: "Ann"\n  issuer: "Iss"\n  acceptor: "Acc"\n  insurer: "Ins"\n'
        '  funding: "cash"\n  accept-by: 2026-03-15\n  apply-by: 2026-04-10\n'
        '  product: "van"\n  requires-policy: TRUE\n  cover-start: 2026-03-20\n',
    ),
    "issue like one that was requested, for another amount": (
        issue(kind="request", date="2026-03-01", requested_by='"insurer"')
        + issue(policyholder=None, insurer=None),
        "issue V-2 5.00 CNY --like V-1 --date 2026-03-02",
        '2026-03-02 custom "voucher-issue" "V-2" 5.00 CNY\n'
        '  policyholder: "Ann"\n  issuer: "Iss"\n  acceptor: "Acc"\n  insurer: "Ins"\n'
        '  funding: "cash"\n  accept-by: 2026-03-05\n  apply-by: 2026-03-31\n',
    ),
    "accept": (
        issue(),
        "accept V-1 --date 2026-03-03 --by Acc --instructed-by Ins",
        '2026-03-03 custom "voucher-accept" "V-1"\n  by: "Acc"\n  instructed-by: "Ins"\n',
    ),
    "reject": (
        issue(),
        "reject V-1 --date 2026-03-03 --by Acc --reason why",
        '2026-03-03 custom "voucher-reject" "V-1"\n  reason: "why"\n  by: "Acc"\n',
    ),
    "apply": (
        issue() + ACCEPT,
        "apply V-1 --date 2026-03-05 --policy P-2026-778",
        '2026-03-05 custom "voucher-apply" "V-1"\n  policy: "P-2026-778"\n',
    ),
    "apply for less": (
        issue() + ACCEPT,
        "apply V-1 60.00 CNY --date 2026-03-05 --by Ann --code c --document d/e.pdf",
        '2026-03-05 custom "voucher-apply" "V-1" 60.00 CNY\n'
        '  by: "Ann"\n  code: "c"\n  document: "d/e.pdf"\n',
    ),
    "return": (
        issue() + ACCEPT,
        "return V-1 --date 2026-03-04 --by Ann --reason sent@back",
        '2026-03-04 custom "voucher-return" "V-1"\n  reason: "sent back"\n  by: "Ann"\n',
    ),
    "repay": (
        LINES + issue(funding='"credit"') + ACCEPT + APPLY + SETTLE,
        "repay Ann Iss 40.00 CNY --date 2026-03-07",
        '2026-03-07 custom "voucher-repay" "Ann" "Iss" 40.00 CNY\n',
    ),
    "close": (
        HAPPY,
        "close 2026-03 --date 2026-03-31 --note all@done",
        '2026-03-31 custom "voucher-close" "2026-03"\n  note: "all done"\n',
    ),
}


def words(arguments: str) -> list[str]:
    return [argument.replace("@", " ") for argument in arguments.split()]


@pytest.fixture
def documented(clerk: Clerk) -> Clerk:
    """With the document that an application names."""
    (clerk.folder / "d").mkdir()
    (clerk.folder / "d" / "e.pdf").touch()
    return clerk


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_is_printed_and_loads(documented: Clerk, name: str) -> None:
    ledger, arguments, expected = RECORDED[name]
    documented.write(ledger)
    before = documented.files()
    ran = documented.run(*words(arguments))
    assert (ran.status, ran.out, ran.err) == (0, expected, "")
    assert documented.files() == before
    documented.append("\n" + ran.out)
    assert load_path(documented.path).errors == []


@pytest.mark.parametrize("name", RECORDED)
def test_what_is_recorded_can_be_written(documented: Clerk, name: str) -> None:
    ledger, arguments, expected = RECORDED[name]
    documented.write(ledger)
    ran = documented.run(*words(arguments), "--write")
    assert (ran.status, ran.out) == (0, "")
    assert ran.err == f"Wrote {documented.path}.\n"
    assert documented.path.read_text(encoding="utf-8").endswith("\n\n" + expected)
    again = documented.run(*words(arguments), "--write")
    assert (again.status, again.out) == (0, "")
    assert "is recorded already (" in again.err
    assert documented.path.read_text(encoding="utf-8").count(expected) == 1


REFUSED = {
    "late": (issue(), "accept V-1 --date 2026-03-06", "accept-late"),
    "not there": ("", "accept V-9 --date 2026-03-06", "not-found"),
    "twice": (issue() + ACCEPT, "accept V-1 --date 2026-03-04", "duplicate"),
    "too much": (issue() + ACCEPT, "apply V-1 100.01 CNY --date 2026-03-05", "exceeds-held"),
    "a bad id": ("", f"issue v-1 1.00 CNY --date 2026-03-02 {TERMS}", "bad-id"),
    "nobody": ("", f"issue V-1 1.00 CNY --date 2026-03-02 {TERMS} --insurer Nobody", "unknown-party"),
    "a bad condition": ("", f"issue V-1 1.00 CNY --date 2026-03-02 {TERMS} --requires-event x", "bad-value"),
    "no money": ("", f"issue V-1 100000.01 CNY --date 2026-03-02 {TERMS}", "insufficient-funds"),
    "issued before": (issue("V-1") + issue("V-2"), "issue V-2 --like V-1 --date 2026-03-04", "duplicate"),
    "nothing drawn": (LINES, "repay Ann Iss 1.00 CNY --date 2026-03-02", "exceeds-drawn"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_be_wrong_is_refused_with_the_plugins_own_error(clerk: Clerk, name: str) -> None:
    ledger, arguments, code = REFUSED[name]
    clerk.write(ledger)
    before = clerk.files()
    printed, written = clerk.run(*words(arguments)), clerk.run(*words(arguments), "--write")
    assert (printed.status, printed.out) == (1, "")
    assert (written.status, written.out) == (3, "")
    for ran in (printed, written):
        assert f"[{code}]" in ran.err
    assert clerk.files() == before


def test_a_document_that_is_not_there_is_remarked(clerk: Clerk) -> None:
    """It is looked for beside the file that the directive goes into."""
    (clerk.folder / "months").mkdir()
    (clerk.folder / "months" / "march.beancount").write_text(issue() + ACCEPT)
    (clerk.folder / "notes.beancount").write_text("")
    (clerk.folder / "proof.pdf").write_text("proof")
    clerk.write('include "months/march.beancount"\ninclude "notes.beancount"\n')
    applied = ("apply", "V-1", "--date", "2026-03-05", "--document")
    missing = f"V-1: there is no file proof.pdf, seen from {clerk.folder}/months/march.beancount\n"
    ran = clerk.run(*applied, "proof.pdf")
    assert (ran.status, ran.err) == (0, missing)
    assert clerk.run(*applied, "../proof.pdf").err == ""
    elsewhere = ("--write", "-o", str(clerk.folder / "notes.beancount"))
    assert "no file" not in clerk.run(*applied, "proof.pdf", *elsewhere).err


def test_a_conflict_on_one_day_says_where_the_other_directive_stands(clerk: Clerk) -> None:
    clerk.write(issue() + ACCEPT)
    line = clerk.path.read_text().split("2026-03-03")[0].count("\n") + 1
    said = f"V-1: something else is said on 2026-03-03 ({clerk.path}:{line}); expected one only"
    ran = clerk.run("accept", "V-1", "--by", "Acc", "--date", "2026-03-03")
    assert ran.err.startswith(f"refused: {said} [duplicate]\n")


def test_what_is_copied_for_an_issue_that_is_there(clerk: Clerk) -> None:
    """It lacks no term; it is there already."""
    clerk.write(issue("V-1") + issue("V-2"))
    line = (PLUGIN + WORLD + issue("V-1")).count("\n") + 1
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-04")
    assert (ran.status, ran.out) == (1, "")
    assert f"V-2: a voucher has this id already ({clerk.path}:{line})" in ran.err
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02")
    assert (ran.status, ran.out) == (0, "")
    assert f"V-2: issue on 2026-03-02 is recorded already ({clerk.path}:{line})" in ran.err


def test_the_number_of_a_voucher(clerk: Clerk) -> None:
    clerk.write(issue("V-2026-0007") + issue("V-2026-12", kind="request") + issue("X-2026-99"))
    new = ["--date", "2026-03-02", *words(TERMS)]
    for pattern, expected in (
        ("V-2026-{n:04}", "V-2026-0013"),
        ("V-2026-{n}", "V-2026-13"),
        ("W{n:02}-A", "W01-A"),
    ):
        out = clerk.run("issue", "--id", pattern, "5.00 CNY", *new).out
        assert out.startswith(f'2026-03-02 custom "voucher-issue" "{expected}" 5.00 CNY')


def test_each_numbered_voucher_gets_the_next_number(clerk: Clerk) -> None:
    clerk.write("")
    for number in (1, 2, 3):
        ran = clerk.run(
            "issue",
            "--id",
            "V{n:03}",
            "5.00",
            "CNY",
            "--date",
            "2026-03-02",
            *words(TERMS),
            "--write",
        )
        assert ran.status == 0
        assert f'"voucher-issue" "V{number:03}" 5.00 CNY' in clerk.path.read_text()
    assert load_path(clerk.path).errors == []


@pytest.mark.parametrize(
    ("quiet", "more", "told"),
    [
        ("", "--write", '2026-03-02 custom "voucher-issue" "V2" 5.00 CNY\n' + SAID),
        ("-q", "--write", "V2\n"),
        ("", "-o {}/new", '2026-03-02 custom "voucher-issue" "V2" 5.00 CNY\n' + SAID),
        ("-q", "-o {}/new", "V2\n"),
        ("", "", '2026-03-02 custom "voucher-issue" "V2" 5.00 CNY\n' + SAID),
        ("-q", "", '2026-03-02 custom "voucher-issue" "V2" 5.00 CNY\n' + SAID),
    ],
)
def test_the_number_that_a_voucher_got_is_told(
    clerk: Clerk, quiet: str, more: str, told: str
) -> None:
    clerk.write(issue("V1"))
    new = f"issue --id V{{n}} 5.00 CNY --date 2026-03-02 {TERMS}"
    ran = clerk.run(*words(quiet), *words(new), *words(more.replace("{}", str(clerk.folder))))
    assert (ran.status, ran.out) == (0, told)


def test_the_numbers_of_a_batch_are_told(clerk: Clerk) -> None:
    clerk.write("")
    (clerk.folder / "new.csv").write_text("id,amount\n,5.00 CNY\nX-1,6.00 CNY\n,7.00 CNY\n")
    batch = f"issue --id V{{n}} --batch {clerk.folder}/new.csv --date 2026-03-02 {TERMS} --write"
    assert clerk.run("-q", *words(batch)).out == "V1\nV2\n"
    assert clerk.run(*words(f"issue X-2 5.00 CNY --date 2026-03-02 {TERMS} --write")).out == ""


def test_repayments_of_one_day_are_told_apart_by_their_reference(clerk: Clerk) -> None:
    clerk.write(LINES + issue(funding='"credit"') + ACCEPT + APPLY + SETTLE)
    repaid = "repay Ann Iss 40.00 CNY --date 2026-03-07 --write --reference"
    for reference in ("T-1", "T-2"):
        assert clerk.run(*words(repaid), reference).status == 0
        assert "is recorded already" in clerk.run(*words(repaid), reference).err
    assert "[exceeds-drawn]" in clerk.run(*words(repaid), "T-3").err
    other = clerk.run(*words(repaid.replace("40", "4")), "T-2")
    assert (other.status, "[duplicate]" in other.err) == (3, True)
    assert load_path(clerk.path).errors == []


def test_dates_that_cannot_move_so_far(clerk: Clerk) -> None:
    ran = clerk.write(issue()).run("issue", "V-2", "--like", "V-1", "--date", "9999-12-30")
    assert (ran.status, ran.out) == (1, "")
    assert "V-1: its dates cannot move along so far" in ran.err


def test_what_was_requested_goes_before_what_is_copied(clerk: Clerk) -> None:
    request = '2026-03-01 custom "voucher-request" "V-2" 7.00 CNY\n  policyholder: "Bob"\n  insurer: "Ins"\n'
    clerk.write(issue() + request)
    ran = clerk.run("issue", "V-2", "--like", "V-1", "--date", "2026-03-02")
    assert ran.status == 0
    assert ran.out.startswith('2026-03-02 custom "voucher-issue" "V-2" 7.00 CNY\n  issuer: "Iss"\n')


def test_there_is_nothing_to_copy(clerk: Clerk) -> None:
    clerk.write(issue(kind="request"))
    for model in ("V-1", "V-9"):
        ran = clerk.run("issue", "V-2", "--like", model, "--date", "2026-03-03")
        assert (ran.status, ran.out) == (1, "")
        assert f"refused: {model}: there is no such voucher to copy" in ran.err


USAGE = {
    "no id": ("issue", "which voucher? Give its ID, or --id"),
    "no amount": ("issue V-1", "how much? Give an amount"),
    "no amount to repay": ("repay Ann Iss", "Missing argument"),
    "half an amount": ("request V-1 100.00", "an amount is such as"),
    "a currency that is none": ("request V-1 100.00 TRUE", "an amount is such as"),
    "half a currency": ("request V-1 100.00 CNY-", "an amount is such as"),
    "half an amount to apply for": ("apply V-1 100.00", "an amount is such as"),
    "half an amount to repay": ("repay Ann Iss 5", "an amount is such as"),
    "a pattern without a number": ("issue --id V 1.00 CNY", "--id holds {n} once"),
    "a pattern with two": ("issue --id V{n}{n} 1.00 CNY", "--id holds {n} once"),
    "a day that is none": (
        "accept V-1 --date soon",
        '"soon" is no day; expected 2026-03-05, today',
    ),
    "a funding that is none": ("issue V-1 1 CNY --funding barter", "'barter' is not one of"),
}


@pytest.mark.parametrize("name", USAGE)
def test_wrong_usage(clerk: Clerk, name: str) -> None:
    arguments, said = USAGE[name]
    ran = clerk.write(HAPPY).run(*words(arguments))
    assert (ran.status, ran.out) == (2, "")
    assert said in ran.err


# ledger, command -> what is missing
MISSING = {
    "every term": ("", "issue V-1 5.00 CNY", "V-1: Missing options: --policyholder, --insurer, --issuer, --funding, --accept-by, --apply-by"),
    "but those of the request": (
        issue(kind="request", issuer=None, funding=None, accept_by=None), "issue V-1 100.00 CNY",
        "V-1: Missing options: --issuer, --funding, --accept-by",
    ),
    "of a request": ("", "request V-1 5.00 CNY --insurer Ins", "V-1: Missing option: --policyholder"),
    "of a discrepancy": (HAPPY, "discrepancy V-1", "V-1: Missing option: --reason"),
    "of a refund": (HAPPY, "refund V-1 5.00 CNY", "V-1: Missing option: --reason"),
    "of a consent": (HAPPY, "consent V-1", "V-1: Missing option: --by"),
}  # fmt: skip


@pytest.mark.parametrize("name", MISSING)
def test_options_that_are_missing_are_named_at_once(clerk: Clerk, name: str) -> None:
    ledger, arguments, said = MISSING[name]
    before = clerk.write(ledger).files()
    for more in ("", " --write"):
        ran = clerk.run(*words(arguments + more), "--date", "2026-03-02")
        assert (ran.status, ran.out) == (2, "")
        assert ran.err.endswith(f"Error: {said}\n")
    assert clerk.files() == before


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_document_may_go_with_everything(name: str) -> None:
    assert "--document" in {option for each in main.commands[name].params for option in each.opts}


def test_a_document_that_is_not_there_is_told(clerk: Clerk) -> None:
    clerk.write(issue())
    ran = clerk.run(
        "accept", "V-1", "--date", "2026-03-03", "--document", "a/b.pdf", "--note", "by fax"
    )
    assert (
        ran.out
        == '2026-03-03 custom "voucher-accept" "V-1"\n  note: "by fax"\n  document: "a/b.pdf"\n'
    )
    assert f"V-1: there is no file a/b.pdf, seen from {clerk.path}" in ran.err


@pytest.mark.parametrize("name", SUMMARIES)
def test_there_is_an_option_for_every_key(name: str) -> None:
    options = {option for each in main.commands[name].params for option in each.opts}
    keys = [*DIRECTIVES[name].keys]
    if DIRECTIVES[name].also == ANY_CONDITION:
        keys += installed()
    assert {f"--{key}" for key in keys} | {"--date", "--note", "--write"} <= options


# --- Conditions of other packages -------------------------------------------------------


class _Weather:
    def expected(self, value: object) -> str | None:
        return None if value == "sun" or not isinstance(value, str) else '"sun"'

    def judge(self, _value: object, _case: object) -> None: ...


@pytest.fixture
def _weather(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    known: dict[str, Any] = {
        **installed(),
        "requires-weather": ThirdPartyCondition("requires-weather", _Weather()),
    }
    for module in ("cli.commands.record", "cli.event_options", "ledger.loader", "books.expansion"):
        monkeypatch.setattr(f"beancount_voucher.{module}.installed", lambda: known)
    before = dict(main.commands)
    for command in record.recording_commands():
        main.add_command(command)
    yield
    main.commands = before


@pytest.mark.usefixtures("_weather")
@pytest.mark.parametrize(
    ("given", "written"), [("sun", '"sun"'), ("TRUE", "TRUE"), ("2026-03-09", "2026-03-09")]
)
def test_a_condition_of_another_package_is_an_option_too(
    clerk: Clerk, given: str, written: str
) -> None:
    clerk.write("")
    arguments = f"issue V-1 1.00 CNY --date 2026-03-02 {TERMS} --requires-weather {given}"
    ran = clerk.run(*words(arguments))
    assert ran.out.endswith(f"  requires-weather: {written}\n")
    assert ran.status == 0


# --- Completion -------------------------------------------------------------------------


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_shells_get_a_script(shell: str) -> None:
    from click.shell_completion import get_completion_class  # noqa: PLC0415

    completion = get_completion_class(shell)
    assert completion is not None
    source = completion(main, {}, "bean-voucher", "_BEAN_VOUCHER_COMPLETE").source()
    assert "bean-voucher" in source


def _completed(clerk: Clerk, *typed: str) -> dict[str, str]:
    from click.shell_completion import ShellComplete  # noqa: PLC0415

    *before, incomplete = typed
    shell = ShellComplete(main, {}, "bean-voucher", "_BEAN_VOUCHER_COMPLETE")
    items = shell.get_completions(["-f", str(clerk.path), *before], incomplete)
    return {item.value: item.help or "" for item in items}


def test_ids_parties_and_states_are_completed(clerk: Clerk) -> None:
    clerk.write(HAPPY + issue("W-1"))
    assert _completed(clerk, "show", "") == {"V-1": "settled", "W-1": "issued"}
    assert _completed(clerk, "settle", "W") == {"W-1": "issued"}
    assert _completed(clerk, "accept", "W-1", "--by", "A") == {
        "Acc": "bank, Acc",
        "Ann": "policyholder, Ann",
    }
    assert set(_completed(clerk, "list", "--party", "I")) == {"Ins", "Iss"}
    assert set(_completed(clerk, "list", "--state", "re")) == {"requested", "refused", "rejected"}


def test_a_shell_is_not_disturbed(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    assert _completed(clerk, "show", "") == {}
    assert _completed(clerk, "list", "--party", "") == {}
    clerk.write(HAPPY)

    def broken(_path: Path) -> None:
        raise LedgerError("cannot load")

    monkeypatch.setattr(complete, "load_facts", broken)
    assert _completed(clerk, "show", "") == {}


# What the ledger has, what is recorded -> what is said of its id.
TAKEN: dict[str, tuple[str, list[str], str]] = {
    "issued": (issue(), ["issue", "V-1", "5.00 CNY"], "the next free id is V-2 [duplicate]"),
    "after the highest": (issue() + issue("V-7"), ["issue", "V-1", "5.00 CNY"], "the next free id is V-8 [duplicate]"),
    "asked for, and now requested": (issue(), ["request", "V-1", "5.00 CNY"], "the next free id is V-2 [duplicate]"),
    "requested, and requested again": (issue(kind="request"), ["request", "V-1", "5.00 CNY"], "the next free id is V-2 [duplicate]"),
    "requested, and now issued": (issue(kind="request"), ["issue", "V-1", "100.00 CNY"], ""),
    "no other left": (issue("V" * 34 + "9"), ["issue", "V" * 34 + "9", "5.00 CNY"], "expected another id [duplicate]"),
}  # fmt: skip


@pytest.mark.parametrize("name", TAKEN)
def test_an_id_that_is_taken_names_the_next(clerk: Clerk, name: str) -> None:
    before, arguments, expected = TAKEN[name]
    clerk.write(before)
    terms = ["--policyholder", "Ann", "--insurer", "Ins", "--date", "2026-03-02"]
    more = ["--issuer", "Iss", "--acceptor", "Acc", "--funding", "cash"]
    more += ["--accept-by", "2026-03-05", "--apply-by", "2026-03-31"]
    ran = clerk.run(*arguments, *terms, *(more if arguments[0] == "issue" else ()))
    assert ran.status == (1 if expected else 0)
    assert (f"{arguments[1]}: a voucher has this id already (" in ran.err) == bool(expected)
    assert expected in ran.err
