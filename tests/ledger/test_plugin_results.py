"""What is heard of the plugin by whoever loads: nothing is evaluated twice, nor believed."""

from __future__ import annotations

import gc
import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

import pytest
from beancount.loader import load_file

from beancount_voucher.books.expansion import expand
from beancount_voucher.ledger.gc_pause import gc_paused
from beancount_voucher.ledger.loader import load
from beancount_voucher.ledger.plugin_results import captured, publish, taken
from beancount_voucher.lifecycle.evaluation import evaluate
from tests.support import HAPPY, PLUGIN, WORLD, issue

if TYPE_CHECKING:
    from pathlib import Path

    from beancount_voucher.ledger.loader import Ledger

LATER = '''
"""A plugin that comes after ours, and changes what ours has judged."""
from beancount.core.data import Custom, Event
__plugins__ = ("later",)
def later(entries, options_map, config):
    if config == "lost":
        return [e for e in entries if getattr(e, "type", "") != "voucher-settle"], []
    meta = dict(entries[0].meta)
    return entries + [Event(meta, entries[0].date, "order-1", "delivered")], []
'''


@pytest.fixture
def evaluations(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """What the command evaluates by itself."""
    seen: list[object] = []

    def counted(*arguments: Any) -> Any:
        seen.append(arguments)
        return evaluate(*arguments)

    monkeypatch.setattr("beancount_voucher.ledger.loader.evaluate", counted)
    return seen


def write(folder: Path, text: str, plugin: str = PLUGIN) -> Path:
    path = folder / "ledger.beancount"
    path.write_text(plugin + WORLD + text)
    return path


def state(ledger: Ledger) -> str:
    return ledger.evaluation.vouchers["V-1"].status.state


@pytest.mark.parametrize("plugin", [PLUGIN, PLUGIN + PLUGIN])
def test_nothing_is_evaluated_again(tmp_path: Path, evaluations: list[object], plugin: str) -> None:
    ledger = load(write(tmp_path, HAPPY, plugin))
    assert evaluations == []
    assert state(ledger) == "settled"
    assert set(map(id, ledger.books().entries)) <= set(map(id, ledger.entries))


@pytest.mark.parametrize(("config", "expected"), [("lost", "applied"), ("event", "settled")])
def test_what_another_plugin_has_changed_is_evaluated_anew(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    evaluations: list[object],
    config: str,
    expected: str,
) -> None:
    (tmp_path / "later_plugin.py").write_text(LATER)
    monkeypatch.syspath_prepend(tmp_path)
    later = PLUGIN + f'plugin "later_plugin" "{config}"\n'
    ledger = load(write(tmp_path, HAPPY + issue("V-2") + "  lineno: 7\n", later))
    assert len(evaluations) == 1
    assert state(ledger) == expected
    assert [problem.code for problem in ledger.evaluation.problems] == ["unknown-key"]


def test_nobody_hears_what_others_load() -> None:
    expansion = expand([], {})
    publish(expansion)
    with captured() as outer, captured() as inner:
        publish(expansion)
    assert (outer, inner) == ([], [expansion])


PAGE = '2026-01-01 custom "fava-extension" "{}"\n'


@pytest.mark.parametrize(
    ("said", "in_fava", "left"),
    [
        (PAGE.format("fava_voucher"), True, 1),
        (PAGE.format("fava_voucher"), False, 0),  # nobody would take it
        (PAGE.format("another"), True, 0),
        ('2026-01-01 custom "fava-extension"\n', True, 0),
        ('2026-01-01 custom "fava-option" "locale" "zh"\n', True, 0),
        ("", True, 0),
    ],
)
def test_what_a_load_leaves_for_the_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, said: str, in_fava: bool, left: int
) -> None:
    if in_fava:
        monkeypatch.setitem(sys.modules, "fava.core", ModuleType("fava.core"))
    else:
        monkeypatch.delitem(sys.modules, "fava.core", raising=False)
    entries, _, _ = load_file(write(tmp_path, said + HAPPY))
    found = taken()
    assert len(found) == left
    assert all(set(map(id, each.entries)) == set(map(id, entries)) for each in found)
    assert taken() == []  # once


@pytest.mark.parametrize("frozen", [False, True])
def test_what_is_made_while_the_collector_pauses_is_old(frozen: bool) -> None:
    """Unless somebody has frozen something: thawing that is not for us to do."""
    # Python 3.12 has frozen some of its own when it starts.
    (gc.freeze if frozen else gc.unfreeze)()
    try:
        before = gc.get_freeze_count()
        with gc_paused():
            assert not gc.isenabled()
            made = [[] for _ in range(10_000)]  # type: ignore[var-annotated]
        assert gc.isenabled()
        # What is frozen may die of its own, in a thread of another test; nothing else thaws it.
        after = gc.get_freeze_count()
        assert before // 2 < after <= before if frozen else after == 0
        old = {id(each) for each in gc.get_objects(2)}
        assert all(id(each) in old for each in made) is not frozen
    finally:
        gc.unfreeze()
