"""What can be done instead, where a command refuses to record or decide something.

``codes`` says what to do about an error that stands in a ledger already. Before anything is
written there is more choice, and often it depends on how far the voucher has come: until it is
accepted it may be cancelled; then it changes by consent; what is final stays. Only codes for
which that is another answer have a row here.
"""

from __future__ import annotations

from beancount_voucher.directives.codes import CODES

ANY = ""
"""Whatever the voucher's state is, or where there is none."""

OFFERED = "offered"
"""No state: an amendment is open, and stands in the way."""

_ANEW = "`bean-voucher issue NEW --like {id}` issues another, what differs given by options."
_EXTEND = (
    "Or the parties agree on a later day: `bean-voucher amend {id} --accept-by DAY`, and "
    "`bean-voucher consent`."
)
_EVIDENCE = "with `--policy`, `--code` or `--document`"

REMEDIES: dict[str, dict[str, str]] = {
    "missing-key": {
        ANY: "Give it as the option of that name.",
    },
    "unknown-party": {
        ANY: "`bean-voucher party ID ROLE --date DAY` declares it, or correct its id.",
    },
    "not-found": {
        ANY: "Correct the id or the date; `bean-voucher list` shows every voucher.",
    },
    "terms-differ": {
        ANY: "Leave out what the request says already. If something else was agreed, "
        "`bean-voucher refuse {id}`, and issue it under another id.",
    },
    "insufficient-funds": {
        ANY: "Record the money that came in by that day, issue a later day's voucher or a smaller "
        "one, or freeze credit line: `--funding credit`.",
    },
    "insufficient-credit": {
        ANY: "Record what was repaid (`bean-voucher repay`), or the line that the bank granted "
        "(`bean-voucher credit-line`), by that day; or freeze money: `--funding cash`.",
    },
    "accept-late": {
        ANY: "If it was accepted in time, name that day by `--date`. If not, "
        "`bean-voucher void {id} --reason not-accepted`, and " + _ANEW + " " + _EXTEND,
    },
    "apply-late": {
        ANY: "If it was applied for in time, name that day by `--date`. If not, "
        "`bean-voucher void {id} --reason no-application`, and " + _ANEW,
    },
    "exceeds-held": {
        ANY: "Leave the amount out, and all that is held is applied for. If more was agreed, "
        "`bean-voucher amend {id} --amount AMOUNT` and `bean-voucher consent` come first.",
    },
    "exceeds-applied": {
        ANY: "Leave the amount out, and what was applied for is settled. For more, "
        "`bean-voucher withdraw {id}`, and apply anew.",
    },
    "below-settled": {
        ANY: "Amend to more. What was paid too much goes back by `bean-voucher refund {id}`; an "
        "application is taken back by `bean-voucher withdraw {id}`.",
    },
    "condition-unmet": {
        ANY: "Record the event that is missing, or apply anew " + _EVIDENCE + ", after "
        "`bean-voucher withdraw {id}`. If it is not "
        "there, from the day after the application on: "
        "`bean-voucher void {id} --reason conditions-unmet`.",
    },
    "returned": {
        ANY: "`bean-voucher void {id} --reason insurance-returned`.",
    },
    "no-return-notice": {
        ANY: "`bean-voucher return {id}` records the notice, on the day on which it came.",
    },
    "not-yet-expired": {
        "issued": "Wait until the day has passed. One that is not wanted: "
        "`bean-voucher void {id} --reason cancelled`.",
        ANY: "Wait until the day has passed. By agreement it ends before: "
        "`bean-voucher amend {id} --amount 0`, and `bean-voucher consent`.",
    },
    "conditions-met": {
        ANY: "`bean-voucher settle {id}`.",
    },
    "duplicate": {
        "requested": "What stands counts. If it is wrong, `bean-voucher refuse {id}`, and request "
        "it under another id.",
        "issued": "What stands counts. If it is wrong, "
        "`bean-voucher void {id} --reason cancelled`, and " + _ANEW,
        "accepted": "What stands counts. If it is wrong, `bean-voucher amend {id}` with what is "
        "right by options; it holds with `bean-voucher consent`.",
        "applied": "What stands counts. If it is wrong, `bean-voucher withdraw {id}`, then apply "
        "anew, or `bean-voucher amend {id}` with what is right by options.",
        ANY: "What stands counts; it is not said a second time.",
    },
    "out-of-order": {
        OFFERED: "An amendment is open: `bean-voucher consent {id} --by PARTY` or "
        "`bean-voucher decline {id} --by PARTY` comes first.",
        "requested": "It is not issued yet: `bean-voucher issue {id}`, or "
        "`bean-voucher refuse {id}`.",
        "issued": "It is not accepted yet: `bean-voucher accept {id}` comes first. One that is "
        "not wanted: `bean-voucher void {id} --reason cancelled`.",
        "accepted": "Once it is accepted, it changes by consent: `bean-voucher amend {id}` with "
        "what is right by options, or with `--amount 0` to end it, and `bean-voucher consent`. If "
        "the insurance is returned: `bean-voucher return {id}`. What is to be paid is applied "
        "for: `bean-voucher apply {id}`.",
        "applied": "An application stands: `bean-voucher withdraw {id}` takes it back, and then "
        "the voucher is changed by consent (`bean-voucher amend {id}`) or applied for anew. If the "
        "insurance is returned: `bean-voucher return {id}`.",
    },
    "final": {
        "settled": "It is paid, and stays so. Premium that goes back: "
        "`bean-voucher refund {id} AMOUNT --reason WHY`. For all else, " + _ANEW,
        "refused": "It is refused, and stays so: request or issue it under another id.",
        ANY: "It has ended, and stays so: " + _ANEW,
    },
}
"""By code, and where it matters by the voucher's state, what can be done instead."""

assert REMEDIES.keys() <= CODES.keys()


def remedy(code: str, state: str = ANY) -> str | None:
    """What can be done instead; ``{id}`` stands for the voucher. None for a code of others.

    Args:
        code: why it was refused.
        state: that of the voucher, if there is one.
    """
    rows = REMEDIES.get(code, {})
    found = rows.get(state) or rows.get(ANY)
    if found is not None or code not in CODES:
        return found
    return CODES[code].remedy
