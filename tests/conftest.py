from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest
from hypothesis import is_hypothesis_test, settings

from tests.support.clerk import Clerk
from tests.support.profiles import CHOSEN, PROFILES
from tests.support.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

for name, profile in PROFILES.items():
    settings.register_profile(name, profile)
settings.load_profile(CHOSEN)


# A shell may have set Ctrl-C to be ignored, as it does for what it runs in the background; then
# it would reach no test of Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is drawn at random covers no line: coverage is due to the tests that say what they try.

    Tracing takes as long as what is traced, too, and half of all time is spent on what is drawn.
    """
    for item in items:
        if is_hypothesis_test(getattr(item, "obj", None)):
            item.add_marker("no_cover")


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    return Clerk(tmp_path)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that nobody's own configuration of git bears on."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Repository(tmp_path / "books")
