"""Recall and surrender: one line per event, with the state that follows or the error's code.

The terms are those of ``support.TERMS``, and what stands before each life: issued on 2 March,
accept-by 5 March, apply-by 31 March, 100.00 CNY, cash, two banks.
"""

IMPLIED: dict[str, tuple[dict[str, str], str]] = {
    "as before": (
        {},
        """
        03-03 accept                                -> accepted
        04-01 void reason="no-application"          -> voided
        """,
    ),
    "given back unasked": (
        {},
        """
        03-02 surrender                             -> out-of-order
        03-03 accept                                -> accepted
        03-04 void reason="surrendered"             -> not-surrendered
        03-05 void reason="surrendered" by="Acc"    -> wrong-actor
        03-05 surrender by="Iss"                    -> wrong-actor
        03-06 surrender by="Acc"                    -> accepted
        03-07 surrender                             -> duplicate
        03-08 apply                                 -> surrendered
        03-08 recall reason="no-application" by="Acc" -> surrendered
        03-09 recall reason="surrendered"           -> surrendered
        03-10 amend 1 120.00 CNY                    -> surrendered
        03-11 void reason="surrendered" by="Acc"    -> wrong-actor
        03-12 void reason="surrendered"             -> voided
        03-13 surrender                             -> final
        """,
    ),
    "after a surrender": (
        {},
        """
        03-03 amend 1 120.00 CNY                    -> issued
        03-03 accept                                -> accepted
        03-04 apply 10.00 CNY                       -> applied
        03-05 surrender                             -> applied
        03-06 consent 1 by="Ins"                    -> out-of-order
        03-07 decline 1 by="Ins"                    -> surrendered
        03-08 withdraw by="Acc"                     -> surrendered
        03-09 withdraw                              -> surrendered
        03-09 discrepancy reason="r"                -> surrendered
        03-10 settle                                -> surrendered
        03-11 refund 1.00 CNY reason="r"            -> surrendered
        03-12 return                                -> applied
        03-13 void reason="insurance-returned"      -> voided
        """,
    ),
    "given back on the day of the void": (
        {},
        """
        03-03 accept                                -> accepted
        03-04 surrender                             -> accepted
        03-04 void reason="surrendered"             -> voided
        """,
    ),
    "asked for before acceptance": (
        {},
        """
        03-02 recall                                -> missing-key
        03-02 recall reason="whim"                  -> bad-reason
        03-02 recall reason="cancelled" by="Acc"    -> wrong-actor
        03-03 recall reason="not-accepted"          -> not-yet-expired
        03-04 recall reason="no-application"        -> out-of-order
        03-05 recall reason="cancelled" by="Iss"    -> issued
        03-06 recall reason="cancelled"             -> duplicate
        03-07 void reason="cancelled"               -> voided
        """,
    ),
    "accepted on the day of the recall": (
        {},
        """
        03-04 accept                                -> accepted
        03-04 return                                -> accepted
        03-04 recall reason="insurance-returned"    -> accepted
        """,
    ),
    "overtaken by an acceptance, and by an application": (
        {},
        """
        03-04 accept                                -> accepted
        03-04 recall reason="cancelled"             -> accepted
        03-05 recall reason="cancelled"             -> duplicate
        03-06 apply                                 -> recalled
        04-01 void reason="no-application"          -> voided
        """,
    ),
    "a recall that nothing could have overtaken": (
        {},
        """
        03-04 recall reason="no-application"        -> out-of-order
        03-05 accept                                -> accepted
        03-07 recall reason="conditions-unmet"      -> out-of-order
        """,
    ),
    "accepted after the recall": (
        {},
        """
        03-04 recall reason="cancelled"             -> issued
        03-05 accept                                -> recalled
        """,
    ),
    "applied for on the day of the recall, and again after it": (
        {"on-unmet": '"represent"', "requires-policy": "TRUE", "apply-by": "2026-03-06"},
        """
        03-03 accept                                -> accepted
        03-05 apply                                 -> applied
        04-07 recall reason="conditions-unmet"      -> applied
        04-08 settle                                -> condition-unmet
        04-09 void reason="conditions-unmet"        -> voided
        """,
    ),
    "offered before a surrender": (
        {},
        """
        03-03 accept                                -> accepted
        03-04 amend 1 120.00 CNY                    -> accepted
        03-05 surrender                             -> accepted
        03-06 consent 1 by="Ins"                    -> surrendered
        03-07 void reason="surrendered"             -> voided
        """,
    ),
    "a draw after a surrender": (
        {"draws": '"multiple"'},
        """
        03-03 accept                                -> accepted
        03-04 apply 20.00 CNY                       -> applied
        03-05 surrender                             -> applied
        03-06 settle                                -> surrendered
        03-07 void reason="surrendered"             -> voided
        """,
    ),
    "applied for again after a surrender": (
        {"on-unmet": '"represent"', "requires-policy": "TRUE"},
        """
        03-03 accept                                -> accepted
        03-05 apply                                 -> applied
        03-06 surrender                             -> applied
        03-07 apply policy="P-1"                    -> surrendered
        """,
    ),
    "applied for again after a recall": (
        {"on-unmet": '"represent"', "requires-policy": "TRUE"},
        """
        03-03 accept                                -> accepted
        03-05 apply                                 -> applied
        03-06 recall reason="cancelled"             -> applied
        03-07 apply policy="P-1"                    -> recalled
        """,
    ),
    "a customer recalls nothing": (
        {},
        """
        03-03 recall reason="cancelled" by="Ann"    -> wrong-actor
        03-04 accept                                -> accepted
        """,
    ),
}
"""Where a void needs no surrender."""

STATED: dict[str, tuple[dict[str, str], str]] = {
    "neither given back nor asked for": (
        {},
        """
        03-03 accept                                -> accepted
        04-01 void reason="no-application"          -> not-surrendered
        04-02 surrender                             -> accepted
        04-02 void reason="no-application"          -> voided
        """,
    ),
    "asked for, and the days of grace": (
        {},
        """
        03-03 accept                                -> accepted
        03-30 recall reason="no-application"        -> not-yet-expired
        04-01 recall reason="no-application"        -> accepted
        04-03 void reason="no-application"          -> not-surrendered
        04-04 void reason="no-application"          -> voided
        """,
    ),
    "not accepted: nothing to give back": (
        {},
        """
        03-06 void reason="not-accepted"            -> voided
        """,
    ),
    "returned before acceptance": (
        {},
        """
        03-03 return                                -> issued
        03-03 void reason="insurance-returned"      -> voided
        """,
    ),
    "one bank is asked for neither": (
        {"acceptor": '"Iss"'},
        """
        03-03 accept                                -> accepted
        04-01 void reason="no-application"          -> voided
        """,
    ),
    "a recall is spent by a discrepancy": (
        {"on-unmet": '"represent"', "requires-policy": "TRUE"},
        """
        03-03 accept                                -> accepted
        03-04 apply                                 -> applied
        04-01 recall reason="conditions-unmet"      -> applied
        04-02 discrepancy reason="no policy"        -> accepted
        04-03 recall reason="no-application"        -> accepted
        04-06 void reason="no-application"          -> voided
        """,
    ),
    "a release needs it, too": (
        {"draws": '"multiple"'},
        """
        03-03 accept                                -> accepted
        03-04 apply 60.00 CNY                       -> applied
        03-05 recall reason="no-application"        -> not-yet-expired
        03-05 settle                                -> accepted
        03-06 release by="Ins"                      -> not-surrendered
        04-01 release                               -> not-surrendered
        04-02 recall reason="no-application"        -> accepted
        04-05 release                               -> settled
        """,
    ),
    "a draw spends a recall": (
        {"draws": '"multiple"'},
        """
        03-03 accept                                -> accepted
        03-04 apply 20.00 CNY                       -> applied
        03-05 settle                                -> accepted
        03-06 apply 20.00 CNY                       -> applied
        03-07 return                                -> applied
        03-08 recall reason="insurance-returned"    -> applied
        03-09 surrender                             -> applied
        03-10 release                               -> settled
        03-11 refund 1.00 CNY reason="r"            -> settled
        """,
    ),
    "released as given back": (
        {"draws": '"multiple"'},
        """
        03-03 accept                                -> accepted
        03-04 apply 20.00 CNY                       -> applied
        03-05 settle                                -> accepted
        03-06 surrender                             -> accepted
        03-07 void reason="surrendered"             -> out-of-order
        03-08 release                               -> settled
        """,
    ),
    "conditions unmet": (
        {"requires-policy": "TRUE"},
        """
        03-03 accept                                -> accepted
        03-04 apply                                 -> applied
        03-06 void reason="conditions-unmet"        -> not-surrendered
        03-07 surrender                             -> applied
        03-07 void reason="conditions-unmet"        -> voided
        """,
    ),
    "returned after acceptance": (
        {},
        """
        03-03 accept                                -> accepted
        03-04 return                                -> accepted
        03-06 void reason="insurance-returned"      -> not-surrendered
        03-06 recall reason="insurance-returned"    -> accepted
        03-09 void reason="insurance-returned"      -> voided
        """,
    ),
    "a release of what is applied for": (
        {"draws": '"multiple"', "requires-policy": "TRUE"},
        """
        03-03 accept                                -> accepted
        03-04 apply 20.00 CNY policy="P-1"          -> applied
        03-05 settle                                -> accepted
        03-06 apply 20.00 CNY                       -> applied
        03-08 release                               -> not-surrendered
        03-08 recall reason="conditions-unmet"      -> applied
        03-11 release                               -> settled
        """,
    ),
    "what is settled was accepted": (
        {"draws": '"multiple"'},
        """
        03-03 accept                                -> accepted
        03-04 apply 20.00 CNY                       -> applied
        03-05 settle                                -> accepted
        03-06 recall reason="cancelled"             -> out-of-order
        03-07 recall reason="conditions-unmet"      -> out-of-order
        """,
    ),
}
"""Where it needs one, or a recall three days before."""

GRACE = 3
