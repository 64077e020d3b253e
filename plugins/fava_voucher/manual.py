"""The manual on the page: the topics of ``bean-voucher help``, as HTML.

markdown-it-py is what newer versions of Fava render their own help with; older ones bring
another library, so this package asks for it itself.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from markdown_it import MarkdownIt
from markdown_it.common.utils import escapeHtml

from beancount_voucher.cli.help import topics
from fava_voucher.view_state import ViewState

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from markdown_it.token import Token

    from beancount_voucher.cli.help import Topic


class Manual(NamedTuple):
    """What the tab Help shows.

    Attributes:
        topics: every topic.
        topic: the one that is asked for, if there is such a one.
    """

    topics: Mapping[str, Topic]
    topic: Topic | None

    @property
    def html(self) -> str:
        """The topic, with its links to other topics leading to this page."""
        text = "" if self.topic is None else self.topic.text
        return rendered(text, {name: self.url(name) for name in self.topics})

    def url(self, name: str) -> str:
        """Where a topic is shown."""
        return ViewState(view="help", topic=name).url


def manual(name: str) -> Manual:
    """The manual, open at a topic."""
    known = topics()
    return Manual(known, known.get(name))


def rendered(text: str, urls: Mapping[str, str]) -> str:
    """Markdown as HTML, a level below the page's own headings; HTML in it is shown, not used.

    Args:
        text: the Markdown.
        urls: where a link to a topic's file shall lead, by the topic's name.
    """
    tokens = _MARKDOWN.parse(text)
    for token in _all(tokens):
        if token.type.startswith("heading_"):
            token.tag = f"h{int(token.tag[1]) + 1}"
        elif token.type == "link_open":
            file = str(token.attrGet("href"))
            token.attrSet("href", urls.get(file.removesuffix(".md"), file))
    return str(_MARKDOWN.renderer.render(tokens, _MARKDOWN.options, {}))


def _all(tokens: Sequence[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        yield from token.children or ()


# What is too wide is scrolled by itself, from the keyboard, too.


def _table(*_: object) -> str:
    return '<div class="wide" tabindex="0"><table>\n'


def _table_end(*_: object) -> str:
    return "</table></div>\n"


def _code(_renderer: object, tokens: Sequence[Token], at: int, *_: object) -> str:
    return f'<pre tabindex="0"><code>{escapeHtml(tokens[at].content)}</code></pre>\n'


_MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
for _token, _rule in (("table_open", _table), ("table_close", _table_end), ("fence", _code)):
    _MARKDOWN.add_render_rule(_token, _rule)
