"""Reviews of facts alone: taken where they tell all that a whole load tells, and nowhere else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from beancount_voucher.review import json_report, text_report
from beancount_voucher.review.facts_enough import FactsOnly, Limit, judged
from beancount_voucher.review.git import Repository as Git
from beancount_voucher.review.review import review, span_of
from beancount_voucher.review.snapshot import parse
from tests.support import (
    ACCEPT,
    APPLY,
    DAILY,
    HAPPY,
    LINES,
    PLUGIN,
    SETTLE,
    WORLD,
    event,
    issue,
)
from tests.support.repository import APPLIED, INCLUDE, TOP, VOUCHERS, WANG, Repository

if TYPE_CHECKING:
    from collections.abc import Mapping

    from beancount_voucher.review.review import Review

CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
CREDIT = LINES + issue(funding='"credit"') + ACCEPT + APPLY
COVERED = issue("V-9", cover_start="2026-03-10") + event("accept", "2026-03-03", voucher="V-9")
OTHER = issue("V-2", "70.00 CNY", policyholder='"Bob"')
VOID = event("void", "2026-03-06", reason='"cancelled"')
OPTION = '2026-01-01 custom "voucher-option" "{}" "{}"\n'
BY_HAND = '2026-03-04 * "By hand"\n  {}  1.00 CNY\n  Equity:Opening\n'
EXCEPTION = event("exception", "2026-03-31", '"edited-history"', reason='"mistyped"', by='"Wang"')
SHARES = (
    "2026-01-05 open Assets:Shares\n"
    '2026-01-06 * "Shares"\n  Assets:Shares  2 SHR {5.00 CNY}\n  Assets:Ann:Iss  -10.00 CNY\n'
)
SOLD = (
    '2026-01-07 * "Sold"\n  Assets:Shares  -2 SHR {} @ 6.00 CNY\n  Assets:Ann:Iss  12.00 CNY\n'
    "  Equity:Opening\n"
)
CID = (
    "2020-01-01 open Assets:Cid:Iss\n2020-01-01 open Liabilities:Iss:Deposits:Cid\n"
    '2020-01-02 * "Opening"\n  Assets:Cid:Iss  1000.00 CNY\n  Equity:Opening\n'
)
DOCUMENT = event("apply", "2026-03-05", document='"missing.pdf"')
DOCUMENTED = '2026-03-05 document Equity:Opening "missing.pdf"\n'
CHEAP = issue(amount="90.00 CNY")

# What stands there on both sides, what else before, what else after. Facts tell all of it.
ENOUGH: dict[str, tuple[str, str, str]] = {
    "nothing": (HAPPY, "", ""),
    "a first voucher": ("", "", issue()),
    "another voucher": (HAPPY, "", OTHER),
    "a voucher that is gone": (HAPPY, OTHER, ""),
    "an event": (APPLIED, "", SETTLE),
    "an event on another day": (APPLIED, SETTLE, event("settle", "2026-03-07")),
    "a void": (issue(), "", VOID),
    "an amount": (OTHER, issue(), CHEAP),
    "an amount with other decimals": (OTHER, issue(amount="100 CNY"), issue(amount="100.0 CNY")),
    "a note of it is a number with other decimals": (
        OTHER, issue(note="1.0"), issue(note="1.00"),
    ),
    "a note is another": (ACCEPT + OTHER, issue(note='"one"'), issue(note='"two"')),
    "a note is of another type": (OTHER, issue(note="TRUE"), issue(note="1")),
    "lines that only moved": (OTHER, "; below\n\n" + HAPPY, HAPPY),
    "an order of lines": ("", issue() + ACCEPT, ACCEPT + issue()),
    "a settlement of credit": (CREDIT, "", SETTLE),
    "a settlement in part": (APPLIED, "", event("settle", "2026-03-06", "60.00 CNY")),
    "what another voucher's cover starts by": (COVERED + issue(), "", CLOSE),
    "what another voucher's cover starts by no more": (COVERED + issue(), CLOSE, ""),
    "an exception": (OTHER, issue(), CHEAP + EXCEPTION),
    "in a closed period": (HAPPY + CLOSE, "", OTHER),
    "with daily postings": (DAILY + HAPPY + OTHER, "", event("accept", "2026-03-03", voucher="V-2")),
    "with daily postings an amount": (DAILY + ACCEPT + OTHER, issue(), CHEAP),
    "a document that is not there": (issue() + ACCEPT, "", DOCUMENT),
    "a document that is asked for no more": (issue() + ACCEPT, DOCUMENT, ""),
    "where documents of ordinary entries miss": (HAPPY + DOCUMENTED, "", OTHER),
    "a key that stands twice": (OTHER, issue(), issue().replace("  issuer", '  acceptor: "Acc"\n  issuer')),
    "a balance before": (APPLIED + "2026-03-06 balance Assets:Ann:Iss 100000 CNY\n", "", SETTLE),
    "a balance of another account": (
        APPLIED + "2026-03-07 balance Assets:Bob:Iss 100000 CNY\n", "", SETTLE,
    ),
    "a balance of another currency": (
        APPLIED + "2026-03-07 balance Assets:Ann:Iss 0 USD\n", "", SETTLE,
    ),
    "a balance of a name that is no account above": (
        APPLIED + "2026-01-01 open Assets:An\n2026-03-07 balance Assets:An 0 CNY\n", "", SETTLE,
    ),
    "a balance above what is only moved inside": (
        OTHER + "2026-01-01 open Assets:Ann\n2026-03-07 balance Assets:Ann 100000 CNY\n",
        issue(), CHEAP,
    ),
    "money that somebody has brought by hand": (
        OTHER + BY_HAND.format("Assets:Ann:Iss"), issue(), CHEAP,
    ),
    "an account that the ledger opens itself": (
        APPLIED + "2026-01-01 open Liabilities:Ins:UnearnedPremium\n"
        + "2026-01-01 open Equity:Ins:Memo:VouchersReceived:Acc\n", "", SETTLE,
    ),
    "where nobody looks for money": (
        OPTION.format("check-funds", "off") + OTHER, issue(amount="999999.00 CNY"), "",
    ),
    "shares": (HAPPY + SHARES, "", issue("V-2")),
    "shares that are sold": (HAPPY + SHARES + SOLD, "", issue("V-2")),
}  # fmt: skip

# Likewise, and why the facts do not tell all of it.
LIMITS: dict[str, tuple[str, str, str, Limit]] = {
    "a syntax error": (HAPPY + "what\n", "", OTHER, Limit.TEXT),
    "a syntax error after": (HAPPY, "", OTHER + "what\n", Limit.TEXT),
    "an include that leads out": (HAPPY + 'include "../x.beancount"\n', "", OTHER, Limit.TEXT),
    "a line that is no number, on the day of a new posting": (
        COVERED + '2026-03-10 note Assets:Ann:Iss "x"\n  lineno: "x"\n', "", CLOSE, Limit.PLACES,
    ),
    "a line that is no number, on the day of a new account": (
        '2026-03-02 open Assets:Shares\n  lineno: "x"\n', "", issue(), Limit.PLACES,
    ),
    "a pad": (
        HAPPY + "2020-01-01 pad Assets:Ins:Iss Equity:Opening\n2020-01-02 balance Assets:Ins:Iss 1 CNY\n",
        "", OTHER, Limit.PADS,
    ),
    "an entry": (HAPPY, "", BY_HAND.format("Assets:Ann:Iss"), Limit.ENTRIES),
    "an entry with other decimals": (
        HAPPY, BY_HAND.format("Assets:Ann:Iss"),
        BY_HAND.format("Assets:Ann:Iss").replace("1.00", "1.0"), Limit.ENTRIES,
    ),
    "an event of Beancount": (
        HAPPY, '2026-03-04 event "order" "sent"\n', '2026-03-04 event "order" "lost"\n', Limit.ENTRIES,
    ),
    "a rule that is broken": (HAPPY + ACCEPT, "", VOID, Limit.PROBLEMS),
    "a rule that is broken by what comes": (issue(), "", SETTLE, Limit.PROBLEMS),
    "accounts of each voucher": (
        OPTION.format("hold-accounts", "per-voucher") + APPLIED, "", SETTLE, Limit.OWN_ACCOUNTS,
    ),
    "a party": (HAPPY, "", '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n', Limit.SETTINGS),
    "an option": (APPLIED, "", OPTION.format("recognise-at", "settle"), Limit.SETTINGS),
    "a credit line": (APPLIED, "", LINES, Limit.SETTINGS),
    "a repayment": (
        CREDIT + SETTLE, "", '2026-03-09 custom "voucher-repay" "Ann" "Iss" 1 CNY\n', Limit.SETTINGS,
    ),
    "an account that was closed": (
        APPLIED + "2026-03-05 close Liabilities:Acc:Deposits:Ins\n", "", SETTLE, Limit.NOT_OPEN,
    ),
    "an account of others that was closed": (
        issue("V-2", policyholder='"Bob"') + "2026-03-01 close Assets:Bob:Iss\n",
        "", issue(), Limit.NOT_OPEN,
    ),
    "an account that takes other currencies": (
        APPLIED + "2026-01-01 open Assets:Acc:Interbank:Iss USD\n", "", SETTLE, Limit.NOT_OPEN,
    ),
    "an account that is for two things": (
        '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n  payable: Assets:Bob:Iss:Frozen\n',
        CID, CID + OTHER + issue("V-3", policyholder='"Cid"') + event("accept", "2026-03-03", voucher="V-3"),
        Limit.MIXED,
    ),
    "an account that by its name is for what nobody holds yet": (
        '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n  expense: Assets:Ann:Iss:Frozen:Own\n'
        + CID + issue("V-3", policyholder='"Cid"', cover_start="2026-03-02", cover_end="2026-03-04")
        + event("accept", "2026-03-03", voucher="V-3") + OPTION.format("earning", "daily"), "",
        '2026-03-31 custom "voucher-close" "2026-03"\n', Limit.MIXED,
    ),
    "a loan that is for something else, too": (
        '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n'
        '  prepaid: "Liabilities:Ann:Iss:CreditLine"\n' + CID + issue("V-3", policyholder='"Cid"') + issue(),
        "", event("accept", "2026-03-03", voucher="V-3"), Limit.MIXED,
    ),
    "a loan under a name that somebody has chosen": (
        '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n  loan: Liabilities:Cid:Loan\n' + HAPPY,
        "", OTHER, Limit.MIXED,
    ),
    "what the audit finds in a voucher": (
        OPTION.format("check-funds", "off")
        + '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n  prepaid: Assets:Cid:Iss\n'
        + CID + issue("V-3", policyholder='"Cid"'), "",
        event("accept", "2026-03-03", voucher="V-3"), Limit.FINDINGS,
    ),
    "an account that the ledger uses before vouchers do": (
        APPLIED + "2026-03-08 balance Liabilities:Ins:UnearnedPremium 0 CNY\n",
        "", SETTLE, Limit.NOT_OPENED,
    ),
    "a balance": (APPLIED + "2026-03-07 balance Assets:Ins:Acc 0 CNY\n", "", SETTLE, Limit.BALANCES),
    "a balance above": (
        APPLIED + "2026-01-01 open Assets:Ann\n2026-03-07 balance Assets:Ann 100000 CNY\n",
        "", SETTLE, Limit.BALANCES,
    ),
    "what is frozen by hand": (
        HAPPY + "2026-01-01 open Assets:Bob:Iss:Frozen\n" + BY_HAND.format("Assets:Bob:Iss:Frozen"),
        "", OTHER, Limit.BY_HAND,
    ),
    "what is frozen by hand of somebody else": (
        HAPPY + "2026-01-01 open Assets:Ann:Iss:Frozen\n" + BY_HAND.format("Assets:Ann:Iss:Frozen"),
        "", OTHER, Limit.BY_HAND,
    ),
    "what is below that": (
        HAPPY + "2026-01-01 open Assets:Ann:Iss:Frozen:Own\n"
        + BY_HAND.format("Assets:Ann:Iss:Frozen:Own"), "", OTHER, Limit.BY_HAND,
    ),
    "what banks owe each other": (
        HAPPY + "2026-01-01 open Liabilities:Iss:Interbank:Acc\n"
        + BY_HAND.format("Liabilities:Iss:Interbank:Acc"), "", OTHER, Limit.BY_HAND,
    ),
    "a loan": (
        HAPPY + "2026-01-01 open Liabilities:Ann:Iss:CreditLine\n"
        + BY_HAND.format("Liabilities:Ann:Iss:CreditLine"), "", OTHER, Limit.BY_HAND,
    ),
    "a part of a credit line": (
        CREDIT + "2026-01-01 open Equity:Iss:Memo:CreditLine:Ann:Drawn\n"
        + BY_HAND.format("Equity:Iss:Memo:CreditLine:Ann:Drawn"), "", SETTLE, Limit.BY_HAND,
    ),
    "an account below one that is proven": (
        '2026-01-01 custom "voucher-party" "Cid" "policyholder"\n'
        "  prepaid: Assets:Ann:Iss:Frozen:Prepaid\n" + issue() + CID
        + issue("V-3", policyholder='"Cid"'), "",
        event("accept", "2026-03-03", voucher="V-3") + event("apply", "2026-03-04", voucher="V-3")
        + event("settle", "2026-03-05", voucher="V-3"), Limit.MIXED,
    ),
    "money that is not there": (HAPPY, "", issue("V-2", "99999999.00 CNY"), Limit.FUNDS),
    "money that is not there before": (HAPPY, issue("V-2", "99999999.00 CNY"), "", Limit.FUNDS),
    "money that somebody else has taken": (
        OTHER + BY_HAND.format("Assets:Ann:Iss").replace("03-04", "03-01").replace(" 1.00", " -100000.00"),
        "", issue(), Limit.FUNDS,
    ),
}  # fmt: skip


ONE_BOOK = PLUGIN.replace('plugin"', 'plugin" "Ins"')
TWO = PLUGIN + 'plugin "beancount.plugins.unique_prices"\n'
BROUGHT = issue("V-3", message='"Iss Acc 1"', funding=None)
TITLE, PRICE = 'option "title" "T\n"\n', "2026-01-01 price CNY 1 USD\n"
NO_TEXT = BY_HAND.replace(' "By hand"', "").format("Assets:Ann:Iss")
OWES = WORLD.replace('"Bob" "policyholder"\n', '"Bob" "policyholder"\n  prepaid: Assets:Ann:Iss\n')


def files(text: str, plugin: str = PLUGIN, world: str = WORLD, top: str = TOP) -> Mapping[str, str]:
    return {top: plugin + world + INCLUDE, VOUCHERS: text}


# The files before and after, and why facts are not enough; None where they are.
FILES: dict[str, tuple[Mapping[str, str], Mapping[str, str], Limit | None]] = {
    "one book": (files(HAPPY, ONE_BOOK), files(HAPPY + OTHER, ONE_BOOK), None),
    "another file": (
        files(HAPPY), {**files(HAPPY), TOP: PLUGIN + WORLD + 'include "v*.beancount"\n', "v.beancount": OTHER},
        None,
    ),
    "a file that is moved": (
        files(HAPPY), {TOP: PLUGIN + WORLD + 'include "sub/v.beancount"\n', "sub/v.beancount": HAPPY},
        None,
    ),
    "a new ledger": ({"x": "x"}, files(HAPPY), Limit.TOP),
    "another option": (
        files(HAPPY), files(HAPPY + OTHER, PLUGIN + 'option "title" "T"\n'), Limit.OPTIONS,
    ),
    "another book": (files(HAPPY, ONE_BOOK), files(HAPPY + OTHER), Limit.OPTIONS),
    "a file that is included behind a CR": (
        {TOP: PLUGIN + WORLD + HAPPY + "; x\n", "v.beancount": OTHER},
        {TOP: PLUGIN + WORLD + HAPPY + '\rinclude "v.beancount"\n', "v.beancount": OTHER}, None,
    ),
    "an entry that the end of an option's text might hide": (
        {TOP: PLUGIN + WORLD + TITLE + PRICE + HAPPY},
        {TOP: PLUGIN + WORLD + TITLE + PRICE + NO_TEXT + '; "\n' + PRICE + HAPPY}, Limit.ENTRIES,
    ),
    "a plugin behind a CR": (
        {TOP: PLUGIN + WORLD + HAPPY + "; x\n"}, {TOP: PLUGIN + WORLD + HAPPY + '\rplugin "evil"\n'},
        Limit.PLUGINS,
    ),
    "another plugin": (files(HAPPY, TWO), files(HAPPY + OTHER, TWO), Limit.PLUGINS),
    "no plugin": (files(HAPPY, ""), files(HAPPY + OTHER, ""), Limit.PLUGINS),
    "what a message has brought": (
        files(HAPPY + BROUGHT, ONE_BOOK), files(HAPPY + BROUGHT + OTHER, ONE_BOOK), Limit.MESSAGES,
    ),
    "an account that vouchers are paid from, and move otherwise": (
        files(issue() + OTHER, world=OWES),
        files(issue() + OTHER + event("accept", "2026-03-03", voucher="V-2"), world=OWES),
        Limit.FUNDS,
    ),
}  # fmt: skip


def path_taken(repository: Repository) -> Limit | None:
    """Why the last commit is not judged by its facts; None where it is."""
    with Git.around(repository.folder / TOP) as git:
        trees = [git.tree(git.commit(name)) for name in ("HEAD~1", "HEAD")]
        tops = [TOP if tree.has(TOP) else None for tree in trees]
        before = parse(trees[0], tops[0])
        found = judged(before, parse(trees[1], tops[1], like=before))
    return None if isinstance(found, FactsOnly) else found


def reports(repository: Repository) -> list[Review]:
    """The review of the last commit, by facts where they are enough; and as a whole."""
    with Git.around(repository.folder / TOP) as git:
        span = span_of(git, "HEAD~1..HEAD")
        found = [review(git, TOP, span, whole=whole) for whole in (False, True)]
    assert found[1].is_whole
    return found


def said(found: Review) -> tuple[object, ...]:
    """All that is ever told of a review."""
    return (
        [line.text for line in text_report.text(found)],
        [line.text for line in text_report.stat(found)],
        json_report.plain(found),
        list(json_report.workflow_commands(found)),
        text_report.summary(found),
    )


@pytest.mark.parametrize("name", ENOUGH)
@pytest.mark.parametrize("is_above", [True, False], ids=["above", "below"])
def test_facts_are_enough(repository: Repository, name: str, is_above: bool) -> None:
    both, before, after = ENOUGH[name]
    for each, author in ((before, ""), (after, WANG)):
        text = each + both if is_above else both + each
        repository.commit(text, *filter(None, [author]))
    assert path_taken(repository) is None
    facts, whole = reports(repository)
    assert not facts.is_whole
    assert said(facts) == said(whole)


@pytest.mark.parametrize("name", LIMITS)
def test_facts_are_not_enough(repository: Repository, name: str) -> None:
    both, before, after, limit = LIMITS[name]
    repository.commit(both + before)
    repository.commit(both + after, WANG)
    assert path_taken(repository) is limit
    facts, whole = reports(repository)
    assert facts.is_whole
    assert said(facts) == said(whole)


@pytest.mark.parametrize("name", FILES)
def test_files_of_which_facts_are_enough_or_not(repository: Repository, name: str) -> None:
    before, after, limit = FILES[name]
    repository.commit(before)
    repository.git("rm", "--quiet", "-r", ".")
    repository.commit(after, WANG)
    assert path_taken(repository) is limit
    facts, whole = reports(repository)
    assert facts.is_whole is (limit is not None)
    assert said(facts) == said(whole)


def test_every_limit_is_tried() -> None:
    tried = {limit for *_, limit in LIMITS.values()} | {limit for *_, limit in FILES.values()}
    assert tried == {None, *Limit} - {Limit.BOOKING}  # of that one no whole load tells: see below


WRONG = {
    "a balance": "2026-01-31 balance Assets:Oth:Acc 1 CNY\n",
    "what is no booking": '2026-03-04 * "Two"\n  Assets:Ann:Iss\n  Assets:Bob:Iss\n',
    "what Beancount leaves out": SHARES + SOLD + SOLD,
}
LEFT = "errors and findings that are there as before: 1"


@pytest.mark.parametrize("name", WRONG)
def test_what_only_a_whole_load_finds_is_not_counted(repository: Repository, name: str) -> None:
    """And is said so, with what would count it; nothing else differs."""
    repository.commit(APPLIED + WRONG[name])
    repository.commit(APPLIED + issue("V-2") + WRONG[name], WANG)
    facts = repository.run("review", "HEAD~1..HEAD")
    whole = repository.run("--checked", "review", "HEAD~1..HEAD")
    behind = repository.run("review", "HEAD~1..HEAD", "--checked")
    unchecked = "Not checked as a whole: what only that finds, and is there as before, "
    assert facts.err.splitlines() == [
        f"{unchecked}was not counted; --checked counts it.",
        "1 voucher changed, 0 violations.",
    ]
    assert behind == whole
    assert whole.err == "1 voucher changed, 0 violations.\n"
    assert LEFT in whole.out
    assert whole.out == f"{facts.out}\nNotes\n  {LEFT}\n"
    assert facts.status == whole.status == 0


def test_what_beancount_does_not_survive_is_told_as_by_a_whole_load(repository: Repository) -> None:
    digits = HAPPY + BY_HAND.format("Assets:Ann:Iss").replace(" 1.00", f" {'9' * 40}.12")
    repository.commit(digits)
    repository.commit(digits + OTHER, WANG)
    assert path_taken(repository) is Limit.BOOKING
    facts, whole = (repository.run("review", "HEAD~1..HEAD", *each) for each in ([], ["--checked"]))
    assert "Beancount cannot load it" in facts.err
    assert facts == whole


def test_who_wants_only_what_went_wrong_is_not_told(repository: Repository) -> None:
    repository.commit(APPLIED)
    repository.commit(APPLIED + SETTLE, WANG)
    assert repository.run("--quiet", "review", "HEAD~1..HEAD").err == ""


def test_a_plugin_that_is_allowed_gets_entries_of_its_own(repository: Repository) -> None:
    """Files that both sides have are parsed once for their facts, and twice for plugins."""
    plugin = "beancount.plugins.commodity_attr"
    top = PLUGIN + f'plugin "{plugin}"\n'
    repository.commit(files(HAPPY, top))
    repository.commit(files(HAPPY + OTHER, top), WANG)
    with Git.around(repository.folder / TOP) as git:
        before, after = (git.tree(git.commit(name)) for name in ("HEAD~1", "HEAD"))
        one = parse(before, TOP)
        other = parse(after, TOP, like=one)
        assert {id(each) for each in one.entries} & {id(each) for each in other.entries}
        sides = [each.whole([plugin]).ledger for each in (one, other)]
    mine, theirs = ({id(each) for each in side.entries} for side in sides)
    assert not mine & theirs
