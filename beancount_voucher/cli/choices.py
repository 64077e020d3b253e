"""Options that take one of several words, and tell which may have been meant."""

from __future__ import annotations

import click

from beancount_voucher.cli.prose import meant


class OneOf(click.Choice):  # type: ignore[type-arg]  # generic only since Click 8.2
    """A choice whose error says what may have been meant, beside what there is."""

    def convert(self, value: str, param: click.Parameter | None, ctx: click.Context | None) -> str:
        """The word itself."""
        try:
            return str(super().convert(value, param, ctx))
        except click.BadParameter as error:
            guess = meant(value, [*map(str, self.choices)])
            hint = "" if guess is None else f" Did you mean {guess}?"
            raise click.BadParameter(error.message + hint, ctx, param) from error
