"""Torture: everybody writes one ledger at once, and nothing that anybody was told is lost."""
