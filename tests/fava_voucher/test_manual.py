"""The tab Help: the manual's topics, their links, and what a hostile URL or text comes to."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from lxml import html

from beancount_voucher.cli.help import topics
from fava_voucher.manual import rendered
from tests.support import HAPPY
from tests.support.reader import query_of, read

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.reader import Reader

TOPICS = topics()


@pytest.fixture
def reader(tmp_path: Path) -> Reader:
    return read(tmp_path, HAPPY)


def test_it_is_a_tab_that_lists_the_topics(reader: Reader) -> None:
    [tab] = reader.see().all(".//nav[@class='views']/a[text()='Help']/@href")
    seen = reader.ask(tab)
    assert seen.all(".//nav[@class='views']/a[@aria-current]/text()") == ["Help"]
    titles = seen.all(".//dl[@class='topics']/dt/a")
    assert [each.text for each in titles] == [topic.title for topic in TOPICS.values()]
    assert [query_of(each.get("href"))["topic"] for each in titles] == list(TOPICS)
    summaries = [each.text for each in seen.all(".//dl[@class='topics']/dd")]
    assert summaries == [topic.summary.replace("`", "") for topic in TOPICS.values()]
    assert "As of" not in seen.words


@pytest.mark.parametrize("name", TOPICS)
def test_every_topic_is_shown_whole_with_links_that_lead_to_others(
    reader: Reader, name: str
) -> None:
    seen = reader.see(view="help", topic=name)
    assert seen.status == 200
    [article] = seen.all(".//article")
    assert article.get("lang") == "en"
    assert article.xpath("./h2/text()") == [TOPICS[name].title.replace("`", "")]
    assert article.xpath("./p[1]")[0].text_content() == TOPICS[name].summary.replace("`", "")
    text, fences = re.subn(r"^```.*?^```", "", TOPICS[name].text, flags=re.DOTALL | re.MULTILINE)
    assert len(article.xpath(".//pre")) == fences
    assert len(article.xpath(".//h3")) == text.count("\n## ")
    assert len(article.xpath(".//table")) == text.count("\n| --- |")
    assert len(article.xpath(".//tr")) == text.count("\n|") - text.count("\n| --- |")
    assert "<!--" not in article.text_content()
    for link in article.xpath(".//a/@href"):
        if not link.startswith("https://"):
            assert query_of(link)["view"] == "help"
            assert query_of(link)["topic"] in TOPICS
            assert reader.ask(link).status == 200


def test_a_topic_that_there_is_not(reader: Reader) -> None:
    for name in ("nothing", "../directives", "directives.md", "<script>"):
        seen = reader.see(view="help", topic=name)
        assert seen.status == 200
        assert seen.all(".//*[@role='alert']/text()") == [f"There is no topic {name}."]
        assert len(seen.all(".//dt")) == len(TOPICS)
        assert not seen.all(".//script")


def test_it_has_no_tables_to_export_and_can_be_printed(reader: Reader) -> None:
    assert reader.see("export.csv", view="help").status == 404
    printed = html.fromstring(reader.see("print", view="help", topic="books").text)
    assert printed.xpath("//h1/text()") == ["Vouchers: Help"]
    assert printed.xpath("//article/h2/text()") == [TOPICS["books"].title]


def test_in_chinese(reader: Reader) -> None:
    with reader.client.get(
        reader.base, query_string={"view": "help"}, headers={"Accept-Language": "zh-CN"}
    ) as answer:
        page = html.fromstring(answer.get_data(as_text=True))
    assert page.xpath("//nav[@class='views']/a[@aria-current]/text()") == ["帮助"]
    assert page.xpath("//div[@id='vouchers']/p/text()") == ["使用手册（英文）。"]


def test_html_is_shown_and_not_used() -> None:
    made = html.fromstring(rendered("<script>alert(1)</script>\n\n```\n<b>\n```\n", {}))
    assert not made.xpath("//script|//b")
    assert made.text_content().split() == ["<script>alert(1)</script>", "<b>"]


def test_links_that_lead_to_no_topic_stay_what_they_are() -> None:
    text = "[a](https://example.com/books.md) [b](nothing.md) [c](books.md) [d](javascript:1)\n"
    made = html.fromstring(rendered(text, {"books": "/there"}))
    assert made.xpath("//a/@href") == ["https://example.com/books.md", "nothing.md", "/there"]


def test_what_is_wide_can_be_scrolled_by_keyboard() -> None:
    made = html.fromstring(rendered("| a |\n| --- |\n| b |\n\n```\nc\n```\n", {}))
    scrolled = [each.text_content().split() for each in made.xpath("//*[@tabindex='0']")]
    assert scrolled == [["a", "b"], ["c"]]
