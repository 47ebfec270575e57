"""How every picture looks, and how it becomes a file.

Colours can be distinguished by colour-blind readers (Okabe and Ito's palette) and in grey. Nothing global changes:
settings hold only inside `styled()`.
"""

from __future__ import annotations

import io
import re
import warnings
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from multistatic.errors import InputError, Problem
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
TARGET_TEXT = "#b34700"  # the same for letters: 5.5 to 1 on white
SENSING = "#e69f00"
ERROR = "#a83f86"
BAD = "#b3261e"

# Sizes of text in points, the same in every width; nothing is written smaller than `SMALLEST`.
SMALLEST, SMALL, NORMAL, LARGE = 6.5, 7.0, 8.0, 9.5
PIXELS_PER_INCH = 200
CAPTIONS = "captions.txt"
# With more receivers than this, pictures in the plane name only the selected ones.
NAMED_AT_MOST = 40

_SETTINGS: dict[str, Any] = {
    "font.family": ["DejaVu Sans"],
    "font.size": 1.2 * SMALL,  # so that "small", of which `draw_…` functions write labels, is SMALL
    "legend.fontsize": SMALL,
    "legend.frameon": False,
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


PictureWidth = Literal["screen", "column", "double-column"]
PICTURE_WIDTHS: tuple[PictureWidth, ...] = get_args(PictureWidth)
# Of the columns of journals, in inches: 88.9 mm and 181.9 mm. A picture for the screen has a width of its own.
_COLUMN_IN = {"column": 3.5, "double-column": 7.16}


@dataclass(frozen=True, slots=True)
class PictureStyle:
    """How wide a picture is, and whether its title and caption are drawn.

    width: `screen` (each picture has a width of its own), `column` (3.5 in, 88.9 mm) or `double-column` (7.16 in,
        181.9 mm). Text has the same size in all of them.
    title: whether title and caption stand above the picture. They are in `captions.txt` either way.

    >>> PictureStyle("column", title=False).width_in(screen=6.4)
    3.5
    """

    width: PictureWidth = "screen"
    title: bool = True

    def __post_init__(self) -> None:
        if self.width not in PICTURE_WIDTHS:
            raise InputError([Problem("style", repr(self.width), f"one of {', '.join(PICTURE_WIDTHS)}")])

    def width_in(self, screen: float) -> float:
        """Width of the picture in inches; `screen` is that of this picture on a screen."""
        return _COLUMN_IN.get(self.width, screen)

    @property
    def narrow(self) -> bool:
        """True where panels have to stand below each other instead of side by side."""
        return self.width == "column"


SCREEN = PictureStyle()


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
# Between words, but not between a number and its unit.
_BREAK = re.compile(r"(?<!\d) | (?![pnµmkMG]?(?:m|s|Hz|W|dB|dBm|m/s)\b)")


def caption_lines(figure: Figure, room_in: float, sentences: Sequence[str], **look: Any) -> list[str]:
    """The sentences in as few lines of small print as `room_in` inches allow. A sentence that is longer than a line is
    broken between words; the others are kept whole. `look`: properties of another text than small print.
    """
    look = look or {"size": SMALL}

    def fits(text: str) -> bool:
        return text_width_in(figure, text, **look) <= room_in

    lines: list[str] = []
    for sentence in sentences:
        whole = fits(sentence)
        # What is added at once: the sentence, or its words one by one.
        for number, part in enumerate([sentence] if whole else words_apart(sentence)):
            longer = f"{lines[-1]} {part}" if lines else part
            if lines and (number > 0 or whole) and fits(longer):
                lines[-1] = longer
            else:
                lines.append(part)
    return lines


def words_apart(sentence: str) -> list[str]:
    """The words of a sentence; a number and its unit count as one word.

    >>> words_apart("It lasts 410 µs in all.")
    ['It', 'lasts', '410 µs', 'in', 'all.']
    """
    return _BREAK.split(sentence)


def text_width_in(figure: Figure, text: str, **look: Any) -> float:
    """Width of `text` in inches if it were written on `figure`."""
    drawn = figure.text(0, 0, text, **look)
    width = drawn.get_window_extent().width / figure.dpi
    drawn.remove()
    return float(width)


def render(figure: Figure, name: str, *, kinds: Sequence[str] = ("svg", "png")) -> dict[str, bytes]:
    """The figure as `name.svg` and `name.png`; the same figure gives the same bytes. Call inside `styled()`.

    Title and caption, which `Figure.get_label()` has also where they are not drawn, become the metadata of both.
    """
    title, _, caption = str(figure.get_label()).partition("\n")
    words = {"Title": title, "Description": caption.replace("\n", " ")} if title else {}
    options: dict[str, dict[str, Any]] = {
        "svg": {"metadata": {"Date": None, **words}},
        "png": {"dpi": PIXELS_PER_INCH, "metadata": words},
    }
    return {f"{name}.{kind}": _saved(figure, format=kind, **options[kind]) for kind in kinds}


def rendered_pictures(
    figures: Iterable[tuple[str, Figure]], *, kinds: Sequence[str] = ("svg", "png")
) -> dict[str, bytes]:
    """`render` of each (name, figure), and `captions.txt` with name, title and sentences of the caption of each.

    No files for no figures.
    """
    files: dict[str, bytes] = {}
    words: list[str] = []
    for name, figure in figures:
        files |= render(figure, name, kinds=kinds)
        words.append(f"{name}\n{figure.get_label()}\n")
    return {**files, CAPTIONS: "\n".join(words).encode()} if words else {}


def finish_axes(ax: Axes, *, grid_axis: Literal["both", "x", "y"] = "both") -> None:
    """Grid in the directions that carry a scale, where the style in force has one."""
    from matplotlib import rcParams

    ax.grid(visible=False)
    if rcParams["axes.grid"]:
        ax.grid(visible=True, axis=grid_axis)
    ax.set_axisbelow(True)


def _saved(figure: Figure, **options: Any) -> bytes:
    buffer = io.BytesIO()
    figure.savefig(buffer, **options)
    return buffer.getvalue()
