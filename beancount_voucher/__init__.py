"""Electronic insurance vouchers in Beancount.

The flow of data, and of modules: text → ``reading`` (``directives`` is its table) → ``facts``
→ ``evaluation`` (``life`` is its table) → ``books`` (``postings`` is its table) → entries
(``expansion``); and back: ``judging`` → ``text``. All of it is pure. Around it stand what reads
files (``ledger``, ``sources``, ``statements``, ``importer``), what writes them (``submission``
by ``locks`` and ``writing``), what asks git (``review.git``), and ``cli``, which alone has a
terminal and a clock.
"""

__version__ = "0.1.0"
