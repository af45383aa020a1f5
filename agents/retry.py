"""Which failures of a node are worth another try."""

import sqlite3

from langgraph.types import RetryPolicy

from domain.errors import Unavailable


def transient(error: Exception) -> bool:
    """Whether the same call may succeed in a moment: a locked database, a part that is not there just now."""
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error) or "busy" in str(error)
    return isinstance(error, Unavailable | ConnectionError | TimeoutError)


def retry_policy() -> RetryPolicy:
    """Four tries within about a second; every node may be run again, so nothing is done twice."""
    return RetryPolicy(initial_interval=0.05, backoff_factor=3.0, max_interval=1.0, max_attempts=4, retry_on=transient)
