"""Questions about a file that only a person can answer, and what an answer puts into the map."""

from __future__ import annotations

from typing import NamedTuple


class Answer(NamedTuple):
    """A possible answer.

    Attributes:
        shown: what it means, for a person.
        said: names of the map, with dots below tables, and what they get.
    """

    shown: str
    said: tuple[tuple[str, str], ...]


class Question(NamedTuple):
    """What a file leaves open.

    Attributes:
        text: the question, without its mark.
        answers: those that there are; without any, it is answered by a text.
        key: what such a text is put under.
    """

    text: str
    answers: tuple[Answer, ...] = ()
    key: str = ""


class UnsureError(Exception):
    """A file leaves something open."""

    def __init__(self, question: Question) -> None:
        super().__init__(question.text)
        self.question = question
