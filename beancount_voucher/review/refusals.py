"""What a review does not read or take, whatever policy and exceptions say."""

from __future__ import annotations

from beancount_voucher.directives.codes import Explanation

REFUSALS: dict[str, Explanation] = {
    "include-refused": Explanation(
        "a file that the review may not read, or cannot be sure to have read in full",
        "Include the ledger's own files by their names: regular files of the repository, not "
        "encrypted.",
    ),
    "plugin-refused": Explanation(
        "a plugin that the reviewed ledger wants, and that might run anybody's code",
        "Allow it by `--allow-plugin NAME`, if you know what it does.",
    ),
    "bad-policy": Explanation(
        "`bean-voucher.toml` cannot be understood",
        "Correct the file as the message says; it is read from the base of the review.",
    ),
}
