"""Signed messages: with whom, what waits, whose keys count; and one message, word for word."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

from beancount_voucher.directives.wording import printable
from beancount_voucher.exchange.codes import MESSAGE_CODES
from beancount_voucher.exchange.keys import best_of, keys_of
from beancount_voucher.exchange.message import file_name, shown
from beancount_voucher.exchange.verification import Proof, command
from beancount_voucher.exchange.verifiers import SigningError, checked
from beancount_voucher.views.exchanged import keys
from fava_voucher import exchange_columns
from fava_voucher.messages import kept
from fava_voucher.page import Page

if TYPE_CHECKING:
    from collections.abc import Sequence

    from beancount_voucher.directives.codes import Explanation
    from beancount_voucher.exchange.message import Name
    from beancount_voucher.views.exchanged import MessageRow
    from fava_voucher.tables import Table


class OneMessage(NamedTuple):
    """A message as it is kept.

    Attributes:
        row: how it is recorded.
        seen: of one of ours: whether it is acknowledged.
        text: its text; None: it is not kept, or not in the ledger's folder.
        key: the fingerprint of the key that has signed this text; None: none has.
        code: what is wrong with it; nothing where it is proven.
        proof: the line of ``ssh-keygen`` that proves it without us.
    """

    row: MessageRow
    seen: bool
    text: str | None
    key: str | None
    code: str
    proof: str


class ExchangeView(Page):
    """How the exchange stands, or one message of it."""

    @property
    def heading(self) -> str:
        """The message that is shown, if one is."""
        return super().heading if self.chosen_row is None else shown(self.chosen_row.name)

    @cached_property
    def chosen_row(self) -> MessageRow | None:
        """The message that the URL names, if the ledger has recorded it by the day."""
        named = self.view_state.message
        rows = self.reports.exchange.messages
        row = next((row for row in rows if shown(row.name) == named), None)
        return None if row is None or row.date > self.filters.as_of else row

    def _tables(self) -> Sequence[Table[Any]]:
        if self.view_state.message:
            return []
        exchange, as_of = self.reports.exchange, self.filters.as_of
        return [
            exchange_columns.findings(
                each
                for each in self.reports.exchange_findings
                if each.date is None or each.date <= as_of
            ),
            exchange_columns.counterparties(exchange.counterparties(as_of)),
            exchange_columns.waiting(exchange.waiting(as_of)),
            exchange_columns.keys(keys(self.reports.ledger.evaluation, as_of)),
            exchange_columns.refusals(
                each for each in exchange.refusals(as_of) if self.filters.has(each.voucher)
            ),
            exchange_columns.messages(
                row for row in reversed(exchange.messages) if row.date <= as_of
            ),
        ]

    @cached_property
    def one(self) -> OneMessage | None:
        """The message that is shown."""
        row = self.chosen_row
        if row is None:
            return None
        text, signature = (kept(self.reports, row.name, part) for part in ("text", "signature"))
        key = None if text is None or signature is None else _signer(text, signature)
        exchange = self.reports.exchange
        code = exchange.fault(row.name) or self._fault(row, key)
        return OneMessage(
            row=row,
            seen=exchange.is_seen(row, self.filters.as_of),
            text=None if text is None else _readable(text),
            key=key,
            code=code,
            proof=command(Proof(row.name, row.date), _path(row.name), "allowed_signers"),
        )

    def _fault(self, row: MessageRow, key: str | None) -> str:
        """What is wrong with the signature of a text that is as it was."""
        if key is None:
            return "bad-signature"
        exchanged = self.reports.ledger.evaluation.exchanged
        return best_of(keys_of(exchanged, row.name[0]), key, row.date)[1]

    def explained(self, code: str) -> Explanation:
        """What a code means, and what to do."""
        return MESSAGE_CODES[code]


def _signer(text: bytes, signature: bytes) -> str | None:
    try:
        return checked(text, signature)
    except SigningError:  # there is no ssh-keygen here, nor AsyncSSH
        return None


def _path(name: Name) -> str:
    return f"messages/{name[0]}/{name[1]}/{file_name(name)}"


def _readable(text: bytes) -> str:
    """A text as it stands there, line by line; what cannot be shown is told by its number."""
    lines = text.decode("utf-8", "backslashreplace").split("\n")
    return "\n".join(map(printable, lines))
