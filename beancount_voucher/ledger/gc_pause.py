"""Python's garbage collector, kept out of the way while millions of long-lived tuples are made."""

from __future__ import annotations

import gc
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def gc_paused() -> Iterator[None]:
    """Pause the collector, if it was on: it would walk the tuples again and again for nothing.

    What was made meanwhile counts as old from then on. The collector would come to the same
    view by walking all of it twice, once for each generation; it still finds what nobody
    refers to when it looks through everything.
    """
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            _age()
            gc.enable()


def _age() -> None:
    """Move every young object to the oldest generation, unwalked.

    What somebody froze before is left alone: thawing it is not for us to do.
    """
    if gc.get_freeze_count() == 0:
        gc.freeze()
        gc.unfreeze()
