"""Writes what the manual takes from the program: ``python -m tests.support.tables --write``.

A table stands between ``<!-- table NAME -->`` and ``<!-- end -->``, and is made from the
program's own data by the function of that name in ``TABLES``; below the commands of a console
block stands what they print. Without ``--write`` it only says which pages are not up to date.
Pages may be named; without names it is all of them.
"""

from __future__ import annotations

import importlib
import json
import re
import shutil
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from click.testing import CliRunner

from beancount_voucher.audit.findings import FINDINGS
from beancount_voucher.books.batches import BATCH_NARRATIONS
from beancount_voucher.books.posting_table import BOOKS, POSTINGS
from beancount_voucher.cli import main as command
from beancount_voucher.conditions import BUILT_IN
from beancount_voucher.directives.account_roles import ROLES
from beancount_voucher.directives.codes import CODES
from beancount_voucher.directives.schema import (
    DIRECTIVES,
    MEANINGS,
    REVIEW_RULES,
    VOID_REASONS,
)
from beancount_voucher.exchange.codes import (
    FACT_REFUSED,
    KEPT_OTHERWISE,
    NOT_AUTHENTIC,
    NOT_WELL_FORMED,
)
from beancount_voucher.lifecycle.calendars import CALENDARS
from beancount_voucher.lifecycle.transitions import TRANSITIONS
from beancount_voucher.reconciliation import report
from beancount_voucher.reconciliation.reasons import ITEM_REASONS, MATCH_RULES
from beancount_voucher.review.refusals import REFUSALS
from beancount_voucher.statements.faults import FAULTS, PROOFS
from beancount_voucher.statements.tables.currencies import CURRENCY_NAMES
from beancount_voucher.statements.tables.map_rules import RULES
from beancount_voucher.statements.tables.map_settings import (
    COLUMNS,
    DIRECTION,
    FILE_SAYS,
    MAP_SETTINGS,
    STATUS,
    TEXTS,
)
from beancount_voucher.views.columns import columns_of
from beancount_voucher.views.events import EVENTS
from beancount_voucher.views.exchanged import MESSAGES
from beancount_voucher.views.period import PERIOD, ROLL_FORWARD
from beancount_voucher.views.register import REGISTER
from tests.support import ACCEPT, APPLY, LEDGERS, PLUGIN, SETTLE, WORLD, event, issue
from tests.support.bank_files import LIMING, Entry, Sheet, camt
from tests.support.manual import PAGES, home, played
from tests.support.repository import TOP, VOUCHERS, ZHAO, Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from beancount_voucher.directives.codes import Explanation
    from beancount_voucher.views.columns import Column

_MARKED = re.compile(r"(<!-- table (\S+) -->\n).*?(<!-- end -->)", re.DOTALL)

PUBLIC = ("beancount_voucher.conditions", "beancount_voucher.importer")
"""The modules whose ``__all__`` is promised."""

TOPIC_OF = {
    "first-voucher": ("init",),
    "commands": (
        "demo",
        "help",
        "list",
        "show",
        "print",
        "party",
        "option",
        "credit-line",
        "exception",
    ),
    "instrument": (
        "amend",
        "consent",
        "decline",
        "withdraw",
        "discrepancy",
        "release",
        "refund",
    ),
    "mistakes": ("request", "refuse", "issue", "accept", "reject", "apply", "return", "repay"),
    "daily-run": ("run", "settle", "void", "forecast"),
    "life": ("recall", "surrender"),
    "exchange": ("confirm", "exchange", "key", "receive", "send", "server", "verify"),
    "subledger": ("subledger",),
    "month-end": ("close", "lines"),
    "codes": ("check", "explain"),
    "queries": ("query",),
    "bank-statements": ("reconcile",),
    "csv-maps": ("map",),
    "review": ("review", "blame", "merge", "renumber"),
}
"""Which topic tells more of which commands."""


def table(headers: list[str], rows: list[list[str]]) -> str:
    """A Markdown table."""
    lines = [headers, ["---"] * len(headers), *rows]
    return "".join("| " + " | ".join(cell or " " for cell in line) + " |\n" for line in lines)


def _named(headers: list[str], meanings: Mapping[str, str]) -> Callable[[], str]:
    """A table of names with their meanings."""
    return lambda: table(headers, [[f"`{name}`", text] for name, text in meanings.items()])


def _explained(headers: list[str], codes: Mapping[str, Explanation]) -> Callable[[], str]:
    """A table of codes, with what to do about each."""
    rows = [[f"`{code}`", *explanation] for code, explanation in codes.items()]
    return lambda: table([*headers, "what to do"], rows)


def map_settings() -> str:
    """The settings of a CSV's map."""
    rows = [
        [f"`{name}`", each.meaning, f"`{json.dumps(each.default)}`"]
        for name, each in MAP_SETTINGS.items()
    ]
    return table(["setting", "what it says", "default"], rows)


def map_words() -> str:
    """The words of a map's tables of words."""
    words = {"direction": {name: text for name, (_, text) in DIRECTION.items()}, "status": STATUS}
    rows = [
        [f"`[{name}]`", f"`{word}`", text]
        for name, each in words.items()
        for word, text in each.items()
    ]
    return table(["table", "word", "what a value in its list says"], rows)


def currency_names() -> str:
    """The names of currencies that no map needs to name."""
    rows = [
        [f"`{code}`", ", ".join(f"`{name}`" for name in names)]
        for code, names in CURRENCY_NAMES.items()
    ]
    return table(["currency", "names"], rows)


def map_rules() -> str:
    """What makes a map wrong."""
    rows = [[each.holds, each.expected] for each in RULES]
    return table(["what must be so", "if it is not, expected is"], rows)


def calendars() -> str:
    """The calendars of business days."""
    rows = [[f"`{name}`", each.meaning, f"{each.last}"] for name, each in CALENDARS.items()]
    return table(["calendar", "whose days", "known to"], rows)


def life() -> str:
    """The life of a voucher; a guard's docstring is its sentence."""
    rows = []
    for rule in TRANSITIONS:
        guards = [(guard.__doc__ or "").split("\n")[0].rstrip(".") for guard in rule.guards]
        holds = "; ".join(guard[0].lower() + guard[1:] for guard in guards).replace("``", "`")
        becomes = "the same" if rule.becomes is None else str(rule.becomes)
        rows.append([", ".join(rule.states), rule.name, holds, becomes])
    return table(["state", "event", "holds only if", "becomes"], rows)


def conditions() -> str:
    """The settlement conditions; a class's docstring has its key with a value, and when it is met."""
    lines = [(each.__doc__ or "").split("\n")[0].split("``: ") for each in BUILT_IN.values()]
    rows = [[f"`{key.strip('`')}`", met.rstrip(".")] for key, met in lines]
    return table(["key", "met when"], rows)


def postings() -> str:
    """The posting table."""
    rows = [
        [row.events, row.when, *(getattr(row, book).replace(" -", " −") for book in BOOKS)]
        for row in POSTINGS
    ]
    return table(["event", "when", *BOOKS], rows)


def batches() -> str:
    rows = [[f"`{row}`", narration] for row, narration in BATCH_NARRATIONS.items()]
    return table(["event", "narration"], rows)


def accounts() -> str:
    """The accounts of each party."""
    rows = [
        [
            party,
            f"`{role}`",
            f"`{account.default.replace('(bank)', '{bank account}')}`",
            account.opened_by,
            "yes" if account.per_voucher else "",
            f"`{account.invariant}`" if account.invariant else "",
        ]
        for party, roles in ROLES.items()
        for role, account in roles.items()
    ]
    return table(["party", "role", "account", "opened by", "per voucher", "proven by"], rows)


def keys() -> str:
    """The metadata of a voucher's directives."""
    kinds: dict[str, str] = {}
    users: dict[str, list[str]] = {}
    for name, directive in DIRECTIVES.items():
        for key, kind in directive.keys.items():
            kinds[key] = str(kind)
            users.setdefault(key, []).append(f"`{name}`")
    rows = [
        [f"`{key}`", kinds[key], ", ".join(users[key]), MEANINGS[key]]
        for key in MEANINGS
        if key in kinds
    ]
    return table(["key", "type", "of", "says"], rows)


def query_columns() -> str:
    """The columns of the tables of vouchers."""
    tables: dict[str, Iterable[Column[Any]]] = {
        "#vouchers": columns_of(REGISTER, "data"),
        "#voucher_events": EVENTS,
        "#voucher_messages": columns_of(MESSAGES, "data"),
    }
    rows = [
        [f"`{name}`", ", ".join(f"`{each.key}` {each.datatype.__name__}" for each in columns)]
        for name, columns in tables.items()
    ]
    return table(["table", "columns and their types"], rows)


def commands() -> str:
    """The commands, each with its topic."""
    topics = {name: topic for topic, names in TOPIC_OF.items() for name in names}
    rows = []
    for name, each in sorted(command.commands.items()):
        topic = topics.get(name)
        more = f"[{topic}]({topic}.md)" if topic else ""
        rows.append([f"`{name}`", each.get_short_help_str(), more])
    return table(["command", "what it does", "more"], rows)


def names() -> str:
    """The names that are promised to programs in Python."""
    rows = []
    for module in map(importlib.import_module, PUBLIC):
        for name in module.__all__:
            told = (getattr(module, name).__doc__ or "").split("\n")[0]
            rows.append([f"`{module.__name__}.{name}`", told.replace("``", "`")])
    return table(["name", "what it is"], rows)


def csv() -> str:
    """The headings of CSV output."""
    headings = {
        "list": [column.key for column in columns_of(REGISTER, "data")],
        "list --period": [column.key for column in columns_of(PERIOD, "data")],
        "list --roll-forward": [column.key for column in columns_of(ROLL_FORWARD, "data")],
        "reconcile": report.ROWS,
    }
    rows = [
        [f"`{name}`", " ".join(f"`{each}`" for each in columns)]
        for name, columns in headings.items()
    ]
    return table(["command", "headings"], rows)


# --- What the commands say as JSON ------------------------------------------------------


def _shape(data: Any, path: str = "") -> Iterator[str]:
    """The keys of JSON data, with dots below objects and [] below lists."""
    if isinstance(data, list):
        for each in data:
            yield from _shape(each, path + "[]")
    elif isinstance(data, dict):
        for key, value in data.items():
            name = f"{path}.{key}".removeprefix("[]").removeprefix(".")
            yield name
            if not (key == "terms" and isinstance(value, dict)):  # by metadata key: any
                yield from _shape(value, name)


def _output(*words: str) -> Any:
    result = CliRunner().invoke(command, [*words, "--format", "json"])
    return json.loads(result.stdout)


def _review() -> Any:
    """A review in which there is something of everything, as of the page ``review``."""
    accepted = event("accept", "2026-03-03", voucher="V-3")
    early = issue() + issue("V-2") + ACCEPT + APPLY + issue("V-3") + accepted + issue("V-4")
    late = issue(apply_by="2026-04-30") + ACCEPT + APPLY + SETTLE
    late += issue("V-3", "-1.00 CNY") + accepted + issue("V-4")
    late += event("amend", "2026-03-04", "1", "90.00 CNY", voucher="V-4", requested_by='"Iss"')
    late += '2026-03-07 custom "voucher-accept" "V-9"\n'
    late += '2026-01-01 custom "voucher-option" "recognise-at" "accept"\n'
    excuse = '2026-03-31 custom "voucher-exception" "{}" "edited-history"\n'
    excuse += '  reason: "mistyped"\n  by: "audit"\n'
    with home() as folder:
        repository = Repository(folder)
        repository.commit({TOP: PLUGIN + WORLD + f'include "{VOUCHERS}"\n', VOUCHERS: early})
        repository.commit({VOUCHERS: late + excuse.format("V-3")})
        repository.commit(
            {VOUCHERS: late + "".join(map(excuse.format, ("V-3", "V-1")))}, ZHAO, committer=ZHAO
        )
        top = ("-f", str(folder / TOP))
        return (
            _output(*top, "review", "HEAD~2..HEAD", "--signatures"),
            _output(*top, "blame", "V-1"),
        )


def _reconciliation() -> Any:
    """A reconciliation with open items, a statement that comes twice, and an entry of nothing."""
    with home() as folder:
        shutil.copytree(LEDGERS / "marketplace", folder, dirs_exist_ok=True)
        ledger = ("-f", str(folder / "LiMing.beancount"))
        _output(*ledger, "run", "--as-of", "2026-03-31", "--write")
        statement = str(folder / "statements" / "LiMing-QingHe-2026-Q1.xml")
        shutil.copy(statement, folder / "again.xml")
        zero = Sheet("Z", LIMING, "2026-04-01", "2026-04-30", "0.00", (Entry("04-01", "0.00"),))
        (folder / "zero.xml").write_text(camt(zero), encoding="utf-8")
        files = (statement, *(str(folder / name) for name in ("again.xml", "zero.xml")))
        return _output(*ledger, "reconcile", *files, "--all")


def json_keys() -> str:
    """The keys of JSON output, from the commands themselves."""
    ledger = str(LEDGERS / "marketplace" / "all.beancount")
    reviewed, blamed = _review()
    outputs = {
        "`list`": _output("-f", ledger, "list"),
        "`list --period`": _output("-f", ledger, "list", "--period", "2026-02"),
        "`list --roll-forward`": _output("-f", ledger, "list", "--roll-forward"),
        "`settle`, `void`, `run`": _output("-f", ledger, "run", "--as-of", "2026-03-31"),
        "`check`": _output("-f", ledger, "check", "--as-of", "2026-03-31"),
        "`lines`": _output("-f", ledger, "lines"),
        "`lines --behind`": _output("-f", ledger, "lines", "--behind"),
        "`forecast`": _output("-f", ledger, "forecast", "--as-of", "2026-03-31"),
        "`forecast --vouchers`": _output("-f", ledger, "forecast", "--vouchers"),
        "`reconcile`": _reconciliation(),
        "`review`": reviewed,
        "`blame`": blamed,
    }
    rows = []
    for name, data in outputs.items():
        rows.append([name, " ".join(f"`{key}`" for key in dict.fromkeys(_shape(data)))])
    return table(["command", "keys"], rows)


TABLES: dict[str, Callable[[], str]] = {
    "codes": _explained(["code", "when"], CODES),
    "findings": _explained(["code", "what `check` found"], FINDINGS),
    "reasons": _explained(["reason", "what it means"], ITEM_REASONS),
    "matching-rules": _explained(["matched by", "when"], MATCH_RULES),
    "flaws": _explained(["flaw", "when"], PROOFS),
    "faults": _explained(["code", "the file is not read"], FAULTS),
    "void-reasons": _explained(
        ["reason", "when"], {name: each.explanation for name, each in VOID_REASONS.items()}
    ),
    "rules": _explained(["rule", "broken when"], REVIEW_RULES),
    "refusals": _explained(["code", "when"], REFUSALS),
    "not-authentic": _explained(["code", "when"], NOT_AUTHENTIC),
    "not-well-formed": _explained(["code", "when"], NOT_WELL_FORMED),
    "fact-refused": _explained(["code", "when"], FACT_REFUSED),
    "kept-otherwise": _explained(["code", "when"], KEPT_OTHERWISE),
    "map-settings": map_settings,
    "calendars": calendars,
    "map-words": map_words,
    "map-file": _named(["`[file]`", "what stands behind its words"], FILE_SAYS),
    "map-currencies": currency_names,
    "map-rules": map_rules,
    "map-columns": _named(["column", "what stands in it"], {**COLUMNS, "text": TEXTS}),
    "conditions": conditions,
    "life": life,
    "postings": postings,
    "accounts": accounts,
    "batches": batches,
    "keys": keys,
    "query-columns": query_columns,
    "commands": commands,
    "names": names,
    "csv": csv,
    "json": json_keys,
}


def with_tables(page: str) -> str:
    """A page with its tables as the program's data have them."""
    return _MARKED.sub(lambda mark: mark[1] + TABLES[mark[2]]() + mark[3], page)


def main(arguments: list[str]) -> int:
    """Write, or check, pages; the exit status is 1 if one is not up to date."""
    write = "--write" in arguments
    stale = []
    for path in [Path(each) for each in arguments if each != "--write"] or PAGES:
        before = path.read_text(encoding="utf-8")
        after = played(with_tables(before))
        if after == before:
            continue
        if write:
            path.write_text(after, encoding="utf-8")
        stale.append(path)
        print(f"{path.name}: {'written' if write else 'not up to date'}")
    return 0 if write or not stale else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
