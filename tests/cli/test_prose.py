"""Texts for people: what is filled and what is left, and what a person may have meant."""

from __future__ import annotations

import pytest

from beancount_voucher.cli.prose import did_you_mean, filled, listed

MARKDOWN = """\
# A title that is longer than the lines of the paragraph below it

Words of a paragraph that is wider than the width.

- an item, which goes on
12. another item, numbered

| a table | that stays as wide as it is |
    and code that is indented, as it is, too

```console
$ a command that is wider than the width
```
and after it\
"""

FILLED = """\
# A title that is longer than the lines of the paragraph below it

Words of a
paragraph that is
wider than the
width.

- an item, which
  goes on
12. another item,
    numbered

| a table | that stays as wide as it is |
    and code that is indented, as it is, too

```console
$ a command that is wider than the width
```
and after it\
"""


def test_paragraphs_and_items_are_filled() -> None:
    assert filled(MARKDOWN, 18) == FILLED
    assert filled(FILLED, 200) == FILLED


def test_names_are_listed_under_each_other() -> None:
    assert listed({"a": "one", "long": "two"}) == "a     one\nlong  two"
    assert listed({}) == ""


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ("pear", "did you mean pears?"),
        ("PLUM", "did you mean plums or sour-Plums?"),
        ("aple", "did you mean apples?"),
        ("s", "did you mean apples or pears or plums?"),
        ("xyzzy", "the shelf lists them all"),
        ("", "the shelf lists them all"),
    ],
)
def test_what_a_person_may_have_meant(wrong: str, said: str) -> None:
    known = ["apples", "pears", "plums", "sour-Plums"]
    assert did_you_mean(wrong, known, "the shelf") == said
