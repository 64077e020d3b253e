"""Ctrl-C: what must not be left half done is finished first, and what takes long is not."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

import pytest

from beancount_voucher.ledger.interrupts import Deferring, allowed, deferred, insisted

if TYPE_CHECKING:
    from collections.abc import Callable


def _press() -> None:
    signal.raise_signal(signal.SIGINT)


def _at_once(done: list[str]) -> None:
    _press()
    done.append("on")


def _while_deferred(done: list[str]) -> None:
    with deferred():
        _press()
        done.append("on")
    done.append("out")


def _inside_another(done: list[str]) -> None:
    with deferred() as outer:
        with deferred() as inner:
            _press()
        assert inner is outer
        done.append("on")
    done.append("out")


def _while_allowed(done: list[str]) -> None:
    with deferred(), allowed():
        _press()
        done.append("on")


def _before_it_is_allowed(done: list[str]) -> None:
    with deferred():
        _press()
        with allowed():
            done.append("on")


def _after_it_was_allowed(done: list[str]) -> None:
    with deferred():
        with allowed():
            pass
        _press()
        done.append("on")
    done.append("out")


def _with_an_error(done: list[str]) -> None:
    with deferred() as ctrl_c:
        try:
            with deferred():
                _press()
                raise ValueError  # noqa: TRY301
        except ValueError:
            done.append("on")
            ctrl_c.raise_pending()
        done.append("out")


def _swallowed(done: list[str]) -> None:
    with insisted():
        try:
            _press()
        except KeyboardInterrupt:
            done.append("on")
    done.append("out")


def _not_swallowed(done: list[str]) -> None:
    with insisted():
        _press()
        done.append("on")


def _swallowed_while_deferred(done: list[str]) -> None:
    with deferred(), insisted():
        _press()
        done.append("on")
    done.append("out")


PRESSED = [
    (_swallowed, ["on"]),
    (_not_swallowed, []),
    (_swallowed_while_deferred, ["on"]),
    (_at_once, []),
    (_while_deferred, ["on"]),
    (_inside_another, ["on"]),
    (_while_allowed, []),
    (_before_it_is_allowed, []),
    (_after_it_was_allowed, ["on"]),
    (_with_an_error, ["on"]),
]


@pytest.mark.parametrize(("action", "done"), PRESSED)
def test_how_far_it_goes_when_ctrl_c_is_pressed(
    action: Callable[[list[str]], None], done: list[str]
) -> None:
    before, found = signal.getsignal(signal.SIGINT), list[str]()
    with pytest.raises(KeyboardInterrupt):
        action(found)
    assert found == done
    assert signal.getsignal(signal.SIGINT) is before


def _wrong() -> None:
    with deferred():
        _press()
        raise ValueError("wrong")


def test_an_error_ends_things_too() -> None:
    with pytest.raises(ValueError, match="wrong"):
        _wrong()


def test_nothing_comes_where_nothing_was_pressed() -> None:
    before = signal.getsignal(signal.SIGINT)
    with deferred() as ctrl_c, allowed():
        assert signal.getsignal(signal.SIGINT) is before
    assert not ctrl_c.pending
    with allowed():
        assert signal.getsignal(signal.SIGINT) is before
    with insisted():
        pass
    assert signal.getsignal(signal.SIGINT) is before


@pytest.mark.parametrize("handler", [signal.SIG_IGN, signal.SIG_DFL])
def test_a_shell_that_has_set_it_to_be_ignored(handler: signal.Handlers) -> None:
    before = signal.signal(signal.SIGINT, handler)
    try:
        with deferred() as ctrl_c, allowed(), insisted():
            assert signal.getsignal(signal.SIGINT) is handler
            assert not ctrl_c.pending
    finally:
        signal.signal(signal.SIGINT, before)


def _in_a_thread(seen: list[bool]) -> None:
    with deferred() as ctrl_c, allowed(), insisted():
        seen += [ctrl_c.pending, isinstance(signal.getsignal(signal.SIGINT), Deferring)]


def test_in_a_thread_nothing_is_done() -> None:
    """Only the main thread may set what is done, and only that is interrupted."""
    seen: list[bool] = []
    alone, beside = (threading.Thread(target=_in_a_thread, args=(seen,)) for _ in range(2))
    alone.start()
    alone.join()
    with deferred():
        beside.start()
        beside.join()
    assert seen == [False, False, False, True]
