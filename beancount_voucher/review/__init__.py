"""Review in git: what a change means in vouchers and money.

Two revisions of a ledger become two trees of files in memory (``git``, ``trees``), two
loaded ledgers (``snapshot``), and what differs between their facts, books and errors
(``records``, ``compare``). ``policy`` says what of it must not be; ``report`` shows it.
``merge`` merges by fact what git would merge by line. Nothing here runs code from a branch.
"""
