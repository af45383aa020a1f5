"""Which failures of a node are worth another try."""

import sqlite3

from langgraph.types import RetryPolicy

from domain.errors import Unavailable

_POSTGRES = frozenset({"psycopg", "psycopg_pool"})
"""Packages known by name: they are not installed where everything is in SQLite."""


def transient(error: Exception) -> bool:
    """Whether the same call may succeed in a moment: a locked database, a part that is not there just now."""
    if isinstance(error, sqlite3.OperationalError):
        return "locked" in str(error) or "busy" in str(error)
    if type(error).__module__.partition(".")[0] in _POSTGRES:
        return any(base.__name__ == "OperationalError" for base in type(error).__mro__)
    return isinstance(error, Unavailable | ConnectionError | TimeoutError)


def retry_policy() -> RetryPolicy:
    """Four tries within about a second; every node may be run again, so nothing is done twice."""
    return RetryPolicy(initial_interval=0.05, backoff_factor=3.0, max_interval=1.0, max_attempts=4, retry_on=transient)


def no_retry() -> RetryPolicy:
    """For a node that is a graph of its own: its nodes try again themselves, and tries would multiply."""
    return RetryPolicy(max_attempts=1)
