"""What every benchmark shares: the machine, the table, and the one JSON line at the end."""

import json
import os
import platform
import sys
from collections.abc import Sequence
from typing import Any


def machine() -> dict[str, Any]:
    """Cores, processor and Python of this run."""
    return {"cores": os.cpu_count(), "arch": platform.machine(), "python": platform.python_version()}


def table(rows: Sequence[Sequence[Any]], head: Sequence[str]) -> str:
    """A plain text table, right-aligned."""
    cells = [list(map(str, head)), *[[_cell(value) for value in row] for row in rows]]
    widths = [max(len(row[i]) for row in cells) for i in range(len(head))]
    return "\n".join("  ".join(text.rjust(width) for text, width in zip(row, widths, strict=True)) for row in cells)


def _cell(value: Any) -> str:  # noqa: ANN401
    return f"{value:,.2f}" if isinstance(value, float) else str(value)


def finish(name: str, *, ours: Any, peer: Any, ratio: Any, goal: Any, holds: bool) -> None:  # noqa: ANN401
    """Print the closing JSON line of the contract."""
    line = {
        "name": name,
        "ours": ours,
        "peer": peer,
        "ratio": ratio,
        "goal": goal,
        "holds": holds,
        "machine": machine(),
    }
    sys.stdout.write(json.dumps(line, ensure_ascii=False) + "\n")
