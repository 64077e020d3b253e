"""What people read of a ledger: register, ageing, exceptions, recorded statements, CSV.

Command and page show the same views; nothing here prints.
"""
