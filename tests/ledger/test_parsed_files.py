"""What we make of a ledger's files, held against what Beancount's own loader makes of them."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from beancount import loader
from beancount.core.data import entry_sortkey
from beancount.utils import encryption

from beancount_voucher.ledger import atomic_files, parsed_files
from beancount_voucher.ledger.loader import LedgerError, load, load_facts
from tests.support import PLUGIN, WORLD, issue
from tests.support.whole_output import plain

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LEDGERS = Path(__file__).parents[2] / "ledgers"
SPEND = '2026-03-01 * "{}"\n  Assets:Ann:Iss  -1.00 CNY\n  Equity:Opening\n'

# The top file, and the others by name.
AWKWARD: dict[str, tuple[str, Mapping[str, str]]] = {
    "nothing at all": ("", {}),
    "a file": ('include "a.beancount"\n', {"a.beancount": issue()}),
    "a file that is not there": ('include "none.beancount"\n', {}),
    "a pattern that finds nothing": ('include "x/*.beancount"\n', {}),
    "a file twice": ('include "a.beancount"\ninclude "./a.beancount"\n', {"a.beancount": issue()}),
    "a circle": (
        'include "a.beancount"\n',
        {"a.beancount": issue() + 'include "ledger.beancount"\n'},
    ),
    "itself, by a pattern": ('include "*.beancount"\n', {"a.beancount": issue()}),
    "level by level": (
        'include "b.beancount"\ninclude "a/*.beancount"\n',
        {
            "a/one.beancount": 'include "../c.beancount"\n' + SPEND.format("one"),
            "a/two.beancount": SPEND.format("two"),
            "b.beancount": 'include "a/two.beancount"\n' + SPEND.format("b"),
            "c.beancount": SPEND.format("c"),
        },
    ),
    "folders below folders": (
        'include "**/*.inc"\n',
        {"x/y/z.inc": issue("V-1"), "x/a.inc": issue("V-2"), "b.inc": issue("V-3")},
    ),
    "options of included files": (
        'option "operating_currency" "CNY"\ninclude "a.inc"\n',
        {
            "a.inc": 'option "operating_currency" "USD"\noption "title" "No"\n'
            'option "insert_pythonpath" "TRUE"\nplugin "none"\n2026-01-01 price USD 7.1234567 CNY\n'
        },
    ),
    "a name with a space, and Chinese": ('include "凭 证.inc"\n', {"凭 证.inc": issue()}),
    "a byte order mark": ('include "a.inc"\n', {"a.inc": "\ufeff" + issue()}),
    "ends of lines of other systems": ('include "a.inc"\n', {"a.inc": issue().replace("\n", "\r\n")}),
    "syntax errors": ('include "a.inc"\n', {"a.inc": "what\n" + issue() + '2026-03-01 "\n'}),
    "tags that are pushed and not popped": ('pushtag #a\ninclude "a.inc"\n', {"a.inc": issue()}),
    "a transaction that lacks a number": (
        SPEND.format("top") + "  Equity:Opening  1.00 CNY\n" + SPEND.format("not balanced")[:-16],
        {},
    ),
    "a transaction that does not balance": (SPEND.format("x").replace("Opening", "O 1.00 CNY"), {}),
    "raw": ('option "plugin_processing_mode" "raw"\n' + SPEND.format("x"), {}),
    "documents": (
        'option "documents" "papers"\n2026-03-01 document Assets:Ann:Iss "none.pdf"\n',
        {"papers/Assets/Ann/Iss/2026-03-02.a.txt": "a"},
    ),
    "a plugin that is not there": ('plugin "none.such"\n', {}),
    "plugins of Beancount": (
        'plugin "beancount.plugins.auto"\nplugin "beancount.plugins.implicit_prices"\n'
        + SPEND.format("x"),
        {},
    ),
}  # fmt: skip


def written(folder: Path, name: str) -> Path:
    top, others = AWKWARD[name]
    for file, text in others.items():
        path = folder / file
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8", newline="")
    path = folder / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + top, encoding="utf-8", newline="")
    return path


def as_text(found: tuple[list[Any], list[Any], dict[str, Any]]) -> tuple[Any, ...]:
    entries, errors, options = found
    told = {key: value for key, value in options.items() if key != "input_hash"}
    return plain(entries), plain(errors), plain(told)


def parsed(path: Path) -> tuple[list[Any], list[Any], dict[str, Any]]:
    found = parsed_files.read(path)
    return found.entries, found.errors, found.options


def by_beancount(path: Path) -> tuple[list[Any], list[Any], dict[str, Any]]:
    entries, errors, options = loader._parse_recursive([(str(path), True)], None)
    entries.sort(key=entry_sortkey)
    return entries, errors, options


def loaded(path: Path) -> tuple[list[Any], list[Any], dict[str, Any]]:
    found = load(path)
    return found.entries, found.errors, found.options


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_includes_are_read_as_beancount_reads_them(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    assert as_text(parsed(path)) == as_text(by_beancount(path))


@pytest.mark.parametrize("name", AWKWARD)
def test_awkward_ledgers_are_loaded_as_beancount_loads_them(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, name)
    assert as_text(loaded(path)) == as_text(loader._load([(str(path), True)], None, None, None))


@pytest.mark.parametrize("path", sorted(LEDGERS.rglob("*.beancount")), ids=lambda path: path.stem)
def test_our_ledgers_are_loaded_as_beancount_loads_them(path: Path) -> None:
    assert as_text(loaded(path)) == as_text(loader._load([(str(path), True)], None, None, None))


def test_a_text_that_is_in_no_file_is_read_after_the_top_file(tmp_path: Path) -> None:
    path = written(tmp_path, "level by level")
    text = issue("V-9")
    entries, errors, options = loader._parse_recursive([(str(path), True), (text, False)], None)
    entries.sort(key=entry_sortkey)
    found = parsed_files.read(path, text)
    assert as_text((found.entries, found.errors, found.options)) == as_text(
        (entries, errors, options)
    )


def test_a_file_that_is_encrypted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "ledger.beancount"
    (tmp_path / "x").mkdir()
    (tmp_path / "x" / "a.gpg").write_bytes(b"\0")
    (tmp_path / "x" / "b.inc").write_text(issue())
    path.write_text(PLUGIN + 'include "x/a.gpg"\n')
    monkeypatch.setattr(encryption, "read_encrypted_file", lambda _: WORLD + 'include "b.inc"\n')
    assert as_text(parsed(path)) == as_text(by_beancount(path))
    found = parsed_files.read(path).fingerprint
    assert found.decrypted.keys() == {str(tmp_path / "x" / "a.gpg")}
    assert not found.is_on_disk()


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    path = tmp_path / "ledger.beancount"
    path.write_text('include "folder"\n')
    for loading in (load, load_facts):
        with pytest.raises(LedgerError, match=r"cannot load it: \[Errno 21\] Is a directory"):
            loading(path)


ODD = {
    "no text": issue().encode().replace(b"FirstBank", b"B\xe4nk") + b"\xff\xfe ; x\n",
    "a comment that is no text": b"; \xe9\n" + issue().encode(),
    "a name that is no text": b'2026-03-01 event "a" "\xc3\x28"\n' + issue().encode(),
    "a null byte": b"; x\n\0\n" + issue().encode(),
    "UTF-16": issue().encode("utf-16"),
    "no end of the line": issue().encode().rstrip(),
    "only ends of lines": b"\n\r\n\r",
    "a string that is not closed": issue().encode() + b'2026-03-01 event "a" "x\n',
}


@pytest.mark.parametrize("name", ODD)
def test_odd_bytes(tmp_path: Path, name: str) -> None:
    (tmp_path / "odd.inc").write_bytes(ODD[name])
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + 'include "odd.inc"\n')
    assert as_text(parsed(path)) == as_text(by_beancount(path))


def test_a_link_to_nothing(tmp_path: Path) -> None:
    (tmp_path / "gone.inc").symlink_to(tmp_path / "none")
    path = tmp_path / "ledger.beancount"
    path.write_text(PLUGIN + WORLD + 'include "*.inc"\n')
    assert as_text(parsed(path)) == as_text(by_beancount(path))
    assert [error.message for error in parsed(path)[1]] == [
        f'File "{tmp_path}/gone.inc" does not exist'
    ]


def test_the_top_file_is_gone(tmp_path: Path) -> None:
    path = written(tmp_path, "a file")
    before = parsed_files.read(path).fingerprint
    path.unlink()
    assert not before.is_on_disk()


def test_what_parses_a_file_may_be_another(tmp_path: Path) -> None:
    path = written(tmp_path, "folders below folders")
    kept: dict[str, parsed_files.ParsedFile] = {}

    def remembered(filename: str, content: bytes) -> parsed_files.ParsedFile:
        key = f"{filename} {atomic_files.digest(content)}"
        if key not in kept:
            kept[key] = parsed_files.parse(filename, content)
        return kept[key]

    for _ in range(2):
        found = parsed_files.read(path, parse=remembered)
        assert as_text((found.entries, found.errors, found.options)) == as_text(by_beancount(path))
        assert found.fingerprint == parsed_files.read(path).fingerprint
    assert len(kept) == 5


CHANGES: dict[str, tuple[Callable[[Path], object], bool]] = {
    "nothing": (lambda _: None, True),
    "another byte": (lambda folder: (folder / "x/a.inc").write_text(issue("V-4")), False),
    "the same bytes once more": (lambda folder: (folder / "b.inc").write_text(issue("V-3")), True),
    "a file that is gone": (lambda folder: (folder / "x/a.inc").unlink(), False),
    "a file that is new": (lambda folder: (folder / "x/n.inc").write_text(""), False),
    "a folder in its place": (lambda folder: shutil.move(folder / "x", folder / "y"), False),
}


@pytest.mark.parametrize("name", CHANGES)
def test_whether_the_files_are_what_they_were(tmp_path: Path, name: str) -> None:
    path = written(tmp_path, "folders below folders")
    before = parsed_files.read(path).fingerprint
    change, same = CHANGES[name]
    change(tmp_path)
    assert before.is_on_disk() is same
    assert (before.digest == parsed_files.read(path).fingerprint.digest) is same


def test_a_file_that_may_be_another(tmp_path: Path) -> None:
    path = written(tmp_path, "folders below folders")
    before = parsed_files.read(path).fingerprint
    name = str(tmp_path / "b.inc")
    text = issue("V-4") + issue("V-5")
    Path(name).write_text(text)
    assert before.is_on_disk(but={name})
    after = before.changed(parsed_files.parse(name, text.encode()))
    assert after.digest == parsed_files.read(path).fingerprint.digest
    assert (before.files[name].directives, after.files[name].directives) == (1, 2)
