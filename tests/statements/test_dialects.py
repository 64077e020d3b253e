"""What is read of a file in any dialect is the list that it was written from, or an error."""

from __future__ import annotations

import io
import re
import tempfile
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from beancount_voucher.reconciliation.references import References
from beancount_voucher.statements import camt as camt_reader
from beancount_voucher.statements import mt940 as mt_reader
from beancount_voucher.statements.files import read
from beancount_voucher.statements.proof import prove
from beancount_voucher.statements.statement import StatementError
from tests.support import dialects
from tests.support.bank_files import CSV_MAP, Entry, Sheet, csv
from tests.support.dialects import KNOWN, Moved, closing, movements

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.statements.statement import Statement, StatementLine

NAMES = References(KNOWN)
SOME = settings(max_examples=120, deadline=None)


def of_mt(text: str) -> list[Statement]:
    return mt_reader.statements(text, Path("s.sta"), "")


def of_camt(text: str) -> list[Statement]:
    return list(camt_reader.statements(io.BytesIO(text.encode()), Path("s.xml"), ""))


def assert_is(statements: Sequence[Statement], each: Sequence[Moved]) -> None:
    """That statements are proven, one sequence, and have every movement and none more."""
    proof = prove(statements)
    assert proof.flaws == ()
    ordered = proof.statements
    assert ordered[0].opening is not None
    assert ordered[-1].closing is not None
    assert (ordered[0].opening.number, ordered[-1].closing.number) == (
        dialects.OPENING,
        closing(each),
    )
    booked = [line for statement in ordered for line in statement.lines]
    pending = [line for statement in ordered for line in statement.pending]
    for lines, moved in (
        (booked, [one for one in each if not one.pending]),
        (pending, [one for one in each if one.pending]),
    ):
        assert [(line.date, line.amount) for line in lines] == [
            (one.date, one.amount) for one in moved
        ]
        for line, one in zip(lines, moved, strict=True):
            assert_names(line, one)


def assert_names(line: StatementLine, one: Moved) -> None:
    """That a line names what was paid, alone or among what it may be; or nothing, if nothing was."""
    named = NAMES.named(line)
    assert (one.name in named) if one.name is not None else not named, (named, one, line)


@pytest.mark.parametrize("form", dialects.FORMS)
@SOME
@given(st.data())
def test_mt940_in_every_form(form: str, data: st.DataObject) -> None:
    each = data.draw(movements())
    assert_is(of_mt(data.draw(dialects.mt940(each, form))), each)


@SOME
@given(st.data())
def test_camt_in_every_form(data: st.DataObject) -> None:
    each = data.draw(movements())
    assert_is(of_camt(data.draw(dialects.camt(each))), each)


@settings(max_examples=40, deadline=None)
@given(movements())
def test_a_chinese_csv(each: list[Moved]) -> None:
    assume(each)
    booked = [one for one in each if not one.pending]
    entries = [Entry(str(one.date), str(one.amount), one.name or "", one.words) for one in booked]
    start, end = str(each[0].date), str(each[-1].date)
    sheet = Sheet("S", "6229", start, end, str(dialects.OPENING), entries)
    with tempfile.TemporaryDirectory() as folder:
        path, how = Path(folder) / "s.csv", Path(folder) / "map.toml"
        path.write_text(csv(sheet), encoding="utf-8")
        how.write_text(CSV_MAP, encoding="utf-8")
        assert_is(read(path, how), booked)


@SOME
@given(st.data())
def test_one_character_changed_is_seen_or_changes_no_amount(data: st.DataObject) -> None:
    """An entry may be lost, joined or altered: then the statement is not proven, or refused."""
    each = data.draw(movements())
    text = data.draw(dialects.mt940(each, data.draw(st.sampled_from(list(dialects.FORMS)))))
    at = data.draw(st.integers(0, len(text) - 1))
    other = data.draw(st.sampled_from(list("0159,.:-CDERNX/\n ")))
    changed = text[:at] + other + text[at + 1 :]
    try:
        found = prove(of_mt(changed))
    except StatementError:
        return
    if not found.flaws:
        amounts = [line.amount for statement in found.statements for line in statement.lines]
        assert sorted(amounts) == sorted(one.amount for one in each if not one.pending)
        shown = re.findall(r"^:61:", changed.replace("\r", "\n"), re.MULTILINE)
        pending = sum(len(statement.pending) for statement in found.statements)
        assert len(shown) == len(amounts) + pending


@SOME
@given(st.data())
def test_an_entry_left_out_of_camt_is_seen(data: st.DataObject) -> None:
    each = data.draw(movements())
    text = data.draw(dialects.camt(each))
    entries = re.findall(r"<Ntry>.*?</Ntry>\n", text, re.DOTALL)
    assume(entries)
    broken = data.draw(st.sampled_from(entries))
    how = data.draw(st.sampled_from(["", "<Other>{}</Other>", "{}{}"]))
    pending = "PDNG" in broken
    found = prove(of_camt(text.replace(broken, how.format(broken, broken), 1)))
    if how == "<Other>{}</Other>" or not pending:
        assert {flaw.code for flaw in found.flaws} & {"unproven", "gap"}
    total = sum((line.amount for one in found.statements for line in one.lines), Decimal(0))
    assert pending or total != closing(each) - dialects.OPENING
