"""Routes about effectiveness evaluation (治理效能评估): made from the book, opened to cases, reviewed by people."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Response, status

from adapters.reports import MEDIA_TYPES, report_bytes
from api.auth import Principal, region_prefixes
from api.deps import (
    CanEvaluate,
    CanReadEvaluations,
    CanReviewEvaluations,
    Cursor,
    Limit,
    ServicesDep,
)
from api.docs import answers
from api.evaluationmodels import (
    BEHIND_EXAMPLE,
    EVALUATION_EXAMPLE,
    EVALUATION_ID,
    HEAD_EXAMPLE,
    BehindOut,
    EvaluationIn,
    EvaluationOut,
    EvaluationPageOut,
    ReviewIn,
    evaluation_out,
    head_out,
)
from domain.adjacency.evaluation.assessment import CUTS, Asked, with_regions
from domain.adjacency.evaluation.definitions import shipped
from domain.adjacency.evaluation.effects import Question
from domain.adjacency.evaluation.filing import FiledEvaluation, Review
from domain.adjacency.evaluation.reporting import report_of
from domain.errors import (
    AlreadyDecided,
    EmptyText,
    EvaluationNotFound,
    Forbidden,
    FutureDate,
    InvalidInput,
    MalformedJson,
    NotFound,
    Unavailable,
    UnknownRegion,
)
from graphs.bootstrap import Services

router = APIRouter(prefix="/api/v1/evaluations", tags=["效能评估"])

_READ = (InvalidInput, EvaluationNotFound, Forbidden, Unavailable)


async def visible_evaluation(
    evaluation: Annotated[str, Path(alias="evaluation_id", description="评估编号。", examples=[EVALUATION_ID])],
    services: ServicesDep,
    principal: CanReadEvaluations,
) -> FiledEvaluation:
    """Dependency: the evaluation of the path, if it is of the caller's region or below. Raises EvaluationNotFound."""
    try:
        filed = await services.book.evaluations.get(evaluation)
        if not filed.region.startswith(region_prefixes(principal, services.world.city)):
            raise EvaluationNotFound("")
    except EvaluationNotFound:
        raise EvaluationNotFound(
            f"没有编号为“{evaluation[:60]}”的评估。", "请核对编号，并确认它属于您的辖区。"
        ) from None
    return filed


VisibleEvaluation = Annotated[FiledEvaluation, Depends(visible_evaluation)]


def _region(body: EvaluationIn, services: Services, principal: Principal) -> str:
    """The one region that is looked at. Raises UnknownRegion, or InvalidInput where it is not the caller's."""
    region = body.region or (principal.regions[0] if principal.regions else "")
    if not region:
        raise InvalidInput("没有可评估的辖区。", "请填写 region。")
    if not services.territory.has_region(region):
        raise UnknownRegion(f"没有编码为“{region}”的区划。", "可用 lianzhi world show 查看。")
    if not region.startswith(region_prefixes(principal, services.world.city)):
        raise InvalidInput("所选地区不在您的辖区之内。", "请选择本辖区或其下级地区。")
    return region


def _asked(body: EvaluationIn, region: str, services: Services, principal: Principal) -> Asked:
    definitions, city = shipped(), services.world.city
    asked = Asked(
        as_of=body.as_of or services.clock(),
        since=body.since,
        until=body.until,
        regions=() if region == city else (region,),
        cuts=tuple(map(tuple, body.cuts)) or CUTS,
        questions=tuple(
            Question(
                indicator=definitions.indicator(one.indicator),
                treated=tuple(one.treated),
                start=one.start,
                across=one.across,
            )
            for one in body.comparisons
        ),
    )
    return with_regions(asked, region_prefixes(principal, city))


@router.post(
    "",
    summary="评估治理效能",
    description=(
        "按公开口径计算本辖区（或其下级）的全部指标、区间、刷量疑点与前后对照，并存档。"
        "有刷量疑点的，待人工逐处核实后定稿。同一人同样的问题再次提出答 200 与已有的一份。"
    ),
    status_code=status.HTTP_201_CREATED,
    responses=answers(
        EVALUATION_EXAMPLE, InvalidInput, UnknownRegion, FutureDate, MalformedJson, Forbidden, Unavailable, status=201
    )
    | {200: {"description": "已有", "content": {"application/json": {"example": EVALUATION_EXAMPLE}}}},
)
async def make(body: EvaluationIn, services: ServicesDep, principal: CanEvaluate, response: Response) -> EvaluationOut:
    """Measure what the caller may see."""
    if body.as_of is not None and body.as_of.tzinfo is None:
        raise InvalidInput("as_of 没有时区。", "请写成 2026-11-01T00:00:00+08:00 这样的形式。")
    region = _region(body, services, principal)
    asked = _asked(body, region, services, principal)
    filed, created = await services.evaluations.make(asked, region=region, by=principal.id)
    if not created:
        response.status_code = status.HTTP_200_OK
    return evaluation_out(filed)


@router.get(
    "",
    summary="评估列表",
    description="本辖区及下级的评估，按提出时间从新到旧；游标分页。",
    responses=answers({"items": [HEAD_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_evaluations(
    services: ServicesDep, principal: CanReadEvaluations, limit: Limit = 50, cursor: Cursor = ""
) -> EvaluationPageOut:
    """One page of the evaluations that the caller may see."""
    prefixes = region_prefixes(principal, services.world.city)
    page = await services.book.evaluations.page(region_prefixes=prefixes, limit=limit, cursor=cursor)
    return EvaluationPageOut(items=[head_out(one) for one in page.items], cursor=page.cursor)


@router.get(
    "/{evaluation_id}",
    summary="查看评估",
    description="报告全文，含每个指标的分子、分母、公式、来源与区间，以及人工对疑点的核实。",
    responses=answers(EVALUATION_EXAMPLE, *_READ),
)
async def read_evaluation(filed: VisibleEvaluation) -> EvaluationOut:
    """The evaluation."""
    return evaluation_out(filed)


@router.get(
    "/{evaluation_id}/report",
    summary="下载评估报告",
    description="html 网页（含图）、xlsx 表格（含原生图表）或 docx 文档；同一份评估的报告每次相同。",
    response_class=Response,
    responses=answers("<!doctype html>…", *_READ, media_type="text/html"),
)
async def read_report(
    filed: VisibleEvaluation,
    form: Annotated[str, Query(alias="format", max_length=10, description="html、xlsx 或 docx。")] = "html",
) -> Response:
    """The report as a file."""
    # A thread: drawing takes seconds.
    raw = await asyncio.to_thread(lambda: report_bytes(report_of(filed.body()), form))
    return Response(
        raw,
        media_type=MEDIA_TYPES[form],
        headers={"Content-Disposition": f'attachment; filename="{filed.id}.{form}"'},
    )


@router.get(
    "/{evaluation_id}/cases",
    summary="指标背后的案件",
    description="一个数字背后的案件编号；按评估时刻读取现在的案卷，评估之后补录的内容会使其略有出入。",
    responses=answers(BEHIND_EXAMPLE, *_READ),
)
async def read_cases(
    filed: VisibleEvaluation,
    services: ServicesDep,
    indicator: Annotated[str, Query(max_length=60, description="指标编号。", examples=["on_time_handling_rate"])],
    dimension: Annotated[
        str, Query(max_length=60, description="维度，多个以逗号分开。", examples=["district"])
    ] = "city",
    key: Annotated[
        str, Query(max_length=200, description="组的编码，与维度同序，以逗号分开。", examples=["509901"])
    ] = "city",
) -> BehindOut:
    """The cases of one figure."""
    found = await services.evaluations.behind(filed, indicator, dimension.split(","), key.split(","))
    return BehindOut(**found)


@router.post(
    "/{evaluation_id}/review",
    summary="核实刷量疑点",
    description="对疑点逐处说明属实、排除或存疑及理由；全部核实后评估定稿。评估提出人不能核实自己的评估。",
    responses=answers(
        EVALUATION_EXAMPLE | {"state": "final", "open": []}, *_READ, MalformedJson, EmptyText, NotFound, AlreadyDecided
    ),
)
async def review(
    body: ReviewIn, filed: VisibleEvaluation, services: ServicesDep, principal: CanReviewEvaluations
) -> EvaluationOut:
    """Record what a person saw."""
    if principal.id == filed.asked_by:
        raise Forbidden("不能核实自己提出的评估。", "请由另一位有权人员核实。")
    now = services.clock()
    words = [
        Review(finding=one.id, verdict=one.verdict, reason=one.reason, by=principal.id, at=now) for one in body.findings
    ]
    return evaluation_out(await services.evaluations.review(filed.id, words))
