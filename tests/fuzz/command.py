"""The command line: any words after ``bean-voucher``, on a real ledger in a folder of its own."""

from __future__ import annotations

import tempfile
from contextlib import chdir
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING
from unittest.mock import patch

import click
from click.testing import CliRunner
from hypothesis import strategies as st

from beancount_voucher.cli import main
from tests.fuzz.ledgers import DATES, LIFE, NUMBERS
from tests.fuzz.target import Target
from tests.support import ACCOUNTS, LINES, PARTIES, PLUGIN, event, issue
from tests.support.bank_files import CSV_MAP, Entry, Sheet, camt, csv, mt940

if TYPE_CHECKING:
    from collections.abc import Mapping

_DEMO = import_module(
    "beancount_voucher.cli.commands.demo"
)  # the package's own name is the command

STATUSES = (0, 1, 2, 3)

_SHEET = Sheet("S-1", "A1", "2026-03-01", "2026-03-31", "1.00", (Entry("03-06", "-100.00", "V-1"),))
_ACCOUNTS = ACCOUNTS.replace("open Assets:Ann:Iss\n", 'open Assets:Ann:Iss\n  bank-account: "A1"\n')
_CODE = '"sha256:' + "0" * 64 + '"'

LEDGER = PLUGIN + PARTIES + _ACCOUNTS + LINES + LIFE + (
    issue("V-2", apply_by="9999-12-31", cover_start="2026-03-10", requires_event='"a=b"', requires_code=_CODE)
    + issue("V-3", funding='"credit"', requires_policy="TRUE", not_before="9999-12-31")
    + event("accept", "2026-03-03", voucher="V-3")
    + issue("V-4", kind="request", date="2026-03-01", accept_by="9999-12-31", apply_by="9999-12-31")
    + issue("V-5", accept_by="9999-12-31", apply_by="9999-12-31")
    + f'2026-03-08 custom "voucher-close" "V-{"9" * 5000}"\n'
)  # fmt: skip

FILES: dict[str, str] = {
    "ledger.beancount": LEDGER,
    "s.xml": camt(_SHEET),
    "s.sta": mt940(_SHEET),
    "s.csv": csv(_SHEET),
    "s.toml": CSV_MAP,
    "a.beancount": LIFE,
    "b.beancount": LIFE + event("settle", "2026-03-06"),
}
"""What lies in the folder."""

# --- What must hold ---------------------------------------------------------------------


def contents(folder: Path) -> dict[str, bytes]:
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and path.suffix != ".lock"
    }


def may_write(words: list[str]) -> bool:
    """Whether the words ask to write, as the manual says: --write, -o, or what always writes."""
    asked = any(word == "--write" or word.startswith(("-o", "--output")) for word in words)
    return asked or any(word in ("init", "demo", "merge") for word in words)


def assert_answered(
    status: int, words: list[str], before: Mapping[str, bytes], after: Mapping[str, bytes]
) -> None:
    """A known exit status, and nothing written that was not asked for or was refused."""
    assert status in STATUSES, status
    if status in (2, 3) or not may_write(words):
        assert after == before, "written, though not asked for or refused"
    elif "merge" not in words:
        assert all(after[name].startswith(content) for name, content in before.items()), (
            "not appended"
        )


def safe(word: str) -> str:
    """A word that an operating system can hand over, and that leads nowhere out of the folder."""
    return word.replace("\0", "").replace("/", "_").replace("..", "_")


def check_words(given: list[str]) -> None:
    """One run of the command in this process, in a new folder."""
    words = [safe(word) for word in given]
    with tempfile.TemporaryDirectory() as name, chdir(name), patch.object(_DEMO, "_serve"):
        folder = Path(name)
        for file, text in FILES.items():
            (folder / file).write_text(text, encoding="utf-8")
        before = contents(folder)
        result = CliRunner().invoke(main, ["-f", "ledger.beancount", *words])
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        assert "Traceback" not in result.stderr, result.stderr
        assert_answered(result.exit_code, words, before, contents(folder))


# --- Words ------------------------------------------------------------------------------

_SURROGATES = st.characters(min_codepoint=0xDC80, max_codepoint=0xDCFF, categories=["Cs"])
_ANY_WORD = st.one_of(
    st.text(max_size=8),
    st.text(st.one_of(_SURROGATES, st.characters(max_codepoint=0x7F)), max_size=8),
    st.sampled_from(
        [
            "",
            "-",
            "--",
            "-h",
            "--help",
            "-q",
            "-o",
            "\x1b[31m",
            "V" * 5000,
            "9" * 5000,
            "{n}",
            "A{n:099}B",
        ]
    ),
)
_MOSTLY_ONE = st.sampled_from([1] * 9 + [0])
_CLAUSES = st.lists(
    st.sampled_from([
        "SELECT", "*", "FROM", "#vouchers", "#voucher_events", "WHERE", "id", "=", "~", "'('", "count(", ")", ",",
        "GROUP BY", "ORDER BY", "1/2", "account", "sum(position)", "PRINT", "BALANCES", "JOURNAL", "'a'", "CLOSE",
        "CREATE TABLE a", "INSERT INTO", "DISTINCT", "LIMIT", "99999999999999999999", "AS", "date", "-", "NULL", "links",
    ]),
    max_size=7,
).map(" ".join)  # fmt: skip
_QUERIES = st.one_of(
    _CLAUSES,
    st.builds(
        "SELECT {} FROM #vouchers {}".format, st.sampled_from(["*", "id", "amount, held"]), _CLAUSES
    ),
)
_VALUES = st.one_of(
    st.sampled_from(["V-1", "V-2", "V-3", "V-4", "V-5", "V-6", "Ann", "Iss", "Acc", "Ins", "cash", "exact", "a=b"]),
    st.sampled_from([*FILES, "new.beancount", "P-1", "CNY", "7d", "9999w", "A1=Assets:Ann:Iss", "V-{n}", "V-{n:04}"]),
    st.builds("{} CNY".format, NUMBERS), DATES, _ANY_WORD,
    st.sampled_from(["0", "1e999999999", "-1", "NaN", "sNaN", "Infinity", "1e-999999999", "٣", "HEAD", "HEAD..HEAD"]),
    st.sampled_from(["idna", "undefined", "utf-16", "unicode_escape", "base64", "SELECT * FROM #vouchers"]),
    _QUERIES,
)  # fmt: skip


_DAYS = st.one_of(st.sampled_from(["2026-03-05", "2026-03-09", "2026-04-01", "9999-12-31"]), DATES)
_NAMED: dict[str, st.SearchStrategy[str]] = {
    **dict.fromkeys(("voucher_id", "voucher_ids", "like"), st.sampled_from([f"V-{n}" for n in range(1, 7)])),
    **dict.fromkeys(("policyholder", "instructed_by"), st.just("Ann")),
    "insurer": st.just("Ins"), "acceptor": st.just("Acc"), "bank": st.just("Iss"), "issuer": st.just("Iss"),
    "amount": st.sampled_from(["100.00 CNY", "50.00 CNY", "1,000.00 CNY", "0 CNY"]),
    "files": st.sampled_from(["s.xml", "s.sta", "s.csv"]), "how": st.just("s.toml"),
    "given": st.just("A1=Assets:Ann:Iss"), "tolerance": st.sampled_from(["0", "0.05", "1e999999999", "1e-999999999"]),
    "window": st.sampled_from(["0", "3", "10"]), "due_within": st.sampled_from(["7d", "9999w"]),
    "encoding": st.sampled_from(["utf-8", "latin-1", "idna", "undefined"]), "pattern": st.sampled_from(["V-{n}", "N-{n:04}"]),
    **dict.fromkeys(("base", "ours", "theirs"), st.sampled_from(["a.beancount", "b.beancount", "s.xml", "ledger.beancount"])),
    "query": _QUERIES, "folder": st.sampled_from(["made", "made", "s.xml"]), "currency": st.just("CNY"),
    "credit_line": st.sampled_from(["0", "10.00"]), "file": st.sampled_from(["new.beancount", "ledger.beancount"]),
    "requires_code": st.just(_CODE.strip('"')), "requires_event": st.just("a=b"), "requires_amount": st.just("exact"),
}  # fmt: skip
"""What a parameter is about, by name."""


def _value(parameter: click.Parameter) -> st.SearchStrategy[str]:
    """A value that the parameter takes; one time in ten, any."""
    if isinstance(parameter.type, click.Choice):
        right = st.sampled_from([str(each) for each in parameter.type.choices])
    elif isinstance(parameter.type, click.DateTime):
        right = _DAYS
    else:
        right = _NAMED.get(str(parameter.name), _VALUES)
    return st.integers(0, 9).flatmap(lambda one: right if one else _VALUES)


@st.composite
def _words(draw: st.DrawFn) -> list[str]:
    """A command with arguments and options of its own, and now and then something else."""
    name = draw(st.sampled_from(sorted(main.commands)))
    words: list[str] = []
    given = draw(st.sampled_from([0, 2, 4, 9]))  # of ten options
    for parameter in main.commands[name].params:
        if isinstance(parameter, click.Argument):
            wanted = (
                draw(st.sampled_from([1, 1, 1, 2])) if parameter.nargs != 1 else draw(_MOSTLY_ONE)
            )
            if parameter.name == "words":
                words += [draw(_NAMED["voucher_id"]), draw(_NAMED["amount"])]
            else:
                words += [draw(_value(parameter)) for _ in range(wanted)]
        elif isinstance(parameter, click.Option) and draw(st.integers(0, 9)) < given:
            words.append(draw(st.sampled_from(parameter.opts)))
            if not parameter.is_flag:
                words.append(draw(_value(parameter)))
    if draw(st.integers(0, 9)) == 0:
        words = [*draw(st.permutations(words)), *draw(st.lists(_ANY_WORD, max_size=1))]
    options = draw(
        st.one_of(*[st.just(())] * 6, st.just(("-q",)), st.tuples(st.just("-f"), _VALUES))
    )
    return [*options, name, *words]


WORDS = st.one_of(_words(), _words(), _words(), st.lists(_ANY_WORD, max_size=4))

TARGETS = (Target("command", WORDS, check_words, 300),)
