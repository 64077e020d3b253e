"""Electronic insurance vouchers in Beancount.

The flow of data, and of rooms, each of which imports only from those before it:

``directives`` text to facts and back · ``conditions`` what an issue may require, where other
packages add theirs · ``lifecycle`` facts to vouchers, and what is due ·
``books`` events to transactions · ``translation`` what all of these say, in other languages ·
``ledger`` files: loaded, tried, appended to ·
``audit`` the books held against the vouchers ·
``exchange`` what banks say to each other, signed · ``views`` what people read ·
``subledger`` ledgers of any size, judged in parts ·
``statements`` and ``reconciliation`` the bank's side · ``review`` what a change in git
means · ``importer`` bank advices to directives · ``cli`` the command.

What decides about money (``directives``, ``conditions``, ``lifecycle``, ``books``) is pure: it
knows no disk, no clock and no terminal. ``.importlinter`` holds all of this.
"""

__version__ = "0.1.0"
