"""Names of quantities carry one of the known unit suffixes, and the glossary has them all."""

import ast
from pathlib import Path

import pytest

from domain.units import HOUR_S, UNIT_SUFFIXES

ROOT = Path(__file__).parents[2]
SPELLED_OUT = (
    "meter", "meters", "metre", "metres", "sec", "secs", "second", "seconds", "min", "mins", "minutes", "hour", "hours",
    "hr", "hrs", "degree", "degrees", "millis", "kph", "yuan", "rmb",
)  # fmt: skip


def names(path: Path) -> set[str]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = {node.arg for node in ast.walk(tree) if isinstance(node, ast.arg)}
    found |= {node.id for node in ast.walk(tree) if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store)}
    return found


@pytest.mark.parametrize("package", ["domain", "agents", "graphs", "knowledge", "records", "adapters", "api"])
def test_no_quantity_spells_its_unit_out(package: str) -> None:
    wrong = {
        f"{path.name}: {name}"
        for path in (ROOT / package).rglob("*.py")
        for name in names(path)
        if "_" in name and "_PER_" not in name.upper() and name.rsplit("_", 1)[1].lower() in SPELLED_OUT
    }
    assert wrong == set()


@pytest.mark.parametrize("suffix", UNIT_SUFFIXES)
def test_the_glossary_explains_every_suffix(suffix: str) -> None:
    assert f"| `_{suffix}` | {UNIT_SUFFIXES[suffix]} |" in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")


def test_an_hour_is_sixty_minutes_of_sixty_seconds() -> None:
    assert HOUR_S == 60 * 60
