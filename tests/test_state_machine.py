"""The state machine of tests/machine.py at work, and proof that it would notice."""

from __future__ import annotations

from tests.effort import effort
from tests.machine import LedgerMachine

TestLedger = LedgerMachine.TestCase
TestLedger.settings = effort(30)
