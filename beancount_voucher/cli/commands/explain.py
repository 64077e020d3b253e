"""``explain``: what a code, finding, reason or rule means, and what to do about it.

What it knows stands in tables beside what gives the codes. One code may stand in several:
``duplicate`` is an error of the ledger, and a reason why a bank's line does not agree.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click
from click.shell_completion import CompletionItem

from beancount_voucher.audit.findings import FINDINGS
from beancount_voucher.cli.prose import did_you_mean, listed, wrapped
from beancount_voucher.cli.shipped import shipped
from beancount_voucher.directives.codes import CODES
from beancount_voucher.directives.remedies import REMEDIES
from beancount_voucher.directives.schema import REVIEW_RULES, VOID_REASONS
from beancount_voucher.directives.wording import quoted
from beancount_voucher.exchange.codes import MESSAGE_CODES
from beancount_voucher.reconciliation.reasons import ITEM_REASONS, MATCH_RULES
from beancount_voucher.review.refusals import REFUSALS
from beancount_voucher.statements.faults import FAULTS, PROOFS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from beancount_voucher.directives.codes import Explanation

_WIDTH = 80


class CodeTable(NamedTuple):
    """A table of codes.

    Attributes:
        name: what each of them is: an error of the ledger.
        table: the codes, explained.
        examples: the folder of the ledgers that show them, if there are any.
        shows: what such a ledger is.
    """

    name: str
    table: Mapping[str, Explanation]
    examples: str | None = None
    shows: str = "The shortest ledger that gives it:"


TABLES = (
    CodeTable("error of the ledger", CODES, "errors"),
    CodeTable("finding of check", FINDINGS, "errors"),
    CodeTable(
        "reason of a void",
        {name: reason.explanation for name, reason in VOID_REASONS.items()},
        "voids",
        "A ledger with such a void:",
    ),
    CodeTable("rule of review", REVIEW_RULES),
    CodeTable("refusal of review", REFUSALS),
    CodeTable("reason of reconcile", ITEM_REASONS),
    CodeTable("match of reconcile", MATCH_RULES),
    CodeTable("flaw of a bank statement", PROOFS),
    CodeTable("fault of a bank's file", FAULTS),
    CodeTable("code of a message", MESSAGE_CODES),
)


def _completions(
    _context: click.Context, _parameter: click.Parameter, incomplete: str
) -> list[CompletionItem]:
    return [
        CompletionItem(code, help=explanation.meaning)
        for kind in TABLES
        for code, explanation in kind.table.items()
        if code.startswith(incomplete)
    ]


@click.command()
@click.argument("code", required=False, shell_complete=_completions)
def explain(code: str | None) -> None:
    """Tell what a code means, and what to do.

    CODE is what stands in square brackets at the end of an error or a finding, a reason
    for voiding, a rule of review, or a reason of reconcile. Shows the shortest ledger that
    gives it, too, where one file can. Without CODE, lists all.
    """
    if code is None:
        click.echo("\n\n".join(_all()))
        return
    wanted = code.strip("[]").casefold()
    found = [
        _told(kind, each) for kind in TABLES for each in kind.table if each.casefold() == wanted
    ]
    if not found:
        known = list(dict.fromkeys(each for kind in TABLES for each in kind.table))
        meant = did_you_mean(code, known, "bean-voucher explain")
        raise click.UsageError(f"there is no code {quoted(code)}; {meant}")
    click.echo("\n\n".join(found))


def _all() -> Iterator[str]:
    for kind in TABLES:
        meanings = {code: explanation.meaning for code, explanation in kind.table.items()}
        yield f"{kind.name.capitalize()}\n{listed(meanings)}"


def _told(kind: CodeTable, code: str) -> str:
    meaning, remedy = kind.table[code]
    parts = [f"{code}, {kind.name}: {meaning}.", f"What to do: {remedy}"]
    if kind.table is CODES:
        parts += _instead(code)
    parts = ["\n".join(wrapped(part, _WIDTH)) for part in parts]
    ledger = _ledger(kind, code)
    if ledger is not None:
        parts += [kind.shows, ledger]
    return "\n\n".join(parts)


def _instead(code: str) -> Iterator[str]:
    """What a command names where it refuses it, by how far the voucher has come."""
    rows = REMEDIES.get(code, {})
    for state, text in rows.items():
        others = "else" if len(rows) > 1 else "where a command refuses it"
        yield f"Instead, {f'while {state}' if state else others}: {text.replace('{id}', 'ID')}"


def _ledger(kind: CodeTable, code: str) -> str | None:
    """The ledger that shows a code, without the comment at its head: that is what to do."""
    if kind.examples is None:
        return None
    file = shipped(kind.examples) / f"{code}.beancount"
    if not file.is_file():
        return None
    lines = file.read_text(encoding="utf-8").splitlines()
    start = next(at for at, line in enumerate(lines) if not line.startswith(";"))
    return "\n".join(lines[start:]).strip()
