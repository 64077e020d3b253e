"""The merge driver: two branches' facts come together, or the contradiction is told."""

from __future__ import annotations

import datetime as dt
import shlex
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.cli import main
from beancount_voucher.ledger import atomic_files
from beancount_voucher.ledger.atomic_files import WriteRefusedError
from beancount_voucher.review.blocks import BlockError, blocks
from beancount_voucher.review.merge import merge, numbered_alike
from tests.support import (
    ACCEPT,
    APPLY,
    HAPPY,
    LEDGERS,
    LINES,
    SETTLE,
    event,
    issue,
    load,
    load_path,
)
from tests.support.profiles import effort

if TYPE_CHECKING:
    from tests.support import Loaded
    from tests.support.repository import Repository

DRIVER = f"{shlex.quote(str(Path(sys.executable).with_name('bean-voucher')))} merge %O %A %B %P"


def life(voucher: str, *kinds: str) -> str:
    """A voucher with so many events, as the command appends them: a blank line between."""
    dates = {"accept": "2026-03-03", "apply": "2026-03-05", "settle": "2026-03-06"}
    events = [event(kind, dates[kind], voucher=voucher) for kind in kinds]
    return "\n".join([issue(voucher), *events]) + "\n"


def merged(base: str, ours: str, theirs: str) -> tuple[str, list[str]]:
    content, disputes = merge(base.encode(), ours.encode(), theirs.encode())
    return content.decode(), disputes


def books(ledger: Loaded) -> tuple[list[str], list[str]]:
    return ledger.booked(), sorted(ledger.codes)


# --- Against git's own ------------------------------------------------------------------

BASE = life("V-1", "accept") + life("V-2") + life("V-3", "accept", "apply")
OURS = BASE + "\n".join(
    [
        life("V-4", "accept"),
        event("apply", "2026-03-05", policy='"P-1"'),
        event("settle", "2026-03-06", voucher="V-3"),
    ]
)
THEIRS = (
    BASE
    + "\n".join([life("V-5", "accept"), event("accept", "2026-03-03", voucher="V-2"), life("V-6", "accept", "apply", "settle")])
)  # fmt: skip


def two_branches(repository: Repository, attribute: str) -> int:
    """Merge the branch "theirs" into "ours", and return git's exit status."""
    name = "vouchers.beancount"
    repository.git("config", "merge.bean-voucher.driver", DRIVER)
    repository.commit({".gitattributes": f"*.beancount {attribute}\n", name: BASE})
    repository.branch("theirs")
    repository.commit({name: THEIRS})
    repository.git("checkout", "--quiet", "-b", "ours", "main")
    repository.commit({name: OURS})
    try:
        repository.git("merge", "--quiet", "--no-edit", "theirs")
    except AssertionError:
        return 1
    return 0


def is_merged(repository: Repository) -> bool:
    """Whether the ledger's books are those of all facts of both branches."""
    text = (repository.folder / "vouchers.beancount").read_text()
    wanted = load(OURS + THEIRS.removeprefix(BASE))
    return books(load(text)) == books(wanted) and wanted.errors == []


@pytest.mark.parametrize(
    ("attribute", "status", "works"),
    [("merge=bean-voucher", 0, True), ("merge", 1, False), ("merge=union", 0, False)],
)
def test_two_branches_that_append_come_together(
    repository: Repository, attribute: str, status: int, works: bool
) -> None:
    assert two_branches(repository, attribute) == status
    assert is_merged(repository) is works


def test_the_driver_tells_a_contradiction(repository: Repository) -> None:
    name = "vouchers.beancount"
    repository.git("config", "merge.bean-voucher.driver", DRIVER)
    repository.commit(
        {".gitattributes": "*.beancount merge=bean-voucher\n", name: life("V-1", "accept", "apply")}
    )
    repository.branch("theirs")
    repository.commit(
        {name: life("V-1", "accept", "apply") + event("return", "2026-03-05") + life("V-3")}
    )
    repository.git("checkout", "--quiet", "main")
    repository.commit({name: life("V-1", "accept", "apply") + SETTLE + life("V-2")})
    repository.git("merge", "--quiet", "theirs", status=1)
    assert repository.git("ls-files", "--unmerged")
    text = (repository.folder / name).read_text()
    assert f"<<<<<<< ours\n{SETTLE}=======\n" in text
    assert ">>>>>>> theirs\n" in text
    assert text.count('"voucher-issue"') == 3
    assert [
        error
        for error in load(text).errors
        if "syntax" in error.message or "Invalid" in error.message
    ]


# --- Tables -----------------------------------------------------------------------------

COMMENT = ";; April\n\n"
TXN = '2026-03-01 * "Rent"\n  Assets:Ann:Iss  -{}.00 CNY\n  Equity:Opening\n\n'
OPEN = "2026-01-01 open Assets:Ann:{}\n\n"
ONE, TWO = life("V-1"), life("V-2")
BEHIND = ONE.replace(" CNY\n", ' CNY ; by telephone, "at once\n', 1)
A_FILE = 'include "a.beancount"\n\n'
REPAY = '2026-03-{} custom "voucher-repay" "Ann" "Iss" 1.00 CNY\n'
CREDIT = LINES.replace("1000.00", "150.00")


def credit(voucher: str) -> str:
    return issue(voucher, funding='"credit"') + "\n"


# base, ours, theirs -> the merged text.
TOGETHER: dict[str, tuple[str, str, str, str]] = {
    "nothing": (ONE, ONE, ONE, ONE),
    "only ours": (ONE, ONE + TWO, ONE, ONE + TWO),
    "only theirs": (ONE, ONE, ONE + TWO, ONE + TWO),
    "ours first": (ONE, ONE + life("V-3"), ONE + TWO, ONE + life("V-3") + TWO),
    "the same in both": (ONE, ONE + TWO, ONE + TWO, ONE + TWO),
    "the same, written differently": (ONE, ONE + TWO, ONE + TWO.replace("  ", "    "), ONE + TWO.replace("  ", "    ")),
    "made anew by both": ("", ONE, TWO, ONE + TWO),
    "put before": (ONE, ONE + TWO, life("V-0") + ONE, life("V-0") + ONE + TWO),
    "taken away by us": (ONE + TWO, ONE, ONE + TWO + life("V-3"), ONE + life("V-3")),
    "taken away by them": (ONE + TWO, ONE + TWO + life("V-3"), TWO, TWO + life("V-3")),
    "taken away by both": (ONE + TWO, TWO, TWO, TWO),
    "edited by one": (ONE, ONE.replace("2026-03-31", "2026-04-30"), ONE + TWO, ONE.replace("2026-03-31", "2026-04-30") + TWO),
    "edited alike": (ONE, ONE.replace("2026-03-31", "2026-04-30"), ONE.replace("2026-03-31", "2026-04-30"), ONE.replace("2026-03-31", "2026-04-30")),
    "moved by one, appended by the other": (ONE + TWO, TWO + ONE, ONE + TWO + life("V-3"), TWO + life("V-3") + ONE),
    "reformatted by one, appended by the other": (ONE, ONE.replace("  ", "    "), ONE + TWO, ONE.replace("  ", "    ") + TWO),
    "reformatted by them": (ONE, ONE + TWO, ONE.replace("  ", "    "), ONE.replace("  ", "    ") + TWO),
    "no newline at the end": (ONE, ONE + ACCEPT.rstrip(), ONE + TWO, ONE + ACCEPT + TWO),
    "comments": (ONE, ONE + COMMENT, ONE + ";; May\n\n", ONE + COMMENT + ";; May\n\n"),
    "a comment of its own directive": (ONE, ";; one\n" + ONE, ONE + TWO, ";; one\n" + ONE + TWO),
    "a comment by them, a format by us": (ONE, ONE.replace("  ", "    "), ";; one\n" + ONE, ";; one\n" + ONE),
    "a comment by us, a format by them": (ONE, ";; one\n" + ONE, ONE.replace("  ", "    "), ";; one\n" + ONE),
    "a comment behind, by us, and a format by them": (ONE, BEHIND, ONE.replace("  ", "    "), BEHIND),
    "a comment behind, by them, and a format by us": (ONE, ONE.replace("  ", "    "), BEHIND, BEHIND),
    "a comment behind, by us, of what both add": ("", BEHIND, ONE, BEHIND),
    "a comment behind, by them, of what both add": ("", ONE, BEHIND, BEHIND),
    "a comment behind taken away by one": (BEHIND, BEHIND + TWO, ONE, ONE + TWO),
    "no comment, but a text": (TXN.format(1), TXN.format(1).replace("Rent", "Rent; a"), TXN.format(1) + ONE, TXN.format(1).replace("Rent", "Rent; a") + ONE),
    "an include with a comment behind, by us": (A_FILE, A_FILE.replace("\n", " ; the first\n", 1), A_FILE + ONE, A_FILE.replace("\n", " ; the first\n", 1) + ONE),
    "an include with a comment behind, by them, that both add": ("", A_FILE, A_FILE.replace("\n", " ; the first\n", 1), A_FILE.replace("\n", " ; the first\n", 1)),
    "other directives": (ONE, ONE + TXN.format(1), OPEN.format("X") + ONE, OPEN.format("X") + ONE + TXN.format(1)),
    "two alike in one": (ONE, ONE + TXN.format(1) * 2, ONE + TXN.format(1), ONE + TXN.format(1) * 2),
    "a transaction edited alike": (TXN.format(1), TXN.format(2), TXN.format(2) + ONE, TXN.format(2) + ONE),
    "one transaction edited by each": (
        TXN.format(1) + ONE + TXN.format(2), TXN.format(3) + ONE + TXN.format(2), TXN.format(1) + ONE + TXN.format(4),
        TXN.format(3) + ONE + TXN.format(4),
    ),
    "both take one away, we add elsewhere": (
        TXN.format(1) + ONE + TWO, ONE + TXN.format(3) + TWO, ONE + TWO, ONE + TXN.format(3) + TWO,
    ),
    "vouchers that each may go on": (ONE + TWO, ONE + ACCEPT + "\n" + TWO, ONE + TWO + event("accept", "2026-03-03", voucher="V-2"), ONE + ACCEPT + "\n" + TWO + event("accept", "2026-03-03", voucher="V-2")),
    "one voucher, two events that go together": (
        life("V-1", "accept"), life("V-1", "accept") + APPLY, life("V-1", "accept") + event("return", "2026-03-10"),
        life("V-1", "accept") + APPLY + event("return", "2026-03-10"),
    ),
    "events of a voucher that stands elsewhere, in one branch": (";\n\n", ";\n\n" + ACCEPT, ";\n\n" + TWO, ";\n\n" + ACCEPT + TWO),
    "a credit line that stands elsewhere": ("", credit("V-1"), credit("V-2"), credit("V-1") + credit("V-2")),
    "a credit line that is enough": (LINES, LINES + credit("V-1"), LINES + credit("V-2"), LINES + credit("V-1") + credit("V-2")),
    "repaid by each": ("", REPAY.format("08"), REPAY.format("09"), REPAY.format("08") + REPAY.format("09")),
    "a tag pushed by one": (ONE, "pushtag #x\n" + ONE + "poptag #x\n", ONE, "pushtag #x\n" + ONE + "poptag #x\n"),
    "Windows, by them": (ONE, ONE + life("V-3"), (ONE + TWO).replace("\n", "\r\n"), (ONE + life("V-3") + TWO).replace("\n", "\r\n")),
    "Windows no more": (ONE.replace("\n", "\r\n"), ONE + TWO, ONE.replace("\n", "\r\n"), ONE + TWO),
    "Windows no more, by them": (ONE.replace("\n", "\r\n"), ONE.replace("\n", "\r\n"), ONE + TWO, ONE + TWO),
    "one line of Windows": (ONE, ONE.replace("\n", "\r\n", 1), ONE + TWO, ONE + TWO),
    "Windows": (ONE, (ONE + TWO).replace("\n", "\r\n"), ONE + life("V-3"), (ONE + TWO + life("V-3")).replace("\n", "\r\n")),
}  # fmt: skip


@pytest.mark.parametrize("name", TOGETHER)
def test_what_goes_together(name: str) -> None:
    base, ours, theirs, expected = TOGETHER[name]
    assert merged(base, ours, theirs) == (expected, [])
    assert merged(expected, expected, expected) == (expected, [])


def voids(reason: str) -> str:
    return event("void", "2026-03-07", reason=f'"{reason}"')


# base, ours, theirs -> what is said of it, and the lines of both sides.
def _sent(letter: str, *, day: str = "2026-03-02", kind: str = "sent") -> str:
    """A message of which the ones before stand in another file."""
    key = '  key: "SHA256:x"\n' if kind == "received" else ""
    return (
        f'{day} custom "voucher-{kind}" "Iss" "Acc" 7\n  sha256: "{letter * 64}"\n{key}  facts: 1\n'
    )


APART: dict[str, tuple[str, str, str, str, str, str]] = {
    "settled and voided": (
        life("V-1", "accept", "apply"), life("V-1", "accept", "apply") + SETTLE, life("V-1", "accept", "apply") + voids("insurance-returned"),
        "V-1: both branches change it", SETTLE, voids("insurance-returned"),
    ),
    "accepted and rejected": (
        ONE, ONE + ACCEPT, ONE + event("reject", "2026-03-04"), "V-1: reject", ACCEPT, event("reject", "2026-03-04"),
    ),
    "accepted twice": (
        ONE, ONE + ACCEPT, ONE + event("accept", "2026-03-04"), "V-1: a second accept; the first stands on 2026-03-03; expected one only [duplicate]", ACCEPT, event("accept", "2026-03-04"),
    ),
    "accepted by two on one day": (
        ONE, ONE + event("accept", "2026-03-03", by='"Acc"'), ONE + ACCEPT, "[duplicate]", event("accept", "2026-03-03", by='"Acc"'), ACCEPT,
    ),
    "two vouchers of one id": ("", ONE, issue("V-1", "2.00 CNY"), "[duplicate]", ONE, issue("V-1", "2.00 CNY")),
    "edited differently": (
        ONE, ONE.replace("03-31", "04-30"), ONE.replace("03-31", "05-31"),
        "both branches change V-1: issue of 2026-03-02", ONE.replace("03-31", "04-30"), ONE.replace("03-31", "05-31"),
    ),
    "taken away and edited": (ONE, "", ONE.replace("03-31", "05-31"), "both branches change V-1", "", ONE.replace("03-31", "05-31")),
    "taken away and gone on with": (ONE + TWO, TWO, ONE + TWO + ACCEPT, "[not-found]", "", ACCEPT),
    "a voucher that stands elsewhere": (
        ";\n\n", ";\n\n" + ACCEPT, ";\n\n" + event("return", "2026-03-04"), "this file alone does not tell", ACCEPT, event("return", "2026-03-04"),
    ),
    "a credit line that is not enough for both": (
        CREDIT, CREDIT + credit("V-1"), CREDIT + credit("V-2"), "[insufficient-credit]", "", credit("V-2"),
    ),
    "two limits on one day": (
        "", CREDIT, LINES, "[duplicate]", CREDIT, LINES,
    ),
    "a transaction edited differently": (
        TXN.format(1), TXN.format(2), TXN.format(3), 'both branches change "2026-03-01 * "Rent""', TXN.format(2), TXN.format(3),
    ),
    "a transaction edited between others": (
        ONE + TXN.format(1) + TWO, ONE + TXN.format(2) + TWO, ONE + TXN.format(3) + TWO, "both branches change", TXN.format(2), TXN.format(3),
    ),
    "a transaction taken away and edited": (TXN.format(1) + ONE, ONE, TXN.format(3) + ONE, "both branches change", "", TXN.format(3)),
    "a comment edited differently": (
        ";; a\n" + ONE, ";; b\n" + ONE, ";; c\n" + ONE, "both branches change the comment of V-1", ";; b\n" + ONE, ";; c\n" + ONE,
    ),
    "a comment behind edited differently": (
        BEHIND, BEHIND.replace("telephone", "post"), BEHIND.replace("telephone", "hand"), "both branches change the comment of V-1", BEHIND.replace("telephone", "post"), BEHIND.replace("telephone", "hand"),
    ),
    "a comment of its own to what both add": (
        "", ";; b\n" + ONE, BEHIND, "both branches change the comment of V-1", ";; b\n" + ONE, BEHIND,
    ),
    "comments of an include": (
        A_FILE, "; b\n" + A_FILE, A_FILE.replace("\n", " ; c\n", 1), 'both branches change the comment of "include "a.beancount""', "; b\n" + A_FILE, A_FILE.replace("\n", " ; c\n", 1),
    ),
    "a paragraph of comments edited differently": (
        ";; a\n\n", ";; b\n\n", ";; c\n\n", 'both branches change ";; a"', ";; b\n\n", ";; c\n\n",
    ),
    "a tag pushed around what the other adds": (
        ONE, "pushtag #x\n" + ONE + "poptag #x\n", ONE + TWO, 'one branch changes "pushtag #x"', "pushtag #x\npoptag #x\n", TWO,
    ),
    "a tag popped elsewhere by them": (
        "pushtag #x\n" + ONE + "poptag #x\n", "pushtag #x\n" + ONE + TWO + "poptag #x\n", ONE, 'one branch changes "pushtag #x"', TWO, "",
    ),
    "two texts of one message": ("", _sent("a"), _sent("b"), "both branches have sent message Iss Acc 7, as two texts: one working copy signs, that of beanvoucher.signs", _sent("a"), _sent("b")),
    "one message sent on two days": ("", _sent("a"), _sent("a", day="2026-03-03"), "both branches have sent message Iss Acc 7, on two days: ", _sent("a"), _sent("a", day="2026-03-03")),
    "one message received as two texts": ("", _sent("a", kind="received"), _sent("b", kind="received"), "both branches have received message Iss Acc 7, as two texts", _sent("a", kind="received"), _sent("b", kind="received")),
    "no UTF-8": (ONE, ONE + ";\udcff\n", ONE, "it cannot be merged by fact: it is not UTF-8 (byte 191)", ONE + ";�\n", ONE),
    "a line number of one's own that is none": (
        ONE, ONE + TWO, ONE + '2026-03-02 custom "x"\n  lineno: "a"\n2026-03-02 custom "x"\n', "it cannot be merged by fact: Beancount cannot read it",
        ONE + TWO, ONE + '2026-03-02 custom "x"\n  lineno: "a"\n2026-03-02 custom "x"\n',
    ),
    "an empty line replaced": ("\t", "", TXN.format(1), 'both branches change ""', "", TXN.format(1)),
    "a root account named otherwise": (
        "", 'option "name_assets" "Activa"\n', "2026-03-01 open Assets:X\n", "together they are no ledger: line 2: ",
        'option "name_assets" "Activa"\n', "2026-03-01 open Assets:X\n",
    ),
    "an error of syntax": (ONE, ONE + "2026-03-01 opn X\n", ONE + TWO, "it cannot be merged by fact: line 10: ", ONE + "2026-03-01 opn X\n", ONE + TWO),
}  # fmt: skip


@pytest.mark.parametrize("name", APART)
def test_what_does_not(name: str) -> None:
    base, ours, theirs, said, one, other = APART[name]
    content, disputes = merge(
        *(each.encode(errors="surrogateescape") for each in (base, ours, theirs))
    )
    assert said in disputes[0]
    text = content.decode()
    assert f"<<<<<<< ours\n{one}=======\n{other}>>>>>>> theirs\n" in text
    assert text.count("<<<<<<<") == len(disputes) == 1


def test_what_both_add_may_break_what_was_there() -> None:
    """A credit line that is enough for what was there and either branch, not for all three."""
    later = issue("V-9", "100.00 CNY", "2026-03-04", funding='"credit"')
    base = LINES.replace("1000.00", "250.00") + later
    text, disputes = merged(base, base + credit("V-1"), base + credit("V-2"))
    assert [each.startswith("V-9: ") for each in disputes] == [True]
    assert text.endswith("<<<<<<< ours\n=======\n>>>>>>> theirs\n")


def test_two_disputes_are_two() -> None:
    base = ONE + TWO + TXN.format(1)
    ours, theirs = (base.replace("03-31", f"0{month}-30") for month in (4, 5))
    text, disputes = merged(base, ours, theirs)
    assert [each[:30] for each in disputes] == [
        "both branches change V-1: issu",
        "both branches change V-2: issu",
    ]
    assert text.count("<<<<<<< ours") == 2
    assert text.endswith(TXN.format(1))
    neighbours = TXN.format(1) + TXN.format(2)
    _, disputes = merged(
        neighbours, neighbours.replace("Rent", "Fee"), neighbours.replace("Rent", "Fine")
    )
    assert len(disputes) == 1


# --- Blocks -----------------------------------------------------------------------------


CUT_SHORT = LEDGERS / "errors" / "broken-directive.beancount"
WHOLE = sorted(path for path in LEDGERS.rglob("[!.]*.bea*") if path != CUT_SHORT)


def test_a_file_with_an_error_of_syntax_has_no_blocks() -> None:
    with pytest.raises(BlockError, match="line 7: syntax error"):
        blocks(CUT_SHORT.read_bytes())


@pytest.mark.parametrize("path", WHOLE, ids=lambda path: path.name)
def test_blocks_are_the_whole_file(path: Path) -> None:
    content = path.read_bytes()
    found = blocks(content)
    assert "".join(block.text for block in found) == content.decode()
    assert len({block.key for block in found}) == len(found)


def test_what_a_block_is() -> None:
    text = (
        ";; head\n\n"
        'option "title" "x"\n'
        ";; of the party\n"
        ";; and more\n"
        '2026-01-01 custom "voucher-party" "Ann" "policyholder"\n  ; inside\n  name: "A\n\n;; no comment\nB"\n'
        ";; right below\n\n"
        "* a heading\n"
        "2026-01-01 open Assets:X\n"
        ";; tail"
    )
    assert [block.text for block in blocks(text.encode())] == [
        ";; head\n\n",
        'option "title" "x"\n',
        ';; of the party\n;; and more\n2026-01-01 custom "voucher-party" "Ann" "policyholder"\n'
        '  ; inside\n  name: "A\n\n;; no comment\nB"\n',
        ";; right below\n\n",
        "* a heading\n2026-01-01 open Assets:X\n",
        ";; tail",
    ]
    assert blocks(b"") == []
    assert [block.text for block in blocks(b"\n\n")] == ["\n\n"]


# --- Any two branches -------------------------------------------------------------------

LIVES = [
    [issue(voucher)]
    + [event(kind, date, voucher=voucher) for kind, date in (("accept", "2026-03-03"), ("apply", "2026-03-05"), ("settle", "2026-03-06"))]
    for voucher in ("V-1", "V-2", "V-3", "V-4")
]  # fmt: skip


@st.composite
def branches(draw: st.DrawFn) -> tuple[list[str], list[str], list[str]]:
    """Each voucher goes on in one branch, or in both as far as one of them."""
    base, ours, theirs = list[str](), list[str](), list[str]()
    for life_of in LIVES:
        start, end = sorted(draw(st.tuples(st.integers(0, 4), st.integers(0, 4))))
        base += life_of[:start]
        for side in draw(st.sampled_from([[ours], [theirs], [ours, theirs]])):
            side.extend(life_of[start:end])
    return base, draw(st.permutations(ours)), draw(st.permutations(theirs))


@given(branches(), st.data())
def test_any_two_branches_have_the_books_of_all_their_facts(
    three: tuple[list[str], list[str], list[str]], data: st.DataObject
) -> None:
    base, ours, theirs = three
    sides = [data.draw(st.permutations(base)) + side for side in (ours, theirs)]
    texts = ["".join(each) for each in (base, *sides)]
    text, disputes = merged(*texts)
    assert disputes == []
    assert books(load(text)) == books(load("".join(dict.fromkeys(base + ours + theirs))))
    other, _ = merged(texts[0], texts[2], texts[1])
    assert books(load(other)) == books(load(text))


LINES_OF_FILES = st.lists(
    st.builds(
        "{}{}{}".format,
        st.sampled_from(["", "", "; a\n", ";; b\n"]),
        st.sampled_from([
            TXN.format(1), TXN.format(1).replace('"\n', '" ; x\n'), TXN.format(2), issue(), issue().replace(" CNY\n", " CNY ; y\n"),
            ACCEPT, ACCEPT.replace("\n", " ; z\n"), A_FILE, A_FILE.replace("\n", " ; x\n", 1), 'option "title" "x"\n', COMMENT, "* April\n\n",
        ]),
        st.sampled_from(["", "\n"]),
    ),
    max_size=5,
)  # fmt: skip


@st.composite
def changes_of_a_file(draw: st.DrawFn) -> tuple[bytes, bytes, bytes]:
    """A file, and two changes of it: lines added, taken away and put in others' places."""
    base = draw(LINES_OF_FILES)
    files = [base]
    for _ in range(2):
        start, end = sorted(draw(st.tuples(st.integers(0, len(base)), st.integers(0, len(base)))))
        files.append([*base[:start], *draw(LINES_OF_FILES.map(lambda new: new[:2])), *base[end:]])
    texts = ["".join(each) for each in files]
    return tuple(  # type: ignore[return-value]
        each.replace("\n", draw(st.sampled_from(["\n", "\r\n"]))).encode() for each in texts
    )


@effort(150)
@given(changes_of_a_file())
def test_nothing_but_the_order_depends_on_whose_side_is_ours(
    three: tuple[bytes, bytes, bytes],
) -> None:
    base, ours, theirs = three
    here, there = merge(base, ours, theirs), merge(base, theirs, ours)
    assert sorted(here.disputes) == sorted(there.disputes)
    if not here.disputes:
        assert (b"\r\n" in here.content) == (b"\r\n" in there.content)
        found = [
            sorted(" ".join(block.text.split()) for block in blocks(each.content))
            for each in (here, there)
        ]
        assert found[0] == found[1]


# --- The command ------------------------------------------------------------------------


def test_the_command_writes_into_ours(tmp_path: Path) -> None:
    files = [tmp_path / name for name in ("base", "ours", "theirs")]
    for path, text in zip(files, (ONE, ONE + life("V-3"), ONE + TWO), strict=True):
        path.write_text(text)
    files[1].chmod(0o640)
    ran = CliRunner().invoke(main, ["merge", *map(str, files), "2026/03.beancount"])
    assert (ran.exit_code, ran.stdout, ran.stderr) == (
        0,
        "",
        "2026/03.beancount: merged by fact.\n",
    )
    assert files[1].read_text() == ONE + life("V-3") + TWO
    assert files[1].stat().st_mode & 0o777 == 0o640
    assert sorted(path.name for path in tmp_path.iterdir()) == ["base", "ours", "theirs"]
    files[2].write_text(ONE + life("V-3", "accept").replace("100.00", "7.00"))
    ran = CliRunner().invoke(main, ["merge", *map(str, files)])
    assert ran.exit_code == 1
    assert ran.stderr.startswith(f"{files[1]}: V-3: ")
    assert "<<<<<<< ours\n" in files[1].read_text()


# base, ours, theirs -> the ids that each branch has given a voucher of its own, and the next.
ALIKE: dict[str, tuple[str, str, str, dict[str, str | None]]] = {
    "each its own": ("", ONE, issue("V-1", "2.00 CNY"), {"V-1": "V-2"}),
    "each its own, on other days": (TWO, TWO + ONE, TWO + issue("V-1", date="2026-03-03"), {"V-1": "V-3"}),
    "a request and an issue": ("", issue("V-1", kind="request"), ONE, {}),
    "two of them": ("", ONE + TWO, issue("V-1", "2.00 CNY") + issue("V-2", "2.00 CNY"), {"V-1": "V-3", "V-2": "V-3"}),
    "the same in both": ("", ONE, ONE, {}),
    "one that both knew, edited by each": (ONE, issue("V-1", "2.00 CNY"), issue("V-1", "3.00 CNY"), {}),
    "others": ("", ONE, TWO, {}),
    "what cannot be read": ("", ONE, 'custom "\n', {}),
    "a number that has no next": ("", issue("V" * 34 + "9"), issue("V" * 34 + "9", "2.00 CNY"), {"V" * 34 + "9": None}),
}  # fmt: skip


@pytest.mark.parametrize("name", ALIKE)
def test_what_two_branches_have_numbered_alike(tmp_path: Path, name: str) -> None:
    *three, expected = ALIKE[name]
    assert dict(numbered_alike(*(each.encode() for each in three))) == expected
    files = [tmp_path / each for each in ("base", "ours", "theirs")]
    for path, text in zip(files, three, strict=True):
        path.write_text(text)
    ran = CliRunner().invoke(main, ["merge", *map(str, files), "v.beancount"])
    told = [line for line in ran.stderr.splitlines() if "renumber" in line]
    assert [line.partition(":")[0] for line in told] == list(expected)
    for line, (id_, free) in zip(told, expected.items(), strict=True):
        assert f"(bean-voucher renumber {id_} {free or 'ID'} --write)" in line


# base, ours, theirs of the whole instrument -> what is said of it; nothing: they go together.
AMENDED = life("V-1", "accept") + event(
    "amend", "2026-03-10", "1", "120.00 CNY", requested_by='"Iss"'
)
ANN, INS = (event("consent", "2026-03-12", "1", by=f'"{by}"') for by in ("Ann", "Ins"))
DRAWN = (
    issue(draws='"multiple"') + ACCEPT + APPLY + event("settle", "2026-03-06", "60.00 CNY")
)  # fmt: skip
INSTRUMENT: dict[str, tuple[str, str, str, str]] = {
    "each a consent": (AMENDED, AMENDED + ANN, AMENDED + INS, ""),
    "a consent and a decline of one party": (
        AMENDED, AMENDED + INS, AMENDED + event("decline", "2026-03-12", "1", by='"Ins"'), "V-1: ",
    ),
    "the last consent and a decline": (
        AMENDED + ANN, AMENDED + ANN + INS, AMENDED + ANN + event("decline", "2026-03-13", "1", by='"Ins"'), "V-1: ",
    ),
    "one consent of two reasons": (
        AMENDED, AMENDED + event("consent", "2026-03-12", "1", by='"Ins"', reason='"a"'),
        AMENDED + event("consent", "2026-03-12", "1", by='"Ins"', reason='"b"'), "[duplicate]",
    ),
    "each an amendment of one number": (
        ONE, ONE + event("amend", "2026-03-03", "1", "90.00 CNY"), ONE + event("amend", "2026-03-04", "1", "80.00 CNY"), "V-1: ",
    ),
    "an amendment edited by each": (
        AMENDED, AMENDED.replace("120", "130"), AMENDED.replace("120", "140"), "both branches change V-1: amend of 2026-03-10",
    ),
    "refunds of one day with references of their own": (
        DRAWN, DRAWN + event("refund", "2026-03-20", "1.00 CNY", reason='"x"', reference='"a"'),
        DRAWN + event("refund", "2026-03-20", "2.00 CNY", reason='"x"', reference='"b"'), "",
    ),
    "refunds of one day without": (
        DRAWN, DRAWN + event("refund", "2026-03-20", "1.00 CNY", reason='"x"'), DRAWN + event("refund", "2026-03-20", "2.00 CNY", reason='"x"'), "[duplicate]",
    ),
    "refunds that are too much together": (
        DRAWN, DRAWN + event("refund", "2026-03-20", "40.00 CNY", reason='"x"', reference='"a"'),
        DRAWN + event("refund", "2026-03-21", "40.00 CNY", reason='"x"', reference='"b"'), "[exceeds-settled]",
    ),
    "withdrawn and settled": (
        life("V-1", "accept", "apply"), life("V-1", "accept", "apply") + SETTLE, life("V-1", "accept", "apply") + event("withdraw", "2026-03-06"), "V-1: ",
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", INSTRUMENT)
def test_the_whole_instrument_comes_together(name: str) -> None:
    base, ours, theirs, said = INSTRUMENT[name]
    text, disputes = merged(base, ours, theirs)
    assert bool(disputes) == bool(said)
    assert all(said in each for each in disputes)
    if not said:
        assert books(load(text)) == books(load(ours + theirs.removeprefix(base)))


def test_the_command_refuses_what_it_cannot_write(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [tmp_path / name for name in ("base", "ours", "theirs")]
    assert CliRunner().invoke(main, ["merge", *map(str, files)]).exit_code == 2
    for path in files:
        path.write_text(ONE)
    target = tmp_path / "gone" / "ours"
    assert (
        CliRunner().invoke(main, ["merge", str(files[0]), str(target), str(files[2])]).exit_code
        == 2
    )
    before = files[1].read_bytes()

    def refuse(*_arguments: object) -> None:
        raise WriteRefusedError("ours: No space left on device")

    monkeypatch.setattr(atomic_files, "replace", refuse)
    ran = CliRunner().invoke(main, ["merge", *map(str, files)])
    assert (ran.exit_code, ran.stderr) == (3, "ours: No space left on device\n")
    assert files[1].read_bytes() == before


def test_the_marketplace_merges_and_checks_clean(tmp_path: Path) -> None:
    for path in LEDGERS.rglob("marketplace/**/[!.]*.bea*"):
        copy = tmp_path / path.relative_to(LEDGERS)
        copy.parent.mkdir(parents=True, exist_ok=True)
        copy.write_bytes(path.read_bytes())
    facts = tmp_path / "marketplace" / "vouchers.beancount"
    base = facts.read_text(encoding="utf-8")
    there = {"Ann": "LiMing", "Iss": "QingHe", "Acc": "LanTian", "Ins": "HengXin"}
    later = HAPPY.replace("2026-03-0", "2026-04-0").replace("2026-03-31", "2026-04-30")
    ours = base + "\n" + later
    for name, other in there.items():
        ours = ours.replace(f'"{name}"', f'"{other}"')
    theirs = (
        base.replace("return freight", "freight") + '\n2026-03-31 custom "voucher-close" "Q1"\n'
    )
    text, disputes = merged(base, ours, theirs)
    assert disputes == []
    facts.write_text(text, encoding="utf-8")
    ledger = load_path(tmp_path / "marketplace" / "all.beancount")
    assert ledger.errors == []
    assert ledger.state("V-1") == "settled"
    assert ledger.evaluation.closed == dt.date(2026, 3, 31)
    assert "return freight" not in text
