"""Dask workers: futures over texts that are ours, and nothing else of Dask.

No data frame: in one a column of decimals becomes text. A worker that dies takes nothing along:
what it was asked for is asked of another, and is a function of files that all of them see.
"""

from __future__ import annotations

import logging
import time
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dask
from distributed import Client, KilledWorker, LocalCluster, Security, wait

from beancount_voucher import __version__
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.subledger.workers import Here

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from beancount_voucher.subledger.workers import Told, Workers

_PATIENCE = 30
"""Seconds for a scheduler to answer."""


_LOOK = 5
"""Seconds after which is looked whether anybody still works."""


class Cluster:
    """The workers of a Dask cluster.

    Args:
        client: of its scheduler.
        told: who is told how far they are.
        instead: who works where all of them have died; None: others may come.
    """

    def __init__(self, client: Client, told: Told, instead: Workers | None = None) -> None:
        self._client = client
        self._told = told
        self._instead = instead

    def each(
        self, what: str, task: Callable[..., Any], jobs: Sequence[tuple[Any, ...]]
    ) -> list[Any]:
        """See ``Workers``."""
        futures = [self._client.submit(task, *job, pure=False) for job in jobs]
        found: dict[int, Any] = {}
        self._told(what, 0, len(jobs))
        try:
            while len(found) < len(jobs) and self._is_somebody_there():
                waiting = [future for at, future in enumerate(futures) if at not in found]
                with suppress(TimeoutError):
                    wait(waiting, timeout=_LOOK, return_when="FIRST_COMPLETED")
                for at, future in enumerate(futures):
                    if at not in found and future.done():
                        found[at] = future.result()
                self._told(what, len(found), len(jobs))
        except KilledWorker as error:
            raise RefusedError(
                f"the workers die of one of the {what}: {error}; expected more memory for each, "
                "or more shards"
            ) from error
        finally:
            self._client.cancel(futures, force=True)
        left = [at for at in range(len(jobs)) if at not in found]
        if left and self._instead is not None:
            found |= zip(
                left, self._instead.each(what, task, [jobs[at] for at in left]), strict=True
            )
        return [found[at] for at in range(len(jobs))]

    def _is_somebody_there(self) -> bool:
        """Whether any worker is left, or comes soon.

        Raises:
            RefusedError: nobody is, and nobody else works instead.
        """
        end = time.monotonic() + _PATIENCE
        while not self._client.nthreads():
            if time.monotonic() > end:
                if self._instead is None:
                    raise RefusedError("all workers of the cluster are gone; expected one at least")
                return False
            time.sleep(_PATIENCE / 100)
        return True


@contextmanager
def local(count: int, told: Told) -> Iterator[Cluster]:
    """Processes of this machine, which nobody else can talk to.

    Args:
        count: how many.
        told: who is told how far they are.
    """
    settings = {
        "distributed.scheduler.allowed-failures": 50,  # the machine's; ours are told at once
        "distributed.comm.timeouts.connect": _PATIENCE,
        "distributed.logging.distributed": "critical",
    }
    with (
        dask.config.set(settings),
        LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            silence_logs=logging.CRITICAL,
            security=Security.temporary(),
        ) as cluster,
        Client(cluster) as client,
    ):
        yield Cluster(client, told, Here(told))


@contextmanager
def remote(address: str, shared: Path, told: Told) -> Iterator[Cluster]:
    """The workers of a cluster.

    Args:
        address: of its scheduler.
        shared: a folder that they all must see.
        told: who is told how far they are.

    Raises:
        RefusedError: nobody answers, or some worker has another version, or does not see it.
    """
    try:
        client = Client(address, timeout=_PATIENCE)
    except Exception as error:  # what is no scheduler may answer anything at all
        why = str(error) or type(error).__name__
        raise RefusedError(f"no scheduler answers at {address}: {why}") from error
    with client:
        try:
            client.wait_for_workers(1, timeout=_PATIENCE)
        except TimeoutError as error:
            raise RefusedError(f"the scheduler at {address} has no worker: {error}") from error
        for worker, (version, sees) in client.run(_seen, str(shared)).items():
            if version != __version__:
                raise RefusedError(
                    f"{worker} has beancount-voucher {version}; expected {__version__}"
                )
            if not sees:
                raise RefusedError(
                    f"{worker} does not see {shared}; expected a folder that all workers share"
                )
        yield Cluster(client, told)


def _seen(folder: str) -> tuple[str, bool]:
    """What a worker has, and whether it sees a folder."""
    return __version__, Path(folder).is_dir()
