"""The directives, as data: what each says, in the order in which one day's directives count.

The manual's topic ``directives`` explains it. ``parser`` reads ledgers by it, ``printer``
writes by it, and the command builds its options from it; there is no second list.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple

from beancount_voucher.directives.codes import Explanation

if TYPE_CHECKING:
    from collections.abc import Mapping

PREFIX = "voucher-"
ACCOUNT_ROLES = "account roles"
ANY_CONDITION = "conditions"
CONDITION_PREFIX = "requires-"


class Slot(StrEnum):
    """What a leading value of a directive stands for; each is also how an error names it."""

    VOUCHER = "a voucher id"
    PARTY = "a party id"
    ROLE = "a role"
    TEXT = "a text"
    ACCOUNT = "an account"
    RULE = "a rule of review"
    NUMBER = "a whole number from 1 on"
    COUNT = "a whole number, zero or more"


NUMBERS = (Slot.NUMBER, Slot.COUNT)
"""What is written without quotes, and counts."""


class HasAmount(StrEnum):
    """Whether an amount follows the leading values, and how an error names it."""

    NO = ""
    MAY = "an amount, or nothing"
    MUST = "an amount"


class Kind(StrEnum):
    """The type of a metadata value; each is also what an error says was expected."""

    TEXT = "a text in quotes, not empty"
    FLAG = "TRUE, or no such key"
    DATE = "a date"
    FUNDING = '"cash" or "credit"'
    ON_UNMET = '"void" or "represent"'
    REQUESTED_BY = '"policyholder" or "insurer"'
    DRAWS = '"single" or "multiple"'
    PAID_TO = '"bank" or "loan"'
    BASIS = '"pro-rata", or "short-rate" and a share such as 0.90'
    CONDITIONS = "conditions, as in: requires-policy; not-before"
    REASON = "a reason for voiding"
    AMOUNT = "an amount such as 120.00 CNY"
    COUNT = "a whole number, zero or more"
    SHA256 = "64 hexadecimal digits"
    PROVEN = "vouchers, each as in: V-1 2026-03-06 -120.00 CNY 0123456789abcdef; …"
    MESSAGE = "a message, as in: FirstBank SecondBank 42"
    FACTS = "kinds of facts, as in: accept reject apply"
    FACT = "the kind of a fact, such as accept"
    DATED = "dated amounts, each as in: 2026-03-06 -120.00 CNY; …"
    ANY = "TRUE, a date, or a text"


class EvidenceKey(NamedTuple):
    """A metadata key of an application that a condition of another package asks for.

    Attributes:
        form: the type of its value: ``TEXT``, ``DATE``, ``COUNT``, ``AMOUNT``, ``FLAG``, ``ANY``.
        meaning: a line for the command's help.
    """

    form: Kind
    meaning: str


CHOICES: dict[Kind, tuple[str, ...]] = {
    Kind.FUNDING: ("cash", "credit"),
    Kind.ON_UNMET: ("void", "represent"),
    Kind.REQUESTED_BY: ("policyholder", "insurer"),
    Kind.DRAWS: ("single", "multiple"),
    Kind.PAID_TO: ("bank", "loan"),
}


class VoidReason(NamedTuple):
    """Why a voucher may be voided: the program knows of a reason what stands here.

    Attributes:
        explanation: when it is given, and how the void is recorded.
        because: what a decision says to a person; ``{deadline}``, ``{returned}``,
            ``{surrendered}``, ``{unmet}`` (the unmet conditions) and ``{stands}`` (whether there
            ever was an application) stand for the voucher's own.
        deadline: the term whose day must have passed, if it is for lateness.
    """

    explanation: Explanation
    because: str
    deadline: Literal["accept-by", "apply-by"] | None = None


VOID_REASONS: dict[str, VoidReason] = {
    "not-accepted": VoidReason(
        Explanation(
            "the acceptor has not accepted it by `accept-by`",
            "Date the void after `accept-by`, as `bean-voucher void --due` does.",
        ),
        "no acceptance by {deadline}",
        deadline="accept-by",
    ),
    "no-application": VoidReason(
        Explanation(
            "it is accepted, `apply-by` has passed, and no application stands: none came, or it "
            "was withdrawn or turned down",
            "Date the void after `apply-by`, as `bean-voucher void --due` does.",
        ),
        "no application {stands} {deadline}",
        deadline="apply-by",
    ),
    "conditions-unmet": VoidReason(
        Explanation(
            "it was applied for, and a settlement condition is unmet",
            'Void it on a day after the application; under `on-unmet: "represent"`, after '
            "`apply-by`, too. `bean-voucher show` tells which condition is unmet.",
        ),
        "{unmet}",
    ),
    "insurance-returned": VoidReason(
        Explanation(
            "notice came before its settlement that the insurance was returned",
            "Record the notice by `voucher-return` first, and void the voucher on its day or "
            "later.",
        ),
        "the insurance was returned on {returned}",
    ),
    "cancelled": VoidReason(
        Explanation(
            "it is not wanted any more, and was not accepted yet",
            "Void it before it is accepted; afterwards it ends in another way.",
        ),
        "cancelled before acceptance",
    ),
    "surrendered": VoidReason(
        Explanation(
            "the acceptor has given it back, asked or unasked",
            "Record the `voucher-surrender` first, and void the voucher on its day or later.",
        ),
        "given back by the acceptor on {surrendered}",
    ),
}
"""Why a voucher may be voided; when each may be is a row of the life."""

PARTY_ROLES = ("policyholder", "bank", "insurer")

REVIEW_RULES: dict[str, Explanation] = {
    "edited-history": Explanation(
        "an event that was there before is gone, says something else, or is refused now",
        "Put the event back as it was, and record what came later as an event of its own. A "
        "mistake may be mended under a `voucher-exception`, with its reason.",
    ),
    "segregation-of-duties": Explanation(
        "who settles, releases, voids or turns down a voucher recorded its application, too; or "
        "who records a consent, the amendment",
        "Have the decision recorded by somebody else than the application, and the consent by "
        "somebody else than the amendment: another `by`, or another author of the commit.",
    ),
    "closed-period": Explanation(
        "an event in a period that was closed before is added, edited or taken away",
        "Put back what was there, and date what is new after the close, with `note-effective` for "
        "the day on which it happened; or say in it by `note-reopened` why the period is reopened.",
    ),
    "rewritten-postings": Explanation(
        "options or accounts change what past events posted",
        "Take the change of the option or account back, or let a `voucher-exception` that names "
        "it say why past books may change.",
    ),
    "new-error": Explanation(
        "a ledger error, or a finding of `check`, that was not there before",
        "Mend what the message says; `bean-voucher check` finds it in the changed ledger, too.",
    ),
    "unsigned-event": Explanation(
        "an event of another party, of which the base has a key, that no message brings, or whose "
        "message is not kept, not signed with a key of the base, or says something else",
        "Let it come by `bean-voucher receive`, and commit the message and its signature with it. "
        "A new key is reviewed and merged first.",
    ),
}
"""What ``bean-voucher review`` does not let pass without a reasoned exception."""

CALENDARS = (
    *("AT", "CN", "CZ", "DE", "DK", "EE", "ES", "FI", "FR", "GB", "HK", "IN", "IT"),
    *("JP", "KR", "LT", "LV", "MO", "NL", "NO", "PL", "SE", "SG", "TARGET", "TW", "US"),
)
"""Whose business days ``reconcile`` can count: countries, by their codes, and the euro's system."""

A_NUMBER = "a number of business days, from 1 on"
"""What stands among the values of an option for every whole number."""

CALENDAR_DAYS = "a number of calendar days, up to 366"
"""The same, for days of grace."""

# The first value is the default.
OPTIONS: dict[str, tuple[str, ...]] = {
    "recognise-at": ("coverage", "accept", "settle"),
    "advance-premium": ("separate", "unearned"),
    "hold-accounts": ("pooled", "per-voucher"),
    "postings": ("each", "daily"),
    "open-accounts": ("plugin", "user"),
    "check-funds": ("on", "off"),
    "acceptance-needs-instruction": ("off", "on"),
    "calendar": ("weekdays", *CALENDARS),
    "earning": ("none", "monthly", "daily"),
    "examination-days": ("off", A_NUMBER),
    "give-back": ("implied", "stated"),
    "grace-days": ("0", CALENDAR_DAYS),
}

TERMS: dict[str, Kind] = {
    "policyholder": Kind.TEXT,
    "insurer": Kind.TEXT,
    "issuer": Kind.TEXT,
    "acceptor": Kind.TEXT,
    "funding": Kind.FUNDING,
    "accept-by": Kind.DATE,
    "apply-by": Kind.DATE,
    "cover-start": Kind.DATE,
    "cover-end": Kind.DATE,
    "product": Kind.TEXT,
    "on-unmet": Kind.ON_UNMET,
    "draws": Kind.DRAWS,
    "refund-by": Kind.DATE,
}
"""The terms of a voucher; its settlement conditions (manual: conditions) come on top."""

DEFAULTS: dict[str, str] = {"on-unmet": "void", "draws": "single"}
"""What a term says that is left out; an acceptor that is left out is the issuer."""

MEANINGS: dict[str, str] = {
    "policyholder": "Whose money or credit line is frozen: a party id.",
    "insurer": "Who is paid in the end: a party id.",
    "issuer": "The policyholder's bank, which freezes: a party id.",
    "acceptor": "The insurer's bank, the issuer itself if left out: a party id.",
    "funding": "Whether money or credit line is frozen.",
    "accept-by": "The last day for acceptance.",
    "apply-by": "The last day for an application.",
    "cover-start": "The first covered day; at acceptance if left out.",
    "cover-end": "The last covered day.",
    "product": "What kind of insurance it is.",
    "on-unmet": "Whether unmet conditions void it, or it may be applied for again.",
    "draws": "Whether one settlement ends it, or what is left stays on hold for further ones.",
    "refund-by": "The last day for a refund.",
    "drop": "Conditions that fall away, with ; between.",
    "requested-by": "Who asks for it.",
    "reason": "Why, for the reader.",
    "application": "The date of the application that it is about.",
    "to": "Where the money goes: to the bank account, or to repay drawn credit.",
    "kept": "What the insurer keeps as a charge.",
    "basis": "How the amount was reckoned; it is checked.",
    "from": "The day from which on nothing of it is earned.",
    "reference": "What tells it from another of that day: the payment's own id.",
    "by": "Who does it.",
    "instructed-by": "Who told the acceptor to accept: the insurer.",
    "policy": "Evidence: the policy's number.",
    "code": "Evidence: the settlement code; of a refusal, what is wrong.",
    "document": "Evidence: a path, relative to the file that the directive stands in.",
}
"""What each metadata key says, in a line for the command's help; conditions say it themselves."""

TERM_PARTIES: dict[str, str] = {
    "policyholder": "policyholder",
    "insurer": "insurer",
    "issuer": "bank",
    "acceptor": "bank",
}
"""Terms that name a party, with the role that the party must have."""

REQUIRED_TERMS = (
    "policyholder",
    "insurer",
    "issuer",
    "funding",
    "accept-by",
    "apply-by",
)
"""What an issue must know, from itself or from its request."""

EVIDENCE = ("policy", "code", "document")

EVENT_DETAILS = (
    *("requested-by", "by", "instructed-by", "reason", "application"),
    *("to", "kept", "basis", "from", "reference", *EVIDENCE),
)
"""What an event says beside its amount, in the order in which a reader wants it."""


@dataclass(frozen=True)
class Directive:
    """One ``voucher-…`` directive: its values, its metadata, and what must be there.

    Attributes:
        name: what follows ``voucher-``.
        values: the leading values by name: texts, and numbers from the second on.
        keys: its metadata.
        amount: whether an amount follows the values.
        subject: what it is about, by the names of values and keys, ``currency`` being the
            amount's: directives of one kind, day and subject must agree.
        required: keys that must be there.
        also: a family of further keys: the account roles of a party, the conditions of a
            voucher.
        number_by: the value for which the command takes a pattern that numbers it.
        copies: whether the command can copy from an earlier one what is not given.
        many: whether the command can record several at once.
        dated_by: the value by whose name the command knows the day, that of a period.
        travels: whether a message can bring it, which its ``message`` then names.
        of_each_sender: whether those that different parties have said are never of one subject.
        moves_horizon: whether what is derived reaches its day.
    """

    name: str
    values: Mapping[str, Slot]
    keys: Mapping[str, Kind] = field(default_factory=dict)
    amount: HasAmount = HasAmount.NO
    subject: tuple[str, ...] = ("voucher",)
    required: tuple[str, ...] = ()
    also: str = ""
    number_by: str | None = None
    copies: bool = False
    many: bool = False
    dated_by: str | None = None
    travels: bool = False
    of_each_sender: bool = False
    moves_horizon: bool = True

    @cached_property
    def slots(self) -> tuple[Slot, ...]:
        """What its leading values stand for."""
        return tuple(self.values.values())

    @cached_property
    def shape(self) -> str:
        """Its values, as an error says what was expected."""
        return ", ".join(filter(None, (*self.slots, self.amount)))

    @cached_property
    def concerns_voucher(self) -> bool:
        """Whether it is an event in the life of one voucher."""
        return self.voucher_at == 0

    @cached_property
    def subject_size(self) -> int:
        """How many of the leading values say what it is about."""
        return sum(name in self.values for name in self.subject)

    @cached_property
    def subject_keys(self) -> tuple[str, ...]:
        """The metadata that says what it is about."""
        return tuple(name for name in self.subject if name in self.keys)

    @cached_property
    def voucher_at(self) -> int | None:
        """Which of its leading values names a voucher, if one does."""
        return next((at for at, slot in enumerate(self.slots) if slot is Slot.VOUCHER), None)

    @cached_property
    def numbered(self) -> bool:
        """Whether it names an amendment by its number."""
        return self.concerns_voucher and "number" in self.values

    @cached_property
    def number_at(self) -> int | None:
        """Which of its leading values is a number, if one is."""
        numbers = (at for at, slot in enumerate(self.slots) if slot in NUMBERS)
        return next(numbers, None)

    @cached_property
    def most(self) -> int:
        """The most values that it can have: all."""
        return len(self.values) + (self.amount is not HasAmount.NO)

    @cached_property
    def fewest(self) -> int:
        """The fewest values that it can have."""
        return len(self.values) + (self.amount is HasAmount.MUST)


RECONCILED: dict[str, Kind] = {
    "sha256": Kind.SHA256,
    "period-start": Kind.DATE,
    "closing": Kind.AMOUNT,
    "lines": Kind.COUNT,
    "matched": Kind.COUNT,
    "differences": Kind.COUNT,
    "prepared-by": Kind.TEXT,
    "reviewed-by": Kind.TEXT,
    "vouchers": Kind.PROVEN,
    "transactions": Kind.DATED,
    "open-items": Kind.TEXT,
    "document": Kind.TEXT,
    "replaces": Kind.COUNT,
}
"""What a reconciliation says of a statement; the directive's date is the statement's last day.

``replaces`` is in the second record of a statement and day, and counts up from 1: the number
of the record that no longer stands.
"""

_OPTIONAL = ("vouchers", "transactions", "open-items", "document", "replaces")

_VOUCHER = {"voucher": Slot.VOUCHER}
_AMENDMENT = {"voucher": Slot.VOUCHER, "number": Slot.NUMBER}
_UNCHANGED = ("policyholder", "insurer", "issuer", "acceptor", "funding")
"""Terms that no amendment changes: parties and funding."""
_CREDIT_LINE = {"policyholder": Slot.PARTY, "bank": Slot.PARTY}
_OF_CREDIT_LINE = ("policyholder", "bank", "currency")

_CHANNEL = {"sender": Slot.PARTY, "receiver": Slot.PARTY, "number": Slot.NUMBER}
"""A message: who has said it to whom, and the how manieth of theirs it is."""
_OF_CHANNEL = ("sender", "receiver", "number")

_ANSWER = {"by": Kind.TEXT, "reason": Kind.TEXT}
_ANSWERED = ("voucher", "number", "by")
_BY_WHOM = {"reason": Kind.TEXT, "by": Kind.TEXT}

_IN_ORDER = (
    Directive(
        "party",
        {"party": Slot.PARTY, "role": Slot.ROLE},
        {"name": Kind.TEXT},
        subject=("party",),
        also=ACCOUNT_ROLES,
        travels=True,
    ),
    Directive(
        "key",
        {"party": Slot.PARTY, "key": Slot.TEXT},
        {
            "until": Kind.DATE,
            "kinds": Kind.FACTS,
            "limit": Kind.AMOUNT,
            "by": Kind.TEXT,
            "introduced-by": Kind.MESSAGE,
        },
        subject=("party", "key"),
        moves_horizon=False,
    ),
    Directive(
        "revoke",
        {"party": Slot.PARTY, "fingerprint": Slot.TEXT},
        {"reason": Kind.TEXT, "by": Kind.TEXT},
        subject=("party", "fingerprint"),
        required=("reason",),
        moves_horizon=False,
    ),
    Directive(
        "resume",
        _CHANNEL,
        {"sha256": Kind.SHA256, "reason": Kind.TEXT, "by": Kind.TEXT},
        subject=_OF_CHANNEL,
        required=("sha256", "reason"),
        moves_horizon=False,
    ),
    Directive("option", {"option": Slot.TEXT, "value": Slot.TEXT}, subject=("option",)),
    Directive(
        "credit-line",
        _CREDIT_LINE,
        amount=HasAmount.MUST,
        subject=_OF_CREDIT_LINE,
        travels=True,
    ),
    Directive(
        "repay",
        _CREDIT_LINE,
        {"reference": Kind.TEXT},
        amount=HasAmount.MUST,
        subject=(*_OF_CREDIT_LINE, "reference"),
        travels=True,
    ),
    Directive(
        "request",
        _VOUCHER,
        {"requested-by": Kind.REQUESTED_BY, **TERMS},
        amount=HasAmount.MUST,
        required=("policyholder", "insurer"),
        also=ANY_CONDITION,
        number_by="voucher",
        many=True,
        travels=True,
    ),
    Directive("refuse", _VOUCHER, {"reason": Kind.TEXT}, travels=True),
    Directive(
        "issue",
        _VOUCHER,
        TERMS,
        amount=HasAmount.MUST,
        also=ANY_CONDITION,
        number_by="voucher",
        copies=True,
        many=True,
        travels=True,
    ),
    Directive(
        "amend",
        _AMENDMENT,
        {
            "requested-by": Kind.TEXT,
            **{key: kind for key, kind in TERMS.items() if key not in _UNCHANGED},
            "drop": Kind.CONDITIONS,
            "reason": Kind.TEXT,
            "by": Kind.TEXT,
        },
        amount=HasAmount.MAY,
        subject=("voucher", "number"),
        also=ANY_CONDITION,
        travels=True,
    ),
    Directive("reject", _VOUCHER, _BY_WHOM, travels=True),
    Directive(
        "accept", _VOUCHER, {"by": Kind.TEXT, "instructed-by": Kind.TEXT}, many=True, travels=True
    ),
    Directive("consent", _AMENDMENT, _ANSWER, subject=_ANSWERED, required=("by",), travels=True),
    Directive("decline", _AMENDMENT, _ANSWER, subject=_ANSWERED, required=("by",), travels=True),
    # Here on its day a cover starts: recognition, and the end of an advance premium.
    Directive("cover", {}),
    # And by its day's end some premium is earned.
    Directive("earn", {}),
    Directive("withdraw", _VOUCHER, _BY_WHOM, travels=True),
    Directive(
        "apply",
        _VOUCHER,
        {"by": Kind.TEXT, **dict.fromkeys(EVIDENCE, Kind.TEXT)},
        amount=HasAmount.MAY,
        many=True,
        travels=True,
    ),
    Directive(
        "discrepancy",
        _VOUCHER,
        {"reason": Kind.TEXT, "application": Kind.DATE, "by": Kind.TEXT},
        required=("reason",),
        travels=True,
    ),
    Directive(
        "return",
        _VOUCHER,
        _BY_WHOM,
        subject=("voucher", "by"),
        many=True,
        travels=True,
        of_each_sender=True,
    ),
    Directive(
        "recall",
        _VOUCHER,
        {"reason": Kind.REASON, "by": Kind.TEXT},
        required=("reason",),
        travels=True,
    ),
    Directive("surrender", _VOUCHER, {"by": Kind.TEXT}, travels=True),
    # What somebody said in a message and the other side did not take; see ``striking``.
    Directive(
        "refusal",
        {"sender": Slot.PARTY, "message": Slot.COUNT, "voucher": Slot.VOUCHER},
        {"of": Kind.FACT, "on": Kind.DATE, "code": Kind.TEXT, "reason": Kind.TEXT},
        subject=("sender", "message", "voucher", "of", "on"),
        required=("of", "on", "code"),
        travels=True,
        of_each_sender=True,
        moves_horizon=False,
    ),
    Directive("settle", _VOUCHER, {"by": Kind.TEXT}, amount=HasAmount.MAY, travels=True),
    Directive("release", _VOUCHER, _BY_WHOM, travels=True),
    Directive(
        "refund",
        _VOUCHER,
        {
            "reason": Kind.TEXT,
            "to": Kind.PAID_TO,
            "kept": Kind.AMOUNT,
            "basis": Kind.BASIS,
            "from": Kind.DATE,
            "reference": Kind.TEXT,
            "by": Kind.TEXT,
        },
        amount=HasAmount.MUST,
        subject=("voucher", "to", "reference"),
        required=("reason",),
        travels=True,
    ),
    Directive(
        "void",
        _VOUCHER,
        {"reason": Kind.REASON, "by": Kind.TEXT},
        required=("reason",),
        travels=True,
    ),
    Directive("close", {"period": Slot.TEXT}, subject=("period",), dated_by="period"),
    Directive(
        "reconciled",
        {"account": Slot.ACCOUNT, "statement": Slot.TEXT},
        RECONCILED,
        subject=("account", "statement", "replaces"),
        required=tuple(key for key in RECONCILED if key not in _OPTIONAL),
    ),
    # Said to whoever reviews a change; no effect on any book.
    Directive(
        "exception",
        {"about": Slot.TEXT, "rule": Slot.RULE},
        {"reason": Kind.TEXT, "by": Kind.TEXT},
        subject=("about", "rule"),
        required=("reason", "by"),
        moves_horizon=False,
    ),
    # What was said to whom, and heard of whom: the books of the exchange.
    Directive(
        "sent",
        _CHANNEL,
        {"sha256": Kind.SHA256, "facts": Kind.COUNT},
        subject=_OF_CHANNEL,
        required=("sha256", "facts"),
        moves_horizon=False,
    ),
    Directive(
        "received",
        _CHANNEL,
        {
            "sha256": Kind.SHA256,
            "key": Kind.TEXT,
            "facts": Kind.COUNT,
            "refused": Kind.COUNT,
        },
        subject=_OF_CHANNEL,
        required=("sha256", "key", "facts"),
        moves_horizon=False,
    ),
)

RANK: dict[str, int] = {each.name: rank for rank, each in enumerate(_IN_ORDER)}
"""The place of each directive within one day; never decided by file or line."""

DIRECTIVES: dict[str, Directive] = {each.name: each for each in _IN_ORDER if each.values}

EVENTS = frozenset(name for name, each in DIRECTIVES.items() if each.concerns_voucher)
"""The directives that are events in the life of one voucher."""

ONLY_IN_MESSAGES: dict[str, Directive] = {
    each.name: each
    for each in (
        Directive(
            "message",
            _CHANNEL,
            {
                "format": Kind.COUNT,
                "previous": Kind.SHA256,
                "seen": Kind.COUNT,
                "seen-sha256": Kind.SHA256,
            },
            subject=_OF_CHANNEL,
            required=("format", "seen"),
        ),
        Directive(
            "position",
            _VOUCHER,
            {"as-of": Kind.DATE, "state": Kind.TEXT, "more": Kind.FLAG},
            amount=HasAmount.MUST,
            required=("as-of", "state"),
        ),
    )
}
"""What a message says of itself, and what is recorded in no ledger."""

assert all({*each.required} <= each.keys.keys() for each in DIRECTIVES.values())
assert all(
    {*each.subject} <= {*each.values, *each.keys, "currency"} for each in DIRECTIVES.values()
)
assert MEANINGS.keys() >= {key for name in EVENTS for key in DIRECTIVES[name].keys}
assert TERMS.keys() >= {*REQUIRED_TERMS, *TERM_PARTIES, *DEFAULTS}
