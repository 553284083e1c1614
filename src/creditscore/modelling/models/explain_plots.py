"""Plots of explanations: waterfall of one subject, beeswarm of many, dependence on one column, in Chinese too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from creditscore.core.errors import UsageError
from creditscore.core.extras import require
from creditscore.core.i18n import lang_of, phrases
from creditscore.modelling.models.explain import ModelExplanation

if TYPE_CHECKING:
    from matplotlib.figure import Figure

__all__ = ["beeswarm", "chinese", "dependence", "waterfall"]

FONTS = ("Noto Sans CJK SC", "WenQuanYi Micro Hei", "Microsoft YaHei", "PingFang SC", "SimHei")
WORSE, BETTER, PLAIN = "#b2182b", "#2166ac", "#4d4d4d"


@contextmanager
def chinese() -> Iterator[None]:
    """Draw text in a font that has Chinese characters while the context lasts.

    The first fonts are those of a short list that are installed; where none is, matplotlib's own are used. A minus sign
    is drawn as a hyphen, which every font has.

    Returns
    -------
    context manager
        Gives no value; on leaving it matplotlib's settings are as before.

    Raises
    ------
    MissingExtra
        Where the extra `plots` is not installed.

    Examples
    --------
    >>> with chinese():  # doctest: +SKIP
    ...     axes.set_title("信用评级")
    """
    require("plots")
    import matplotlib
    from matplotlib import font_manager

    there = {font_entry.name for font_entry in font_manager.fontManager.ttflist}
    fonts = [name for name in FONTS if name in there]
    with matplotlib.rc_context({"font.family": [*fonts, "sans-serif"], "axes.unicode_minus": False}):
        yield


def waterfall(
    explained: ModelExplanation,
    row: int = 0,
    *,
    labels: Mapping[str, str] | None = None,
    most: int = 10,
    lang: str = "en",
) -> Figure:
    """Plot how one row's points come about: from the mean of the background, one bar per column, largest first.

    Parameters
    ----------
    explained
        The explanation of the rows.
    row
        Position of the row among those explained, from 0.
    labels
        Words for columns by name; None, or a name left out: the name itself.
    most
        Greatest number of columns shown with a bar of their own; the rest share one. Columns with a share of 0 have
        none.
    lang
        Language of the words of the plot, `en` or `zh`.

    Returns
    -------
    Figure
        A matplotlib figure; points on the x axis, higher is better.

    Raises
    ------
    MissingExtra
        Where the extra `plots` is not installed.

    Examples
    --------
    >>> waterfall(model.explain(firms), row=3, lang="zh").savefig("waterfall.png")  # doctest: +SKIP
    """
    t = phrases("model_plots", lang_of(lang))
    ranked = explained.ranked(row)
    shown, rest = ranked[:most], ranked[most:]
    bars = [(_label(labels, name), points) for name, points in shown]
    if rest:
        bars.append((t("rest", len(rest)), sum(points for _, points in rest)))
    with chinese():
        figure, axes = _figure(0.42 * len(bars) + 1.6)
        at = explained.base
        reach = np.cumsum([explained.base, *(points for _, points in bars)])
        wide = 0.06 * (float(np.ptp(reach)) or 1.0)
        for place, (_, points) in enumerate(bars):
            axes.barh(-place, points, left=at, color=WORSE if points < 0 else BETTER, height=0.62)
            inside = abs(points) > wide
            spot = at + points / 2 if inside else max(at, at + points) + wide / 6
            axes.annotate(
                f"{points:+.1f}",
                (spot, -place),
                ha="center" if inside else "left",
                va="center",
                color="white" if inside else PLAIN,
                fontsize=8,
            )
            if place + 1 < len(bars):
                axes.plot([at + points] * 2, [-place - 0.31, -place - 0.69], color=PLAIN, lw=0.8)
            at += points
        axes.set_xlim(float(reach.min()) - wide, float(reach.max()) + wide)
        axes.axvline(explained.base, color=PLAIN, lw=0.8, ls=":")
        axes.set_yticks([-k for k in range(len(bars))], [name for name, _ in bars])
        axes.set_xlabel(t("score"))
        axes.set_title(
            t("title", f"{explained.base:.1f}", f"{explained.score[row]:.1f}"),
            fontsize=10,
        )
        return _finished(figure, t)


def beeswarm(
    explained: ModelExplanation, *, labels: Mapping[str, str] | None = None, most: int = 12, lang: str = "en"
) -> Figure:
    """Plot the shares of many rows: one dot per row and column, coloured from low to high values of the column.

    Parameters
    ----------
    explained
        The explanation of the rows.
    labels
        Words for columns by name; None, or a name left out: the name itself.
    most
        Greatest number of columns shown, those of the greatest mean absolute share first.
    lang
        Language of the words of the plot, `en` or `zh`.

    Returns
    -------
    Figure
        A matplotlib figure; points added on the x axis, higher is better.

    Raises
    ------
    MissingExtra
        Where the extra `plots` is not installed.

    Examples
    --------
    >>> beeswarm(model.explain(firms)).savefig("beeswarm.png")  # doctest: +SKIP
    """
    t = phrases("model_plots", lang_of(lang))
    shares = explained.shares
    names = sorted(shares.columns, key=lambda name: (-float(np.abs(shares[name].to_numpy()).mean()), str(name)))[:most]
    with chinese():
        figure, axes = _figure(0.45 * len(names) + 1.4)
        dots = None
        for place, name in enumerate(names):
            x = shares[name].to_numpy()
            dots = axes.scatter(
                x, -place + _spread(x), c=_ranks(explained.values[name]), cmap="coolwarm", vmin=0, vmax=1, s=8, lw=0
            )
        axes.axvline(0, color=PLAIN, lw=0.8)
        axes.set_yticks([-k for k in range(len(names))], [_label(labels, str(name)) for name in names])
        axes.set_xlabel(t("share"))
        if dots is not None:
            bar = figure.colorbar(dots, ax=axes, ticks=[0, 1], pad=0.02, aspect=30)
            bar.ax.set_yticklabels([t("low"), t("high")])
        return _finished(figure, t)


def dependence(
    explained: ModelExplanation, column: str, *, labels: Mapping[str, str] | None = None, lang: str = "en"
) -> Figure:
    """Plot the points that one column adds against its values.

    Text columns are shown by level, from the lowest mean share; missing numbers stand as crosses left of the others.

    Parameters
    ----------
    explained
        The explanation of the rows.
    column
        Name of the column.
    labels
        Words for columns by name; None, or a name left out: the name itself.
    lang
        Language of the words of the plot, `en` or `zh`.

    Returns
    -------
    Figure
        A matplotlib figure; one dot per row, points added on the y axis, higher is better.

    Raises
    ------
    UsageError
        For a column that has no share.
    MissingExtra
        Where the extra `plots` is not installed.

    Examples
    --------
    >>> dependence(model.explain(firms), "overdue_days").savefig("overdue.png")  # doctest: +SKIP
    """
    t = phrases("model_plots", lang_of(lang))
    if column not in explained.shares.columns:
        raise UsageError(
            "modelling.column_no_share", column=column, allowed=[str(c) for c in explained.shares.columns][:20]
        )
    values, shares = explained.values[column], explained.shares[column].to_numpy()
    with chinese():
        figure, axes = _figure(3.4)
        if values.dtype.kind in "iufb":
            x = values.to_numpy(dtype=np.float64, na_value=np.nan)
            known = np.isfinite(x)
            axes.scatter(x[known], shares[known], s=10, color=BETTER, lw=0, alpha=0.6)
            if (~known).any() and known.any():
                edge = np.nanmin(x[known]) - 0.05 * (np.ptp(x[known]) or 1.0)
                axes.scatter(np.full(int((~known).sum()), edge), shares[~known], s=14, marker="x", color=WORSE)
        else:
            words = values.astype(object).where(values.notna(), "–").astype(str)
            order = sorted(set(words), key=lambda w: (float(np.mean(shares[(words == w).to_numpy()])), w))
            axes.scatter([order.index(w) for w in words], shares, s=10, color=BETTER, lw=0, alpha=0.6)
            axes.set_xticks(range(len(order)), order, rotation=20, ha="right")
        axes.axhline(0, color=PLAIN, lw=0.8)
        axes.set_xlabel(_label(labels, column))
        axes.set_ylabel(t("share"))
        return _finished(figure, t)


def _figure(height: float) -> tuple[Figure, Any]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(7.2, height), layout="constrained")
    FigureCanvasAgg(figure)  # no window, whatever the machine
    axes = figure.add_subplot()
    axes.spines[["top", "right"]].set_visible(False)
    axes.tick_params(labelsize=8)
    return figure, axes


def _finished(figure: Figure, t: Callable[..., str]) -> Figure:
    figure.text(0.995, 0.002, t("notice"), ha="right", va="bottom", fontsize=7, color=PLAIN)
    figure.draw_without_rendering()  # fonts are looked up now, while the right ones are set
    return figure


def _label(labels: Mapping[str, str] | None, name: str) -> str:
    return name if labels is None else str(labels.get(name, name))


def _spread(x: Any, width: float = 0.36) -> Any:
    """Small offsets by density, the same in every run."""
    if len(x) < 2 or np.ptp(x) == 0:
        return np.linspace(-width / 2, width / 2, len(x))
    cell = np.floor((x - x.min()) / np.ptp(x) * 60).astype(int)
    offset = np.zeros(len(x))
    for value in np.unique(cell):
        rows = np.flatnonzero(cell == value)
        offset[rows] = (np.arange(len(rows)) - (len(rows) - 1) / 2) / max(len(rows), 12) * width
    return offset


def _ranks(values: Any) -> Any:
    """Values as shares of their ranks; text by its order; missing in the middle."""
    import pandas as pd

    numbers = values if values.dtype.kind in "iufb" else pd.Series(pd.Categorical(values).codes).replace(-1, np.nan)
    return numbers.rank(pct=True).fillna(0.5).to_numpy(dtype=np.float64)
