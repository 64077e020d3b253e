"""``python -m tests.simulator [--seeds N] [--from SEED] [--minutes M] [--stories DIR]``.

Tells how often what happened, and each seed that fails with its story: a script of commands
that can be pasted into a shell whose folder is empty. Exit status 1 if a seed fails.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path

from tests.simulator.parties import TurnError
from tests.simulator.story import Story, UnrestError
from tests.simulator.verdict import verdict


def faults_of(seed: int, folder: Path, *, real: bool = False) -> tuple[list[str], Story]:
    """Live one story to its end; tells what does not hold."""
    story = Story(seed, folder, real=real)
    try:
        story.live()
        story.heal()
        found = verdict(story)
        if not found:
            story.pass_time()
            story.heal()
            found = verdict(story)
    except (TurnError, UnrestError) as error:
        found = [str(error)]
    return found, story


def main(arguments: list[str] | None = None) -> int:
    """Live many stories."""
    parser = argparse.ArgumentParser(prog="python -m tests.simulator", description=__doc__)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--from", dest="first", type=int, default=0)
    parser.add_argument("--minutes", type=float, help="of this process's time, and no more")
    parser.add_argument("--real", type=int, default=200, help="ssh-keygen signs in each Nth")
    parser.add_argument("--most", type=int, default=10, help="stop after so many that fail")
    parser.add_argument("--stories", type=Path, help="a folder for the stories that fail")
    options = parser.parse_args(arguments)
    figures, failed, begun = Counter[str](), 0, time.process_time()
    count = 0
    for seed in range(options.first, options.first + options.seeds):
        if options.minutes is not None and time.process_time() - begun > options.minutes * 60:
            break
        count += 1
        with tempfile.TemporaryDirectory(prefix="simulator-") as folder:
            found, story = faults_of(seed, Path(folder), real=seed % options.real == 1)
        figures.update(story.figures)
        if found:
            failed += 1
            _show(seed, found, story, options.stories)
            if failed >= options.most:
                break
    for what, number in sorted(figures.items(), key=lambda item: -item[1]):
        print(f"{number:>9,} {what}")
    print(
        f"{count:,} seeds from {options.first}: {failed} failed; "
        f"{time.process_time() - begun:.0f} s of CPU"
    )
    return bool(failed)


def _show(seed: int, found: list[str], story: Story, folder: Path | None) -> None:
    print(f"# seed {seed} ({' '.join(story.parties)}):", *found[:12], sep="\n#   ", flush=True)
    text = "\n".join(["set +e", *story.steps, ""])
    if folder is None:
        print(text)
    else:
        folder.mkdir(exist_ok=True)
        (folder / f"{seed}.sh").write_text(text)


if __name__ == "__main__":
    sys.exit(main())
