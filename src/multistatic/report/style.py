"""How every picture looks, and how it becomes a file.

Colours are told apart by colour-blind readers (Okabe and Ito's palette) and in grey. Nothing global changes:
settings hold only inside `styled()`.
"""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Literal

from multistatic.extras import optional_module

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK = "#1f2933"
MUTED = "#7b8794"
CAPTION = "#52606d"  # small print: a contrast of 6.5 to 1 on white
FAINT = "#cbd2d9"
GRID = "#e8ecf0"
SELECTED = "#0072b2"
TARGET = "#d55e00"
SENSING = "#e69f00"
ERROR = "#a83f86"
BAD = "#b3261e"

SMALL, NORMAL, LARGE = 7.0, 8.0, 9.5
PIXELS_PER_INCH = 200
# With more receivers than this, pictures in the plane name only the selected ones.
NAMED_AT_MOST = 40

_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": NORMAL,
    "axes.labelsize": NORMAL,
    "axes.titlesize": LARGE,
    "axes.titlelocation": "left",
    "axes.titleweight": "bold",
    "axes.titlepad": 8.0,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.linewidth": 0.6,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.unicode_minus": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "text.color": INK,
    "text.parse_math": False,  # an id may hold a dollar sign
    "xtick.color": MUTED,
    "ytick.color": MUTED,
    "xtick.labelcolor": INK,
    "ytick.labelcolor": INK,
    "xtick.labelsize": SMALL,
    "ytick.labelsize": SMALL,
    "xtick.major.size": 3.0,
    "ytick.major.size": 3.0,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.fonttype": "none",  # text stays text: searchable, and in the reader's own font
    "svg.hashsalt": "multistatic",
}


def require_matplotlib() -> None:
    """Raise `MissingDependencyError` where matplotlib is not installed."""
    optional_module("drawing pictures", "matplotlib")


@contextmanager
def styled() -> Iterator[None]:
    """Matplotlib's defaults with the settings above, whatever the user's own configuration says."""
    import matplotlib

    with matplotlib.rc_context(), warnings.catch_warnings():
        # A letter that no font has (an id in any script) shows as a box; the text in the SVG is right.
        warnings.filterwarnings("ignore", message=r"Glyph .* missing from font")
        # The backend is left alone: asking for it would import pyplot, choose one and keep it.
        defaults = {name: value for name, value in matplotlib.rcParamsDefault.items() if name != "backend"}
        matplotlib.rcParams.update(defaults)
        matplotlib.rcParams.update(_SETTINGS)
        yield


def new_figure(width_in: float, height_in: float) -> Figure:
    """An empty figure that belongs to no window; call and draw inside `styled()`."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width_in, height_in), dpi=PIXELS_PER_INCH)
    FigureCanvasAgg(figure)
    return figure


CAPTION_LINE_IN = 0.15


def add_heading(figure: Figure, left_in: float, headline: str, *caption: str) -> None:
    """Headline and lines of small print at the top, made smaller where they would not fit.

    With one line they take 0.62 inches, with each further one `CAPTION_LINE_IN` more.
    """
    width_in, height_in = figure.get_size_inches()
    rows: list[tuple[str, float, dict[str, Any]]] = [(headline, 0.2, {"size": LARGE, "weight": "bold"})]
    for number, line in enumerate(caption):
        rows.append((line, 0.42 + number * CAPTION_LINE_IN, {"size": SMALL, "color": CAPTION}))
    for line, below_in, look in rows:
        text = figure.text(left_in / width_in, 1 - below_in / height_in, line, va="center", **look)
        room = (width_in - left_in - 0.1) * figure.dpi
        needed = text.get_window_extent().width
        text.set_fontsize(text.get_fontsize() * min(1.0, 0.98 * room / max(needed, 1.0)))


def caption_lines(figure: Figure, room_in: float, sentences: Sequence[str]) -> list[str]:
    """The sentences in as few lines of small print as `room_in` inches allow. A sentence that is longer than a line is
    broken between words; the others are kept whole.
    """

    def fits(text: str) -> bool:
        return text_width_in(figure, text, size=SMALL) <= room_in

    lines: list[str] = []
    for sentence in sentences:
        # What is added at once: the sentence, or its words one by one.
        for number, part in enumerate([sentence] if fits(sentence) else sentence.split(" ")):
            longer = f"{lines[-1]} {part}" if lines else part
            if lines and fits(longer) and (number > 0 or fits(sentence)):
                lines[-1] = longer
            else:
                lines.append(part)
    return lines


def text_width_in(figure: Figure, text: str, **look: Any) -> float:
    """Width of `text` in inches if it were written on `figure`."""
    drawn = figure.text(0, 0, text, **look)
    width = drawn.get_window_extent().width / figure.dpi
    drawn.remove()
    return float(width)


def render(figure: Figure, name: str) -> dict[str, bytes]:
    """The figure as `name.svg` and `name.png`; the same figure gives the same bytes. Call inside `styled()`."""
    return {
        f"{name}.svg": _saved(figure, format="svg", metadata={"Date": None}),
        f"{name}.png": _saved(figure, format="png", dpi=PIXELS_PER_INCH),
    }


def finish_axes(ax: Axes, *, grid_axis: Literal["both", "x", "y"] = "both") -> None:
    """Grid in the directions that carry a scale, no tick marks where there is none."""
    ax.grid(visible=False)
    ax.grid(visible=True, axis=grid_axis)
    ax.set_axisbelow(True)


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, **options)
    return buffer.getvalue()
