"""A pytest plugin that tries mutants: collects the tests once, then forks for each mutant.

In the child the mutant is switched on and the tests that reach its function are run, the
fastest first, until one fails. A child starts from a process that has run no test, so that
nothing is remembered (``functools.cache``) from the time before the fault.
"""

from __future__ import annotations

import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from _pytest.runner import runtestprotocol
from mutmut.mutation.trampoline import set_mutant_under_test
from mutmut.state import state

if TYPE_CHECKING:
    from collections.abc import Callable

    import pytest

_WORKERS = int(os.environ.get("MUTATION_WORKERS", "2"))
_SECONDS = 30
_MEMORY = 6 << 30


def pytest_collection_finish() -> None:
    """Pages are for other tests; here they would take most of the time."""
    sys.modules["tests.directives.test_bad_input"]._fava_works = lambda _path, _code: None  # type: ignore[attr-defined]


def pytest_runtestloop(session: pytest.Session) -> bool:
    trial = _Trial(session)
    trial.measure()
    trial.run()
    return True


class _Trial:
    """The trial of all mutants that ``mutants.json`` lists."""

    def __init__(self, session: pytest.Session) -> None:
        self.session = session
        self.items = {item.nodeid: item for item in session.items}
        self.mutants: list[tuple[str, str]] = json.loads(Path("mutants.json").read_text())
        self.reached: dict[str, list[str]] = {}
        self.seconds: dict[str, float] = {}
        self.failed = Path("failed.txt")
        self.scratch = Path(tempfile.mkdtemp(prefix="mutation-"))

    # --- Without a mutant ---------------------------------------------------------------

    def measure(self) -> None:
        """Find which tests reach which function, and how long each takes."""
        path = self.scratch / "measured.json"
        pid = self._fork(lambda: self._measure(path))
        _, status = os.waitpid(pid, 0)
        if status:
            sys.exit(f"without any mutant: {self.failed.read_text()}")
        measured = json.loads(path.read_text())
        for nodeid, (seconds, functions) in measured.items():
            self.seconds[nodeid] = seconds
            for function in functions:
                self.reached.setdefault(function, []).append(nodeid)
        for nodeids in self.reached.values():
            nodeids.sort(key=self.seconds.__getitem__)

    def _measure(self, path: Path) -> int:
        set_mutant_under_test("stats")
        measured = {}
        for nodeid in self.items:
            state()._stats.clear()
            start = time.perf_counter()
            if not self._passes(nodeid):
                return 1
            measured[nodeid] = (time.perf_counter() - start, sorted(state()._stats))
        path.write_text(json.dumps(measured))
        return 0

    # --- With one -----------------------------------------------------------------------

    def run(self) -> None:
        waiting = list(self.mutants)
        running: dict[int, str] = {}
        results: dict[str, int] = {}
        begun = time.perf_counter()
        while waiting or running:
            while waiting and len(running) < _WORKERS:
                name, function = waiting.pop(0)
                pid = self._fork(lambda name=name, function=function: self._try(name, function))  # type: ignore[misc]
                running[pid] = name
            pid, status = os.wait()
            name = running.pop(pid)
            results[name] = status
            if not status:
                print("survives:", name, flush=True)
            shutil.rmtree(self.scratch / str(pid), ignore_errors=True)
            if len(results) % 100 == 0:
                left = sum(not status for status in results.values())
                spent = time.perf_counter() - begun
                print(f"{len(results)} of {len(self.mutants)}: {left} survive, {spent:.0f} s")
        Path("results.json").write_text(json.dumps(results))
        shutil.rmtree(self.scratch, ignore_errors=True)

    def _try(self, name: str, function: str) -> int:
        set_mutant_under_test(name)
        signal.alarm(_SECONDS + 3 * int(sum(map(self.seconds.__getitem__, self._tests(function)))))
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, _MEMORY))
        return int(not all(map(self._passes, self._tests(function))))

    def _tests(self, function: str) -> list[str]:
        return self.reached.get(function, [])

    def _passes(self, nodeid: str) -> bool:
        reports = runtestprotocol(self.items[nodeid], log=False, nextitem=None)
        failed = [report.longreprtext for report in reports if report.failed]
        if failed:
            self.failed.write_text("\n".join([nodeid, *failed]))
        return not failed

    # --- How ----------------------------------------------------------------------------

    def _fork(self, child: Callable[[], int]) -> int:
        """A child with a folder of its own for ``tmp_path``; it ends with the child's answer."""
        sys.stdout.flush()
        pid = os.fork()
        if pid:
            return pid
        status = 1
        try:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, 1)
            os.dup2(nowhere, 2)
            factory: Any = self.session.config._tmp_path_factory  # type: ignore[attr-defined]
            factory._given_basetemp = self.scratch / str(os.getpid())
            status = child()
        finally:
            os._exit(status)
