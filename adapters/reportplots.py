"""Charts of a report as SVG. Words stay words, so that the browser sets the Chinese in a font it has."""

# pyright: standard
# matplotlib's types are partly unknown.

import warnings
from io import StringIO
from typing import Any

import numpy as np

from domain.report import Chart, Series, shown

INK = ("#1f5a99", "#b35900", "#3d7a3d", "#7a3d7a")
"""Colours that are told apart in grey and by people who see few colours."""
_HEIGHT_PER_BAR = 0.32
"""Inches."""


def svg_of(chart: Chart) -> str:
    """The chart, without declaration of XML; equal charts give equal text."""
    # A second to import: a service that starts does not wait for it.
    import matplotlib
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "lianzhi"}), warnings.catch_warnings():
        # The browser sets the words; that no font here has them does not matter.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        tall = 1.2 + _HEIGHT_PER_BAR * len(chart.labels) * len(chart.series) if chart.kind == "bars" else 3.6
        figure = Figure(figsize=(9.0, tall), layout="constrained")
        FigureCanvasSVG(figure)
        axes = figure.add_subplot()
        (_bars if chart.kind == "bars" else _lines)(axes, chart)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if len(chart.series) > 1:
            axes.legend(frameon=False)
        drawn = StringIO()
        figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    text = drawn.getvalue()
    return text[text.index("<svg") :].rstrip()


def _numbers(values: tuple[float | None, ...]) -> Any:  # noqa: ANN401  matplotlib takes any array
    return np.array([np.nan if value is None else value for value in values], dtype=np.float64)


def _reach(series: Series) -> Any:  # noqa: ANN401  matplotlib takes any array
    values = _numbers(series.values)
    if not series.low:
        return None
    return np.nan_to_num(np.stack([values - _numbers(series.low), _numbers(series.high) - values]).clip(min=0))


def _axis(axis: Any, form: str) -> None:  # noqa: ANN401  matplotlib's axis
    from matplotlib.ticker import FuncFormatter

    axis.set_major_formatter(FuncFormatter(lambda value, _: f"{value:.0%}" if form == "share" else f"{value:g}"))


def _bars(axes: Any, chart: Chart) -> None:  # noqa: ANN401  matplotlib's axes
    place, height = np.arange(len(chart.labels), dtype=np.float64), 0.8 / len(chart.series)
    for i, series in enumerate(chart.series):
        at = place + (i - (len(chart.series) - 1) / 2) * height
        values = np.nan_to_num(_numbers(series.values))
        axes.barh(at, values, height, color=INK[i % len(INK)], label=series.name, alpha=0.85)
        reach = _reach(series)
        if reach is not None:
            axes.errorbar(values, at, xerr=reach, fmt="none", ecolor="#222222", capsize=2, linewidth=1)
        ends = values + (reach[1] if reach is not None else 0)
        for y, end, value in zip(at, ends, series.values, strict=True):
            axes.annotate(shown(value, chart.form), (end, y), xytext=(4, 0), textcoords="offset points", va="center")
    axes.set_yticks(place, chart.labels)
    axes.invert_yaxis()
    axes.margins(x=0.12)
    _axis(axes.xaxis, chart.form)


def _lines(axes: Any, chart: Chart) -> None:  # noqa: ANN401  matplotlib's axes
    place = np.arange(len(chart.labels))
    for i, series in enumerate(chart.series):
        colour = INK[i % len(INK)]
        axes.plot(place, _numbers(series.values), marker="o", color=colour, label=series.name)
        if series.low:
            axes.fill_between(place, _numbers(series.low), _numbers(series.high), color=colour, alpha=0.15, linewidth=0)
    if chart.mark in chart.labels:
        axes.axvline(chart.labels.index(chart.mark) - 0.5, color="#222222", linestyle="--", linewidth=1)
        axes.annotate(chart.mark_name, (chart.labels.index(chart.mark) - 0.5, 1), xytext=(4, -4),
                      xycoords=("data", "axes fraction"), textcoords="offset points", va="top")  # fmt: skip
    axes.set_xticks(place, chart.labels, rotation=45, ha="right")
    axes.margins(y=0.15)
    _axis(axes.yaxis, chart.form)
