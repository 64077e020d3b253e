"""Events as the text of ledger files, and the files again out of what a failure prints."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from tests.support.model import Event, Value

MAIN = "main.beancount"
# In the order of their paths, which is the order in which their events count.
FILES = ("a.beancount", MAIN, "sub/n.beancount", "z.beancount")
INCLUDES = {MAIN: ("a.beancount", "z.beancount"), "a.beancount": ("sub/n.beancount",)}
PLUGIN = 'plugin "beancount_voucher_plugin"'
HEAD = ";; file: "
END = ";; end of the ledger"


def written(event: Event) -> list[str]:
    if event.kind == "event":
        name, value = event.subject
        return [f'{event.date} event "{name}" "{value}"']
    if event.kind == "money":
        assert event.amount
        return [
            f'{event.date} * "money"',
            f"  {event.subject[0]}  {event.amount.number} {event.amount.currency}",
            "  Equity:World",
        ]
    head = f'{event.date} custom "voucher-{event.kind}"'
    head += "".join(f' "{part}"' for part in event.subject)
    if event.amount:
        head += f" {event.amount.number} {event.amount.currency}"
    return [head, *(f"  {key}: {_value(value)}" for key, value in event.meta)]


def _value(value: Value) -> str:
    if isinstance(value, bool):
        return str(value).upper()
    return f'"{value}"' if isinstance(value, str) else str(value)


def opens(events: list[Event], more: Iterable[str] = ()) -> list[str]:
    """The accounts that people own: nothing else is opened here, unless it is asked for."""
    parties = [event for event in events if event.kind == "party"]
    banks = [event.subject[0] for event in parties if event.subject[1] == "bank"]
    customers = [event.subject[0] for event in parties if event.subject[1] != "bank"]
    accounts = {"Equity:World", *more, *(e.subject[0] for e in events if e.kind == "money")}
    for event in parties:
        party, role = event.subject
        key, default = ("bank", "Assets:{party}:{bank}")
        if role == "bank":
            key, default = ("deposits", "Liabilities:{party}:Deposits:{bank}")
        for name in {default, str(dict(event.meta).get(key, default))}:
            for other in customers if role == "bank" else banks:
                account = name.replace("{party}", party)
                for placeholder in ("{bank}", "{customer}"):
                    account = account.replace(placeholder, other)
                accounts.add(account)
    return [f"2020-01-01 open {account}" for account in sorted(accounts)]


@dataclass
class Text:
    """Ledger files by name, and where in them each event stands."""

    files: dict[str, list[str]]
    places: list[tuple[str, int]] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(self, name: str, event: Event) -> None:
        self.events.append(event)
        self.places.append((name, len(self.files[name]) + 1))
        self.files[name] += written(event)

    def show(self) -> str:
        """Every line of every file, so that who reads it can write the files again."""
        shown = [line for name, lines in self.files.items() for line in (HEAD + name, *lines)]
        return "\n".join([*shown, END])

    def lines(self) -> dict[str, list[str]]:
        """What stands in each file."""
        return {name: "\n".join(lines).split("\n") for name, lines in self.files.items()}

    def write(self, folder: Path) -> str:
        for name, lines in self.files.items():
            path = folder / name
            path.parent.mkdir(exist_ok=True)
            with path.open("w", encoding="utf-8") as file:
                file.write("\n".join(lines) + "\n")
        return str(folder / MAIN)


def shown(message: str) -> Text:
    """The ledger that a failure's message shows, also where each line is set in by its report.

    Its events are not told apart.
    """
    text = Text({})
    name = None
    margin = next(line for line in message.splitlines() if HEAD in line).partition(HEAD)[0]
    for told in message.splitlines():
        line = told.removeprefix(margin)
        if line == END:
            break
        if line.startswith(HEAD):
            name = line.removeprefix(HEAD)
            text.files[name] = []
        elif name:
            text.files[name].append(line)
    return text


def one_file(events: list[Event]) -> Text:
    return several_files({MAIN: events})


def several_files(
    events: Mapping[str, list[Event]], *, kept: Iterable[str] = (), opened: Iterable[str] = ()
) -> Text:
    """The events over included files; they count by file, line.

    What the top file says beside them: whose books are kept (all, if nobody's), the accounts
    that people own, and what else is to be opened.
    """
    every = [event for each in events.values() for event in each]
    names = [name for name in FILES if len(events) > 1 or name == MAIN]
    text = Text({name: [] for name in names})
    text.files[MAIN] = [plugin_line(kept), *opens(every, opened)]
    for name in names:
        text.files[name] += [
            f'include "{included}"' for included in INCLUDES.get(name, ()) if included in names
        ]
        for event in events.get(name, []):
            text.add(name, event)
    return text


def plugin_line(kept: Iterable[str]) -> str:
    config = " ".join(kept)
    return f'{PLUGIN} "{config}"' if config else PLUGIN
