"""What people do to the files of a ledger, drawn at random: directives, and ways to save them.

Of a small world (``tests.support``), so that vouchers meet: on credit lines, on days, by id.
"""

from __future__ import annotations

from datetime import date, timedelta

from hypothesis import strategies as st

from tests.support import event, issue

DAY0 = date(2026, 3, 1)
IDS = ("V-1", "V-2", "V-3", "V-4", "V-5", "V-6")
_REASONS = ("not-accepted", "no-application", "conditions-unmet", "insurance-returned", "cancelled")
_FUNDING = ('"cash"', '"credit"', '"credit"')


def day(offset: int) -> date:
    return DAY0 + timedelta(days=offset)


@st.composite
def issues(draw: st.DrawFn) -> str:
    when = draw(st.integers(0, 30))
    terms: dict[str, str] = {"funding": draw(st.sampled_from(_FUNDING))}
    terms["policyholder"] = draw(st.sampled_from(['"Ann"', '"Ann"', '"Bob"']))
    terms["accept_by"] = str(day(when + draw(st.integers(0, 9))))
    terms["apply_by"] = str(day(when + draw(st.integers(5, 25))))
    for key, values in _TERMS.items():
        value = draw(st.sampled_from(values))
        if value:
            terms[key] = value
    if draw(st.booleans()):
        terms["cover_start"] = str(day(when + draw(st.integers(0, 40))))
        if draw(st.booleans()):
            terms["cover_end"] = str(day(when + 80))
    amount = f"{draw(st.sampled_from(['300.00', '400', '650.50', '1000.00']))} CNY"
    return issue(draw(st.sampled_from(IDS)), amount, str(day(when)), **terms)


_TERMS = {
    "requires_policy": ["", "", "TRUE"],
    "requires_event": ["", "", "", '"order=delivered"'],
    "not_before": ["", "", "2026-03-20"],
    "on_unmet": ["", "", '"represent"'],
    "draws": ["", "", '"multiple"'],
    "product": ["", '"return freight"', '"退货运费险"'],
    "requires_third": ["", "", "", "", "", "", "TRUE"],
}


@st.composite
def events(draw: st.DrawFn) -> str:
    kind = draw(
        st.sampled_from(["accept", "accept", "apply", "apply", "settle", "settle", *_KINDS])
    )
    values = [value for each in _VALUES.get(kind, ()) if (value := draw(st.sampled_from(each)))]
    terms: dict[str, str] = {}
    for key, choices in (*_SAID.get(kind, {}).items(), *_SAID_OF_ALL.items()):
        value = draw(st.sampled_from(choices))
        if value:
            terms[key] = value
    when = str(day(draw(st.integers(0, 45))))
    return event(kind, when, *values, voucher=draw(st.sampled_from(IDS)), **terms)


_AMOUNTS = ("", "300.00 CNY", "200 CNY", "400 CNY")
_NUMBERS = ("1", "1", "2")
_VALUES = {
    "apply": (_AMOUNTS,),
    "settle": (_AMOUNTS,),
    "refund": (_AMOUNTS,),
    "request": (_AMOUNTS[1:],),
    "consent": (_NUMBERS,),
    "decline": (_NUMBERS,),
    "amend": (_NUMBERS, ("", "0.00 CNY", "350.00 CNY", "900.00 CNY")),
}
_BY = ('"Ann"', '"Ins"')
_SAID: dict[str, dict[str, tuple[str, ...]]] = {
    "apply": {"policy": ("", '"P-1"')},
    "void": {"reason": tuple(f'"{each}"' for each in _REASONS)},
    "recall": {"reason": tuple(f'"{each}"' for each in _REASONS)},
    "refund": {"reason": ('"returned"',)},
    "consent": {"by": _BY},
    "decline": {"by": _BY},
    "amend": {"cover_start": ("", "2026-03-09", "2026-04-09")},
    "request": {"policyholder": ('"Ann"',), "insurer": ('"Ins"',)},
}
_SAID_OF_ALL = {"note": ("",) * 9 + ('"a note"',), "unknown": ("",) * 19 + ('"key"',)}

_KINDS = (
    "void",
    "return",
    "reject",
    "withdraw",
    "discrepancy",
    "refund",
    "release",
    "amend",
    "consent",
    "decline",
    "request",
    "recall",
    "surrender",
)


@st.composite
def others(draw: st.DrawFn) -> str:
    when = day(draw(st.integers(-5, 45)))
    text = draw(st.sampled_from(_OTHERS))
    return f"{when} {text}\n"


_OTHERS = (
    'custom "voucher-credit-line" "Ann" "Iss" 1500.00 CNY',
    'custom "voucher-credit-line" "Ann" "Iss" 700.00 CNY',
    'custom "voucher-credit-line" "Bob" "Iss" 800.00 CNY',
    'custom "voucher-repay" "Ann" "Iss" 300.00 CNY',
    'custom "voucher-option" "recognise-at" "accept"',
    'custom "voucher-option" "recognise-at" "settle"',
    'custom "voucher-option" "earning" "monthly"',
    'custom "voucher-option" "check-funds" "off"',
    'custom "voucher-option" "hold-accounts" "per-voucher"',
    'custom "voucher-close" "2026-03"',
    'custom "voucher-party" "New" "policyholder"',
    'custom "voucher-party" "Ann" "policyholder"',
    'custom "voucher-nothing" "V-1"',
    'custom "voucher-accept" "bad id"',
    'custom "voucher-accept"',
    'custom "voucher-settle" "V-2" TRUE',
    'custom "voucher-exception" "V-1" "no-rule"',
    'event "order" "delivered"',
    'event "order" "lost"',
    'event "weather" "fine"',
    '* "Other business"\n  Assets:Ann:Iss  -99900.00 CNY\n  Equity:Opening',
    '* "Other business"\n  Assets:Ann:Iss  10.00 CNY\n  Equity:Opening',
    "open Assets:Further",
    "open Assets:Further:Two CNY,USD",
    "balance Assets:Ann:Iss  1.00 CNY",
    'note Assets:Ann:Iss "a note"',
    'custom "budget" 12.50 CNY',
)

directives = st.one_of(issues(), events(), events(), events(), others())

BROKEN = (
    '2026-03-09 custom "voucher-accept\n',
    '2026-03-09 custom "voucher-accept" "V-1" ^link\n',
    "  indented: TRUE\n",
    'option "title" "Another"\n',
    'option "name_assets" "Vermoegen"\n',
    'plugin "beancount_voucher_plugin" "Ann"\n',
    'plugin "beancount.plugins.auto_accounts"\n',
    "pushtag #tag\n",
    'pushmeta note: "x"\npopmeta note:\n',
    "* A heading\n",
    "; a comment\n",
    "\n",
    'include "nothing.beancount"\n',
)
"""What is no directive, or makes others another thing."""
