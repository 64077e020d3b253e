"""What all files have in common: everything that is no event of a voucher, judged once.

Parties, options, credit lines, closes, events, accounts and ordinary transactions come together
here as Beancount's loader would join them, and are booked as it would. What a shard must know of
them is the ``Setting``: plain data.
"""

from __future__ import annotations

import copy
import datetime as dt
import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount import loader
from beancount.core.account import parents
from beancount.core.data import Event, Pad, entry_sortkey, new_metadata
from beancount.ops import documents
from beancount.parser import booking, parser

from beancount_voucher.books.auto_accounts import AccountDates
from beancount_voucher.books.plugin_lines import PLUGIN, kept_by, plugin_lines
from beancount_voucher.conditions import EventDirectives
from beancount_voucher.directives.account_roles import Names
from beancount_voucher.directives.facts import Fact, Reading
from beancount_voucher.directives.parser import read
from beancount_voucher.directives.schema import OPTIONS
from beancount_voucher.directives.source_lines import NO_POSITION, SourceLine, Sources
from beancount_voucher.lifecycle.evaluation import evaluate
from beancount_voucher.subledger.text import as_text, decoded, encoded

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from beancount.core.data import Directive as Entry

    from beancount_voucher.conditions import Condition
    from beancount_voucher.lifecycle.evaluation import Evaluation


class RefusedError(Exception):
    """A ledger that cannot be judged in shards, or not written so; it says why."""


class Rest(NamedTuple):
    """What a file says beside its vouchers, parsed.

    Attributes:
        filename: its absolute name.
        entries: its directives; nothing is booked.
        errors: what the parser says is wrong with it.
        options: those that it sets, ``include`` and ``plugin`` among them.
    """

    filename: str
    entries: list[Entry]
    errors: list[Any]
    options: dict[str, Any]


def rest_of(filename: str, text: bytes) -> Rest:
    """What ``split`` has left of a file."""
    return Rest(filename, *parser.parse_string(text, filename))


@dataclass(frozen=True)
class Common:
    """What the rests of all files come to.

    Attributes:
        entries: Beancount's entries, booked.
        errors: what Beancount says is wrong so far.
        options: Beancount's options.
        events: the facts among them that are events of vouchers, for the shards.
        reading: all other facts, in order, and what could not be read.
        kept: the parties whose books are kept; None for all.
    """

    entries: list[Entry]
    errors: list[Any]
    options: dict[str, Any]
    events: list[Fact]
    reading: Reading
    kept: tuple[str, ...] | None
    conditions: Mapping[str, Condition]

    @cached_property
    def names(self) -> Names:
        """The ledger's root account names."""
        return Names(self.options)

    @cached_property
    def event_directives(self) -> EventDirectives:
        """The ledger's ``event`` directives."""
        return EventDirectives(self.entries)

    @cached_property
    def accounts(self) -> AccountDates:
        """The accounts that the ledger opens itself."""
        return AccountDates.among(self.entries)

    @cached_property
    def alone(self) -> Evaluation:
        """What the facts come to that are no vouchers', but for credit lines."""
        known = [fact for fact in self.reading.facts if fact.kind not in ("credit-line", "repay")]
        return evaluate(Reading(known, []), self.event_directives, self.conditions)


def common_of(
    rests: Iterable[Rest], faults: Iterable[str], conditions: Mapping[str, Condition]
) -> Common:
    """Bring together what files say beside their vouchers.

    Args:
        rests: of each file, in the order in which Beancount reads them; the top file first.
        faults: what is wrong with includes.
        conditions: the known settlement conditions by key.

    Raises:
        RefusedError: the ledger cannot be judged in shards.
    """
    entries: list[Entry] = []
    errors: list[Any] = [loader.LoadError(new_metadata("<load>", 0), each) for each in faults]
    options: list[dict[str, Any]] = []
    files: list[str] = []
    for rest in rests:
        entries += rest.entries
        errors += rest.errors
        options.append(rest.options)
        files.append(rest.filename)
    top = {
        **options[0],
        "include": sorted(files),
        "dcontext": copy.deepcopy(options[0]["dcontext"]),
    }
    joined = loader.aggregate_options_map(top, options[1:])
    kept = _kept(joined)
    entries.sort(key=entry_sortkey)
    entries, more = booking.book(entries, joined)  # type: ignore[no-untyped-call]
    errors += more
    entries, more = transformed(entries, joined, (documents,))
    errors += more
    reading = read(entries, Names(joined), conditions, Sources.of(joined))
    common = Common(
        entries=entries,
        errors=errors,
        options=joined,
        events=[fact for fact in reading.facts if fact.voucher is not None],
        reading=Reading([f for f in reading.facts if f.voucher is None], reading.problems),
        kept=kept,
        conditions=conditions,
    )
    _check(common, reading.facts)
    return common


def transformed(
    entries: list[Entry], options: Mapping[str, Any], modules: Iterable[Any]
) -> tuple[list[Entry], list[Any]]:
    """What Beancount's own plugins make of entries, and what they say is wrong.

    Args:
        entries: sorted.
        options: Beancount's options, by which there may be none of them.
        modules: those that the loader runs before a ledger's own plugins, or behind them.
    """
    errors: list[Any] = []
    for module in () if options["plugin_processing_mode"] == "raw" else modules:
        for name in module.__plugins__:
            work = getattr(module, name) if isinstance(name, str) else name
            entries, more = work(entries, options)
            errors += more
        entries.sort(key=entry_sortkey)
    return entries, errors


def _kept(options: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The parties whose books the plugin line keeps; None for all."""
    top = options["filename"]
    foreign = sorted({name for name, _ in options["plugin"]} - {PLUGIN})
    if foreign:
        raise RefusedError(
            f"{top}: the plugin {foreign[0]} may change any entry, so that no shard could be "
            f'judged alone; expected no plugin but "{PLUGIN}"'
        )
    lines = plugin_lines(options)
    if not lines:
        raise RefusedError(f'{top}: there is no plugin "{PLUGIN}" line: no books are kept')
    if len({frozenset(line.split()) for line in lines}) > 1:
        raise RefusedError(f"{top}: two plugin lines keep different books; expected one")
    kept = kept_by(lines)
    return None if kept is None else tuple(kept)


_EXCHANGED = ("key", "sent", "received", "refusal")


def _check(common: Common, facts: Iterable[Fact]) -> None:
    """Refuse what only one machine can judge."""
    for fact in facts:
        if fact.message is not None or fact.kind in _EXCHANGED:
            raise RefusedError(
                f"{fact.place.filename}:{fact.place.lineno}: voucher-{fact.kind} is of two servers "
                "that exchange messages, which are judged one after the other; expected a "
                "ledger without messages"
            )
    options = common.alone.options
    if options["hold-accounts"] == "per-voucher":
        raise RefusedError(
            f"{common.options['filename']}: every voucher has hold accounts of its own, of which "
            'no sums are made; expected hold-accounts "pooled"'
        )


def with_above(accounts: Iterable[str]) -> set[str]:
    """Accounts, and all above them: a balance, and a pad, count what is below."""
    return {each for account in accounts for each in parents(account)}


def check_pads(common: Common, moved: Iterable[str]) -> None:
    """Refuse a ``pad`` on an account that vouchers move.

    Raises:
        RefusedError: there is one.
    """
    accounts = with_above(moved)
    for entry in common.entries:
        if isinstance(entry, Pad) and entry.account in accounts:
            raise RefusedError(
                f"{entry.meta['filename']}:{entry.meta['lineno']}: pad {entry.account}, which "
                "vouchers move: what is missing there is no rounding; expected a transaction"
            )


# --- What a shard must know of it -------------------------------------------------------


@dataclass(frozen=True)
class Setting:
    """What a shard must know of the rest of its ledger.

    Attributes:
        parties: the parties that were declared, as facts, in order.
        options: every option that was chosen.
        events: the ledger's ``event`` directives.
        accounts: the accounts that the ledger opens itself.
        roots: Beancount's options that name the kinds of accounts.
        kept: the parties whose books are kept; None for all.
        conditions: the known settlement conditions by key.
    """

    parties: list[Fact]
    options: dict[str, str]
    events: EventDirectives
    accounts: AccountDates
    roots: dict[str, str]
    kept: tuple[str, ...] | None
    conditions: Mapping[str, Condition]

    @property
    def facts(self) -> Iterator[Fact]:
        """Parties and options, to stand among a shard's events."""
        nowhere = SourceLine(NO_POSITION, 0)
        first = dt.date.min
        yield from (
            Fact("option", first, (name, value), None, {}, nowhere)
            for name, value in self.options.items()
        )
        yield from self.parties


def setting_text(common: Common) -> str:
    """The setting of a ledger's shards, always the same for the same ledger."""
    state, accounts = common.alone.ledger_state, common.accounts
    parties = [
        [fact.date.isoformat(), fact.ids, encoded(fact.terms), fact.place]
        for fact in (party.fact for party in state.parties.values())
    ]
    events = [
        [entry.date.isoformat(), entry.type, entry.description, encoded(entry.meta)]
        for entry in common.entries
        if isinstance(entry, Event)
    ]
    chosen = {
        name: value
        for name, value in common.alone.options.items()
        if value != OPTIONS[name][0] and name != "postings"
    }
    return as_text(
        {
            "parties": parties,
            "options": chosen,
            "events": events,
            "opened": _days(accounts.opened),
            "closed": _days(accounts.closed),
            "roots": {key: each for key, each in common.options.items() if key in _ROOTS},
            "kept": common.kept,
            "conditions": sorted(common.conditions),
        }
    )


_ROOTS = tuple(f"name_{root}" for root in ("assets", "liabilities", "equity", "income", "expenses"))


def _days(dates: Mapping[str, dt.date]) -> dict[str, str]:
    return {account: date.isoformat() for account, date in sorted(dates.items())}


def setting_of(text: str, conditions: Mapping[str, Condition]) -> Setting:
    """The setting again.

    Args:
        text: what ``setting_text`` gave.
        conditions: the known settlement conditions by key, here.

    Raises:
        RefusedError: another machine knows other conditions.
    """
    told = json.loads(text)
    if told["conditions"] != sorted(conditions):
        raise RefusedError(
            f"a worker knows the settlement conditions {', '.join(sorted(conditions))}; "
            f"expected those of the ledger: {', '.join(told['conditions'])}"
        )
    opened, closed = (
        {account: dt.date.fromisoformat(date) for account, date in told[key].items()}
        for key in ("opened", "closed")
    )
    return Setting(
        parties=[
            Fact(
                "party",
                dt.date.fromisoformat(date),
                tuple(ids),
                None,
                decoded(terms),
                SourceLine(*place),
            )
            for date, ids, terms, place in told["parties"]
        ],
        options=told["options"],
        events=EventDirectives(
            Event(decoded(meta), dt.date.fromisoformat(date), name, description)
            for date, name, description, meta in told["events"]
        ),
        accounts=AccountDates(opened, closed, {}),
        roots=told["roots"],
        kept=None if told["kept"] is None else tuple(told["kept"]),
        conditions=conditions,
    )
