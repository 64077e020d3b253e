"""How lines and movements come together, and why they do not: names, meanings and remedies."""

from __future__ import annotations

from beancount_voucher.directives.codes import Explanation

MATCH_RULES: dict[str, Explanation] = {
    "reference": Explanation(
        "the line names the movement's voucher, link or reference, and the amount agrees",
        "Nothing; the bank's own words prove it.",
    ),
    "contra": Explanation(
        "two lines of one reference cancel out: a reversal, or credit drawn and paid on",
        "Look whether the payment is to be made again: the two lines come to nothing.",
    ),
    "batch": Explanation(
        "lines and movements of one batch, or of all the vouchers that a line names, agree",
        "Nothing; the sum is proven, and each voucher of it by its name.",
    ),
    "amount": Explanation(
        "amount and date agree, and nothing else fits either of them",
        "Look at the two: no reference proves the match. Ask payers for the voucher's id as "
        "end-to-end id.",
    ),
    "opening": Explanation(
        "the balance that the account's first entry brings forward",
        "Nothing, where the ledger begins with that balance.",
    ),
}
"""In the order in which they are tried; but payments that were taken back come first."""

ITEM_REASONS: dict[str, Explanation] = {
    "amount-differs": Explanation(
        "the reference agrees, the amount does not",
        "Ask the bank which amount was ordered, and correct the side that is wrong.",
    ),
    "sign-differs": Explanation(
        "the reference agrees, the bank booked it in the other direction",
        "Look whether the bank took the payment back, or the ledger's signs are turned, and "
        "correct the ledger.",
    ),
    "currency-differs": Explanation(
        "the reference agrees, the currency does not",
        "Correct the currency in the ledger, or ask the bank what it exchanged.",
    ),
    "wrong-account": Explanation(
        "the bank booked it on another account than the ledger",
        "Have the bank move it, or correct the account in the ledger (`bank` of the "
        "`voucher-party`, for a voucher).",
    ),
    "duplicate": Explanation(
        "the bank booked it a second time",
        "Ask the bank to take the second one back.",
    ),
    "late": Explanation(
        "it agrees, but more business days lie between than the window has",
        "Look why it took so long; if it is the same payment, allow more days by `--window`.",
    ),
    "ambiguous": Explanation(
        "several fit, and nothing tells which",
        "Say which it is: add the reference to the ledger's transaction as a link or as `batch`.",
    ),
    "missing-in-ledger": Explanation(
        "the bank booked it; the ledger has nothing that fits",
        "Record what the bank booked, if it is yours: the settlement of a voucher by "
        "`bean-voucher settle`, anything else as a transaction.",
    ),
    "missing-in-bank": Explanation(
        "the ledger has it; the bank booked nothing that fits",
        "Ask the bank whether it was paid; if it never was, correct the ledger.",
    ),
    "opening-differs": Explanation(
        "the ledger's balance before the first day is not the statement's",
        "Reconcile the statements before this one first, or correct the opening balance in the "
        "ledger.",
    ),
    "hold-differs": Explanation(
        "booked less available balance is not the frozen money of the ledger",
        "Compare the vouchers that the table names with the bank's list of holds: one is frozen, "
        "or released, on one side only.",
    ),
    "in-transit": Explanation(
        "the ledger has it, and the bank may still book it within the window",
        "Wait, and reconcile the next statement with it.",
    ),
    "pending": Explanation(
        "the ledger has it; the bank announces it and has not booked it",
        "Wait until the bank has booked it.",
    ),
}
"""Why something does not come together."""

OUTSTANDING = ("in-transit", "pending")
"""Reasons that are no differences: time alone will clear them."""
