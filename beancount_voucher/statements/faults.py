"""What can be wrong with a bank's file or a statement of it: names, meanings and remedies."""

from __future__ import annotations

from beancount_voucher.directives.codes import Explanation

FAULTS: dict[str, Explanation] = {
    "unreadable": Explanation(
        "the file cannot be opened",
        "Correct the name, or the rights to read the file.",
    ),
    "unknown-format": Explanation(
        "neither camt.052, .053 or .054, nor MT940 or MT942, nor BAI2, nor CSV or a spreadsheet "
        "with a map",
        "Download camt.053, MT940, BAI2 or CSV from the bank; `bean-voucher map` writes the map of "
        "a CSV or a spreadsheet.",
    ),
    "unknown-version": Explanation(
        "a camt message of version 01, or of a standard of somebody's own",
        "Ask the bank for a message of the versions 02 to 14.",
    ),
    "bad-encoding": Explanation(
        "the bytes are not in the encoding that the file should have",
        "Say in the map which `encoding` the CSV has; download anything else once more.",
    ),
    "bad-xml": Explanation(
        "the XML is broken or cut off",
        "Download the file once more.",
    ),
    "forbidden-xml": Explanation(
        "a DOCTYPE or an entity, which no bank sends",
        "Do not use the file: it was made by somebody else than a bank's program.",
    ),
    "too-large": Explanation(
        "the file, or its XML's depth, is beyond what is read",
        "Download shorter periods, a file for each.",
    ),
    "bad-mt": Explanation(
        "a field of an MT940 or MT942 message that cannot be read",
        "Download the file once more, or as camt.053.",
    ),
    "bad-bai": Explanation(
        "a record of a BAI2 file that cannot be read, or a sum or count that is not that of its "
        "records",
        "Download the file once more; if it says the same, ask the bank about the line.",
    ),
    "bad-sheet": Explanation(
        "a spreadsheet that cannot be read, or several sheets in it",
        "Name the sheet in the map, save the file without its password, or download CSV.",
    ),
    "bad-map": Explanation(
        "the CSV's column map is wrong or missing",
        "Correct the map as the message says, or have `bean-voucher map` write one.",
    ),
    "bad-csv": Explanation(
        "a row of a CSV that cannot be read",
        "Correct the map, most often `skip`, `delimiter`, `decimal` or `thousands`; or download "
        "the file once more.",
    ),
    "missing-field": Explanation(
        "something that a statement must say is missing",
        "Download the file once more; for a CSV, give in the map what no column has.",
    ),
    "bad-amount": Explanation(
        "an amount that is none, or is negative where only its mark may say so",
        "For a CSV, correct `decimal`, `thousands` or the columns in the map; ask the bank about "
        "any other file.",
    ),
    "bad-date": Explanation(
        "a date that is none",
        "For a CSV, correct `date-format` in the map; ask the bank about any other file.",
    ),
    "unlisted-value": Explanation(
        "a direction or a status that the map does not list",
        "Write in the map, under `[direction]` or `[status]`, what the value means.",
    ),
    "bad-currency": Explanation(
        "a line in another currency than its account",
        "Download a file for each currency of the account.",
    ),
    "no-package": Explanation(
        "the extra that reads this format is not installed",
        "Install this package with that extra, or download camt.053 or MT940 from the bank.",
    ),
}
"""Why a file is not read at all, by code."""

PROOFS: dict[str, Explanation] = {
    "unproven": Explanation(
        "opening + Σ booked is not closing, an entry cannot be read, or there are no balances",
        "Download the statement once more, with its balances; a CSV needs a column `balance` in "
        "its map. Ask the bank about an entry that cannot be read.",
    ),
    "repeated": Explanation(
        "the same statement a second time; it counts once",
        "Nothing; it counts once. Leave one of the two files out.",
    ),
    "gap": Explanation(
        "a statement opens with another balance than the one before closed with",
        "Add the statement that lies between the two.",
    ),
    "unknown-account": Explanation(
        "no account of the ledger has this account number",
        "Write the number at the account's `open`, as `bank-account`, or name the account by "
        "`--account`.",
    ),
}
"""What is wrong with a statement that can be read."""
