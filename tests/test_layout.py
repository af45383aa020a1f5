"""The flat package names are ours and nobody else's."""

import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = ["adapters", "agents", "api", "commands", "domain", "evals", "graphs", "knowledge", "records", "lianzhi"]
HEAVY = ["torch", "sentence_transformers", "transformers", "llama_index", "langchain_openai", "openai", "pyogrio"]


@pytest.mark.parametrize("name", PACKAGES)
def test_package_comes_from_this_repository(name: str) -> None:
    module = importlib.import_module(name)
    assert Path(module.__file__ or "").is_relative_to(ROOT)


@pytest.mark.parametrize("module", ["api.app", "graphs.bootstrap", "lianzhi"])
def test_serving_loads_no_model_library(module: str) -> None:
    """Heavy imports have one door each, and serving does not pass through it."""
    probe = f"import sys, {module}; print([m for m in {HEAVY!r} if m in sys.modules])"
    done = subprocess.run([sys.executable, "-c", probe], check=True, capture_output=True, text=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def test_no_file_is_longer_than_four_hundred_lines() -> None:
    long = [
        f"{path.relative_to(ROOT)}: {count}"
        for package in [*PACKAGES[:-1], "tests", "bench", "scripts"]
        for path in (ROOT / package).rglob("*.py")
        if (count := len(path.read_text(encoding="utf-8").splitlines())) > 400
    ]
    assert long == []


def test_nobody_imports_the_command_line() -> None:
    importers = [
        path
        for package in PACKAGES[:-1]
        for path in (ROOT / package).rglob("*.py")
        if re.search(r"^\s*(from|import) lianzhi\b", path.read_text(encoding="utf-8"), re.MULTILINE)
    ]
    assert importers == []


@pytest.mark.parametrize("library", ["llama_index", "qdrant_client", "qdrant_edge", "sentence_transformers"])
def test_the_command_line_leaves_engines_to_knowledge(library: str) -> None:
    assert library not in (ROOT / "lianzhi.py").read_text(encoding="utf-8")
