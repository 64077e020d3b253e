"""Ledger files: loaded, tried, appended to, exported.

``loader.load`` gives a ``Ledger`` to everybody who asks about one; ``append.submit`` is the
only way in which a directive gets into a file, past ``dry_run`` and the ``locks``.
"""
