"""The whole service, with the shipped knowledge base, on both databases; restarts, settings, what cannot be opened."""

import json
import shutil
from collections.abc import Iterator
from pathlib import Path

import anyio
import psycopg
import pytest
from langchain_core.runnables import RunnableConfig
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from psycopg_pool import PoolTimeout

from agents.retry import transient
from domain.case import Stage
from domain.clock import FixedClock
from domain.errors import BadGeodata
from domain.opinion import canonical
from domain.worlddata import schematic_city, world_to_json
from graphs.adjacency import opine
from graphs.bootstrap import ServiceSettings, load_world, open_checkpoints, open_services
from graphs.settings import GraphSettings
from knowledge.base import open_knowledge
from knowledge.settings import KnowledgeSettings
from records.settings import RecordsSettings
from tests.graphs.kit import NOW, accept, manhole, rubbish, ruling
from tests.postgres import PostgresServer
from tests.postgres import postgres_server as postgres_server


@pytest.fixture(scope="module")
def loaded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data folder whose knowledge base holds the starter corpus."""
    home = tmp_path_factory.mktemp("loaded")
    open_knowledge(KnowledgeSettings(home=home), clock=FixedClock(NOW)).close()
    return home


@pytest.fixture(params=["sqlite", "postgresql"])
def settings(request: pytest.FixtureRequest, loaded: Path, tmp_path: Path) -> Iterator[ServiceSettings]:
    home = tmp_path / "home"
    shutil.copytree(loaded, home)
    if request.param == "sqlite":
        yield ServiceSettings.at(home)
        return
    server: PostgresServer = request.getfixturevalue("postgres_server")
    url = server.database()
    yield ServiceSettings(
        knowledge=KnowledgeSettings(home=home),
        records=RecordsSettings(home=home, database_url=url),
        graph=GraphSettings(home=home),
    )
    server.drop(url)


async def test_a_case_waits_over_a_restart_and_every_citation_holds(settings: ServiceSettings) -> None:
    clock = FixedClock(NOW)
    async with open_services(settings, clock=clock) as services:
        case_id = await accept(services.book, manhole())
        services.runner.submit(case_id)
        await services.runner.wait(case_id)
        opinion_id = (await services.book.case(case_id)).opinion
        opinion = await services.book.opinion(opinion_id)
        assert len(opinion["citations"]) >= 5
        assert {citation["status"] for citation in opinion["citations"]} == {"in_force"}
        assert not any("依据未通过核对" in why for why in opinion["human_required"]["why"])
        assert opinion["versions"]["knowledge"] == services.knowledge.version
        for citation in opinion["citations"]:
            article = services.knowledge.cite(citation["law"], citation["article"], as_of=NOW.date())
            assert article.text_sha256 == citation["text_sha256"]
    async with open_services(settings, clock=clock) as services:
        await services.runner.decide(ruling(opinion_id))
        await services.runner.wait(case_id)
        orders = [order.id for order in await services.book.orders_of(case_id)]
        assert sorted(orders) == [f"{case_id}:handling", f"{case_id}:upkeep"]
        assert (await services.book.case(case_id)).stage is Stage.DISPATCHED
        assert await services.book.verify_audit() > 0


async def test_the_same_report_gives_the_same_bytes_in_another_process_life(loaded: Path, tmp_path: Path) -> None:
    answers: list[str] = []
    for name in ("one", "two"):
        shutil.copytree(loaded, tmp_path / name)
        async with open_services(ServiceSettings.at(tmp_path / name), clock=FixedClock(NOW)) as services:
            answers += [canonical(await opine(services, manhole())), canonical(await opine(services, manhole()))]
    assert len(set(answers)) == 1


async def test_an_opinion_for_the_command_line_stores_nothing(loaded: Path, tmp_path: Path) -> None:
    shutil.copytree(loaded, tmp_path / "home")
    async with open_services(ServiceSettings.at(tmp_path / "home"), clock=FixedClock(NOW)) as services:
        await opine(services, rubbish())
        assert await services.book.audit_head() == (0, "0" * 64)


async def test_checkpoints_have_a_file_of_their_own_that_survives_readers(tmp_path: Path) -> None:
    async with open_checkpoints(ServiceSettings.at(tmp_path)) as saver:
        assert isinstance(saver, AsyncSqliteSaver)
        modes = [
            await (await saver.conn.execute(f"PRAGMA {name}")).fetchone() for name in ("journal_mode", "synchronous")
        ]
        assert modes == [("wal",), (1,)]
    assert (tmp_path / "checkpoints.sqlite").is_file()


def test_an_imported_city_takes_the_place_of_the_schematic_one(tmp_path: Path) -> None:
    assert load_world(tmp_path).version == schematic_city().version
    plain = world_to_json(schematic_city()) | {"name": "别处市"}
    (tmp_path / "world.json").write_text(json.dumps(plain, ensure_ascii=False), encoding="utf-8")
    assert load_world(tmp_path).name == "别处市"


@pytest.mark.parametrize("text", ["{", "[]", '{"name": 3}', "\x00"])
def test_a_broken_city_file_says_how_to_mend_it(tmp_path: Path, text: str) -> None:
    (tmp_path / "world.json").write_text(text, encoding="utf-8")
    with pytest.raises(BadGeodata) as caught:
        load_world(tmp_path)
    assert "world import" in caught.value.hint


def test_settings_come_from_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("LIANZHI_HOME", str(tmp_path))
    monkeypatch.setenv("LIANZHI_LLM_MODEL", "qwen")
    monkeypatch.setenv("LIANZHI_RUN_CONCURRENCY", "3")
    settings = ServiceSettings()
    assert {settings.knowledge.home, settings.records.home, settings.graph.home} == {tmp_path}
    assert (settings.llm.llm_model, settings.graph.run_concurrency) == ("qwen", 3)


def test_an_opening_that_fails_leaves_nothing_open(tmp_path: Path) -> None:
    """ResourceWarnings are errors here: what was opened before the failure must be closed again."""
    settings = ServiceSettings(
        knowledge=KnowledgeSettings(home=tmp_path), records=RecordsSettings(home=tmp_path, database_url="mysql://x/y")
    )

    async def attempt() -> None:
        async with open_services(settings):
            raise AssertionError("must not open")

    with pytest.raises(Exception, match="不支持的数据库"):
        anyio.run(attempt)


async def test_checkpoints_outlive_a_restart_of_the_database_server(
    postgres_server: PostgresServer, tmp_path: Path
) -> None:
    url = postgres_server.database()
    settings = ServiceSettings(records=RecordsSettings(home=tmp_path, database_url=url))
    where: RunnableConfig = {"configurable": {"thread_id": "c-1"}}
    async with open_checkpoints(settings) as saver:
        assert await saver.aget_tuple(where) is None
        with psycopg.connect(url, autocommit=True) as other:
            other.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND pid <> pg_backend_pid()"
            )
        assert await saver.aget_tuple(where) is None
    postgres_server.drop(url)


def test_a_database_server_that_is_gone_for_a_moment_is_a_passing_failure() -> None:
    assert transient(psycopg.OperationalError("the connection is closed"))
    assert transient(PoolTimeout("no connection"))
    assert not transient(psycopg.ProgrammingError("no such column"))
