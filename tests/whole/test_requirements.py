"""What is imported is declared, what is declared is imported, and most of it may be absent."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from importlib.metadata import packages_distributions
from typing import TYPE_CHECKING

import pytest

from tests.support import HAPPY, ROOT, SETTLE
from tests.support.clerk import UNCHECKED

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from tests.support.clerk import Clerk

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
EXTRAS = PROJECT["optional-dependencies"]
OPTIONAL = [
    each
    for extra, requirements in EXTRAS.items()
    if extra not in {"test", "fuzz", "mutation"}
    for each in requirements
]

# --- Declarations -----------------------------------------------------------------------

OURS = {"beancount_voucher", "beancount_voucher_plugin", "fava_voucher", "tests"}
# mutmut and atheris are not installed for the tests, so nobody says which package has them.
BY_HAND: dict[str, list[str]] = {"mutmut": ["mutmut"], "atheris": ["atheris"]}
SOURCES = ("beancount_voucher", "plugins")


def normal(name: str) -> str:
    return re.sub(r"[-_.]+", "-", name).lower()


def declared(requirements: Iterable[str]) -> set[str]:
    found = (re.match(r"[\w.-]+", each) for each in requirements)
    return {normal(match[0]) for match in found if match}


def imported(*folders: str, types: bool = True) -> set[str]:
    """The packages, as they are installed, of every import in some folders."""
    modules = {
        name.partition(".")[0]
        for folder in folders
        for path in (ROOT / folder).rglob("*.py")
        for name in _names(ast.parse(path.read_text(encoding="utf-8")), types=types)
    }
    ours = normal(PROJECT["name"])  # it lays a file beside beanquery's own
    known = {
        name: [each for each in packages if normal(each) != ours]
        for name, packages in {**packages_distributions(), **BY_HAND}.items()
    }
    foreign = modules - OURS - set(sys.stdlib_module_names)
    assert sorted(foreign - known.keys()) == []
    return {normal(known[module][0]) for module in foreign}


def _names(node: ast.AST, *, types: bool) -> Iterator[str]:
    """What is imported, with or without what only a type checker imports."""
    if isinstance(node, ast.Import):
        yield from (each.name for each in node.names)
    elif isinstance(node, ast.ImportFrom) and not node.level:
        assert node.module
        yield node.module
    elif types or not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"):
        for each in ast.iter_child_nodes(node):
            if not isinstance(each, ast.expr):
                yield from _names(each, types=types)


def test_what_runs_imports_what_is_declared_and_nothing_is_declared_in_vain() -> None:
    optional = declared(OPTIONAL)
    needed = declared(PROJECT["dependencies"])
    assert imported(*SOURCES, types=False) == needed | optional
    assert not needed & optional


def test_what_tests_and_types_import_is_declared() -> None:
    allowed = [*PROJECT["dependencies"], *(each for extra in EXTRAS.values() for each in extra)]
    assert sorted(imported(*SOURCES, "tests") - declared(allowed)) == []


def test_every_requirement_says_the_oldest_that_is_tried() -> None:
    """CI installs these very versions, too."""
    for each in (*PROJECT["dependencies"], *OPTIONAL):
        assert re.match(r"[\w-]+(\[\w+\])?>=\d[\d.]*(,<\d[\d.]*)?$", each), each


def test_every_python_that_is_named_is_tried() -> None:
    begins = "Programming Language :: Python :: 3."
    named = {each[len(begins) :] for each in PROJECT["classifiers"] if each.startswith(begins)}
    listed = re.search(
        r"^for version in ([\d. ]+);", (ROOT / ".ci" / "run").read_text(), re.MULTILINE
    )
    assert listed
    tried = {f"3.{number}" for number in named} & set(listed[1].split())
    assert tried == {f"3.{number}" for number in named}


# --- Without a package, or without a part of the system ----------------------------------

HOSTS = (
    "fava",
    "flask",
    "flask_babel",
    "cheroot",
    "markdown_it",
    "beangulp",
    "beanquery",
    "python_calamine",
)
POSIX = ("fcntl", "grp")
WITHOUT = """\
import sys
absent, *sys.argv[1:] = sys.argv[1:]
sys.modules.update(dict.fromkeys(absent.split(",")))  # as if it were not installed
from beancount_voucher.cli import program
program()
"""


def without(absent: Iterable[str], *arguments: object, folder: Path) -> tuple[int, str, str]:
    ran = subprocess.run(
        [sys.executable, "-c", WITHOUT, ",".join(absent), *map(str, arguments)],
        cwd=folder,
        capture_output=True,
        check=False,
        text=True,
        encoding="utf-8",
    )
    return ran.returncode, ran.stdout, ran.stderr


READING = {
    "check": ("check", "--as-of", "2026-03-04"),
    "list": ("list", "--as-of", "2026-03-04", "--format", "json"),
    "show": ("show", "V-1", "--as-of", "2026-03-04"),
    "print": ("print",),
    "run": ("run", "--as-of", "2026-03-06"),
    "accept": ("accept", "V-1", "--date", "2026-03-03"),
    "explain": ("explain", "apply-late"),
    "help": ("help", "life"),
}


@pytest.mark.parametrize("name", READING)
def test_a_ledger_is_read_without_hosts_and_without_locks(
    clerk: Clerk, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    clerk.write(HAPPY)
    monkeypatch.chdir(clerk.folder)  # messages name files as one sees them from here
    expected = clerk.run(*READING[name])
    status, out, err = without(
        (*HOSTS, *POSIX), "-f", clerk.path, *READING[name], folder=clerk.folder
    )
    assert (status, out, err.replace(UNCHECKED, "")) == (
        expected.status,
        expected.out,
        expected.err,
    )
    assert expected.out + expected.err


NO_LOCKS = "this system has no file locks (fcntl), so ledgers can only be read here"
PARTIES = ("--policyholder=Ann", "--insurer=Ins", "--issuer=Iss", "--acceptor=Acc")
WRITING: dict[str, tuple[str, ...]] = {
    "into the ledger": ("settle", "V-1", "--as-of", "2026-03-06", "--write"),
    "into a file": ("settle", "V-1", "--as-of", "2026-03-06", "-o", "new.beancount"),
    "a new ledger": ("init", "new", *PARTIES, "--currency=CNY", "--credit-line=0"),
    "the demo": ("demo", "new", "--no-serve"),
    "a merge": ("merge", "ledger.beancount", "ledger.beancount", "ledger.beancount"),
}


@pytest.mark.parametrize("name", WRITING)
def test_without_locks_nothing_is_written(clerk: Clerk, name: str) -> None:
    clerk.write(HAPPY.replace(SETTLE, ""))
    before = clerk.files()
    status, out, err = without(POSIX, "-f", clerk.path, *WRITING[name], folder=clerk.folder)
    assert (status, out) == (3, "")
    assert NO_LOCKS in err
    assert err.count("\n") == 1
    assert clerk.files() == before
    assert list(clerk.folder.iterdir()) == [clerk.path]


LACKING = {
    "beanquery": ("query", "SELECT id FROM #vouchers"),
    "fava": ("demo", "new"),
    "cheroot": ("demo", "new"),
}


@pytest.mark.parametrize("package", LACKING)
def test_a_command_says_what_it_needs(clerk: Clerk, package: str) -> None:
    clerk.write(HAPPY)
    status, out, err = without([package], "-f", clerk.path, *LACKING[package], folder=clerk.folder)
    assert (status, out) == (2, "")
    assert err.endswith(f"needs what is not installed here: {package}\n")
    assert err.count("\n") == 1
    assert list(clerk.folder.iterdir()) == [clerk.path]


def test_the_demo_is_written_without_fava(tmp_path: Path) -> None:
    status, out, _ = without(HOSTS, "demo", "new", "--no-serve", folder=tmp_path)
    assert status == 0
    assert "The register after it" in out
