"""The sentences of the core as its code has them: f-strings and texts, each a form with places.

A place has the name of what stands in it. Left out are docstrings, the help of options, and texts
that no face shows: patterns, the legs of the posting table, narrations, which are the ledger's.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

LIBRARY = ROOT / "beancount_voucher"

ROOMS = (
    "conditions.py",
    "audit",
    "books",
    "directives",
    "exchange",
    "ledger",
    "lifecycle",
    "reconciliation/recheck.py",
    "views",
    *(
        f"cli/{name}.py"
        for name in ("commands/check", "commands/confirm", "commands/decide", "commands/desk",
                     "commands/list", "commands/record",
                     "commands/server", "commands/verify",
                     "commands/show", "checked", "console", "deliver", "in_period", "requests")
    ),
)  # fmt: skip
"""Whose sentences are in the catalogues."""

_SILENT = (
    "audit/expected.py",
    "audit/findings.py",
    "books/batches.py",
    "books/entry_templates.py",
    "books/posting_table.py",
    "directives/codes.py",
    "directives/printer.py",
    "ledger/entry_json.py",
    "ledger/export.py",
    "ledger/index_store.py",
    "ledger/parsed_files.py",
)
"""Files of these rooms that say nothing in sentences: tables, the manual's, SQL, Beancount's own text."""

_HELPFUL = ("conditions.py", "directives/schema.py", "cli/commands/record.py")
"""Files in which a text that begins like a sentence is the help of an option."""

_SILENT_ARGUMENTS = ("help", "metavar")
_SILENT_CALLS = ("compile", "cast", "TypeVar", "Waiting", "Explanation")
_SILENT_TABLES = ("CALENDARS",)
_HELP = re.compile(r"\n\n|[A-Z](?!RUE)")
_TECHNICAL = re.compile(
    r"bean-voucher |ssh-keygen -Y |\{PRINCIPAL\} |\* -text|\W*and\W*$|Parser internal|\{line\}\n|\(\?P"
)
_PLACE = re.compile(r"\{[^{}]*\}")
_SAYS = re.compile(r"[a-z]{2}")


def sentences() -> dict[str, list[str]]:
    """Each form, and the files that it stands in."""
    found: dict[str, list[str]] = {}
    for path in _files():
        file = str(path.relative_to(LIBRARY))
        for form in forms(path.read_text(encoding="utf-8")):
            if _TECHNICAL.match(form) or (file in _HELPFUL and _HELP.match(form)):
                continue
            files = found.setdefault(form, [])
            files += [] if file in files else [file]
    return found


def _files() -> Iterator[Path]:
    for room in ROOMS:
        path = LIBRARY / room
        for each in [path] if path.suffix else sorted(path.rglob("*.py")):
            if not str(each).endswith(_SILENT):
                yield each


def forms(code: str) -> list[str]:
    """The forms in a module's code, in their order."""
    return list(dict.fromkeys(_forms(ast.parse(code))))


def _forms(node: ast.AST) -> Iterator[str]:
    if isinstance(node, ast.JoinedStr):
        form = form_of(node)
        literal = _PLACE.sub("", form)
        if " " in literal and _SAYS.search(literal):
            yield form
    elif isinstance(node, ast.Constant) and isinstance(node.value, str):
        if " " in node.value.strip() and _SAYS.search(node.value):
            yield _form_of_text(node.value)
    elif isinstance(node, ast.Call) and _name(node.func) == "counted":
        noun = node.args[1]
        if isinstance(noun, ast.Constant):
            yield f"{{number}} {noun.value!s}"
            yield f"{{number}} {noun.value!s}s"
    for child in _spoken(node):
        yield from _forms(child)


def _spoken(node: ast.AST) -> Iterator[ast.AST]:
    """What of a node may say something."""
    if isinstance(node, ast.JoinedStr):
        yield from (part.value for part in node.values if isinstance(part, ast.FormattedValue))
        return
    if isinstance(node, ast.Call) and _name(node.func) in _SILENT_CALLS:
        return
    if isinstance(node, ast.AnnAssign) and _name(node.target) in _SILENT_TABLES:
        return
    for field, value in ast.iter_fields(node):
        if field in ("annotation", "returns", "decorator_list"):
            continue
        for child in value if isinstance(value, list) else [value]:
            silent = isinstance(child, ast.keyword) and child.arg in _SILENT_ARGUMENTS
            documents = isinstance(child, ast.Expr) and isinstance(child.value, ast.Constant)
            if isinstance(child, ast.AST) and not silent and not documents:
                yield child


def _form_of_text(text: str) -> str:
    """A text, or one that ``format`` fills later: then its places have their names already."""
    if all(place[1:-1].isidentifier() for place in _PLACE.findall(text)):
        return text
    return text.replace("{", "{{").replace("}", "}}")


def form_of(node: ast.JoinedStr) -> str:
    """An f-string with a name in each of its places; two that touch are one."""
    names: dict[str, int] = {}
    parts: list[str] = []
    for part in node.values:
        if isinstance(part, ast.Constant):
            parts.append(str(part.value).replace("{", "{{").replace("}", "}}"))
        elif isinstance(part, ast.FormattedValue) and not (parts and parts[-1][-1:] == "}"):
            name = _name(part.value).lstrip("_")
            names[name] = names.get(name, 0) + 1
            parts.append("{" + (name if names[name] == 1 else f"{name}_{names[name]}") + "}")
    return "".join(parts)


def _name(node: ast.AST) -> str:
    """What a value is called: the last name in it, of a call that of its argument."""
    if isinstance(node, ast.Name):
        return node.id
    if isinstance(node, ast.Attribute):
        return node.attr
    if isinstance(node, ast.Subscript):
        return _name(node.value)
    if isinstance(node, ast.Call):
        inner = _name(node.args[0]) if node.args else ""
        return inner if inner not in ("", "value") else _name(node.func)
    return "value"
