"""What the whole instrument costs: ``python -m tests.benchmarks.instrument [--before DIR] [VOUCHERS]``.

Two things are measured, in turns, each load a process of its own:

- a ledger that uses nothing of it, loaded by this version and by an earlier one, of which ``DIR``
  is a checkout: the ratio of their CPU seconds, of the load and of the plugin alone;
- vouchers with one amendment and three draws beside vouchers that are settled at once: the
  plugin's CPU by directive and by transaction, which should not be more.
"""

from __future__ import annotations

import datetime as dt
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from tests.benchmarks.growth import measured
from tests.benchmarks.made import Shape, ledger
from tests.benchmarks.processes import RUNS, Figures, medians, python, table

if TYPE_CHECKING:
    from collections.abc import Iterator

_DAY = dt.timedelta(days=1)
_SETTLED = Shape(end="settle")
_FIRST = dt.date(2026, 1, 2)


def drawn(vouchers: int) -> str:
    """As many vouchers, each amended once and drawn on three times."""
    world = ledger(0, _SETTLED)
    return world + "".join(text for at in range(vouchers) for text in _drawn(at))


def _drawn(at: int) -> Iterator[str]:
    day = _FIRST + at * 7 // 3 % 300 * _DAY
    yield (
        f'{day} custom "voucher-issue" "V-{at:06}" {100 + at % 900}.{at % 100:02} CNY\n'
        f'  policyholder: "Holder{at % 50}"\n  insurer: "Insurer{at // 3 % 8}"\n'
        f'  issuer: "Bank{at // 7 % 4}"\n  acceptor: "Bank{at // 11 % 4}"\n'
        f'  funding: "{"credit" if at % 3 == 0 else "cash"}"\n  draws: "multiple"\n'
        f"  accept-by: {day + 3 * _DAY}\n  apply-by: {day + 20 * _DAY}\n"
    )

    def event(kind: str, days: int, more: str = "") -> str:
        return f'{day + days * _DAY} custom "voucher-{kind}" "V-{at:06}"{more}\n'

    yield event("accept", 1)
    yield event("amend", 2, " 1 1300.00 CNY")
    yield event("consent", 3, f' 1\n  by: "Insurer{at // 3 % 8}"')
    for days, amount in ((5, " 20.00 CNY"), (7, " 30.00 CNY"), (9, "")):
        yield event("apply", days, amount) + event("settle", days)


def _of_before(folder: Path, path: Path) -> Figures:
    """The same figures as an earlier version has them."""
    places = os.pathsep.join([str(folder), str(folder / "plugins")])
    ran = subprocess.run(
        [sys.executable, "-m", "tests.benchmarks.load", "--measure", str(path)],
        check=True,
        stdout=subprocess.PIPE,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": places},
    )
    figures: Figures = json.loads(ran.stdout)
    return figures


def beside_before(before: Path, vouchers: int, folder: Path) -> str:
    """A ledger without anything of the instrument, by both versions in turns."""
    path = folder / "plain.beancount"
    path.write_text(ledger(vouchers))
    taken: dict[str, list[Figures]] = {"now": [], "before": []}
    for _ in range(RUNS):
        taken["now"].append(python("tests.benchmarks.load", str(path)))
        taken["before"].append(_of_before(before, path))
    now, then = medians(taken).values()
    rows = [
        (name, f"{now[key]:.3f} s", f"{then[key]:.3f} s", f"{now[key] / then[key]:.3f}")
        for name, key in (("the load", "cpu"), ("the plugin", "plugin"))
    ]
    return table((f"{vouchers:,} vouchers, nothing amended", "now", "before", "ratio"), rows)


def by_event(vouchers: int, folder: Path) -> str:
    """Vouchers that are amended and drawn on, beside those that are settled at once."""
    texts = {"settled at once": ledger(vouchers, _SETTLED), "amended, three draws": drawn(vouchers)}
    taken: dict[str, list[Figures]] = {name: [] for name in texts}
    paths = {name: folder / f"{at}.beancount" for at, name in enumerate(texts)}
    for name, text in texts.items():
        paths[name].write_text(text)
    for _ in range(RUNS):
        for name, path in paths.items():
            taken[name].append(python("tests.benchmarks.instrument", str(path)))
    rows = []
    for name, figures in medians(taken).items():
        assert not figures["errors"], name
        directives = texts[name].count('custom "voucher-') / vouchers
        each = figures["cpu"] / vouchers
        rows.append(
            (
                name,
                f"{each * 1e6:.0f} µs",
                f"{directives:.1f}",
                f"{each / directives * 1e6:.1f} µs",
                f"{figures['cpu'] / figures['made'] * 1e6:.1f} µs",
            )
        )
    return table(("vouchers", "each", "directives", "a directive", "a transaction"), rows)


def main(arguments: list[str]) -> None:
    if arguments[:1] == ["--measure"]:
        print(json.dumps(measured(arguments[1])))
        return
    before = None
    if arguments[:1] == ["--before"]:
        before, arguments = Path(arguments[1]).absolute(), arguments[2:]
    vouchers = int(arguments[0]) if arguments else 5_000
    with tempfile.TemporaryDirectory() as folder:
        if before is not None:
            print(beside_before(before, vouchers, Path(folder)))
        print(by_event(vouchers, Path(folder)))


if __name__ == "__main__":
    main(sys.argv[1:])
