"""A bank's files, read and proven by themselves: camt, MT940, CSV. Knows no ledger.

``files.read`` gives the ``statement.Statement``s of a file, ``proof.prove`` what their own
sums are worth.
"""
