"""Two servers: banks that exchange signed vouchers (manual: exchange).

Pure: ``codes``, ``message``, ``reader``, ``sayings``, ``channel``, ``keys``, ``sending`` and
``receiving``. At the edge: ``turn``, ``sender``, ``store`` and ``verifiers``.
"""
