"""Two banks and a network that cannot be relied on: in the end both say the same of everything."""

from __future__ import annotations

from collections import Counter

import pytest

from tests.support.two_servers import Story

SEEDS = range(60)


@pytest.mark.parametrize("seed", SEEDS)
def test_after_the_network_heals_both_say_the_same(seed: int) -> None:
    story = Story(seed)
    story.live()
    assert story.first.stands() == story.second.stands(), "\n".join(story.steps)


def test_the_stories_are_about_something() -> None:
    kinds: Counter[str] = Counter()
    for seed in SEEDS:
        story = Story(seed)
        story.live(weeks=2)
        kinds.update(fact.kind for fact in story.second.book.facts)
    assert min(kinds[kind] for kind in ("accept", "reject", "return", "void", "refusal")) > 2
