"""False discoveries over the whole city: of what is announced, only a small share may be chance."""

import numpy as np

from domain.geo import FloatArray


def adjusted(p_values: FloatArray, *, tests: int = 0) -> FloatArray:
    """Benjamini and Hochberg's adjusted p-values: announcing all at most q keeps the false share at or below q.

    Holds for independent tests and for those that rise and fall together, as scans of one place by two methods do.

    Args:
        p_values: One for each test that was made, shape (m,).
        tests: How many tests there were, if more than are listed; the others count as p = 1.

    Sources:
        Benjamini, Hochberg, JRSS B 57 (1995); Benjamini, Yekutieli, Ann. Stat. 29 (2001), theorem 1.2.
    """
    m = max(tests, len(p_values))
    order = np.argsort(p_values, kind="stable")
    ranked = p_values[order] * m / np.arange(1, len(p_values) + 1)
    found = np.empty(len(p_values))
    found[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return found


def wilson(hits: int, trials: int, z: float = 1.96) -> tuple[float, float]:
    """Wilson's interval of a share; (0, 1) without trials."""
    if trials == 0:
        return 0.0, 1.0
    share, square = hits / trials, z * z
    middle = (share + square / (2 * trials)) / (1 + square / trials)
    reach = z / (1 + square / trials) * np.sqrt(share * (1 - share) / trials + square / (4 * trials**2))
    return max(0.0, float(middle - reach)), min(1.0, float(middle + reach))
