"""How long something takes, beside bare SQL, in a line."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable


def milliseconds(run: Callable[[], object], times: int = 1) -> list[float]:
    """The time each of some runs took."""
    taken = []
    for _ in range(times):
        begun = time.perf_counter()
        run()
        taken.append((time.perf_counter() - begun) * 1000)
    return taken


def line(name: str, taken: list[float], asked: float | None, bare: list[float], bare_name: str) -> None:
    """Print a measure: median and 95th percentile, what is asked if anything, and the ratio to bare SQL."""
    median, plain = statistics.median(taken), statistics.median(bare)
    worst = statistics.quantiles(taken, n=20)[18] if len(taken) > 19 else max(taken)
    verdict = "" if asked is None else f"asked {asked:6.0f} ms: {'ok' if worst <= asked else 'MISSED'}"
    print(
        f"{name:36} {median:8.1f} ms   p95 {worst:8.1f} ms   {verdict:23}"
        f" {median / plain:6.1f} times {bare_name} ({plain:.1f} ms)"
    )
