"""How far a study is, on stderr: points, the current estimates with their intervals, the rate, the time left."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from multistatic.cli.progress import Progress, written_lines
from multistatic.study.plan import Study
from multistatic.study.schedule import Schedule

if TYPE_CHECKING:
    from rich.console import RenderableType

SECONDS_BETWEEN = 0.5
SHOWN_POINTS = 8


@contextmanager
def shown_progress(study: Study, quiet: bool) -> Iterator[Callable[[Schedule], None]]:
    """Give a function that shows a schedule's state, on a terminal at most twice a second; elsewhere it is a line now
    and then.
    """
    from rich.console import Console
    from rich.live import Live

    console = Console(stderr=True)
    if quiet:
        yield lambda schedule: None
        return
    if not console.is_terminal:
        progress = Progress("trials")
        with written_lines(progress):
            yield lambda schedule: progress(*_counted(study, schedule))
        return
    meter = Meter()
    with Live(console=console, auto_refresh=False, transient=True) as live:

        def show(schedule: Schedule) -> None:
            if meter.due(schedule):
                live.update(progress_table(study, schedule, meter), refresh=True)

        yield show


def _counted(study: Study, schedule: Schedule) -> tuple[str, int, int]:
    """Name and finished points of a study, its finished trials, and how many are wanted so far."""
    stage = f"study {study.name}, {schedule.finished_points} of {len(study.points)} points"
    return stage, schedule.done_trials(), schedule.wanted_trials()


class Meter:
    """Trials a second since the beginning of this run, not counting those that were stored before."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._begun = self._shown = clock()
        self._before: int | None = None
        self._done = 0

    def due(self, schedule: Schedule) -> bool:
        """Take the state in; True where it is time to show it."""
        self._done = schedule.done_trials()
        if self._before is None:
            self._before, self._begun = self._done, self._clock()
            return True
        if self._clock() - self._shown < SECONDS_BETWEEN:
            return False
        self._shown = self._clock()
        return True

    @property
    def rate(self) -> float | None:
        """Trials a second, None before the first."""
        elapsed = self._clock() - self._begun
        done = self._done - (self._before or 0)
        return done / elapsed if done and elapsed > 0 else None

    def left_s(self, schedule: Schedule) -> float | None:
        """Seconds until all trials that are wanted so far are done, at this rate."""
        rate = self.rate
        return None if rate is None else (schedule.wanted_trials() - self._done) / rate


def progress_table(study: Study, schedule: Schedule, meter: Meter) -> RenderableType:
    """The points that are being worked on, and one line about the whole."""
    from rich.console import Group
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, padding=(0, 2, 0, 0))
    for heading in ("point", "trials", *(method.name for method in study.methods)):
        table.add_column(heading, justify="left" if heading == "point" else "right", no_wrap=True)
    running = [p for p in range(len(study.points)) if schedule.count(p) and not schedule.is_finished(p)]
    for index in running[:SHOWN_POINTS]:
        words = ", ".join(f"{key.rpartition('.')[2]} {value}" for key, value in study.points[index].settings.items())
        cells = []
        for each in schedule.estimates(index):
            width = each.half_width
            spread = "" if width is None else f" ± {width:.2g}"
            cells.append("–" if each.value is None else f"{each.value:.4g}{spread}")
        table.add_row(words or "all", f"{schedule.count(index)}/{schedule.target(index)}", *cells)
    rate, left = meter.rate, meter.left_s(schedule)
    facts = [
        f"{schedule.finished_points} of {len(study.points)} points",
        f"{schedule.done_trials()} of {schedule.wanted_trials()} trials",
        "" if rate is None else f"{rate:.3g} trials/s",
        "" if left is None else f"{_clock_text(left)} left",
    ]
    what = study.metrics[schedule.watched]
    return Group(table, Text(f"{what}: " + ", ".join(fact for fact in facts if fact), "dim"))


def _clock_text(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}"
