"""What bank statements have proven, as the reconciliation and the one-voucher view show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fava_voucher import statement_columns

if TYPE_CHECKING:
    from beancount_voucher.views.reconciled_statements import VoucherState
    from fava_voucher.filters import FilteredVouchers
    from fava_voucher.ledger_reports import LedgerReports
    from fava_voucher.tables import Table
    from fava_voucher.view_state import ViewState


def recorded(reports: LedgerReports, filters: FilteredVouchers) -> bool:
    """Whether any statement was recorded as reconciled by the date."""
    return any(each.proofs for each in reports.reconciled(filters.as_of).accounts)


def tables(
    reports: LedgerReports, filters: FilteredVouchers, view_state: ViewState
) -> list[Table[Any]]:
    """Accounts and settled vouchers; none where nothing is recorded, or one figure is shown."""
    if not recorded(reports, filters) or view_state.figure:
        return []

    def shown(account: str) -> bool:
        book = view_state.book
        owned = not book or book in reports.owners.get(account, ())
        return owned and filters.has_account(account)

    found = reports.reconciled(filters.as_of)
    vouchers = [
        each for each in found.vouchers if shown(each.account) and filters.has(each.voucher)
    ]
    accounts = [each for each in found.accounts if shown(each.account)]
    return [
        statement_columns.statements(accounts, reports.changed),
        statement_columns.settled(vouchers),
    ]


def of_voucher(
    reports: LedgerReports, filters: FilteredVouchers, voucher: str
) -> list[VoucherState]:
    """What is proven of a settled voucher, by account; nothing where nothing is recorded."""
    if not recorded(reports, filters):
        return []
    return [each for each in reports.reconciled(filters.as_of).vouchers if each.voucher == voucher]
