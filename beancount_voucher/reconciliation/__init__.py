"""Statements against the ledger: what the bank booked beside what the books say."""
