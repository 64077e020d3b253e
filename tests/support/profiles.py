"""How many examples a random test tries: a fixed few for a change, very many on the hunt.

``HYPOTHESIS_PROFILE=hunt`` looks for what nobody has seen yet, as long as one likes to wait.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

# How long an example takes tells of the machine, and of what else it does: so no deadlines.
PROFILES = {
    "default": settings(deadline=None),
    # A change is judged by the same examples each time; the hunt for new ones goes on elsewhere.
    "ci": settings(derandomize=True, deadline=None),
    "hunt": settings(max_examples=2_000, deadline=None, print_blob=True),
}
CHOSEN = os.environ.get("HYPOTHESIS_PROFILE") or ("ci" if os.environ.get("CI") else "default")
TIMES = 100 if CHOSEN == "hunt" else 1


def effort(examples: int, steps: int = 25) -> settings:
    return settings(
        max_examples=examples * TIMES,
        stateful_step_count=steps,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
