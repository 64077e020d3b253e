"""``review`` and ``blame``: a ledger and its history in git."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from beancount_voucher.cli.checked import uncounted
from beancount_voucher.cli.complete import voucher_ids
from beancount_voucher.cli.console import Exit, format_option, patience, say, stop
from beancount_voucher.cli.tables import as_json, escaped, in_format, markdown
from beancount_voucher.directives.wording import printable
from beancount_voucher.ledger.loader import LedgerError
from beancount_voucher.review import json_report, records, text_report
from beancount_voucher.review.authors import Authors, origins, trusted
from beancount_voucher.review.git import Repository
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.policy import PolicyError
from beancount_voucher.review.review import path_in, span_of
from beancount_voucher.review.review import review as reviewed
from beancount_voucher.review.rules import where
from beancount_voucher.review.snapshot import load_facts

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from beancount_voucher.review.authors import Origin
    from beancount_voucher.review.review import Review
    from beancount_voucher.review.text_report import ReportLine


@contextmanager
def _complaining() -> Iterator[None]:
    """What git, the policy or the ledger does not give ends the command with one line."""
    try:
        yield
    except (GitError, PolicyError) as error:
        stop(str(error), Exit.USAGE)
    except LedgerError as error:
        stop(str(error), Exit.FINDINGS)


def _ledger_named(context: click.Context) -> Path:
    """The ledger that is named; it need not be there, since git may still have it."""
    path: Path | None = context.obj
    if path is None:
        raise click.UsageError(
            "which ledger? Name its top file with -f, or in the environment variable BEANCOUNT_FILE"
        )
    return path


@click.command()
@click.argument("span", required=False, metavar="[BASE[..HEAD]]")
@click.option(
    "--format",
    "style",
    type=click.Choice(["text", "markdown", "json", "github"]),
    default="text",
    show_default=True,
    help="For a terminal, a pull request, programs, or as GitHub's annotations.",
)
@click.option(
    "--stat", is_flag=True, help="Only a line per voucher and record, and what is not allowed."
)
@click.option("--signatures", is_flag=True, help="Also who signed the commits, as git verifies it.")
@click.option(
    "--allow-plugin",
    "allowed",
    multiple=True,
    metavar="NAME",
    help="Also run this plugin, from where Python finds it; may be repeated.",
)
@click.pass_context
def review(
    context: click.Context,
    span: str | None,
    style: str,
    allowed: tuple[str, ...],
    *,
    stat: bool,
    signatures: bool,
) -> None:
    """Tell what a change in git does to money.

    Compares vouchers and books by fact: A..B one revision with another, A...B where they
    parted with B, A with the working tree; by default, where the main branch was left with
    the working tree. Exit status 1 if a rule is broken and no voucher-exception gives a
    reason. Both sides are read from git and run no code of theirs; as a whole only where
    their facts are not enough, or with --checked.
    """
    if stat and style in ("json", "github"):
        raise click.UsageError(f"--stat is for text and markdown, not for {style}")
    path = _ledger_named(context)
    with _complaining(), Repository.around(path) as repository:
        named = span_of(repository, span)
        top = path_in(repository, path)
        with patience(f"Reviewing {path} …"):
            whole = bool(context.find_root().params.get("checked"))
            found = reviewed(repository, top, named, allowed, signatures=signatures, whole=whole)
    _print(found, style, stat=stat)
    if not found.is_whole:
        say(uncounted())
    say(f"{text_report.summary(found)}.", fg="red" if found.violations else None)
    if found.violations:
        sys.exit(Exit.FINDINGS)


def _print(found: Review, style: str, *, stat: bool) -> None:
    if style == "json":
        click.echo(as_json(json_report.plain(found)), nl=False)
    elif style == "github":
        for line in json_report.workflow_commands(found):
            click.echo(line)
    elif style == "markdown":
        click.echo("\n\n".join(_markdown(found, stat=stat)))
    else:
        _coloured(text_report.stat(found) if stat else text_report.text(found))


def _coloured(lines: Iterable[ReportLine]) -> None:
    colour = False if os.environ.get("NO_COLOR") else None
    for text, fg in lines:
        click.secho(printable(text), fg=fg, color=colour)


def _markdown(found: Review, *, stat: bool) -> Iterator[str]:
    span = found.span
    yield f"## {escaped(f'{found.ledger}: {span.base.label} → {span.head.label}')}"
    yield f"{text_report.summary(found)}."
    for title, headers, rows, right in text_report.tables(found):
        if rows:
            yield f"### {title}\n\n{markdown(headers, rows, right)}"
    more = [line.text for line in text_report.more(found)]
    if more and not stat:
        yield f"### Details\n\n{text_report.fenced(more)}"


@click.command()
@click.argument("voucher_id", metavar="ID", shell_complete=voucher_ids)
@click.option("--rev", metavar="REVISION", help="As of this revision, not the working tree.")
@format_option
@click.pass_context
def blame(context: click.Context, voucher_id: str, rev: str | None, style: str) -> None:
    """Which commit brought each event of a voucher.

    With author, date and signature, through moves within and between files. Where other
    lines of the directive come from other commits, these stand below.
    """
    path = _ledger_named(context)
    waiting = patience(f"Asking git about {path} …")
    with _complaining(), waiting, Repository.around(path) as repository:
        commit = None if rev is None else repository.commit(rev)
        tree = repository.work_tree() if commit is None else repository.tree(commit)
        top = path_in(repository, path)
        if not tree.has(top):
            raise GitError(f"there is no file {top}")
        snapshot = load_facts(tree, top)
        events = [each for each in records.of(snapshot.ledger, ()) if each.voucher == voucher_id]
        if not events:
            stop(f"{voucher_id}: there is no such voucher [not-found]", Exit.FINDINGS)
        signers = repository.signers(trusted(repository))
        authors = Authors(repository, commit, snapshot, repository.cut_off(), signers)
        rows = [row for origin in origins(authors, events) for row in _blamed(origin, authors)]
    click.echo(in_format(style, _BLAME, rows, ()), nl=False)


_BLAME = ("date", "event", "commit", "author", "committed", "signature", "where", "subject")


def _blamed(origin: Origin, authors: Authors) -> Iterator[list[str]]:
    record, brought, changed = origin
    for commit in (brought, *changed):
        yield [
            str(record.date),
            printable(record.event if commit is brought else f"{record.event} (changed)"),
            f"{commit.short} or earlier" if commit.id in authors.cut_off else commit.short,
            printable(f"{commit.author} <{commit.email}>"),
            commit.date[:10],
            printable(text_report.signature(commit)),
            where(record.place),
            printable(commit.subject),
        ]
