"""Review in git: which revisions, which files, and that nothing of a branch is run."""

from __future__ import annotations

import glob
import json
import os
import pickle
import subprocess
import sys
from itertools import accumulate
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from beancount_voucher.directives.schema import REVIEW_RULES
from beancount_voucher.ledger import loader
from beancount_voucher.review import ledger_files, snapshot
from beancount_voucher.review import tree as tree_module
from beancount_voucher.review.git import Repository as Git
from beancount_voucher.review.git_command import GitError
from beancount_voucher.review.tree import NamesError, Tree, TreeError
from tests.support import ACCEPT, APPLY, LEDGERS, PLUGIN, ROOT, SETTLE, WORLD, event, issue
from tests.support.profiles import effort
from tests.support.repository import (
    APPLIED,
    INCLUDE,
    LIN,
    TOP,
    VOUCHERS,
    WANG,
    Repository,
    rules,
    states,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

LOOKS = PLUGIN + WORLD + INCLUDE
ISSUED = {"V-1": ("issued", "accepted")}

# --- Which revisions --------------------------------------------------------------------


def test_by_default_the_branch_against_where_it_left_main(repository: Repository) -> None:
    repository.commit(issue())
    repository.branch("branch")
    repository.commit(issue() + ACCEPT)
    repository.git("checkout", "--quiet", "main")
    repository.commit({"other.txt": "main went on"})
    repository.git("checkout", "--quiet", "branch")
    repository.write(APPLIED)
    found = repository.review()
    assert states(found) == {"V-1": ("issued", "applied")}
    assert found["base"].endswith("(merge base with main)")
    assert found["head"] == "working tree"
    assert states(repository.review("HEAD")) == {"V-1": ("accepted", "applied")}
    assert states(repository.review("main...branch")) == ISSUED
    assert states(repository.review("main...")) == ISSUED
    assert states(repository.review("...main")) == {}
    assert states(repository.review("branch..main")) == {"V-1": ("accepted", "issued")}
    assert states(repository.review("..main~1")) == {"V-1": ("accepted", "issued")}
    assert states(repository.review("main..")) == ISSUED


def test_an_id_of_a_commit_is_its_own_label(repository: Repository) -> None:
    commit = repository.commit(issue())
    assert repository.review(commit[:12])["base"] == commit[:10]


@pytest.mark.parametrize("name", ["master", "main", "trunk"])
def test_the_main_branch(repository: Repository, name: str) -> None:
    repository.commit(issue())
    repository.git("branch", "--move", name)
    ran = repository.run("review")
    if name == "trunk":
        assert (ran.status, ran.out) == (2, "")
        assert ran.err == "there is no branch main or master to compare with: name BASE\n"
    else:
        assert f"merge base with {name}" in ran.out


def test_a_clone_compares_with_where_it_comes_from(repository: Repository) -> None:
    repository.commit(issue())
    repository.git("branch", "--move", "trunk")
    clone = Repository(repository.folder.parent / "clone")
    clone.git("remote", "add", "origin", str(repository.folder))
    clone.git("fetch", "--quiet")
    clone.git("checkout", "--quiet", "-b", "work", "origin/trunk")
    clone.git("remote", "set-head", "origin", "trunk")
    clone.write(issue() + ACCEPT)
    found = clone.review()
    assert states(found) == ISSUED
    assert found["base"].endswith("(merge base with origin/HEAD)")


def test_a_detached_head(repository: Repository) -> None:
    repository.commit(issue())
    repository.branch("branch")
    repository.commit(issue() + ACCEPT)
    repository.git("checkout", "--quiet", "--detach", "branch")
    assert states(repository.review()) == ISSUED


def test_an_unborn_branch(repository: Repository) -> None:
    repository.write(APPLIED)
    found = repository.review("--signatures")
    assert states(found) == {"V-1": ("none", "applied")}
    assert (found["base"], found["commits"]) == ("nothing yet", [])
    assert found["notes"] == ["ledger.beancount is new, with everything in it"]
    ran = repository.run("review", "HEAD")
    assert (ran.status, ran.err) == (2, "there is no commit HEAD\n")
    repository.write(APPLIED + SETTLE)
    assert rules(repository.review()) == ["segregation-of-duties"]
    assert "(not committed)" in repository.run("blame", "V-1").out


def test_a_shallow_clone(repository: Repository) -> None:
    repository.commit(APPLIED)
    repository.commit({"other.txt": "between"}, WANG)
    repository.commit(APPLIED + SETTLE, WANG)
    clone = Repository(repository.folder.parent / "clone")
    clone.git("fetch", "--quiet", "--depth", "2", f"file://{repository.folder}", "main:work")
    clone.git("checkout", "--quiet", "work")
    # The application looks as if Wang had brought it, since the clone knows nothing before.
    assert states(clone.review("HEAD~1..HEAD")) == {"V-1": ("applied", "settled")}
    clone.git(
        "fetch", "--quiet", "--depth", "1", f"file://{repository.folder}", "main~2:main", status=128
    )
    ran = clone.run("review", "HEAD~2..HEAD")
    assert ran.status == 2
    assert ran.err.startswith("there is no commit HEAD~2; the clone is shallow: fetch more")
    clone.git("checkout", "--quiet", "--orphan", "main")
    clone.commit(issue())
    ran = clone.run("review", "main...work")
    assert ran.status == 2
    assert ran.err.startswith("main and work have no commit in common; the clone is shallow")
    assert " or earlier " in clone.run("blame", "V-1", "--rev", "work").out


def test_a_merge(repository: Repository) -> None:
    repository.commit(
        {TOP: LOOKS + 'include "more/*.beancount"\n', VOUCHERS: issue(), "more/1.beancount": ";"}
    )
    repository.branch("branch")
    repository.commit({VOUCHERS: issue() + ACCEPT})
    repository.git("checkout", "--quiet", "main")
    repository.commit({"more/2.beancount": issue("V-2")})
    repository.git("checkout", "--quiet", "branch")
    repository.git("merge", "--quiet", "--no-edit", "main")
    assert states(repository.review("main...branch")) == ISSUED
    assert states(repository.review()) == ISSUED
    assert states(repository.review("HEAD^1..HEAD")) == {"V-2": ("none", "issued")}


@pytest.mark.parametrize("name", ["nowhere", "--all", "HEAD:ledger.beancount", "", "-1"])
def test_a_revision_that_is_none(repository: Repository, name: str) -> None:
    repository.commit(issue())
    ran = repository.run("review", "--", f"{name or 'x y'}..HEAD")
    assert (ran.status, ran.out) == (2, "")
    assert "there is no commit" in ran.err


def test_no_repository_no_ledger_no_git(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(issue())
    outside = tmp_path / "outside.beancount"
    outside.write_text(LOOKS)
    for command in (["review"], ["blame", "V-1"]):
        ran = repository.run(*command, top=str(outside))
        assert (ran.status, ran.out) == (2, "")
        assert "not a git repository" in ran.err
        ran = repository.run(*command, top="none.beancount")
        assert (ran.status, ran.out) == (2, "")
        assert "there is no file none.beancount" in ran.err
    link = repository.folder / "away"
    link.symlink_to(tmp_path)
    with pytest.raises(GitError, match="is not in the repository"):
        git_path(repository, link / "outside.beancount")
    monkeypatch.setenv("PATH", str(tmp_path))
    ran = repository.run("review")
    assert (ran.status, ran.err) == (2, "the command git is not installed\n")


def git_path(repository: Repository, path: Path) -> str:
    from beancount_voucher.review.review import path_in  # noqa: PLC0415

    return path_in(Git.around(repository.folder / TOP), path)


def test_without_a_ledger_the_usage_is_told() -> None:
    from click.testing import CliRunner  # noqa: PLC0415

    from beancount_voucher.cli import main  # noqa: PLC0415

    for command in (["review"], ["blame", "V-1"]):
        result = CliRunner().invoke(main, command, env={"BEANCOUNT_FILE": None})
        assert result.exit_code == 2
        assert "which ledger?" in result.stderr


def test_a_hooks_own_environment_does_not_mislead(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    repository.commit(issue())
    repository.write(issue() + ACCEPT)
    for name in ("GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE", "GIT_OBJECT_DIRECTORY"):
        monkeypatch.setenv(name, str(repository.folder / "nothing"))
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", "false")
    found = Git.around(repository.folder / TOP)
    assert states(repository_review(found)) == ISSUED


def repository_review(found: Git) -> dict[str, object]:
    from beancount_voucher.review.json_report import plain  # noqa: PLC0415
    from beancount_voucher.review.review import review, span_of  # noqa: PLC0415

    return plain(review(found, TOP, span_of(found, "HEAD")))


def test_objects_that_are_missing_are_told(repository: Repository) -> None:
    repository.commit(issue())
    blob = repository.git("rev-parse", f"HEAD:{VOUCHERS}")
    (repository.folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    ran = repository.run("review", "HEAD")
    assert (ran.status, ran.err) == (2, f"object {blob} is missing: the clone is not complete\n")


# --- Which files ------------------------------------------------------------------------

SPLIT = {
    TOP: PLUGIN + WORLD + 'include "2026/*.beancount"\n',
    "2026/02.beancount": ";; February\n",
    "2026/03.beancount": ";; March\n\n" + SETTLE + APPLY + ACCEPT + issue(),
}


def test_renamed_and_split_files_are_no_change(repository: Repository) -> None:
    repository.commit(APPLIED + SETTLE)
    repository.git("rm", "--quiet", VOUCHERS)
    repository.commit(SPLIT)
    found = repository.review("HEAD~1..HEAD")
    assert (found["vouchers"], found["violations"], found["accounts"]) == ([], [], [])
    repository.git("mv", "2026/03.beancount", "2026/marzo.beancount")
    repository.git("mv", TOP, "books.beancount")
    for where in ("HEAD", "HEAD~1"):  # staged, and then committed
        found = repository.review(where, top="books.beancount")
        assert (found["vouchers"], found["violations"]) == ([], [])
        assert found["notes"] == ["books.beancount was ledger.beancount before"]
        repository.commit()
    found = repository.review("HEAD~3..HEAD~2", top=TOP)
    assert (found["vouchers"], found["ledger"]) == ([], TOP)
    found = repository.review("HEAD~3..HEAD", top=TOP)
    assert (found["vouchers"], found["ledger"]) == ([], "books.beancount")


def test_a_ledger_that_comes_and_one_that_goes(repository: Repository) -> None:
    repository.commit({"other.txt": "nothing yet"})
    repository.commit(issue())
    repository.git("rm", "--quiet", TOP)
    repository.commit()
    found = repository.review("HEAD~2..HEAD~1")
    assert states(found) == {"V-1": ("none", "issued")}
    assert found["notes"] == ["ledger.beancount is new, with everything in it"]
    found = repository.review("HEAD~1..HEAD")
    assert states(found) == {"V-1": ("issued", "none")}
    assert rules(found)[0] == "edited-history"
    assert found["notes"] == ["ledger.beancount is gone, with everything in it"]
    assert repository.run("review", "HEAD..HEAD").status == 2


def test_a_dirty_tree(repository: Repository) -> None:
    """Staged, unstaged and new files count; ignored and removed ones do not."""
    repository.commit(
        {
            TOP: LOOKS + 'include "more/**/*.beancount"\n',
            VOUCHERS: issue(),
            "more/1.beancount": ";\n",
        }
    )
    repository.write({VOUCHERS: issue() + ACCEPT})
    repository.git("add", "--all")
    repository.write({VOUCHERS: APPLIED, "more/a/new.beancount": issue("V-2")})
    repository.write({".gitignore": "ignored.beancount\n", "more/ignored.beancount": issue("V-3")})
    (repository.folder / "more" / "1.beancount").unlink()
    index = (repository.folder / ".git" / "index").read_bytes()
    found = repository.review("HEAD")
    assert states(found) == {"V-1": ("issued", "applied"), "V-2": ("none", "issued")}
    assert found["errors"] == []
    assert (repository.folder / ".git" / "index").read_bytes() == index
    assert states(repository.review("HEAD..HEAD")) == {}


def test_unmerged_files_are_read_as_they_stand(repository: Repository) -> None:
    repository.commit(issue())
    repository.branch("branch")
    repository.commit(issue() + ACCEPT)
    repository.git("checkout", "--quiet", "main")
    repository.commit(issue() + event("reject", "2026-03-03"))
    repository.git("merge", "--quiet", "branch", status=1)
    found = repository.review("HEAD")
    assert "new-error" in rules(found)


def test_a_submodule_is_named_and_not_read(repository: Repository) -> None:
    inner = Repository(repository.folder.parent / "inner")
    inner.commit({"facts.beancount": issue()})
    repository.commit({TOP: PLUGIN + WORLD})
    repository.git(
        "-c",
        "protocol.file.allow=always",
        "submodule",
        "--quiet",
        "add",
        str(inner.folder),
        "shared",
    )
    repository.commit({TOP: PLUGIN + WORLD + 'include "shared/facts.beancount"\n'})
    for span in ("HEAD~1..HEAD", "HEAD~1"):
        found = repository.review(span)
        [error] = found["errors"]
        assert error["message"] == (
            'include "shared/facts.beancount": it is in the submodule shared, '
            "whose files are not read [include-refused]"
        )
        assert (error["file"], error["line"]) == (TOP, LOOKS.count("\n"))
    repository.commit({TOP: PLUGIN + WORLD + 'include "shared/facts.beancount"\n;\n'})
    assert repository.review("HEAD~1..HEAD")["notes"] == [f"as before: {error['message']}"]
    Repository(repository.folder / "nested").commit({"facts.beancount": issue()})
    repository.write({TOP: PLUGIN + WORLD + 'include "nested/facts.beancount"\n'})
    assert "in the submodule nested" in repository.review("HEAD")["errors"][0]["message"]


def test_a_submodule_that_a_glob_finds_is_named_and_not_read(repository: Repository) -> None:
    repository.commit({TOP: PLUGIN + WORLD + 'include "*/*.beancount"\n', "a/1.beancount": issue()})
    Repository(repository.folder / "shared").commit({"facts.beancount": ACCEPT})
    said = (
        'include "*/*.beancount": shared: it is in the submodule shared, '
        "whose files are not read [include-refused]"
    )
    for span in ("HEAD", "HEAD~1..HEAD"):  # the second once git has it as a submodule
        found = repository.review(span)
        assert ([each["message"] for each in found["errors"]], states(found)) == ([said], {})
        assert rules(found) == ["new-error"]
        repository.commit()
    repository.commit({TOP: PLUGIN + WORLD + 'include "a/*.beancount"\n'})
    assert repository.review("HEAD~1..HEAD")["errors"][0]["change"] == "mended"


def test_a_path_that_is_not_utf8(repository: Repository) -> None:
    repository.commit({TOP: PLUGIN + WORLD + 'include "*.bean"\n', "a.bean": ";\n"})
    path = os.fsencode(repository.folder) + b"/caf\xe9.bean"
    Path(os.fsdecode(path)).write_text(APPLIED + SETTLE)
    base = repository.git("rev-parse", "HEAD")
    for span in (base, f"{base}..HEAD"):  # the second once it is committed
        for style in ("text", "json", "github", "markdown"):
            ran = repository.run("review", span, "--format", style)
            assert ran.status == 1
            assert "caf�.bean" in ran.out
        repository.commit()
    found = repository.review("HEAD~2..HEAD")
    assert found["vouchers"][0]["events"][0]["file"] == "caf�.bean"
    assert rules(found) == ["segregation-of-duties"]
    assert "caf�.bean:1" in repository.run("blame", "V-1").out


def test_symlinks_within_the_repository(repository: Repository) -> None:
    files = {"shared/a.beancount": issue(), "books/x.txt": ""}
    repository.commit(
        {TOP: PLUGIN + WORLD + 'include "books/in/*.beancount"\ninclude "one.beancount"\n'} | files
    )
    (repository.folder / "books" / "in").symlink_to("../shared")
    (repository.folder / "one.beancount").symlink_to("shared/b.bean")
    repository.commit({"shared/b.bean": ACCEPT})
    repository.commit({"shared/b.bean": ACCEPT + APPLY})
    for span in ("HEAD~1..HEAD", "HEAD~1"):
        assert states(repository.review(span)) == {"V-1": ("accepted", "applied")}
    assert repository.review("HEAD")["errors"] == []
    assert "one.beancount:1" in repository.run("blame", "V-1").out


OUTSIDE = "it leaves the repository"
# What a glob finds: a symlink, what it points to, a pattern, what is said, and the name.
FOUND_BY_GLOBS = [
    ("facts/o.bean", "../../outside.bean", "facts/*.bean", OUTSIDE, "facts/o.bean"),
    ("facts/o.bean", "/etc/hostname", "facts/*.bean", OUTSIDE, "facts/o.bean"),
    ("facts/o.bean", "../../outside.bean", "**/*.bean", OUTSIDE, "facts/o.bean"),
    ("facts/o.bean", "../away/../outside.bean", "facts/*.bean", OUTSIDE, "facts/o.bean"),
    ("more", "../elsewhere", "*/*.bean", OUTSIDE, "more"),
    ("more", "../elsewhere", "more/*.bean", OUTSIDE, "more"),
    ("more", "../elsewhere", "**", OUTSIDE, "more"),
    ("deep/in/more", "../../../elsewhere", "**/*.bean", OUTSIDE, "deep/in/more"),
    ("deep/in/more", "../../../elsewhere", "linked/more/*.bean", OUTSIDE, "linked/more"),
    ("facts/o.bean", "p.bean", "facts/*.bean", "its symlinks go in a circle", "facts/o.bean"),
    ("facts/o.bean", "gone.bean", "facts/*.bean", "git has no file facts/gone.bean", "facts/o.bean"),
]  # fmt: skip


@pytest.mark.parametrize(("link", "target", "pattern", "said", "name"), FOUND_BY_GLOBS)
def test_what_a_glob_finds_and_nobody_may_read_is_named(
    repository: Repository, link: str, target: str, pattern: str, said: str, name: str
) -> None:
    """Beancount reads it in a checkout: a review that passed it over would be of other books."""
    folder = repository.folder
    (folder.parent / "outside.bean").write_text(event("return", "2026-03-04"))
    (folder.parent / "elsewhere").mkdir()
    (folder.parent / "elsewhere" / "1.bean").write_text(event("return", "2026-03-04"))
    top = PLUGIN + WORLD + f'include "{pattern}"\n' + INCLUDE
    files = {"facts/1.bean": ";\n", "deep/in/1.bean": ";\n"}
    repository.commit({**files, TOP: PLUGIN + WORLD + INCLUDE, VOUCHERS: issue()})
    (folder / "away").symlink_to("../elsewhere")
    (folder / "linked").symlink_to("deep/in")
    (folder / "facts" / "p.bean").symlink_to("o.bean")
    (folder / link).symlink_to(target)
    repository.commit({TOP: top, "facts/1.bean": ACCEPT})
    for span in ("HEAD~1..HEAD", "HEAD~1"):
        found = repository.review(span)
        assert "new-error" in rules(found)
        [error] = [each for each in found["errors"] if f": {name}: " in each["message"]]
        assert error["message"] == f'include "{pattern}": {name}: {said} [include-refused]'
        assert (error["file"], error["line"]) == (TOP, top[: top.index("include")].count("\n") + 1)
        if pattern in ("facts/*.bean", "**/*.bean"):  # the others are read all the same
            assert states(found) == ISSUED
    repository.commit({VOUCHERS: issue() + ";\n"})
    assert f"as before: {error['message']}" in repository.review("HEAD~1..HEAD")["notes"]


def test_the_ledgers_that_ship_are_what_beancount_loads() -> None:
    """Through git's objects and through the work tree: the same entries as from the disk."""
    repository = Git.around(ROOT / "README.md")
    head = repository.head()
    trees = [repository.work_tree()]
    for path in sorted(LEDGERS.rglob("*.beancount")):
        top = path.relative_to(ROOT).as_posix()
        there = loader.load(path)
        for tree in trees:
            here = snapshot.load(tree, top).ledger
            assert sorted(map(without_position, here.entries)) == sorted(
                map(without_position, there.entries)
            )
            assert len(here.errors) == len(there.errors)
            assert here.kept == there.kept
    assert head is not None
    assert repository.tree(head).has("README.md")


def without_position(entry: object) -> str:
    fields = dict(entry._asdict())  # type: ignore[attr-defined]
    meta = fields.pop("meta")
    fields["postings"] = [tuple(each)[:-1] for each in fields.get("postings", [])]
    fields["tags"], fields["links"] = (sorted(fields.get(key) or ()) for key in ("tags", "links"))
    said = {key: value for key, value in meta.items() if key not in ("filename", "lineno")}
    said = {key: value for key, value in said.items() if not key.startswith("__")}
    return f"{type(entry).__name__} {fields} {said}"


# --- Globs ------------------------------------------------------------------------------

MANY = 500  # names in a tree: one loop makes 41 of each, two make them without end
NAMES = ["a", "b.bean", ".h", "aa"]
PATTERNS = ["*", "**", "a", "?", "[ab]", "*.bean", ".*", "a*", "**.bean", ".."]
paths = st.lists(st.sampled_from(NAMES), min_size=1, max_size=3).map("/".join)


@effort(150)
@given(
    files=st.sets(paths, max_size=6),
    links=st.dictionaries(paths, st.one_of(paths, st.just(".")), max_size=4),
    parts=st.lists(st.sampled_from(PATTERNS), min_size=1, max_size=4),
)
def test_globs_mean_what_they_mean_to_python(
    tmp_path_factory: pytest.TempPathFactory,
    files: set[str],
    links: dict[str, str],
    parts: list[str],
) -> None:
    """Through symlinks and circles of them, too; what is found and leads to nothing is named."""
    taken = files | set(links)
    free = {path for path in taken if not any(path.startswith(f"{other}/") for other in taken)}
    files = (files & free) - set(links)
    assume(parts.count("..") < 2)  # or the folders of other tests are searched
    root = tmp_path_factory.mktemp("tree") / "root"
    root.mkdir()
    for path in (*files, *free):
        (root / path).parent.mkdir(parents=True, exist_ok=True)
    for path in files:
        (root / path).touch()
    most = MANY if parts.count("**") < 3 else 40  # Python takes each ** for each depth anew
    links = {
        link: os.path.relpath(to, Path(link).parent)
        for link, to in links.items()
        if link in free and _linked(root, link, os.path.relpath(to, Path(link).parent), most)
    }
    for folder in sorted((each for each in root.rglob("*") if each.is_dir()), reverse=True):
        if not folder.is_symlink() and not any(folder.iterdir()):
            folder.rmdir()  # git has no empty folder
    pattern = "/".join(parts)
    there = {
        path
        for path in glob.glob(pattern, root_dir=root, recursive=True)  # noqa: PTH207
        if not (root / path).is_dir() and not path.endswith("/")  # of a/**, whatever a may be
        if _stays_in(root, path)
    }
    tree = Tree(str(root), dict.fromkeys(files, ""), links, frozenset(), lambda _keys: [])
    found = tree.glob(pattern)
    assert found == sorted(set(found))
    assert {path for path in found if tree.has(path)} == {
        path for path in there if (root / path).exists()
    }
    if glob.has_magic(pattern):
        assert {path for path in there if not (root / path).exists()} <= set(found)
    for path in set(found) - there:  # something below might be meant, but not in a circle
        with pytest.raises(TreeError, match=r"git has no file|it leaves the repository"):
            tree.key(path)


def _stays_in(root: Path, path: str) -> bool:
    """Whether no part of a path leads out of a folder."""
    ways = accumulate(path.split("/"), lambda way, part: f"{way}/{part}")
    return all(Path(os.path.realpath(root / way)).is_relative_to(root) for way in ways)


def _linked(root: Path, link: str, to: str, most: int) -> bool:
    """Make a symlink, unless the system would find names without end in the tree then."""
    (root / link).symlink_to(to)
    names, folders = 0, [root]
    while folders and names < most:
        inside = list(folders.pop().iterdir())
        names += len(inside)
        folders += [path for path in inside if path.is_dir()]
    if names < most:
        return True
    (root / link).unlink()
    return False


def _encoded(keys: Sequence[str]) -> list[bytes]:
    return [key.encode() for key in keys]


def test_symlinks_lead_where_the_system_leads_them() -> None:
    """Not where the text of the path does: ``..`` is out of the folder behind a symlink."""
    links = {
        "all": ".",
        "all2": "/books",
        "in": "sub/deep",
        "up": "in/../a",
        "away": "../a",
        "back": "/books/in/../a",
        "round": "/books/../books/a",
        "beside": "/books2/a",
    }
    tree = Tree("/books", {"sub/a": "1", "sub/deep/b": "3", "a": "2"}, links, frozenset(), _encoded)
    assert (tree.real("up"), tree.real("back")) == ("sub/a", "sub/a")
    assert tree.glob("all*/a") == ["all/a", "all2/a"]
    assert tree.read(["all/all2/./a"]) == {"all/all2/./a": b"2"}
    for name in ("away", "round", "beside", "in/../../../a"):
        with pytest.raises(TreeError, match="it leaves the repository"):
            tree.real(name)
    assert not tree.has("in")
    assert tree.glob("in") == []


def test_symlinks_that_multiply_a_file_for_ever() -> None:
    links = {f"{number}": "." for number in range(20)}
    tree = Tree("/", {"a": "", "b/c": ""}, links, frozenset(), lambda _keys: [])
    assert len(tree.glob("*/*/a")) == 400
    for pattern in ("**/a", "**", "*/*/*/*/*/*/a"):
        with pytest.raises(NamesError, match="its symlinks lead to too many names"):
            tree.glob(pattern)
    # What nothing comes of is no work, however many ways lead there.
    assert tree.glob("**/d") == []
    assert tree.glob("/".join(["[0-9]*"] * 41 + ["a"])) == []


def test_a_symlink_to_its_own_folder_leads_as_far_as_the_system_goes() -> None:
    links = {"in/up": ".", "in/chain": "up", "in/away": "../../x"}
    tree = Tree("/b", {"in/a": "", "c": ""}, {"in/up": "."}, frozenset(), lambda _keys: [])
    found = tree.glob("**/a")
    assert found == sorted("in/" + "up/" * hops + "a" for hops in range(41))
    assert all(map(tree.has, found))
    assert tree.glob("**/c") == ["c"]
    # Python finds what comes after the last folder by its name, and Beancount misses it.
    assert tree.glob("/".join(["in", *["*"] * 40, "u*"])) == ["in" + "/up" * 41]
    assert tree.glob("/".join(["in", *["*"] * 42])) == []
    # Two for one, so half as deep; what leaves the repository is named as often.
    tree = Tree("/b", {"in/a": ""}, links, frozenset(), lambda _keys: [])
    assert len(tree.glob("in/" + "chain/" * 20 + "[a]")) == 1
    assert tree.glob("in/" + "chain/" * 20 + "up/[a]") == []
    assert tree.glob("in/" + "chain/" * 19 + "up/*/b") == ["in/" + "chain/" * 19 + "up/away"]
    assert tree.glob("in/" + "chain/" * 20 + "*/b") == []
    assert tree.glob("in/" + "chain/" * 20 + "*y") == ["in/" + "chain/" * 20 + "away"]


def test_a_pattern_that_takes_too_many_steps_through_symlinks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Which of the last twenty names was x, in any order: no two ways are the same."""
    monkeypatch.setattr(tree_module, "_STEPS", 10_000)
    tree = Tree("/", {"f": ""}, {"a": ".", "x": "."}, frozenset(), lambda _keys: [])
    with pytest.raises(NamesError):
        tree.glob("/".join(["**", "x", *["*"] * 20, "g"]))


ALL = PLUGIN + WORLD + 'include "facts/**/*.bean"\n'


def test_a_symlink_to_its_own_folder_hides_no_change(repository: Repository) -> None:
    """What Beancount loads is reviewed; the file beside the symlink has 41 names to both."""
    repository.write(
        {TOP: ALL, "facts/1.bean": issue(), "facts/scans/a.pdf": "", "facts/l/2.bean": ";\n"}
    )
    for folder in ("scans", "l"):
        (repository.folder / "facts" / folder / "latest").symlink_to(".")
    repository.commit()
    repository.commit({"facts/1.bean": issue() + ACCEPT})
    for span in ("HEAD~1..HEAD", "HEAD~1"):
        found = repository.review(span)
        assert (states(found), rules(found), found["notes"]) == (ISSUED, [], [])
    repository.commit({"facts/1.bean": issue(amount="900.00 CNY") + ACCEPT})
    assert rules(repository.review("HEAD~1..HEAD")) == ["edited-history"]
    repository.commit({"facts/l/2.bean": '2026-03-01 note Assets:Ann:Iss "41 times"\n'})
    there = loader.load(repository.folder / TOP)
    here = snapshot.load(Git.around(repository.folder / TOP).work_tree(), TOP).ledger
    assert sorted(map(without_position, here.entries)) == sorted(
        map(without_position, there.entries)
    )
    assert sum("41 times" in without_position(entry) for entry in here.entries) == 41
    assert [each.message for each in here.errors] == [each.message for each in there.errors]


UNREAD = (
    'include "facts/**/*.bean": its symlinks lead to too many names; '
    "nothing of it was read, so this review has not seen everything"
)
NOTHING_ELSE = "[review]\n" + "".join(f"{rule} = false\n" for rule in REVIEW_RULES)


def test_an_include_of_which_nothing_is_read_is_never_let_pass(repository: Repository) -> None:
    """Neither as it was so before, nor by policy or exception: what is not read may change."""
    excuse = (
        '2026-03-01 custom "voucher-exception" "ledger" "new-error"\n  reason: "?"\n  by: "?"\n'
    )
    repository.commit({TOP: ALL, "facts/1.bean": issue(), "bean-voucher.toml": NOTHING_ELSE})
    for name in ("one", "other"):
        (repository.folder / "facts" / name).symlink_to(".")
    line = ALL[: ALL.index("include")].count("\n") + 1
    repository.commit({"facts/1.bean": issue(amount="900.00 CNY")})
    repository.commit({"facts/1.bean": issue(amount="800.00 CNY"), TOP: ALL + excuse})
    for span in ("HEAD~2..HEAD~1", "HEAD~1..HEAD", "HEAD~1", "HEAD~2..HEAD"):
        [violation] = repository.review(span)["violations"]
        assert (violation["rule"], violation["text"]) == ("include-refused", UNREAD)
        assert (violation["file"], violation["line"]) == (TOP, line)
    ran = repository.run("review", "HEAD~1..HEAD")
    assert ran.status == 1
    assert f"  {TOP}:{line}: {UNREAD} [include-refused]\n" in ran.out
    assert "0 vouchers changed, 1 violation." in ran.err
    (repository.folder / "facts" / "one").unlink()
    (repository.folder / "facts" / "other").unlink()
    repository.commit()
    [violation] = repository.review("HEAD~1..HEAD")["violations"]
    assert (violation["text"], violation["file"]) == (f"before: {UNREAD}", None)
    (repository.folder / "bean-voucher.toml").unlink()
    repository.commit()
    (repository.folder / "facts" / "one").symlink_to(".")
    (repository.folder / "facts" / "other").symlink_to(".")
    repository.commit()
    found = rules(repository.review("HEAD~1..HEAD"))
    assert found == ["include-refused", "edited-history"]  # it is told once, as no new error


def test_includes_that_multiply_one_another_for_ever(
    repository: Repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No pattern finds many, but each file that it finds includes as many again."""
    monkeypatch.setattr(ledger_files, "NAMES", 50)
    top = PLUGIN + WORLD + 'include "f.bean"\n'
    repository.write({TOP: top, "f.bean": 'include "*/f.bean"\ninclude "*/f.bean"\n'})
    for number in range(3):
        (repository.folder / str(number)).symlink_to(".")
    repository.commit()
    repository.commit({TOP: f"{top};\n"})
    [violation] = repository.review("HEAD~1..HEAD")["violations"]
    assert violation["text"] == UNREAD.replace("facts/**/*.bean", "*/f.bean")
    assert violation["file"].endswith("/f.bean")


# --- Untrusted branches -----------------------------------------------------------------

WROTE = "ran-code"


def trap(folder: Path) -> str:
    return f"open({str(folder / WROTE)!r}, 'w').close()\n"


class Bomb:
    def __init__(self, folder: str) -> None:
        self.folder = folder

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str]]:
        return os.mkdir, (self.folder,)


def ran_nothing(repository: Repository) -> bool:
    return not any(repository.folder.parent.rglob(WROTE))


# A line of the top file, and what is said of it.
REFUSED = {
    'plugin "evil"': 'plugin "evil" is not run: it might run code; the reviewer may allow it (--allow-plugin evil) [plugin-refused]',
    'option "insert_pythonpath" "TRUE"\nplugin "evil"': 'plugin "evil" is not run',
    'option "plugin_processing_mode" "raw"\nplugin "evil"': 'plugin "evil" is not run',
    'plugin "beancount.plugins.evil"': 'plugin "beancount.plugins.evil" is not run',
    'plugin "beancount.plugins.commodity_attr" "TRAP"': "is not run: it might run code",
    'plugin "beancount.plugins.check_commodity" "TRAP"': "is not run: its configuration might run code, or take for ever",
    'plugin "beancount.plugins.check_average_cost" "TRAP"': "is not run: its configuration might run code, or take for ever",
    'plugin "beancount.plugins.pedantic" "TRAP"': "is not run: its configuration might run code, or take for ever",
    'plugin "beancount.plugins.onecommodity" "Assets"': "is not run: its configuration might run code, or take for ever",
    'include "/etc/hostname"': 'include "/etc/hostname": it leaves the repository [include-refused]',
    'include "../outside.beancount"': "it leaves the repository",
    'include "a/../../outside.beancount"': "git has no folder a",
    'include "../*.beancount"': "it leaves the repository",
    'include "away.beancount"': "it leaves the repository",
    'include "away/outside.beancount"': "it leaves the repository",
    'include "round.beancount"': "its symlinks go in a circle",
    'option "include" "../outside.beancount"': "it leaves the repository",
    'include "secret.beancount.gpg"': "an encrypted file is not read [include-refused]",
    'include "secret.asc"': "an encrypted file is not read [include-refused]",
    'include "none.beancount"': 'File glob "none.beancount" does not match any files',
    'include "none/*.beancount"': 'File glob "none/*.beancount" does not match any files',
    f'include "{VOUCHERS}"': f'Duplicate filename parsed: "{VOUCHERS}"',
    '2026-03-01 document Assets:Ann:Iss "../outside.beancount"': 'File does not exist: "../outside.beancount"',
    '2026-03-01 document Assets:Ann:Iss "/etc/hostname"': "File does not exist",
}  # fmt: skip


@pytest.mark.parametrize("line", REFUSED)
def test_what_a_branch_may_not_do_is_named_and_not_done(repository: Repository, line: str) -> None:
    folder = repository.folder
    repository.commit(issue())
    code = trap(folder.parent)
    said = line.replace(
        "TRAP", f"[{code.strip()}]".replace('"', "'").replace("[open", "open").removesuffix("]")
    )
    (folder.parent / "outside.beancount").write_text(issue("V-66"))
    (folder / "away.beancount").symlink_to("../outside.beancount")
    (folder / "away").symlink_to("..")
    (folder / "round.beancount").symlink_to("round.beancount")
    repository.commit(
        {
            TOP: PLUGIN + said + "\n" + WORLD + INCLUDE,
            "evil.py": code + "__plugins__ = []\n",
            "secret.beancount.gpg": issue("V-66"),
            "secret.asc": "-----BEGIN PGP MESSAGE-----\n",
        },
        WANG,
    )
    for span in ("HEAD~1..HEAD", "HEAD~1"):
        found = repository.review(span)
        assert rules(found) == ["new-error"]
        assert REFUSED[line] in found["errors"][0]["message"]
        assert found["vouchers"] == []
        assert found["errors"][0]["file"] in (TOP, "<load>", "secret.beancount.gpg", "secret.asc")
    assert ran_nothing(repository)


def test_what_runs_with_beancounts_own_loader(repository: Repository) -> None:
    """The traps are real: outside of a review they do go off."""
    code = trap(repository.folder.parent)
    repository.write({TOP: 'option "insert_pythonpath" "TRUE"\nplugin "evil"\n', "evil.py": code})
    loader.load(repository.folder / TOP)
    sys.modules.pop("evil", None)
    assert not ran_nothing(repository)


def test_nothing_of_a_branch_is_run_by_the_real_command(repository: Repository) -> None:
    """Plugins, caches, modules beside the ledger, hooks, filters: nothing goes off."""
    folder = repository.folder
    repository.commit(issue())
    code = trap(folder.parent)
    shell = f"#!/bin/sh\ntouch {folder.parent / WROTE}\ncat\n"
    cache = pickle.dumps(Bomb(str(folder.parent / WROTE)))
    modules = (
        "beancount_voucher_plugin",
        "beancount",
        "sitecustomize",
        "usercustomize",
        "evil",
        "click",
    )
    files = {f"{name}.py": code for name in modules}
    files[TOP] = 'option "insert_pythonpath" "TRUE"\nplugin "evil"\n' + LOOKS
    files[".gitattributes"] = "* diff=evil filter=evil merge=evil\n"
    repository.write(files)
    (folder / f".{TOP}.picklecache").write_bytes(cache)
    repository.commit({VOUCHERS: issue() + ACCEPT}, WANG)
    hook = folder / "hook"
    hook.write_text(shell)
    hook.chmod(0o755)
    (folder / ".git" / "hooks" / "post-index-change").symlink_to(hook)
    for key in ("core.fsmonitor", "diff.evil.textconv", "diff.external", "core.pager"):
        repository.git("config", key, str(hook))
    (folder.parent / WROTE).unlink(missing_ok=True)
    command = Path(sys.executable).with_name("bean-voucher")
    for arguments in (
        ["review", "HEAD~1..HEAD"],
        ["review", "HEAD~1"],
        ["blame", "V-1"],
        ["review", "HEAD~1", "--signatures"],
    ):
        ran = subprocess.run(
            [command, "-f", TOP, *arguments],
            cwd=folder,
            capture_output=True,
            text=True,
            check=False,
        )
        assert ran.returncode == (0 if arguments[0] == "blame" else 1), ran.stderr
        assert "V-1" in ran.stdout or "accept" in ran.stdout
    assert ran_nothing(repository)
    assert (folder / f".{TOP}.picklecache").read_bytes() == cache


def test_a_plugin_that_the_reviewer_allows(
    repository: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "ours.py").write_text(
        "__plugins__ = ['run']\ndef run(entries, options):\n    return entries, []\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    repository.commit(issue())
    repository.commit({TOP: 'plugin "ours"\n' + LOOKS})
    assert rules(repository.review("HEAD~1..HEAD")) == ["new-error"]
    assert rules(repository.review("HEAD~1..HEAD", "--allow-plugin", "ours")) == []
    repository.commit({VOUCHERS: issue() + ACCEPT})
    found = repository.review("HEAD~1..HEAD")
    assert found["violations"] == []
    assert found["notes"][0].startswith('as before: plugin "ours" is not run')


def test_beancounts_own_plugins_run(repository: Repository) -> None:
    own = 'plugin "beancount.plugins.auto_accounts"\nplugin "beancount.plugins.onecommodity"\n'
    repository.commit({TOP: own + LOOKS, VOUCHERS: issue()})
    new = '2026-03-10 * "In an account that nobody opened"\n  Assets:New  1.00 CNY\n  Equity:Opening\n'
    repository.commit({VOUCHERS: issue() + new})
    assert repository.review("HEAD~1..HEAD")["errors"] == []
    raw = 'option "plugin_processing_mode" "raw"\nplugin "beancount.ops.documents"\n' + LOOKS
    padded = (
        "2026-03-10 pad Assets:Bob:Iss Equity:Opening\n2026-03-11 balance Assets:Bob:Iss 1.00 CNY\n"
    )
    repository.commit({TOP: raw, VOUCHERS: issue() + padded})
    assert repository.review("HEAD..HEAD")["errors"] == []
    found = repository.review("HEAD~1..HEAD")
    assert not any("Balance failed" in each["message"] for each in found["errors"])
    repository.commit(
        {
            TOP: raw.replace(
                LOOKS, 'plugin "beancount.ops.pad"\nplugin "beancount.ops.balance"\n' + LOOKS
            )
        }
    )
    found = repository.review("HEAD~1..HEAD")
    assert {each["account"] for each in found["accounts"]} == {"Assets:Bob:Iss", "Equity:Opening"}


def test_folders_of_documents_are_not_searched(repository: Repository) -> None:
    repository.commit(
        {
            "docs/Assets/Ann/Iss/2026-03-01.scan.pdf": "scan",
            TOP: 'option "documents" "docs"\n' + LOOKS,
            VOUCHERS: issue(),
        }
    )
    named = '2026-03-01 document Assets:Ann:Iss "docs/Assets/Ann/Iss/2026-03-01.scan.pdf"\n'
    named += f'2026-03-02 document Assets:Ann:Iss "{repository.folder}/docs/Assets/Ann/Iss/2026-03-01.scan.pdf"\n'
    repository.commit({VOUCHERS: issue() + named})
    found = repository.review("HEAD~1..HEAD")
    assert (found["errors"], found["violations"]) == ([], [])


def test_an_absolute_include_within_the_repository(repository: Repository) -> None:
    include = f'include "{repository.folder.resolve()}/{VOUCHERS}"\n'
    repository.commit({TOP: PLUGIN + WORLD + include, VOUCHERS: issue()})
    repository.commit({VOUCHERS: issue() + ACCEPT})
    assert states(repository.review("HEAD~1..HEAD")) == ISSUED


def test_a_folder_that_became_a_symlink_is_not_followed(repository: Repository) -> None:
    repository.commit(
        {TOP: PLUGIN + WORLD + 'include "in/*.beancount"\n', "in/a.beancount": issue()}
    )
    outside = repository.folder.parent / "outside"
    (repository.folder / "in").rename(outside)
    (repository.folder / "in").symlink_to(outside)
    found = repository.review("HEAD")
    assert "it leaves the repository" in found["errors"][0]["message"]
    assert states(found) == {"V-1": ("issued", "none")}


def test_a_ledger_that_beancount_cannot_load(repository: Repository) -> None:
    repository.commit(issue())
    repository.commit(issue() + ACCEPT + '  lineno: "one"\n' + ACCEPT)
    ran = repository.run("review", "HEAD~1..HEAD")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err.startswith("ledger.beancount: Beancount cannot load it: ")
    assert repository.run("blame", "V-1").status == 1


# --- Blame ------------------------------------------------------------------------------


def test_blame_follows_moves_and_tells_changes(repository: Repository) -> None:
    first = repository.commit({TOP: LOOKS, VOUCHERS: issue()})
    second = repository.commit({VOUCHERS: issue() + ";\n" + ACCEPT}, WANG)
    third = repository.commit({VOUCHERS: issue(accept_by="2026-03-08") + ";\n" + ACCEPT}, WANG)
    repository.commit(
        {
            VOUCHERS: ";; moved\n",
            "2026.beancount": issue(accept_by="2026-03-08") + ACCEPT,
            TOP: LOOKS + 'include "2026.beancount"\n',
        }
    )
    repository.git("mv", "2026.beancount", "26.beancount")
    repository.commit({TOP: LOOKS + 'include "26.beancount"\n'})
    ran = repository.run("blame", "V-1", "--format", "json")
    rows = json.loads(ran.out)
    assert [(each["event"], each["commit"], each["author"], each["where"]) for each in rows] == [
        ("issue", first[:10], LIN, "26.beancount:1"),
        ("issue (changed)", third[:10], WANG, "26.beancount:1"),
        ("accept", second[:10], WANG, "26.beancount:9"),
    ]
    assert rows[0]["subject"] == "change"
    assert repository.run("blame", "V-1", "--rev", "HEAD~3").out.count("vouchers.beancount") == 2
    repository.write({"26.beancount": issue(accept_by="2026-03-09") + ACCEPT + APPLY})
    out = repository.run("blame", "V-1").out
    assert "issue (changed)  (not committed)" in out
    assert "apply" in out.splitlines()[-1]


def test_blame_at_the_end_of_a_file(repository: Repository) -> None:
    repository.commit(issue() + '2026-03-03 custom "voucher-accept" "V-1"\n  by: "Acc"')
    assert repository.run("blame", "V-1").out.count("Lin") == 2


def test_blame_of_what_is_not_there(repository: Repository) -> None:
    repository.commit(issue())
    ran = repository.run("blame", "V-2")
    assert (ran.status, ran.out) == (1, "")
    assert ran.err == "V-2: there is no such voucher [not-found]\n"
    ran = repository.run("blame", "V-1", "--rev", "nowhere")
    assert (ran.status, ran.err) == (2, "there is no commit nowhere\n")


def test_what_git_says_when_it_fails_is_one_line(repository: Repository) -> None:
    repository.commit(issue())
    with pytest.raises(GitError, match=r"^git log: fatal: [^\n]*$"):
        Git.around(repository.folder / TOP).run("log", "nowhere", "--")
    with pytest.raises(GitError, match=r"^git config: exit status 1$"):
        Git.around(repository.folder / TOP).run("config", "no.such")


def test_a_pattern_that_would_take_for_ever() -> None:
    deep = "/".join("a" * 40)
    tree = Tree("/", {deep: ""}, {}, frozenset(), lambda _keys: [])
    assert tree.glob("/".join(["**", "a"] * 20)) == [deep]
    assert tree.glob("/".join(["**", "a"] * 19 + ["**", "b"])) == []


# --- What is checked out otherwise than committed ---------------------------------------


def test_a_sparse_checkout_is_no_edited_history(repository: Repository) -> None:
    """What is left out is as it is in the index, its symlinks and policy too."""
    files = {
        TOP: PLUGIN + WORLD + 'include "a/*.bean"\ninclude "b/*.bean"\n',
        "a/1.bean": ";\n",
        "c/2.bean": issue(),
        "bean-voucher.toml": "",
    }
    repository.write(files)
    (repository.folder / "b").mkdir()
    (repository.folder / "b" / "2.bean").symlink_to("../c/2.bean")
    repository.commit()
    repository.commit({"a/1.bean": ACCEPT}, WANG)
    repository.git("sparse-checkout", "set", "a")
    assert not (repository.folder / "c").exists()
    assert not (repository.folder / "b").exists()
    found = repository.review("HEAD")
    assert (states(found), rules(found), found["errors"]) == ({}, [], [])
    assert repository.run("blame", "V-1").out.count("b/2.bean:1") == 1
    repository.write({"a/1.bean": ACCEPT + APPLY})
    assert states(repository.review("HEAD~1")) == {"V-1": ("issued", "applied")}
    # What stands there all the same is what the reader has.
    repository.write({"c/2.bean": issue(accept_by="2026-03-09")})
    assert rules(repository.review("HEAD")) == ["edited-history"]


def test_other_ends_of_lines_are_no_change(repository: Repository) -> None:
    """As Windows checks them out, also within a text of several lines."""
    text = issue(product='"return\nfreight"')
    repository.commit(text + ACCEPT)
    repository.git("config", "core.autocrlf", "true")
    (repository.folder / VOUCHERS).unlink()
    repository.git("checkout", "--quiet", "--", VOUCHERS)
    assert b"\r\n" in (repository.folder / VOUCHERS).read_bytes()
    assert repository.review("HEAD")["vouchers"] == []
    assert "(not committed)" not in repository.run("blame", "V-1").out
    repository.git("config", "core.autocrlf", "false")
    repository.commit({}, WANG)
    assert repository.review("HEAD~1..HEAD")["vouchers"] == []


def test_what_only_one_reader_ignores_is_no_less_new(repository: Repository) -> None:
    repository.commit({TOP: PLUGIN + WORLD + 'include "*.bean"\n', "1.bean": ";\n"})
    (repository.folder / ".git" / "info" / "exclude").write_text("*.bean\n")
    repository.write({"2.bean": issue()})
    assert states(repository.review("HEAD")) == {"V-1": ("none", "issued")}
    repository.write({".gitignore": "2.bean\n"})
    assert states(repository.review("HEAD")) == {}


def test_a_line_of_the_branch_that_is_being_merged_is_theirs(repository: Repository) -> None:
    """As git has it: half-way through a merge it is not Lin who wrote what Wang did."""
    repository.commit(issue())
    repository.branch("branch")
    repository.commit(issue() + ACCEPT, WANG)
    repository.git("checkout", "--quiet", "main")
    repository.commit({"other.txt": ""})
    repository.git("merge", "--quiet", "--no-commit", "branch")
    assert "Wang" in repository.run("blame", "V-1").out.splitlines()[-1]


# An include, and what of the files has to be there for it -> what is read.
THROUGH_FOLDERS = {
    "d/../v.bean": "d/keep",
    "./d/.././v.bean": "d/keep",
    "d//..//v.bean": "d/keep",
    "d/e/../../v.bean": "d/e/keep",
    "d/../[v].bean": "d/keep",
    "*/../v.bean": "d/keep",
    "?/./../v.bean": "d/keep",
    "l/../v.bean": "d/keep",
}


@pytest.mark.parametrize("include", THROUGH_FOLDERS)
def test_a_path_out_of_a_folder_needs_the_folder(repository: Repository, include: str) -> None:
    """Beancount reads nothing once it is gone: a change that removes a file without a word."""
    keep = THROUGH_FOLDERS[include]
    if include.startswith("l"):
        (repository.folder / "l").symlink_to("d")
    repository.commit({TOP: PLUGIN + WORLD + f'include "{include}"\n', "v.bean": issue(), keep: ""})
    there = loader.load(repository.folder / TOP)
    assert (repository.review("HEAD")["errors"], len(there.errors)) == ([], 0)
    repository.git("rm", "--quiet", keep)
    repository.commit({}, WANG)
    for span in ("HEAD~1..HEAD", "HEAD~1"):
        found = repository.review(span)
        assert states(found) == {"V-1": ("issued", "none")}
        assert sorted(rules(found)) == ["edited-history", "new-error"]
    there = loader.load(repository.folder / TOP)
    assert [each.message for each in there.errors] == [f'File glob "{include}" does not match any files']  # fmt: skip


# A name that only a folder can have: it matches no file, for Beancount or us.
@pytest.mark.parametrize("include", ["v.bean/", "v.bean/.", "v.bean/../v.bean", "[v].bean/", "*/."])
def test_a_file_is_no_folder(repository: Repository, include: str) -> None:
    repository.commit({TOP: PLUGIN + WORLD + f'include "{include}"\n', "v.bean": issue()})
    assert len(loader.load(repository.folder / TOP).errors) == 1
    tree = Git.around(repository.folder / TOP).work_tree()
    assert len(snapshot.load(tree, TOP).ledger.errors) == 1
