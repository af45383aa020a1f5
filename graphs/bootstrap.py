"""The one composition root: everything is built here from settings, for the API, the command line and evals alike."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field, replace
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from langchain_core.language_models import BaseChatModel
from langgraph.checkpoint.base import BaseCheckpointSaver

from adapters.llm import LlmSettings, open_chat_model
from agents.context import Cases, Context, Knowledge
from domain.clock import Clock, system_clock
from domain.dispatch import StraightLineDispatcher
from domain.errors import BadGeodata, Unavailable
from domain.patrol.merging import ScoredMerger
from domain.territory import Territory
from domain.world import World
from domain.worlddata import schematic_city, world_from_json
from graphs.alerting import AlertDesk, BookLog, alert_builder
from graphs.compensation import CompensationDesk, compensation_builder
from graphs.disputes import DisputeDesk, dispute_builder
from graphs.evaluation import EvaluationDesk, evaluation_builder
from graphs.intake import intake_builder
from graphs.runner import CaseRunner
from graphs.settings import GraphSettings
from knowledge.base import KnowledgeBase, open_knowledge
from knowledge.settings import KnowledgeSettings
from records.book import CaseBook, open_book
from records.settings import RecordsSettings

CHECKPOINT_CONNECTIONS = 4
"""Connections to PostgreSQL that checkpoints may use; the saver takes one at a time, the rest are for replacement."""
CONNECT_S = 30.0
"""How long the first connection may take, seconds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceSettings:
    """Settings of all packages, each read from the environment by the package that uses it."""

    knowledge: KnowledgeSettings = field(default_factory=KnowledgeSettings)
    records: RecordsSettings = field(default_factory=RecordsSettings)
    llm: LlmSettings = field(default_factory=LlmSettings)
    graph: GraphSettings = field(default_factory=GraphSettings)

    @classmethod
    def at(cls, home: Path) -> "ServiceSettings":
        """The environment's settings with another data folder."""
        return cls(
            knowledge=KnowledgeSettings(home=home), records=RecordsSettings(home=home), graph=GraphSettings(home=home)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Services:
    """What a running service consists of."""

    settings: ServiceSettings
    world: World
    territory: Territory
    knowledge: KnowledgeBase
    book: CaseBook
    clock: Clock
    llm: BaseChatModel | None
    context: Context
    runner: CaseRunner
    compensation: CompensationDesk
    evaluations: EvaluationDesk
    alerts: AlertDesk
    disputes: DisputeDesk


@asynccontextmanager
async def open_services(settings: ServiceSettings, *, clock: Clock = system_clock) -> AsyncIterator[Services]:
    """Open everything; close it in the opposite order, running cases first.

    Args:
        settings: Where things are.
        clock: Time for everything that is recorded.

    Raises:
        BadGeodata: If the city's file cannot be read.
        Unavailable: If a part cannot be opened; the hint says how to mend it.
    """
    world = load_world(settings.graph.home)
    territory = Territory(world)
    async with AsyncExitStack() as stack:
        knowledge = await asyncio.to_thread(open_knowledge, settings.knowledge, clock=clock)
        stack.callback(knowledge.close)
        book = await stack.enter_async_context(open_book(settings.records.url))
        llm = await stack.enter_async_context(open_chat_model(settings.llm))
        saver = await stack.enter_async_context(open_checkpoints(settings))
        context = replace(
            context_of(settings, territory, knowledge, book, llm, clock),
            statements=book.statements,
            alerts=book.alerts,
            disputes=book.disputes,
            evaluations=book.evaluations,
            log=BookLog(book, world, settings.graph.alert_days),
        )
        graph = intake_builder().compile(checkpointer=saver)
        runner = CaseRunner(graph, book, context, concurrency=settings.graph.run_concurrency)
        stack.push_async_callback(runner.drain, settings.graph.drain_s)
        statements = compensation_builder().compile(checkpointer=saver)
        evaluations = evaluation_builder().compile(checkpointer=saver)
        alerts = AlertDesk(alert_builder().compile(checkpointer=saver), book, context, settings.graph, clock)
        stack.push_async_callback(alerts.close)
        disputes = DisputeDesk(
            dispute_builder().compile(checkpointer=saver), book, context, clock, check_s=settings.graph.dispute_check_s
        )
        stack.push_async_callback(disputes.close)
        yield Services(
            settings=settings,
            world=world,
            territory=territory,
            knowledge=knowledge,
            book=book,
            clock=clock,
            llm=llm,
            context=context,
            runner=runner,
            compensation=CompensationDesk(statements, book, context, clock),
            alerts=alerts,
            disputes=disputes,
            evaluations=EvaluationDesk(evaluations, book, context, clock),
        )


def context_of(
    settings: ServiceSettings,
    territory: Territory,
    knowledge: Knowledge,
    cases: Cases,
    llm: BaseChatModel | None,
    clock: Clock,
) -> Context:
    """The collaborators of nodes; with `graphs.nothing.NoRecords` as `cases`, a run leaves no trace."""
    world = territory.world
    return Context(
        world=world,
        territory=territory,
        knowledge=knowledge,
        cases=cases,
        merge=ScoredMerger(),
        dispatch=StraightLineDispatcher(world),
        clock=clock,
        versions=versions_of(world, knowledge.version, settings.llm.llm_model),
        llm=llm,
        llm_timeout_s=settings.llm.llm_timeout_s,
    )


def versions_of(world: World, knowledge: str, model: str) -> dict[str, str]:
    """What every opinion says it was made with."""
    try:
        code = version("lianzhi")
    except PackageNotFoundError:
        code = "source"
    return {"code": code, "knowledge": knowledge, "world": world.version, "model": model}


def load_world(home: Path) -> World:
    """The city that was imported into the data folder, else the schematic one.

    Raises:
        BadGeodata: If the file is not what an import wrote.
    """
    path = home / "world.json"
    if not path.is_file():
        return schematic_city()
    try:
        plain = json.loads(path.read_text(encoding="utf-8"))
        if not isinstance(plain, dict):
            raise ValueError("not a JSON object")
        return world_from_json(plain)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BadGeodata(
            f"城市数据文件 {path} 无法读取。", "请重新执行 lianzhi world import，或移走该文件以使用示意城市。"
        ) from error


@asynccontextmanager
async def open_checkpoints(settings: ServiceSettings) -> AsyncIterator[BaseCheckpointSaver[str]]:
    """Where waiting runs are kept: PostgreSQL when the records are there, else a SQLite file of its own.

    Raises:
        Unavailable: If PostgreSQL is asked for and its checkpointer is not installed.
    """
    url = settings.records.url
    if url.startswith("postgres"):
        async with _postgres(url) as saver:
            yield saver
        return
    async with _sqlite(settings.graph.home / "checkpoints.sqlite") as saver:
        yield saver


@asynccontextmanager
async def _sqlite(path: Path) -> AsyncIterator[BaseCheckpointSaver[str]]:
    from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver

    path.parent.mkdir(parents=True, exist_ok=True)
    async with AsyncSqliteSaver.from_conn_string(str(path)) as saver:
        await saver.conn.execute("PRAGMA busy_timeout=30000")
        await saver.conn.execute("PRAGMA synchronous=NORMAL")
        await saver.setup()
        yield saver


@asynccontextmanager
async def _postgres(url: str) -> AsyncIterator[BaseCheckpointSaver[str]]:
    try:
        from langgraph.checkpoint.postgres.aio import AsyncPostgresSaver
        from psycopg import AsyncConnection
        from psycopg.rows import DictRow, dict_row
        from psycopg_pool import AsyncConnectionPool, PoolTimeout
    except ImportError as error:
        raise Unavailable("没有安装 PostgreSQL 检查点组件。", "请执行 pip install 'lianzhi[postgres]'。") from error
    _, _, rest = url.partition("://")
    # A pool replaces connections that a restarted server has dropped; a single one would fail every run after it.
    pool = AsyncConnectionPool(
        f"postgresql://{rest}",
        connection_class=AsyncConnection[DictRow],
        min_size=1,
        max_size=CHECKPOINT_CONNECTIONS,
        open=False,
        check=AsyncConnectionPool[AsyncConnection[DictRow]].check_connection,
        kwargs={"autocommit": True, "prepare_threshold": 0, "row_factory": dict_row},
    )
    async with pool:
        try:
            await pool.wait(CONNECT_S)
        except PoolTimeout as error:
            raise Unavailable("检查点数据库连不上。", "请检查 LIANZHI_DATABASE_URL 与数据库是否在运行。") from error
        saver = AsyncPostgresSaver(pool)
        await saver.setup()
        yield saver
