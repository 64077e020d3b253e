"""The index's file: damaged, forged, foreign, of another form, or written by two at once."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from beancount_voucher.ledger import index_store
from beancount_voucher.ledger.index_store import (
    DamagedError,
    GoneError,
    Store,
    digest_of,
    packed,
)

if TYPE_CHECKING:
    from collections.abc import Callable

PART = packed(["a part", {"of": "a state"}])
NAME = digest_of(PART)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "cache"
    path.mkdir(mode=0o700)
    return path


@pytest.fixture
def store(folder: Path) -> Store:
    made = Store(folder, Path("/books/top.beancount"))
    assert made.save("facts", ["state", NAME], {NAME: PART}, {NAME})
    return made


def database_of(folder: Path) -> Path:
    (found,) = folder.glob("*.sqlite")
    return found


@pytest.mark.usefixtures("store")
def test_what_was_saved_is_there(folder: Path) -> None:
    again = Store(folder, Path("/books/top.beancount"))
    assert again.state("facts") == ["state", NAME]
    assert again.parts([NAME, NAME]) == [["a part", {"of": "a state"}]] * 2
    assert again.state("another") is None
    assert Store(folder, Path("/books/other.beancount")).state("facts") is None
    assert {path.name for path in folder.iterdir()} == {"key", database_of(folder).name}


def test_nothing_is_made_by_who_only_asks(folder: Path) -> None:
    assert Store(folder, Path("/books/top.beancount")).state("facts") is None
    assert list(folder.iterdir()) == []


def test_parts_that_no_state_names_are_dropped(store: Store) -> None:
    other = packed("another")
    assert store.save("facts", "new", {digest_of(other): other}, {digest_of(other)})
    assert store.state("facts") == "new"
    assert store.parts([digest_of(other)]) == ["another"]
    with pytest.raises(GoneError):
        store.parts([NAME])
    assert store.state("facts") == "new"  # it is not thrown away for that


def test_a_note_leaves_the_rest(store: Store) -> None:
    assert store.note("checked", {"a": 1})
    assert (store.state("checked"), store.state("facts")) == ({"a": 1}, ["state", NAME])


def changed(statement: str, *values: object) -> Callable[[Path], None]:
    def change(folder: Path) -> None:
        with sqlite3.connect(database_of(folder)) as database:
            database.execute(statement, values)
        database.close()

    return change


def overwritten(content: bytes) -> Callable[[Path], None]:
    return lambda folder: _write(database_of(folder), content)


def _write(path: Path, content: bytes) -> None:
    path.write_bytes(content)


def cut(folder: Path) -> None:
    path = database_of(folder)
    path.write_bytes(path.read_bytes()[:5000])


def without_key(folder: Path) -> None:
    (folder / "key").unlink()


def moved(folder: Path) -> None:
    """As a cache that is restored elsewhere: in another folder, whatever its name."""
    shutil.copytree(folder, folder.parent / "copy")
    shutil.rmtree(folder)
    (folder.parent / "copy").rename(folder)


def sealed_by_another(folder: Path) -> None:
    other = folder.parent / "other"
    other.mkdir(mode=0o700)
    assert Store(other, Path("/books/top.beancount")).save("facts", "forged", {}, set())
    shutil.copy(database_of(other), database_of(folder))


def of_another_ledger(folder: Path) -> None:
    assert Store(folder, Path("/books/other.beancount")).save("facts", "another", {}, set())
    mine = Store(folder, Path("/books/top.beancount"))._path
    (other,) = (path for path in folder.glob("*.sqlite") if path != mine)
    other.rename(mine)


def under_another_name(folder: Path) -> None:
    assert Store(folder, Path("/books/top.beancount")).note("checked", "no facts")
    changed("DELETE FROM state WHERE name = 'facts'")(folder)
    changed("UPDATE state SET name = 'facts'")(folder)


SPOILED: dict[str, Callable[[Path], Any]] = {
    "a state that was changed": changed("UPDATE state SET content = ?", packed("forged")),
    "a state that is a number": changed("UPDATE state SET content = 1000000000000"),
    "a state that is a text": changed("UPDATE state SET content = 'forged'"),
    "a seal that was changed": changed("UPDATE state SET seal = ?", b"x" * 32),
    "a seal that is a text": changed("UPDATE state SET seal = 'ü'"),
    "no such table": changed("DROP TABLE state"),
    "another table": changed("ALTER TABLE state RENAME COLUMN seal TO sealed"),
    "no database": overwritten(b"no database" * 1000),
    "nothing": overwritten(b""),
    "a part of it": cut,
    "no key": without_key,
    "a short key": lambda folder: _write(folder / "key", b"short"),
    "another key": lambda folder: _write(folder / "key", b"x" * 32),
    "another folder": moved,
    "sealed by another": sealed_by_another,
    "that of another ledger": of_another_ledger,
    "that of another name": under_another_name,
}


@pytest.mark.parametrize("spoil", SPOILED.values(), ids=list(SPOILED))
@pytest.mark.usefixtures("store")
def test_a_state_that_is_not_ours_is_none_and_made_anew(
    folder: Path, spoil: Callable[[Path], Any]
) -> None:
    spoil(folder)
    store = Store(folder, Path("/books/top.beancount"))
    assert store.state("facts") is None
    for _ in range(2):  # a key of another length is made anew before anything is kept
        if store.save("facts", "anew", {NAME: PART}, {NAME}):
            break
    assert store.state("facts") == "anew"
    assert store.parts([NAME]) == [["a part", {"of": "a state"}]]


SPOILED_PARTS: dict[str, Callable[[Path], Any]] = {
    "another part": changed("UPDATE part SET content = ?", packed("forged")),
    "a text": changed("UPDATE part SET content = 'forged'"),
    "no such table": changed("DROP TABLE part"),
    "no database": overwritten(b"no database" * 1000),
}


@pytest.mark.parametrize("spoil", SPOILED_PARTS.values(), ids=list(SPOILED_PARTS))
def test_a_part_that_was_changed_is_none(
    store: Store, folder: Path, spoil: Callable[[Path], Any]
) -> None:
    spoil(folder)
    with pytest.raises(DamagedError):
        store.parts([NAME])
    assert store.state("facts") is None  # all of it was thrown away
    assert not list(folder.glob("*.sqlite"))


@pytest.mark.usefixtures("store")
def test_a_form_of_the_future_is_written_anew(folder: Path) -> None:
    changed("PRAGMA user_version = 99")(folder)
    changed("ALTER TABLE state RENAME TO states")(folder)
    store = Store(folder, Path("/books/top.beancount"))
    assert store.state("facts") is None
    assert store.save("facts", "anew", {}, set())
    assert store.state("facts") == "anew"


def test_a_form_of_the_future_that_nobody_has_read(store: Store, folder: Path) -> None:
    changed("PRAGMA user_version = 99")(folder)
    assert store.note("checked", "anew")
    assert (store.state("facts"), store.state("checked")) == (None, "anew")


def test_while_another_writes_nothing_is_known_kept_or_lost(
    store: Store, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(index_store, "_WAIT", 0.01)
    other = sqlite3.connect(database_of(folder), isolation_level=None)
    other.execute("BEGIN EXCLUSIVE")
    assert store.state("facts") is None
    with pytest.raises(DamagedError):
        store.parts([NAME])
    assert not store.save("facts", "lost", {}, set())
    assert not store.note("checked", "lost")
    other.execute("ROLLBACK")
    other.close()
    assert store.state("facts") == ["state", NAME]


def test_a_folder_that_is_gone_keeps_nothing(store: Store, folder: Path) -> None:
    shutil.rmtree(folder)
    assert store.state("facts") is None
    assert not store.save("facts", "lost", {}, set())


def test_two_write_and_read_at_once(folder: Path) -> None:
    top = Path("/books/top.beancount")
    wrong: list[object] = []

    def write(number: int) -> None:
        store = Store(folder, top)
        for each in range(10):
            part = packed([number, each])
            name = digest_of(part)
            store.save("facts", [number, each, name], {name: part}, {name})
            state = store.state("facts")
            try:
                found = state and store.parts([state[2]])[0]
            except DamagedError:
                continue  # the other was faster
            if state and found != state[:2]:
                wrong.append((state, found))

    writers = [threading.Thread(target=write, args=(number,)) for number in range(2)]
    for each in writers:
        each.start()
    for each in writers:
        each.join()
    assert not wrong
    last = Store(folder, top).state("facts")
    assert last is not None
    assert last[1] == 9
