"""Dates: by their formats, in eras, with a time behind them, as numbers of spreadsheets."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from beancount_voucher.statements.tables.date_forms import (
    DateFormError,
    base_year,
    date_form,
)

MARCH = dt.date(2026, 3, 2)

# format, year-from, text -> the day; None: it is none
CASES: dict[str, tuple[str, str, str, dt.date | None]] = {
    "ISO": ("%Y-%m-%d", "", "2026-03-02", MARCH),
    "ISO with a time": ("%Y-%m-%d", "", "2026-03-02T09:15:00+08:00", MARCH),
    "a time behind a blank": ("%Y-%m-%d", "", "2026-03-02  09:15", MARCH),
    "a time in Chinese": ("%Y年%m月%d日", "", "2026年03月02日 下午9时15分00秒", MARCH),
    "a time of twelve hours": ("%d/%m/%Y", "", "02/03/2026 9:15:00 PM", MARCH),
    "a time with its zone": ("%m/%d/%Y", "", "03/02/2026 09:15:00 PST", MARCH),
    "a time that the format has": ("%Y-%m-%d %H:%M:%S", "", "2026-03-02 09:15:00", MARCH),
    "a time of twelve hours that the format has": ("%d.%m.%Y %I:%M %p", "", "02.03.2026 9:15 pm", MARCH),
    "the time that the format has is missing": ("%Y-%m-%d %H:%M:%S", "", "2026-03-02", None),
    "something else behind it": ("%Y-%m-%d", "", "2026-03-02 and more", None),
    "one digit": ("%d/%m/%Y", "", "2/3/2026", MARCH),
    "no marks": ("%Y%m%d", "", "20260302", MARCH),
    "no marks and too short": ("%Y%m%d", "", "2026302", None),
    "full width": ("%Y/%m/%d", "", "２０２６／０３／０２", MARCH),
    "a month in letters": ("%d-%b-%Y", "", "02-MAR-2026", MARCH),
    "a month in full": ("%d %B %Y", "", "2 March 2026", MARCH),
    "a month in letters without marks": ("%d%b%Y", "", "02Mar2026", MARCH),
    "a day of the week": ("%a %d/%m/%Y", "", "Mon 02/03/2026", MARCH),
    "a day of the week in full": ("%A, %d/%m/%Y", "", "Monday, 02/03/2026", MARCH),
    "per cent": ("%d%%%m%%%Y", "", "02%03%2026", MARCH),
    "no such day": ("%Y-%m-%d", "", "2026-02-30", None),
    "no such month": ("%Y-%m-%d", "", "2026-13-01", None),
    "a day after which there is none": ("%Y-%m-%d", "", "9999-12-31", None),
    "two digits of a year": ("%d/%m/%y", "2000", "02/03/26", MARCH),
    "a year of an era without its name": ("%y/%m/%d", "令和", "08/03/02", MARCH),
    "a year of an era with one digit": ("%Ey.%m.%d", "令和", "8.3.2", MARCH),
    "an era in one letter": ("%EC%Ey.%m.%d", "", "R8.3.2", MARCH),
    "an era by its name": ("%EC%Ey年%m月%d日", "", "令和8年3月2日", MARCH),
    "an era in one sign": ("%EC%Ey年%m月%d日", "", "㋿8年3月2日", MARCH),
    "the first year of an era": ("%EC%Ey年%m月%d日", "", "令和元年5月7日", dt.date(2019, 5, 7)),
    "the era before": ("%EC%Ey/%m/%d", "", "H31/04/26", dt.date(2019, 4, 26)),
    "a leap day of the era's year": ("%y/%m/%d", "令和", "10/02/29", dt.date(2028, 2, 29)),
    "no leap day of the era's year": ("%y/%m/%d", "令和", "08/02/29", None),
    "the republic's years": ("%EC%Ey年%m月%d日", "", "民國115年03月02日", MARCH),
    "the republic's years without a name": ("%Ey/%m/%d", "民國", "115/03/02", MARCH),
    "an era that is not there": ("%EC%Ey.%m.%d", "", "8.3.2", None),
    "the number of a day": ("serial", "", "46083", MARCH),
    "the number of a day and a time": ("serial", "", "46083.385", MARCH),
    "the number of a day, counted from 1904": ("serial-1904", "", "44621", MARCH),
    "no number of a day": ("serial", "", "2026-03-02", None),
    "a number that is no day": ("serial", "", "20260302", None),
    "too long": ("%Y-%m-%d", "", "2026-03-02" + " " * 100, None),
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_a_date(name: str) -> None:
    form, year_from, text, expected = CASES[name]
    assert date_form(form, year_from).read(text) == expected


@pytest.mark.parametrize(
    ("form", "year_from", "wrong"),
    [
        ("%d.%m.", "", "does not tell one day"),
        ("%Y%Y", "", "does not tell one day"),
        ("%Y-%m-%d %d", "", "does not tell one day"),
        ("%Y-%y-%m-%d", "2000", "does not tell one day"),
        ("%", "", "date-format says %"),
        ("%G-%V-%u", "", "date-format says %G"),
        ("%Y-%m-%d %Q", "", "date-format says %Q"),
        ("%d/%m/%y", "", "year-from not what it counts from"),
        ("%y/%m/%d", "1950", "year-from not what it counts from"),
        ("%Ey.%m.%d", "", "year-from not what it counts from"),
        ("", "", "does not tell one day"),
    ],
)
def test_a_format_that_tells_no_day(form: str, year_from: str, wrong: str) -> None:
    with pytest.raises(DateFormError, match=wrong):
        date_form(form, year_from)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("2000", 2000), ("令和", 2018), ("民國", 1911), ("20", None), ("x", None)],
)
def test_what_a_short_year_counts_from(text: str, expected: int | None) -> None:
    assert base_year(text) == expected


@pytest.mark.parametrize(
    ("form", "text", "expected"),
    [
        ("%Y年%m月%d日", "2026年03月02日 00:00:00]   to:", (MARCH, True)),
        ("%Y-%m-%d", "2026-03-02 23:59:59]", (MARCH, False)),
        ("%Y%m%d", "20260302-20260331", (MARCH, False)),
        ("%Y-%m-%d %H:%M", "2026-03-02 00:00 x", (MARCH, True)),
        ("%Y-%m-%d", "2026-02-30", None),
        ("%Y-%m-%d", "no day", None),
        ("serial", "46083", None),
    ],
)
def test_a_date_with_which_a_text_begins(
    form: str, text: str, expected: tuple[dt.date, bool] | None
) -> None:
    assert date_form(form, "").begins(text) == expected


@given(
    st.dates(dt.date(1990, 1, 1), dt.date(2089, 12, 31)),
    st.sampled_from(["%Y-%m-%d", "%d.%m.%Y", "%m/%d/%Y", "%Y%m%d", "%d-%b-%Y", "%Y年%m月%d日", "%d%B%Y"]),
    st.sampled_from(["", " 09:15", " 23:59:59", "T00:00:00Z", " 9:15 AM"]),
)  # fmt: skip
def test_what_is_written_in_a_format_is_read_in_it(day: dt.date, form: str, time: str) -> None:
    assert date_form(form, "").read(day.strftime(form) + time) == day


@given(st.dates(dt.date(2019, 5, 1), dt.date(2089, 12, 31)), st.booleans())
def test_what_is_written_in_an_era_is_read_in_it(day: dt.date, named: bool) -> None:
    year = day.year - 2018
    if named:
        text = f"令和{'元' if year == 1 else year}年{day.month}月{day.day}日"
        assert date_form("%EC%Ey年%m月%d日", "").read(text) == day
    else:
        assert date_form("%y/%m/%d", "令和").read(f"{year:02}/{day:%m/%d}") == day
