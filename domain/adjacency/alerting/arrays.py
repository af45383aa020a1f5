"""Names of the arrays that scans work on."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

IntArray = NDArray[np.int64]
CountMatrix = NDArray[Any]
"""Whole numbers of any width."""
