"""Bank statements matched with the books, and what is left open.

``reconcile.reconcile`` is the whole of it, ``to_directives`` records its result,
``recheck`` finds what changed since.
"""
