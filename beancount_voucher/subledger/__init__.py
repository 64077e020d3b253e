"""Beyond one machine: the subledger (manual: subledger).

The facts of any number of files are judged apart, voucher by voucher, and what comes out is
small: daily postings of every book, tables for an auditor, and a proof. ``text`` has facts as
canonical text, ``lines`` what shards say of credit lines, ``judge`` the judgement of one shard,
``join`` what shards come to together: these are pure. ``files``, ``store``, ``parquet``,
``output`` and ``workers`` are the edges, ``run`` is the order of it all, and ``verify`` does
it again.
"""
