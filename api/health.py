"""Routes about the service itself: alive, ready, counted, and who is signed in."""

import asyncio
import logging
from importlib.metadata import PackageNotFoundError, version

from fastapi import APIRouter, Request, Response, status
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from pydantic import BaseModel, Field

from api.auth import Right, Role
from api.deps import CanReadWorld, MetricsDep
from api.docs import Responses, answers
from domain.errors import Forbidden, LianzhiError, Unavailable
from graphs.bootstrap import Services

log = logging.getLogger(__name__)
router = APIRouter(tags=["服务"])

PUBLIC_PATHS = frozenset({"/", "/ok", "/ready", "/metrics", "/openapi.json"})
"""What anybody may ask who reaches the service at all."""


class WelcomeOut(BaseModel):
    """Where to go from here."""

    name: str
    version: str
    links: dict[str, str]


class OkOut(BaseModel):
    """The process answers."""

    ok: bool


class ReadyOut(BaseModel):
    """Whether the service can do its work."""

    ready: bool
    missing: dict[str, str] = Field(description="尚缺的部分及原因；就绪时为空。")
    warnings: dict[str, str] = Field(default_factory=dict, description="能用但应处理的部分，例如知识库索引需要重建。")


class MeOut(BaseModel):
    """Who is signed in, and what they may do."""

    id: str
    name: str
    role: Role
    regions: list[str] = Field(description="可见的区划编码，含其下级。")
    unit: str
    rights: list[Right]
    auth: str = Field(description="登录方式；local 为本机演示。")


_WELCOME = {"name": "联治", "version": "0.1.0", "links": {"openapi": "/openapi.json", "ready": "/ready"}}
_NOT_READY = {"ready": False, "missing": {"knowledge": "知识库是空的，请运行 lianzhi ingest。"}, "warnings": {}}
_READY: Responses = answers({"ready": True, "missing": {}, "warnings": {}}, text="就绪") | {
    503: {
        "model": ReadyOut,
        "description": "未就绪",
        "content": {"application/json": {"example": _NOT_READY}},
    }
}
_METRICS = answers("lianzhi_outbox_pending 3.0\n", media_type="text/plain")
_ME = {
    "id": "demo-officer",
    "name": "演示坐席",
    "role": "city_officer",
    "regions": ["509900"],
    "unit": "u-509900-governance_centre",
    "rights": ["decide", "read_cases"],
    "auth": "local",
}


def app_version() -> str:
    """Version of the installed package, or of the source tree."""
    try:
        return version("lianzhi")
    except PackageNotFoundError:  # run from a source tree that was never installed
        return "0.0.0"


@router.get(
    "/",
    summary="欢迎",
    description="服务名称、版本与主要地址。",
    responses=answers(_WELCOME),
)
async def welcome() -> WelcomeOut:
    """Name, version and links."""
    links = {
        "openapi": "/openapi.json",
        "ready": "/ready",
        "metrics": "/metrics",
        "me": "/api/v1/me",
        "observations": "/api/v1/observations",
        "cases": "/api/v1/cases",
    }
    return WelcomeOut(name="联治", version=app_version(), links=links)


@router.get("/ok", summary="存活", description="进程在应答即为 200。", responses=answers({"ok": True}))
async def ok() -> OkOut:
    """The process answers."""
    return OkOut(ok=True)


@router.get(
    "/ready",
    summary="就绪",
    description="服务已打开、知识库已载入、数据库能应答时为 200；否则 503，并逐项说明缺什么。",
    responses=_READY,
)
async def ready(request: Request, response: Response) -> ReadyOut:
    """Whether every part answers."""
    services: Services | None = getattr(request.state, "services", None)
    missing = await _missing(services)
    response.status_code = status.HTTP_503_SERVICE_UNAVAILABLE if missing else status.HTTP_200_OK
    old = await asyncio.to_thread(_index_warning, services) if services and not missing else ""
    return ReadyOut(ready=not missing, missing=missing, warnings={"knowledge": old} if old else {})


def _index_warning(services: Services) -> str:
    return services.knowledge.index_warning


async def _missing(services: Services | None) -> dict[str, str]:
    if services is None:
        return {"services": "服务正在启动或正在停止。"}
    missing: dict[str, str] = {}
    try:
        await services.book.audit_head()
    except LianzhiError as fault:
        missing["database"] = f"{fault.message}{fault.hint}"
    try:
        # A thread: a knowledge base that answers slowly must not hold up everybody else.
        if not await asyncio.to_thread(services.knowledge.search, "职责", limit=1):
            missing["knowledge"] = "知识库是空的，请运行 lianzhi ingest 导入法规。"
    except LianzhiError as fault:
        missing["knowledge"] = f"{fault.message}{fault.hint}"
    return missing


@router.get(
    "/metrics",
    summary="指标",
    description="Prometheus 文本格式：请求数与耗时、受理耗时、各阶段案件数、待发消息数。",
    responses=_METRICS,
    response_class=Response,
)
async def read_metrics(request: Request, metrics: MetricsDep) -> Response:
    """Counters, and gauges read at this moment."""
    services = getattr(request.state, "services", None)
    if services is not None:
        metrics.set_tallies(await services.book.tallies())
    return Response(generate_latest(metrics.registry), media_type=CONTENT_TYPE_LATEST)


@router.get(
    "/api/v1/me",
    summary="当前身份",
    description="当前登录的人员、角色、辖区与权限；响应头 X-Lianzhi-Auth 为登录方式。",
    responses=answers(_ME, Forbidden, Unavailable),
)
async def me(request: Request, principal: CanReadWorld) -> MeOut:
    """Who is signed in."""
    rights = sorted(right for right in Right if principal.may(right))
    return MeOut(
        id=principal.id, name=principal.name, role=principal.role, regions=list(principal.regions),
        unit=principal.unit, rights=rights, auth=request.state.authenticate.mode,
    )  # fmt: skip
