"""What each code of a message means, and what a person does about it (manual: exchange).

Beside these, a fact of a message may be refused with every code of a ledger's error.
"""

from __future__ import annotations

from beancount_voucher.directives.codes import Explanation

NOT_AUTHENTIC: dict[str, Explanation] = {
    "unsigned": Explanation(
        "a message without its signature beside it",
        "Wait until the `.sig` is there, too; if it does not come, ask the sender for the pair.",
    ),
    "bad-signature": Explanation(
        "a signature that is none of this text",
        "Ask the sender for the message again, and carry it so that no byte changes: as it is, and "
        "with `* -text` in git.",
    ),
    "unknown-key": Explanation(
        "signed with a key that the ledger does not declare for the sender on that day",
        "Compare the fingerprint with the sender by another way, and record the key by "
        "`voucher-key`; the message is tried again by itself.",
    ),
    "key-expired": Explanation(
        "signed with a key whose last day has passed when the message came",
        "Ask the sender to sign the same text with its present key.",
    ),
    "key-revoked": Explanation(
        "signed with a key that was revoked by the day on which the message came",
        "Ask the sender to sign the same text with its present key, and what it knows of the old "
        "one.",
    ),
    "not-addressed": Explanation(
        "a message, or a fact in one, for somebody else",
        "Tell the sender; nothing of it is recorded here.",
    ),
    "gap": Explanation(
        "a message before it has not come yet, or is not recorded here any more",
        "Wait for it; the sender sends it again until it is acknowledged. Where an older ledger "
        "was put back, `bean-voucher receive` brings what it lacks.",
    ),
    "fork": Explanation(
        "what the message says of the one before it, or of ours, is not what is recorded here",
        "Find out with the sender, by another way, which text counts, and record it on both sides "
        "by `voucher-resume`.",
    ),
    "equivocation": Explanation(
        "two texts of one number, both with a valid signature",
        "Find out with the sender, by another way, which text counts, and record it on both sides "
        "by `voucher-resume`. The second text is kept beside the first.",
    ),
    "too-large": Explanation(
        "a message of more than 8 MiB",
        "Ask the sender to say it in several messages.",
    ),
}
"""Nothing is recorded; it is tried again next time."""

NOT_WELL_FORMED: dict[str, Explanation] = {
    "malformed": Explanation(
        "signed, and not written as a message is",
        "It is recorded as received, with nothing in it. Ask the sender to say it anew.",
    ),
    "future-date": Explanation(
        "a message dated after tomorrow, or with a fact that is dated after itself",
        "It is recorded as received, with nothing in it. Ask the sender to say it anew, with the "
        "right dates.",
    ),
}
"""It is recorded, and every fact in it is refused."""

FACT_REFUSED: dict[str, Explanation] = {
    "key-not-allowed": Explanation(
        "a fact of a kind, or an amount, that the key may not sign",
        "Have it signed with another key, or record what the key may sign by a `voucher-key`.",
    ),
    "not-yours": Explanation(
        "a fact that is not for its sender to say, or not to us",
        "Tell the sender: each says its own, and a bank what its customer has told it.",
    ),
    "backdated": Explanation(
        "dated on or before a deadline, in a message after one that is dated past it",
        "Tell the sender: what was in time would have been said in time.",
    ),
    "superseded": Explanation(
        "a fact of our own that no longer counts, as the issuer did not know it and did otherwise",
        "Nothing is to be done: the issuer's order holds. What is left is a new voucher, or a "
        "refund.",
    ),
}
"""That fact is refused, and the others go on."""

KEPT_OTHERWISE: dict[str, Explanation] = {
    "message-missing": Explanation(
        "a message that the ledger has recorded is not kept any more",
        "Put the file and its signature back under `messages`: from a backup, from git, or from "
        "whoever has the other copy.",
    ),
    "message-changed": Explanation(
        "a message is another text than the one that was recorded",
        "Put the text back that was recorded, from a backup or from git; its signature proves it.",
    ),
    "fact-differs": Explanation(
        "the ledger says something else than a message, or says it on another day",
        "Find out which is right, and correct the ledger where it is wrong; until then nothing "
        "more is said of that voucher.",
    ),
    "unsigned-fact": Explanation(
        "another party's event that no message has brought, in a ledger that has a key of it, or "
        "of the bank that would tell it",
        "Ask that party to say it in a message: then it is known. If it has never said so, take "
        "the event out.",
    ),
    "unacknowledged": Explanation(
        "what was said more than a day ago, and the other side has not told to have recorded "
        "(with `--as-of`)",
        "Run `bean-voucher exchange`: it goes out again. If nothing comes back, call the other "
        "side: it may not receive, or refuse the whole message.",
    ),
    "position-differs": Explanation(
        "the latest list of another party says otherwise how a voucher stood on that day",
        "Compare the voucher's facts on both sides (`bean-voucher show ID`), and correct the "
        "ledger that is wrong; then ask for a new list (`bean-voucher confirm`).",
    ),
    "judged-differently": Explanation(
        "the issuer has settled, or voided for unmet conditions, and by the evidence that is "
        "recorded here it would be otherwise",
        "Ask the issuer for its evidence. What it has decided stands; a refund, or a new voucher, "
        "puts it right.",
    ),
    "refused-by-other": Explanation(
        "another party has refused a fact that stands here, and no later list of it agrees",
        "Find out with it who is right. Mend the ledger that is wrong, and ask for a list "
        "(`bean-voucher confirm`): when it agrees, this is gone.",
    ),
    "unreturned": Explanation(
        "a voucher was ended after it was asked back, and the acceptor has never given it back",
        "Nothing can be recorded any more. Keep what shows that it was asked for; the acceptor "
        "must not apply with it.",
    ),
}
"""What was said and heard, held against the ledger."""

MESSAGE_CODES = NOT_AUTHENTIC | NOT_WELL_FORMED | FACT_REFUSED | KEPT_OTHERWISE
"""What can be wrong with a message, beside what can be wrong with a directive."""
