"""What is remembered of a ledger: when it counts, and what is taken into it or found anew."""

from __future__ import annotations

import datetime as dt
import os
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher import conditions
from beancount_voucher.conditions import Verdict
from beancount_voucher.ledger import index, index_key
from beancount_voucher.ledger.atomic_files import ChangedMeanwhileError
from beancount_voucher.ledger.index_ledger import ledger_of
from beancount_voucher.ledger.index_state import BLOCK
from beancount_voucher.ledger.index_store import DamagedError, Store
from beancount_voucher.ledger.loader import load_facts, made_whole
from tests.support import ACCEPT, APPLY, DUE, HAPPY, LINES, PLUGIN, SETTLE, event, issue

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.ledger.index_part import Remembered
    from tests.support.clerk import Clerk

pytestmark = pytest.mark.usefixtures("cache")


def kept(clerk: Clerk) -> Remembered | None:
    """Read all facts, and remember them."""
    found = index.found(load_facts(clerk.path))
    if found is not None:
        index.keep(found)
    return found


def is_right(clerk: Clerk, known: Remembered | None) -> bool:
    """Whether what is remembered is what all files say, voucher by voucher."""
    assert known is not None
    whole = load_facts(clerk.path)
    found = ledger_of(clerk.path, known, known.part(known.summaries), _always)
    assert found.evaluation.vouchers == whole.evaluation.vouchers
    assert found.evaluation.horizon == whole.evaluation.horizon
    assert [each.message for each in found.errors] == [each.message for each in whole.errors]
    assert found.fingerprint is not None
    assert whole.fingerprint is not None
    assert found.fingerprint.digest == whole.fingerprint.digest
    assert (found.has_vouchers, found.has_plugin) == (whole.has_vouchers, whole.has_plugin)
    for voucher in known.summaries:
        one = ledger_of(clerk.path, known, known.part([voucher]), _always)
        assert one.evaluation.vouchers.get(voucher) == whole.evaluation.vouchers.get(voucher)
        assert len(one.errors) == len(whole.errors)
    return True


CREDIT = '"credit"'
ON_CREDIT = (
    LINES
    + issue("V-1", "600.00 CNY", funding=CREDIT)
    + issue("V-2", "300.00 CNY", "2026-03-04", funding=CREDIT, accept_by="2026-03-09")
)
REFUSED = ON_CREDIT + issue(
    "V-3", "300.00 CNY", "2026-03-06", funding=CREDIT, accept_by="2026-03-09"
)
COVERED = (
    issue(cover_start="2026-03-20")
    + ACCEPT
    + issue("V-2", date="2026-03-10", accept_by="2026-03-26")
)
OPTION = '2026-01-01 custom "voucher-option" "{}" "{}"\n'

# A ledger, what is appended, and whether it is taken by itself.
APPENDED = {
    "the next event": (HAPPY + issue("V-2"), event("accept", "2026-03-04", voucher="V-2"), True),
    "a new voucher": (HAPPY, issue("V-2"), True),
    "one before all others": (
        HAPPY,
        issue("A-1") + event("accept", "2026-03-03", voucher="A-1"),
        True,
    ),
    "the first": ("", issue(), True),
    "an event of a voucher that is not there": (
        HAPPY,
        event("accept", "2026-03-04", voucher="V-9"),
        True,
    ),
    "an event that is refused": (HAPPY, event("accept", "2026-03-09"), True),
    "one with an unknown key": (
        HAPPY,
        event("return", "2026-03-04", voucher="V-2", what='"x"'),
        True,
    ),
    "many": (HAPPY, "".join(issue(f"N-{each}") for each in range(3 * BLOCK)), True),
    "an event that makes another fit": (issue() + SETTLE, ACCEPT + APPLY, True),
    "an event before one that counts": (
        issue() + ACCEPT,
        event("void", "2026-03-02", reason='"cancelled"'),
        False,
    ),
    "the same again": (issue() + ACCEPT, ACCEPT, True),
    "the same otherwise": (issue() + ACCEPT, event("accept", "2026-03-03", by='"Acc"'), False),
    "credit that is there": (ON_CREDIT, issue("V-3", "100.00 CNY", funding=CREDIT), True),
    "credit that is not there": (
        ON_CREDIT,
        issue("V-3", "300.00 CNY", "2026-03-04", funding=CREDIT),
        True,
    ),
    "credit that another had": (ON_CREDIT, issue("V-0", "300.00 CNY", funding=CREDIT), False),
    "credit of a line that is new": (HAPPY, issue("V-2", funding=CREDIT), True),
    "credit that is set free for another": (
        REFUSED,
        event("void", "2026-03-05", reason='"cancelled"'),
        True,
    ),
    "credit that is set free for nobody": (
        ON_CREDIT,
        event("void", "2026-03-05", reason='"cancelled"'),
        True,
    ),
    "an increase on credit": (
        ON_CREDIT,
        event("amend", "2026-03-05", "1", "650.00 CNY"),
        True,
    ),
    "a refund": (HAPPY, event("refund", "2026-03-08", "40.00 CNY", reason='"returned"'), True),
    "what the horizon reaches": (COVERED, event("accept", "2026-03-25", voucher="V-2"), True),
    "what it does not reach": (COVERED, event("accept", "2026-03-11", voucher="V-2"), True),
    "accounts": (
        HAPPY,
        "2026-03-01 open Assets:Further\n2026-03-09 balance Assets:Further 0 CNY\n",
        True,
    ),
    "other business": (
        HAPPY,
        '2026-03-09 * "x"\n  Assets:Ann:Iss  1.00 CNY\n  Equity:Opening\n',
        True,
    ),
    "a custom of others": (HAPPY, '2026-03-09 custom "budget" 1\n', True),
    "a comment": (HAPPY, "; a comment\n\n", True),
    "a half line": (HAPPY + issue("V-2"), '2026-03-04 custom "voucher-accept" "V-2"', True),
    "metadata of the last directive": (
        HAPPY + issue("V-2") + event("accept", "2026-03-03", voucher="V-2"),
        '  by: "Acc"\n',
        False,
    ),
    "a syntax error": (HAPPY, "2026-03-09 custom\n", False),
    "an option of Beancount": (HAPPY, 'option "title" "x"\n', False),
    "an include behind a carriage return": (HAPPY, '\r include "none"\n', False),
    "an include": (HAPPY, 'include "none"\n', False),
    "an option of ours": (HAPPY, OPTION.format("recognise-at", "accept"), False),
    "a party": (HAPPY, '2026-01-01 custom "voucher-party" "New" "bank"\n', False),
    "a credit line": (HAPPY, LINES, False),
    "a close": (HAPPY, '2026-03-31 custom "voucher-close" "2026-03"\n', False),
    "an event of Beancount": (HAPPY, '2026-03-01 event "order" "lost"\n', False),
    "a refusal": (HAPPY, '2026-03-09 custom "voucher-refusal" "Iss" 0 "V-1"\n', False),
    "too much": (HAPPY, "; comment\n" * 120_000, False),
    "where premiums earn": (OPTION.format("earning", "daily") + HAPPY, issue("V-2"), False),
    "below other root accounts": ("; name_assets\n" + HAPPY, issue("V-2"), False),
    "behind a half line": (HAPPY + "; a comment", "\n" + issue("V-2"), False),
}


@pytest.mark.parametrize(("before", "more", "is_taken"), APPENDED.values(), ids=list(APPENDED))
def test_what_is_appended(
    clerk: Clerk, cache: Path, before: str, more: str, is_taken: bool
) -> None:
    clerk.write(before)
    assert kept(clerk)
    clerk.append(more)
    known = index.recall(clerk.path)
    assert (known is not None) == is_taken
    if known is not None:
        assert is_right(clerk, known)
        assert not known.is_kept
        index.keep(known)
        again = index.recall(clerk.path)
        assert again is not None
        assert again.is_kept
        assert again.state == known.state
        assert is_right(clerk, again)
    assert list(cache.glob("*.sqlite"))


def test_what_is_appended_again_and_again(clerk: Clerk) -> None:
    clerk.write(LINES)
    assert kept(clerk)
    for voucher in ("V-1", "V-2"):
        funding = CREDIT if voucher == "V-1" else '"cash"'
        for text in (
            issue(voucher, funding=funding),
            *(
                event(kind, date, voucher=voucher)
                for kind, date in (
                    ("accept", "2026-03-03"),
                    ("apply", "2026-03-05"),
                    ("settle", "2026-03-06"),
                )
            ),
        ):
            clerk.append(text)
            known = index.recall(clerk.path)
            assert is_right(clerk, known)
            assert known is not None
            index.keep(known)


# --- What else may change -----------------------------------------------------------------------


def test_all_code_that_decides_what_is_remembered_is_known() -> None:
    """The rooms that are loaded for a whole check and for the register out of the index."""
    modules = "beancount_voucher_plugin, beancount_voucher.ledger.index_ledger"
    script = (
        f"import sys, {modules}, beancount_voucher.ledger.index, beancount_voucher.views.remembered;"
        "print(*(name for name in sys.modules if name.startswith('beancount_voucher.')))"
    )
    loaded = subprocess.run([sys.executable, "-c", script], capture_output=True, check=True).stdout
    rooms = {name.split(".")[1] for name in loaded.decode().split()}
    assert rooms == {name.partition("/")[0].removesuffix(".py") for name, *_ in index_key._code()}


def test_a_file_that_was_touched_is_what_it_was(clerk: Clerk) -> None:
    assert index.recall(clerk.write(DUE).path) is None
    kept(clerk)
    os.utime(clerk.path, (1, 1))
    assert is_right(clerk, index.recall(clerk.path))


def test_files(clerk: Clerk) -> None:
    """Those that an include finds count by name, too, and each may grow."""
    clerk.split(months__1=issue(), months__2="", other=ACCEPT)
    clerk.path.write_text(clerk.path.read_text().replace("months/1", "months/*"))
    clerk.path.write_text(clerk.path.read_text().replace('include "months/2.beancount"\n', ""))
    assert kept(clerk)
    (clerk.folder / "months/2.beancount").write_text(issue("V-2"))
    with (clerk.folder / "other.beancount").open("a") as file:
        file.write(APPLY)
    assert index.recall(clerk.path) is None  # what was empty is not known to end a directive
    kept(clerk)
    with (clerk.folder / "other.beancount").open("a") as file:
        file.write(SETTLE)
    with (clerk.folder / "months/1.beancount").open("a") as file:
        file.write(issue("V-3"))
    assert is_right(clerk, index.recall(clerk.path))
    (clerk.folder / "months/3.beancount").write_text("")
    assert index.recall(clerk.path) is None
    kept(clerk)
    (clerk.folder / "months/3.beancount").unlink()
    assert index.recall(clerk.path) is None
    kept(clerk)
    (clerk.folder / "other.beancount").unlink()
    assert index.recall(clerk.path) is None


@pytest.mark.parametrize(
    "what", ["__version__", "installed", "_ROOMS"], ids=["version", "conditions", "code"]
)
def test_other_programs(clerk: Clerk, monkeypatch: pytest.MonkeyPatch, what: str) -> None:
    assert kept(clerk.write(HAPPY))
    changed: dict[str, Any] = {
        "__version__": "99",
        "installed": lambda: {**conditions.installed(), "requires-more": conditions.RequiresCode()},
        "_ROOMS": ("conditions.py",),
    }
    monkeypatch.setattr(index_key, what, changed[what])
    assert index.recall(clerk.path) is None


class Third:
    """A condition of another package."""

    def expected(self, value: object) -> str | None:
        return None if value is True else "TRUE"

    def judge(self, _value: object, _case: object) -> Verdict:
        return Verdict("met", "so it is")


def test_a_condition_of_another_package_is_asked_each_time(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch
) -> None:
    third = conditions.ThirdPartyCondition("requires-third", Third())
    everywhere = {**conditions.installed(), "requires-third": third}
    monkeypatch.setattr(index_key, "installed", lambda: everywhere)
    assert kept(clerk.write(HAPPY))
    clerk.append(issue("V-2", requires_third="TRUE"))
    assert index.recall(clerk.path) is None
    assert kept(clerk) is None


NOT_KEPT = {
    "a syntax error": HAPPY + "2026-03-09 custom\n",
    "a file that is not there": 'include "none.beancount"\n' + HAPPY,
    "a refusal": HAPPY + '2026-03-09 custom "voucher-refusal" "Iss" 0 "V-1"\n',
    "a plugin that may do anything": 'plugin "beancount.plugins.auto_accounts"\n' + HAPPY,
    "a place that metadata has replaced": HAPPY + event("accept", "2026-03-03", filename='"x"'),
}


BUILT = {
    "nothing": "",
    "one of each": DUE,
    "a refund": HAPPY + event("refund", "2026-03-08", "40.00 CNY", reason='"returned"'),
    "a refund to the loan": LINES
    + issue(funding=CREDIT)
    + ACCEPT
    + APPLY
    + SETTLE
    + event("refund", "2026-03-08", "40.00 CNY", reason='"returned"')
    + issue("V-2", funding=CREDIT),
    "a limit that is refused": ON_CREDIT + LINES.replace("01-01", "03-09").replace("1000", "10"),
    "a repayment that is refused": ON_CREDIT
    + '2026-03-09 custom "voucher-repay" "Ann" "Iss" 1.00 CNY\n',
    "an amendment": ON_CREDIT + event("amend", "2026-03-05", "1", cover_start="2026-03-09"),
    "credit of two parties": issue(kind="request", issuer=None)
    + issue(funding=CREDIT, policyholder='"Bob"')
    + LINES,
    "credit of nobody": event("issue", "2026-03-02", "1.00 CNY", funding=CREDIT) + LINES,
    "a recall": issue() + event("recall", "2026-03-04", reason='"cancelled"'),
    "an error of each voucher": "".join(
        event("settle", "2026-03-03", voucher=f"V-{n}") for n in range(300)
    ),
    "books of one": HAPPY,
}


@pytest.mark.parametrize("text", BUILT.values(), ids=list(BUILT))
def test_what_is_kept_is_what_all_files_say(clerk: Clerk, text: str) -> None:
    kept(
        clerk.write(
            text, plugin='plugin "beancount_voucher_plugin" "Ann"\n' if text == HAPPY else PLUGIN
        )
    )
    assert is_right(clerk, index.recall(clerk.path))


@pytest.mark.parametrize("text", NOT_KEPT.values(), ids=list(NOT_KEPT))
def test_what_is_not_kept(clerk: Clerk, cache: Path, text: str) -> None:
    assert kept(clerk.write(text)) is None
    assert index.recall(clerk.path) is None
    assert list(cache.iterdir()) == []


def test_a_file_that_changes_while_it_is_kept(clerk: Clerk) -> None:
    read = load_facts(clerk.split(more=HAPPY).path)
    clerk.append(issue("V-2"))
    assert index.found(read) is None
    read = load_facts(clerk.path)
    (clerk.folder / "more.beancount").unlink()
    assert index.found(read) is None


def test_without_a_folder_nothing_is_kept(clerk: Clerk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BEAN_VOUCHER_CACHE", "")
    assert index.store_of(clerk.write(HAPPY).path) is None
    assert kept(clerk) is None
    assert index.recall(clerk.path) is None


def test_a_folder_beside_an_included_file_is_not_used(
    clerk: Clerk, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever brings the file brings what lies beside it."""
    other = tmp_path_factory.mktemp("other")
    monkeypatch.setenv("BEAN_VOUCHER_CACHE", str(other / "cache"))
    (other / "more.beancount").write_text(issue())
    clerk.write(f'include "{other}/more.beancount"\n')
    assert kept(clerk)
    assert list((other / "cache").glob("*.sqlite")) == []
    assert index.recall(clerk.path) is None


def test_a_file_that_vanishes_before_it_is_kept(clerk: Clerk, cache: Path) -> None:
    found = index.found(load_facts(clerk.write(HAPPY).path))
    assert found is not None
    clerk.path.unlink()
    index.keep(found)
    assert list(cache.iterdir()) == []


@pytest.mark.parametrize("state", [{}, [], [1], "x", None, 7, {"key": 1}, [[]] * 12])
def test_a_state_that_is_none_of_ours(clerk: Clerk, cache: Path, state: Any) -> None:
    """Sealed as it is, by whatever program of this user."""
    Store(cache, clerk.write(HAPPY).path).save("facts", state, {}, set())
    assert index.recall(clerk.path) is None


def test_parts_that_do_not_fit_are_found_out(clerk: Clerk) -> None:
    """A ledger's horizon is found again by every part of it."""
    known = kept(clerk.write(HAPPY))
    assert known is not None
    object.__setattr__(known.state, "horizon", "2026-03-01")
    with pytest.raises(DamagedError):
        known.part(["V-1"])


def _always() -> bool:
    """That the money was there is known."""
    return True


# --- Parts --------------------------------------------------------------------------------------


def test_a_part_is_a_ledger_of_some_vouchers(clerk: Clerk) -> None:
    known = kept(clerk.write(DUE + '2026-03-09 custom "voucher-nothing"\n'))
    assert known is not None
    part = ledger_of(clerk.path, known, known.part(["A-LATE"]), _always)
    assert [*part.evaluation.vouchers] == ["A-LATE"]
    assert part.has_vouchers
    assert part.is_part
    assert not part.is_whole
    assert len(part.errors) == 1
    assert part.kept is None
    assert part.unfunded(dt.date(2026, 3, 9)) == {}
    asking = ledger_of(clerk.path, known, known.part(["A-LATE"]), lambda: False)
    assert asking.funded is None
    assert asking.unfunded(dt.date(2026, 3, 9)) == {}
    assert asking.funded is True
    whole = made_whole(part)
    assert whole.is_whole
    assert len(whole.evaluation.vouchers) == len(known.summaries)
    clerk.append(issue("Z-1"))
    with pytest.raises(ChangedMeanwhileError, match="changed meanwhile"):
        made_whole(part)
    asking = ledger_of(clerk.path, known, known.part(["A-LATE"]), lambda: False)
    with pytest.raises(ChangedMeanwhileError, match="changed meanwhile"):
        asking.unfunded(dt.date(2026, 3, 9))


@pytest.mark.parametrize(
    ("text", "has"),
    [("", True), ('2026-03-09 event "x" "y"\n', True)],
)
def test_a_ledger_of_parties_alone(clerk: Clerk, text: str, has: bool) -> None:
    known = kept(clerk.write(text))
    assert known is not None
    assert ledger_of(clerk.path, known, known.part([]), _always).has_vouchers is has


def test_a_ledger_of_nothing(clerk: Clerk) -> None:
    known = kept(clerk.write("", world="", plugin=""))
    assert known is not None
    part = ledger_of(clerk.path, known, known.part(["V-1"]), _always)
    assert (part.has_vouchers, part.has_plugin, part.evaluation.horizon) == (False, False, None)
    assert known.horizon is None
    assert known.live() == set()


def test_with_facts_of_a_part(clerk: Clerk) -> None:
    """A void gives back the credit for want of which another was refused."""
    known = kept(clerk.write(REFUSED + event("accept", "2026-03-04", voucher="V-9")))
    assert known is not None
    whole = load_facts(clerk.path)
    part = ledger_of(clerk.path, known, known.part(known.live()), _always)
    (void,) = load_facts(
        clerk.write(REFUSED + event("void", "2026-03-05", reason='"cancelled"')).path
    ).reading.facts[-1:]
    void = next(fact for fact in load_facts(clerk.path).reading.facts if fact.kind == "void")
    after, expected = part.with_facts([void]), whole.with_facts([void])
    assert after.vouchers == expected.vouchers
    assert "V-3" in after.vouchers
    assert sorted(each.message for each in after.problems) == sorted(
        each.message for each in expected.problems
    )


def test_live_is_what_somebody_may_have_to_decide(clerk: Clerk) -> None:
    known = kept(clerk.write(DUE))
    assert known is not None
    everything = known.live()
    assert everything == {
        *[
            "A-LATE",
            "B-LATE",
            "C-MET",
            "D-UNMET",
            "E-WAIT",
            "F-RETURNED",
            "G-AGAIN",
            "I-LATER",
            "K-FRESH",
        ]
    }
    assert known.live(dt.date(2026, 3, 5)) == everything - {"A-LATE", "B-LATE", "K-FRESH"}
    assert known.live(dt.date(2026, 3, 6)) == everything - {"B-LATE", "K-FRESH"}


def test_whether_the_money_was_there_is_known_from_who_has_looked(clerk: Clerk) -> None:
    known = kept(clerk.write(DUE))
    assert known is not None
    assert known.state.funded is None
    known.set_funded(None)
    assert known.is_kept
    known.set_funded(True)
    known.set_funded(True)
    assert not known.is_kept
    index.keep(known)
    index.keep(known)
    again = index.recall(clerk.path)
    assert again is not None
    assert again.state.funded is True
    for more, stays in (
        (event("accept", "2026-03-03", voucher="A-LATE"), True),
        (issue("Z-1"), None),
    ):
        clerk.append(more)
        again = index.recall(clerk.path)
        assert again is not None
        assert again.state.funded is stays
