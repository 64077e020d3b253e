"""Nobody excuses himself: whose exception counts, over real repositories."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any, NamedTuple

import pytest

from beancount_voucher.review import contributions
from beancount_voucher.review.commits import Person
from beancount_voucher.review.git import Repository as Git
from beancount_voucher.review.mailmap import Mailmap
from tests.support import ACCEPT, APPLY, SETTLE, event, issue
from tests.support.repository import (
    APPLIED,
    INCLUDE,
    LIN,
    TOP,
    VOUCHERS,
    WANG,
    ZHAO,
    Repository,
    rules,
)

if TYPE_CHECKING:
    from pathlib import Path


def exception(
    subject: str = "V-1", rule: str = "edited-history", by: str = "audit", date: str = "2026-03-31"
) -> str:
    return (
        f'{date} custom "voucher-exception" "{subject}" "{rule}"\n'
        f'  reason: "mistyped"\n  by: "{by}"\n'
    )


class Made(NamedTuple):
    """One commit: the vouchers after it, who wrote it, and who made the commit."""

    text: str
    author: str
    committer: str = "Forge <noreply@example.org>"
    message: str = "change"


BASE = issue()
EDITED = issue(amount="90.00 CNY")
ALLOWED = EDITED + exception()
HOME = "Wang <wang@example.net>"
RENAMED = "W. L. Wang <wang@example.org>"
NOBODY = "Nobody <>"
BY = "recorded it, and recorded what it would excuse"

# What is committed after the base -> why the exception does not count; None: it does.
TABLE: dict[str, tuple[list[Made], str | None]] = {
    "by somebody else": ([Made(EDITED, WANG), Made(ALLOWED, ZHAO)], None),
    "by somebody else, before it": ([Made(BASE + exception(), ZHAO), Made(ALLOWED, WANG)], "it was written before "),
    "by somebody else, before it was edited again": (
        [Made(issue(amount="95.00 CNY"), WANG), Made(issue(amount="95.00 CNY") + exception(), ZHAO), Made(ALLOWED, WANG)],
        "it was written before ",
    ),
    "by somebody else, and once more": (
        [Made(BASE + exception(), ZHAO), Made(EDITED, WANG), Made(ALLOWED, ZHAO)], None,
    ),
    "by oneself": ([Made(EDITED, WANG), Made(ALLOWED, WANG)], f"Wang <wang@example.org> {BY}"),
    "in one commit, as after a squash": ([Made(ALLOWED, WANG)], f"Wang <wang@example.org> {BY}"),
    "in one commit with a co-author": (
        [Made(ALLOWED, WANG, message=f"change\n\nCo-authored-by: {ZHAO}")], f"Wang <wang@example.org> {BY}",
    ),
    "under another address": ([Made(EDITED, WANG), Made(ALLOWED, HOME)], f"Wang <wang@example.net> {BY}"),
    "under another name": ([Made(EDITED, WANG), Made(ALLOWED, RENAMED)], f"W. L. Wang <wang@example.org> {BY}"),
    "in capitals": ([Made(EDITED, WANG), Made(ALLOWED, "X <WANG@example.org>")], f"X <WANG@example.org> {BY}"),
    "the other a co-author of the edit": (
        [Made(EDITED, WANG, message=f"change\n\nCo-authored-by: {ZHAO}"), Made(ALLOWED, ZHAO)], f"Zhao <zhao@example.org> {BY}",
    ),
    "the author a co-author of the exception": (
        [Made(EDITED, WANG), Made(ALLOWED, ZHAO, message=f"change\n\nCo-authored-by: {WANG}")], f"Wang <wang@example.org> {BY}",
    ),
    "put into another's name": (
        [Made(EDITED, WANG), Made(ALLOWED, ZHAO, committer=WANG)],
        "Wang <wang@example.org> committed it, and recorded what it would excuse",
    ),
    "applied by who lets it pass": ([Made(EDITED, WANG, committer=ZHAO), Made(ALLOWED, ZHAO)], None),
    "nobody's": (
        [Made(EDITED, WANG), Made(ALLOWED, NOBODY)], "the author of its commit",
    ),
    "for nobody": ([Made(EDITED, NOBODY), Made(ALLOWED, ZHAO)], "which it may excuse, is not known"),
    "by two, one after the other": (
        [Made(issue(amount="95.00 CNY"), WANG), Made(EDITED, ZHAO), Made(ALLOWED, ZHAO)], f"Zhao <zhao@example.org> {BY}",
    ),
    "of something else by the same": (
        [Made(EDITED, WANG), Made(EDITED + issue("V-2"), ZHAO), Made(ALLOWED + issue("V-2"), ZHAO)], None,
    ),
    "of another event of it by the same": (
        [Made(EDITED, WANG), Made(EDITED + ACCEPT, ZHAO), Made(ALLOWED + ACCEPT, ZHAO)], None,
    ),
    "what is gone, by somebody else": ([Made("", WANG), Made(exception(), ZHAO)], None),
    "what is gone, by oneself": ([Made("", WANG), Made(exception(), WANG)], f"Wang <wang@example.org> {BY}"),
    "taken away by another than edited it": (
        [Made(EDITED, WANG), Made("", ZHAO), Made(exception(), ZHAO)], f"Zhao <zhao@example.org> {BY}",
    ),
    "an exception that its author's victim has rewritten": (
        [Made(EDITED, WANG), Made(EDITED + exception(by="x"), ZHAO), Made(ALLOWED, WANG)], f"Wang <wang@example.org> {BY}",
    ),
    "an exception moved by somebody else": (
        [Made(EDITED, WANG), Made(ALLOWED, ZHAO), Made(exception() + EDITED, WANG)], None,
    ),
    "it says itself that it is by oneself": (
        [Made(EDITED, WANG), Made(EDITED + exception(by="wang"), ZHAO)], "it is by wang, who recorded what it would excuse",
    ),
    "for another rule": ([Made(EDITED, WANG), Made(EDITED + exception(rule="new-error"), ZHAO)], ""),
    "two, and one counts": (
        [Made(EDITED + exception(by="x", date="2026-03-30"), WANG), Made(EDITED + exception(by="x", date="2026-03-30") + exception(), ZHAO)], None,
    ),
    "a file that nobody could read in between": (
        [Made(EDITED, WANG), Made(EDITED + 'custom "\n', ZHAO), Made(ALLOWED, ZHAO)], f"Zhao <zhao@example.org> {BY}",
    ),
}  # fmt: skip


def committed(repository: Repository, *commits: Made) -> None:
    for text, author, committer, message in commits:
        repository.commit(text, author, committer=committer, message=message)


def reasons(found: dict[str, Any]) -> list[str]:
    return [why for each in found["violations"] for why in each["not_excused"]]


@pytest.mark.parametrize("name", TABLE)
def test_whose_exception_counts(repository: Repository, name: str) -> None:
    commits, expected = TABLE[name]
    base = repository.commit(BASE)
    committed(repository, *commits)
    found = repository.review(f"{base}..HEAD")
    assert (rules(found) == []) == (expected is None)
    if expected is None:
        assert [each["rule"] for each in found["excused"]] == ["edited-history"]
    else:
        assert all(each["subject"] == "V-1" for each in found["violations"])
        assert any(expected in why for why in reasons(found)) == bool(expected)
        assert all(why.startswith("the exception of 2026-03-31 (vouchers.beancount:") for why in reasons(found))  # fmt: skip


# Of other rules: base, commits, rule, subject -> why it does not count.
OTHERS: dict[str, tuple[str, list[Made], str, str, str | None]] = {
    "settled by oneself": (
        APPLIED, [Made(APPLIED + SETTLE, LIN), Made(APPLIED + SETTLE + exception(rule="segregation-of-duties"), LIN)],
        "segregation-of-duties", "V-1", f"Lin <lin@example.org> {BY}",
    ),
    "settled by oneself, and let pass by another": (
        APPLIED, [Made(APPLIED + SETTLE, LIN), Made(APPLIED + SETTLE + exception(rule="segregation-of-duties"), ZHAO)],
        "segregation-of-duties", "V-1", None,
    ),
    "settled in the name of who lets it pass": (
        issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"'),
        [
            Made(issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"') + event("settle", "2026-03-06", by='"iNS"'), WANG),
            Made(
                issue() + ACCEPT + event("apply", "2026-03-05", by='"Ins"') + event("settle", "2026-03-06", by='"iNS"')
                + exception(rule="segregation-of-duties", by="INS"),
                ZHAO,
            ),
        ],
        "segregation-of-duties", "V-1", "it is by INS, who recorded what it would excuse",
    ),
    "an error that nobody's voucher has": (
        issue(), [Made(issue() + "2026-03-10 balance Assets:Bob:Iss 1 CNY\n", WANG), Made(issue() + "2026-03-10 balance Assets:Bob:Iss 1 CNY\n" + exception("ledger", "new-error"), ZHAO)],
        "new-error", "ledger", None,
    ),
    "an error of one's own that nobody's voucher has": (
        issue(),
        [
            Made(issue() + "2026-03-10 balance Assets:Bob:Iss 1 CNY\n", WANG),
            Made(issue() + "2026-03-10 balance Assets:Bob:Iss 1 CNY\n" + ACCEPT, ZHAO),
            Made(issue() + "2026-03-10 balance Assets:Bob:Iss 1 CNY\n" + ACCEPT + exception("ledger", "new-error"), ZHAO),
        ],
        "new-error", "ledger", f"Zhao <zhao@example.org> {BY}",
    ),
    "an error of a new event": (
        issue(), [Made(issue() + APPLY, WANG), Made(issue() + APPLY + exception(rule="new-error"), ZHAO)], "new-error", "V-1", None,
    ),
    "an option, by oneself": (
        APPLIED,
        [
            Made(APPLIED + '2026-01-01 custom "voucher-option" "recognise-at" "settle"\n', WANG),
            Made(APPLIED + '2026-01-01 custom "voucher-option" "recognise-at" "settle"\n' + exception("recognise-at", "rewritten-postings"), WANG),
        ],
        "rewritten-postings", "recognise-at", f"Wang <wang@example.org> {BY}",
    ),
    "an event of Beancount's, by oneself": (
        '2026-03-04 event "order" "done"\n' + issue(requires_event='"order=done"'),
        [
            Made('2026-03-04 event "order" "lost"\n' + issue(requires_event='"order=done"'), WANG),
            Made('2026-03-04 event "order" "lost"\n' + issue(requires_event='"order=done"') + exception("order"), WANG),
        ],
        "edited-history", "order", f"Wang <wang@example.org> {BY}",
    ),
    "what follows, by who wrote what it follows from": (
        APPLIED,
        [
            Made(APPLIED.replace("100.00", "-1.00"), WANG),
            Made(APPLIED.replace("100.00", "-1.00") + exception() + exception(rule="new-error"), WANG),
        ],
        "new-error", "V-1", f"Wang <wang@example.org> {BY}",
    ),
    "what follows from something unknown, by who did something": (
        APPLIED,
        [
            Made(APPLIED + event("return", "2026-03-04"), WANG),
            Made(APPLIED + event("return", "2026-03-04") + issue("V-2"), ZHAO),
            Made(APPLIED + event("return", "2026-03-04") + issue("V-2") + exception(rule="new-error"), ZHAO),
        ],
        "new-error", "V-1", f"Zhao <zhao@example.org> {BY}",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", OTHERS)
def test_whose_exception_from_another_rule_counts(repository: Repository, name: str) -> None:
    before, commits, rule, subject, expected = OTHERS[name]
    base = repository.commit(before)
    committed(repository, *commits)
    found = repository.review(f"{base}..HEAD")
    assert found["violations"] or found["excused"]
    excused = [each for each in found["excused"] if each["rule"] == rule]
    assert bool(excused) == (expected is None)
    if expected is not None:
        nested = [below for each in found["violations"] for below in (each, *each["consequences"])]
        mine = [each for each in nested if (each["rule"], each["subject"]) == (rule, subject)]
        assert mine
        assert all(expected in each["not_excused"][0] for each in mine)


# --- Where it stands --------------------------------------------------------------------


def test_what_is_not_committed_is_by_nobody(repository: Repository) -> None:
    repository.commit(BASE)
    repository.commit(EDITED, WANG)
    repository.write(ALLOWED)
    found = repository.review("HEAD~1")
    assert rules(found) == ["edited-history"]
    assert reasons(found) == [
        "the exception of 2026-03-31 (vouchers.beancount:9) does not count: "
        "it is not committed yet, so that nobody has written it"
    ]
    out = repository.run("review", "HEAD~1", "--stat").out
    assert "    the exception of 2026-03-31 (vouchers.beancount:9) does not count: it is not" in out


def test_what_i_have_not_committed_nobody_has_seen(repository: Repository) -> None:
    base = repository.commit(BASE)
    repository.commit(BASE + exception(), ZHAO, committer=ZHAO)
    repository.write(ALLOWED)
    [why] = reasons(repository.review(base))
    assert why.endswith("it was written before (not committed), which it would excuse")


def test_a_file_of_the_work_tree_that_is_new(repository: Repository) -> None:
    base = repository.commit(BASE)
    repository.write({TOP: (repository.folder / TOP).read_text() + 'include "new.beancount"\n'})
    repository.write({VOUCHERS: EDITED, "new.beancount": exception()})
    assert "not committed yet" in reasons(repository.review(base))[0]


def test_nothing_is_committed_yet(repository: Repository) -> None:
    repository.write(APPLIED + SETTLE + exception(rule="segregation-of-duties"))
    found = repository.review()
    assert rules(found) == ["segregation-of-duties"]
    assert "not committed yet" in reasons(found)[0]


def test_the_end_of_a_shallow_clone_is_nobodys(repository: Repository, tmp_path: Path) -> None:
    repository.commit(BASE)
    repository.commit(ALLOWED, ZHAO)
    clone = tmp_path / "clone"
    source = f"file://{repository.folder}"
    repository.git("clone", "-q", "--depth", "1", source, str(clone))
    shallow = Repository.at(clone)
    shallow.commit(BASE, WANG)
    found = shallow.review("HEAD~1..HEAD")
    assert rules(found) == ["edited-history", "edited-history"]


def test_what_another_branch_has_is_no_part_of_it(repository: Repository) -> None:
    """A..B where A has gone on: what is missing nobody of B has taken away."""
    repository.commit(BASE)
    repository.branch("other")
    repository.commit(BASE + exception(), WANG)
    repository.git("checkout", "--quiet", "main")
    repository.commit(BASE + ACCEPT)
    found = repository.review("main..other")
    [gone] = found["violations"]
    assert gone["text"] == "V-1: accept of 2026-03-03: it is gone"
    assert "no commit of this change is known" in gone["not_excused"][0]


def test_a_document_that_somebody_has_taken_away(repository: Repository) -> None:
    applied = issue() + ACCEPT + event("apply", "2026-03-05", document='"scan.pdf"')
    repository.write({"scan.pdf": "a scan"})
    base = repository.commit(applied)
    (repository.folder / "scan.pdf").unlink()
    repository.commit({}, WANG)
    allowed = {VOUCHERS: applied + exception(rule="new-error")}
    repository.commit(allowed, WANG)
    assert f"Wang <wang@example.org> {BY}" in reasons(repository.review(f"{base}..HEAD"))[0]
    repository.git("reset", "--quiet", "--hard", "HEAD~1")
    repository.commit(allowed, ZHAO)
    assert rules(repository.review(f"{base}..HEAD")) == []


def test_files_that_come_and_go(repository: Repository) -> None:
    """Edited in a file that the ledger has only in between: told all the same."""
    base = repository.commit(BASE)
    looks = (repository.folder / TOP).read_text()
    between = {TOP: looks.replace(INCLUDE, 'include "x.beancount"\n')}
    repository.commit({VOUCHERS: "", "x.beancount": BASE, **between}, LIN)
    repository.commit({"x.beancount": EDITED}, WANG)
    repository.commit({"x.beancount": "", VOUCHERS: EDITED, TOP: looks}, LIN)
    repository.commit({VOUCHERS: ALLOWED}, WANG)
    assert f"Wang <wang@example.org> {BY}" in reasons(repository.review(f"{base}..HEAD"))[0]


def test_a_symlink_may_be_anything(repository: Repository) -> None:
    base = repository.commit(BASE)
    place = repository.folder / VOUCHERS
    place.rename(repository.folder / "elsewhere.txt")
    place.symlink_to("elsewhere.txt")
    repository.commit({}, WANG)
    place.unlink()
    repository.commit({VOUCHERS: EDITED}, LIN)
    repository.commit({VOUCHERS: ALLOWED}, WANG)
    assert f"Wang <wang@example.org> {BY}" in reasons(repository.review(f"{base}..HEAD"))[0]


# Files that a merge joins: ours and theirs, each of its author, and what the merge has -> counts.
MERGES: dict[str, tuple[Made, Made, Made, bool]] = {
    "a merge of others' work": (
        Made(EDITED, WANG), Made(BASE + exception(), ZHAO), Made(ALLOWED, WANG), False,
    ),
    "an exception that the merge alone brings, by another": (
        Made(EDITED, WANG), Made(BASE + issue("V-2"), LIN), Made(ALLOWED + issue("V-2"), ZHAO), True,
    ),
    "an edit that the merge alone brings": (
        Made(BASE + issue("V-2"), ZHAO), Made(BASE + exception(), WANG), Made(ALLOWED + issue("V-2"), WANG), False,
    ),
    "an edit that another's merge brings": (
        Made(BASE + issue("V-2"), ZHAO), Made(BASE + exception(), WANG), Made(ALLOWED + issue("V-2"), LIN), False,
    ),
    "an exception that the merge alone brings": (
        Made(EDITED, WANG), Made(BASE + issue("V-2"), ZHAO), Made(ALLOWED + issue("V-2"), WANG), False,
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", MERGES)
def test_what_a_merge_brings_is_its_authors(repository: Repository, name: str) -> None:
    ours, theirs, both, counts = MERGES[name]
    base = repository.commit(BASE)
    repository.branch("theirs")
    committed(repository, theirs)
    repository.git("checkout", "--quiet", "main")
    committed(repository, ours)
    repository.git("merge", "--quiet", "--no-commit", "-s", "ours", "theirs")
    committed(repository, both)
    found = repository.review(f"{base}..HEAD")
    assert (rules(found) == [], bool(found["excused"])) == (counts, counts)


# --- Who is one -------------------------------------------------------------------------

# Lines of .mailmap -> whether the exception of WL counts for what Wang has edited.
MAILMAPS = {
    "": True,
    "Wang <wang@example.org> <wl@example.net>\n": False,
    "Wang <w@example.com> <wl@example.net>\nWang <w@example.com> <wang@example.org>\n": False,
    "Wei Long <wl@example.net>\n": True,
    "\xff <<<\n": True,
}


@pytest.mark.parametrize("mailmap", MAILMAPS)
def test_a_mailmap_of_the_base_makes_two_one(repository: Repository, mailmap: str) -> None:
    (repository.folder / ".mailmap").write_text(mailmap, encoding="latin-1")
    base = repository.commit(BASE)
    committed(repository, Made(EDITED, WANG), Made(ALLOWED, "WL <wl@example.net>"))
    assert (rules(repository.review(f"{base}..HEAD")) == []) is MAILMAPS[mailmap]


def test_a_mailmap_of_the_change_makes_nobody_another(repository: Repository) -> None:
    base = repository.commit(BASE)
    repository.write({".mailmap": "Zhao <zhao@example.org> Wang <wang@example.org>\n"})
    committed(repository, Made(EDITED, WANG), Made(ALLOWED, WANG))
    assert rules(repository.review(f"{base}..HEAD")) == ["edited-history"]


def test_a_mailmap_tells_who_settles_what_he_applied_for(repository: Repository) -> None:
    repository.write({".mailmap": "Lin <lin@example.org> <lin@example.net>\n"})
    repository.commit(APPLIED)
    repository.commit(APPLIED + SETTLE, "L <lin@example.net>")
    assert rules(repository.review("HEAD~1..HEAD")) == ["segregation-of-duties"]
    (repository.folder / ".mailmap").unlink()
    repository.commit({})
    repository.git("revert", "--no-edit", "HEAD~1")
    repository.commit(APPLIED + SETTLE, "L <lin@example.net>")
    assert rules(repository.review("HEAD~1..HEAD")) == []


def test_whom_git_cannot_map_is_who_he_is(repository: Repository) -> None:
    """Such as a name that looks like an option, or a map that is gone."""
    git = Git.around(repository.folder / TOP)
    for oid in (None, "0" * 40):
        mailmap = Mailmap(git.objects, oid)
        assert mailmap.is_one(Person("--stdin", "a@x"), Person("--stdin", "b@x"))
        assert not mailmap.is_one(Person("A", "a@x"), Person("B", "b@x"))
        assert not mailmap.is_one(Person("", "a@x"), Person("", "b@x"))
    assert not Mailmap(git.objects, "0" * 40).is_one_address("a<b@x", "b@x")


# --- Keys -------------------------------------------------------------------------------


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Path]:
    found = {}
    for name in ("audit", "other"):
        found[name] = tmp_path / name
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-C", name, "-N", "", "-f", str(found[name])]  # fmt: skip
        subprocess.run(command, check=True)
    return found


def public(key: Path) -> str:
    return key.with_suffix(".pub").read_text(encoding="utf-8").strip()


# Who signs the exception, and whether that key is revoked -> whether it counts.
SIGNED = {("audit", False): True, ("audit", True): False, ("other", False): False}


@pytest.mark.parametrize(("name", "revoked"), SIGNED)
def test_a_key_of_the_base_lets_pass_whoever_is_said_to_be_the_author(
    repository: Repository, keys: dict[str, Path], name: str, *, revoked: bool
) -> None:
    policy = f'[review]\nexception-keys = ["{public(keys["audit"])}"]\n'
    repository.write({"bean-voucher.toml": policy})
    base = repository.commit(BASE)
    for setting, value in {
        "gpg.format": "ssh",
        "user.signingKey": str(keys[name]),
        "gpg.ssh.revocationFile": str(keys[name].with_suffix(".pub")) if revoked else "",
    }.items():
        repository.git("config", setting, value)
    committed(repository, Made(EDITED, WANG))
    repository.git("config", "commit.gpgSign", "true")
    committed(repository, Made(ALLOWED, WANG))
    found = repository.review(f"{base}..HEAD")
    assert (rules(found) == []) is SIGNED[name, revoked]


def test_a_key_that_the_change_names_lets_nothing_pass(
    repository: Repository, keys: dict[str, Path]
) -> None:
    base = repository.commit(BASE)
    for setting, value in {
        "gpg.format": "ssh", "user.signingKey": str(keys["audit"]), "commit.gpgSign": "true",
    }.items():  # fmt: skip
        repository.git("config", setting, value)
    policy = f'[review]\nexception-keys = ["{public(keys["audit"])}"]\n'
    repository.write({"bean-voucher.toml": policy})
    committed(repository, Made(ALLOWED, WANG))
    assert rules(repository.review(f"{base}..HEAD")) == ["edited-history"]


# --- Long files -------------------------------------------------------------------------

ONE, TWO = issue("V-1"), issue("V-2")
TEXT = '2026-03-02 * "a\n2026-03-03 b\nc"\n  Equity:Opening  0 CNY\n'

# before, after -> what of each is read.
TRIMMED: dict[str, tuple[str, str, str, str]] = {
    "appended": (ONE, ONE + TWO, "", TWO),
    "put before": (ONE, TWO + ONE, "", TWO),
    "edited in the first line": (ONE + TWO, ONE.replace("100", "90") + TWO, ONE, ONE.replace("100", "90")),
    "edited below": (TWO + ONE + TWO, TWO + ONE.replace("Ann", "Bob") + TWO, ONE, ONE.replace("Ann", "Bob")),
    "taken away": (ONE + TWO + ACCEPT, ONE + ACCEPT, TWO, ""),
    "twice": (ONE + TWO, ONE + TWO + TWO, "", TWO),
    "the same": (ONE, ONE, "", ""),
    "new": ("", ONE, "", ONE),
    "lines added to the last": (ONE, ONE + '  product: "x"\n', ONE, ONE + '  product: "x"\n'),
    "under a tag": ("pushtag #x\n" + ONE + TWO, "pushtag #x\n" + ONE, "pushtag #x\n" + ONE + TWO, "pushtag #x\n" + ONE),
    "under metadata behind a CR": (
        "\r pushmeta a: 1\n" + ONE, "\r pushmeta a: 1\n" + TWO, "\r pushmeta a: 1\n" + ONE, "\r pushmeta a: 1\n" + TWO,
    ),
    "under metadata, now": (ONE, "pushmeta a: 1\n" + ONE, ONE, "pushmeta a: 1\n" + ONE),
}  # fmt: skip


@pytest.mark.parametrize("name", TRIMMED)
def test_only_what_differs_is_read(name: str) -> None:
    before, after, *expected = TRIMMED[name]
    found = contributions._trimmed(before.encode(), after.encode())
    assert [each.decode() for each in found] == expected


def test_a_text_that_looks_like_a_directive_is_read_as_a_whole(repository: Repository) -> None:
    base = repository.commit(BASE + TEXT)
    edited = EDITED + TEXT.replace("c", "d")
    committed(repository, Made(edited, WANG), Made(edited.replace('d"', 'e"'), LIN), Made(edited.replace('d"', 'e"') + exception(), LIN))  # fmt: skip
    assert rules(repository.review(f"{base}..HEAD")) == []
