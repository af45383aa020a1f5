"""Runs the service in child processes that kill themselves, one for each point; run by test_crash.py.

    python -m tests.graphs.crash_child FOLDER

For every point a child works on FOLDER/POINT and dies by SIGKILL there: nothing is flushed, nothing is closed.
The product knows nothing of this: the children put a killing wrapper around a node or a call of the records.
"""

import asyncio
import functools
import inspect
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import graphs.adjacency
import graphs.intake
from records.book import CaseBook
from tests.graphs.kit import accept, manhole, opened, ruling

INTAKE = ("recognise", "locate", "merge", "classify", "assess", "dispatch")
ASSIGN = ("retrieve", "decide", "write", "check", "file")
AFTER_RULING = ("await_ruling", "settle")
CALLS = ("describe", "move", "save_opinion", "issue_order", "finish_intake")
"""Calls of the records: death comes when the call returns, inside the transaction where there is one."""
POINTS = (
    *(f"node-{name}" for name in (*INTAKE, *ASSIGN, *AFTER_RULING)),
    *(f"call-{name}" for name in CALLS),
    "ruled",
)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def deadly(function: Callable[..., Any]) -> Callable[..., Any]:
    """The same function, after which the process is dead."""
    if inspect.iscoroutinefunction(function):

        @functools.wraps(function)
        async def run(*args: Any, **kwargs: Any) -> Any:
            await function(*args, **kwargs)
            die()

        return run

    @functools.wraps(function)
    def run_now(*args: Any, **kwargs: Any) -> Any:
        function(*args, **kwargs)
        die()

    return run_now


def arm(point: str) -> None:
    kind, _, name = point.partition("-")
    if kind == "node":
        module = graphs.adjacency if name in ASSIGN else graphs.intake
        setattr(module, name, deadly(getattr(module, name)))
    elif kind == "call":
        setattr(CaseBook, name, deadly(getattr(CaseBook, name)))


async def live(point: str, home: Path) -> None:
    """Accept a case, run it, rule on it; somewhere on the way the process dies."""
    home.mkdir(parents=True)
    arm(point)
    async with opened(home) as (runner, book):
        case_id = await accept(book, manhole())
        runner.submit(case_id)
        await runner.wait(case_id)
        opinion_id = (await book.case(case_id)).opinion
        await book.decide(ruling(opinion_id))
        if point == "ruled":
            die()
        runner.submit(case_id)
        await runner.wait(case_id)


def main(folder: Path) -> None:
    for point in POINTS:
        pid = os.fork()
        if pid == 0:
            asyncio.run(live(point, folder / point))
            os._exit(3)
        _, status = os.waitpid(pid, 0)
        if not os.WIFSIGNALED(status) or os.WTERMSIG(status) != signal.SIGKILL:
            raise SystemExit(f"{point}: the child was not killed (status {status})")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
