"""The whole instrument by tables: one line per event, and what becomes of it, reckoned by hand.

A voucher has the terms of ``support.TERMS``: issued on 2 March 2026, accept-by 5 March, apply-by
31 March, 100.00 CNY, cash, two banks; draws are multiple unless a table says otherwise.
``lives.lines`` reads the lines.
"""

from __future__ import annotations

from typing import Any

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
    "what is released on a day is usable on the next": """
        03-02 amend 1 50.00 CNY                                 -> issued
        03-02 amend 2 950.01 CNY                                -> insufficient-credit
        03-02 amend 3 950.00 CNY                                -> out-of-order
        03-03 amend 2 1000.00 CNY                               -> issued
        03-04 amend 3 10.00 CNY                                 -> issued
        03-04 amend 4 11.00 CNY                                 -> insufficient-credit
        03-05 amend 4 1000.00 CNY                               -> issued
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

SCENARIOS |= {
    "a negative amount behind a number stands in brackets": """
        03-03 amend 1 (-1.00) CNY                               -> bad-amount
        03-04 amend 1 (-1.00) USD                               -> bad-amount
        03-05 amend 1 0.00 USD                                  -> bad-currency
        03-06 amend 1 0.00 CNY                                  -> voided
    """,
    "each rule of a draw that leaves something": """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle 40.00 CNY by="Ins"                         -> wrong-actor
        03-06 settle 0.00 CNY                                   -> bad-amount
        03-07 settle 40.00 USD                                  -> bad-currency
        03-08 settle 60.01 CNY by="Ann"                         -> wrong-actor
        03-09 settle 60.01 CNY                                  -> exceeds-applied
        03-10 release                                           -> out-of-order
        03-11 return                                            -> applied
        03-12 settle 60.01 CNY                                  -> exceeds-applied
        03-13 settle 40.00 CNY                                  -> returned
        03-14 release                                           -> out-of-order
        03-15 void reason="insurance-returned"                  -> voided
    """,
    "unmet in part": """
        03-02 amend 1 requires-policy=TRUE                      -> issued
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle 40.00 CNY                                  -> condition-unmet
        03-06 void reason="conditions-unmet"                    -> voided
    """,
    "an offer and a rejection of one day": """
        03-03 amend 1 120.00 CNY requested-by="Ins"             -> issued
        03-03 reject                                            -> rejected
    """,
    "acceptance and a consent of one day": """
        03-02 amend 1 120.00 CNY requested-by="Iss"             -> issued
        03-03 accept                                            -> accepted
        03-03 consent 1 by="Ann"                                -> accepted
        03-04 consent 1 by="Ins"                                -> accepted
    """,
    "withdrawn, and applied for again on that day": """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 withdraw                                          -> accepted
        03-05 apply 70.00 CNY                                   -> applied
        03-06 settle 70.00 CNY                                  -> accepted
    """,
    "settled, refunded in part and released on one day": """
        03-03 accept                                            -> accepted
        03-04 apply 60.00 CNY                                   -> applied
        03-05 settle                                            -> accepted
        03-05 release by="Ins"                                  -> settled
        03-05 refund 10.00 CNY reason="r"                       -> settled
        03-06 refund 10.00 USD reason="r"                       -> bad-currency
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

# --- What is derived, day by day ----------------------------------------------------------

TEN_DAYS = {"cover-start": "2026-03-10", "cover-end": "2026-03-19"}
TEN_LAST = {"cover-start": "2026-03-22", "cover-end": "2026-03-31"}
TWENTY = {"cover-start": "2026-03-22", "cover-end": "2026-04-10"}
DAILY = {"earning": "daily"}
MONTHLY = {"earning": "monthly"}

# Terms, options, lines, and what is derived of 100.00 CNY.
DERIVED: dict[str, tuple[dict[str, str], dict[str, str], str, str]] = {
    "day by day, until a notice of return": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-13 return
        03-15 void reason="insurance-returned"
        """,
        """
        03-10 recognise 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 earn 10.00
        03-15 void reversed 30.00
        """,
    ),
    "a notice of return on a month's last day": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-31 apply
        03-31 return
        04-01 void reason="insurance-returned"
        """,
        """
        03-22 recognise 100.00
        03-31 earn 90.00
        04-01 void reversed 90.00
        """,
    ),
    "a notice that is refused ends nothing": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-31 return by="Acc"
        04-01 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        """,
    ),
    "a refund on a month's last day": (
        TWENTY,
        MONTHLY,
        """
        03-03 accept
        03-24 apply
        03-25 settle
        03-31 refund 20.00 CNY reason="less"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 50.00
        03-31 refund reversed 1.82
        04-10 earn 31.82
        """,
    ),
    "a refund after a day on which all was posted": (
        TWENTY,
        MONTHLY,
        """
        03-03 accept
        03-24 apply
        03-25 settle
        04-01 refund 50.00 CNY reason="less"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 50.00
        """,
    ),
    "two refunds of one day": (
        TWENTY,
        MONTHLY,
        """
        03-03 accept
        03-24 apply
        03-25 settle
        03-29 refund 10.00 CNY reason="less" reference="A"
        03-29 refund 10.00 CNY reason="less" reference="B"
        """,
        """
        03-22 recognise 100.00
        03-28 earn 35.00
        """,
    ),
    "a refund from a day before its own": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-15 refund 41.00 CNY reason="less" from=2026-03-11
        03-16 close
        """,
        """
        03-10 cover 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 earn 10.00
        03-13 earn 10.00
        03-14 earn 10.00
        03-15 earn 10.00
        03-15 refund reversed 22.78
        03-16 earn 5.45
        """,
    ),
    "a refund of what is still in advance": (
        TEN_DAYS,
        MONTHLY,
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 refund 20.00 CNY reason="less" kept=5.00 CNY
        03-31 close
        """,
        """
        03-10 cover 35.00
        03-10 recognise 40.00
        03-19 earn 75.00
        """,
    ),
    "all of an advance given back": (
        TEN_DAYS,
        MONTHLY,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-06 refund 100.00 CNY reason="nothing is insured"
        03-31 close
        """,
        "",
    ),
    "recognised at the first settlement": (
        {**TWENTY, "apply-by": "2026-04-30"},
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        04-02 apply 60.00 CNY
        04-03 settle
        04-04 apply
        04-05 settle
        04-30 close
        """,
        """
        04-10 earn 100.00
        """,
    ),
    "settled for the first time, and refunded on that day": (
        TWENTY,
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        03-30 apply
        03-31 settle
        03-31 refund 20.00 CNY reason="less"
        04-30 close
        """,
        """
        04-10 earn 80.00
        """,
    ),
    "settled on the day on which it would be posted": (
        TWENTY,
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        03-30 apply
        03-31 settle
        04-30 close
        """,
        """
        04-10 earn 100.00
        """,
    ),
    "in debit before it is paid": (
        TWENTY,
        {**MONTHLY, "recognise-at": "settle"},
        """
        03-03 accept
        03-24 apply 20.00 CNY
        03-25 settle
        03-31 close
        """,
        """
        03-31 earn 50.00
        """,
    ),
    "recognised at acceptance, before cover": (
        TWENTY,
        {**MONTHLY, "recognise-at": "accept"},
        """
        02-03 accept
        03-03 accept
        03-31 close
        """,
        """
        03-03 recognise 100.00
        03-31 earn 50.00
        """,
    ),
    "a release after the end of cover": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-24 apply 60.00 CNY
        03-25 settle
        04-15 release
        05-31 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        04-15 release reversed 40.00
        """,
    ),
    "a release below what is earned, and later days": (
        TWENTY,
        DAILY,
        """
        03-03 accept
        03-24 apply 10.00 CNY
        03-25 settle
        03-26 release by="Ins"
        03-28 close
        """,
        """
        03-22 recognise 100.00
        03-22 earn 5.00
        03-23 earn 5.00
        03-24 earn 5.00
        03-25 earn 5.00
        03-26 earn 5.00
        03-26 release reversed 15.00
        """,
    ),
    "an increase over the days that are left": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-26 amend 1 130.00 CNY
        03-27 consent 1 by="Ins"
        03-30 amend 2 128.00 CNY
        03-30 consent 2 by="Ins"
        03-31 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 128.00
        """,
    ),
    "an increase after the end of cover": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        04-10 close
        03-31 amend 1 130.00 CNY apply-by=2026-04-30
        03-31 consent 1 by="Ins"
        04-05 amend 2 140.00 CNY
        04-06 consent 2 by="Ins"
        05-31 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 130.00
        04-30 earn 10.00
        """,
    ),
    "a longer cover": (
        TEN_LAST,
        MONTHLY,
        """
        03-03 accept
        03-27 amend 1 cover-end=2026-04-05
        03-27 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 75.00
        04-05 earn 25.00
        """,
    ),
    "a later cover, before it starts": (
        TEN_DAYS,
        MONTHLY,
        """
        03-03 accept
        03-05 amend 1 110.00 CNY cover-start=2026-03-27 cover-end=2026-04-05
        03-06 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-27 recognise 110.00
        03-31 earn 55.00
        04-05 earn 55.00
        """,
    ),
    "a longer cover, when all is earned": (
        {**TEN_LAST, "apply-by": "2026-04-30"},
        MONTHLY,
        """
        03-03 accept
        04-02 amend 1 cover-end=2026-04-10
        04-03 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        """,
    ),
    "an end of cover that is agreed later": (
        {"cover-start": "2026-03-22"},
        MONTHLY,
        """
        03-03 accept
        03-25 amend 1 cover-end=2026-04-03
        03-25 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        03-31 earn 70.00
        04-03 earn 30.00
        """,
    ),
    "no end of cover, no earning": (
        {"cover-start": "2026-03-22"},
        MONTHLY,
        """
        03-03 accept
        03-25 amend 1 120.00 CNY
        03-25 consent 1 by="Ins"
        04-30 close
        """,
        """
        03-22 recognise 100.00
        """,
    ),
    "a cover of one day": (
        {"cover-start": "2026-03-31", "cover-end": "2026-03-31"},
        MONTHLY,
        """
        03-03 accept
        04-30 close
        """,
        """
        03-31 recognise 100.00
        03-31 earn 100.00
        """,
    ),
    "a leap year": (
        {"cover-start": "2027-12-31", "cover-end": "2028-03-09", "apply-by": "2028-03-31"},
        MONTHLY,
        """
        03-03 accept
        2028-03-31 close
        """,
        """
        12-31 recognise 100.00
        12-31 earn 1.43
        01-31 earn 44.28
        02-29 earn 41.43
        03-09 earn 12.86
        """,
    ),
    "agreed to nothing": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-11 amend 1 0.00 CNY
        03-12 consent 1 by="Ins"
        """,
        """
        03-10 recognise 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 effect reversed 20.00
        """,
    ),
    "agreed down to what is settled, all of it earned": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-11 apply 15.00 CNY
        03-11 settle
        03-12 amend 1 15.00 CNY
        03-12 consent 1 by="Ins"
        03-14 close
        """,
        """
        03-10 recognise 100.00
        03-10 earn 10.00
        03-11 earn 10.00
        03-12 effect reversed 5.00
        """,
    ),
    "a settlement of a part that ends it": (
        {**TEN_LAST, "draws": '"single"', "apply-by": "2026-04-30"},
        MONTHLY,
        """
        03-03 accept
        04-01 apply
        04-02 settle 60.00 CNY
        """,
        """
        03-22 recognise 100.00
        03-31 earn 100.00
        04-02 settle reversed 40.00
        """,
    ),
    "rejected or void before anything is earned": (
        TEN_DAYS,
        DAILY,
        """
        03-03 accept
        03-04 return
        03-05 void reason="insurance-returned"
        """,
        "",
    ),
}

# --- Books --------------------------------------------------------------------------------

BY_CASH = {"draws": '"multiple"'}
BY_CREDIT = {**BY_CASH, "funding": '"credit"'}
ONE_BANK = {**BY_CASH, "acceptor": None}
ONE_BANK_BY_CREDIT = {**BY_CREDIT, "acceptor": None}
COVERED = {"cover-start": "2026-03-10", "cover-end": "2026-03-19"}
LATER = {"cover-start": "2026-03-25", "cover-end": "2026-04-23"}
NONE: dict[str, str] = {}

Life = tuple[dict[str, Any], dict[str, str], str, str]

# Name -> terms, options, lines, the books of the events that are new in them.
BOOKS: dict[str, Life] = {
    "cash: an increase that is declined, and one that is agreed": (
        BY_CASH,
        NONE,
        """
        03-04 amend 1 120.00 CNY requested-by="Iss"
        03-05 accept
        03-06 decline 1 by="Ann"
        03-07 amend 2 130.00 CNY
        03-08 consent 2 by="Ins"
        """,
        """
        03-04 amend Ann: bank -20.00, frozen +20.00
        03-04 amend Iss: deposits +20.00, held -20.00
        03-06 decline Ann: bank +20.00, frozen -20.00
        03-06 decline Iss: deposits -20.00, held +20.00
        03-07 amend Ann: bank -30.00, frozen +30.00
        03-07 amend Iss: deposits +30.00, held -30.00
        03-08 effect Acc: collection +30.00m, collection-contra -30.00m
        03-08 effect Ann: payable -30.00, prepaid +30.00
        03-08 effect Ins: receivable +30.00, unearned -30.00, vouchers +30.00m, vouchers-contra -30.00m
        """,
    ),
    "cash: effective at once, before acceptance": (
        BY_CASH,
        NONE,
        """
        03-03 amend 1 120.00 CNY
        03-04 amend 2 80.00 CNY
        """,
        """
        03-03 amend Ann: bank -20.00, frozen +20.00
        03-03 amend Iss: deposits +20.00, held -20.00
        03-04 effect Ann: bank +40.00, frozen -40.00
        03-04 effect Iss: deposits -40.00, held +40.00
        """,
    ),
    "cash: a decrease goes home at its effect, never at the offer": (
        BY_CASH,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-07 amend 1 70.00 CNY
        03-08 consent 1 by="Ins"
        """,
        """
        03-08 effect Acc: collection -30.00m, collection-contra +30.00m
        03-08 effect Ann: bank +30.00, frozen -30.00
        03-08 effect Ins: vouchers -30.00m, vouchers-contra +30.00m
        03-08 effect Iss: deposits -30.00, held +30.00
        """,
    ),
    "cash: no amount is changed, nothing is written": (
        BY_CASH,
        NONE,
        """
        03-03 accept
        03-07 amend 1 apply-by=2026-04-30
        03-08 consent 1 by="Ins"
        03-09 amend 2 product="hail"
        03-10 decline 2 by="Ins"
        """,
        "",
    ),
    "credit: offered, declined; offered, agreed; a decrease": (
        BY_CREDIT,
        NONE,
        """
        03-03 accept
        03-04 amend 1 120.00 CNY
        03-05 decline 1 by="Ins"
        03-06 amend 2 130.00 CNY
        03-07 consent 2 by="Ins"
        03-08 amend 3 90.00 CNY
        03-09 consent 3 by="Ins"
        """,
        """
        03-04 amend Ann: line-available -20.00m, line-frozen +20.00m
        03-04 amend Iss: line-available -20.00m, line-frozen +20.00m
        03-05 decline Ann: line-available +20.00m, line-frozen -20.00m
        03-05 decline Iss: line-available +20.00m, line-frozen -20.00m
        03-06 amend Ann: line-available -30.00m, line-frozen +30.00m
        03-06 amend Iss: line-available -30.00m, line-frozen +30.00m
        03-07 effect Acc: collection +30.00m, collection-contra -30.00m
        03-07 effect Ann: payable -30.00, prepaid +30.00
        03-07 effect Ins: receivable +30.00, unearned -30.00, vouchers +30.00m, vouchers-contra -30.00m
        03-09 effect Acc: collection -40.00m, collection-contra +40.00m
        03-09 effect Ann: line-available +40.00m, line-frozen -40.00m, payable +40.00, prepaid -40.00
        03-09 effect Ins: receivable -40.00, unearned +40.00, vouchers -40.00m, vouchers-contra +40.00m
        03-09 effect Iss: line-available +40.00m, line-frozen -40.00m
        """,
    ),
    "cash: a void makes what is offered lapse first": (
        BY_CASH,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-04 amend 1 120.00 CNY
        04-01 void reason="no-application"
        """,
        """
        03-04 amend Ann: bank -20.00, frozen +20.00
        03-04 amend Iss: deposits +20.00, held -20.00
        04-01 lapse Ann: bank +20.00, frozen -20.00
        04-01 lapse Iss: deposits -20.00, held +20.00
        04-01 void Acc: collection -100.00m, collection-contra +100.00m
        04-01 void Ann: bank +100.00, frozen -100.00
        04-01 void Ins: vouchers -100.00m, vouchers-contra +100.00m
        04-01 void Iss: deposits -100.00, held +100.00
        """,
    ),
    "credit: a rejection, too": (
        BY_CREDIT,
        NONE,
        """
        03-03 amend 1 120.00 CNY requested-by="Ins"
        03-04 reject
        """,
        """
        03-03 amend Ann: line-available -20.00m, line-frozen +20.00m
        03-03 amend Iss: line-available -20.00m, line-frozen +20.00m
        03-04 lapse Ann: line-available +20.00m, line-frozen -20.00m
        03-04 lapse Iss: line-available +20.00m, line-frozen -20.00m
        03-04 reject Ann: line-available +100.00m, line-frozen -100.00m
        03-04 reject Iss: line-available +100.00m, line-frozen -100.00m
        """,
    ),
    "cash: drawn in part, drawn again with an offer open, released": (
        BY_CASH,
        NONE,
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 apply 30.00 CNY
        03-07 settle 25.00 CNY
        03-08 amend 1 120.00 CNY
        03-09 release by="Ins"
        """,
        """
        03-05 settle Acc: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, interbank-receivable +60.00
        03-05 settle Ann: frozen -60.00, payable +60.00
        03-05 settle Ins: bank +60.00, receivable -60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: held +60.00, interbank-payable -60.00
        03-07 settle Acc: collection -25.00m, collection-contra +25.00m, deposits-insurer -25.00, interbank-receivable +25.00
        03-07 settle Ann: frozen -25.00, payable +25.00
        03-07 settle Ins: bank +25.00, receivable -25.00, vouchers -25.00m, vouchers-contra +25.00m
        03-07 settle Iss: held +25.00, interbank-payable -25.00
        03-08 amend Ann: bank -20.00, frozen +20.00
        03-08 amend Iss: deposits +20.00, held -20.00
        03-09 lapse Ann: bank +20.00, frozen -20.00
        03-09 lapse Iss: deposits -20.00, held +20.00
        03-09 release Acc: collection -15.00m, collection-contra +15.00m
        03-09 release Ann: bank +15.00, frozen -15.00, payable +15.00, prepaid -15.00
        03-09 release Ins: receivable -15.00, unearned +15.00, vouchers -15.00m, vouchers-contra +15.00m
        03-09 release Iss: deposits -15.00, held +15.00
        """,
    ),
    "credit: drawn in part, unrecognised, released": (
        BY_CREDIT,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        04-01 release
        """,
        """
        03-05 settle Acc: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, interbank-receivable +60.00
        03-05 settle Ann: line-drawn +60.00m, line-frozen -60.00m, loan -60.00, prepaid +60.00
        03-05 settle Ins: bank +60.00, unearned -60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: interbank-payable -60.00, line-drawn +60.00m, line-frozen -60.00m, loans +60.00
        04-01 release Acc: collection -40.00m, collection-contra +40.00m
        04-01 release Ann: line-available +40.00m, line-frozen -40.00m
        04-01 release Ins: vouchers -40.00m, vouchers-contra +40.00m
        04-01 release Iss: line-available +40.00m, line-frozen -40.00m
        """,
    ),
    "one bank, cash: drawn, released, refunded": (
        ONE_BANK,
        {"recognise-at": "settle"},
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 release by="Ins"
        03-07 refund 20.00 CNY reason="r" kept=5.00 CNY
        """,
        """
        03-05 settle Ann: frozen -60.00, prepaid +60.00
        03-05 settle Ins: bank +60.00, unearned -60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, held +60.00
        03-06 release Ann: bank +40.00, frozen -40.00
        03-06 release Ins: vouchers -40.00m, vouchers-contra +40.00m
        03-06 release Iss: collection -40.00m, collection-contra +40.00m, deposits -40.00, held +40.00
        03-07 refund Ann: bank +20.00, expense +5.00, prepaid -25.00
        03-07 refund Ins: bank -20.00, charges -5.00, unearned +25.00
        03-07 refund Iss: deposits -20.00, deposits-insurer +20.00
        """,
    ),
    "one bank, credit: refunded to the loan, and beyond it to the bank": (
        ONE_BANK_BY_CREDIT,
        NONE,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-06 repaid 70.00 CNY
        03-07 refund 40.00 CNY reason="r"
        """,
        """
        03-05 settle Ann: line-drawn +100.00m, line-frozen -100.00m, loan -100.00, payable +100.00
        03-05 settle Ins: bank +100.00, receivable -100.00, vouchers -100.00m, vouchers-contra +100.00m
        03-05 settle Iss: collection -100.00m, collection-contra +100.00m, deposits-insurer -100.00, line-drawn +100.00m, line-frozen -100.00m, loans +100.00
        03-07 refund Ann: bank +10.00, line-available +30.00m, line-drawn -30.00m, loan +30.00, prepaid -40.00
        03-07 refund Ins: bank -40.00, unearned +40.00
        03-07 refund Iss: deposits -10.00, deposits-insurer +40.00, line-available +30.00m, line-drawn -30.00m, loans -30.00
        """,
    ),
    "two banks: refunds to the bank, to the loan, and of cash to a loan": (
        BY_CREDIT,
        NONE,
        """
        03-03 accept
        03-04 apply
        03-05 settle
        03-06 refund 10.00 CNY reason="r" to="loan" kept=2.00 CNY
        03-07 refund 20.00 CNY reason="r" to="bank"
        """,
        """
        03-05 settle Acc: collection -100.00m, collection-contra +100.00m, deposits-insurer -100.00, interbank-receivable +100.00
        03-05 settle Ann: line-drawn +100.00m, line-frozen -100.00m, loan -100.00, payable +100.00
        03-05 settle Ins: bank +100.00, receivable -100.00, vouchers -100.00m, vouchers-contra +100.00m
        03-05 settle Iss: interbank-payable -100.00, line-drawn +100.00m, line-frozen -100.00m, loans +100.00
        03-06 refund Acc: deposits-insurer +10.00, interbank-receivable -10.00
        03-06 refund Ann: expense +2.00, line-available +10.00m, line-drawn -10.00m, loan +10.00, prepaid -12.00
        03-06 refund Ins: bank -10.00, charges -2.00, unearned +12.00
        03-06 refund Iss: interbank-payable +10.00, line-available +10.00m, line-drawn -10.00m, loans -10.00
        03-07 refund Acc: deposits-insurer +20.00, interbank-receivable -20.00
        03-07 refund Ann: bank +20.00, prepaid -20.00
        03-07 refund Ins: bank -20.00, unearned +20.00
        03-07 refund Iss: deposits -20.00, interbank-payable +20.00
        """,
    ),
    "drawn in advance, refunded out of it, and cover starts": (
        {**BY_CASH, **LATER},
        NONE,
        """
        03-03 accept
        03-04 apply 60.00 CNY
        03-05 settle
        03-06 refund 10.00 CNY reason="r" kept=5.00 CNY
        03-31 close
        """,
        """
        03-05 settle Acc: collection -60.00m, collection-contra +60.00m, deposits-insurer -60.00, interbank-receivable +60.00
        03-05 settle Ann: frozen -60.00, prepaid +60.00
        03-05 settle Ins: advance -60.00, bank +60.00, vouchers -60.00m, vouchers-contra +60.00m
        03-05 settle Iss: held +60.00, interbank-payable -60.00
        03-06 refund Acc: deposits-insurer +10.00, interbank-receivable -10.00
        03-06 refund Ann: bank +10.00, expense +5.00, prepaid -15.00
        03-06 refund Ins: advance +15.00, bank -10.00, charges -5.00
        03-06 refund Iss: deposits -10.00, interbank-payable +10.00
        03-25 cover Ins: advance +45.00, unearned -45.00
        03-25 recognise Ann: payable -40.00, prepaid +40.00
        03-25 recognise Ins: receivable +40.00, unearned -40.00
        """,
    ),
    "earned, and reversed by whatever lowers the premium in force": (
        {**BY_CASH, **COVERED, "apply-by": "2026-03-25"},
        {"earning": "monthly"},
        """
        03-03 accept
        03-09 apply 50.00 CNY
        03-10 settle
        03-20 amend 1 85.00 CNY apply-by=2026-03-26
        03-20 consent 1 by="Ins"
        03-27 release
        03-31 close
        """,
        """
        03-10 settle Acc: collection -50.00m, collection-contra +50.00m, deposits-insurer -50.00, interbank-receivable +50.00
        03-10 settle Ann: frozen -50.00, payable +50.00
        03-10 settle Ins: bank +50.00, receivable -50.00, vouchers -50.00m, vouchers-contra +50.00m
        03-10 settle Iss: held +50.00, interbank-payable -50.00
        03-19 earn Ann: expense +100.00, prepaid -100.00
        03-19 earn Ins: income -100.00, unearned +100.00
        03-20 effect Acc: collection -15.00m, collection-contra +15.00m
        03-20 effect Ann: bank +15.00, expense -15.00, frozen -15.00, payable +15.00, prepaid +15.00, prepaid -15.00
        03-20 effect Ins: income +15.00, receivable -15.00, unearned +15.00, unearned -15.00, vouchers -15.00m, vouchers-contra +15.00m
        03-20 effect Iss: deposits -15.00, held +15.00
        03-27 release Acc: collection -35.00m, collection-contra +35.00m
        03-27 release Ann: bank +35.00, expense -35.00, frozen -35.00, payable +35.00, prepaid +35.00, prepaid -35.00
        03-27 release Ins: income +35.00, receivable -35.00, unearned +35.00, unearned -35.00, vouchers -35.00m, vouchers-contra +35.00m
        03-27 release Iss: deposits -35.00, held +35.00
        """,
    ),
    "earned, and void: all of it is reversed": (
        {**BY_CREDIT, **COVERED},
        {"earning": "daily"},
        """
        03-03 accept
        03-12 return
        03-13 void reason="insurance-returned"
        """,
        """
        03-10 earn Ann: expense +10.00, prepaid -10.00
        03-10 earn Ins: income -10.00, unearned +10.00
        03-11 earn Ann: expense +10.00, prepaid -10.00
        03-11 earn Ins: income -10.00, unearned +10.00
        03-13 void Acc: collection -100.00m, collection-contra +100.00m
        03-13 void Ann: expense -20.00, line-available +100.00m, line-frozen -100.00m, payable +100.00, prepaid +20.00, prepaid -100.00
        03-13 void Ins: income +20.00, receivable -100.00, unearned +100.00, unearned -20.00, vouchers -100.00m, vouchers-contra +100.00m
        03-13 void Iss: line-available +100.00m, line-frozen -100.00m
        """,
    ),
    "agreed to nothing": (
        BY_CASH,
        NONE,
        """
        03-03 accept
        03-05 amend 1 0.00 CNY
        03-06 consent 1 by="Ins"
        """,
        """
        03-06 effect Acc: collection -100.00m, collection-contra +100.00m
        03-06 effect Ann: bank +100.00, frozen -100.00, payable +100.00, prepaid -100.00
        03-06 effect Ins: receivable -100.00, unearned +100.00, vouchers -100.00m, vouchers-contra +100.00m
        03-06 effect Iss: deposits -100.00, held +100.00
        """,
    ),
}
BOOKS_KINDS = "amend decline lapse effect settle release refund earn cover"
BOOKS_MORE = {
    "cash: a void makes what is offered lapse first": " void",
    "credit: a rejection, too": " reject",
    "earned, and void: all of it is reversed": " void",
    "drawn in advance, refunded out of it, and cover starts": " recognise",
}
