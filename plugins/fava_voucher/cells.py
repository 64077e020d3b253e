"""The cells of the page's tables: a line for each kind says how it looks.

A page has thousands of them, which is why they are no templates: what is the same in many, words,
names, links, is found out once for a request.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fava.application import url_for
from flask import current_app
from markupsafe import Markup, escape

from fava_voucher.translation import gettext, told, word

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from beancount_voucher.directives.source_lines import SourceLine
    from beancount_voucher.views.columns import Cell, Column
    from fava_voucher.links import Links
    from fava_voucher.tables import Table

    Instead = Callable[[Column[Any], Any], "str | None"]

_STANDIN = "V0000000000000"
"""Stands in a URL for an id that follows."""

_ALONE = ("money", "difference")
"""Kinds of which no two cells are likely to be the same."""


class Cells:
    """The cells of one request's tables, as HTML.

    Args:
        links: where they lead.
        name: the display name of a party.
    """

    def __init__(self, links: Links, name: Callable[[str], str]) -> None:
        self._links = links
        self._name = name
        self._hidden: Callable[[str], str] = current_app.jinja_env.filters["incognito"]
        self._known: dict[tuple[str, str, Cell], str] = {}
        self._around: dict[str, tuple[str, ...]] = {}

    def shown(self, column: Column[Any], value: Cell) -> Markup:
        """A cell's content."""
        return Markup(self._shown(column, value))  # noqa: S704

    def rows(self, table: Table[Any], instead: Instead | None = None, indent: int = 6) -> Markup:
        """The rows of a table.

        Args:
            table: what of it is shown.
            instead: what stands in the cell of a column and row, where it is not what it
                always is; None there for what it always is.
            indent: how far they stand to the right in the text.
        """
        frames, space = self._frames(table), " " * indent
        lines = (f"{space}<tr>{self._row(frames, row, instead)}</tr>\n" for row in table.rows)
        return Markup("".join(lines))  # noqa: S704

    def _frames(self, table: Table[Any]) -> list[tuple[str, Column[Any], str]]:
        """What stands before and after each column's content, headings too: a card needs them."""
        return [frame for stack in table.stacks for frame in _frames(stack)]

    def _row(
        self,
        frames: Sequence[tuple[str, Column[Any], str]],
        row: Any,  # noqa: ANN401
        instead: Instead | None,
    ) -> str:
        parts: list[str] = []
        for before, column, after in frames:
            content = None if instead is None else instead(column, row)
            if content is None:
                content = self._shown(column, column.cell(row))
            parts += (before, content, after)
        return "".join(parts)

    def _shown(self, column: Column[Any], value: Cell) -> str:
        if value is None or value == "":
            return ""
        kind = column.kind
        if kind in _ALONE:
            return _SHOWN[kind](self, column, value)
        asked = (kind, column.key, value)
        known = self._known.get(asked)
        if known is None:
            how = _SHOWN.get(kind)
            known = str(escape(value)) if how is None else how(self, column, value)
            self._known[asked] = known
        return known

    # --- What is in them --------------------------------------------------------------------

    def money(self, number: Any) -> str:  # noqa: ANN401
        """An amount to its last digit."""
        return str(escape(self._hidden(f"{number:,f}")))

    def text(self, column: Column[Any], value: str) -> str:
        """Words; those of the library in the reader's language."""
        if column.key in ("text", "error"):
            return f'<bdi class="told">{escape(self._hidden(told(value)))}</bdi>'
        shown = self._hidden(value) if column.key == "changes" else value
        return f"<bdi>{escape(shown)}</bdi>"

    def name(self, party: str) -> str:
        """The display name of a party."""
        return str(escape(self._name(party)))

    def voucher(self, voucher: str) -> str:
        """The link to a voucher."""
        return self._linked("voucher", self._links.voucher, voucher)

    def message(self, message: str) -> str:
        """The link to a message."""
        return f'<a href="{escape(self._links.message(message))}">{escape(message)}</a>'

    def place(self, place: SourceLine) -> str:
        """A source line, with the link to Fava's editor where that opens it."""
        links = self._links
        url = links.editor(place)
        shown = escape(links.source(place))
        return str(shown) if url is None else f'<a href="{escape(url)}">{shown}</a>'

    def _linked(self, kind: str, url: Callable[[str], str], id_: str) -> str:
        """A link whose URL is that of any other id of the kind, but for the id itself."""
        parts = self._around.get(kind)
        if parts is None:
            parts = self._around[kind] = tuple(str(escape(url(_STANDIN))).split(_STANDIN))
        safe = len(parts) == 2 and id_.isascii() and id_.replace("-", "").isalnum()  # noqa: PLR2004
        href = id_.join(parts) if safe else escape(url(id_))
        return f'<a href="{href}">{escape(id_)}</a>'


def _frames(stack: Sequence[Column[Any]]) -> Iterator[tuple[str, Column[Any], str]]:
    first = stack[0]
    number = " num" if first.numeric else ""
    if len(stack) == 1:
        title = escape(gettext(first.title))
        yield f'<td class="as-{first.kind}{number}" data-label="{title}">', first, "</td>"
        return
    for column in stack:
        title = escape(gettext(column.title))
        before = f'<td class="stack{number}">' if column is first else ""
        after = "</td>" if column is stack[-1] else ""
        yield (
            f'{before}<div class="as-{column.kind}" data-label="{title}">',
            column,
            f"</div>{after}",
        )


def _difference(cells: Cells, number: Any) -> str:  # noqa: ANN401
    differs = ' class="differs"' if number else ""
    return f"<span{differs}>{cells.money(number)}</span>"


def _account(name: str) -> str:
    parts = ":<wbr>".join(str(escape(part)) for part in name.split(":"))
    return f'<a href="{escape(url_for("account", name=name))}">{parts}</a>'


_SHOWN: dict[str, Callable[[Cells, Column[Any], Any], str]] = {
    "money": lambda cells, _, number: cells.money(number),
    "difference": lambda cells, _, number: _difference(cells, number),
    "voucher": lambda cells, _, voucher: cells.voucher(voucher),
    "party": lambda cells, _, party: f'<span title="{escape(party)}">{cells.name(party)}</span>',
    "account": lambda _cells, _, name: _account(name),
    "state": lambda _cells, _, state: (
        f'<span class="state {escape(state)}">{escape(gettext(state))}</span>'
    ),
    "overdue": lambda _cells, _, text: f'<strong class="differs">{escape(gettext(text))}</strong>',
    "word": lambda _cells, _, text: f"<bdi>{escape(word(text))}</bdi>",
    "message": lambda cells, _, message: cells.message(message),
    "error": lambda _cells, _, text: f'<strong class="differs">{escape(text)}</strong>',
    "key": lambda _cells, _, text: (
        f'<span class="key-state {escape(text.replace(" ", "-"))}">{escape(gettext(text))}</span>'
    ),
    "role": lambda _cells, _, text: str(escape(told(text))),
    "code": lambda _cells, _, text: f"<code>{escape(told(text))}</code>",
    "remedy": lambda _cells, _, text: str(escape(told(text))),
    "place": lambda cells, _, place: cells.place(place),
    "text": lambda cells, column, text: cells.text(column, text),
}
"""How a kind of cell looks, where it is not just what it says."""
