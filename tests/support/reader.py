"""A reader of the page: Fava's test client on a ledger, and what it shows."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

from fava.application import create_app
from lxml import html

from tests.support import PLUGIN, WORLD

if TYPE_CHECKING:
    from pathlib import Path


_CELLS = "./*[not(contains(@class, 'stack'))]|./*[contains(@class, 'stack')]/div"
"""Every cell, also those that stand one under the other."""

EXTENSION = '2026-01-01 custom "fava-extension" "fava_voucher"\n'


@dataclass(frozen=True)
class Seen:
    """An answer of the page."""

    status: int
    data: bytes
    headers: dict[str, str]

    @property
    def text(self) -> str:
        return self.data.decode("utf-8")

    @cached_property
    def page(self) -> Any:
        """Our part of the page."""
        [found] = html.fromstring(self.text).xpath("//div[@id='vouchers']")
        return found

    @property
    def words(self) -> str:
        """What a person reads of it, on one line."""
        return " ".join(
            text
            for each in self.page.xpath(".//text()[not(ancestor::script)]")
            for text in each.split()
        )

    def all(self, path: str) -> list[Any]:
        """Elements or texts of our part."""
        return list(self.page.xpath(path))

    def table(self, name: str) -> list[list[str]]:
        """The cells of a table as a person reads them, headings first."""
        return [
            [" ".join(cell.text_content().split()) for cell in row.xpath(_CELLS)]
            for row in self.all(f".//table[contains(@class, '{name}')]/*/tr[not(@class)]")
        ]

    @property
    def links(self) -> list[str]:
        return [str(link) for link in self.all(".//a/@href")]


class Reader:
    """Somebody who reads a ledger in Fava."""

    def __init__(self, path: Path, **options: Any) -> None:
        self.path = path
        self.app = create_app([str(path.absolute())], load=True, poll_watcher=True, **options)
        self.client = self.app.test_client()
        self.ledgers = self.app.config["LEDGERS"]
        self.base = f"/{self.ledgers.first_slug()}/extension/Vouchers/"

    def ask(self, url: str) -> Seen:
        with self.client.get(url) as answer:
            return Seen(answer.status_code, answer.get_data(), dict(answer.headers))

    def see(self, _endpoint: str = "", **query: str) -> Seen:
        """The page, or one of its endpoints, with a query."""
        with self.client.get(self.base + _endpoint, query_string=query) as answer:
            return Seen(answer.status_code, answer.get_data(), dict(answer.headers))

    def csv(self, **query: str) -> list[dict[str, str]]:
        """A table as its CSV says."""
        seen = self.see("export.csv", **query)
        assert seen.status == 200, seen.text
        assert seen.text.startswith("\ufeff")
        return list(csv.DictReader(io.StringIO(seen.text[1:], newline="")))

    def ids(self, **query: str) -> list[str]:
        """The vouchers of the register."""
        return [row["id"] for row in self.csv(**query)]


def read(
    folder: Path, text: str, *, plugin: str = PLUGIN, world: str = WORLD, **options: Any
) -> Reader:
    """A ledger with the page, and somebody who reads it."""
    path = folder / "ledger.beancount"
    path.write_text(plugin + EXTENSION + world + text, encoding="utf-8")
    return Reader(path, **options)


def query_of(url: str) -> dict[str, str]:
    return {key: values[0] for key, values in parse_qs(urlsplit(url).query).items()}
