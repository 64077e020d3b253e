"""`subledger`: what it writes, what it says, and how it ends."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner, Result

from beancount_voucher.cli import main
from beancount_voucher.cli.commands import subledger
from beancount_voucher.subledger.workers import Here
from tests.benchmarks.many import write
from tests.support.shards import issue, ledger, said

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

cluster = pytest.importorskip(
    "beancount_voucher.subledger.cluster", reason="pip install 'beancount-voucher[cluster]'"
)


def ran(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, ["subledger", *map(str, arguments)])


@pytest.fixture
def top(tmp_path: Path) -> Path:
    return ledger(
        tmp_path / "books",
        issue("A", "2026-02-01", "90.00 CNY"),
        said("accept", "A", "2026-02-05"),
    )


def test_it_writes_judges_again_and_verifies(top: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for _ in range(2):
        done = ran(top, "-o", out, "--shards", "3", "--as-of", "2026-02-03")
        assert (done.exit_code, done.stdout) == (0, ""), done.output
        assert done.stderr == "1 voucher, 8 facts, 0 problems; every invariant holds.\n"
        assert sorted(each.name for each in out.iterdir()) == [
            *("days", "events", "gl", "kept", "problems.csv", "proof.json", "register"),
        ]
    done = ran("--verify", out)
    assert (done.exit_code, done.stdout) == (0, ""), done.output
    assert done.stderr == f"{out} is what the facts come to.\n"
    (out / "problems.csv").write_text("")
    done = ran(top, "--verify", out)
    assert done.exit_code == 1
    assert done.stdout == f"{out}/problems.csv: it is not what the facts come to\n"
    assert not list(tmp_path.glob(".out.*[!k]"))


def test_the_ledger_may_be_named_before_the_command(top: Path, tmp_path: Path) -> None:
    done = CliRunner().invoke(main, ["-f", str(top), "subledger", "-o", str(tmp_path / "out")])
    assert done.exit_code == 0, done.output


def test_a_ledger_elsewhere(top: Path, tmp_path: Path) -> None:
    fsspec = pytest.importorskip("fsspec")
    system = fsspec.filesystem("memory")
    for path in top.parent.rglob("*.beancount"):
        system.pipe_file(f"/elsewhere/{path.relative_to(top.parent)}", path.read_bytes())
    assert ran("memory://elsewhere/top.beancount", "-o", tmp_path / "there").exit_code == 0
    assert ran(top, "-o", tmp_path / "here").exit_code == 0
    here, there = ((tmp_path / name / "proof.json").read_text() for name in ("here", "there"))
    assert here == there
    assert ran("--verify", tmp_path / "there").exit_code == 0


@pytest.mark.parametrize(
    ("more", "said_so"),
    [
        (said("settle", "A", "2026-02-06"), "1 problem; every invariant holds."),
        (
            '2026-02-06 * "by hand"\n  Assets:PA:BA:Frozen  1.00 CNY\n  Assets:PA:BA\n',
            "0 problems; I1, I7 broken.",
        ),
    ],
)
def test_it_does_not_end_cleanly_where_something_is_wrong(
    top: Path, tmp_path: Path, more: str, said_so: str
) -> None:
    (top.parent / "facts" / "9.beancount").write_text(more)
    done = ran(top, "-o", tmp_path / "out")
    assert done.exit_code == 1
    assert done.stderr.endswith(f"{said_so}\n"), done.stderr
    told = json.loads((tmp_path / "out" / "proof.json").read_text())
    broken = told["invariants"]["I1"]["broken"]
    assert broken == (
        ["Assets:PA:BA:Frozen holds 91.00 CNY on 2026-02-06; the vouchers say 90.00 CNY"]
        if "I1" in said_so
        else []
    )


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ((), "name the folder to write with -o, or one to --verify"),
        (("top", "-o", "out", "--verify", "out"), "name the folder to write"),
        (("-o", "out"), "which ledger? Name its top file"),
        (("nowhere", "-o", "out"), "there is no file nowhere"),
    ],
)
def test_wrong_usage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, arguments: tuple[str, ...], expected: str
) -> None:
    monkeypatch.chdir(tmp_path)
    done = ran(*arguments)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_what_is_refused_leaves_everything_as_it_was(top: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ran(top, "-o", out).exit_code == 0
    before = (out / "proof.json").read_bytes()
    (top.parent / "facts" / "9.beancount").write_text(
        issue("Z", "2026-02-01", "0.0000000000001 CNY")
    )
    done = ran(top, "-o", out)
    assert done.exit_code == 3
    assert "facts/9.beancount:1: Z: an amount is 0.0000000000001" in done.stderr
    assert "nothing was written" in done.stderr
    assert (out / "proof.json").read_bytes() == before
    done = ran(top, "-o", top)
    assert (done.exit_code, "is no folder" in done.stderr) == (3, True)


@pytest.mark.parametrize(
    ("include", "out", "is_refused"),
    [
        ("facts/*.beancount", "out", False),
        ("facts/*.beancount", "facts/out", False),
        ("**/*.beancount", "out", True),
        ("**/*.beancount", "../out", False),
        ("**/*.beancount", ".out", False),
        ("../books/facts/**/*.beancount", "facts/2026/out", True),
        ("facts/*/gl/PA/20[0-9][0-9]-*", "facts/out", True),
        ("facts/*/gl/all.beancount", "out", False),
        (f"{'**/' * 40}none-*", "out", False),
        ("*/gl/IA.beancount", "out", True),
    ],
)
def test_no_include_may_find_what_comes_out(
    top: Path, include: str, out: str, is_refused: bool
) -> None:
    more = f'include "{include}"\n' if include != "facts/*.beancount" else ""
    top.write_text(more + top.read_text())
    done = ran(top, "-o", top.parent / out)
    twice = "and the ledger would hold its books twice; expected a folder in which no include looks"
    assert (done.exit_code == 3, twice in done.stderr) == (is_refused, is_refused), done.stderr
    assert (top.parent / out).exists() != is_refused


@pytest.mark.parametrize(
    ("missing", "more", "expected"),
    [
        (("duckdb",), (), "This needs duckdb, which comes with: pip install"),
        (("duckdb", "distributed"), ("--workers", "2"), "This needs duckdb and distributed"),
        (("distributed",), ("--scheduler", "tcp://x"), "This needs distributed"),
        (("cryptography",), ("--workers", "2"), "This needs cryptography"),
    ],
)
def test_without_the_extra(
    top: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    missing: tuple[str, ...],
    more: tuple[str, ...],
    expected: str,
) -> None:
    monkeypatch.setattr(subledger, "find_spec", lambda name: None if name in missing else name)
    done = ran(top, "-o", tmp_path / "out", *more)
    assert done.exit_code == 2
    assert expected in done.stderr
    assert "beancount-voucher[cluster]" in done.stderr


def test_one_process_needs_no_cluster(
    top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(
        subledger, "find_spec", lambda name: None if name == "distributed" else name
    )
    assert ran(top, "-o", tmp_path / "out").exit_code == 0


def test_who_works(top: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[Any, ...]] = []

    @contextmanager
    def some(*arguments: Any) -> Iterator[Here]:
        asked.append(arguments[:-1])
        yield Here(arguments[-1])

    monkeypatch.setattr(cluster, "local", some)
    monkeypatch.setattr(cluster, "remote", some)
    monkeypatch.setattr(subledger, "_EVERY", 0.0)
    out = tmp_path / "out"
    done = ran(top, "-o", out, "--workers", "2")
    assert done.stderr.splitlines()[:3] == ["files: 0 of 1", "files: 1 of 1", "files: 0 of 2"]
    assert ran(top, "-o", out, "--scheduler", "tcp://x").exit_code == 0
    assert asked[0] == (2,)
    assert asked[1][0] == "tcp://x"
    assert asked[1][1].name == ".out.new"  # all must see it


def test_ctrl_c_leaves_nothing_half_done(tmp_path: Path) -> None:
    top = write(tmp_path / "books", 400)
    command = [sys.executable, "-m", "beancount_voucher", "subledger", str(top), "-o", "out"]
    process = subprocess.Popen(command, cwd=tmp_path, stderr=subprocess.PIPE)
    while not list(tmp_path.glob(".out.new/kept/*/*")) and process.poll() is None:
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    _, stderr = process.communicate(timeout=60)
    assert process.returncode == 130, stderr
    assert not (tmp_path / "out").exists()
    done = subprocess.run(command, cwd=tmp_path, check=False, capture_output=True)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "out" / "proof.json").exists()
