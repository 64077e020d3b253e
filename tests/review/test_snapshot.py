"""Facts of a revision, read alone: what a whole load of it has on record."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from beancount_voucher.ledger.loader import LedgerError
from beancount_voucher.review import ledger_files, records, snapshot
from beancount_voucher.review.git import Repository as Git
from beancount_voucher.review.git_command import GitError
from tests.support import HAPPY, event, issue
from tests.support.repository import TOP, Repository

if TYPE_CHECKING:
    from pathlib import Path

# What the vouchers' file holds.
TEXTS = {
    "a life": HAPPY,
    "one that is refused": HAPPY + event("accept", "2026-03-09"),
    "one that is not read": HAPPY + "what\n" + issue("V-2"),
    "an event of Beancount's": HAPPY + '2026-03-05 event "order-1" "delivered"\n',
    "an include that leads out": HAPPY + 'include "../out.beancount"\n',
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_same_is_on_record(tmp_path: Path, name: str) -> None:
    repository = Repository(tmp_path / "r").write(TEXTS[name])
    repository.git("add", "--all")
    repository.git("commit", "--quiet", "--message", "x")
    with Git.around(repository.folder / TOP) as git:
        tree = git.tree(git.commit("HEAD"))
        facts, whole = snapshot.load_facts(tree, TOP), snapshot.load(tree, TOP)
    assert (facts.ledger.is_whole, whole.ledger.is_whole) == (False, True)
    events = ["order-1"]
    assert records.of(facts.ledger, events) == records.of(whole.ledger, events)
    assert records.refused(facts.ledger) == records.refused(whole.ledger)
    assert (facts.texts, facts.unread) == (whole.texts, whole.unread)


@pytest.mark.parametrize(
    ("raised", "told"), [(GitError("x"), GitError), (ValueError("x"), LedgerError)]
)
def test_what_goes_wrong(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, raised: Exception, told: type[Exception]
) -> None:
    def failing(*_: object) -> None:
        raise raised

    repository = Repository(tmp_path / "r").write(issue())
    monkeypatch.setattr(ledger_files.LedgerFiles, "parsed", failing)
    with Git.around(repository.folder / TOP) as git, pytest.raises(told, match="x"):
        snapshot.load_facts(git.work_tree(), TOP)
