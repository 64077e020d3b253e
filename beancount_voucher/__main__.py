"""The installed command: it imports the others only once Ctrl-C is taken care of."""

import os


def program() -> None:
    """Run ``bean-voucher``; from the first moment on, Ctrl-C is one word and exit status 130."""
    try:
        from beancount_voucher.cli import program as command  # noqa: PLC0415  see above

        command()
    except KeyboardInterrupt:
        os.write(2, b"\nInterrupted.\n" if os.isatty(2) else b"Interrupted.\n")
        os._exit(130)


if __name__ == "__main__":
    program()
