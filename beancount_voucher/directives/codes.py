"""What each error code means, and what a person does about it.

Codes are stable (manual: codes): users and tests filter on them. Each has its shortest ledger in
``ledgers/errors``, and ``bean-voucher explain CODE`` tells all three.

Other rooms explain their own codes likewise, each beside what gives them; these modules know
nothing of Beancount, so that a question is answered at once.
"""

from __future__ import annotations

from typing import NamedTuple


class Explanation(NamedTuple):
    """What a code stands for.

    Attributes:
        meaning: when it is given, as half a sentence: the manual's tables say it word for word.
        remedy: what to do about it, in whole sentences.
    """

    meaning: str
    remedy: str


CODES: dict[str, Explanation] = {
    "unknown-directive": Explanation(
        "a `voucher-…` directive that does not exist",
        "Correct the directive's name: the message lists those that exist.",
    ),
    "bad-value": Explanation(
        "a value or metadata of the wrong type, or not one of those allowed",
        "Write the value in the form that the message names: texts and ids in quotes, dates and "
        "amounts without.",
    ),
    "unknown-key": Explanation(
        "a metadata key that the directive does not know, or may not carry",
        "Correct the key, or begin it with `note` if it is a remark of your own.",
    ),
    "missing-key": Explanation(
        "a term that must be there is not",
        "Add the key that the message names.",
    ),
    "bad-id": Explanation(
        "a voucher or party id that cannot be one",
        "Choose another id: 1 to 35 of `A-Z a-z 0-9 -` for a voucher, the first a capital or a "
        "digit; a component of an account for a party.",
    ),
    "unknown-party": Explanation(
        "a party that no `voucher-party` has declared by that date",
        "Declare the party by `voucher-party` on or before that day, or correct its id.",
    ),
    "wrong-role": Explanation(
        "a party that is declared with another role",
        "Name a party of the role that the message expects; a firm with two roles is declared "
        "under two ids.",
    ),
    "unknown-option": Explanation(
        "a `voucher-option` that does not exist",
        "Correct the option's name: the message lists those that exist.",
    ),
    "duplicate": Explanation(
        "said before, or said differently on the same day",
        "Remove what is said a second time; where the two differ, keep the one that is true.",
    ),
    "bad-amount": Explanation(
        "an amount that is zero or negative",
        "Write what was agreed: more than zero, of at most 28 digits. Only a credit line may be "
        "zero.",
    ),
    "bad-currency": Explanation(
        "an amount in another currency than the voucher's, or in a memo commodity",
        "Write the amount in the voucher's own currency; memo commodities are for the plugin to "
        "write.",
    ),
    "bad-deadlines": Explanation(
        "deadlines or cover dates that contradict each other",
        "Correct the dates: the issue, `accept-by` and `apply-by` follow each other, and so do "
        "`cover-start` and `cover-end`.",
    ),
    "terms-differ": Explanation(
        "the issue says something else than the request",
        "Issue what was requested, leaving out what the request says already; if something else "
        "was agreed, refuse the request and issue under another id.",
    ),
    "insufficient-funds": Explanation(
        "the policyholder's bank account is below zero after the hold",
        "Record the money that the bank saw come in by that day. If there was none, cancel or "
        "reject the voucher. Where the ledger does not keep the whole account, switch the check "
        "off by the option `check-funds`.",
    ),
    "insufficient-credit": Explanation(
        "the credit line does not cover what is, or is to be, frozen and drawn",
        "Record the credit line that the bank granted, or what was repaid, by that day; or let "
        "the voucher freeze cash.",
    ),
    "account-not-open": Explanation(
        "a book needs an account that is not open on that date",
        "Open the account on or before that day, or name another by the role's key on the "
        "`voucher-party`.",
    ),
    "not-found": Explanation(
        "no such voucher on that date",
        "Correct the voucher's id, or record its request or issue, dated by that day.",
    ),
    "accept-late": Explanation(
        "accepted after `accept-by`",
        "If it was accepted in time, correct the date. If not, remove the acceptance: the voucher "
        "is to be voided as `not-accepted`.",
    ),
    "apply-late": Explanation(
        "applied for after `apply-by`",
        "If it was applied for in time, correct the date. If not, remove the application: the "
        "voucher is to be voided as `no-application`.",
    ),
    "wrong-actor": Explanation(
        "done by a party that may not do it",
        "Name a party that may do it, as the message says, or leave the key out.",
    ),
    "exceeds-held": Explanation(
        "more is applied for than is held",
        "Apply for no more than is held; without an amount, all of it is applied for.",
    ),
    "exceeds-applied": Explanation(
        "more is settled than was applied for",
        "Settle no more than was applied for; without an amount, all of it is settled.",
    ),
    "exceeds-drawn": Explanation(
        "more is repaid than is drawn",
        "Repay no more than is drawn; a payment beyond that is an ordinary transaction.",
    ),
    "condition-unknown": Explanation(
        "a `requires-…` that no installed package knows",
        "Correct the key, or install the package that brings the condition.",
    ),
    "condition-unmet": Explanation(
        "settled although a condition is not met",
        "Record the evidence or the event that the message misses, if it was there on that day. "
        "If not, remove the settlement: the voucher is to be voided as `conditions-unmet`.",
    ),
    "condition-waiting": Explanation(
        "settled or voided although a condition still waits for its date",
        "Date the event on or after the day that the message names.",
    ),
    "returned": Explanation(
        "the insurance was returned: no acceptance, application or settlement any more",
        "Void the voucher as `insurance-returned`; remove the notice of return only if it never "
        "came.",
    ),
    "no-return-notice": Explanation(
        "voided as returned without a notice of return",
        "Record the notice by `voucher-return`, dated on the day on which it came; or void for "
        "another reason.",
    ),
    "not-yet-expired": Explanation(
        "voided for lateness before the deadline has passed",
        "Wait until the deadline has passed. Until it is accepted, a voucher may be voided as "
        "`cancelled`.",
    ),
    "conditions-met": Explanation(
        "voided for unmet conditions although all are met",
        "Settle the voucher; if the insurance was returned, record the notice, and void it as "
        "`insurance-returned`.",
    ),
    "bad-reason": Explanation(
        "a void for a reason that does not exist",
        "Give one of the reasons that the message lists.",
    ),
    "final": Explanation(
        "the voucher is refused, rejected, settled or voided already",
        "Correct the voucher's id, or remove the later event: whatever else is agreed is a new "
        "voucher.",
    ),
    "out-of-order": Explanation(
        "an event that the voucher's state does not take",
        "Record the event that comes before, or correct the date or the voucher's id.",
    ),
    "no-record": Explanation(
        "a reconciliation that replaces one which does not stand",
        "Name by `replaces` the number of the statement's latest record: 1 in the second record, "
        "2 in the third. `bean-voucher reconcile --write` does it.",
    ),
    "below-settled": Explanation(
        "amended below what is settled and applied for",
        "Amend to no less than is settled and applied for. What was paid too much is given back "
        "by `voucher-refund`; an application is taken back by `voucher-withdraw`.",
    ),
    "consent-late": Explanation(
        "consented after `apply-by`",
        "If the consent came in time, correct its date. If not, remove it: the amendment has "
        "lapsed, or lapses with the voucher.",
    ),
    "exceeds-settled": Explanation(
        "more is refunded and kept than was settled",
        "Refund and keep no more than was settled, less what was refunded and kept before.",
    ),
    "exceeds-unearned": Explanation(
        "more is refunded and kept than is still unearned",
        "Refund and keep no more than what is unearned on that day; `from` tells since when "
        "nothing is earned.",
    ),
    "refund-late": Explanation(
        "refunded after `refund-by`",
        "If it was refunded in time, correct the date. If a later refund was agreed, amend "
        "`refund-by` while the voucher is open; afterwards it is an ordinary transaction.",
    ),
    "recalled": Explanation(
        "accepted or applied for after the issuer asked for the voucher back",
        "If it came on or before the day of the recall, correct its date. If not, remove it: the "
        "voucher is to be given back.",
    ),
    "surrendered": Explanation(
        "an event of a voucher that the acceptor has given back",
        "Void the voucher, as `surrendered` or for another reason that holds; where something is "
        "settled, release what is left. Remove the surrender only if it was never said.",
    ),
    "not-surrendered": Explanation(
        "a void, or a release, of a voucher that the acceptor has not given back",
        "Record the `voucher-surrender` of the acceptor, or a `voucher-recall` and wait for the "
        "option `grace-days`; for another reason than `surrendered`, the option `give-back` asks "
        "for it.",
    ),
    "same-person": Explanation(
        "a reconciliation that its preparer reviewed",
        "Have the reconciliation looked through by another person, and name that one as "
        "`reviewed-by`.",
    ),
}
"""What can be wrong with a voucher directive."""
