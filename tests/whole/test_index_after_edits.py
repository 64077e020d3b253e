"""A state machine over edits: what comes out of the index is what all files say, after each."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import Any

from click.testing import CliRunner
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from beancount_voucher import conditions
from beancount_voucher.cli import main
from beancount_voucher.conditions import Verdict
from beancount_voucher.ledger import index
from beancount_voucher.ledger.index_ledger import ledger_of
from beancount_voucher.ledger.loader import load_facts
from tests.support import LINES, PLUGIN, WORLD
from tests.support.edits import BROKEN, IDS, day, directives, events, issues
from tests.support.profiles import effort

TOP = 'include "facts.beancount"\ninclude "months/*.beancount"\n' + PLUGIN + WORLD + LINES
FILES = ("facts.beancount", "months/1.beancount", "months/2.beancount")
WAYS = (
    *("insert", "insert", "remove", "remove", "mend", "include", "exclude", "touch", "check"),
    *("break", "install", "damage"),
)
ANYWHERE = st.sampled_from(("top.beancount", *FILES[:2]))


class Third:
    """A condition of another package, which looks at what it likes."""

    def expected(self, value: object) -> str | None:
        return None if value is True else "TRUE"

    def judge(self, _value: object, _case: object) -> Verdict:
        return Verdict("met", "it says so")


class Point:
    name = "requires-third"

    def load(self) -> type:
        return Third


class Edits(RuleBasedStateMachine):
    """One ledger, and one index that lives through all that is done to it."""

    folder: tempfile.TemporaryDirectory[str]

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        home = Path(self.folder.name)
        self.ledger = home / "ledger"
        (self.ledger / "months").mkdir(parents=True)
        self.top = self.ledger / "top.beancount"
        self.cache = home / "cache"
        self.before = os.environ.get("BEAN_VOUCHER_CACHE")
        os.environ["BEAN_VOUCHER_CACHE"] = str(self.cache)
        self.points = conditions.entry_points  # type: ignore[attr-defined]
        for name in ("facts.beancount", "months/1.beancount"):
            (self.ledger / name).write_text("")
        self.top.write_text(TOP)

    def teardown(self) -> None:
        conditions.entry_points = self.points  # type: ignore[attr-defined]
        conditions.installed.cache_clear()
        os.environ.pop("BEAN_VOUCHER_CACHE", None)
        if self.before is not None:
            os.environ["BEAN_VOUCHER_CACHE"] = self.before
        self.folder.cleanup()

    # --- What is done ---------------------------------------------------------------------------

    @initialize(texts=st.lists(directives, max_size=8))
    def begin(self, texts: list[str]) -> None:
        self.append("facts.beancount", texts)

    @rule(name=ANYWHERE, texts=st.lists(directives, min_size=1, max_size=3))
    def append(self, name: str, texts: list[str]) -> None:
        path = self.ledger / name
        path.write_text(path.read_text() + "".join(texts))

    @rule(name=ANYWHERE, texts=st.lists(st.one_of(events(), events(), issues()), min_size=1))
    def append_what_happens(self, name: str, texts: list[str]) -> None:
        self.append(name, texts)

    @rule(name=ANYWHERE, text=directives, how=st.sampled_from(WAYS), at=st.integers(0, 200))
    def edit(self, name: str, text: str, how: str, at: int) -> None:
        """What people do less often than to say something more at the end of a file."""
        getattr(self, f"_{how}")(self.ledger / name, text, at)

    def _insert(self, path: Path, text: str, at: int) -> None:
        lines = path.read_text().splitlines(keepends=True)
        starts = [n for n, line in enumerate(lines) if not line.startswith(" ")]
        n = starts[at % len(starts)] if starts else 0
        path.write_text("".join([*lines[:n], text, *lines[n:]]))

    def _remove(self, path: Path, _text: str, at: int) -> None:
        """One directive, with all its lines."""
        lines = path.read_text().splitlines(keepends=True)
        starts = [n for n, line in enumerate(lines) if "voucher-" in line and "party" not in line]
        if starts:
            n = starts[at % len(starts)]
            rest = range(n + 1, len(lines))
            end = next((m for m in rest if not lines[m].startswith(" ")), len(lines))
            path.write_text("".join([*lines[:n], *lines[end:]]))

    def _break(self, path: Path, _text: str, at: int) -> None:
        """And perhaps mend it soon."""
        self.append(
            path.name if path.parent == self.ledger else FILES[1], [BROKEN[at % len(BROKEN)]]
        )

    def _mend(self, _path: Path, _text: str, _at: int) -> None:
        for path in self.ledger.rglob("*.beancount"):
            content = path.read_text()
            for each in BROKEN[:-1]:
                if len(each) > 1:
                    content = content.replace(each, "")
            path.write_text(content.replace(BROKEN[-1], ""))

    def _include(self, _path: Path, text: str, _at: int) -> None:
        (self.ledger / FILES[2]).write_text(text)

    def _exclude(self, _path: Path, _text: str, _at: int) -> None:
        (self.ledger / FILES[2]).unlink(missing_ok=True)

    def _touch(self, path: Path, _text: str, at: int) -> None:
        os.utime(path, (at, at))

    def _install(self, _path: Path, _text: str, at: int) -> None:
        points: list[Any] = [Point()] if at % 2 else []
        conditions.entry_points = lambda **_: points  # type: ignore[attr-defined,assignment]
        conditions.installed.cache_clear()

    def _check(self, _path: Path, _text: str, _at: int) -> None:
        self._ran("check")

    def _damage(self, _path: Path, _text: str, at: int) -> None:
        for path in self.cache.glob("*"):
            content = bytearray(path.read_bytes())
            for where in (at, at * 97, at * 9973):
                if content:
                    content[where % len(content)] ^= 1 + at
            path.write_bytes(content)

    # --- What is told ---------------------------------------------------------------------------

    def _ran(self, *arguments: str) -> tuple[int, str, str]:
        result = CliRunner().invoke(main, ["-f", str(self.top), *arguments])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        told = [line for line in result.stderr.splitlines() if not line.startswith("Not checked")]
        return result.exit_code, result.stdout, "\n".join(told)

    @rule(
        offset=st.integers(-5, 60),
        voucher=st.sampled_from(IDS),
        which=st.sampled_from(
            sorted({"csv", "table", "json", "chosen", "show", "run", "forecast", "due", "period"})
        ),
    )
    def ask(self, offset: int, voucher: str, which: str) -> None:
        as_of = ("--as-of", str(day(offset)))
        command = {
            "csv": ("list", *as_of, "--format", "csv"),
            "table": ("list", *as_of),
            "json": ("list", *as_of, "--format", "json"),
            "chosen": (
                "list",
                *as_of,
                "--state",
                "accepted",
                "--overdue",
                "--columns",
                "id,held,draws",
            ),
            "show": ("show", voucher, *as_of),
            "run": ("run", *as_of),
            "forecast": ("forecast", *as_of),
            "due": ("settle", voucher, *as_of),
            "period": ("list", "--period", "2026-03"),
        }[which]
        out_of_index = self._ran(*command)
        read = self._ran("--no-index", *command)
        assert out_of_index[1] == read[1], command
        whole = self._ran("--no-index", "--checked", *command)
        assert out_of_index[1] == whole[1], command
        # Who has checked just these bytes knows of the errors of the books, too.
        assert out_of_index in (read, whole), command

    @invariant()
    def is_what_all_files_say(self) -> None:
        known = index.recall(self.top)
        whole = load_facts(self.top)
        if known is not None:
            index.keep(known)
            found = ledger_of(self.top, known, known.part(known.summaries), lambda: True)
            assert found.evaluation.vouchers == whole.evaluation.vouchers
            assert found.evaluation.horizon == whole.evaluation.horizon
            assert found.evaluation.closed == whole.evaluation.closed
            assert _told(found.evaluation.problems) == _told(whole.evaluation.problems)
            assert [each.message for each in found.errors] == [
                each.message for each in whole.errors
            ]
            assert _states(known) == {
                each.id: str(each.status.state) for each in whole.evaluation.vouchers.values()
            }
            for voucher in IDS:
                part = known.part([voucher]).evaluation
                assert part.vouchers.get(voucher) == whole.evaluation.vouchers.get(voucher)
                assert _told(part.problems) == _told(whole.evaluation.problems)
            live = known.part(known.live()).evaluation
            assert live.vouchers.items() <= whole.evaluation.vouchers.items() or all(
                live.vouchers[each] == whole.evaluation.vouchers[each] for each in live.vouchers
            )
        elif not whole.is_whole and (new := index.found(whole)) is not None:
            index.keep(new)


def _told(problems: Any) -> list[tuple[object, ...]]:
    return sorted((*each.place, each.code, each.message) for each in problems)


def _states(known: Any) -> dict[str, str]:
    return {each.id: each.state for each in known.summaries.values() if each.state}


Edits.TestCase.settings = effort(20, steps=20)
TestEdits = Edits.TestCase
