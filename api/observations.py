"""Routes about observations (上报)."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Header, Path, Request, Response, status
from pydantic import BaseModel, ConfigDict, Field

from api.body import Item, read_batch, read_object
from api.deps import CanReadCases, CanReport, MetricsDep, ServicesDep, find_case
from api.docs import ErrorBody, Responses, answers, batch_body_of, body_of
from api.errors import BatchTooLarge, envelope, request_id_of
from api.models import CASE_ID, OBSERVATION_EXAMPLE
from api.receiving import Receiver
from domain.errors import (
    DuplicateId,
    EmptyText,
    Forbidden,
    FutureDate,
    InvalidInput,
    LianzhiError,
    MalformedJson,
    NotFound,
    PointOutsideCity,
    TextTooLong,
    Unavailable,
    UnknownCrs,
    UnknownField,
    UnknownRegion,
    UnknownUnit,
)
from domain.observation import Source
from records.intake import case_id_of

router = APIRouter(prefix="/api/v1/observations", tags=["上报"])

STATUS_URL = "/api/v1/cases/{}"


class DetectionIn(BaseModel):
    """What a recogniser saw."""

    model_config = ConfigDict(extra="forbid")

    label: str = Field(examples=["manhole_missing"])
    score: float = Field(ge=0.0, le=1.0, examples=[0.87])
    bbox: list[float] | None = Field(default=None, min_length=4, max_length=4, description="x0 y0 x1 y1，像素。")


class ClaimIn(BaseModel):
    """What one party says about the matter."""

    model_config = ConfigDict(extra="forbid")

    unit: str = Field(description="单位编码。", examples=["u-509901-drainage"])
    text: str = Field(examples=["该井盖已移交对方养护"])


class ObservationIn(BaseModel):
    """One report (上报/线索); everything but `text` may be left out, unknown keys are refused."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=5000, description="说了什么；1 至 5000 字。")
    id: str = Field(default="", description="上报编号；不填则由 source 与 external_id 组成，或另行编号。")
    source: Source = Field(default=Source.PERSON, description="来源。")
    lon: float | None = Field(default=None, ge=-180, le=180, description="经度，度；须同时给出 crs。")
    lat: float | None = Field(default=None, ge=-90, le=90, description="纬度，度；须同时给出 crs。")
    crs: str = Field(default="", description="坐标系：WGS84、GCJ02 或 CGCS2000。", examples=["GCJ02"])
    accuracy_m: float | None = Field(default=None, gt=0, description="定位误差半径，米。")
    height_m: float | None = Field(default=None, description="高程，米。")
    region: str = Field(default="", description="区划编码。")
    address: str = ""
    observed_at: datetime | None = Field(default=None, description="看到的时刻，ISO 8601；不带时区按北京时间。")
    received_at: datetime | None = Field(default=None, description="上游收到的时刻，ISO 8601。")
    device_id: str = ""
    raw_ref: str = Field(default="", description="原始记录的存放位置。")
    reporter: str = ""
    media: list[str] = Field(default_factory=list, description="照片、录像的地址。")
    detections: list[DetectionIn] = Field(default_factory=list)
    claims: list[ClaimIn] = Field(default_factory=list, description="各方主张，未经核实。")
    external_id: str = Field(default="", description="来源系统中的编号；同一来源同一编号只立一案。")


class AcceptedOut(BaseModel):
    """Where the observation went."""

    case_id: str = Field(description="案件编号。")
    created: bool = Field(description="是否新立案件；重复提交为 false。")
    status_url: str = Field(description="查看案件的地址。")


class BatchResult(BaseModel):
    """What became of one item of a batch."""

    index: int = Field(description="在批次中的序号，从 0 起。", ge=0)
    case_id: str | None = None
    created: bool | None = None
    status_url: str | None = None
    error: ErrorBody | None = Field(default=None, description="此条未被接受的原因。")


class BatchOut(BaseModel):
    """What became of a batch; bad items do not hold back good ones."""

    accepted: int = Field(description="已接受（含重复）的条数。", ge=0)
    created: int = Field(description="新立案件数。", ge=0)
    refused: int = Field(description="被拒的条数。", ge=0)
    results: list[BatchResult]


class ObservationOut(BaseModel):
    """An observation as stored, and its case."""

    observation: dict[str, Any] = Field(description="上报内容，坐标已统一为 WGS-84。")
    case_id: str
    status_url: str


_ACCEPTED = {"case_id": CASE_ID, "created": True, "status_url": STATUS_URL.format(CASE_ID)}
_REFUSED = {"code": "unknown_crs", "message": "坐标系无法识别。", "hint": "请填写 crs。", "request_id": "5f0c6a1e"}
_BATCH = {
    "accepted": 1,
    "created": 1,
    "refused": 1,
    "results": [{"index": 0, **_ACCEPTED}, {"index": 1, "error": _REFUSED}],
}
_FAULTS = (
    MalformedJson, TextTooLong, InvalidInput, UnknownField, EmptyText, UnknownCrs, PointOutsideCity, FutureDate,
    UnknownRegion, UnknownUnit, DuplicateId, Forbidden, Unavailable,
)  # fmt: skip

IdempotencyKey = Annotated[
    str,
    Header(
        max_length=200,
        description="幂等键：同一键重复提交得到同一案件；内容不同则报 duplicate_id。",
        examples=["3f1d7c52-5d2a-4f0e-9f43-0c7f6b1f2a10"],
    ),
]


_REPEATED: Responses = {
    200: {
        "model": AcceptedOut,
        "description": "此前已立案",
        "content": {"application/json": {"example": _ACCEPTED | {"created": False}}},
    }
}
_STORED = {
    "observation": {"id": "person:12345-20260302-0017", "source": "person", "text": "井盖不见了", "crs": "GCJ02"},
    "case_id": CASE_ID,
    "status_url": STATUS_URL.format(CASE_ID),
}


def get_receiver(request: Request, services: ServicesDep, metrics: MetricsDep, principal: CanReport) -> Receiver:
    """Dependency: takes observations for this caller."""
    return Receiver(services, metrics, principal, request.app.state.new_id)


ReceiverDep = Annotated[Receiver, Depends(get_receiver)]


@router.post(
    "",
    status_code=status.HTTP_202_ACCEPTED,
    summary="提交一条上报",
    description=(
        "接受一条上报并立案，随即在后台识别、定位、定责、派遣。新立案件答 202；同一 Idempotency-Key、"
        "或同一 source 与 external_id 再次提交答 200，created 为 false。请求体上限 1 MB，正文上限 5000 字。"
    ),
    responses=answers(_ACCEPTED, *_FAULTS, status=202, text="已立案") | _REPEATED,
    openapi_extra=body_of(ObservationIn, {"井盖": OBSERVATION_EXAMPLE, "只有文字": {"text": "解放路口路灯不亮"}}),
)
async def report(
    raw: Annotated[dict[str, Any], Depends(read_object)],
    receiver: ReceiverDep,
    response: Response,
    idempotency_key: IdempotencyKey = "",
) -> AcceptedOut:
    """Take one observation; the same one again gives the same case."""
    accepted = await receiver.take(raw, idempotency_key)
    answer = AcceptedOut(
        case_id=accepted.case_id, created=accepted.created, status_url=STATUS_URL.format(accepted.case_id)
    )
    response.headers["Location"] = answer.status_url
    response.status_code = status.HTTP_202_ACCEPTED if accepted.created else status.HTTP_200_OK
    return answer


@router.post(
    "/batch",
    summary="批量提交上报",
    description=(
        "提交 JSON 数组，或每行一个对象（NDJSON，Content-Type: application/x-ndjson）。逐条处理：坏的给出 error，"
        "好的照常立案，结果按原顺序排列。上限 1000 条、8 MB；给出 Idempotency-Key 时，第 i 条的键为 键#i。"
    ),
    responses=answers(_BATCH, MalformedJson, TextTooLong, BatchTooLarge, InvalidInput, Forbidden, Unavailable),
    response_model_exclude_none=True,
    openapi_extra=batch_body_of(ObservationIn, OBSERVATION_EXAMPLE),
)
async def report_batch(
    request: Request,
    items: Annotated[list[Item], Depends(read_batch)],
    receiver: ReceiverDep,
    idempotency_key: IdempotencyKey = "",
) -> BatchOut:
    """Take many observations; each has a result of its own."""
    keys = [f"{idempotency_key}#{index}" if idempotency_key else "" for index in range(len(items))]
    request_id = request_id_of(request)
    results = [
        await _take_item(receiver, index, item, key, request_id)
        for index, (item, key) in enumerate(zip(items, keys, strict=True))
    ]
    return _summary(results)


async def _take_item(receiver: Receiver, index: int, item: Item, key: str, request_id: str) -> BatchResult:
    try:
        accepted = await receiver.take(item, key)
    except LianzhiError as fault:
        return BatchResult(index=index, error=ErrorBody(**envelope(fault, request_id)["error"]))
    url = STATUS_URL.format(accepted.case_id)
    return BatchResult(index=index, case_id=accepted.case_id, created=accepted.created, status_url=url)


def _summary(results: list[BatchResult]) -> BatchOut:
    refused = sum(result.error is not None for result in results)
    created = sum(bool(result.created) for result in results)
    return BatchOut(accepted=len(results) - refused, created=created, refused=refused, results=results)


@router.get(
    "/{observation_id:path}",
    summary="查看一条上报",
    description="按编号取回已存的上报（坐标已统一为 WGS-84）及其案件。",
    responses=answers(_STORED, NotFound, InvalidInput, Forbidden, Unavailable),
)
async def read_observation(
    observation_id: Annotated[str, Path(description="上报编号。", examples=["person:12345-20260302-0017"])],
    services: ServicesDep,
    principal: CanReadCases,
) -> ObservationOut:
    """The observation as stored, if its case is the caller's."""
    try:
        observation = await services.book.observation(observation_id)
        case = await find_case(case_id_of(observation_id), services, principal)
    except NotFound:
        raise NotFound(f"没有编号为“{observation_id}”的上报。", "请核对编号，并确认它属于您的辖区。") from None
    return ObservationOut(observation=observation.to_json(), case_id=case.id, status_url=STATUS_URL.format(case.id))
