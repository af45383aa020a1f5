"""Bases that several files of tests read: the starter corpus, and real law where the reference data is at hand."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.ingest import IngestReport
from tests.knowledge.engines import ENGINES, Bench, opened
from tests.knowledge.libraries import TODAY, settings
from tests.knowledge.stores import ALL, write

DATA = Path(__file__).parent / "data"


def as_of_rows() -> list[dict[str, Any]]:
    """Questions of validity on a day, with their answers."""
    return [json.loads(line) for line in (DATA / "as_of.jsonl").read_text(encoding="utf-8").splitlines()]


def claim_rows() -> list[dict[str, str]]:
    """Claims about articles: set, law, article, kind, claim."""
    head, *lines = (DATA / "claims.tsv").read_text(encoding="utf-8").splitlines()
    return [dict(zip(head.split("\t"), line.split("\t"), strict=True)) for line in lines]


@pytest.fixture(scope="session")
def citations(shared_dir: Path) -> list[dict[str, Any]]:
    """Checked citations of the reference data."""
    return json.loads((shared_dir / "domain" / "citations_verified.json").read_text(encoding="utf-8"))


@pytest.fixture(scope="session")
def starter_base(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KnowledgeBase]:
    """What a new installation holds."""
    base = open_knowledge(settings(tmp_path_factory.mktemp("starter")), clock=TODAY)
    yield base
    base.close()


@pytest.fixture(scope="session")
def real_law(
    shared_dir: Path, citations: list[dict[str, Any]], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[KnowledgeBase, IngestReport]]:
    """The city's local law, and every version of every national law that a test asks about."""
    laws = shared_dir / "laws"
    cited = {laws / entry["path"] for entry in citations if not entry["path"].startswith("DLC/")}
    asked = {row["law"] for row in [*as_of_rows(), *claim_rows()]}
    national = (path for path in laws.rglob("*.md") if "DLC" not in path.parts)
    named = {path for path in national if path.name.split("(")[0].removesuffix(".md") in asked}
    base = open_knowledge(settings(tmp_path_factory.mktemp("law")), clock=TODAY)
    report = base.ingest([laws / "DLC" / "重庆地方法规", laws / "民法典", *sorted(cited | named)], workers=1)
    yield base, report
    base.close()


@pytest.fixture(params=ENGINES)
def bench(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Bench]:
    with opened(request.param, tmp_path / "knowledge") as one:
        yield one


@pytest.fixture
def filled(bench: Bench) -> Bench:
    with bench.build() as store:
        write(store, ALL)
    return bench


@pytest.fixture(scope="module", params=ENGINES)
def library(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bench]:
    """All passages, for tests that change nothing."""
    with opened(request.param, tmp_path_factory.mktemp("library") / "knowledge") as one:
        with one.build() as store:
            write(store, ALL)
        yield one
