"""One look for every figure: sizes in column widths, the Okabe-Ito colours, markers, legible logarithmic axes."""

import io
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Colormap, LinearSegmentedColormap, LogNorm, Normalize
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.legend import Legend
from matplotlib.ticker import (
    FixedLocator,
    FuncFormatter,
    LogFormatterMathtext,
    LogLocator,
    MaxNLocator,
    NullFormatter,
    NullLocator,
)

COLUMN, PAGE = 3.3, 6.9  # inches: one column and the full width of a two-column page
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#7F7F7F", "#000000")  # Okabe-Ito
DASHES: tuple[Any, ...] = ("-", (0, (3, 1.5)), (0, (1, 1.2)), (0, (5, 1.5, 1, 1.5)))  # of lines that may coincide
MARKERS = ("o", "s", "^", "D", "v", "P", "X", "*")
HATCHES = ("", "////", "....", "xxxx", "\\\\\\\\")
PAPER_COLOUR = "#222222"
SCREEN_DPI, PRINT_DPI = 144, 160
STAMP = 0.1  # inches across of a stamp
MOST_TICKS = 6  # of a logarithmic axis

RC: Any = {
    "font.size": 8, "axes.titlesize": 8, "axes.labelsize": 8, "legend.fontsize": 7,
    "xtick.labelsize": 7, "ytick.labelsize": 7, "figure.titlesize": 9,
    "font.family": "DejaVu Sans", "mathtext.fontset": "dejavusans",  # bundled, hence the same everywhere
    "axes.linewidth": 0.6, "axes.spines.top": False, "axes.spines.right": False, "axes.axisbelow": True,
    "axes.grid": True, "grid.color": "#E6E6E6", "grid.linewidth": 0.5,
    "xtick.major.width": 0.6, "ytick.major.width": 0.6, "xtick.minor.width": 0.4, "ytick.minor.width": 0.4,
    "xtick.major.size": 3, "ytick.major.size": 3, "xtick.minor.size": 1.8, "ytick.minor.size": 1.8,
    "lines.linewidth": 1.2, "lines.markersize": 4, "patch.linewidth": 0.6, "hatch.linewidth": 0.5,
    "legend.frameon": False, "legend.handlelength": 1.8, "legend.columnspacing": 1.2, "legend.labelspacing": 0.3,
    "figure.dpi": SCREEN_DPI, "figure.facecolor": "white", "savefig.facecolor": "white",
    "pdf.fonttype": 42, "ps.fonttype": 42, "svg.hashsalt": "workbook",
}  # fmt: skip


@contextmanager
def _style() -> Iterator[None]:
    """The style for a time; the caller's Matplotlib settings are left alone."""
    with matplotlib.rc_context(RC):
        yield


styled = _style()  # decorates a function that draws


class Plot(Figure):
    """A Matplotlib figure that shows itself in a notebook, without pyplot's global list of open figures."""

    @styled
    def _repr_png_(self) -> tuple[bytes, dict[str, int]]:
        buffer = io.BytesIO()
        self.savefig(buffer, format="png", dpi=SCREEN_DPI, metadata={"Software": None})
        width, height = (round(inches * 110) for inches in self.get_size_inches())
        return buffer.getvalue(), {"width": width, "height": height}


def stamp(figure: Figure, text: str) -> None:
    """Put a small grey line along the right edge of a figure, outside all else."""
    engine, share = figure.get_layout_engine(), 1 - STAMP / figure.get_figwidth()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0, 0, share, 1))
    else:
        _widen(figure, share)
    figure.text((1 + share) / 2, 0.5, text, rotation=90, ha="center", va="center", fontsize=5, color="#888888")


def _widen(figure: Figure, share: float) -> None:
    """Add room at the right of a figure whose contents have fixed places, which then fill this share of its width."""
    for ax in figure.axes:
        x, y, width, height = ax.get_position().bounds
        ax.set_position((share * x, y, share * width, height))
    for text in figure.texts:
        text.set_x(share * text.get_position()[0])
    figure.set_figwidth(figure.get_figwidth() / share)


@styled
def figure(width: float = COLUMN, height: float | None = None, *, layout: Any = "constrained") -> Plot:
    """An empty figure, sizes in inches; the height defaults to 0.74 of the width, at most 3 inches."""
    plot = Plot(figsize=(width, height or min(0.74 * width, 3.0)), layout=layout)
    FigureCanvasAgg(plot)
    return plot


def axes_of(ax: Axes | None, width: float = COLUMN, height: float | None = None) -> tuple[Any, Axes]:
    """The given axes with their figure, or fresh ones."""
    if ax is not None:
        return ax.figure, ax
    fig = figure(width, height)
    return fig, fig.add_subplot()


def sequential() -> Colormap:
    """Viridis without its palest end, which vanishes as a line on white."""
    return LinearSegmentedColormap.from_list("workbook", matplotlib.colormaps["viridis"](np.linspace(0, 0.92, 256)))


def scale_of(values: Sequence[float]) -> Normalize:
    """A linear colour scale, or a logarithmic one where positive values span more than a factor of thirty."""
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    return LogNorm(low, high) if low > 0 and high / low > 30 else Normalize(low, high)


def text(name: Any) -> str:
    """A name as the text of a label; floats without needless digits."""
    return f"{name:g}" if isinstance(name, float) else str(name)


def colour_bar(ax: Any, scale: Normalize, name: str) -> None:
    """A thin colour bar beside the axes, of one panel or a list of them."""
    bar = np.ravel(ax)[0].figure.colorbar(ScalarMappable(scale, sequential()), ax=ax, aspect=28, pad=0.02)
    bar.set_label(name.replace("_", " "))
    bar.outline.set(linewidth=0)
    if isinstance(scale, LogNorm):
        log_axis(bar.ax.yaxis)


def look(index: int) -> dict[str, Any]:
    """Colour and marker of the n-th series, told apart without colour too; they repeat after 8 with new line styles."""
    linestyle = ("-", "--", ":", "-.")[index // len(COLOURS) % 4]
    return {"color": COLOURS[index % 8], "marker": MARKERS[index % 8], "linestyle": linestyle}


def ticks_between(low: float, high: float) -> list[float]:
    """Three to `MOST_TICKS` round values between two positive limits, for an axis too short for powers of ten.

    Mantissas 1, then 1 and 3, then 1, 2 and 5 and finer ones are tried; the coarsest with three or more ticks wins.
    """
    steps = [(1.0,), (1.0, 3.0), (1.0, 2.0, 5.0), (1.0, 2.0, 3.0, 5.0, 7.0)]
    steps += [tuple(np.arange(1, 10, step).round(9)) for step in (1.0, 0.5)]
    decades = 10.0 ** np.arange(np.floor(np.log10(low)), np.ceil(np.log10(high)) + 1)
    for mantissas in steps:
        ticks = [float(f"{m * d:.6g}") for d in decades for m in mantissas if low * 0.999 <= m * d <= high * 1.001]
        if len(ticks) >= 3:
            return ticks[:: -(-len(ticks) // MOST_TICKS)]
    return [float(f"{tick:.6g}") for tick in MaxNLocator(4).tick_values(low, high) if low <= tick <= high]


def log_axis(axis: Axis) -> None:
    """Label a logarithmic axis once its data are drawn: powers of ten over 2.5 decades, plain round numbers below."""
    low, high = sorted(axis.get_view_interval())
    axis.set_minor_formatter(NullFormatter())
    if high / low > 10**2.5:
        axis.set_major_locator(LogLocator(10, numticks=MOST_TICKS + 1))
        axis.set_major_formatter(LogFormatterMathtext())
        return
    axis.set_major_locator(FixedLocator(ticks_between(low, high)))
    big = high >= 1e5 or low < 1e-3
    axis.set_major_formatter(FuncFormatter(_scientific if big else _plain))
    if high / low < 3:
        axis.set_minor_locator(NullLocator())


def _plain(value: float, _: int) -> str:
    return f"{value:,.0f}" if value >= 1000 else f"{value:.3g}"


def _scientific(value: float, _: int) -> str:
    """A number as mantissa times a power of ten in mathematical text; a mantissa of one is left out."""
    exponent = int(np.floor(np.log10(value) + 1e-9))
    mantissa = f"{value / 10.0**exponent:.2g}"
    return f"$10^{{{exponent}}}$" if mantissa == "1" else f"${mantissa}\\!\\times\\!10^{{{exponent}}}$"


def finish(ax: Axes, title: str, xlabel: str, ylabel: str, *, logs: tuple[bool, bool] = (False, False)) -> None:
    """Set scales, labels and title once the data are drawn; without a positive value a scale stays linear."""
    scales = (ax.set_xscale, ax.set_yscale)
    for wanted, axis, scale, least in zip(logs, (ax.xaxis, ax.yaxis), scales, np.array(ax.dataLim.minpos), strict=True):
        if wanted and np.isfinite(least):
            scale("log")
            ax.autoscale_view()
            log_axis(axis)
    ax.set(xlabel=xlabel, ylabel=ylabel)
    if title:
        ax.set_title(title)


def inches_across(ax: Axes) -> float:
    """Width of the figure's column that holds the axes, in inches."""
    grid = ax.get_gridspec()
    return float(ax.figure.get_figwidth()) / (grid.ncols if grid else 1)  # type: ignore[union-attr]


def legend(ax: Axes, *, where: str = "auto", handles: Sequence[Any] | None = None) -> None:
    """A frameless legend: inside for few entries, else below the axes. `where`: auto, below, right, none."""
    shown = list(handles) if handles is not None else ax.get_legend_handles_labels()[0]
    if not shown or where == "none":
        return
    longest = max(len(str(handle.get_label())) for handle in shown)
    if where == "right":
        ax.legend(handles=shown, loc="center left", bbox_to_anchor=(1.0, 0.5))
        return
    if where == "auto" and len(shown) <= 4 and longest <= 26:
        inside = ax.legend(handles=shown, loc="best")
        if not _covers_data(ax, inside):
            return
        inside.remove()
    fit = max(1, int((inches_across(ax) - 0.3) / (0.42 + 0.055 * longest)))
    rows = -(-len(shown) // fit)
    pad = (_below(ax) + 4) / matplotlib.rcParams["legend.fontsize"]
    ax.legend(handles=shown, loc="upper center", bbox_to_anchor=(0.5, 0.0), borderaxespad=pad,
              ncols=-(-len(shown) // rows))  # fmt: skip


def _covers_data(ax: Axes, drawn: Legend) -> bool:
    """Whether a legend lies on a line or a point of the axes."""
    ax.figure.draw_without_rendering()  # type: ignore[union-attr]
    box = drawn.get_window_extent()
    for line in ax.lines:
        places = line.get_transform().transform(line.get_path().interpolated(20).vertices)
        if box.count_contains(places[np.isfinite(places).all(1)]):
            return True
    return False


def _below(ax: Axes) -> float:
    """Points that tick labels and axis label take up below the axes."""
    box = ax.xaxis.get_tightbbox(ax.figure.canvas.get_renderer())  # type: ignore[attr-defined]
    return 0.0 if box is None else float(ax.get_window_extent().y0 - box.y0) * 72 / ax.figure.dpi


@styled
def shared_legend(fig: Figure) -> None:
    """Replace the legends of all axes by one below the figure, each entry once."""
    entries: dict[str, Any] = {}
    for ax in fig.axes:
        if (own := ax.get_legend()) is not None:
            labels = [text.get_text() for text in own.get_texts()]
            entries = dict(zip(labels, own.legend_handles, strict=True)) | entries
            own.remove()
    if entries:
        fit = max(1, int(fig.get_figwidth() / (0.42 + 0.055 * max(map(len, entries)))))
        fig.legend(list(entries.values()), list(entries), loc="outside lower center", ncols=min(fit, len(entries)))
