"""What bank statements have proven, as the reconciliation and the one-voucher view show it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from fava_voucher import columns

if TYPE_CHECKING:
    from beancount_voucher.views.reconciled_statements import VoucherState
    from fava_voucher.filters import FilteredVouchers
    from fava_voucher.ledger_reports import LedgerReports
    from fava_voucher.tables import Table
    from fava_voucher.view_state import ViewState


def recorded(model: LedgerReports, scope: FilteredVouchers) -> bool:
    """Whether any statement was recorded as reconciled by the date."""
    return any(each.proofs for each in model.reconciled(scope.as_of).accounts)


def tables(model: LedgerReports, scope: FilteredVouchers, address: ViewState) -> list[Table[Any]]:
    """Accounts and settled vouchers; none where nothing is recorded, or one figure is shown."""
    if not recorded(model, scope) or address.figure:
        return []

    def shown(account: str) -> bool:
        book = address.book
        owned = not book or book in model.owners.get(account, ())
        return owned and scope.has_account(account)

    found = model.reconciled(scope.as_of)
    vouchers = [each for each in found.vouchers if shown(each.account) and scope.has(each.voucher)]
    accounts = [each for each in found.accounts if shown(each.account)]
    return [columns.statements(accounts, model.changed), columns.settled(vouchers)]


def of_voucher(model: LedgerReports, scope: FilteredVouchers, voucher: str) -> list[VoucherState]:
    """What is proven of a settled voucher, by account; nothing where nothing is recorded."""
    if not recorded(model, scope):
        return []
    return [each for each in model.reconciled(scope.as_of).vouchers if each.voucher == voucher]
