"""Electronic insurance vouchers in Beancount.

The flow of data, and of modules: text → ``facts`` (``directives`` is their table) →
``evaluation`` (``life`` is its table) → ``books`` (``postings`` is its table) → entries
(``expansion``); and back: ``judging`` → ``text``. ``ledger`` and ``cli`` are the only
modules that touch files, the clock or the terminal.
"""

__version__ = "0.1.0"
