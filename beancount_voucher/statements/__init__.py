"""Bank statements: files of a bank become proven statements; nothing here knows a ledger."""
