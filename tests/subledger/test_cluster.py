"""Dask workers: as many as there are, whichever of them die, the same comes out.

Each starts real processes, so there are few of them, and all run on one cluster.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import socket
import threading
import time
from contextlib import suppress
from pathlib import Path
from random import Random
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("distributed", reason="pip install 'beancount-voucher[cluster]'")

from distributed import Client, KilledWorker, LocalCluster

from beancount_voucher import __version__
from beancount_voucher.subledger import cluster as dask_cluster
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.subledger.run import Request, run
from beancount_voucher.subledger.workers import Here
from tests.support.crowds import Crowd
from tests.support.shards import judged

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

pytestmark = pytest.mark.filterwarnings("default")  # Dask has warnings of its own


@pytest.fixture(scope="module")
def workers() -> Iterator[dask_cluster.Cluster]:
    with dask_cluster.local(2, lambda *_: None) as found:
        yield found


@pytest.fixture(scope="module")
def top(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("crowd")
    return Crowd.of(Random(7), 40).write(folder, 5)  # noqa: S311  the same on every run


@pytest.fixture(scope="module")
def expected(top: Path) -> dict[str, Any]:
    judged(top, top.parent / "here", 1)
    return proof(top.parent / "here")


def proof(out: Path) -> dict[str, Any]:
    told: dict[str, Any] = json.loads((out / "proof.json").read_text())
    return told


def test_two_workers_say_what_this_process_says(
    workers: dask_cluster.Cluster, top: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    for shards in (2, 7):
        out = tmp_path / str(shards)
        judged(top, out, shards, workers=workers)
        assert proof(out) == expected


class Deadly:
    """A cluster of which a worker is killed while it works, again and again."""

    def __init__(self, workers: dask_cluster.Cluster, random: Random) -> None:
        self.workers = workers
        self.random = random
        self.killed = 0
        self._over = threading.Event()

    def each(
        self, what: str, task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> list[Any]:
        self._over.clear()
        killer = threading.Thread(target=self._kill)
        killer.start()
        try:
            return self.workers.each(what, task, jobs)
        finally:
            self._over.set()
            killer.join()

    def _kill(self) -> None:
        """One each time: a worker that dies is started anew, which takes a second."""
        nannies = self.workers._client.cluster.workers.values()
        pids = [nanny.pid for nanny in nannies if nanny.pid]
        if pids and not self._over.wait(self.random.random() / 10):
            with suppress(ProcessLookupError):
                os.kill(self.random.choice(pids), signal.SIGKILL)
                self.killed += 1


def test_workers_that_are_killed_take_nothing_along(
    top: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    with dask_cluster.local(2, lambda *_: None) as workers:
        deadly = Deadly(workers, Random(3))  # noqa: S311  the same on every run
        judged(top, tmp_path / "out", 9, workers=deadly)
    found = proof(tmp_path / "out")
    assert found["written"] == expected["written"]
    assert found == expected
    assert deadly.killed > 0


class Interrupted(Here):
    """This process, and Ctrl-C in the middle of something."""

    def __init__(self, at: str, after: int) -> None:
        super().__init__(lambda *_: None)
        self.at, self.after = at, after
        self.done: list[str] = []

    def each(
        self, what: str, task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> list[Any]:
        def until(*job: Any) -> Any:
            if what == self.at and self.done.count(what) == self.after:
                raise KeyboardInterrupt
            self.done.append(what)
            return task(*job)

        return super().each(what, until, jobs)


@pytest.mark.parametrize(
    ("at", "after"), [("files", 2), ("shards", 1), ("shards", 4), ("months", 1)]
)
def test_what_was_interrupted_goes_on_where_it_was(
    top: Path, tmp_path: Path, expected: dict[str, Any], at: str, after: int
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with pytest.raises(KeyboardInterrupt):
        run(Request(str(top), 5), out, Interrupted(at, after))
    made = {each: each.stat().st_mtime_ns for each in out.glob("kept/*/*")}
    assert len(made) >= after
    run(Request(str(top), 5), out, Here(lambda *_: None))
    assert proof(out) == expected
    assert all(each.stat().st_mtime_ns == before for each, before in made.items() if each.exists())


def test_an_unchanged_shard_is_not_judged_again(top: Path, tmp_path: Path) -> None:
    books = tmp_path / "books"
    shutil.copytree(top.parent / "facts", books / "facts")
    copied = Path(shutil.copy(top, books))
    judged(copied, tmp_path / "out", 6)
    before = {each.name for each in (tmp_path / "out" / "kept" / "shards").iterdir()}
    with copied.open("a") as file:  # of nobody's shard
        file.write('2026-03-09 custom "voucher-accept" "V-30"\n')
    time.sleep(0.01)
    judged(copied, tmp_path / "out", 6)
    after = {each.name for each in (tmp_path / "out" / "kept" / "shards").iterdir()}
    assert 0 < len(after - before) < len(after) / 2


# --- A cluster that is not ours ---------------------------------------------------------


def test_a_scheduler_by_its_address(
    workers: dask_cluster.Cluster, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    ours = workers._client

    def known(address: str, timeout: float) -> Client:
        assert timeout > 0
        return Client(address, security=ours.security, timeout=30, set_as_default=False)

    monkeypatch.setattr(dask_cluster, "Client", known)
    address = ours.scheduler.address
    told: list[tuple[str, int, int]] = []
    with dask_cluster.remote(address, tmp_path, lambda *each: told.append(each)) as found:
        assert found.each("sums", divmod, [(7, 2), (9, 3)]) == [(3, 1), (3, 0)]
    assert (told[0], told[-1]) == (("sums", 0, 2), ("sums", 2, 2))
    with (
        pytest.raises(RefusedError, match="expected a folder that all workers share"),
        dask_cluster.remote(address, tmp_path / "nowhere", lambda *_: None),
    ):
        raise AssertionError
    monkeypatch.setattr(dask_cluster, "__version__", "another")
    with (
        pytest.raises(RefusedError, match="expected another"),
        dask_cluster.remote(address, tmp_path, lambda *_: None),
    ):
        raise AssertionError


def test_a_scheduler_without_workers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "_PATIENCE", 0.5)
    with (
        LocalCluster(n_workers=0, dashboard_address=None, host="127.0.0.1") as empty,
        pytest.raises(RefusedError, match="has no worker"),
        dask_cluster.remote(empty.scheduler_address, tmp_path, lambda *_: None),
    ):
        raise AssertionError


def test_what_dead_workers_left_is_swept_away(
    top: Path, tmp_path: Path, expected: dict[str, Any]
) -> None:
    class Leaving(Here):
        def each(
            self, what: str, task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
        ) -> list[Any]:
            (tmp_path / "out" / "days" / ".part-x").mkdir(parents=True, exist_ok=True)
            (tmp_path / "out" / "days" / ".part-y").write_text("half")
            return super().each(what, task, jobs)

    judged(top, tmp_path / "out", 3, workers=Leaving(lambda *_: None))
    assert proof(tmp_path / "out") == expected
    assert not list((tmp_path / "out").rglob(".part-*"))


def test_what_a_worker_tells_of_itself(tmp_path: Path) -> None:
    assert dask_cluster._seen(str(tmp_path)) == (__version__, True)
    assert dask_cluster._seen(str(tmp_path / "nowhere"))[1] is False


def test_nobody_answers(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(dask_cluster, "_PATIENCE", 0.3)
    with (
        pytest.raises(RefusedError, match="no scheduler answers at tcp"),
        dask_cluster.remote("tcp://127.0.0.1:9", tmp_path, lambda *_: None),
    ):
        raise AssertionError


@pytest.mark.parametrize(
    "said", [b"HTTP/1.0 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9\r\n", bytes(99)]
)
def test_who_answers_is_no_scheduler(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: bytes
) -> None:
    monkeypatch.setattr(dask_cluster, "_PATIENCE", 5)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"tcp://127.0.0.1:{server.getsockname()[1]}"

        def answer() -> None:
            with suppress(OSError):
                while True:
                    answered.append(server.accept()[0])
                    answered[-1].sendall(said)

        answered: list[socket.socket] = []
        threading.Thread(target=answer, daemon=True).start()
        with (
            pytest.raises(RefusedError, match=f"no scheduler answers at {address}: ."),
            dask_cluster.remote(address, tmp_path, lambda *_: None),
        ):
            raise AssertionError
    for each in answered:
        each.close()


class Stub:
    """A client whose futures are ready, or never will be."""

    def __init__(self, threads: int, result: Callable[[], object] | None) -> None:
        self.threads = threads
        self._result = result

    def submit(self, *_: object, **__: object) -> Stub:
        return self

    def cancel(self, *_: object, **__: object) -> None:
        """It does not matter any more."""

    def nthreads(self) -> dict[str, int]:
        return {"w": 1} if self.threads else {}

    def done(self) -> bool:
        return self._result is not None

    def result(self) -> object:
        assert self._result is not None
        return self._result()


def dies() -> None:
    raise KilledWorker("shard", SimpleNamespace(address="tcp://w"), 3)


def nobody(*_: object, **__: object) -> None:
    raise TimeoutError


def test_a_task_that_kills_every_worker_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "wait", nobody)
    workers = dask_cluster.Cluster(Stub(1, dies), lambda *_: None)
    with pytest.raises(RefusedError, match="expected more memory for each, or more shards"):
        workers.each("shards", divmod, [(1, 1)])


def test_where_all_have_died_this_process_does_the_rest(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_cluster, "_PATIENCE", 0.01)
    gone = Stub(0, None)
    workers = dask_cluster.Cluster(gone, lambda *_: None, Here(lambda *_: None))
    assert workers.each("shards", divmod, [(7, 2)]) == [(3, 1)]
    with pytest.raises(RefusedError, match="all workers of the cluster are gone"):
        dask_cluster.Cluster(gone, lambda *_: None).each("shards", divmod, [(7, 2)])
