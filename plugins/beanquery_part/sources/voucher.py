"""A source of beanquery: ``bean-query voucher:LEDGER``. The wheel puts it among beanquery's own.

There alone beanquery finds it: ``beanquery.sources`` has no ``__init__``, but as a part of a
package that has one it is not looked for anywhere else.
"""  # noqa: INP001  beanquery's folder has no __init__ either

from beancount_voucher.cli.query_source import attach

__all__ = ["attach"]
