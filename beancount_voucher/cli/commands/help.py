"""``help``: the manual, topic by topic."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING

import click
from click.shell_completion import CompletionItem

from beancount_voucher.cli.help import topics
from beancount_voucher.cli.prose import did_you_mean, filled, listed
from beancount_voucher.directives.wording import quoted

if TYPE_CHECKING:
    from collections.abc import Collection

_WIDEST = 100


def _completions(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [
        CompletionItem(topic.name, help=topic.summary)
        for topic in topics().values()
        if topic.name.startswith(incomplete)
    ]


@click.command("help")
@click.argument("topic", required=False, shell_complete=_completions)
@click.pass_context
def show_help(context: click.Context, topic: str | None) -> None:
    """Show the manual, or a topic of it.

    Without TOPIC, lists the topics, each with what it is about. On a terminal, a topic is
    shown page by page.
    """
    known = topics()
    if topic is None:
        click.echo(listed({name: each.summary for name, each in known.items()}))
        return
    name = topic.casefold().removesuffix(".md")
    if name not in known:
        raise click.UsageError(_unknown(context, topic, known))
    text = known[name].text.rstrip("\n")
    if sys.stdout.isatty():
        text = filled(text, min(shutil.get_terminal_size().columns, _WIDEST))
    click.echo_via_pager(text)


def _unknown(context: click.Context, topic: str, known: Collection[str]) -> str:
    program = context.find_root().command
    if isinstance(program, click.Group) and topic in program.list_commands(context):
        return (
            f"there is no topic {quoted(topic)}; bean-voucher {topic} --help tells of the command"
        )
    return f"there is no topic {quoted(topic)}; {did_you_mean(topic, known, 'bean-voucher help')}"
