"""Charts as the page draws them: what Fava's own would be told, as lines and bars of our own.

Fava gives colours by the names of series, in the order in which it first sees them: in another
language, or after another report, the same line has another one; and its buttons are for accounts.
Here a series has the colour of its key, from the palette of Okabe and Ito, which differs for
colour-blind people, too; a second currency is told by dashes.

Floats are positions and heights in percent, for SVG and CSS; what is read stays a ``Decimal``.
"""

from __future__ import annotations

from decimal import Decimal
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Mapping, Sequence

_MOST_STEPS = 5
"""Lines behind a chart, at which its values stand."""

_LABELS = 6
"""Days below a chart."""


class Tick(NamedTuple):
    """A label at an axis: how far along it stands, in percent."""

    at: float
    label: str


class Line(NamedTuple):
    """A series over time.

    Attributes:
        label: what it is called.
        colour: the number of its colour.
        dashes: the number of its dashes, 0 for none.
        path: its steps, for SVG, in percent of the chart from its upper left corner.
        last: its value at the end.
    """

    label: str
    colour: int
    dashes: int
    path: str
    last: Decimal


class Bar(NamedTuple):
    """What happened in an interval, of one kind: how many, and how high that is in percent."""

    label: str
    colour: int
    number: int
    height: float


class Bars(NamedTuple):
    """What happened in an interval; its label is empty where too many stand side by side."""

    day: str
    label: str
    bars: list[Bar]


class Drawing(NamedTuple):
    """A chart: lines, or bars."""

    title: str
    legend: list[Line]
    lines: list[Line]
    groups: list[Bars]
    values: list[Tick]
    days: list[Tick]


def drawing(chart: Mapping[str, Any]) -> Drawing:
    """A chart's data as lines or bars.

    Args:
        chart: ``type`` (balances or bar), ``label``, and ``data``, each with ``date`` and
            ``balance``, by series. ``series`` gives the colour and dashes of each by its label;
            without it they follow the order.
    """
    data: Sequence[Mapping[str, Any]] = chart["data"]
    names = dict.fromkeys(name for point in data for name in point["balance"])
    looks = chart.get("series") or {name: (at, 0) for at, name in enumerate(names)}
    top = max((Decimal(n) for point in data for n in point["balance"].values()), default=Decimal(0))
    step = _step(top)
    values = [
        Tick(
            round(float(at * step / top * 100), 1) if top else 0.0, f"{(at * step).normalize():,f}"
        )
        for at in range(int(top / step) + 1)
    ]
    draw = _bars if chart["type"] == "bar" else _lines
    return draw(chart["label"], data, {n: looks[n] for n in looks if n in names}, top, values)


_Looks = dict[str, tuple[int, int]]


def _lines(
    title: str, data: Sequence[Mapping[str, Any]], looks: _Looks, top: Decimal, values: list[Tick]
) -> Drawing:
    first, last = data[0]["date"], data[-1]["date"]
    lines = [
        Line(name, *look, _path(data, name, top), Decimal(data[-1]["balance"][name]))
        for name, look in looks.items()
    ]
    days = sorted({first, *(_between(first, last, at) for at in range(1, _LABELS - 1)), last})
    ticks = [Tick(round(_along(day, first, last), 1), f"{day}") for day in days]
    return Drawing(title, lines, lines, [], values, ticks)


def _path(data: Sequence[Mapping[str, Any]], name: str, top: Decimal) -> str:
    first, last = data[0]["date"], data[-1]["date"]
    steps: list[str] = []
    for point in data:
        y = 100 - (float(Decimal(point["balance"][name]) / top * 100) if top else 0)
        x = _along(point["date"], first, last)
        steps.append(f"H{x:.1f}V{y:.1f}" if steps else f"M{x:.1f},{y:.1f}")
    return "".join(steps) + "H100"


def _along(day: dt.date, first: dt.date, last: dt.date) -> float:
    return (day - first).days / max((last - first).days, 1) * 100


def _between(first: dt.date, last: dt.date, at: int) -> dt.date:
    return first + (last - first) * at // (_LABELS - 1)


def _bars(
    title: str, data: Sequence[Mapping[str, Any]], looks: _Looks, top: Decimal, values: list[Tick]
) -> Drawing:
    every = -(-len(data) // _LABELS)
    groups = []
    for at, point in enumerate(data):
        bars = [
            Bar(
                name,
                colour,
                point["balance"][name],
                round(float(point["balance"][name] / top * 100), 1),
            )
            for name, (colour, _) in looks.items()
            if point["balance"].get(name)
        ]
        day = f"{point['date']}"
        groups.append(Bars(day, "" if at % every else day, bars))
    legend = [Line(name, *look, "", Decimal(0)) for name, look in looks.items()]
    return Drawing(title, legend, [], groups, values, [])


def _step(top: Decimal) -> Decimal:
    """A round number of which at most five go into ``top``: 1, 2 or 5, and zeros."""
    unit = Decimal(1).scaleb(top.adjusted() - 1) if top else Decimal(1)
    steps = (unit * times for times in (1, 2, 5, 10, 20, 50))
    return next(each for each in steps if top / each <= _MOST_STEPS)
