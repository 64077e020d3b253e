"""Tables of banks, CSV and spreadsheets, read as a map says: each bank writes its own.

``csv_map.read_map`` reads a map by the tables of ``map_settings`` and ``map_rules``;
``csv_reader`` finds the table by ``layout``, its ``rows``, and what the file says of itself
(``own_words``, ``own_checks``).
"""
