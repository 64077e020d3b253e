"""Mutation testing: ``python -m tests.mutation [MODULE…]`` (all of ``MODULES``, without one).

A module is named without the package: ``python -m tests.mutation lifecycle.transitions``.

Needs mutmut, which is no dependency of the tests: ``pip install "beancount-voucher[mutation]"``.

mutmut's operators put each small fault into a copy of the repository, one at a time, and the
tests of ``TESTS`` that reach the function must fail. What survives is compared with
``survivors.txt``: each survivor that stands there is explained, each other one ends the command
with exit status 1, and so does an explanation of what no longer survives. Mutated are function
bodies; the tables (``TRANSITIONS``, ``POSTINGS``, …) have faults of their own in other tests.

mutmut leaves out functions with decorators, and starts pytest anew for each mutant. So here the
decorators are applied in another way, and one pytest forks for each mutant.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from tests.mutation.made import Mutant

ROOT = Path(__file__).parents[2]
SURVIVORS = Path(__file__).with_name("survivors.txt")

NO_MUTMUT = """\
mutmut is not installed, so nothing was mutated. It comes with the extra "mutation":
    pip install "beancount-voucher[mutation]"
"""

MODULES = """
    lifecycle.transitions lifecycle.form_checks lifecycle.guards lifecycle.verdicts lifecycle.evaluation
    lifecycle.journal lifecycle.events lifecycle.status lifecycle.vouchers lifecycle.candidates lifecycle.credit_lines lifecycle.credit_guards
    lifecycle.decisions lifecycle.deadlines lifecycle.due lifecycle.next_steps lifecycle.overdue lifecycle.meaning lifecycle.days lifecycle.reconciled
    conditions
    books.posting_table books.entry_templates books.event_amounts books.bookkeeping
    books.event_writer books.auto_accounts books.free_funds
    ledger.permissions ledger.locks ledger.atomic_files ledger.append ledger.dry_run
    ledger.partial_dry_run
    audit.expected audit.hold_accounts audit.prefilter audit.invariants audit.credit_lines
    directives.money directives.facts directives.values directives.parser directives.persons
    directives.printer directives.entries
"""

TESTS = """
    tests/directives tests/lifecycle tests/books tests/ledger tests/audit
    tests/beancount_voucher_plugin tests/test_conditions.py tests/whole/test_ledgers.py
    tests/cli/test_program.py tests/cli/commands/test_list.py tests/cli/commands/test_decide.py
    tests/cli/commands/test_record.py tests/cli/commands/test_run.py
    tests/cli/commands/test_reconcile.py
"""

# What takes long, or runs in other processes that know of no mutant.
DESELECTED = """
    test_eight_clerks_lose_nothing or test_clerks_who_write_different_files_lose_nothing_either or
    test_colleagues_write_one_file_in_turns or
    test_who_is_not_in_the_group_changes_nothing_and_is_in_nobodys_way or
    test_a_lock_of_an_older_version_beside_a_write_protected_file or
    test_eight_writers_lose_nothing or test_a_writer_killed_at_any_step_leaves_the_old_or_the_new or
    test_an_argument_of_any_bytes_is_told_and_not_stumbled_over or test_the_installed_command or
    test_the_auditors_queries_run
"""


def explained(text: str) -> dict[str, str]:
    """The changes that survive, each with the reason: paragraphs that end with ``= why``."""
    found = {}
    for paragraph in filter(None, (each.strip("\n") for each in text.split("\n\n"))):
        change, equals, why = paragraph.rpartition("\n= ")
        assert equals, f"no reason: {paragraph}"
        found[change] = why
    return found


def module_of(change: str) -> str:
    """The module in which a change is: its first line names a function of it, or a method."""
    where = change.partition("\n")[0]
    return next((each for each in MODULES.split() if where.startswith(f"{each}.")), "")


def copied(folder: Path, modules: Sequence[str]) -> list[Mutant]:
    """The repository in a folder, with mutants in some modules."""
    from tests.mutation.made import mutated  # noqa: PLC0415

    listed = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    files = subprocess.run(listed, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    for name in filter(None, files.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes((ROOT / name).read_bytes())
    mutants = []
    for module in modules:
        path = folder / "beancount_voucher" / f"{module.replace('.', '/')}.py"
        code, made = mutated(module, path.read_text(encoding="utf-8"))
        path.write_text(code, encoding="utf-8")
        mutants += made
    return mutants


def tried(folder: Path, mutants: Sequence[Mutant]) -> dict[str, int]:
    """Each mutant's exit status: zero if every test passed."""
    listed = [(mutant.name, mutant.function) for mutant in mutants]
    (folder / "mutants.json").write_text(json.dumps(listed))
    plugins = ["tests.mutation.plugin", "no:cacheprovider", "no:xdist", "no:cov"]
    options = [option for plugin in plugins for option in ("-p", plugin)]
    deselected = ["-k", f"not ({' '.join(DESELECTED.split())})"]
    # Hypothesis draws the same examples each time under CI; a mutant dies by chance otherwise.
    subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-s", *options, *deselected, *TESTS.split()],
        cwd=folder,
        check=True,
        env={**os.environ, "CI": "1"},
    )
    results: dict[str, int] = json.loads((folder / "results.json").read_text())
    return results


def report(mutants: Sequence[Mutant], results: Mapping[str, int], known: Mapping[str, str]) -> int:
    """Print what survived, and the numbers; 1 if something survived without an explanation."""
    made, survived = Counter[str](), Counter[str]()
    surviving = [mutant for mutant in mutants if not results[mutant.name]]
    for mutant in mutants:
        made[mutant.module] += 1
    for mutant in surviving:
        survived[mutant.module] += 1
    changes = {mutant.change for mutant in surviving}
    new = sorted(changes - known.keys())
    gone = sorted(key for key in known.keys() - changes if module_of(key) in made)
    for title, found in (("Survives, not explained", new), ("Explained, but dies", gone)):
        for change in found:
            print(f"--- {title}:\n{change}\n")
    for module, count in made.items():
        left = survived[module]
        print(f"{module:24} {count:5} mutants {count - left:5} killed {left:4} survive")
    print(
        f"{'all':24} {made.total():5} mutants, {survived.total()} survive, {len(new)} unexplained"
    )
    return int(bool(new or gone))


def main(arguments: Sequence[str]) -> int:
    try:
        import mutmut  # noqa: F401, PLC0415
    except ImportError:
        sys.stderr.write(NO_MUTMUT)
        return 1
    os.chdir(ROOT)  # mutmut reads its options from pyproject.toml here
    modules = list(dict.fromkeys(arguments)) or MODULES.split()
    known = explained(SURVIVORS.read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory(prefix="mutation-") as made:
        folder = Path(made)
        mutants = copied(folder, modules)
        return report(mutants, tried(folder, mutants), known)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
