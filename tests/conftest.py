from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from tests.desk import Desk

if TYPE_CHECKING:
    from pathlib import Path

# A change is judged by the same examples each time; the hunt for new ones goes on elsewhere.
settings.register_profile("ci", derandomize=True)
if os.environ.get("CI"):
    settings.load_profile("ci")


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)
