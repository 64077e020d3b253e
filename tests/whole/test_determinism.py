"""One text, one set of bytes: whatever the machine, its language, its clock or its Python.

What the plugin makes of a ledger (every entry and posting with its metadata, every error, in
their order) and what the command prints are compared byte by byte between processes.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hatchling.builders.wheel import WheelBuilder

from tests.support import LEDGERS, ROOT, broken_rules, model
from tests.support.ledger_texts import FILES, several_files

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCRIPT = ROOT / "tests" / "support" / "whole_output.py"
VERSIONS = ("3.11", "3.12", "3.13", "3.14")
AS_OF = ("--as-of", "2026-03-07")
# Wrong in ways that no well-formed event is.
MALFORMED = """\
2026-03-01 custom "voucher-nonsense" "V1"
2026-03-01 custom "voucher-accept"
2026-03-01 custom "voucher-option" "colour" "red"
2026-03-01 custom "voucher-party" "PX" "broker"
2026-03-01 custom "voucher-party" "李明" "policyholder"
  name: "李明 İıß"
2026-03-01 custom "voucher-issue" "v1" 1 CNY
2026-03-01 custom "voucher-issue" "W1" 1 CNY
  policyholder: "PA"
  insurer: "PA"
  colour: "red"
2026-03-01 custom "voucher-issue" "W2" 1.00000000000000000000000000000001 CNY
  policyholder: "李明"
  insurer: "IA"
  issuer: "BA"
  funding: "cash"
  accept-by: 2026-03-02
  apply-by: 2026-03-03
"""


@dataclass(frozen=True)
class Work:
    """What a process is to do, and where."""

    folder: Path
    ledgers: list[str]
    commands: list[list[str]]

    def done(
        self,
        *flags: str,
        python: str = sys.executable,
        cwd: Path | None = None,
        environment: Mapping[str, str] | None = None,
    ) -> bytes:
        """All output of one process, which has no environment but that."""
        ran = subprocess.run(
            [python, *flags, str(SCRIPT), " ".join(self.ledgers), json.dumps(self.commands)],
            cwd=cwd or self.folder,
            env={"PATH": os.environ["PATH"], **(environment or {})},
            capture_output=True,
            check=False,
            timeout=300,
        )
        assert ran.returncode == 0, ran.stderr.decode()
        return ran.stdout


@pytest.fixture(scope="module")
def work(tmp_path_factory: pytest.TempPathFactory) -> Work:
    folder = tmp_path_factory.mktemp("determinism")
    shutil.copytree(LEDGERS, folder / "ledgers")
    with_errors(folder)
    market = folder / "ledgers" / "marketplace"
    tops = {
        "all": market / "all.beancount",
        "YuanHang": market / "YuanHang.beancount",
        "bank": market / "QingHe.beancount",
        "house": folder / "ledgers" / "clearing-house" / "ledger.beancount",
        "errors": folder / "main.beancount",
    }
    ledgers = {name: str(path) for name, path in tops.items()}
    return Work(folder, list(ledgers.values()), list(commands(ledgers, market / "statements")))


def with_errors(folder: Path) -> None:
    """A ledger over four files in which most rules are broken."""
    events = list(broken_rules.ledger(broken_rules.KINDS[1]))
    text = several_files({name: events[at :: len(FILES)] for at, name in enumerate(FILES)})
    assert len(set(model.run(text.events).codes)) > 15
    text.files["z.beancount"] += MALFORMED.splitlines()
    text.write(folder)


def commands(ledgers: dict[str, str], statements: Path) -> Iterator[list[str]]:
    for name in ("all", "YuanHang", "house", "errors"):
        top = ["-f", ledgers[name]]
        yield [*top, "print"]
        yield [*top, "check", *AS_OF]
        yield [*top, "list", "--format", "json", *AS_OF]
        yield [*top, "run", *AS_OF]
    for name, voucher in (("all", "FA-001"), ("errors", "V010"), ("errors", "V060")):
        yield ["-f", ledgers[name], "show", voucher, *AS_OF]
    files = sorted(str(path) for path in statements.iterdir() if path.suffix != ".toml")
    for layout in ("json", "table"):
        yield ["-f", ledgers["all"], "reconcile", "--all", "--format", layout, *files]


@pytest.fixture(scope="module")
def expected(work: Work) -> bytes:
    return work.done(environment={"PYTHONHASHSEED": "0", "LC_ALL": "C.UTF-8", "TZ": "UTC"})


def test_what_is_compared_is_all_there(work: Work, expected: bytes) -> None:
    """An output that had lost its ledgers would be the same everywhere, too."""
    lines = expected.decode().splitlines()
    for path in work.ledgers:
        assert json.dumps(path) in lines
    for each in work.commands:
        assert json.dumps(each) in lines
    entries = [json.loads(line) for line in lines if line.startswith('{"": "')]
    assert sum(e[""] == "Transaction" for e in entries) > 500
    assert sum(e[""] == "VoucherError" for e in entries) > 70
    assert expected.count(b" settled: ") > 50
    assert "李明 İıß" in expected.decode()  # printed as it stands in the ledger


LANGUAGES = ("C", "POSIX", "C.utf8", "de_DE.utf8", "tr_TR.utf8", "ja_JP.utf8", "ja_JP.eucjp")
"""Chinese is not among them: what people read is Chinese there (``tests/cli/test_language.py``)."""


def locales() -> list[str]:
    """Of the languages worth a try, those that this machine has."""
    known = subprocess.run(["locale", "-a"], capture_output=True, check=False).stdout.split()  # noqa: S607
    return [language for language in LANGUAGES if language.encode() in known]


# A locale of ASCII alone stays one: Python is not to mend it.
PLAIN = {"PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"}
ENVIRONMENTS = {
    **{f"hash seed {seed}": {"PYTHONHASHSEED": seed} for seed in ("1", "4294967295", "random")},
    **{name: {"LC_ALL": name, "LANG": name, **PLAIN} for name in locales()},
    "no language": PLAIN,
    "first to see a day": {"TZ": "Pacific/Kiritimati"},
    "last to see a day": {"TZ": "Pacific/Pago_Pago"},
    "China": {"TZ": "Asia/Shanghai"},
    "optimised": {"PYTHONOPTIMIZE": "1"},
    "optimised, no docstrings": {"PYTHONOPTIMIZE": "2"},
    "narrow terminal": {"COLUMNS": "40", "LINES": "5"},
}


@pytest.mark.parametrize("name", ENVIRONMENTS)
def test_the_environment_changes_no_byte(work: Work, expected: bytes, name: str) -> None:
    same(work.done(environment=ENVIRONMENTS[name]), expected)


def test_the_working_directory_changes_no_byte_but_how_files_are_named(
    work: Work, expected: bytes, tmp_path: Path
) -> None:
    """Messages name files from where one stands: here each by its whole path."""
    market = work.folder / "ledgers" / "marketplace"
    elsewhere = work.done(cwd=tmp_path)
    assert len(elsewhere) > len(expected)
    same(from_folder(work.folder, elsewhere), from_folder(work.folder, expected))
    same(from_folder(market, work.done(cwd=market)), from_folder(market, elsewhere))


def from_folder(folder: Path, output: bytes) -> bytes:
    """An output without the path of a folder, wherever it stands."""
    return output.replace(f"{folder}/".encode(), b"")


def test_asserts_off_changes_no_byte(work: Work, expected: bytes) -> None:
    same(work.done("-O", "-X", "dev"), expected)


def same(found: bytes, expected: bytes) -> None:
    """Equal; if not, the first line that is not, instead of megabytes."""
    if found == expected:
        return
    mine, other = found.splitlines(), expected.splitlines()
    differing = [pair for pair in zip(mine, other, strict=False) if pair[0] != pair[1]]
    pytest.fail(f"{len(mine)} and {len(other)} lines; first difference: {differing[:1]}")


def test_a_difference_would_be_noticed(work: Work) -> None:
    """Without ``--as-of`` the day is today: never the same on these two islands."""
    today = replace(work, ledgers=[], commands=[[*work.commands[0][:2], "show", "FA-001"]])
    first, last = (ENVIRONMENTS[f"{which} to see a day"] for which in ("first", "last"))
    with pytest.raises(pytest.fail.Exception, match=r"first difference.*Next, on"):
        same(today.done(environment=first), today.done(environment=last))


def test_the_installed_command_prints_the_same(work: Work, expected: bytes) -> None:
    """The script above calls the command's function; here is the command itself."""
    program = shutil.which("bean-voucher", path=str(Path(sys.executable).parent))
    assert program
    for arguments in work.commands[:4]:
        ran = subprocess.run([program, *arguments], capture_output=True, check=False)
        told = json.dumps(arguments).encode() + b"\n" + ran.stdout
        assert told + str(ran.returncode).encode() + b"\n" in expected.replace(
            b"\nnull\n", b"\n0\n"
        )


# -- every Python that is promised


@pytest.fixture(scope="session")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> str:
    folder = tmp_path_factory.mktemp("wheel")
    [built] = WheelBuilder(str(ROOT)).build(directory=str(folder), versions=["standard"])
    return built


def interpreter(version: str) -> str | None:
    """A Python of this version: on the path, or among those of pyenv."""
    roots = [os.environ.get("PYENV_ROOT"), pyenv_root(), str(Path.home() / ".pyenv")]
    kept = [Path(root) / "versions" for root in roots if root]
    found = [str(p) for each in kept for p in sorted(each.glob(f"{version}.*/bin/python3"))]
    named = shutil.which(f"python{version}")
    candidates = [sys.executable, *found[::-1], *([named] if named else [])]
    return next((python for python in candidates if version_of(python) == version), None)


def pyenv_root() -> str:
    """Where pyenv says that it keeps its Pythons."""
    program = shutil.which("pyenv")
    if program is None:
        return ""
    asked = subprocess.run([program, "root"], capture_output=True, check=False, text=True)
    return asked.stdout.strip()


def version_of(python: str) -> str:
    """What a Python says it is; pyenv's shims stand for some that are not there."""
    asks = "import sys; print('%d.%d' % sys.version_info[:2])"
    return subprocess.run(
        [python, "-c", asks], capture_output=True, check=False, text=True
    ).stdout.strip()


def installed(python: str, wheel: str, folder: Path) -> str:
    """The Python of a new virtual environment with the package in it."""
    subprocess.run([python, "-m", "venv", "--without-pip", str(folder)], check=True)
    own = str(folder / "bin" / "python")
    pip = [sys.executable, "-m", "pip", "--python", str(folder)]
    got = subprocess.run(
        [*pip, "install", "-q", "--no-compile", f"{wheel}[import]"],
        capture_output=True,
        check=False,
        text=True,
    )
    if got.returncode:
        pytest.skip(f"NOT COMPARED: pip cannot install the package here: {got.stderr[-500:]}")
    return own


@pytest.mark.parametrize("version", VERSIONS)
def test_the_python_changes_no_byte(
    work: Work, expected: bytes, wheel: str, tmp_path: Path, version: str
) -> None:
    python = interpreter(version)
    if python is None:
        pytest.skip(f"NOT COMPARED: there is no Python {version} on this machine")
    own = python
    if version_of(sys.executable) != version:
        own = installed(python, wheel, tmp_path / "venv")
    assert version_of(own) == version
    # A warning of a newer Python is an error here, whoever gives it.
    same(work.done("-W", "error", python=own), expected)
