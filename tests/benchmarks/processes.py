"""Measuring in processes of their own, so that no run leaves anything to the next."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from statistics import median
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

RUNS = 5
"""Each figure is the median of so many runs, taken alternately."""

Figures = dict[str, float]


def python(module: str, *arguments: str) -> Figures:
    """The figures that a module prints as JSON when it is run with ``--measure``."""
    ran = subprocess.run(
        [sys.executable, "-m", module, "--measure", *arguments],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
    )
    figures: Figures = json.loads(ran.stdout)
    return figures


def command(*arguments: str, statuses: Sequence[int] = (0,)) -> Figures:
    """The CPU seconds of one of the commands beside this Python, and how it ended."""
    program = os.path.join(os.path.dirname(sys.executable), arguments[0])  # noqa: PTH118, PTH120
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    ran = subprocess.run([program, *arguments[1:]], capture_output=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    assert ran.returncode in statuses, ran.stderr.decode()
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {"cpu": cpu, "status": ran.returncode}


def medians(runs: Mapping[str, Sequence[Figures]]) -> dict[str, Figures]:
    """The median of every figure of each of several things that took turns."""
    return {
        name: {key: median(figures[key] for figures in each) for key in each[0]}
        for name, each in runs.items()
    }


def table(headers: Sequence[str], rows: Sequence[Sequence[object]]) -> str:
    """A table as the manual has it: numbers to the right."""
    lines = [headers, ["---", *["---:"] * (len(headers) - 1)], *rows]
    return "\n".join(f"| {' | '.join(map(str, line))} |" for line in lines) + "\n"
