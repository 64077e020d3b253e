"""Exceptions: who may let something pass that a rule does not, and for whom it does not count.

Nobody excuses himself. An exception counts only if nobody who has worked on what it excuses has
written or committed it, or if one of the keys has signed it that ``bean-voucher.toml`` of the
base names. Who somebody is, the commits say: authors, co-authors, and of the exception whoever
has made its commit, too, since he could have put another's name to it. And it counts only for
what was there when it was written.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.persons import same_person
from beancount_voucher.review import signatures
from beancount_voucher.review.consequences import Finder
from beancount_voucher.review.contributions import UNREADABLE
from beancount_voucher.review.rules import where
from beancount_voucher.review.signatures import Signers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.contributions import Contribution, Piece
    from beancount_voucher.review.git import Repository
    from beancount_voucher.review.mailmap import Mailmap
    from beancount_voucher.review.records import RecordedDirective
    from beancount_voucher.review.rules import ReviewCase, Violation


class Excused(NamedTuple):
    """A violation, and the exception that lets it pass."""

    violation: Violation
    exception: RecordedDirective


class Contributors:
    """Who has brought what, asked only where an exception is to be judged."""

    def __init__(
        self,
        repository: Repository,
        found: Callable[[], Sequence[Contribution]],
        mailmap: Mailmap,
        cut_off: frozenset[str],
        keys: Sequence[str],
        trusted: str | None,
    ) -> None:
        """Remember where to ask.

        Args:
            repository: the repository.
            found: tells what each commit of the change has brought.
            mailmap: who is one person.
            cut_off: commits of a shallow clone, whose changes are not known.
            keys: the SSH keys whose exceptions always count.
            trusted: the commit that is believed which keys are revoked.
        """
        self._repository = repository
        self._ask = found
        self._found: Sequence[Contribution] | None = None
        self.mailmap = mailmap
        self._cut_off = cut_off
        self._keys = keys
        self._trusted = trusted

    @property
    def found(self) -> Sequence[Contribution]:
        """What each commit has brought."""
        if self._found is None:
            self._found = self._ask()
        return self._found

    def of_exception(self, exception: RecordedDirective) -> list[Contribution]:
        """Those that have brought an exception as it stands, or may have."""
        key = exception.key
        return [
            each
            for each in self.found
            if UNREADABLE in each.added or any(piece.key == key for piece in each.added)
        ]

    def of_violation(self, violation: Violation, *, is_direct: bool) -> list[Contribution]:
        """Those that may have brought what is not allowed.

        Who has changed the very directive; else who has changed what is about the same subject;
        else who has changed anything of the ledger, and so where it only follows from something
        unknown; else who has changed other files.
        """
        record = violation.record
        found: list[Contribution] = []
        if is_direct and record is not None:
            found = self._of(lambda piece: piece[1:] == (record.kind, record.ids[0]))
        if is_direct and not found:
            found = self._of(lambda piece: piece.about == violation.subject)
        found = found or [each for each in self.found if each.other]
        return found or [each for each in self.found if each.other_files]

    def _of(self, is_about: Callable[[Piece], bool]) -> list[Contribution]:
        return [
            each
            for each in self.found
            if any(piece == UNREADABLE or is_about(piece) for piece in each.other)
        ]

    def is_known(self, commit: Commit) -> bool:
        """Whether the author is told, and the true one."""
        return bool(commit.email) and commit.id not in self._cut_off

    def unseen(self, commits: Sequence[Commit], culprits: Sequence[Commit]) -> Commit | None:
        """One of the commits that none of those of an exception has in its history, with the rest.

        Nobody lets pass what he has not seen.
        """
        missing = [
            [each for each in culprits if each.id not in known]
            for known in (self._repository.parents(self._trusted, each.id) for each in commits)
        ]
        return None if [] in missing else missing[0][0]

    def is_signed_by_key(self, commit: Commit) -> bool:
        """Whether one of the named keys has signed a commit."""
        if not self._keys:
            return False
        lines = (f'key-{at} namespaces="git" {key}\n' for at, key in enumerate(self._keys))
        allowed = self._repository.objects.keep("exception-keys", "".join(lines).encode())
        revoked = self._repository.signers(self._trusted).revoked
        signers = Signers(allowed, revoked, is_configured=True)
        found = self._repository.commits([commit.id], signers)[commit.id]
        return found.signature == signatures.GOOD and found.signer.startswith("key-")


def excuse(
    violations: Sequence[Violation], case: ReviewCase, contributors: Contributors
) -> tuple[list[Violation], list[Excused]]:
    """What must not be, each with what follows from it, and what an exception lets pass."""
    brought = [each for each in case.comparison.facts.added if each.kind == "exception"]
    finder = Finder(violations, case)
    left: dict[int, Violation] = {}
    excused: list[Excused] = []
    for at, violation in enumerate(violations):
        mine = [each for each in brought if each.ids == (violation.subject, violation.rule)]
        cause = violations[finder.causes[at]]
        is_direct = finder.is_direct(cause)
        whose = contributors.of_violation(cause, is_direct=is_direct) if mine else []
        reasons = [_why_not(each, whose, violation, contributors) for each in mine]
        if None in reasons:
            excused.append(Excused(violation, mine[reasons.index(None)]))
        else:
            pairs = zip(mine, reasons, strict=True)
            uncounted = (f"{_named(each)} does not count: {why}" for each, why in pairs)
            left[at] = violation._replace(uncounted=tuple(uncounted))
    return finder.grouped(left), excused


def _named(exception: RecordedDirective) -> str:
    return f"the exception of {exception.date} ({where(exception.place)})"


def _why_not(
    exception: RecordedDirective,
    whose: Iterable[Contribution],
    violation: Violation,
    contributors: Contributors,
) -> str | None:
    """Why an exception does not count; None for one that does."""
    commits = [each.commit for each in contributors.of_exception(exception)]
    culprits = [each.commit for each in whose]
    if not all(each.id for each in commits):
        return "it is not committed yet, so that nobody has written it"
    if not commits or not culprits:
        return "no commit of this change is known to have brought it, or what it would excuse"
    unseen = contributors.unseen(commits, culprits)
    if unseen is not None:
        return f"it was written before {unseen.short}, which it would excuse"
    unsigned = [each for each in commits if not contributors.is_signed_by_key(each)]
    reasons = (_why_not_by(each, culprits, contributors) for each in unsigned)
    why = next(filter(None, reasons), None)
    return why or (_why_not_named(exception, culprits, violation) if unsigned else None)


def _why_not_by(
    commit: Commit, culprits: Sequence[Commit], contributors: Contributors
) -> str | None:
    """Why nobody else has written what a commit brings."""
    if not contributors.is_known(commit):
        return f"the author of its commit {commit.short} is not known"
    unknown = [each for each in culprits if not contributors.is_known(each)]
    if unknown:
        return f"the author of {unknown[0].short}, which it may excuse, is not known"
    others = [person for each in culprits for person in each.authors]
    for person, did in (
        *((each, "recorded") for each in commit.authors),
        (commit.committer, "committed"),
    ):
        if any(contributors.mailmap.is_one(person, other) for other in others):
            return f"{person} {did} it, and recorded what it would excuse"
    return None


def _why_not_named(
    exception: RecordedDirective, culprits: Iterable[Commit], violation: Violation
) -> str | None:
    """Why it is not by somebody else, as it says itself."""
    by = str(exception.metadata["by"])
    names = [name for each in culprits for person in each.authors for name in person]
    if violation.record is not None and "by" in violation.record.metadata:
        names.append(str(violation.record.metadata["by"]))
    if any(same_person(by, name) for name in names):
        return f"it is by {by}, who recorded what it would excuse"
    return None
