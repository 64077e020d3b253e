"""Text to facts, and facts back to text: what a ledger may say.

``schema`` is the table of directives; ``parser`` reads entries by it into ``facts``,
``printer`` writes by it. Everything below the life of a voucher is here: money, source
lines, errors and their codes, account roles. Knows no disk.
"""
