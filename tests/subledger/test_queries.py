"""The ten questions of the manual's topic, each asked of a ledger that ships."""

from __future__ import annotations

import re
import shutil
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.cli.help import topics
from tests.support import LEDGERS
from tests.support.shards import duckdb, judged

if TYPE_CHECKING:
    from pathlib import Path

QUERIES = re.findall(r"```sql\n(.*?)```", topics()["subledger"].text, re.DOTALL)
QUESTIONS = re.findall(r"^(.*\?.*)\n\n```sql", topics()["subledger"].text, re.MULTILINE)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    made = tmp_path_factory.mktemp("asked")
    shutil.copytree(LEDGERS / "marketplace", made / "marketplace")
    judged(made / "marketplace" / "all.beancount", made / "OUT", 3)
    return made


def asked(folder: Path, query: str) -> list[tuple[Any, ...]]:
    with closing(duckdb.connect()) as connection:
        found = connection.execute(query.replace("'OUT/", f"'{folder}/OUT/")).fetchall()
    return list(found)


def test_there_are_ten() -> None:
    assert len(QUERIES) == len(QUESTIONS) == 10


@pytest.mark.parametrize("at", range(10), ids=lambda at: QUESTIONS[at])
def test_each_is_answered(folder: Path, at: int) -> None:
    found = asked(folder, QUERIES[at])
    assert bool(found) is ("what differs" not in QUESTIONS[at].lower()), found


def test_the_register_is_held_against_the_books(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder / "OUT", tmp_path / "OUT")
    next((tmp_path / "OUT" / "days").iterdir()).unlink()
    assert asked(tmp_path, next(each for each in QUERIES if "FULL JOIN" in each)) != []


def test_answers_are_those_of_the_register(folder: Path) -> None:
    """The same figures stand in the manual's topic on queries."""
    voids = next(each for each in QUERIES if "'voided'" in each)
    assert sum(count for _, count, _ in asked(folder, voids)) == 11
    paid: dict[str, Any] = {}
    for insurer, _, _, amount in asked(folder, next(each for each in QUERIES if "AS paid" in each)):
        paid[insurer] = paid.get(insurer, 0) + amount
    told = {insurer: f"{amount:.2f}" for insurer, amount in paid.items()}
    assert told == {"HengXin": "5872.50", "YuanHang": "28219.00"}
