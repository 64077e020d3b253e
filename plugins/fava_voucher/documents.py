"""The documents of a voucher: what its directives name, and whether it can be opened."""

from __future__ import annotations

from os.path import normpath
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from beancount.core.data import Document

from beancount_voucher.directives.source_lines import source_line

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from beancount.core.data import Directive as Entry


_SHOWN_IN_A_BROWSER = (".pdf", ".png", ".jpg", ".jpeg", ".txt")
"""Files that run nothing when a browser shows them; all others are saved."""


class Evidence(NamedTuple):
    """A document that a directive names.

    Attributes:
        name: as the directive says.
        path: where it should be.
        known: whether it is one of the ledger's own ``document`` entries.
        exists: whether it can be opened from the page: a file in the ledger's folder.
    """

    name: str
    path: Path
    known: bool
    exists: bool

    @property
    def shown(self) -> bool:
        """Whether a browser may show it rather than save it."""
        return self.path.suffix.lower() in _SHOWN_IN_A_BROWSER


def documents(voucher: str, entries: Iterable[Entry], folder: Path) -> Iterator[Evidence]:
    """Every document of a voucher, each once.

    Args:
        voucher: its id, which is a link on ``document`` entries.
        entries: the ledger's documents, and the voucher's own directives.
        folder: the ledger's folder; the page gives out no file from elsewhere.
    """
    known: dict[Path, bool] = {}
    names: dict[Path, str] = {}
    for entry in entries:
        if isinstance(entry, Document):
            path = Path(entry.filename)
            known[path] = True
            if voucher in (entry.links or ()):
                names.setdefault(path, path.name)
        else:  # a directive
            for key, value in entry.meta.items():
                if key.startswith("document") and isinstance(value, str) and "\0" not in value:
                    path = Path(normpath(Path(source_line(entry.meta).filename).parent / value))
                    names.setdefault(path, value)
    for path, name in names.items():
        yield Evidence(name, path, known.get(path, False), _is_within(path, folder))


def _is_within(path: Path, folder: Path) -> bool:
    """A file in the folder, also when links are followed."""
    try:
        return path.resolve().is_relative_to(folder.resolve()) and path.is_file()
    except (OSError, RuntimeError):  # a name that no file can have; links in a circle
        return False
