"""What is being done right now, on stderr, where somebody looks at a terminal; and how long each stage took."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class StageClock:
    """Seconds of each stage: call it with a stage's name as the stage begins, `finish` at the end."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage: str | None = None
        self._begun = time.perf_counter()

    def __call__(self, stage: str) -> None:
        """Begin `stage`; the one before it ends."""
        now = time.perf_counter()
        if self._stage is not None:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._begun
        self._stage, self._begun = stage, now

    def finish(self) -> dict[str, float]:
        """End the last stage and return all times."""
        self("")
        self._stage = None
        self.seconds.pop("", None)
        return self.seconds


@contextmanager
def shown_stages(quiet: bool) -> Iterator[Callable[[str], None]]:
    """Give a function that shows the current stage with its elapsed time; silent with `quiet` or without a terminal."""
    from rich.console import Console
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    if quiet or not console.is_terminal:
        yield lambda stage: None
        return
    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("starting", total=None)
        yield lambda stage: progress.update(task, description=stage)
