"""What must hold once all rest: in each book, and across them."""

from __future__ import annotations

from collections import defaultdict
from decimal import Decimal
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Transaction

from beancount_voucher.audit.invariants import findings
from beancount_voucher.conditions import installed
from beancount_voucher.exchange.channel import channels_of
from beancount_voucher.exchange.message import shown
from beancount_voucher.exchange.reader import MalformedError, read_message
from beancount_voucher.exchange.sayings import SAID, author_side
from beancount_voucher.exchange.sending import struck_facts
from beancount_voucher.exchange.store import Store
from beancount_voucher.exchange.turn import book_of
from beancount_voucher.exchange.verification import differing, proofs
from beancount_voucher.exchange.verifiers import checked
from beancount_voucher.lifecycle.striking import STRIKABLE, is_ordered_by

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import Iterator

    from beancount_voucher.directives.facts import Fact
    from beancount_voucher.exchange.sending import Book
    from beancount_voucher.ledger.loader import Ledger
    from tests.simulator.story import Story


class Standing(NamedTuple):
    """All that a ledger keeps, read once."""

    ledger: Ledger
    book: Book
    store: Store

    def counted(self) -> list[Fact]:
        """The facts that count."""
        broken = {problem.place for problem in self.ledger.evaluation.problems}
        struck = {id(fact) for fact in struck_facts(self.ledger.evaluation)}
        return [
            fact
            for fact in self.ledger.reading.facts
            if fact.place not in broken and id(fact) not in struck
        ]


def verdict(story: Story) -> list[str]:
    """What does not hold."""
    standings = {}
    for name, party in sorted(story.parties.items()):
        ledger = party.ledger()
        standings[name] = Standing(ledger, book_of(ledger, name), Store(party.path))
    excused = _excused(standings, story.figures)
    found = [
        *_within(standings, excused),
        *_channels(standings),
        *_origins(standings),
        *_agree(standings, excused),
        *_across(standings, excused),
        *_lost(standings, excused),
    ]
    story.figures["vouchers"] += len(
        {v for s in standings.values() for v in s.book.evaluation.vouchers}
    )
    return found


# --- In each book -----------------------------------------------------------------------


def _within(standings: dict[str, Standing], excused: dict[str, set[str]]) -> Iterator[str]:
    for name, standing in standings.items():
        for error in standing.ledger.errors:
            yield f"{name}: error: {error.message}"
        for finding in findings(standing.ledger):
            yield f"{name}: finding: {finding.message}"
        store = standing.store
        for proof in proofs(standing.book, store.text, store.signature, checked):
            if proof.code:
                yield f"{name}: {shown(proof.name)}: {proof.wrong} [{proof.code}]"
        for message, text in differing(standing.book, store.text):
            if text.partition(":")[0] not in excused:
                yield f"{name}: {message}: {text} [fact-differs]"


# --- Messages ---------------------------------------------------------------------------


def _channels(standings: dict[str, Standing]) -> Iterator[str]:
    """What one has sent is what the other has received, byte for byte, and nothing else."""
    for one, sender in standings.items():
        sent = channels_of(sender.ledger.evaluation.exchanged)
        for other, receiver in standings.items():
            got = channels_of(receiver.ledger.evaluation.exchanged).messages.get((one, other), [])
            said = sent.messages.get((one, other), [])
            if [each.sha256 for each in got] != [each.sha256 for each in said[: len(got)]]:
                yield f"{other} has other messages of {one} than {one} has sent"
            if any(each.facts for each in said[len(got) :]):
                yield f"{other} lacks messages of {one} from {len(got) + 1} on"
            for each in got:
                name = (one, other, each.number)
                if receiver.store.text(name) != sender.store.text(name):
                    yield f"{shown(name)} is kept otherwise by {one} and {other}"


def _origins(standings: dict[str, Standing]) -> Iterator[str]:
    """What counts by a message stands in it, and its sender has recorded it: so back to who
    recorded it by himself."""
    known = {
        name: {_what(fact): fact for fact in standing.ledger.reading.facts}
        for name, standing in standings.items()
    }
    for name, standing in standings.items():
        for fact in standing.ledger.reading.facts:
            if fact.message is None:
                continue
            sender, receiver, number = fact.message.split(" ")
            text = standing.store.text((sender, receiver, int(number)))
            if receiver != name or text is None:
                yield f"{name}: {_told(fact)} names a message that is not kept"
                continue
            if _what(fact) not in _said_in(text, (sender, receiver, int(number))):
                yield f"{name}: {_told(fact)} is not in the message that it names"
            said = sender in known and fact.kind not in ("refusal", "party")
            if said and _what(fact) not in known[sender]:
                yield f"{name}: {_told(fact)}: {sender} has recorded no such thing"


def _said_in(text: bytes, name: tuple[str, str, int]) -> set[tuple[object, ...]]:
    try:
        return {_what(each.fact) for each in read_message(text, name, installed()).message.said}
    except MalformedError:
        return set()


def _what(fact: Fact) -> tuple[object, ...]:
    return fact.kind, fact.date, fact.ids, fact.amount


def _told(fact: Fact) -> str:
    return f"{fact.kind} {' '.join(fact.ids)} of {fact.date}"


# --- Vouchers ---------------------------------------------------------------------------


def _author(standing: Standing, fact: Fact) -> str | None:
    parties = standing.book.parties(fact) if fact.kind in SAID else None
    if parties is None:
        return None
    side = author_side(fact, parties, fact.came_from or standing.book.we)
    return None if side is None else getattr(parties, side)


def _excused(standings: dict[str, Standing], figures: Counter[str]) -> dict[str, set[str]]:
    """The vouchers that may differ, and why: each is what a person is told of."""
    found: dict[str, set[str]] = defaultdict(set)
    for name, standing in standings.items():
        for voucher, reason in (*_refused(name, standing), *_by_hand(name, standings)):
            found[voucher].add(reason)
    for reasons in found.values():
        for reason in reasons:
            figures[f"excused: {reason}"] += 1
    return found


def _refused(name: str, standing: Standing) -> Iterator[tuple[str, str]]:
    """What one refuses that stands nevertheless: ``refused-by-other``."""
    counted = {(fact.kind, fact.voucher, fact.date) for fact in standing.counted()}
    for fact in standing.ledger.reading.facts:
        if fact.kind != "refusal":
            continue
        of, voucher = fact.terms["of"], standing.book.voucher(fact)
        is_bound = voucher is None or voucher.terms is None or is_ordered_by(fact, voucher.terms)
        stands = (of, fact.voucher, fact.terms["on"]) in counted
        if of not in STRIKABLE or (stands and not is_bound):
            yield fact.ids[2], f"refused by {name}: {of} {fact.terms['code']}"


_BANKS = {"Ann": "Iss", "Ins": "Acc"}
"""Who records for a customer that keeps no ledger."""


def _by_hand(name: str, standings: dict[str, Standing]) -> Iterator[tuple[str, str]]:
    """What one has recorded of another by hand, who has not, or on another day."""
    for fact in standings[name].ledger.reading.facts:
        author = _author(standings[name], fact)
        if fact.voucher is None or fact.message is not None or author in (None, name):
            continue
        keeper = author if author in standings else _BANKS.get(str(author))
        if keeper in standings and keeper != name:
            kept = standings[keeper]
            dates = [
                each.date
                for each in kept.counted()
                if (each.kind, each.ids, _author(kept, each)) == (fact.kind, fact.ids, author)
            ]
            if not dates:
                yield fact.voucher, f"unsigned {fact.kind} at {name}"
            elif fact.date not in dates:
                yield fact.voucher, f"{fact.kind} on two dates"


def _agree(standings: dict[str, Standing], excused: dict[str, set[str]]) -> Iterator[str]:
    """State, amounts and dates of every voucher, as each of its parties has them."""
    seen: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for name, standing in standings.items():
        for voucher, found in standing.book.evaluation.vouchers.items():
            is_told = name in (found.metadata.get("issuer"), found.metadata.get("policyholder"))
            if found.terms is not None or is_told:
                stands = " ".join(str(getattr(found.status, each)) for each in _STANDS)
                seen[voucher][stands].append(name)
    for voucher, differing_ in sorted(seen.items()):
        if len(differing_) > 1 and voucher not in excused:
            yield f"{voucher} differs: " + "; ".join(
                f"{' '.join(names)}: {each}" for each, names in differing_.items()
            )


_STANDS = (
    *("state", "amount", "held", "settled", "released", "refunded", "kept"),
    *("issued", "accepted", "applied", "returned", "recalled", "surrendered"),
    *("closed", "reason", "offered", "amendment"),
)


_MIRRORS = (
    ("frozen is held", "Ann", "Assets:Ann:Iss:Frozen", "Iss", "Liabilities:Iss:Held:Ann", -1),
    ("bank is deposits", "Ann", "Assets:Ann:Iss", "Iss", "Liabilities:Iss:Deposits:Ann", -1),
    ("loan is loans", "Ann", "Liabilities:Ann:Iss:CreditLine", "Iss", "Assets:Iss:Loans:Ann", -1),
    *(
        (
            f"line {part} is one",
            *("Ann", f"Equity:Ann:Memo:CreditLine:Iss:{part}"),
            *("Iss", f"Equity:Iss:Memo:CreditLine:Ann:{part}"),
            1,
        )
        for part in ("Limit", "Available", "Frozen", "Drawn")
    ),
    (
        "interbank is opposite",
        *("Iss", "Liabilities:Iss:Interbank:Acc", "Acc", "Assets:Acc:Interbank:Iss", -1),
    ),
    (
        "frozen at the issuer is collection at the acceptor",
        *("Acc", "Equity:Acc:Memo:ForCollection:Ins"),
        *("Ins", "Equity:Ins:Memo:VouchersReceived:Acc", 1),
    ),
    ("the insurer's bank", "Acc", "Liabilities:Acc:Deposits:Ins", "Ins", "Assets:Ins:Acc", -1),
    (
        "payable is receivable",
        *("Ann", "Liabilities:Ann:PremiumPayable", "Ins", "Assets:Ins:PremiumReceivable", -1),
    ),
)
"""Two accounts of two books: what is on the one is on the other."""


def _across(standings: dict[str, Standing], excused: dict[str, set[str]]) -> Iterator[str]:
    sums = {name: _sums(standing, excused) for name, standing in standings.items()}
    for what, one, own, other, theirs, sign in _MIRRORS:
        if one not in sums or other not in sums:
            continue
        for voucher in sorted({key[0] for key in (*sums[one], *sums[other])}):
            has, should = sums[one][voucher, own], sign * sums[other][voucher, theirs]
            if has != should:
                yield f"{what}: {voucher}: {one} has {has}, {other} {should}"
    yield from _held_is_collected(standings, sums, excused)


def _sums(standing: Standing, excused: dict[str, set[str]]) -> dict[tuple[str, str], Decimal]:
    """By voucher and account."""
    sums: dict[tuple[str, str], Decimal] = defaultdict(Decimal)
    for entry in standing.ledger.entries:
        if not isinstance(entry, Transaction) or "voucher-book" not in entry.meta:
            continue
        voucher = entry.meta.get("voucher", "")
        if voucher in excused:
            continue
        for posting in entry.postings:
            assert posting.units is not None
            assert posting.units.number is not None
            sums[voucher, posting.account] += posting.units.number
    return sums


def _held_is_collected(
    standings: dict[str, Standing],
    sums: dict[str, dict[tuple[str, str], Decimal]],
    excused: dict[str, set[str]],
) -> Iterator[str]:
    """What the issuer holds of an accepted voucher, the acceptor has for collection."""
    if "Acc" not in sums:
        return
    for voucher, found in standings["Iss"].book.evaluation.vouchers.items():
        if voucher in excused or found.status.accepted is None:
            continue
        held = -sums["Iss"][voucher, "Liabilities:Iss:Held:Ann"]
        held += sums["Iss"][voucher, "Equity:Iss:Memo:CreditLine:Ann:Frozen"]
        held -= found.status.offered
        collected = sums["Acc"][voucher, "Equity:Acc:Memo:ForCollection:Ins"]
        if held != collected:
            yield f"held is for collection: {voucher}: Iss {held}, Acc {collected}"


def _lost(standings: dict[str, Standing], excused: dict[str, set[str]]) -> Iterator[str]:
    """Every fact that counts for its author counts for the other parties, or was refused."""
    for name, standing in standings.items():
        for fact in standing.counted():
            if fact.message is not None or fact.voucher is None or fact.kind == "refusal":
                continue
            if fact.voucher in excused or _author(standing, fact) != name:
                continue
            for other, listener in standings.items():
                parties = standing.book.parties(fact)
                if other == name or parties is None or other not in parties:
                    continue
                if fact.kind in ("request", "refuse") and other != "Iss":
                    continue
                if _is_refused(standing, fact):
                    continue
                facts = [each for each in listener.ledger.reading.facts if each.kind == fact.kind]
                if not any((each.ids, each.date) == (fact.ids, fact.date) for each in facts):
                    yield f"{_told(fact)} of {name} is not in the ledger of {other}"


def _is_refused(standing: Standing, fact: Fact) -> bool:
    """Whether its author has it refused in as many words: struck, or a finding."""
    return any(
        each.kind == "refusal"
        and (each.ids[2], each.terms["of"], each.terms["on"])
        == (fact.voucher, fact.kind, fact.date)
        for each in standing.ledger.reading.facts
    )
