"""Fuzz one target, guided by coverage: ``python -m tests.fuzz TARGET [SECONDS] [FOLDER]``.

Needs atheris, which is no dependency of the tests: ``pip install "beancount-voucher[fuzz]"``
(wheels for CPython 3.11 to 3.13 on Linux; nothing is compiled).

TARGET is a name of ``tests.fuzz.targets``; without one, all are listed. The run takes a minute
if SECONDS does not say otherwise. What a target does not bear ends the run with exit status 77,
the traceback, and a file ``crash-…`` with the input, which ``python -m tests.fuzz TARGET --again
FILE`` runs once more. In FOLDER the inputs that reached something new are kept, for the next run.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from tests.fuzz.target import Target

NO_ATHERIS = """\
atheris is not installed, so nothing was fuzzed. It comes with the extra "fuzz":
    pip install "beancount-voucher[fuzz]"
"""

_INSTRUMENTED = ["beancount_voucher", "beancount_voucher_plugin", "fava_voucher"]
_SECONDS = "60"
_LONGEST_INPUT = 8192
_LONGEST_WORD = 64


def _one_input(target: Target) -> Callable[[bytes], object]:
    """What takes the fuzzer's bytes: the check itself, or Hypothesis which draws from them."""
    if target.seeds:
        return target.bears
    from hypothesis import HealthCheck, given, settings  # noqa: PLC0415

    @settings(database=None, deadline=None, suppress_health_check=list(HealthCheck))
    @given(target.inputs)
    def drawn(one: object) -> None:
        target.bears(one)

    return drawn.hypothesis.fuzz_one_input  # type: ignore[attr-defined,no-any-return]


def _options(target: Target, seconds: str, folder: Path) -> list[str]:
    """What libFuzzer is told: bounds, the target's words, and where its inputs are."""
    options = [f"-max_total_time={seconds}", f"-max_len={_LONGEST_INPUT}", "-len_control=0"]
    inputs = folder / "inputs"
    inputs.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(target.seeds):
        (inputs / f"seed-{number}").write_bytes(seed)
    words = [word.encode() for word in target.words if len(word.encode()) <= _LONGEST_WORD]
    if words:
        dictionary = folder / "words"
        quoted = ('"' + "".join(f"\\x{byte:02x}" for byte in word) + '"\n' for word in words)
        dictionary.write_text("".join(quoted))
        options.append(f"-dict={dictionary}")
    return [*options, str(inputs)]


def main(arguments: Sequence[str]) -> int:
    try:
        import atheris  # noqa: PLC0415
    except ImportError:
        sys.stderr.write(NO_ATHERIS)
        return 1
    with atheris.instrument_imports(include=_INSTRUMENTED):
        from tests.fuzz.targets import TARGETS  # noqa: PLC0415
    name, seconds, folder = [*arguments, *["", _SECONDS, ""][len(arguments) :]]
    if name not in TARGETS:
        print("TARGET is one of", ", ".join(TARGETS))
        return 2
    target = TARGETS[name]
    if seconds == "--again":
        _one_input(target)(Path(folder).read_bytes())
        return 0
    if not folder:  # atheris ends the process that it runs in, so another one cleans up
        with tempfile.TemporaryDirectory() as made:
            command = [sys.executable, "-m", "tests.fuzz", name, seconds, made]
            return subprocess.run(command, check=False).returncode
    atheris.Setup(["tests.fuzz", *_options(target, seconds, Path(folder))], _one_input(target))
    atheris.Fuzz()
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
