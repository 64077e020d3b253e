"""Charts: where lines and bars stand, and colours that everybody can tell apart."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from itertools import combinations
from typing import Any

import pytest

from fava_voucher.drawing import Bar, Bars, Line, Tick, drawing
from tests.support import ROOT

DAY = dt.date(2026, 3, 1)


def point(day: int, **balance: Any) -> dict[str, Any]:
    return {"date": DAY + dt.timedelta(days=day), "balance": balance}


def test_lines_are_steps_from_the_first_day_to_the_last() -> None:
    data = [point(0, a=Decimal(0), b=5), point(5, a=Decimal(10), b=5), point(10, a=4, b=0)]
    drawn = drawing({"type": "balances", "label": "Frozen", "data": data})
    assert (drawn.title, drawn.groups) == ("Frozen", [])
    assert drawn.lines == drawn.legend
    assert drawn.lines == [
        Line("a", 0, 0, "M0.0,100.0H50.0V0.0H100.0V60.0H100", Decimal(4)),
        Line("b", 1, 0, "M0.0,50.0H50.0V50.0H100.0V100.0H100", Decimal(0)),
    ]
    assert drawn.values == [Tick(at * 20.0, f"{at * 2}") for at in range(6)]
    assert drawn.days == [Tick(at * 20.0, f"{DAY + dt.timedelta(days=2 * at)}") for at in range(6)]


def test_one_day_of_nothing_is_a_line_at_the_bottom() -> None:
    drawn = drawing({"type": "balances", "label": "", "data": [point(0, a=0)]})
    assert drawn.lines[0].path == "M0.0,100.0H100"
    assert (drawn.values, drawn.days) == ([Tick(0.0, "0")], [Tick(0.0, "2026-03-01")])


def test_colours_belong_to_the_series_and_not_to_their_order() -> None:
    looks = {"gone": (0, 0), "b": (2, 0), "a": (4, 1)}
    data = [point(0, a=1, b=2)]
    drawn = drawing({"type": "balances", "label": "", "data": data, "series": looks})
    assert [(line.label, line.colour, line.dashes) for line in drawn.lines] == [
        ("b", 2, 0), ("a", 4, 1),
    ]  # fmt: skip


def test_bars_of_each_interval() -> None:
    data = [point(at, **({"issued": 4, "settled": 1} if at == 1 else {})) for at in range(13)]
    drawn = drawing({"type": "bar", "label": "Events", "data": data})
    assert [group.day for group in drawn.groups if group.label] == [
        f"{DAY + dt.timedelta(days=at)}" for at in (0, 3, 6, 9, 12)
    ]
    bars = [Bar("issued", 0, 4, 100.0), Bar("settled", 1, 1, 25.0)]
    assert drawn.groups[1] == Bars("2026-03-02", "", bars)
    assert [line.label for line in drawn.legend] == ["issued", "settled"]
    assert drawing({"type": "bar", "label": "", "data": [point(0)]}).groups[0].bars == []


@pytest.mark.parametrize(
    ("top", "last", "steps"),
    [("1", "1", 5), ("7", "6", 3), ("10", "10", 5), ("24", "20", 4), ("99999", "80,000", 4),
     ("123456.78", "100,000", 2), ("0.05", "0.05", 5), ("4", "4", 4)],
)  # fmt: skip
def test_values_at_the_axis_are_round(top: str, last: str, steps: int) -> None:
    drawn = drawing({"type": "balances", "label": "", "data": [point(0, a=Decimal(top))]})
    assert (drawn.values[-1].label, len(drawn.values) - 1) == (last, steps)


# --- Colours ------------------------------------------------------------------------------

CSS = (ROOT / "plugins/fava_voucher/templates/vouchers_style.css").read_text(encoding="utf-8")
LOOKS = re.findall(r"--series-\d: light-dark\((#\w{6}), (#\w{6})\)", CSS)
BACKGROUNDS = ("#ffffff", "#262626")

# Machado, Oliveira and Fernandes (2009), severity 1, on linear RGB.
SIGHT = {
    "full": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "protanopia": ((0.152286, 1.052583, -0.204868), (0.114503, 0.786281, 0.099216), (-0.003882, -0.048116, 1.051998)),
    "deuteranopia": ((0.367322, 0.860646, -0.227968), (0.280085, 0.672501, 0.047413), (-0.011820, 0.042940, 0.968881)),
    "tritanopia": ((1.255528, -0.076749, -0.178779), (-0.078411, 0.930809, 0.147602), (0.004733, 0.691367, 0.303900)),
}  # fmt: skip


def linear(colour: str) -> list[float]:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    return [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]


def contrast(one: str, other: str) -> float:
    light, dark = sorted(
        (sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear(each), strict=True))
         for each in (one, other)), reverse=True,
    )  # fmt: skip
    return (light + 0.05) / (dark + 0.05)


def lab(rgb: list[float]) -> list[float]:
    """CIE L*a*b* of linear sRGB, for white D65."""
    rows = ((0.4124, 0.3576, 0.1805), (0.2126, 0.7152, 0.0722), (0.0193, 0.1192, 0.9505))
    white = (0.9505, 1.0, 1.089)
    xyz = [sum(r * min(max(c, 0), 1) for r, c in zip(row, rgb, strict=True)) for row in rows]
    fx, fy, fz = (
        t ** (1 / 3) if t > 0.008856 else 7.787 * t + 16 / 116
        for t in (value / of for value, of in zip(xyz, white, strict=True))
    )
    return [116 * fy - 16, 500 * (fx - fy), 200 * (fy - fz)]


def seen(colour: str, sight: str) -> list[float]:
    rgb = linear(colour)
    return lab([sum(m * c for m, c in zip(row, rgb, strict=True)) for row in SIGHT[sight]])


@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_a_series_is_seen_on_the_background(theme: int) -> None:
    assert len(LOOKS) == 5
    assert [each[theme] for each in LOOKS if contrast(each[theme], BACKGROUNDS[theme]) < 3] == []


@pytest.mark.parametrize("sight", SIGHT)
@pytest.mark.parametrize("theme", [0, 1], ids=["light", "dark"])
def test_series_differ_whatever_one_sees(theme: int, sight: str) -> None:
    """By CIE76, of which 2.3 is just seen."""
    near = {
        (one[theme], other[theme]): distance
        for one, other in combinations(LOOKS, 2)
        if (distance := sum((a - b) ** 2 for a, b in zip(seen(one[theme], sight), seen(other[theme], sight), strict=True)) ** 0.5) < 18
    }  # fmt: skip
    assert near == {}
