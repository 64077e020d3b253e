"""The library's sentences in Chinese: what is translated, and what is anybody's and is not."""

from __future__ import annotations

import time

import pytest

from beancount_voucher.translation.catalogue import FOLDER
from beancount_voucher.translation.sentences import KEYS, Sentences, sentences
from tests.support import sentences as extracted

# fmt: off
SAID = [
    # What a guard says, with code, key, date and line.
    ("V-1: accepted on 2026-03-06, after its accept-by; expected 2026-03-05 at the latest (issued on 2026-03-02 (line 9)) [accept-late]",
     "V-1：2026-03-06 已承兑，已过承兑期限 (accept-by)；应为：不晚于 2026-03-05（出具于 2026-03-02（第 9 行）） [accept-late]"),
    ("V-1: accept of a voucher that is requested since 2026-03-01 (line 7); expected one that is issued [out-of-order]",
     "V-1：对已申请，自 2026-03-01 起（第 7 行）的凭证作承兑；应为：状态为 已出具 [out-of-order]"),
    # Words, lists, and what is joined.
    ("settled", "已结算"),
    ("accept-by", "承兑期限 (accept-by)"),
    ("insurer or policyholder", "保险人 (insurer) 或 投保人 (policyholder)"),
    ("requires-policy is met: the application names policy P-1", "须有保单 (requires-policy) 已满足：申请中的保单号 (policy)为 P-1"),
    ('one of "on", "off"', '以下之一："on"，"off"'),
    # Of a bank's account and of money.
    ("Assets:Ann:Iss holds 1.00 CNY on 2026-03-01; the vouchers say 2.00 CNY [I1]",
     "2026-03-01 Assets:Ann:Iss 余额为 1.00 CNY；按凭证应为 2.00 CNY [I1]"),
    ("credit line in the book of Ann on 2026-03-02: available 380.00 + frozen 0 + drawn 0 against a limit of 500.00 CNY.MEMO",
     "2026-03-02 Ann 账簿中的授信额度：可用 380.00 + 冻结 0 + 已用 0，而授信额度为 500.00 CNY.MEMO"),
    # What is quoted is the ledger's: nothing in it is translated or divided.
    ('event "order" is "settled" since 2026-03-01, not "a is b, and c"', '事件 "order" 自 2026-03-01 起为 "settled"，而非 "a is b, and c"'),
    ('"a" is "delivered" since 2026-03-01, "b" is "delivered" since 2026-03-02', '"a" 自 2026-03-01 起为 "delivered"，"b" 自 2026-03-02 起为 "delivered"'),
    ("voucher-close knows no settle", "「voucher-close」没有元数据「settle」"),
    # What has no form stays as it is, as do names, dates and nothing at all.
    ("", ""), ("V-1", "V-1"), ("2026-03-01", "2026-03-01"), ("Lin Wang", "Lin Wang"), ("[final]", "[final]"), (" [final]", " [final]"),
    ("nobody ever said this", "nobody ever said this"), ("is", "is"), ("a {brace} and }", "a {brace} and }"),
    ("holds, ", "holds, "), ("x (", "x ("),
]
# fmt: on


@pytest.mark.parametrize(("english", "chinese"), SAID)
def test_in_chinese(english: str, chinese: str) -> None:
    assert sentences(FOLDER, "zh_Hans_CN").translated(english) == chinese


def test_a_language_without_a_catalogue_is_english() -> None:
    assert sentences(FOLDER, "xx").translated("settled") == "settled"


FORMS = Sentences(
    {
        "{a} is {b}": "{b}<{a}",
        "{a} is {b} of {c}": "{a}/{b}/{c}",
        "{whole}: all": "全 {whole}",
        'no "{name}" here': '无 "{name}"',
        "red": "红", "blue": "蓝", "one ": "一", ", too": "也", "{{n}} twice": "两次 {{n}}",
    }
)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "translated"),
    [
        ("red is blue", "蓝<红"),
        ("V is red of blue", "V/红/蓝"),  # what has more text of its own comes first
        ("red is blue is red", "红<蓝<红"),
        ("x of y is red", "红<x of y"),
        (" is red", " is red"),  # nothing in its place
        ("red is ", "red is "),
        ("red: all", "全 红"),
        ('no "red is blue" here', '无 "red is blue"'),
        ('no "a" or "b" here', 'no "a" or "b" here'),
        ("one red", "一红"),
        ("red, too", "红也"),
        ("{n} twice", "两次 {n}"),
        ("red; blue and red, blue", "红；蓝 和 红，蓝"),
        ("red (blue)", "红（蓝）"),
        ("red\nblue", "红\n蓝"),
    ],
)
def test_forms(text: str, translated: str) -> None:
    assert FORMS.translated(text) == translated


def test_a_text_that_can_be_read_in_endless_ways_stays_as_it_is() -> None:
    text = " ".join(f"w{at} is x, and y or z: (is of; a is" for at in range(400))
    begun = time.monotonic()
    assert sentences(FOLDER, "zh").translated(text) == text
    assert time.monotonic() - begun < 20


def test_keys_are_told_as_the_ledger_has_them() -> None:
    told = sentences(FOLDER, "zh").translated
    assert [key for key in KEYS if not told(key).endswith(f" ({key})")] == []


# --- Where the forms come from ------------------------------------------------------------

CODE = '''
"""No docstring."""
from x import y

def f(a: "no annotation", b: int) -> "none either":
    """Nor this."""
    say(f"{a.b} on {c(d)} by {e[0]}{f!r} and {a.b}", f"{a}: {b:>10}", help="no help")
    counted(len(a), "thing")
    counted(len(a), noun)
    x = "a text" + "word" + ("{until} later" if a else f"is {'an {n:04}' if b else f'an {inner}'}")
    return re.compile("no [a-z]{2} pattern") or f"{1 + 1} is {-a}"
'''


def test_the_forms_of_a_module() -> None:
    assert extracted.forms(CODE) == [
        "{b} on {d} by {e} and {b_2}",
        "{number} thing",
        "{number} things",
        "a text",
        "{until} later",
        "is {value}",
        "an {{n:04}}",
        "an {inner}",
        "{value} is {value_2}",
    ]


def test_every_room_says_something() -> None:
    files = {file for each in extracted.sentences().values() for file in each}
    for room in extracted.ROOMS:
        assert any(file.startswith(room) for file in files), room


def test_no_form_is_technical() -> None:
    assert [
        form for form in extracted.sentences() if "(?P" in form or form.startswith("bean-")
    ] == []
