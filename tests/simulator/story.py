"""A story: some weeks of some parties, drawn by a seed, until the network heals and all rest."""

from __future__ import annotations

import datetime as dt
import shlex
from collections import Counter
from random import Random
from typing import TYPE_CHECKING

from beancount_voucher.directives.public_keys import fingerprint
from beancount_voucher.exchange.message import file_name
from beancount_voucher.exchange.store import Store
from beancount_voucher.lifecycle.events import FINAL
from tests.simulator import clerks
from tests.simulator.faults import Operations
from tests.simulator.network import Network
from tests.simulator.parties import ACCOUNTS, Party
from tests.simulator.signing import key_pair, sign_here
from tests.support.banks import PARTIES

if TYPE_CHECKING:
    from pathlib import Path

_DAY = dt.timedelta(days=1)
_FIRST = dt.date(2026, 3, 2)
_CASTS = (
    *(("Iss", "Acc"),) * 5,
    ("Iss", "Acc", "Ins"),
    ("Iss", "Acc", "Ann"),
    *(("Iss", "Acc", "Ann", "Ins"),) * 2,
    ("Iss", "Ann", "Ins"),
)
_MOST_ROUNDS = 20
_QUIET_ROUNDS = 2
"""What was put out in the one is heard in the next."""


class UnrestError(Exception):
    """Turns go on and on, and something is always written."""


class Story:
    """Parties, a network and people.

    Attributes:
        parties: by id.
        steps: what happened, as lines of a shell.
        figures: how often what happened.
    """

    def __init__(self, seed: int, folder: Path, *, real: bool = False) -> None:
        """Take what decides, and an empty folder."""
        self.random, self.folder = Random(seed), folder  # noqa: S311
        self.steps: list[str] = []
        self.figures: Counter[str] = Counter()
        self.day = _FIRST
        cast = self.random.choice(_CASTS)
        self.one_bank = "Acc" not in cast
        ahead = {name: self.random.choice([0, 0, 1]) for name in cast}
        self.parties = {name: Party(name, folder, ahead[name], real) for name in cast}
        self.network = Network(self.parties, self.random, self.steps.append)
        self.steps.append("mkdir late")
        self.waiting: list[tuple[dt.date, str, str]] = []
        self.count = 0
        self._open_ledgers()

    # --- The beginning ------------------------------------------------------------------

    def _open_ledgers(self) -> None:
        options = self._options()
        for name, party in self.parties.items():
            plugin = f'plugin "beancount_voucher_plugin" "{name}"\n'
            line = ""
            if name == "Iss":
                line = '2026-01-01 custom "voucher-credit-line" "Ann" "Iss" 350.00 CNY\n'
            head = plugin + PARTIES + ACCOUNTS[name] + line + options[name]
            party.open(head)
            self.steps.append(f"mkdir -p {name}/in {name}/out")
            self._tell_file(party, "", head)
        for name in self.parties:
            self._new_key(name, self.day - 60 * _DAY, late=False)

    def _options(self) -> dict[str, str]:
        stated = self.random.random() < 0.4
        found = {}
        for name in self.parties:
            lines = ""
            if stated and (name == "Iss" or self.random.random() < 0.5):
                days = self.random.choice([0, 2, 3])
                lines += '2026-01-01 custom "voucher-option" "give-back" "stated"\n'
                lines += f'2026-01-01 custom "voucher-option" "grace-days" "{days}"\n'
            if self.random.random() < 0.25:
                lines += '2026-01-01 custom "voucher-option" "earning" "monthly"\n'
            found[name] = lines
        return found

    # --- The middle ---------------------------------------------------------------------

    def live(self, days: int | None = None) -> None:
        """Let people and the network do what they do."""
        for _ in range(days or self.random.randint(8, 15)):
            self._keys_come()
            for name in self.random.sample(sorted(self.parties), len(self.parties)):
                for _ in range(self.random.choice([0, 1, 1, 2])):
                    self._clerk(self.parties[name])
                if self.random.random() < 0.75:
                    self._turn(self.parties[name])
            self._trouble()
            self.network.deliver(self.day)
            self.day += _DAY

    def _clerk(self, party: Party) -> None:
        ledger = party.ledger()
        vouchers = ledger.evaluation.vouchers
        if party.name == "Iss" and self.count < 3 and self.random.random() < 0.5:
            self._issue(party)
            return
        if party.name == "Ann" and self.count < 3 and self.random.random() < 0.2:
            self.count += 1
            self._write(
                party,
                clerks.new_issue(
                    f"V-{self.count}",
                    self.random,
                    party.day(self.day),
                    one_bank=self.one_bank,
                    kind="request",
                ),
            )
            return
        issued = [each for _, each in sorted(vouchers.items()) if each.terms is not None]
        if not issued:
            return
        voucher = self.random.choice(issued)
        sides = {"Iss": "issuer", "Acc": "acceptor", "Ann": "policyholder", "Ins": "insurer"}
        spoken = [sides[party.name], *self._spoken_for(party, sides)]
        habits = clerks.habits_of(voucher, tuple(spoken))
        if not habits:
            return
        [habit] = self.random.choices(habits, [each.weight for each in habits])
        text = clerks.said(habit, self.random, voucher, party.day(self.day), sides[party.name])
        if self._write(party, text):
            self.figures[f"{habit.kind} recorded"] += 1

    def _spoken_for(self, party: Party, sides: dict[str, str]) -> list[str]:
        """For whom else a clerk writes: the bank's customers, mostly where they have no ledger."""
        customers = {"Iss": ["Ann"], "Acc": ["Ins"]}.get(party.name, [])
        if party.name == "Iss" and self.one_bank:
            customers = ["Ann", "Ins"]
        found = [
            sides[each]
            for each in customers
            if each not in self.parties or self.random.random() < 0.1
        ]
        return found + ["acceptor"] * (party.name == "Iss" and self.one_bank)

    def _issue(self, party: Party) -> None:
        requested = [
            voucher
            for _, voucher in sorted(party.ledger().evaluation.vouchers.items())
            if voucher.terms is None and voucher.status.state not in FINAL
        ]
        day = party.day(self.day)
        if requested:
            voucher = requested[0]
            text = f'{day} custom "voucher-issue" "{voucher.id}" {voucher.amount}\n'
            if self.random.random() < 0.3:
                text = f'{day} custom "voucher-refuse" "{voucher.id}"\n'
        else:
            self.count += 1
            name = f"V-{self.count}"
            text = clerks.new_issue(name, self.random, day, one_bank=self.one_bank, kind="issue")
        self._write(party, text)

    def _write(self, party: Party, text: str) -> bool:
        if party.mends():
            self.steps.append(f"python -m tests.simulator.cut_short --mend {party.name}")
        taken = party.writes("\n" + text)
        if taken:
            self._tell_file(party, "", "\n" + text)
        return taken

    def _tell_file(self, party: Party, name: str, text: str) -> None:
        place = f"{party.name}/{name or 'ledger.beancount'}"
        self.steps.append(f"cat >> {place} <<'END'\n{text.rstrip()}\nEND")

    def _turn(self, party: Party) -> int:
        operations = Operations()
        if not self.network.heals and self.random.random() < 0.12:
            at = self.random.randint(0, 60)
            if self.random.random() < 0.3:
                operations.full_at = at
            else:
                operations.killed_at = at
        day = party.day(self.day)
        command = f"{shlex.join(party.command)} --date {day} --write"
        status = party.turn(self.day, operations)
        if operations.killed_at is not None and status == -1:
            self.figures["turns killed"] += 1
            command = (
                f"python -m tests.simulator.cut_short --killed-at {operations.killed_at} {command}"
            )
        elif operations.full_at is not None and operations.done > operations.full_at:
            self.figures["disks full"] += 1
            command = (
                f"python -m tests.simulator.cut_short --full-at {operations.full_at} {command}"
            )
        else:
            command = f"bean-voucher {command}"
        self.figures["turns"] += 1
        told = [line for line in party.told.splitlines() if line and status != -1]
        self.steps.append("\n".join([command, *(f"#   {line}" for line in told)]))
        self.network.carry(party, self.day)
        return status

    # --- Trouble: keys, forgers, clerks who record what others have done ------------------

    def _trouble(self) -> None:
        what = self.random.random()
        name = self.random.choice(sorted(self.parties))
        if what < 0.05:
            self._new_key(name, self.day, late=True)
        elif what < 0.15:
            self._forge(name)
        elif what < 0.22:
            self._replay()
        elif what < 0.30:
            self._record_for_another(name)

    def _new_key(self, name: str, day: dt.date, *, late: bool) -> None:
        """A new key; the old one is revoked, or ends, or stays; others hear of it later."""
        party = self.parties[name]
        old = party.keys[-1:]
        key = f"key-{len(party.keys) + 1}"
        line = party.give_key(f"{key}-{name}")
        private = key_pair(f"{key}-{name}")[0]
        self._tell_file(party, f"{key}-{name}", private)
        self.steps.append(f"chmod 600 {name}/{key}-{name}")
        text = f'{day} custom "voucher-key" "{name}" "{line}"\n'
        gone = old and self.random.random() < 0.6
        self.figures["keys"] += 1
        self.figures["keys revoked"] += bool(gone)
        for each in self.parties.values():
            hears = self.random.randint(0, 3) if late and each is not party else 0
            self.waiting.append((self.day + hears * _DAY, each.name, text))
            if gone:  # on the day after it is known: what was received on that one stays good
                self.waiting.append((self.day + hears * _DAY, each.name, old[0]))
        self._keys_come()

    def _revocation(self, party: Party, key: str) -> str:
        day, mark = party.day(self.day) + _DAY, fingerprint(key_pair(key)[1])
        owner = key.rpartition("-")[2]
        return f'{day} custom "voucher-revoke" "{owner}" "{mark}"\n  reason: "changed"\n'

    def _keys_come(self, *, all_of_them: bool = False) -> None:
        due = [each for each in self.waiting if all_of_them or each[0] <= self.day]
        self.waiting = [each for each in self.waiting if each not in due]
        for _, name, text in due:
            party = self.parties[name]
            words = self._revocation(party, text) if text.startswith("key-") else text
            assert self._write(party, words)

    def _forge(self, name: str) -> None:
        """Somebody else signs what one party might say."""
        victim = self.random.choice(sorted(self.parties.keys() - {name}))
        store = Store(self.parties[name].path)
        texts = sorted((store.folder / name / victim).glob("*.beancount"))
        if not texts:
            return
        content = self.random.choice(texts).read_bytes().replace(b"100.00", b"900.00")
        number = len(texts) + self.random.randint(0, 1)
        signer = self.random.choice(["forger", f"key-1-{victim}"])
        (self.folder / signer).write_text(key_pair(signer)[0])
        path = self.parties[victim].inbox / file_name((name, victim, number))
        place = path.relative_to(self.folder)
        path.write_bytes(content)
        path.with_name(path.name + ".sig").write_bytes(
            sign_here(content, str(self.folder / signer))
        )
        self.steps.append(f"cat > {place} <<'END'\n{content.decode().rstrip()}\nEND")
        self.steps.append(f"cat > {signer} <<'END'\n{key_pair(signer)[0].rstrip()}\nEND")
        self.steps.append(
            f"chmod 600 {signer}; rm -f {place}.sig; "
            f"ssh-keygen -q -Y sign -f {signer} -n message@beancount-voucher {place}"
        )
        self.figures["messages forged"] += 1

    def _replay(self) -> None:
        """A message of long ago comes again, perhaps to somebody else."""
        kept = [
            path
            for party in self.parties.values()
            for path in sorted((party.path.parent / "messages").glob(f"*/{party.name}/*.beancount"))
        ]
        if not kept:
            return
        path = self.random.choice(kept)
        victim = self.random.choice(sorted(self.parties))
        for suffix in ("", ".sig"):
            here = path.with_name(path.name + suffix)
            there = self.parties[victim].inbox / here.name
            there.write_bytes(here.read_bytes())
            self.steps.append(
                f"cp {here.relative_to(self.folder)} {there.relative_to(self.folder)}"
            )
        self.figures["messages replayed"] += 1

    def _record_for_another(self, name: str) -> None:
        """A clerk records what he has heard by telephone: it was recorded by its author, too."""
        other = self.random.choice(sorted(self.parties.keys() - {name}))
        facts = [
            fact
            for fact in self.parties[other].ledger().reading.facts
            if fact.message is None and fact.kind in ("accept", "apply", "return", "issue", "void")
        ]
        if not facts:
            return
        fact = self.random.choice(facts)
        assert fact.entry is not None
        text = self._as_heard(fact.entry, other, name)
        if self._write(self.parties[name], text):
            self.figures["recorded for another"] += 1

    def _as_heard(self, entry: object, other: str, name: str) -> str:
        from beancount.core.data import Custom  # noqa: PLC0415
        from beancount.parser.printer import format_entry  # noqa: PLC0415

        assert isinstance(entry, Custom)
        date = entry.date + self.random.choice([0, 0, 0, 1]) * _DAY
        meta = {key: value for key, value in entry.meta.items() if key != "voucher"}
        if entry.type in ("voucher-accept", "voucher-apply", "voucher-return"):
            meta.setdefault("by", other)
        if entry.type == "voucher-issue" and name in ("Acc", "Ins"):
            meta.pop("funding", None)
            meta["funding"] = "cash"
        return format_entry(entry._replace(date=date, meta=meta))

    # --- The end ------------------------------------------------------------------------

    def heal(self) -> None:
        """Let nothing go wrong any more, until nothing moves.

        Raises:
            UnrestError: it never comes to rest.
        """
        self.steps.append("# From here on nothing goes wrong any more.")
        self.network.heals = True
        self.day += _DAY  # and all clocks are right
        for party in self.parties.values():
            party.ahead = 0
        self._keys_come(all_of_them=True)
        before: dict[str, dict[str, bytes]] = {}
        quiet = 0
        for rounds in range(_MOST_ROUNDS):
            self.network.deliver(self.day)
            for party in self.parties.values():
                self._turn(party)
            now = {name: party.bytes() for name, party in self.parties.items()}
            quiet = quiet + 1 if now == before else 0
            if quiet == _QUIET_ROUNDS:
                self.figures["rounds until rest"] += rounds
                return
            before = now
        raise UnrestError(f"no rest after {_MOST_ROUNDS} rounds")

    def pass_time(self) -> None:
        """Go on to a day by which everything is due."""
        self.day += 60 * _DAY
