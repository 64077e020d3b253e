from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.desk import Desk
from tests.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

# A change is judged by the same examples each time; the hunt for new ones goes on elsewhere.
settings.register_profile("ci", derandomize=True)
settings.register_profile("hunt", max_examples=2_000, deadline=None)
if os.environ.get("CI"):
    settings.load_profile("ci")
if os.environ.get("HYPOTHESIS_PROFILE") == "hunt":
    settings.load_profile("hunt")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that nobody's own configuration of git bears on."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Repository(tmp_path / "books")
