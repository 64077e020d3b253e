"""A module for each command of ``bean-voucher``, or for a family of commands."""
