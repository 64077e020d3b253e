"""Who is one person, though a name or an address has changed."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from beancount_voucher.directives.persons import same_person
from beancount_voucher.review.commits import Person

if TYPE_CHECKING:
    from collections.abc import Iterator

    from beancount_voucher.review.git_command import Objects

FILE = ".mailmap"

_CONTACT = re.compile(r"([^<]*?) ?<([^<>]*)>")


class Mailmap:
    """The ``.mailmap`` of a review's base: a branch may bring one that hides somebody.

    It only ever makes one person of two names: what is one address, or one name, stays one.
    """

    def __init__(self, objects: Objects, oid: str | None) -> None:
        """Remember where to ask.

        Args:
            objects: where the file is.
            oid: its object; None for no such file.
        """
        self._objects = objects
        self._oid = oid
        self._known: dict[Person, Person] = {}

    def is_one(self, one: Person, other: Person) -> bool:
        """Whether two are one person: by address or by name, as written or as mapped."""
        return any(
            mine and theirs and same_person(mine, theirs)
            for first in self._all(one)
            for second in self._all(other)
            for mine, theirs in zip(first, second, strict=True)
        )

    def is_one_address(self, one: str, other: str) -> bool:
        """Whether two addresses are one person's, as written or as mapped."""
        pairs = (self._all(Person("", each)) for each in (one, other))
        first, second = ([email for _, email in each] for each in pairs)
        return any(same_person(mine, theirs) for mine in first for theirs in second)

    def _all(self, person: Person) -> Iterator[Person]:
        yield person
        if self._oid is not None:
            if person not in self._known:
                self._known[person] = self._mapped(person)
            yield self._known[person]

    def _mapped(self, person: Person) -> Person:
        """What git makes of it; the same where it makes nothing."""
        ran = self._objects.attempt(
            *("-c", f"mailmap.blob={self._oid}", "check-mailmap", "--stdin"),
            given=f"{person}\n".encode(errors="replace"),
        )
        match = _CONTACT.fullmatch(ran.out.decode(errors="replace").strip())
        return person if match is None else Person(*match.groups())
