"""Shared fixtures; strict checkpoints are set before LangGraph is imported."""

import os
from pathlib import Path

os.environ["LANGGRAPH_STRICT_MSGPACK"] = "true"

import pytest
from hypothesis import settings

ROOT = Path(__file__).parents[1]

# A loaded machine is no defect: speed is measured in bench/.
settings.register_profile("patient", deadline=None)
settings.load_profile("patient")


@pytest.fixture(scope="session")
def shared_dir() -> Path:
    """Folder of reference data (`LIANZHI_SHARED`, default `../shared`); its tests skip where it is absent."""
    folder = Path(os.environ.get("LIANZHI_SHARED", ROOT.parent / "shared")).resolve()
    if not folder.is_dir():
        pytest.skip(f"reference data not found at {folder}; set LIANZHI_SHARED")
    return folder
