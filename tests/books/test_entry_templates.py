"""Templates: the worked example that the module's docstring tells."""

from __future__ import annotations

import doctest

from beancount_voucher.books import entry_templates


def test_the_worked_example() -> None:
    failed, tried = doctest.testmod(entry_templates)
    assert (failed, tried) == (0, 3)
