"""One change that is not allowed is one violation, with what follows from it below."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.support import ACCEPT, APPLY, LINES, SETTLE, event, issue
from tests.support.repository import APPLIED, VOUCHERS, WANG, ZHAO, Repository, rules

if TYPE_CHECKING:
    from collections.abc import Iterable

REQUEST = issue(kind="request", date="2026-03-01")
WHOLE = REQUEST + issue() + ACCEPT + APPLY + event("settle", "2026-03-06", "100.00 CNY")
BALANCE = "2026-03-10 balance Assets:Ann:Iss:Frozen  100.00 CNY\n"
CLOSE = '2026-03-31 custom "voucher-close" "2026-03"\n'
CREDIT = {"funding": '"credit"'}
EXCEPTION = """\
2026-03-31 custom "voucher-exception" "V-1" "{}"
  reason: "mistyped"
  by: "audit"
"""


def told(violations: Iterable[dict[str, Any]]) -> list[tuple[str, list[str]]]:
    """Each violation without its voucher's id and expectations, and what is below it."""
    return [(said(each), [said(below) for below in each["consequences"]]) for each in violations]


def said(violation: dict[str, Any]) -> str:
    start, code = violation["text"].split(";")[0], violation["text"].rpartition("[")[2]
    text = f"[{code}" if violation["rule"] == "new-error" and "[" in violation["text"] else start
    return text.removeprefix("V-1: ")


REFUSED = "of 2026-03-{}: refused now: {}"
GONE_ON = [
    f"accept {REFUSED.format('03', 'not-found')}",
    f"apply {REFUSED.format('05', 'not-found')}",
    f"settle {REFUSED.format('06', 'not-found')}",
]
NOT_FOUND = ["[not-found]"] * 3

# before, after -> each violation with its consequences.
TABLE: dict[str, tuple[str, str, list[tuple[str, list[str]]]]] = {
    "one amount": (
        WHOLE, WHOLE.replace('"V-1" 100.00 CNY\n  policyholder', '"V-1" 90.00 CNY\n  policyholder', 1),
        [(
            "request of 2026-03-01: amount 100.00 CNY → 90.00 CNY",
            [
                f"issue {REFUSED.format('02', 'terms-differ')}",
                *(each.replace("not-found", "out-of-order") for each in GONE_ON),
                "[terms-differ]", *["[out-of-order]"] * 3,
            ],
        )],
    ),
    "an amount that is settled": (
        issue() + ACCEPT + APPLY + event("settle", "2026-03-06", "100.00 CNY"),
        issue(amount="90.00 CNY") + ACCEPT + APPLY + event("settle", "2026-03-06", "100.00 CNY"),
        [(
            "issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY",
            [f"settle {REFUSED.format('06', 'exceeds-applied')}", "[exceeds-applied]"],
        )],
    ),
    "one amount that cannot be read": (
        APPLIED, APPLIED.replace("100.00 CNY", "-1.00 CNY"),
        [(
            "issue of 2026-03-02: amount 100.00 CNY → -1.00 CNY, refused now: bad-amount",
            [*GONE_ON[:2], "[bad-amount]", *NOT_FOUND[:2]],
        )],
    ),
    "a date that is none": (
        APPLIED, APPLIED.replace("accept-by: 2026-03-05", 'accept-by: "soon"'),
        [(
            "issue of 2026-03-02: accept-by 2026-03-05 → soon, refused now: bad-value",
            [*GONE_ON[:2], "[bad-value]", *NOT_FOUND[:2]],
        )],
    ),
    "what is gone is gone": (
        APPLIED, ACCEPT + APPLY, [("issue of 2026-03-02: it is gone", [*GONE_ON[:2], *NOT_FOUND[:2]])],
    ),
    "two amounts are two": (
        issue() + issue("V-2"), issue(amount="90.00 CNY") + issue("V-2", "80.00 CNY"),
        [("issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY", []), ("V-2: issue of 2026-03-02: amount 100.00 CNY → 80.00 CNY", [])],
    ),
    "two edits of one voucher are two, and what follows is below the first": (
        APPLIED + SETTLE, issue(amount="90.00 CNY") + event("accept", "2026-03-04") + event("apply", "2026-03-05", "95.00 CNY") + SETTLE,
        [
            ("issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY", [f"settle {REFUSED.format('06', 'out-of-order')}", "[exceeds-held]", "[out-of-order]"]),
            ("accept of 2026-03-03: date 2026-03-03 → 2026-03-04", []),
            ("apply of 2026-03-05: amount – → 95.00 CNY, refused now: exceeds-held", []),
        ],
    ),
    "something new bars what was there": (
        APPLIED + SETTLE, APPLIED + event("return", "2026-03-05") + SETTLE,
        [(f"settle {REFUSED.format('06', 'returned')}", ["[returned]"])],
    ),
    "the same in another way, twice": (
        APPLIED, APPLIED + event("apply", "2026-03-05", by='"Ins"'),
        [
            (f"apply {REFUSED.format('05', 'duplicate')}", ["[duplicate]"]),
            ("[duplicate]", []),
        ],
    ),
    "an edit in a closed period is one": (
        issue() + CLOSE, issue(amount="90.00 CNY") + CLOSE,
        [("issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY", ["issue of 2026-03-02 is edited: the books were closed on 2026-03-31"])],
    ),
    "what is refused now in a closed period": (
        issue() + ACCEPT + CLOSE, ACCEPT + CLOSE,
        [(
            "issue of 2026-03-02: it is gone",
            [
                GONE_ON[0], "issue of 2026-03-02 is gone: the books were closed on 2026-03-31",
                "accept of 2026-03-03 is refused now: the books were closed on 2026-03-31", "[not-found]",
            ],
        )],
    ),
    "a balance that held": (
        issue() + BALANCE, issue(amount="90.00 CNY") + BALANCE,
        [("issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY", ["Balance failed for 'Assets:Ann:Iss:Frozen': expected 100.00 CNY != accumulated 90.00 CNY (10.00 too little)"])],
    ),
    "a balance that is new": (
        issue(), issue(amount="90.00 CNY") + BALANCE,
        [
            ("issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY", []),
            ("Balance failed for 'Assets:Ann:Iss:Frozen': expected 100.00 CNY != accumulated 90.00 CNY (10.00 too little)", []),
        ],
    ),
    "a balance of something else": (
        issue() + "2026-03-10 balance Assets:Bob:Iss  100000.00 CNY\n",
        issue(amount="90.00 CNY") + '2026-03-09 * "x"\n  Assets:Bob:Iss  1 CNY\n  Equity:Opening\n2026-03-10 balance Assets:Bob:Iss  100000.00 CNY\n',
        [
            ("issue of 2026-03-02: amount 100.00 CNY → 90.00 CNY", []),
            ("Balance failed for 'Assets:Bob:Iss': expected 100000.00 CNY != accumulated 100001.00 CNY (1.00 too much)", []),
        ],
    ),
    "a mistake of its own beside it": (
        issue() + ACCEPT, issue(product='"freight"') + ACCEPT + event("apply", "2026-04-05"),
        [("issue of 2026-03-02: product – → freight", []), ("[apply-late]", [])],
    ),
    "a credit line too low for what it carries": (
        LINES + issue(**CREDIT), LINES.replace("1000.00", "50.00") + issue(**CREDIT),
        [("Ann: credit-line Iss of 2026-01-01: amount 1000.00 CNY → 50.00 CNY", [f"issue {REFUSED.format('02', 'insufficient-credit')}", "[insufficient-credit]"])],
    ),
    "the line taken by another voucher": (
        LINES + issue(**CREDIT) + issue("V-2", "900.00 CNY", **CREDIT), LINES + issue(amount="200.00 CNY", **CREDIT) + issue("V-2", "900.00 CNY", **CREDIT),
        [("issue of 2026-03-02: amount 100.00 CNY → 200.00 CNY", ["V-2: issue of 2026-03-02: refused now: insufficient-credit", "[insufficient-credit]"])],
    ),
    "the money taken by another voucher": (
        issue() + issue("V-2", "99900.00 CNY"), issue(amount="200.00 CNY") + issue("V-2", "99900.00 CNY"),
        [("issue of 2026-03-02: amount 100.00 CNY → 200.00 CNY", ["[insufficient-funds]"])],
    ),
    "an event that a settlement needs": (
        '2026-03-04 event "order" "done"\n' + issue(requires_event='"order=done"') + ACCEPT + APPLY + SETTLE,
        '2026-03-04 event "order" "lost"\n' + issue(requires_event='"order=done"') + ACCEPT + APPLY + SETTLE,
        [("order: event done of 2026-03-04: value done → lost", [f"settle {REFUSED.format('06', 'condition-unmet')}", "[condition-unmet]"])],
    ),
    "what nobody can tell the cause of": (
        LINES + issue(**CREDIT), LINES.replace("1000.00", "50.00").replace("01-01", "01-02") + LINES + issue(**CREDIT),
        [(f"issue {REFUSED.format('02', 'insufficient-credit')}", ["[insufficient-credit]"])],
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TABLE)
def test_what_follows_stands_below(repository: Repository, name: str) -> None:
    before, after, expected = TABLE[name]
    repository.commit(before)
    repository.commit(after, WANG)
    found = repository.review("HEAD~1..HEAD")
    assert told(found["violations"]) == expected
    err = repository.run("review", "HEAD~1..HEAD", "--stat").err
    assert f", {len(expected)} violation" in err


def test_a_person_reads_it(repository: Repository) -> None:
    repository.commit(APPLIED)
    repository.commit(APPLIED.replace("100.00", "-1.00"), WANG)
    out = repository.run("review", "HEAD~1..HEAD", "--stat").out
    assert out.partition("Not allowed\n")[2].splitlines()[:2] == [
        f"  {VOUCHERS}:1: V-1: issue of 2026-03-02: amount 100.00 CNY → -1.00 CNY, refused now: bad-amount [edited-history]",
        f"    so: {VOUCHERS}:9: V-1: accept of 2026-03-03: refused now: not-found [edited-history]",
    ]
    markdown = repository.run("review", "HEAD~1..HEAD", "--format", "markdown").out
    assert markdown.count("| so: V-1: ") == 5
    github = repository.run("review", "HEAD~1..HEAD", "--format", "github").out.splitlines()
    assert [line.split(" ")[0] for line in github] == ["::error", *["::warning"] * 5, "::notice"]
    assert github[1].partition("::follows from V-1: ")[2].startswith("V-1: accept of 2026-03-03: ")


# Rules that are excused -> rules of what is left, each with how many are below it.
EXCUSED: dict[tuple[str, ...], list[tuple[str, int]]] = {
    (): [("edited-history", 5)],
    ("edited-history",): [("new-error", 0)] * 3,
    ("new-error",): [("edited-history", 2)],
    ("edited-history", "new-error"): [],
}


@pytest.mark.parametrize("excused", EXCUSED)
def test_what_follows_is_excused_by_itself(
    repository: Repository, excused: tuple[str, ...]
) -> None:
    """Whoever lets an edit pass has not let pass what it has broken."""
    repository.commit(APPLIED)
    edited = APPLIED.replace("100.00", "-1.00")
    repository.commit(edited, WANG)
    repository.commit(edited + "".join(map(EXCEPTION.format, excused)), ZHAO)
    found = repository.review("HEAD~2..HEAD")
    assert [(each["rule"], len(each["consequences"])) for each in found["violations"]] == EXCUSED[
        excused
    ]
    total = len(found["excused"]) + sum(
        1 + len(each["consequences"]) for each in found["violations"]
    )
    assert total == 6
    assert json.dumps(found)


def test_rules_that_are_off_head_nothing(repository: Repository) -> None:
    repository.commit({"bean-voucher.toml": "[review]\nedited-history = false\n"})
    repository.commit(APPLIED)
    repository.commit(APPLIED.replace("100.00", "-1.00"), WANG)
    assert rules(repository.review("HEAD~1..HEAD")) == ["new-error"] * 3
