"""Examines an installation: what works, what is missing, how to mend it."""

import asyncio
import os
import socket
import sys
import tempfile
from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pydantic import ValidationError

from domain.errors import LianzhiError
from graphs.bootstrap import ServiceSettings, load_world
from knowledge.base import open_knowledge
from records.book import open_book

MIN_PYTHON = (3, 11)
OPTIONAL_PARTS = {
    "torch": "更换或训练向量模型时才需要；执行 make run 会一并安装",
    "sentence_transformers": "更换或训练向量模型时才需要；执行 make run 会一并安装",
    "psycopg": "使用 PostgreSQL 时才需要：pip install 'lianzhi[postgres]'",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing examined. `needed`: the service does not start without it. `mend`: what to do, in Chinese."""

    name: str
    ok: bool
    found: str
    mend: str = ""
    needed: bool = True

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return asdict(self)

    def line(self) -> str:
        """One Chinese line."""
        mark = "✓" if self.ok else "✗" if self.needed else "－"
        return f"{mark} {self.name}：{self.found}" + (f"（{self.mend}）" if self.mend and not self.ok else "")


async def examine() -> list[Check]:
    """Examine everything that the settings name; no check stops another."""
    try:
        settings = ServiceSettings()
    except ValidationError as error:
        fields = "、".join(f"LIANZHI_{'_'.join(map(str, fault['loc'])).upper()}" for fault in error.errors())
        return [Check(name="设置", ok=False, found=f"{fields} 不可用", mend="各项设置见 docs/settings.md")]
    checks = [_python(), *_parts(), _home(settings.graph.home)]
    for name, look in (
        ("城市数据", lambda: asyncio.to_thread(_world, settings)),
        ("知识库", lambda: asyncio.to_thread(_knowledge, settings)),
        ("案件记录与审计链", lambda: _records(settings)),
        ("大模型", lambda: asyncio.to_thread(_model, settings)),
    ):
        checks.append(await _guarded(name, look))
    return checks


async def _guarded(name: str, look: Callable[[], Awaitable[Check]]) -> Check:
    try:
        return await look()
    except LianzhiError as error:
        return Check(name=name, ok=False, found=error.message, mend=error.hint)


def _python() -> Check:
    found = ".".join(map(str, sys.version_info[:3]))
    return Check(name="Python", ok=sys.version_info >= MIN_PYTHON, found=found, mend="需要 3.11 或更高版本")


def _parts() -> list[Check]:
    checks: list[Check] = []
    for module, why in OPTIONAL_PARTS.items():
        here = find_spec(module) is not None
        found = version(module.replace("_", "-")) if here else "未安装"
        checks.append(Check(name=f"组件 {module}", ok=here, found=found, mend=why, needed=False))
    return checks


def _home(home: Path) -> Check:
    try:
        home.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home):
            pass
    except OSError as error:
        return Check(
            name="数据目录",
            ok=False,
            found=f"{home}：{error.strerror}",
            mend="请检查权限，或用 LIANZHI_HOME 换一个目录",
        )
    status = os.statvfs(home)
    free_mib = status.f_bavail * status.f_frsize // 2**20
    return Check(
        name="数据目录",
        ok=free_mib > 200,
        found=f"{home.resolve()}，剩余 {free_mib} MiB",
        mend="剩余空间不足 200 MiB，请清理磁盘",
    )


def _world(settings: ServiceSettings) -> Check:
    world = load_world(settings.graph.home)
    found = f"{world.name}，单位 {len(world.register.units)}，部件 {len(world.assets)}"
    return Check(name="城市数据", ok=True, found=found)


def _knowledge(settings: ServiceSettings) -> Check:
    base = open_knowledge(settings.knowledge)
    try:
        laws = base.laws()
        full = sum(not held.digest for held in laws)
        found = f"法规 {len(laws)} 个版本，其中全文 {full} 个，其余为摘要；版本 {base.version[:12]}"
        if laws and base.index_warning:
            return Check(name="知识库", ok=False, found=f"{found}；{base.index_warning}", needed=False)
        return Check(name="知识库", ok=bool(laws), found=found, mend="请执行 lianzhi ingest 导入法规")
    finally:
        base.close()


async def _records(settings: ServiceSettings) -> Check:
    async with open_book(settings.records.url) as book:
        count = await book.verify_audit()
    return Check(name="案件记录与审计链", ok=True, found=f"可读写，审计链完整，共 {count} 条")


def _model(settings: ServiceSettings) -> Check:
    llm = settings.llm
    if not llm.llm_model:
        return Check(name="大模型", ok=True, found="未配置，按规则与模板运行", needed=False)
    target = urlsplit(llm.llm_base_url)
    # Never `netloc`: an address may hold a name and a password.
    where = f"{target.hostname}:{target.port}" if target.port else str(target.hostname)
    port = target.port or (443 if target.scheme == "https" else 80)
    try:
        socket.create_connection((target.hostname or "", port), timeout=5).close()
    except OSError:
        return Check(
            name="大模型",
            ok=False,
            found=f"{llm.llm_model}：连不上 {where}",
            mend="请检查 LIANZHI_LLM_BASE_URL 与网络；不影响按规则运行",
            needed=False,
        )
    return Check(name="大模型", ok=True, found=f"{llm.llm_model}，{where} 可连接", needed=False)
