"""Whether a stated probability is kept (校准): bins, expected calibration error with an interval, reliability plot."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from warnings import catch_warnings, filterwarnings

import numpy as np

BINS = 10
ROUNDS = 1000
SEED = 20260704
LEVEL = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Bin:
    """Answers whose stated probability lies in [low, high): how many, what was stated and what came true on average."""

    low: float
    high: float
    n: int
    stated: float
    true: float

    def to_json(self) -> dict[str, float]:
        """Rounded to four digits."""
        return {"low": self.low, "high": self.high, "n": self.n, "stated": round(self.stated, 4),
                "true": round(self.true, 4)}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How well stated probabilities are kept.

    Attributes:
        n: Answers.
        ece: Expected calibration error, in [0, 1]: the mean over answers of |stated - true| in their bin.
        low, high: Bootstrap interval of it at `LEVEL`; small bins push the error, and so the interval, upwards.
        brier: Mean squared difference between the stated probability and what came true.
        bins: Bins that are not empty, from low to high.
    """

    n: int
    ece: float
    low: float
    high: float
    brier: float
    bins: tuple[Bin, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value, rounded to four digits."""
        return {
            "n": self.n, "ece": round(self.ece, 4), "low": round(self.low, 4), "high": round(self.high, 4),
            "brier": round(self.brier, 4), "bins": [one.to_json() for one in self.bins],
        }  # fmt: skip


def calibration(stated: Sequence[float], true: Sequence[bool], *, bins: int = BINS, seed: int = SEED) -> Calibration:
    """Hold stated probabilities against what came true.

    Args:
        stated: Probabilities in [0, 1].
        true: Whether each came true, as long as `stated`.
        bins: Number of bins of equal width, > 0.
        seed: Of the bootstrap's draws.
    """
    if not stated:
        return Calibration(n=0, ece=0.0, low=0.0, high=0.0, brier=0.0, bins=())
    said, came = np.asarray(stated, dtype=np.float64), np.asarray(true, dtype=np.float64)
    place = np.minimum((said * bins).astype(np.int64), bins - 1)
    drawn = np.random.default_rng(seed).integers(0, len(said), size=(ROUNDS, len(said)))
    errors = [_error(said[rows], came[rows], place[rows], bins) for rows in drawn]
    tail = (1 - LEVEL) / 2
    low, high = np.quantile(errors, [tail, 1 - tail])
    found = [_bin(said, came, place == at, at / bins, (at + 1) / bins) for at in range(bins) if (place == at).any()]
    return Calibration(
        n=len(said), ece=_error(said, came, place, bins), low=float(low), high=float(high),
        brier=float(np.mean((said - came) ** 2)), bins=tuple(found),
    )  # fmt: skip


def _error(said: np.ndarray, came: np.ndarray, place: np.ndarray, bins: int) -> float:
    gaps = np.bincount(place, weights=said - came, minlength=bins)
    return float(np.abs(gaps).sum() / len(said))


def _bin(said: np.ndarray, came: np.ndarray, here: np.ndarray, low: float, high: float) -> Bin:
    return Bin(low=low, high=high, n=int(here.sum()), stated=float(said[here].mean()), true=float(came[here].mean()))


def reliability_svg(made: Calibration, title: str) -> str:
    """Reliability plot (可靠性图) as SVG: equal input gives equal bytes.

    Args:
        made: What to draw.
        title: Chinese title.
    """
    # Heavy, and wanted by evaluation only.
    from io import StringIO

    from matplotlib import rc_context
    from matplotlib.backends.backend_svg import FigureCanvasSVG
    from matplotlib.figure import Figure

    with rc_context({"svg.fonttype": "none", "svg.hashsalt": "lianzhi"}):
        figure = Figure(figsize=(5.6, 6.4))
        FigureCanvasSVG(figure)
        upper, lower = figure.subplots(2, 1, height_ratios=(3, 1), sharex=True)
        upper.plot([0, 1], [0, 1], color="#888888", linewidth=1, linestyle="--")
        upper.plot([b.stated for b in made.bins], [b.true for b in made.bins], marker="o", color="#0b62a4")
        upper.set_ylabel("实际正确率")
        upper.set_ylim(0, 1.02)
        upper.set_title(f"{title}\nECE {made.ece:.3f} [{made.low:.3f}, {made.high:.3f}]，n={made.n}")
        lower.bar([(b.low + b.high) / 2 for b in made.bins], [b.n for b in made.bins], width=0.09, color="#0b62a4")
        lower.set_ylabel("件数")
        lower.set_xlabel("给出的把握")
        lower.set_xlim(0, 1)
        drawn = StringIO()
        with catch_warnings():
            # The browser sets the Chinese text; the fonts here need not know it.
            filterwarnings("ignore", message="Glyph .* missing from font")
            figure.savefig(drawn, format="svg", metadata={"Date": None, "Creator": None})
    return drawn.getvalue()
