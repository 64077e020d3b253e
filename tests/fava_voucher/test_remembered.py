"""What is worked out once for many requests: once for all who ask, and for one load alone."""

from __future__ import annotations

import threading
import time
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

import pytest
from fava.application import create_app

from fava_voucher.ledger_reports import LedgerReports
from fava_voucher.remembered import Once, Remembered, WhileUsed
from tests.support import HAPPY, LINES, PLUGIN, WORLD, event, issue
from tests.support.reader import EXTENSION, Reader, Seen, read

if TYPE_CHECKING:
    from pathlib import Path

PEOPLE = 8


class Answering:
    """Answers slowly enough that everybody asks meanwhile; notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[int] = []

    def __call__(self, number: int) -> int:
        self.asked.append(number)
        time.sleep(0.02)
        if number < 0:
            raise ValueError(number)
        return number * 2

    @Once
    def whole(self) -> int:
        """Something of the whole."""
        return self(21)


def at_once(work: Any) -> list[Any]:
    """What everybody gets who asks at once: answers, or the errors."""
    barrier = threading.Barrier(PEOPLE)

    def ask() -> Any:
        barrier.wait()
        try:
            return work()
        except ValueError as error:
            return str(error)

    with ThreadPoolExecutor(PEOPLE) as pool:
        return [each.result() for each in [pool.submit(ask) for _ in range(PEOPLE)]]


def test_what_everybody_asks_is_answered_once() -> None:
    answering = Answering()
    asked = Remembered(answering, 2)
    assert at_once(lambda: asked(3)) == [6] * PEOPLE
    assert at_once(lambda: answering.whole) == [42] * PEOPLE
    assert answering.asked == [3, 21]


class Large(list[int]):
    """Something too large to keep."""


def test_what_is_too_large_to_keep_is_kept_while_somebody_uses_it() -> None:
    made: list[Large] = []

    class Lending:
        @WhileUsed
        def large(self) -> Large:
            """Something too large to keep."""
            time.sleep(0.02)
            made.append(Large([len(made)]))
            return made[-1]

    lending = Lending()
    assert at_once(lambda: list(lending.large)) == [[0]] * PEOPLE
    used = lending.large
    assert lending.large is used
    assert used is made[0]
    assert Lending().large is not used  # what another ledger has is another's
    made.clear()
    del used
    assert list(lending.large) == [0]  # made again
    assert len(made) == 1


def test_an_error_is_told_to_all_and_not_remembered() -> None:
    answering = Answering()
    asked = Remembered(answering, 2)
    assert at_once(lambda: asked(-1)) == ["-1"] * PEOPLE
    with pytest.raises(ValueError, match="-1"):
        asked(-1)
    assert answering.asked == [-1, -1]


def test_an_error_of_what_was_forgotten_meanwhile() -> None:
    def answer(number: int) -> int:
        if number:
            return number
        assert [asked(1), asked(2)] == [1, 2]  # so that this question is forgotten
        raise ValueError(number)

    asked = Remembered(answer, 1)
    with pytest.raises(ValueError, match="0"):
        asked(0)
    assert asked(2) == 2


@pytest.mark.parametrize(
    ("questions", "worked_out"),
    [
        ([1, 1, 1], [1]),
        ([1, 2, 1, 2], [1, 2]),
        ([1, 2, 3, 1], [1, 2, 3, 1]),  # only two are remembered
        ([1, 2, 1, 3, 1], [1, 2, 3]),  # the one that was last asked longest ago is forgotten
    ],
)
def test_the_last_few_questions(questions: list[int], worked_out: list[int]) -> None:
    answering = Answering()
    asked = Remembered(answering, 2)
    assert [asked(each) for each in questions] == [2 * each for each in questions]
    assert answering.asked == worked_out


VIEWS: dict[str, dict[str, str]] = {
    "register": {},
    "exceptions": {"view": "exceptions"},
    "reconciliation": {"view": "reconciliation"},
    "lines": {"view": "lines"},
    "ageing": {"view": "ageing"},
    "forecast": {"view": "forecast"},
    "voucher": {"view": "voucher", "voucher": "V-1"},
    "period": {"within": "period", "time": "2026"},
    "filtered": {"filter": "^V-1"},
}
MORE = issue("V-2", "123456.00 CNY", policyholder='"Bob"') + event("settle", "2026-03-02")


@pytest.mark.parametrize("view", VIEWS)
def test_a_reload_shows_what_is_new(tmp_path: Path, view: str) -> None:
    (tmp_path / "anew").mkdir()
    reader = read(tmp_path, HAPPY)
    old = reader.see(**VIEWS[view]).words
    assert reader.see(**VIEWS[view]).words == old
    text = reader.path.read_text(encoding="utf-8")
    reader.path.write_text(text + MORE, encoding="utf-8")
    new = reader.see(**VIEWS[view]).words
    assert new == read(tmp_path / "anew", HAPPY + MORE).see(**VIEWS[view]).words
    assert new != old


@pytest.mark.parametrize("postings", ["each", "daily"])
def test_what_the_plugin_has_found_is_shown_as_if_it_were_found_again(
    tmp_path: Path, postings: str
) -> None:
    text = f'2026-01-01 custom "voucher-option" "postings" "{postings}"\n' + HAPPY + MORE
    reader = read(tmp_path, text)
    [fava] = reader.ledgers.ledgers
    page = fava.extensions.get_extension("Vouchers")
    [expansion] = page._heard
    seen = {view: reader.see(**query).text for view, query in VIEWS.items()}
    assert page._heard == []
    assert page.reports.ledger.evaluation is expansion.found.evaluation
    page._reports = None
    assert {view: reader.see(**query).text for view, query in VIEWS.items()} == seen
    assert page.reports.ledger.evaluation is not expansion.found.evaluation


def test_nothing_is_kept_of_what_was_loaded_before(tmp_path: Path) -> None:
    reader = read(tmp_path, HAPPY)
    [fava] = reader.ledgers.ledgers
    page = fava.extensions.get_extension("Vouchers")
    old = page.reports
    assert page.reports is old
    fava.load_file()
    assert page._reports is None
    assert page.reports is not old


@pytest.mark.parametrize("incognito", [False, True])
def test_two_ledgers_in_one_fava_do_not_mix(tmp_path: Path, *, incognito: bool) -> None:
    paths = [tmp_path / "one.beancount", tmp_path / "two.beancount"]
    for path, text in zip(paths, (LINES + HAPPY, issue("V-1", "77.00 CNY")), strict=True):
        title = f'option "title" "{path.stem}"\n'
        path.write_text(title + PLUGIN + EXTENSION + WORLD + text, encoding="utf-8")
    alone = [Reader(path, incognito=incognito) for path in paths]
    both = create_app(list(map(str, paths)), load=True, poll_watcher=True, incognito=incognito)
    for query in (*VIEWS.values(), *VIEWS.values()):
        seen = []
        for reader in alone:
            answer = both.test_client().get(reader.base, query_string=query)
            seen.append(Seen(answer.status_code, answer.get_data(), {}).words)
        assert seen == [reader.see(**query).words for reader in alone]
        assert seen[0] != seen[1]


def test_everybody_who_comes_first_has_the_figures_made_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made: list[str] = []
    figures = ("_rows", "_exceptions", "_holdings", "_lines", "_payments", "_days")

    def count(name: str) -> None:
        work = getattr(LedgerReports, name)

        def counted(*given: Any) -> Any:
            made.append(name)
            time.sleep(0.01)
            return work(*given)

        monkeypatch.setattr(LedgerReports, name, counted)

    for name in figures:
        count(name)
    reader = read(tmp_path, HAPPY)
    whole = ("register", "exceptions", "reconciliation", "lines", "forecast")

    def ask() -> list[int]:
        with reader.app.test_client() as client:
            return [client.get(reader.base, query_string=VIEWS[view]).status_code for view in whole]

    assert at_once(ask) == [[200] * len(whole)] * PEOPLE
    assert sorted(made) == sorted(figures)
