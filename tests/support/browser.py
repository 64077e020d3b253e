"""Fava served to a real browser, which may see nothing wrong and nothing from elsewhere."""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, NoReturn
from urllib.parse import urlsplit

import pytest
from fava.application import create_app
from playwright.sync_api import Page, sync_playwright
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.support import ROOT

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOW_TO_GET_IT = "no chromium: apt-get update && apt-get install -y chromium fonts-wqy-zenhei"

_FLAGS = [
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


AXE = ROOT / ".axe" / "node_modules" / "axe-core" / "axe.min.js"


def axe() -> str:
    """The accessibility checker's script; npm fetches it into the checkout where it is missing."""
    if not AXE.is_file():
        npm = shutil.which("npm")
        if npm is None:
            missing("no npm: apt-get update && apt-get install -y npm")
        fetch = [npm, "install", "--silent", "--prefix", str(AXE.parents[2]), "axe-core@4"]
        subprocess.run(fetch, check=True)
    return AXE.read_text(encoding="utf-8")


def missing(how_to_get_it: str) -> NoReturn:
    """Skip, loudly; in CI fail."""
    if os.environ.get("CI"):
        pytest.fail(how_to_get_it)
    pytest.skip(how_to_get_it)


class _Quiet(WSGIRequestHandler):
    def log(self, type: str, message: str, *args: object) -> None:  # noqa: A002
        """Requests are not what a test prints."""


@contextmanager
def serving(*ledgers: Path) -> Iterator[str]:
    """Serve ledgers in Fava on a free port, and give the address."""
    app = create_app([str(path.absolute()) for path in ledgers], load=True, poll_watcher=True)
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@contextmanager
def browsing() -> Iterator[Page]:
    """A page in headless Chromium; on leaving, nothing may have gone wrong on it."""
    chromium = shutil.which("chromium")
    if chromium is None:
        missing(HOW_TO_GET_IT)
    wrong: list[str] = []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=_FLAGS)
        page = browser.new_context(viewport={"width": 1400, "height": 900}).new_page()
        page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
        page.on("pageerror", lambda error: wrong.append(str(error)))
        page.on("response", lambda got: wrong.append(got.url) if got.status >= 400 else None)
        page.on("request", lambda sent: wrong.append(sent.url) if _elsewhere(sent.url) else None)
        yield page
        browser.close()
    assert not wrong, wrong


def _elsewhere(url: str) -> bool:
    parts = urlsplit(url)
    return parts.scheme not in ("data", "blob") and parts.hostname != "127.0.0.1"


@contextmanager
def visiting(page: Page, *ledgers: Path) -> Iterator[str]:
    """Serve ledgers for as long as a page shows them.

    Fava's page asks every few seconds whether the file has changed: it has to leave before the
    server does, or it finds nobody there.
    """
    with serving(*ledgers) as address:
        yield address
        page.goto("about:blank")
