"""The manual: a file for each topic, which ``bean-voucher help`` and the page in Fava show.

A file is named as its topic. Its first line is the title, and its first paragraph the one
sentence by which a reader finds it. Comments (``<!-- … -->``) are for the program that writes
tables and runs examples; nobody is shown them.
"""

from __future__ import annotations

import re
from importlib.resources import files
from typing import NamedTuple

FIRST = (
    "installing",
    "first-voucher",
    "a-month",
    "directives",
    "life",
    "instrument",
    "books",
    "conditions",
    "mistakes",
    "daily-run",
    "month-end",
    "bank-statements",
    "csv-maps",
    "fava",
    "review",
    "exchange",
    "subledger",
    "commands",
    "queries",
    "codes",
)
"""What a newcomer reads, in that order; other topics follow by their names."""

FOLDER = files(__name__)

_COMMENT = re.compile(r"^<!--.*?-->\n", re.DOTALL | re.MULTILINE)


class Topic(NamedTuple):
    """A topic of the manual.

    Attributes:
        name: what one asks for: ``month-end``.
        title: its heading.
        summary: one sentence that says what it is about.
        text: all of it, in Markdown.
    """

    name: str
    title: str
    summary: str
    text: str


def topics() -> dict[str, Topic]:
    """Every topic by its name, in the order in which one reads them."""
    names = [each.name.removesuffix(".md") for each in FOLDER.iterdir() if each.name[-3:] == ".md"]
    rank = {name: at for at, name in enumerate(FIRST)}
    ordered = sorted(names, key=lambda name: (rank.get(name, len(rank)), name))
    return {name: _topic(name) for name in ordered}


def _topic(name: str) -> Topic:
    text = _COMMENT.sub("", (FOLDER / f"{name}.md").read_text(encoding="utf-8"))
    title, summary, _ = text.split("\n\n", 2)
    return Topic(name, title.removeprefix("# "), " ".join(summary.split()), text)
