"""Graphs run on asyncio, as the service does."""

import pytest


@pytest.fixture(scope="module")
def anyio_backend() -> str:
    """The drivers of both databases know asyncio only."""
    return "asyncio"
