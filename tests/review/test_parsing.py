"""A file of which another revision is parsed already: read as far as it differs, and as exactly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from beancount.core.data import entry_sortkey
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.review.parsing import parse, parse_like
from tests.support import ACCEPT, APPLY, HAPPY, PLUGIN, WORLD, event, issue
from tests.support.profiles import effort

if TYPE_CHECKING:
    from beancount_voucher.review.parsing import Parse

A, B, C = issue("A"), issue("B"), issue("C")
NOTE = '2026-03-01 * "One\n2026-03-02 of two lines"\n  Assets:Ann:Iss  1 CNY\n  Assets:Bob:Iss\n'

OPEN, OTHER = "2026-01-01 open Assets:X\n", "2026-01-01 open Assets:Y\n"

# Two texts, and how many entries of the first are taken; None where all is parsed again.
CASES: dict[str, tuple[str, str, int | None]] = {
    "the same": (A + B + C, A + B + C, 3),
    "nothing": ("", "", 0),
    "something at first": ("", A, 0),
    "a line within": (A + B + C, A + B.replace("100", "101") + C, 1),
    "the first line": (A + B + C, A.replace("100", "101") + B + C, 2),
    "the last line": (A + B + ACCEPT, A + B + ACCEPT.replace("-03 ", "-04 "), 1),
    "appended": (A + B, A + B + C, 1),
    "put in front": (A + B, C + A + B, 0),
    "put within": (A + B + C, A + B + ACCEPT + C, 1),
    "taken away": (A + B + C, A + C, 0),
    "two in another order": (ACCEPT + APPLY + A + B, APPLY + ACCEPT + A + B, 2),
    "a key more": (A + ACCEPT + B, A + ACCEPT + '  note: "x"\n' + B, 1),
    "a comment": (A + "; one\n" + B + C, A + "; two\n" + B + C, 2),
    "in a text of two lines": (A + NOTE + B + C, A + NOTE.replace("two", "2") + B + C, 3),
    "options above": (PLUGIN + 'option "title" "T"\n' + A + B, PLUGIN + 'option "title" "T"\n' + A + B + C, 1),
    "names of accounts above": (
        'option "name_assets" "Aktiva"\n' + A + B, 'option "name_assets" "Aktiva"\n' + A + B + NOTE.replace("Assets", "Aktiva"), 1,
    ),
    "an option above with a comment": (
        'option "title" "T"  ; "\n' + A + B, 'option "title" "T"  ; "\n' + A + B + C, 1,
    ),
    "an option above whose text ends on another line": (
        'option "title" "T\n"\n' + OPEN + B, 'option "title" "T\n"\n' + OPEN + OTHER + '; "\n' + OPEN + B, None,
    ),
    "an option above whose text may seem to go on": (
        'option "title" "T\\""\n' + A + B, 'option "title" "T\\""\n' + A + B + C, None,
    ),
    "names of accounts that are others": (
        'option "name_assets" "Aktiva"\n' + A + B, 'option "name_assets" "Aktiva"\n' + A + B + NOTE, None,
    ),
    "an error": (A + B, A + B + "what\n", None),
    "an error before": (A + B + "what\n", A + B, None),
    "an option": (A + B, A + 'option "title" "T"\n' + B, None),
    "an include at first": ("", 'include "x"\n', None),
    "a tag that is pushed": ("pushtag #x\n" + A + B, "pushtag #x\n" + A + B + C, None),
    "a place that metadata tells": (A + B, A + B + "  lineno: 3\n", None),
    "what may end a text": (A + B, A + "\0\n" + B, None),
    "an include that a CR hides": (A + "; x\n" + B, A + '\rinclude "x"\n' + B, None),
    "a key that a CR hides above": (
        '\rpushmeta note: "x"\n' + A + B + ACCEPT + "\rpopmeta note:\n",
        '\rpushmeta note: "x"\n' + A + C + ACCEPT + "\rpopmeta note:\n", None,
    ),
    "other text": ("; x\n", "* y\n", 0),
}  # fmt: skip


def same(found: Parse, wanted: Parse) -> bool:
    return (
        found.text == wanted.text
        and sorted(found.entries, key=entry_sortkey) == wanted.entries
        and found.errors == wanted.errors
        and all(found.options[name] == wanted.options[name] for name in _OPTIONS)
    )


_OPTIONS = ("plugin", "include", "title", "name_assets", "filename")


@pytest.mark.parametrize("name", CASES)
def test_what_is_parsed_again(name: str) -> None:
    before, after, kept = CASES[name]
    known, wanted = parse("x", before.encode()), parse("x", after.encode())
    found = parse_like(known, "x", after.encode())
    assert (found is None) is (kept is None)
    if found is not None:
        assert same(found, wanted)
        assert (
            len({id(each) for each in found.entries} & {id(each) for each in known.entries}) == kept
        )


LINES = (
    WORLD + HAPPY + NOTE + A + B + event("void", "2026-03-06", reason='"cancelled"')
).splitlines()
ODD = [
    "",
    '"',
    "  x: 1",
    "; x",
    "* x",
    "pushtag #x",
    'option "title" "U"',
    'include "x"',
    "2026-03-04",
    "  ",
    '\rinclude "x"',
    '\roption "title" "U"',
    '\rpushmeta x: "y"',
    "\rpopmeta x:",
]


@given(st.data())
@effort(200)
def test_any_lines_are_read_as_in_the_whole(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(LINES)))
    lines = LINES[start : start + data.draw(st.integers(0, 40))]
    changed = [*lines]
    for _ in range(data.draw(st.integers(0, 3))):
        at = data.draw(st.integers(0, len(changed)))
        more = data.draw(st.lists(st.sampled_from([*ODD, *LINES]), max_size=3))
        changed[at : at + data.draw(st.integers(0, 3))] = more
    before, after = ("\n".join(each).encode() for each in (lines, changed))
    found = parse_like(parse("x", before), "x", after)
    if found is not None:
        assert same(found, parse("x", after))
