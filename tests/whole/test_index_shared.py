"""Two processes and one index, while somebody appends: each tells what some state of the files says."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from tests.support import DUE, event, issue

if TYPE_CHECKING:
    from pathlib import Path

    from tests.support.clerk import Clerk

ROUNDS = 4


def _asks(clerk: Clerk, cache: Path, *options: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "beancount_voucher", "-f", str(clerk.path), *options]
    return subprocess.Popen(
        [*command, "list", "--as-of", "2026-03-20", "--format", "csv"],
        env=os.environ | {"BEAN_VOUCHER_CACHE": str(cache)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def test_two_processes_share_one(clerk: Clerk) -> None:
    cache = clerk.folder.parent / f"{clerk.folder.name}-cache"
    cache.mkdir(mode=0o700)
    clerk.write(DUE)
    expected = [_asks(clerk, cache, "--no-index").communicate()[0]]
    for number in range(ROUNDS):
        both = [_asks(clerk, cache) for _ in range(2)]
        more = issue(f"N-{number}") + event("accept", "2026-03-03", voucher=f"N-{number}")
        with clerk.path.open("ab", buffering=0) as file:  # at once, or a reader sees half of it
            file.write(more.encode())
        told = [each.communicate() for each in both]
        expected.append(_asks(clerk, cache, "--no-index").communicate()[0])
        assert {out for out, _ in told} <= set(expected[-2:]), told
        assert _asks(clerk, cache).communicate()[0] == expected[-1]
    assert len(set(expected)) == ROUNDS + 1
