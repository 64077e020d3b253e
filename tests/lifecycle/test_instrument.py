"""The whole instrument: one line per event, with the state that follows or the error's code.

``issue`` has the terms of ``support.TERMS``, and draws are multiple: issued on 2 March, accept-by
5 March, apply-by 31 March, 100.00 CNY, cash, two banks.
"""

from __future__ import annotations

import datetime as dt

import pytest

from beancount_voucher.directives.codes import CODES
from beancount_voucher.lifecycle.amendments import consent_due
from tests.support import LINES, PLUGIN, WORLD, code_of, issue, load
from tests.support.lives import Line, directives, lines

# Beancount reads "1 -1.00 CNY" as the amount 0.00 CNY, so an amendment below zero has no number.
# Each line: day, directive, number, amount, metadata -> state or code.
SCENARIOS = {
    "an amendment that needs consent": """
        03-03 accept                                            -> accepted
        03-04 amend 1 120.00 CNY                                -> accepted
        03-05 consent 1 by="Ann"                                -> wrong-actor
        03-05 consent 1 by="Acc"                                -> wrong-actor
        03-05 consent 2 by="Ins"                                -> out-of-order
        03-06 consent 1 by="Ins"                                -> accepted
        03-07 consent 1 by="Ins"                                -> out-of-order
        03-08 amend 3 130.00 CNY                                -> out-of-order
        03-09 amend 1 130.00 CNY                                -> out-of-order
        03-10 amend 2 130.00 CNY requested-by="Ins"             -> accepted
        03-11 amend 3 140.00 CNY                                -> out-of-order
        03-12 consent 2 by="Ins"                                -> wrong-actor
        03-13 decline 2 by="Iss"                                -> wrong-actor
        03-13 decline 1 by="Ann"                                -> out-of-order
        03-14 decline 2 by="Ann"                                -> accepted
        03-15 decline 2 by="Ann"                                -> out-of-order
        03-15 consent 2 by="Ann"                                -> out-of-order
        03-16 amend 3 140.00 CNY requested-by="Acc"             -> accepted
        03-17 consent 3 by="Ins"                                -> accepted
        03-18 consent 3 by="Ins"                                -> wrong-actor
        03-19 consent 3 by="Ann"                                -> accepted
        03-20 apply 140.00 CNY                                  -> applied
    """,
    "nobody's consent is due": """
        03-03 amend 1 120.00 CNY                                -> issued
        03-03 accept                                            -> accepted
        03-04 apply 120.00 CNY                                  -> applied
    """,
    "accepted between offer and consent": """
        03-03 amend 1 120.00 CNY requested-by="Iss"             -> issued
        03-04 accept                                            -> accepted
        03-05 consent 1 by="Ann"                                -> accepted
        03-06 apply 110.00 CNY                                  -> exceeds-held
        03-07 consent 1 by="Ins"                                -> accepted
        03-08 apply 110.00 CNY                                  -> applied
    """,
    "two amendments of one day": """
        03-03 amend 1 120.00 CNY                                -> issued
        03-03 amend 2 130.00 CNY                                -> issued
        03-03 accept                                            -> accepted
        03-04 apply 130.00 CNY                                  -> applied
    """,
    "two amendments of one number and day": """
        03-03 amend 1 120.00 CNY                                -> duplicate
        03-03 amend 1 130.00 CNY                                -> duplicate
    """,
    "what is no amendment": """
        03-03 amend 1 100.00 CNY                                -> bad-value
        03-03 amend 2 apply-by=2026-03-31                       -> bad-value
        03-03 amend 3 draws="multiple"                          -> bad-value
        03-03 amend 4 drop="requires-policy"                    -> bad-value
        03-03 amend 5 drop="requires-policy" requires-policy=TRUE -> bad-value
        03-03 amend 6 cover-end=2026-04-30                      -> missing-key
        03-03 amend 7 funding="credit"                          -> unknown-key
        03-03 amend 8 policyholder="Bob"                        -> unknown-key
        03-03 amend 9 acceptor="Iss"                            -> unknown-key
        03-03 amend 0 120.00 CNY                                -> bad-value
        03-03 amend 1.5 120.00 CNY                              -> bad-value
        03-03 amend -1 120.00 CNY                               -> bad-value
        03-03 amend 120.00 CNY                                  -> bad-value
        03-03 amend 1000000000 120.00 CNY                       -> bad-value
        03-03 consent 1                                         -> missing-key
        03-03 decline 1                                         -> missing-key
        03-03 amend 10 draws="three"                            -> bad-value
        03-03 amend 11 requires-weather=TRUE                    -> condition-unknown
        03-03 amend 12 drop=";"                                 -> bad-value
    """,
    "amounts and dates of an amendment": """
        03-03 accept                                            -> accepted
        03-04 amend 1 -1.00 CNY                                 -> bad-value
        03-04 amend 2 120.00 CNY                                -> out-of-order
        03-05 amend 1 120.00 USD                                -> bad-currency
        03-06 amend 1 apply-by=2026-03-05                       -> bad-deadlines
        03-07 amend 1 apply-by=2026-03-04                       -> bad-deadlines
        03-08 amend 1 cover-start=2026-03-10                    -> bad-deadlines
        03-09 amend 1 refund-by=2026-03-08                      -> bad-deadlines
        03-10 amend 1 requested-by="Oth" 120.00 CNY             -> wrong-actor
        03-11 amend 1 12345678901234567890123456789.00 CNY      -> bad-amount
        03-12 amend 1 120.00 CNY by="Ins"                       -> wrong-actor
        03-13 amend 1 120.00 CNY by="Iss"                       -> accepted
        04-01 consent 1 by="Ins"                                -> consent-late
        04-01 decline 1 by="Ins"                                -> accepted
    """,
    "deadlines that an amendment moves": """
        03-03 accept                                            -> accepted
        03-04 amend 1 apply-by=2026-04-10                       -> accepted
        03-05 consent 1 by="Ins"                                -> accepted
        04-10 apply                                             -> applied
    """,
    "judged by the old terms while it is open": """
        03-03 accept                                            -> accepted
        03-04 amend 1 apply-by=2026-04-10                       -> accepted
        04-01 apply                                             -> apply-late
    """,
    "below what is settled and applied for": """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle                                            -> accepted
        03-06 amend 1 59.99 CNY                                 -> below-settled
        03-07 apply 30.00 CNY                                   -> applied
        03-08 amend 1 89.99 CNY                                 -> below-settled
        03-09 amend 1 90.00 CNY                                 -> applied
        03-10 consent 1 by="Ins"                                -> out-of-order
        03-11 settle                                            -> accepted
        03-12 consent 1 by="Ins"                                -> settled
        03-13 refund 90.00 CNY reason="r"                       -> settled
        03-14 amend 2 80.00 CNY                                 -> final
    """,
    "drawn between offer and consent": """
        03-03 accept                                            -> accepted
        03-04 amend 1 50.00 CNY                                 -> accepted
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 consent 1 by="Ins"                                -> below-settled
        03-08 release by="Ins"                                  -> settled
        03-09 consent 1 by="Ins"                                -> final
    """,
    "amended to zero": """
        03-03 accept                                            -> accepted
        03-04 amend 1 0.00 CNY                                  -> accepted
        03-05 consent 1 by="Ins"                                -> voided
        03-06 apply                                             -> final
        03-07 refund 1.00 CNY reason="r"                        -> final
    """,
    "amended to zero before acceptance": """
        03-03 amend 1 0.00 CNY                                  -> voided
    """,
    "no directive states the reason agreed": """
        03-03 void reason="agreed"                              -> bad-reason
    """,
    "conditions set and dropped": """
        03-02 amend 1 requires-policy=TRUE                      -> issued
        03-03 accept                                            -> accepted
        03-04 apply                                             -> applied
        03-05 settle                                            -> condition-unmet
        03-06 withdraw                                          -> accepted
        03-07 amend 2 drop="requires-policy"                    -> accepted
        03-08 consent 2 by="Ins"                                -> accepted
        03-09 apply                                             -> applied
        03-10 settle                                            -> settled
    """,
    "returned": """
        03-03 accept                                            -> accepted
        03-04 amend 1 120.00 CNY                                -> accepted
        03-05 return                                            -> accepted
        03-06 consent 1 by="Ins"                                -> returned
        03-07 decline 1 by="Ins"                                -> accepted
        03-08 amend 2 120.00 CNY                                -> returned
        03-09 void reason="insurance-returned"                  -> voided
    """,
    "withdrawn": """
        03-03 accept                                            -> accepted
        03-04 withdraw                                          -> out-of-order
        03-05 apply                                             -> applied
        03-06 withdraw by="Iss"                                 -> wrong-actor
        03-07 withdraw by="Ann"                                 -> accepted
        03-08 withdraw                                          -> duplicate
        04-01 void reason="no-application"                      -> voided
    """,
    "discrepancy of one that is voided instead": """
        03-03 accept                                            -> accepted
        03-04 apply                                             -> applied
        03-05 discrepancy reason="r"                            -> out-of-order
        03-05 discrepancy                                       -> missing-key
    """,
    "discrepancies": """
        03-02 amend 1 on-unmet="represent" requires-policy=TRUE -> issued
        03-03 accept                                            -> accepted
        03-04 discrepancy reason="r"                            -> out-of-order
        03-05 apply                                             -> applied
        03-05 discrepancy reason="r"                            -> condition-waiting
        03-06 discrepancy reason="r" application=2026-03-04     -> out-of-order
        03-07 discrepancy reason="r" by="Ins"                   -> wrong-actor
        03-08 discrepancy reason="no policy" application=2026-03-05 -> accepted
        03-09 apply policy="P-1"                                -> applied
        03-10 discrepancy reason="r"                            -> conditions-met
        03-11 settle                                            -> settled
    """,
    "several draws, and a release": """
        03-03 accept                                            -> accepted
        03-04 release                                           -> out-of-order
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle 40.00 CNY                                  -> accepted
        03-07 settle                                            -> duplicate
        03-07 apply 60.01 CNY                                   -> exceeds-held
        03-08 apply 10.00 CNY                                   -> applied
        03-09 settle                                            -> accepted
        03-10 void reason="no-application"                      -> out-of-order
        03-11 void reason="insurance-returned"                  -> out-of-order
        03-12 void reason="cancelled"                           -> out-of-order
        03-13 release                                           -> not-yet-expired
        03-14 release by="Ann"                                  -> wrong-actor
        04-01 release                                           -> settled
        04-02 apply                                             -> final
        04-02 release                                           -> final
    """,
    "release of what is applied for": """
        03-03 accept                                            -> accepted
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 apply                                             -> applied
        03-08 release                                           -> conditions-met
        03-09 release by="Ins"                                  -> wrong-actor
        03-10 return                                            -> applied
        03-11 release by="Iss"                                  -> settled
    """,
    "the last draw settles": """
        03-03 accept                                            -> accepted
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 apply                                             -> applied
        03-08 settle                                            -> settled
    """,
    "refunds": """
        03-03 refund 1.00 CNY reason="r"                        -> out-of-order
        03-03 accept                                            -> accepted
        03-04 refund 1.00 CNY reason="r"                        -> out-of-order
        03-05 apply 60.00 CNY                                   -> applied
        03-06 settle                                            -> accepted
        03-07 refund 30.00 CNY                                  -> missing-key
        03-07 refund 0.00 CNY reason="r"                        -> bad-amount
        03-08 refund -1.00 CNY reason="r"                       -> bad-amount
        03-09 refund 1.00 USD reason="r"                        -> bad-currency
        03-10 refund 1.00 CNY reason="r" kept=-1.00 CNY         -> bad-amount
        03-11 refund 1.00 CNY reason="r" kept=1.00 USD          -> bad-currency
        03-12 refund 1.00 CNY reason="r" from=2026-03-13        -> bad-value
        03-13 refund 1.00 CNY reason="r" to="friend"            -> bad-value
        03-14 refund 1.00 CNY reason="r" basis="about half"     -> bad-value
        03-14 refund 1.00 CNY reason="r" basis="short-rate 1.5" -> bad-value
        03-15 refund 1.00 CNY reason="r" basis="pro-rata"       -> missing-key
        03-16 refund 60.01 CNY reason="r"                       -> exceeds-settled
        03-17 refund 40.00 CNY reason="r" kept=10.00 CNY        -> accepted
        03-18 refund 10.01 CNY reason="r"                       -> exceeds-settled
        03-18 refund 5.00 CNY reason="r" to="loan"              -> exceeds-drawn
        03-19 refund 5.00 CNY reason="r" reference="A"          -> accepted
        03-19 refund 5.00 CNY reason="r" reference="B"          -> accepted
        04-01 release                                           -> settled
        04-02 refund 0.01 CNY reason="r"                        -> exceeds-settled
    """,
    "a refund in time": """
        03-02 amend 1 refund-by=2026-04-02                      -> issued
        03-03 accept                                            -> accepted
        03-05 apply                                             -> applied
        03-06 settle                                            -> settled
        04-03 refund 1.00 CNY reason="r"                        -> refund-late
        04-02 refund 1.00 CNY reason="r"                        -> settled
    """,
    "nothing of a voucher that is not there": """
        03-01 amend 1 120.00 CNY                                -> not-found
        03-01 consent 1 by="Ins"                                -> not-found
        03-01 decline 1 by="Ins"                                -> not-found
        03-01 withdraw                                          -> not-found
        03-01 discrepancy reason="r"                            -> not-found
        03-01 release                                           -> not-found
        03-01 refund 1.00 CNY reason="r"                        -> not-found
    """,
}
CREDIT = {
    "an increase on a line": """
        03-03 accept                                            -> accepted
        03-04 amend 1 1000.01 CNY                               -> insufficient-credit
        03-05 amend 1 1000.00 CNY                               -> accepted
        03-06 consent 1 by="Ins"                                -> accepted
        03-07 amend 2 10.00 CNY                                 -> accepted
        03-08 consent 2 by="Ins"                                -> accepted
        03-09 amend 3 1000.00 CNY                               -> accepted
        03-10 decline 3 by="Ins"                                -> accepted
        03-11 apply                                             -> applied
        03-12 settle                                            -> settled
        03-13 refund 10.00 CNY reason="r" to="loan"             -> settled
        03-14 refund 1000.01 CNY reason="r"                     -> exceeds-settled
        03-15 amend 4 1.00 CNY                                  -> final
    """,
    "a refund to a loan that was repaid": """
        03-03 accept                                            -> accepted
        03-04 apply                                             -> applied
        03-05 settle                                            -> settled
        03-06 repaid 95.00 CNY                                  -> –
        03-07 refund 5.01 CNY reason="r" to="loan"              -> exceeds-drawn
        03-08 refund 5.01 CNY reason="r"                        -> settled
        03-09 refund 0.01 CNY reason="r" to="loan"              -> exceeds-drawn
        03-10 refund 0.01 CNY reason="r" to="bank"              -> settled
    """,
    "a line that another voucher took meanwhile": """
        03-03 accept                                            -> accepted
        03-04 amend 1 20.00 CNY requested-by="Ins"              -> accepted
        03-05 other 900.00 CNY                                  -> issued
        03-06 consent 1 by="Ann"                                -> accepted
        03-07 amend 2 101.00 CNY                                -> insufficient-credit
    """,
}

# Issue terms, options, lines.
TERMED: dict[str, tuple[dict[str, str], dict[str, str], str]] = {
    "nothing is drawn twice from a single one": (
        {"draws": '"single"'},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle 40.00 CNY                                  -> settled
        03-06 apply                                             -> final
        03-06 settle                                            -> final
        03-06 release                                           -> final
        03-06 amend 1 120.00 CNY                                -> final
        03-06 consent 1 by="Ins"                                -> final
        03-06 decline 1 by="Ins"                                -> final
        03-06 withdraw                                          -> final
        03-06 discrepancy reason="r"                            -> final
        03-06 void reason="no-application"                      -> final
        03-07 refund 40.01 CNY reason="r"                       -> exceeds-settled
        03-07 refund 40.00 CNY reason="r" reference="A"         -> settled
        """,
    ),
    "single becomes multiple by amendment": (
        {"draws": '"single"'},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 amend 1 draws="multiple" requested-by="Ins"       -> accepted
        03-05 consent 1 by="Ann"                                -> accepted
        03-06 apply 60.00 CNY                                   -> applied
        03-07 settle                                            -> accepted
        """,
    ),
    "dates of an amended cover": (
        {"cover-start": "2026-03-10", "cover-end": "2026-04-10"},
        {},
        """
        03-03 amend 1 cover-end=2026-03-09                      -> bad-deadlines
        03-03 amend 2 cover-end=2026-03-02                      -> out-of-order
        03-04 amend 1 cover-end=2026-03-03                      -> bad-deadlines
        03-04 amend 3 cover-start=2026-04-11                    -> out-of-order
        03-05 amend 1 cover-start=2026-04-11                    -> bad-deadlines
        03-05 amend 4 accept-by=2026-04-01                      -> out-of-order
        03-06 amend 1 accept-by=2026-04-01                      -> bad-deadlines
        03-07 amend 1 apply-by=2026-03-07 accept-by=2026-03-08  -> bad-deadlines
        03-08 amend 1 cover-start=2026-03-07                    -> bad-deadlines
        03-09 amend 1 cover-start=2026-03-12                    -> issued
        03-12 amend 2 cover-start=2026-03-13                    -> bad-deadlines
        03-13 amend 2 cover-end=2026-03-12                      -> bad-deadlines
        03-14 amend 2 cover-end=2026-03-14                      -> issued
        """,
    ),
    "a cover that has started, or ended, when the last consent comes": (
        {"cover-start": "2026-03-20", "cover-end": "2026-03-30"},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 amend 1 cover-start=2026-03-10                    -> accepted
        03-11 consent 1 by="Ins"                                -> bad-deadlines
        03-12 decline 1 by="Ins"                                -> accepted
        03-13 amend 2 cover-start=2026-03-25                    -> accepted
        03-20 consent 2 by="Ins"                                -> bad-deadlines
        03-21 decline 2 by="Ins"                                -> accepted
        03-22 amend 3 cover-end=2026-03-24                      -> accepted
        03-25 consent 3 by="Ins"                                -> bad-deadlines
        """,
    ),
    "a cover that starts at acceptance": (
        {},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 amend 1 cover-start=2026-03-10                    -> bad-deadlines
        03-05 amend 1 product="hail"                            -> accepted
        03-06 amend 2 product="rain"                            -> out-of-order
        """,
    ),
    "who else does what": (
        {"on-unmet": '"represent"', "requires-policy": "TRUE"},
        {},
        """
        03-02 amend 1 product="hail" requested-by="Iss"         -> issued
        03-03 consent 1 by="Acc"                                -> wrong-actor
        03-02 decline 1 by="Acc"                                -> wrong-actor
        03-03 consent 1 by="Ann"                                -> issued
        03-04 accept                                            -> accepted
        03-04 amend 2 product="rain" by="Ann"                   -> wrong-actor
        03-04 amend 3 product="rain"                            -> out-of-order
        03-05 amend 2 product="rain" by="Lin" requested-by="Acc" -> accepted
        03-06 apply                                             -> applied
        03-07 withdraw by="Acc"                                 -> wrong-actor
        03-07 discrepancy reason="r" by="Lin"                   -> wrong-actor
        03-08 discrepancy reason="no policy; no document" by="Iss" -> accepted
        03-09 discrepancy reason="r"                            -> duplicate
        03-10 consent 2 by="Ann"                                -> accepted
        03-10 consent 2 by="Ins"                                -> accepted
        """,
    ),
    "what applies to a release": (
        {"on-unmet": '"represent"', "requires-policy": "TRUE"},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY policy="P-1"                      -> applied
        03-05 settle                                            -> accepted
        03-06 apply                                             -> applied
        03-07 release                                           -> not-yet-expired
        03-08 release by="Iss" amount=1.00 CNY                  -> unknown-key
        03-09 release 1.00 CNY                                  -> bad-value
        03-31 void reason="conditions-unmet"                    -> out-of-order
        04-01 release by="Acc"                                  -> wrong-actor
        04-02 release by="Iss"                                  -> settled
        """,
    ),
    "what waits is not released": (
        {"not-before": "2026-04-10"},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 amend 1 drop="not-before" requested-by="Ins"      -> accepted
        03-05 consent 1 by="Ann"                                -> accepted
        03-06 apply 60.00 CNY                                   -> applied
        03-07 settle                                            -> accepted
        03-08 amend 2 not-before=2026-05-01                     -> accepted
        03-09 consent 2 by="Ins"                                -> accepted
        03-10 apply                                             -> applied
        03-11 release                                           -> condition-waiting
        03-12 amend 3 drop="not-before; requires-policy"        -> bad-value
        03-13 amend 3 drop="not-before" not-before=2026-06-01   -> bad-value
        03-14 amend 3 150.00 CNY drop="not-before" not-before=2026-06-01 -> bad-value
        """,
    ),
    "money that no amount can be": (
        {},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 amend 1 0.1234567890123456789012345 CNY           -> accepted
        03-05 decline 1 by="Ins"                                -> accepted
        03-06 amend 2 1234567890123456.123456789012345 CNY      -> bad-amount
        03-06 amend 3 1.00 CNY                                  -> out-of-order
        03-06 consent 2 by="Ins"                                -> out-of-order
        03-07 amend 2 10000000.00 CNY                           -> bad-amount
        03-07 apply                                             -> applied
        03-08 settle                                            -> settled
        03-09 refund 1.00 CNY reason="r" kept=0.12345678901234567890123456789 CNY -> bad-amount
        03-10 refund 1.00 CNY reason="r" kept=1.00 CNY.MEMO     -> bad-currency
        03-11 refund 1.00 CNY.MEMO reason="r"                   -> bad-currency
        03-12 refund 1.00 CNY reason="r" kept=1                 -> bad-value
        03-13 refund 1.00 CNY reason="r" to="loan" kept=-0.01 CNY -> bad-amount
        03-14 refund 1.00 CNY reason="r" from="soon"            -> bad-value
        03-15 refund 99.00 CNY reason="r" kept=1.01 CNY         -> exceeds-settled
        """,
    ),
    "a basis needs the dates of the cover": (
        {"cover-start": "2026-03-10"},
        {},
        """
        03-03 accept                                            -> accepted
        03-04 apply                                             -> applied
        03-05 settle                                            -> settled
        03-06 refund 1.00 CNY reason="r" basis="pro-rata"       -> missing-key
        03-07 refund 1.00 CNY reason="r" basis="short-rate 0"   -> bad-value
        03-07 refund 1.00 CNY reason="r" basis="short-rate"     -> bad-value
        03-08 refund 1.00 CNY reason="r" basis="short-rate 1.01" -> bad-value
        """,
    ),
    "before cover, and while it runs": (
        {"cover-start": "2026-03-10", "cover-end": "2026-03-19"},
        {"earning": "daily"},
        """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle                                            -> accepted
        03-06 refund 60.01 CNY reason="r"                       -> exceeds-settled
        03-07 refund 10.00 CNY reason="before cover"            -> accepted
        03-11 refund 50.01 CNY reason="r"                       -> exceeds-settled
        03-12 refund 32.01 CNY reason="r"                       -> exceeds-unearned
        03-13 refund 10.00 CNY reason="r" kept=31.01 CNY        -> exceeds-unearned
        03-14 refund 45.00 CNY reason="r" from=2026-03-11       -> exceeds-unearned
        03-15 refund 41.00 CNY reason="r" from=2026-03-11       -> accepted
        """,
    ),
}


def _lived(told: list[Line], funding: str, given: str) -> list[str]:
    """Each line of a scenario with what has become of it."""
    text = LINES + given
    places = []
    for line in told:
        places.append((PLUGIN + WORLD + text).count("\n") + 1)
        text += line.directive(funding)
    ledger = load(text)
    found = []
    for line, place in zip(told, places, strict=True):
        codes = [code_of(each.message) for each in ledger.errors if each.source["lineno"] == place]
        kind = "issue" if line.kind == "other" else line.kind
        events = [
            each
            for voucher in ledger.evaluation.vouchers.values()
            for each in voucher.events
            if each.place.lineno == place and each.kind in (kind, "effect")
        ]
        assert line.kind == "repaid" or bool(codes) != bool(events)
        state = events[-1].state if events else "–"
        found.append(f"{line.said} -> {codes[0] if codes else state}")
    return found


@pytest.mark.parametrize("name", SCENARIOS)
def test_life(name: str) -> None:
    told = lines(SCENARIOS[name])
    assert _lived(told, "cash", issue(draws='"multiple"')) == [
        f"{line.said} -> {line.becomes}" for line in told
    ]


@pytest.mark.parametrize("name", CREDIT)
def test_life_by_credit(name: str) -> None:
    told = lines(CREDIT[name])
    given = issue(draws='"multiple"', funding='"credit"')
    assert _lived(told, "credit", given) == [f"{line.said} -> {line.becomes}" for line in told]


@pytest.mark.parametrize("name", TERMED)
def test_life_by_terms(name: str) -> None:
    terms, options, text = TERMED[name]
    told = lines(text)
    given = "".join(
        f'2026-01-01 custom "voucher-option" "{option}" "{value}"\n'
        for option, value in options.items()
    )
    given += issue(**{"draws": '"multiple"', **terms})
    assert _lived(told, "cash", given) == [f"{line.said} -> {line.becomes}" for line in told]


def test_whose_consent_is_due_on_which_day() -> None:
    told = """
        03-02 amend 1 120.00 CNY requested-by="Iss"
        03-04 accept
        03-05 consent 1 by="Ann"
        03-06 consent 1 by="Ins"
        03-07 amend 2 110.00 CNY requested-by="Ins"
        03-08 decline 2 by="Ann"
    """
    voucher = load(issue() + directives(told)).evaluation.vouchers["V-1"]
    days = {day: voucher.as_of(dt.date(2026, 3, day)) for day in range(2, 9)}
    assert {day: consent_due(voucher.agreed, status) for day, status in days.items()} == {
        2: ("Ann",),
        3: ("Ann",),
        4: ("Ann", "Ins"),
        5: ("Ins",),
        6: (),
        7: ("Ann",),
        8: (),
    }


def test_what_was_only_requested_is_not_amended() -> None:
    ledger = load(issue(kind="request") + directives("03-03 amend 1 120.00 CNY\n03-04 release"))
    assert ledger.codes == ["out-of-order", "out-of-order"]


def test_there_are_many_kinds_of_bad_input() -> None:
    wanted = [
        line.becomes
        for text in (*SCENARIOS.values(), *CREDIT.values(), *(each[2] for each in TERMED.values()))
        for line in lines(text)
        if line.becomes in CODES
    ]
    assert len(wanted) >= 150
