from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.support.clerk import Clerk
from tests.support.profiles import CHOSEN, PROFILES
from tests.support.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

for name, profile in PROFILES.items():
    settings.register_profile(name, profile)
settings.load_profile(CHOSEN)


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    return Clerk(tmp_path)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that nobody's own configuration of git bears on."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Repository(tmp_path / "books")
