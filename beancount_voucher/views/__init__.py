"""What people read of a ledger: register, one voucher, ageing, exceptions, statements, CSV.

Command and page show the same views; nothing here prints. ``columns`` is what a table is made of,
``register.REGISTER`` the register's columns, ``voucher.VoucherReport`` one voucher.
"""
