"""Laws of the generated scenes: the same every time, enough of them, and of a truth that no rule has touched."""

import ast
import json
from pathlib import Path

import numpy as np
import pytest
from shapely.geometry import Point

from domain.worlddata import schematic_city
from evals.scenes.build import FAMILIES, TITLES, Suite, build, halves
from evals.scenes.form import DUTIES, Outcome, scene_from_json
from evals.scenes.ground import FRAME, Ground

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def suite() -> Suite:
    return build(schematic_city())


def bytes_of(made: Suite) -> str:
    return json.dumps([scene.to_json() for scene in made.scenes], ensure_ascii=False)


def test_there_are_enough_scenes_in_enough_families(suite: Suite) -> None:
    counts = {name: sum(scene.family == name for scene in suite.scenes) for name in FAMILIES}
    assert len(suite.scenes) >= 600
    assert len(FAMILIES) >= 16
    assert min(counts.values()) >= 12
    assert len({scene.id for scene in suite.scenes}) == len(suite.scenes)


def test_the_same_seed_gives_the_same_bytes(suite: Suite) -> None:
    assert bytes_of(build(schematic_city())) == bytes_of(suite)


def test_a_family_is_the_same_alone(suite: Suite) -> None:
    alone = build(schematic_city(), only=("designation",))
    assert alone.scenes == tuple(scene for scene in suite.scenes if scene.family == "designation")


def test_another_seed_gives_other_scenes(suite: Suite) -> None:
    assert bytes_of(build(schematic_city(), seed=1)) != bytes_of(suite)


def test_a_scene_survives_its_json(suite: Suite) -> None:
    assert all(scene_from_json(json.loads(json.dumps(scene.to_json()))) == scene for scene in suite.scenes)


def test_every_unit_of_a_truth_exists_on_the_day(suite: Suite) -> None:
    for scene in suite.scenes:
        register = suite.worlds[scene.family].register
        for truth in scene.truths.values():
            for code in (truth.unit, *truth.also):
                found = register.get(code)
                assert not code or (found is not None and found.valid_on(scene.day)), (scene.id, code)


def test_truths_say_what_they_mean(suite: Suite) -> None:
    for scene in suite.scenes:
        assert set(scene.truths) == set(DUTIES)
        assert all(truth.why for truth in scene.truths.values())
        assert all(bool(truth.unit) == (truth.outcome is Outcome.UNIT) for truth in scene.truths.values())
        assert not any(truth.signed for duty, truth in scene.truths.items() if truth.outcome is Outcome.NONE)


def test_halves_are_whole_families_drawn_by_the_seed() -> None:
    drawn = halves()
    assert set(drawn) == set(FAMILIES) == set(TITLES)
    assert 12 <= list(drawn.values()).count("fit") <= len(FAMILIES) - 12
    assert halves() == drawn != halves(seed=3)


def test_a_spot_inside_lies_where_it_was_put(suite: Suite) -> None:
    ground = Ground(schematic_city())
    for scene in suite.scenes:
        if scene.family in ("inside", "near_sharp", "powers"):
            named = [town for town in ground.towns.values() if town.name in scene.note]
            town = min(named, key=lambda one: scene.note.index(one.name))
            sent = scene.observation
            x, y = FRAME.to_m(np.array([[sent["lon"], sent["lat"]]]))[0]
            assert town.area.buffer(0.5).contains(Point(x, y)), scene.id


def test_no_rule_takes_part_in_the_truth() -> None:
    """The import contract in pyproject.toml holds for the whole graph; this one is for whoever reads the files."""
    forbidden = ("domain.adjacency", "domain.territory", "domain.issues", "domain.recognition", "agents", "graphs")
    for path in (ROOT / "evals" / "scenes").glob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        named = [node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)]
        named += [alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names]
        assert not [name for name in named if name.startswith(forbidden)], path.name
