"""Ctrl-C: what must not be left half done is finished first."""

from __future__ import annotations

import signal
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from types import FrameType


class Deferring:
    """Takes notice of Ctrl-C, and does nothing yet.

    Attributes:
        before: what was to be done about it.
        pending: whether it was pressed.
    """

    def __init__(self, before: Callable[[int, FrameType | None], object]) -> None:
        self.before = before
        self.pending = False

    def __call__(self, _signum: int, _frame: FrameType | None) -> None:
        """Take notice."""
        self.pending = True

    def raise_pending(self) -> None:
        """Do now what was to be done."""
        if self.pending:
            self.pending = False
            self.before(signal.SIGINT, None)


@contextmanager
def deferred() -> Iterator[Deferring]:
    """Let Ctrl-C wait for the end of this, unless that is an error: it ends things, too.

    Inside another such block that one's end counts. In a thread, which no Ctrl-C reaches, and
    where Ctrl-C is ignored, this does nothing.
    """
    before = signal.getsignal(signal.SIGINT)
    if isinstance(before, Deferring):
        yield before
        return
    deferring = Deferring(before if callable(before) else signal.default_int_handler)
    if not callable(before) or not _is_main_thread():
        yield deferring
        return
    signal.signal(signal.SIGINT, deferring)
    try:
        yield deferring
    finally:
        signal.signal(signal.SIGINT, before)
    deferring.raise_pending()


@contextmanager
def allowed() -> Iterator[None]:
    """Let Ctrl-C through again, what was pressed before first: for what takes long."""
    deferring = signal.getsignal(signal.SIGINT)
    if not isinstance(deferring, Deferring) or not _is_main_thread():
        yield
        return
    signal.signal(signal.SIGINT, deferring.before)
    try:
        deferring.raise_pending()
        yield
    finally:
        signal.signal(signal.SIGINT, deferring)


@contextmanager
def insisted() -> Iterator[None]:
    """Let Ctrl-C be heard by code that may swallow it: at once, and once more at the end.

    Beancount's parser takes whatever is raised while it reads a directive for an error of that.
    """
    before, pressed = signal.getsignal(signal.SIGINT), list[int]()
    if not callable(before) or not _is_main_thread():
        yield
        return

    def pressing(signum: int, frame: FrameType | None) -> None:
        pressed.append(signum)
        before(signum, frame)

    signal.signal(signal.SIGINT, pressing)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)
    if pressed:
        before(signal.SIGINT, None)


def _is_main_thread() -> bool:
    return threading.current_thread() is threading.main_thread()
