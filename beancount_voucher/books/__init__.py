"""Events to transactions: who posts what to which account.

``posting_table`` is the table; ``bookkeeping`` writes by it, ``expansion`` is all that the
plugin does to a ledger. Pure.
"""
