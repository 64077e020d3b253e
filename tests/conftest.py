from __future__ import annotations

import os
import signal
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import is_hypothesis_test, settings

from beancount_voucher.cli import language
from tests.support.banks import banks
from tests.support.clerk import Clerk
from tests.support.profiles import CHOSEN, PROFILES
from tests.support.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Generator

    from tests.support.banks import Pair

for name, profile in PROFILES.items():
    settings.register_profile(name, profile)
settings.load_profile(CHOSEN)

_WHOLE = Path(__file__).parent / "whole"


# What the command says is asserted in English, whatever whoever runs the tests speaks.
if language.locale():
    os.environ["LC_ALL"] = "C.UTF-8"

# No test leaves anything in the cache of whoever runs it; those of the index name another folder.
os.environ.setdefault("BEAN_VOUCHER_CACHE", "")

# A shell may have set Ctrl-C to be ignored, as it does for what it runs in the background; then
# it would reach no test of Ctrl-C.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config: pytest.Config) -> None:
    """Of several processes none waits for another that has the long tests at the end."""
    if getattr(config.option, "dist", None) == "load":
        config.option.dist = "worksteal"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What is drawn at random and what looks at the whole covers no line.

    Coverage is due to the tests that say what they try, and of which module. Tracing takes as
    long as what is traced, and most of the time is spent on those others.
    """
    for item in items:
        is_random = is_hypothesis_test(getattr(item, "obj", None))
        if is_random or _WHOLE in item.path.parents:
            item.add_marker("untraced")


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Run without coverage's tracing what wants none; pytest-cov's own mark does nothing in xdist."""
    tracer, of_threads = sys.gettrace(), threading.gettrace()
    if item.get_closest_marker("untraced") is None or not _is_of_coverage(tracer):
        return (yield)
    sys.settrace(None)
    threading.settrace(None)
    try:
        return (yield)
    finally:
        sys.settrace(tracer)
        threading.settrace(of_threads)


def _is_of_coverage(tracer: object) -> bool:
    """And not of a debugger, which is left alone."""
    return type(tracer).__module__.startswith("coverage")


@pytest.fixture
def clerk(tmp_path: Path) -> Clerk:
    return Clerk(tmp_path)


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository that nobody's own configuration of git bears on."""
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    return Repository(tmp_path / "books")


@pytest.fixture
def cache(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An index of its own."""
    folder = tmp_path_factory.mktemp("cache")
    folder.chmod(0o700)
    monkeypatch.setenv("BEAN_VOUCHER_CACHE", str(folder))
    return folder


@pytest.fixture
def pair(tmp_path: Path) -> Pair:
    """Two banks with a ledger each, and one folder that carries messages."""
    found = banks(tmp_path, "Iss", "Acc")
    return found["Iss"], found["Acc"]
