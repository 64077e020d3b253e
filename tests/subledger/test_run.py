"""Shards say what one machine says: every state, text, account, date and digit."""

from __future__ import annotations

import re
from datetime import date
from random import Random
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.subledger.common import RefusedError
from beancount_voucher.views.columns import columns_of
from beancount_voucher.views.register import REGISTER
from tests.support.crowds import Crowd
from tests.support.shards import (
    WORLD,
    issue,
    judged,
    ledger,
    require_the_same,
    said,
    written,
)

if TYPE_CHECKING:
    from pathlib import Path

ALL = (2, 7, 64)
KEYS = [column.key for column in columns_of(REGISTER, "data")]


@pytest.mark.parametrize("seed", range(4))
def test_random_ledgers_in_any_number_of_shards(tmp_path: Path, seed: int) -> None:
    random = Random(seed)  # noqa: S311  the same on every run
    top = Crowd.of(random, 14).write(tmp_path, random.randrange(1, 6))
    require_the_same(top, ALL)


@pytest.mark.parametrize("seed", range(100, 102))
def test_the_same_facts_in_any_files_and_any_order_come_to_the_same(
    tmp_path: Path, seed: int
) -> None:
    crowd = Crowd.of(Random(seed), 10)  # noqa: S311  likewise
    found = []
    for files in (1, 3, 8):
        top = crowd.write(tmp_path / str(files), files)
        judged(top, tmp_path / f"out-{files}", files)
        told = written(tmp_path / f"out-{files}")
        rows = [
            [cell for key, cell in zip(KEYS, row, strict=True) if key not in ("file", "line")]
            for row in told["register"]
        ]
        found.append((rows, told["balances"], len(told["problems"])))
    assert found[0] == found[1] == found[2]


ACCEPTED = said("accept", "V-1", "2026-02-03")

TRAPS = {
    "another shard's issue leaves too little credit": (
        [
            issue("A", "2026-02-01", "80.00 CNY", "credit"),
            issue("Z", "2026-02-01", "30.00 CNY", "credit") + said("accept", "Z", "2026-02-02"),
        ],
        "at most 20.00 CNY (limit 100.00, frozen 80.00, drawn 0) [insufficient-credit]",
    ),
    "what was refused frees the line for the next": (
        [
            issue("A", "2026-02-01", "80.00 CNY", "credit"),
            issue("M", "2026-02-02", "30.00 CNY", "credit"),
            issue("Z", "2026-02-03", "20.00 CNY", "credit"),
        ],
        "M: 30.00 CNY is more than the free credit line",
    ),
    "refused, and issued again when others have given credit back": (
        [
            issue("A", "2026-02-01", "80.00 CNY", "credit")
            + said("void", "A", "2026-02-03", '\n  reason: "cancelled"'),
            issue("Z", "2026-02-01", "30.00 CNY", "credit"),
            issue("Z", "2026-02-04", "90.00 CNY", "credit"),
            issue("ZZ", "2026-02-05", "20.00 CNY", "credit"),
        ],
        "ZZ: 20.00 CNY is more than the free credit line",
    ),
    "an increase that another shard leaves no room for": (
        [
            issue("A", "2026-02-01", "50.00 CNY", "credit"),
            issue("Z", "2026-02-01", "30.00 CNY", "credit"),
            '2026-02-02 custom "voucher-amend" "A" 1 71.00 CNY\n',
        ],
        "A: 21.00 CNY more is more than the free credit line",
    ),
    "a refund repays what another shard has left of the loan": (
        [
            issue("A", "2026-02-01", "60.00 CNY", "credit")
            + said("accept", "A", "2026-02-02")
            + said("apply", "A", "2026-02-03")
            + said("settle", "A", "2026-02-04"),
            '2026-02-05 custom "voucher-repay" "PA" "BA" 50.00 CNY\n',
            said("refund", "A", "2026-02-06", ' 25.00 CNY\n  reason: "less"'),
            issue("Z", "2026-02-07", "95.00 CNY", "credit"),
        ],
        None,
    ),
    "a limit below what shards have frozen": (
        [
            issue("A", "2026-02-01", "60.00 CNY", "credit"),
            issue("Z", "2026-02-01", "30.00 CNY", "credit"),
            '2026-02-02 custom "voucher-credit-line" "PA" "BA" 70.00 CNY\n',
        ],
        "at least what is frozen and drawn (limit 100.00, frozen 90.00, drawn 0)",
    ),
    "a voucher in files of several months": (
        [
            said("settle", "V-1", "2026-05-02"),
            said("apply", "V-1", "2026-04-01"),
            issue("V-1", "2026-02-01", "50.00 CNY"),
            ACCEPTED,
        ],
        None,
    ),
    "an id issued twice in two files": (
        [issue("V-1", "2026-02-01", "50.00 CNY"), issue("V-1", "2026-02-02", "50.00 CNY")],
        "V-1: a second issue; the first stands on 2026-02-01 (0.beancount:1)",
    ),
    "one issue said twice in two files": (
        [issue("V-1", "2026-02-01", "50.00 CNY"), issue("V-1", "2026-02-01", "50.00 CNY")],
        "the same is said on 2026-02-01 (0.beancount:1)",
    ),
    "two issues of a day that differ": (
        [issue("V-1", "2026-02-01", "50.00 CNY"), issue("V-1", "2026-02-01", "51.00 CNY")],
        "something else is said on 2026-02-01",
    ),
    "events without their issue": ([ACCEPTED, said("settle", "V-9", "2026-02-05")], "[not-found]"),
    "another shard's event reaches the start of cover": (
        [
            issue("A", "2026-02-01", "50.00 CNY", more="  cover-start: 2026-02-20\n")
            + said("accept", "A", "2026-02-02"),
            issue("Z", "2026-03-01", "10.00 CNY"),
        ],
        None,
    ),
    "what is refused does not reach it": (
        [
            issue("A", "2026-02-01", "50.00 CNY", more="  cover-start: 2026-02-20\n")
            + said("accept", "A", "2026-02-02"),
            said("settle", "Z", "2026-03-01"),
        ],
        "[not-found]",
    ),
    "a close reaches it": (
        [
            issue("A", "2026-02-01", "50.00 CNY", more="  cover-start: 2026-02-20\n")
            + said("accept", "A", "2026-02-02"),
            '2026-02-28 custom "voucher-close" "2026-02"\n',
        ],
        None,
    ),
    "premium earned up to another shard's day": (
        [
            '2026-01-01 custom "voucher-option" "earning" "monthly"\n',
            issue("A", "2026-02-01", "99.99 CNY", more="  cover-start: 2026-02-02\n").replace(
                "cover-start", "cover-end: 2026-12-31\n  cover-start"
            )
            + said("accept", "A", "2026-02-02"),
            issue("Z", "2026-05-03", "1.00 CNY").replace("03-31", "05-31"),
        ],
        None,
    ),
    "two holds of a day, and money for one": (
        [
            issue("Z", "2026-02-01", "600.00 CNY"),
            issue("A", "2026-02-01", "600.00 CNY"),
        ],
        "Z: 600.00 CNY is frozen, but 400.00 CNY is free on Assets:PA:BA at the end of 2026-02-01",
    ),
    "money that comes back on the day": (
        [
            issue("A", "2026-02-01", "900.00 CNY"),
            issue("Z", "2026-02-03", "900.00 CNY"),
            said("void", "A", "2026-02-03", '\n  reason: "cancelled"'),
        ],
        None,
    ),
    "a repayment without the money": (
        [
            issue("A", "2026-02-01", "80.00 CNY", "credit")
            + said("accept", "A", "2026-02-02")
            + said("apply", "A", "2026-02-03")
            + said("settle", "A", "2026-02-04"),
            issue("Z", "2026-02-05", "950.00 CNY"),
            '2026-02-05 custom "voucher-repay" "PA" "BA" 80.00 CNY\n',
        ],
        "950.00 CNY is frozen, but 920.00 CNY is free",
    ),
    "balances on an account that all shards move": (
        [
            issue("A", "2026-02-01", "100.00 CNY"),
            issue("Z", "2026-02-01", "50.00 CNY"),
            "2026-02-02 balance Assets:PA:BA 1000.00 CNY\n",
            "2026-02-02 balance Assets:PA:BA:Frozen 151.00 CNY\n",
        ],
        "Balance failed for 'Assets:PA:BA:Frozen': expected 151.00 CNY != accumulated 150.00 CNY",
    ),
    "amounts of twelve decimals, of many digits, and commodities with dots": (
        [
            issue("A", "2026-02-01", "0.000000000001 CNY"),
            issue("B", "2026-02-01", "1234567890123456.789012345678 US.D-X"),
            issue("C", "2026-02-01", "99999999999999999999999999.99 BIG"),
            issue("D", "2026-02-01", "12345678901234567890123456789 BIG"),
        ],
        "at most 28 digits [bad-amount]",
    ),
    "an account that is not open": (
        [
            issue("A", "2026-02-01", "10.00 CNY").replace('"BB"', '"BA"')
            + said("accept", "A", "2026-02-02")
            + said("apply", "A", "2026-02-03")
            + said("settle", "A", "2026-02-04"),
            "2026-02-03 close Liabilities:BA:Deposits:IA\n",
        ],
        "needs Liabilities:BA:Deposits:IA in the book of BA, which is not open",
    ),
    "an account of two roles": (
        [
            issue("A", "2026-02-01", "10.00 CNY"),
            '2026-01-01 custom "voucher-party" "PC" "policyholder"\n'
            '  frozen: "Liabilities:BA:Held:PA"\n',
            issue("Z", "2026-02-01", "10.00 CNY").replace('"PA"', '"PC"'),
            "2026-01-01 open Assets:PC:BA\n2026-01-01 open Liabilities:BA:Deposits:PC\n",
        ],
        "an account of its own, since it proves what vouchers hold",
    ),
    "texts of several lines, and notes": (
        [
            issue("A", "2026-02-01", "10.00 CNY", more='  note: "two\nlines"\n'),
            issue("Z", "2026-02-01", "10.00 CNY", more='  note-x: 1.50\n  document-y: "d"\n')
            + said("accept", "Z", "2026-02-02", "\n  note: #tag"),
        ],
        None,
    ),
    "a directive that hides where it stands": (
        [
            issue("A", "2026-02-01", "10.00 CNY", more="  lineno: 7\n"),
            issue("Z", "2026-02-01", "1 CNY"),
        ],
        "lineno is Beancount's own name for where a directive stands",
    ),
    "a directive that says that it stands elsewhere": (
        [issue("A", "2026-02-01", "10.00 CNY", more='  filename: "/nowhere"\n')],
        "filename is Beancount's own name",
    ),
    "syntax errors, pushed tags, and includes of nothing": (
        [
            "2026-02-01 custom\n" + issue("A", "2026-02-01", "10.00 CNY"),
            'pushtag #x\n2026-02-01 * "x"\n  Assets:PA:BA  1.00 CNY\n  Equity:World\npoptag #x\n',
            'include "nothing/*"\ninclude "0.beancount"\n' + issue("Z", "2026-02-01", "1.00 CNY"),
        ],
        'File glob "nothing/*" does not match any files',
    ),
    "nothing but refused": ([said("accept", "V-1", "2026-02-01", " 1.00 CNY")], "[bad-value]"),
}


@pytest.mark.parametrize("name", TRAPS)
def test_traps(tmp_path: Path, name: str) -> None:
    files, expected = TRAPS[name]
    one = require_the_same(ledger(tmp_path, *files), (1, 5))
    texts = [text for _, _, text in one["problems"]]
    assert any(expected in text for text in texts) if expected else texts == [], texts


@pytest.mark.parametrize(
    ("head", "more"),
    [
        ('plugin "beancount_voucher_plugin" "PA"\n', ""),
        ('plugin "beancount_voucher_plugin" "BA IA"\n', ""),
        ('plugin "beancount_voucher_plugin" "BA Nobody"\n', ""),
        ('option "plugin_processing_mode" "raw"\nplugin "beancount_voucher_plugin"\n', ""),
        ('option "name_assets" "Vermoegen"\n', "assets"),
        ("", '2026-01-01 custom "voucher-option" "check-funds" "off"\n'),
        ("", '2026-01-01 custom "voucher-option" "open-accounts" "user"\n'),
        ("", '2026-02-01 event "o" "a"\n2026-02-01 document Equity:World "no.pdf"\n'),
    ],
)
def test_whatever_the_top_file_chooses(tmp_path: Path, head: str, more: str) -> None:
    world = WORLD.replace("Assets:", "Vermoegen:") if more == "assets" else WORLD + more
    facts = [
        issue("A", "2026-02-01", "900.00 CNY", more='  requires-event: "o=a"\n'),
        issue("Z", "2026-02-01", "600.00 CNY") + said("accept", "Z", "2026-02-02"),
        issue("C", "2026-02-01", "60.00 CNY", "credit"),
        said("accept", "A", "2026-02-02") + said("apply", "A", "2026-02-03"),
        said("settle", "A", "2026-02-04"),
        "2026-02-09 balance Equity:World -1000.00 CNY\n",
    ]
    require_the_same(ledger(tmp_path, *facts, head=head, world=world), (1, 5))


def test_a_link_to_nothing_among_the_files(tmp_path: Path) -> None:
    top = ledger(tmp_path, issue("A", "2026-02-01", "90.00 CNY"))
    (tmp_path / "facts" / "7.beancount").symlink_to("nothing")
    one = require_the_same(top, (1,))
    assert [text for _, _, text in one["problems"]] == [
        f'File "{tmp_path}/facts/7.beancount" does not exist'
    ]


@pytest.mark.parametrize("day", [date(2026, 2, 2), date(2026, 2, 10), date(2027, 1, 1)])
def test_the_register_of_any_day(tmp_path: Path, day: date) -> None:
    facts = [
        issue("A", "2026-02-01", "90.00 CNY") + said("accept", "A", "2026-02-05"),
        issue("Z", "2026-02-10", "60.00 CNY"),
    ]
    require_the_same(ledger(tmp_path, *facts), (1, 2), day)


def test_a_ledger_of_nothing(tmp_path: Path) -> None:
    top = ledger(tmp_path, world='2026-01-01 custom "voucher-option" "postings" "daily"\n')
    one = require_the_same(top, (1, 9))
    assert one["register"] == []


PAD = "2026-01-03 pad Assets:PA:BA Equity:World\n2026-01-09 balance Assets:PA:BA 3.00 CNY\n"

REFUSED = {
    "pad": (
        "",
        [issue("A", "2026-02-01", "1.00 CNY"), PAD],
        "facts/1.beancount:1: pad Assets:PA:BA",
    ),
    "another plugin": (
        'plugin "beancount.plugins.auto_accounts"\nplugin "beancount_voucher_plugin"\n',
        [],
        "top.beancount: the plugin beancount.plugins.auto_accounts",
    ),
    "no plugin": ('option "title" "plugin"\n', [], "there is no plugin"),
    "two plugins": (
        'plugin "beancount_voucher_plugin" "PA"\nplugin "beancount_voucher_plugin"\n',
        [],
        "two plugin lines keep different books",
    ),
    "accounts of vouchers": (
        "",
        ['2026-01-01 custom "voucher-option" "hold-accounts" "per-voucher"\n'],
        'expected hold-accounts "pooled"',
    ),
    "messages": (
        "",
        [issue("A", "2026-02-01", "1.00 CNY", more='  message: "BA BB 1"\n')],
        "0.beancount:1: voucher-issue is of two servers",
    ),
    "a long amount": (
        "",
        [issue("A", "2026-02-01", "1.0000000000001 CNY")],
        "facts/0.beancount:1: A: an amount is 1.0000000000001, which a table cannot hold",
    ),
    "a long sum": (
        "",
        [issue(each, "2026-02-01", "99999999999999999999999999 CNY") for each in ("A", "Z")],
        "the sum is 199999999999999999999999998, which a table cannot hold",
    ),
    "an encrypted file": ("", ["-----BEGIN PGP MESSAGE-----\n"], "0.beancount is encrypted"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_refused_by_name(tmp_path: Path, name: str) -> None:
    head, files, expected = REFUSED[name]
    top = ledger(tmp_path, *files, head=head)
    if name == "an encrypted file":
        (tmp_path / "facts" / "0.beancount").rename(tmp_path / "facts" / "0.gpg")
        top.write_text(top.read_text().replace("*.beancount", "*"), encoding="utf-8")
        expected = "0.gpg is encrypted"
    with pytest.raises(RefusedError, match=re.escape(expected)):
        judged(top, tmp_path / "out", 2)


def test_a_pad_on_another_account_is_no_matter(tmp_path: Path) -> None:
    pad = "2026-01-03 pad Equity:World Assets:PA:BA\n2026-01-09 balance Equity:World -3.00 CNY\n"
    require_the_same(ledger(tmp_path, issue("A", "2026-02-01", "1.00 CNY"), pad), (2,))
