"""One changed byte anywhere, in the facts or in what has come out, is found and named."""

from __future__ import annotations

import json
import os
import shutil
from importlib import metadata
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.subledger import output, run, store, verify
from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.subledger.workers import Here
from tests.support.shards import issue, ledger, said

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

HERE = Here(lambda *_: None)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a ledger, and what has come out of it."""
    folder = tmp_path_factory.mktemp("made")
    facts = (
        issue("A", "2026-02-01", "90.00 CNY") + said("accept", "A", "2026-02-05"),
        issue("Z", "2026-03-10", "60.00 CNY", "credit") + said("settle", "Z", "2026-03-11"),
    )
    top = ledger(folder / "books", *facts)
    with output.staged(folder / "out") as stage:
        run.run(run.Request(str(top), 2), stage, HERE)
    return folder


@pytest.fixture
def copied(made: Path, tmp_path: Path) -> Path:
    shutil.copytree(made, tmp_path / "made")
    return tmp_path / "made"


def moved(folder: Path) -> str:
    """The top file of a copy."""
    return str(folder / "books" / "top.beancount")


def found(folder: Path, top: str | None = None) -> list[str]:
    out, again = folder / "out", folder / "again"
    again.mkdir()
    request = verify.request_of(out, top, 1)
    told = verify.verify(request, out, again, HERE)
    shutil.rmtree(again)
    return [each.replace(f"{folder}/", "") for each in told]


def test_what_is_as_it_was_is_found_so(made: Path, copied: Path) -> None:
    assert found(made) == []
    assert found(copied, moved(copied)) == []


def changed(path: Path) -> None:
    """Another bit in the middle of a file."""
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)


EACH = (
    "gl/all.beancount",
    "gl/PA.beancount",
    "gl/PA/2026-02.beancount",
    "register/2026-02.parquet",
    "events/2026-03.parquet",
    "days/2026-02.parquet",
    "problems.csv",
    "proof.json",
    "kept/run.json",
)


@pytest.mark.parametrize("name", EACH)
def test_one_bit_of_what_has_come_out(made: Path, name: str) -> None:
    path = made / "out" / name
    before = path.read_bytes()
    changed(path)
    try:
        told = found(made, str(made / "books" / "top.beancount"))
    finally:
        path.write_bytes(before)
    assert any(each.startswith(f"out/{name}: ") for each in told), told
    assert len(told) <= 1 + (name == "proof.json"), told


def test_every_file_that_was_kept(made: Path) -> None:
    kept = [each for each in (made / "out" / "kept").rglob("*") if each.is_file()]
    named = 0
    for path in kept[::5]:
        before = path.read_bytes()
        changed(path)
        told = found(made, str(made / "books" / "top.beancount"))
        path.write_bytes(before)
        name = path if path.name == "run.json" else path.parent
        assert [str(name.relative_to(made)) in each for each in told] == [True], (path, told)
        named += 1
    assert named > 2


def foreign(shards: Path) -> str:
    (shards / "00").mkdir()
    return "00: it is not as it was written"


def former(shards: Path) -> str:
    shutil.copytree(next(shards.iterdir()), shards / "00")
    return "00: nothing of it comes from the facts"


def lost(shards: Path) -> str:
    folder = next(shards.iterdir())
    shutil.rmtree(folder)
    return f"{folder.name}: it is gone"


def another(shards: Path) -> str:
    """One that is whole, and says something else."""
    folder = next(shards.iterdir())
    shutil.rmtree(folder)
    store.Folder(folder).write([("claims", b"[]")], {})
    return f"{folder.name}: it is not what the facts come to"


@pytest.mark.parametrize("change", [foreign, former, lost, another])
def test_shards_that_are_not_those_of_the_facts(
    made: Path, change: Callable[[Path], str], tmp_path: Path
) -> None:
    shards = made / "out" / "kept" / "shards"
    shutil.copytree(shards, tmp_path / "before")
    expected = change(shards)
    told = found(made)
    shutil.rmtree(shards)
    shutil.copytree(tmp_path / "before", shards)
    assert told == [f"out/kept/shards/{expected}"]


@pytest.mark.parametrize("name", ["top.beancount", "facts/0.beancount"])
def test_one_byte_of_the_facts(copied: Path, name: str) -> None:
    path = copied / "books" / name
    path.write_text(path.read_text().replace("2026-02-01", "2026-02-02").replace("1000", "1001"))
    assert found(copied, moved(copied)) == [
        f"{name}: it is not what was read: it has changed, or is gone"
    ]
    path.unlink()
    if name != "top.beancount":
        (copied / "out" / "problems.csv").write_text("")
        assert found(copied, moved(copied)) == [
            f"{name}: it is not what was read: it has changed, or is gone",
            "out/problems.csv: it has changed since it was written",
        ]


def test_a_file_that_an_include_finds_now(copied: Path) -> None:
    (copied / "books" / "facts" / "9.beancount").write_text("; nothing\n")
    told = found(copied, moved(copied))
    assert told[0] == "facts/9.beancount: it was not read: it is new, or an include finds it now"


def gone(out: Path) -> None:
    (out / "problems.csv").unlink()


def added(out: Path) -> None:
    (out / "gl" / "PA" / "2026-09.beancount").write_text("")


def no_proof(out: Path) -> None:
    (out / "proof.json").write_text("[]")


def lost_proof(out: Path) -> None:
    (out / "proof.json").unlink()


def other_words(out: Path) -> None:
    told = json.loads((out / "proof.json").read_text())
    told["closing"]["Equity:World"]["CNY"] = "0.00"
    (out / "proof.json").write_text(json.dumps(told))


def other_spaces(out: Path) -> None:
    told = json.loads((out / "proof.json").read_text())
    (out / "proof.json").write_text(json.dumps(told))


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (gone, "out/problems.csv: it is gone"),
        (added, "out/gl/PA/2026-09.beancount: nothing of it comes from the facts"),
        (no_proof, "out/proof.json: it is no proof any more"),
        (lost_proof, "out/proof.json: it is no proof any more"),
        (other_words, "out/proof.json: closing is not what the facts come to"),
        (other_spaces, "out/proof.json: it is not as it was written"),
    ],
)
def test_whatever_else_was_done_to_it(
    copied: Path, change: Callable[[Path], None], expected: str
) -> None:
    change(copied / "out")
    told = found(copied, moved(copied))
    assert any(each.endswith(expected) for each in told), told


def test_with_changed_facts_what_is_there_is_held_against_the_proof(copied: Path) -> None:
    (copied / "books" / "facts" / "0.beancount").write_text("")
    gone(copied / "out")
    added(copied / "out")
    assert found(copied, moved(copied))[1:] == [
        "out/gl/PA/2026-09.beancount: nobody has written it",
        "out/problems.csv: it is gone",
    ]


def test_another_version_of_what_writes_tables_says_the_same(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(metadata, "version", lambda _name: "another")
    table = copied / "out" / "register" / "2026-02.parquet"
    import duckdb  # noqa: PLC0415

    with duckdb.connect() as connection:
        statement = f"COPY (FROM '{table}') TO '{table}.new' (FORMAT parquet, COMPRESSION snappy)"
        connection.execute(statement)
    (table.parent / f"{table.name}.new").rename(table)
    assert found(copied, moved(copied)) == []
    with duckdb.connect() as connection:
        other = f"SELECT * REPLACE (amount + 1 AS amount) FROM '{table}'"  # noqa: S608
        connection.execute(f"COPY ({other}) TO '{table}.new' (FORMAT parquet)")
    (table.parent / f"{table.name}.new").rename(table)
    told = found(copied, moved(copied))
    assert told == ["out/register/2026-02.parquet: it is not what the facts come to"]
    table.write_bytes(b"no table")
    told = found(copied, moved(copied))
    assert told == ["out/register/2026-02.parquet: it is not what the facts come to"]


@pytest.mark.parametrize(
    ("write", "expected"),
    [((), "has no proof.json: it was not written by subledger"), (("proof.json",), "nobody knows")],
)
def test_what_nobody_can_verify(tmp_path: Path, write: tuple[str, ...], expected: str) -> None:
    for name in write:
        (tmp_path / name).write_text("{}")
    with pytest.raises(RefusedError, match=expected):
        verify.request_of(tmp_path, None, 1)


def test_without_its_settings_the_top_file_is_named(made: Path, tmp_path: Path) -> None:
    shutil.copy(made / "out" / "proof.json", tmp_path)
    assert verify.request_of(tmp_path, "/top", 3) == run.Request("/top", None, 3, None)


# --- The folder -------------------------------------------------------------------------


def test_a_run_that_fails_leaves_the_folder_as_it_was(copied: Path) -> None:
    out = copied / "out"
    before = (out / "proof.json").read_bytes()

    def interrupted() -> None:
        with output.staged(out) as stage:
            (stage / "proof.json").write_text("half")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert (out / "proof.json").read_bytes() == before
    assert (copied / ".out.new" / "proof.json").exists()  # what was judged is kept for the next
    with output.staged(out) as stage:
        assert not (stage / "proof.json").exists()
        (stage / "proof.json").write_text("whole")
    assert (out / "proof.json").read_text() == "whole"
    assert not (copied / ".out.new").exists()
    assert not (copied / ".out.old").exists()


@pytest.mark.parametrize("with_out", [True, False])
def test_who_was_killed_between_two_renames(copied: Path, with_out: bool) -> None:
    out, old = copied / "out", copied / ".out.old"
    shutil.copytree(out, old) if with_out else out.rename(old)
    with output.staged(out) as stage:
        assert out.exists()
        assert not old.exists()
        (stage / "proof.json").write_text("new")
    assert (out / "proof.json").read_text() == "new"


@pytest.mark.parametrize(
    ("make", "expected"),
    [
        (lambda out: out.write_text(""), "is no folder"),
        (lambda out: out.symlink_to(out.parent), "is no folder"),
        (lambda out: (out.mkdir(), (out / "mine").write_text("")), "has mine in it"),
        (lambda out: (out.mkdir(), (out / "gl").mkdir()), "has gl in it"),
        (lambda out: (out.mkdir(), (out / "proof.json").write_text("")), "is no proof any more"),
    ],
)
def test_what_is_none_of_ours_is_left_alone(
    tmp_path: Path, make: Callable[[Path], object], expected: str
) -> None:
    make(tmp_path / "out")
    with pytest.raises(WriteRefusedError, match=expected), output.staged(tmp_path / "out"):
        raise AssertionError


@pytest.mark.parametrize(
    "name", ["mine", "gl/mine.beancount", "gl/PA/mine", "register/mine.parquet", "kept/mine"]
)
def test_what_somebody_has_put_into_it_is_named_and_not_lost(copied: Path, name: str) -> None:
    mine = copied / "out" / name
    mine.write_text("mine")
    assert any(f"out/{name}: " in each for each in found(copied, moved(copied)))
    with (
        pytest.raises(WriteRefusedError, match=f"has {name} in it, which is none of ours"),
        output.staged(copied / "out"),
    ):
        raise AssertionError
    assert mine.read_text() == "mine"


def test_an_empty_folder_and_one_that_is_not_there(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    for out in (tmp_path / "out", tmp_path / "a" / "b"):
        with output.staged(out) as stage:
            (stage / "proof.json").write_text("{}")
        assert (out / "proof.json").exists()


def test_a_disk_that_takes_nothing(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with (
        pytest.raises(WriteRefusedError, match="is as it was"),
        output.staged(tmp_path / "file" / "out"),
    ):
        raise AssertionError


def test_where_nothing_can_be_linked_it_is_copied(
    copied: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError

    monkeypatch.setattr(os, "link", refuse)
    with output.staged(copied / "out") as stage:
        names = sorted(each.name for each in (stage / "kept" / "shards").iterdir())
        (stage / "proof.json").write_text("{}")
    assert names == sorted(each.name for each in (copied / "out" / "kept" / "shards").iterdir())


def test_a_half_written_shard_is_swept_away(copied: Path) -> None:
    half = copied / ".out.new" / "kept" / "shards" / ".part-x"
    half.mkdir(parents=True)
    (copied / ".out.new" / "gl").mkdir()
    with output.staged(copied / "out") as stage:
        assert not (stage / "kept" / "shards" / ".part-x").exists()
        assert not (stage / "gl").exists()
        (stage / "proof.json").write_text("{}")
