"""One review: two revisions loaded, compared and judged."""

from __future__ import annotations

import os
import posixpath
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.review import policy, rules
from beancount_voucher.review.authors import Authors
from beancount_voucher.review.contributions import contributions
from beancount_voucher.review.diff import compare, compare_facts
from beancount_voucher.review.exceptions import Contributors, excuse
from beancount_voucher.review.facts_enough import FactsOnly, judged
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.mailmap import FILE as MAILMAP
from beancount_voucher.review.mailmap import Mailmap
from beancount_voucher.review.snapshot import parse

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from beancount_voucher.review.commits import Commit
    from beancount_voucher.review.diff import Comparison
    from beancount_voucher.review.exceptions import Excused
    from beancount_voucher.review.git import Repository
    from beancount_voucher.review.rules import Violation
    from beancount_voucher.review.snapshot import Snapshot
    from beancount_voucher.review.tree import Tree


class Side(NamedTuple):
    """One of the two revisions. No commit: the work tree, or nothing yet."""

    label: str
    commit: str | None


class Span(NamedTuple):
    """What is compared."""

    base: Side
    head: Side


@dataclass(frozen=True, slots=True)
class Review:
    """What a change does, and what of it must not be.

    Attributes:
        ledger: the top file, from the repository's root.
        span: the two revisions.
        comparison: what differs.
        violations: what must not be.
        excused: what would not, but for an exception.
        notes: what else a reviewer must know, in a line each.
        commits: the commits that touch the ledger, signatures verified; None if not asked for.
        is_whole: whether both sides were loaded as a whole, and not their facts alone: only then
            all that is wrong on both sides is counted.
    """

    ledger: str
    span: Span
    comparison: Comparison
    violations: list[Violation]
    excused: list[Excused]
    notes: list[str]
    commits: list[Commit] | None
    is_whole: bool


def span_of(repository: Repository, named: str | None) -> Span:
    """The revisions that somebody names.

    Args:
        repository: where they are.
        named: ``A..B``, the one against the other; ``A...B``, where they parted against B;
            ``A``, against the work tree; None, where the main branch was left against the
            work tree.

    Raises:
        GitError: there is no such revision, or nothing to compare with.
    """
    head = Side("working tree", None)
    if named is None:
        if repository.head() is None:
            return Span(Side("nothing yet", None), head)
        main = repository.main_branch()
        base = repository.merge_base(main, "HEAD")
        name = main.removeprefix("refs/heads/").removeprefix("refs/remotes/")
        return Span(Side(f"{base[:10]} (merge base with {name})", base), head)
    one, dots, other = named.partition("...")
    if dots:
        one, other = one or "HEAD", other or "HEAD"
        base = repository.merge_base(one, other)
        label = f"{base[:10]} (merge base with {one})"
        return Span(Side(label, base), _side(repository, other))
    one, dots, other = named.partition("..")
    return Span(
        _side(repository, one or "HEAD"), _side(repository, other or "HEAD") if dots else head
    )


def _side(repository: Repository, name: str) -> Side:
    commit = repository.commit(name)
    label = commit[:10] if commit.startswith(name) else f"{commit[:10]} ({name})"
    return Side(label, commit)


def path_in(repository: Repository, path: Path) -> str:
    """A path from the repository's root.

    Raises:
        GitError: it is not in the repository.
    """
    place = Path(os.path.realpath(path.parent)) / path.name
    if not place.is_relative_to(repository.root):
        raise GitError(f"{path} is not in the repository {repository.root}")
    return place.relative_to(repository.root).as_posix()


def review(
    repository: Repository,
    top: str,
    span: Span,
    allowed: Collection[str] = (),
    *,
    signatures: bool = False,
    whole: bool = False,
) -> Review:
    """Review a change of a ledger.

    Args:
        repository: the repository.
        top: the ledger's top file, from the repository's root.
        span: the revisions.
        allowed: plugins that may run beside ours and Beancount's own.
        signatures: whether to list the commits and have their signatures verified.
        whole: whether to load both sides as a whole, also where their facts are enough.

    Raises:
        GitError: a revision cannot be read, or has no such file on either side.
        LedgerError: Beancount gave up on one of them.
        PolicyError: the policy at the base cannot be understood.
    """
    with gc_paused():
        return _review(repository, top, span, allowed, signatures=signatures, whole=whole)


def _review(
    repository: Repository,
    top: str,
    span: Span,
    allowed: Collection[str],
    *,
    signatures: bool,
    whole: bool,
) -> Review:
    base, head = span
    before_tree = repository.tree(base.commit)
    after_tree = repository.tree(head.commit) if head.commit else repository.work_tree()
    tops = _tops(repository, span, top, before_tree, after_tree)
    before, after, comparison = _compared((before_tree, after_tree), tops, allowed, whole=whole)
    cut_off = repository.cut_off()
    text, policy_file = _policy(before_tree, tops[0] or top)
    asked = policy.policy(text, policy_file)
    mailmap = Mailmap(repository.objects, before_tree.files.get(MAILMAP))
    case = rules.ReviewCase(
        comparison,
        before.ledger,
        after.ledger,
        Authors(repository, base.commit, before, cut_off),
        Authors(repository, head.commit, after, cut_off),
        mailmap,
    )
    contributors = Contributors(
        repository,
        lambda: contributions(repository, base.commit, head.commit, before, after),
        mailmap,
        cut_off,
        asked.keys,
        base.commit,
    )
    violations, excused = excuse(
        list(rules.violations(case, asked.switched_on)), case, contributors
    )
    changed = text != _policy(after_tree, tops[1] or top)[0]
    return Review(
        ledger=tops[1] or top,
        span=span,
        comparison=comparison,
        violations=[*rules.unread(case), *violations],
        excused=excused,
        notes=[*_notes(tops, comparison), *_policy_notes(policy_file, changed=changed)],
        commits=_commits(repository, span, before, after) if signatures else None,
        is_whole=before.ledger.is_whole,
    )


def _compared(
    trees: tuple[Tree, Tree],
    tops: tuple[str | None, str | None],
    allowed: Collection[str],
    *,
    whole: bool,
) -> tuple[Snapshot, Snapshot, Comparison]:
    """Both sides, by their facts where that is enough, and what differs."""
    before = parse(trees[0], tops[0])
    after = parse(trees[1], tops[1], like=before)
    both = None if whole else judged(before, after)
    if isinstance(both, FactsOnly):
        return both.before, both.after, compare_facts(both)
    was, now = before.whole(allowed), after.whole(allowed)
    return was, now, compare(was, now)


def _tops(
    repository: Repository, span: Span, top: str, before: Tree, after: Tree
) -> tuple[str | None, str | None]:
    """The top file on either side, which may have been renamed; None where there is none."""
    found = [top if tree.has(top) else None for tree in (before, after)]
    if found == [None, None]:
        raise GitError(f"there is no file {top}, neither before nor after")
    if None in found and span.base.commit is not None:
        pairs = repository.renamed(span.base.commit, span.head.commit)
        old = pairs.get(top)
        new = next((path for path, was in pairs.items() if was == top), None)
        return found[0] or old, found[1] or new
    return found[0], found[1]


def _policy(tree: Tree, top: str) -> tuple[bytes | None, str]:
    path = posixpath.join(posixpath.dirname(top), policy.FILE)
    return (tree.read([path])[path] if tree.has(path) else None), path


def _notes(tops: tuple[str | None, str | None], comparison: Comparison) -> Iterator[str]:
    before, after = tops
    if before is None:
        yield f"{after} is new, with everything in it"
    elif after is None:
        yield f"{before} is gone, with everything in it"
    elif before != after:
        yield f"{after} was {before} before"
    refused = [each for each in comparison.left if each.message.endswith("-refused]")]
    for fault in refused:
        yield f"as before: {fault.message}"
    others = len(comparison.left) - len(refused)
    if others:
        yield f"errors and findings that are there as before: {others}"


def _policy_notes(path: str, *, changed: bool) -> Iterator[str]:
    if changed:
        yield f"{path} is changed; judged by what it said before"


def _commits(repository: Repository, span: Span, before: Snapshot, after: Snapshot) -> list[Commit]:
    """The commits of the change that touch a file of the ledger."""
    head = span.head.commit or repository.head()
    paths = sorted({*before.texts, *after.texts})
    if not head or not paths:
        return []
    signers = repository.signers(span.base.commit)
    return repository.between(span.base.commit, head, paths, signers)
