"""What no directive states, reckoned by hand: when a premium is recognised, in cover, and earned.

The premium is 100.00 CNY, issued on 2 March 2026 for a cover that each table gives.
"""

from __future__ import annotations

import pytest

from tests.support import LINES, issue, load
from tests.support.instrument_tables import DERIVED
from tests.support.lives import directives


@pytest.mark.parametrize("name", DERIVED)
def test_what_is_derived(name: str) -> None:
    terms, options, told, expected = DERIVED[name]
    assert derived(terms, options, told) == [line.strip() for line in expected.strip().splitlines()]


def derived(terms: dict[str, str], options: dict[str, str], told: str) -> list[str]:
    text = LINES + "".join(
        f'2026-01-01 custom "voucher-option" "{name}" "{value}"\n'
        for name, value in options.items()
    )
    text += issue(**{"draws": '"multiple"', **terms}) + directives(told)
    found = []
    for event in load(text).evaluation.vouchers["V-1"].events:
        day = f"{event.date:%m-%d} {event.kind}"
        if event.kind in ("recognise", "cover", "earn"):
            found.append(f"{day} {event.amount}")
        elif event.change is not None and event.change.unearned:
            found.append(f"{day} reversed {event.change.unearned}")
    return found


def test_what_is_earned_has_the_decimals_of_its_amounts() -> None:
    cover = {"cover-start": "2026-03-30", "cover-end": "2026-04-02", "apply-by": "2026-04-30"}
    text = LINES + '2026-01-01 custom "voucher-option" "earning" "daily"\n'
    text += issue("V-1", "97 CNY", **cover) + directives(
        """
        03-03 accept
        04-01 apply
        04-01 settle
        04-02 refund 1.0 CNY reason="less" kept=0.125 CNY
        """
    )
    events = load(text).evaluation.vouchers["V-1"].events
    earned = [str(event.amount) for event in events if event.kind == "earn"]
    assert earned == ["24", "25", "24", "24"]
    assert [str(event.change.unearned) for event in events if event.kind == "refund"] == ["1.125"]  # type: ignore[union-attr]
