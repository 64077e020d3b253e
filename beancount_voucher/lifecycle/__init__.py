"""Facts to vouchers: the life, and what is due in it.

``transitions`` is the table of the life, ``guards`` its third column; ``evaluation`` replays
all facts by it, ``decisions`` says what is to be settled or voided on a day. Pure.
"""
