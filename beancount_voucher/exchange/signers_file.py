"""The file of keys that ``ssh-keygen -Y verify`` reads: written from a ledger, and read again.

Whoever has no ledger verifies with it alone. It is read strictly: what OpenSSH would take for a
pattern, or for a day in somebody's own time zone, is an error here.
"""

from __future__ import annotations

import datetime as dt
import re
from typing import TYPE_CHECKING, NamedTuple

from beancount_voucher.directives.public_keys import fingerprint
from beancount_voucher.exchange.message import NAMESPACE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount_voucher.exchange.keys import Key

_DAY = dt.timedelta(days=1)
_NOON = dt.time(12)
_ONE = r'[a-z-]+(?:="[^"]*")?'
_LINE = re.compile(
    rf'(?P<parties>[^\s"*?!]+) (?:(?P<options>{_ONE}(?:,{_ONE})*) )?'
    r"(?P<key>[a-z0-9@.-]+ [A-Za-z0-9+/=]+)(?: .*)?"
)
_OPTION = re.compile(r'([a-z-]+)(?:="([^"]*)")?')
_FORM = "%Y%m%d%H%M%SZ"


class SignersError(Exception):
    """A file of keys that cannot be read as one, with its line."""


class Allowed(NamedTuple):
    """A line: whose key it is, and from when to when it counts.

    Attributes:
        parties: those who may sign with it.
        fingerprint: of the key.
        after: from when on; None: from ever.
        before: until when; None: for ever.
        namespaces: what it is for; None: for anything.
    """

    parties: tuple[str, ...]
    fingerprint: str
    after: dt.datetime | None = None
    before: dt.datetime | None = None
    namespaces: tuple[str, ...] | None = None

    def counts(self, day: dt.date) -> bool:
        """Whether it counts at noon of a day, by which the printed lines prove."""
        noon = dt.datetime.combine(day, _NOON)
        begun = self.after is None or self.after <= noon
        return begun and (self.before is None or noon < self.before)


def written(keys: Iterable[Key]) -> str:
    """The file: plain ids, and days with ``Z``."""
    return "".join(f"{key.party} {','.join(_limits(key))} {key.line}\n" for key in keys)


def _limits(key: Key) -> Iterator[str]:
    yield f'valid-after="{at(key.since)}"'
    ends = [each for each in (key.until and key.until + _DAY, key.revoked) if each is not None]
    if ends:
        yield f'valid-before="{at(min(ends))}"'
    yield f'namespaces="{NAMESPACE}"'


def at(day: dt.date, hour: str = "000000") -> str:
    """An hour of a day as ``ssh-keygen`` takes it in any time zone."""
    return f"{day:%Y%m%d}{hour}Z"


def read(text: str) -> list[Allowed]:
    """Read the file.

    Raises:
        SignersError: a line is none of one.
    """
    lines = (line.strip() for line in text.splitlines())
    return [
        _allowed(line, number)
        for number, line in enumerate(lines, 1)
        if line and not line.startswith("#")
    ]


def _allowed(line: str, number: int) -> Allowed:
    match = _LINE.fullmatch(line)
    mark = None if match is None else fingerprint(match["key"])
    if match is None or mark is None:
        raise SignersError(f"line {number} names no party and public key")
    said = dict(_OPTION.findall(match["options"] or ""))
    unknown = said.keys() - {"valid-after", "valid-before", "namespaces"}
    if unknown:
        raise SignersError(f"line {number} has {min(unknown)}, which means nothing here")
    after, before = (_time(said.get(f"valid-{side}"), number) for side in ("after", "before"))
    spaces = tuple(said["namespaces"].split(",")) if "namespaces" in said else None
    return Allowed(tuple(match["parties"].split(",")), mark, after, before, spaces)


def _time(text: str | None, number: int) -> dt.datetime | None:
    if text is None:
        return None
    try:
        return dt.datetime.strptime(text, _FORM)  # noqa: DTZ007  both sides are in UTC
    except ValueError as error:
        wrong = f"line {number}: {text} is no time such as 20260331000000Z"
        raise SignersError(wrong) from error


def fault(allowed: Iterable[Allowed], party: str, mark: str, day: dt.date) -> str | None:
    """Why a key does not speak for a party on a day: a code; None: it does."""
    of_party = [each for each in allowed if party in each.parties and each.fingerprint == mark]
    known = [each for each in of_party if NAMESPACE in (each.namespaces or (NAMESPACE,))]
    if any(each.counts(day) for each in known):
        return None
    noon = dt.datetime.combine(day, _NOON)
    ended = any(each.before is not None and each.before <= noon for each in known)
    return "key-expired" if ended else "unknown-key"
