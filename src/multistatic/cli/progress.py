"""What a command is doing and how long it will take, on stderr: a spinner or a bar on a terminal, elsewhere a line now
and then; and how long each stage took.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from rich.console import Console, RenderableType

FIRST_LINE_S = 5.0
"""A command that is done by then writes no line."""
PAUSE_S = 30.0
"""Between two lines."""
COMPILING = "Compiling the numerical kernels for this machine; this is needed once and takes about a minute."
_COMPILING = "compiling the numerical kernels for this machine"
_COMPILING_AFTER_S = 1.0
_LOOK_EVERY_S = 0.25


class StageClock:
    """Seconds of each stage: call it with a stage's name as the stage begins, `finish` at the end.

    What follows a colon says how far the stage is and belongs to no name: "beamforming: group 3".
    """

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._stage: str | None = None
        self._begun = time.perf_counter()

    def __call__(self, stage: str) -> None:
        """Begin `stage`; the one before it ends."""
        now = time.perf_counter()
        if self._stage is not None:
            self.seconds[self._stage] = self.seconds.get(self._stage, 0.0) + now - self._begun
        self._stage, self._begun = stage.partition(":")[0], now

    def finish(self) -> dict[str, float]:
        """End the last stage and return all times."""
        self("")
        self._stage = None
        self.seconds.pop("", None)
        return self.seconds


class Progress:
    """The stage that a command is in, and how much of its work is done; call it when either changes. `parts`: what the
    work consists of, in the plural. `alike`: False where one part may take a thousand times as long as another; then
    no remaining time is stated, for it would be wrong.
    """

    def __init__(self, parts: str = "", clock: Callable[[], float] = time.monotonic, *, alike: bool = True) -> None:
        self._clock, self._parts, self._alike = clock, f" {parts}" if parts else "", alike
        self._begun = clock()
        self._stage = "starting"
        self._counted: tuple[int, int] | None = None
        self._first, self._last = (0, self._begun), self._begun
        self._compilations, self._compiling_since = 0, self._begun

    def __call__(self, stage: str, done: int | None = None, total: int | None = None) -> None:
        """Show `stage`; `done` of `total` equal parts of the whole work are finished, where they can be counted."""
        self._stage = stage
        counted = None if done is None or total is None else (done, total)
        if counted != self._counted:
            self._last = self._clock()
        if counted is not None and (self._counted is None or counted[0] < self._counted[0]):
            self._first = (counted[0], self._clock())
        self._counted = counted

    def compiling(self, begins: bool) -> None:
        """A kernel begins to be compiled, or is ready; one may be compiled for another."""
        if begins and not self._compilations:
            self._compiling_since = self._clock()
        self._compilations += 1 if begins else -1

    @property
    def elapsed_s(self) -> float:
        """Seconds since the command began."""
        return self._clock() - self._begun

    @property
    def share(self) -> tuple[int, int] | None:
        """(done, total) where the work can be counted."""
        return self._counted

    @property
    def compiles(self) -> bool:
        """Whether kernels have been compiled for a second or more, without a break."""
        return self._compilations > 0 and self._clock() - self._compiling_since >= _COMPILING_AFTER_S

    @property
    def left_s(self) -> float | None:
        """Seconds that the rest takes, if each part takes as long as those that are done; None before the first. A part
        that is under way for longer than that is supposed to need as long again.
        """
        if self._counted is None or not self._alike:
            return None
        (done, total), (before, since), now = self._counted, self._first, self._clock()
        if done <= before:
            return None
        return max((self._last - since) / (done - before) * (total - done), now - self._last)

    def words(self) -> str:
        """The stage, what is done, and both times."""
        stage, elapsed = _COMPILING if self.compiles else self._stage, duration(self.elapsed_s)
        if self._counted is None:
            return f"{stage}, {elapsed} after the start"
        left = None if self.compiles else self.left_s
        rest = "" if left is None else f", about {duration(left)} left"
        return f"{stage}, {self._counted[0]} of {self._counted[1]}{self._parts} done after {elapsed}{rest}"


class LineTimes:
    """When a line is due: the first after some seconds, then at equal pauses."""

    def __init__(self) -> None:
        self._due_s = FIRST_LINE_S

    def due(self, elapsed_s: float) -> bool:
        """True where a line is to be written now, seconds after the beginning."""
        if elapsed_s < self._due_s:
            return False
        self.written(elapsed_s)
        return True

    def written(self, elapsed_s: float) -> None:
        """A line was written, due or not."""
        self._due_s = elapsed_s + PAUSE_S


class Lines:
    """The lines of a `Progress` for a reader who is no terminal: `look` writes what is due."""

    def __init__(self, progress: Progress, write: Callable[[str], None]) -> None:
        self._progress, self._write, self._times, self._compiled = progress, write, LineTimes(), False

    def look(self) -> None:
        """Write a line if it is time; that kernels are being compiled is said at once, and once."""
        if self._progress.compiles and not self._compiled:
            self._compiled = True
            self._times.written(self._progress.elapsed_s)
            self._write(COMPILING)
        elif self._times.due(self._progress.elapsed_s):
            self._write(f"progress: {self._progress.words()}.")


def duration(seconds: float) -> str:
    """Seconds in words: 40 s, 3 min, 2 h 10 min."""
    if seconds < 99.5:
        return f"{seconds:.0f} s"
    minutes = round(seconds / 60.0)
    return f"{minutes} min" if minutes < 100 else f"{minutes // 60} h {minutes % 60} min"


@contextmanager
def shown_stages(quiet: bool, *, alike: bool = True) -> Iterator[Progress]:
    """Give what shows the current stage, done parts, elapsed and remaining time; silent with `quiet`. `alike`: whether
    its parts take about the same time.
    """
    from rich.console import Console

    from multistatic import compiled  # by its own name: files that import from it are taken for kernels

    progress = Progress(alike=alike)
    if quiet:
        yield progress
        return
    console = Console(stderr=True)
    shown = _on_terminal(progress, console) if console.is_terminal else written_lines(progress)
    with compiled.watching_compilation(progress.compiling), shown:
        yield progress


@contextmanager
def written_lines(progress: Progress) -> Iterator[None]:
    """Write its lines to stderr meanwhile."""
    lines, over = Lines(progress, lambda line: typer.echo(line, err=True)), threading.Event()

    def look() -> None:
        while not over.wait(_LOOK_EVERY_S):
            lines.look()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


@contextmanager
def _on_terminal(progress: Progress, console: Console) -> Iterator[None]:
    """Show it on a terminal meanwhile: a bar where its work can be counted, and a spinner."""
    from rich import progress as rich_progress
    from rich.progress_bar import ProgressBar
    from rich.text import Text

    class Bar(rich_progress.ProgressColumn):
        def render(self, task: rich_progress.Task) -> RenderableType:
            if progress.share is None:
                return Text()
            done, total = progress.share
            return ProgressBar(total=max(total, 1), completed=done, width=20)

    class Words(rich_progress.ProgressColumn):
        def render(self, task: rich_progress.Task) -> RenderableType:
            return Text(progress.words())

    columns = (rich_progress.SpinnerColumn(), Bar(), Words())
    with rich_progress.Progress(*columns, console=console, transient=True) as shown:
        shown.add_task("", total=None)
        yield
