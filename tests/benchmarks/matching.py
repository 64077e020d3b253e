"""How the time of matching grows: ``python -m tests.benchmarks.matching [FEW MANY]``.

For each shape of lines and movements (``tests.support.many_sides``): CPU seconds of all rules and
reasons, the least of three, and the exponent between the two: 1.0 is in proportion.
"""

from __future__ import annotations

import math
import sys

from tests.benchmarks.processes import table
from tests.fuzz.growth import seconds
from tests.support.many_sides import SHAPES, reconciled


def main(arguments: list[str]) -> None:
    few, many = map(int, arguments or ["5000", "20000"])
    rows = []
    for name, made in SHAPES.items():
        small, large = (seconds(reconciled, made(number)) for number in (few, many))
        exponent = math.log(large / small) / math.log(many / few)
        rows.append([name, f"{small:.2f} s", f"{large:.2f} s", f"{exponent:.2f}"])
    print(table(["lines and movements", f"{few:,}", f"{many:,}", "exponent"], rows))


if __name__ == "__main__":
    main(sys.argv[1:])
