"""What is worked out once for many requests, also where several people ask at the same time."""

from __future__ import annotations

from collections import OrderedDict
from concurrent.futures import Future
from functools import partial
from threading import Lock
from typing import TYPE_CHECKING, Any, Generic, TypeVar
from weakref import ref

if TYPE_CHECKING:
    from collections.abc import Callable, Hashable

T = TypeVar("T")


class Remembered(Generic[T]):
    """The answers to the last few questions.

    Whoever asks what somebody else is finding out waits for that answer; who asks anything else
    does not wait. An error is told to all who waited for it, and not remembered.
    """

    def __init__(self, answer: Callable[..., T], most: int) -> None:
        self._answer = answer
        self._most = most
        self._lock = Lock()
        self._known: OrderedDict[tuple[Hashable, ...], Future[T]] = OrderedDict()

    def __call__(self, *question: Hashable) -> T:
        """The answer to a question: the arguments of what answers it."""
        with self._lock:
            known = self._known.get(question)
            found = Future[T]() if known is None else known
            self._known[question] = found
            self._known.move_to_end(question)
            if len(self._known) > self._most:
                self._known.popitem(last=False)
        if known is None:
            self._find(question, found)
        return found.result()

    def _find(self, question: tuple[Hashable, ...], found: Future[T]) -> None:
        try:
            found.set_result(self._answer(*question))
        except BaseException as error:  # noqa: BLE001, whoever waits must be told
            with self._lock:
                if self._known.get(question) is found:
                    del self._known[question]
            found.set_exception(error)


class _Found(Generic[T]):
    """A property that whoever ``_keeping`` makes of its work keeps for each instance."""

    _keeping: Callable[[Callable[[], Any]], Callable[[], Any]]

    def __init__(self, work: Callable[[Any], T]) -> None:
        self._work = work
        self.__doc__ = work.__doc__

    def __set_name__(self, owner: type, name: str) -> None:
        """Where an instance keeps it."""
        self._slot = f"found {name}"

    def __get__(self, instance: Any, owner: type | None = None) -> T:  # noqa: ANN401
        """What it is for an instance."""
        kept = instance.__dict__
        found = kept.get(self._slot)
        if found is None:
            found = kept.setdefault(self._slot, self._keeping(partial(self._work, instance)))
        return found()  # type: ignore[no-any-return]


class Once(_Found[T]):
    """A property that is worked out at its first use, once, in however many threads that is.

    ``functools.cached_property`` works it out in each of them from Python 3.12 on, and up to 3.11
    lets everybody wait for everybody else's, in other ledgers, too.
    """

    _keeping = partial(Remembered, most=1)


class _Lent(Generic[T]):
    """An answer that is kept for as long as somebody uses it."""

    def __init__(self, answer: Callable[[], T]) -> None:
        self._answer = answer
        self._lock = Lock()
        self._used: Callable[[], T | None] = _nobody

    def __call__(self) -> T:
        with self._lock:
            found = self._used()
            if found is None:
                found = self._answer()
                self._used = ref(found)
            return found


def _nobody() -> None:
    """What nobody uses."""


class WhileUsed(_Found[T]):
    """A property that is too large to keep: worked out once for all who use it at the same time."""

    _keeping = _Lent
