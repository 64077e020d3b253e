"""A script: all that the plugin and the command make of some ledgers, on stdout.

Run by itself, under any interpreter that has the package; what it prints must be the same
bytes wherever and however it runs.

    python whole_output.py LEDGERS COMMANDS

LEDGERS names top files, with spaces between; COMMANDS is a JSON list of argument lists.
"""

from __future__ import annotations

import json
import sys
from enum import Enum
from typing import Any

from beancount import loader

from beancount_voucher.cli import main


def plain(value: Any) -> Any:
    """A value of Beancount's, so that its text is the same whenever it is the same."""
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        fields = dict(zip(value._fields, map(plain, value), strict=True))
        return {"": type(value).__name__, **fields}
    if isinstance(value, dict):
        # In the order in which they were written, which is a part of what is written.
        return {str(key): plain(each) for key, each in value.items()}
    if isinstance(value, set | frozenset):
        return sorted(map(str, value))
    if isinstance(value, list | tuple):
        return [plain(each) for each in value]
    if isinstance(value, Enum):
        return value.name
    return value if value is None or isinstance(value, str | int) else str(value)


def say(*told: Any) -> None:
    for each in told:
        sys.stdout.write(json.dumps(plain(each)) + "\n")
    sys.stdout.flush()


def command(arguments: list[str]) -> None:
    say(arguments)
    try:
        status = main(arguments, prog_name="bean-voucher", standalone_mode=False)
    except SystemExit as end:
        status = end.code
    sys.stdout.flush()
    say(status)


if __name__ == "__main__":
    for path in sys.argv[1].split():
        entries, errors, _ = loader.load_file(path)
        say(path, *entries, *errors)
    for each in json.loads(sys.argv[2]):
        command(each)
