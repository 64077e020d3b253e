"""The books held against the vouchers: what double entry cannot see.

``invariants.findings`` is what ``check`` tells; ``hold_balances`` proves each hold by its
vouchers, for the page. ``exchange`` holds messages against the ledger that exchanges them.
"""
