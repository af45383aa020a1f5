"""Routes about river-basin compensation (流域补偿): drafts from section tables, confirmed by finance, amended."""

from collections.abc import Mapping
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response, status

from adapters.reports import MEDIA_TYPES, report_bytes
from api.auth import access_finance, party_names
from api.compensationmodels import (
    DECISION_EXAMPLE,
    HEAD_EXAMPLE,
    SCHEME_EXAMPLE,
    STATEMENT_EXAMPLE,
    STATEMENT_ID,
    AmendmentIn,
    ConfirmIn,
    ReturnIn,
    SchemeIn,
    SchemeListOut,
    StatementOut,
    StatementPageOut,
    SubmissionIn,
    head_out,
    scheme_out,
    statement_out,
)
from api.deps import (
    CanConfirmCompensation,
    CanPrepareCompensation,
    CanReadCompensation,
    Cursor,
    Limit,
    ServicesDep,
    Today,
)
from api.docs import answers
from domain.adjacency.compensation.filing import STATE_NAMES, FiledStatement
from domain.adjacency.compensation.reporting import report_of
from domain.adjacency.compensation.submission import Submission, plain_cell
from domain.errors import (
    AlreadyDecided,
    BadScheme,
    BadTable,
    Conflict,
    EmptyText,
    Forbidden,
    InvalidInput,
    MalformedJson,
    StatementNotFound,
    Unavailable,
)
from graphs.bootstrap import Services

router = APIRouter(prefix="/api/v1/compensations", tags=["流域补偿"])

_READ = (InvalidInput, StatementNotFound, Forbidden, Unavailable)
_MAKE = (InvalidInput, BadTable, BadScheme, MalformedJson, Forbidden, Unavailable)
_CHANGE = (*_READ, MalformedJson, EmptyText, Conflict, AlreadyDecided)


async def visible_statement(
    statement: Annotated[str, Path(alias="statement_id", description="核算表编号。", examples=[STATEMENT_ID])],
    services: ServicesDep,
    principal: CanReadCompensation,
) -> FiledStatement:
    """Dependency: the statement of the path, if it concerns the caller. Raises StatementNotFound."""
    names = party_names(principal, services.world)
    try:
        filed = await services.book.statements.get(statement)
        if names is not None and not set(names) & set(filed.parties):
            raise StatementNotFound("")
    except StatementNotFound:
        raise StatementNotFound(
            f"没有编号为“{statement[:60]}”的核算表。", "请核对编号，并确认它与您的辖区有关。"
        ) from None
    return filed


VisibleStatement = Annotated[FiledStatement, Depends(visible_statement)]


async def _scheme(given: SchemeIn, services: Services) -> Mapping[str, Any] | None:
    """The declaration that a request means; a name is never read as a path. Raises BadScheme."""
    if not isinstance(given, str):
        return given
    known = await services.compensation.schemes()
    if given not in known:
        raise BadScheme(f"没有名为“{given[:60]}”的补偿方案。", f"可用：{'、'.join(known)}，或给出方案全文。")
    return known[given].plain


@router.post(
    "",
    summary="提交断面表，生成核算稿",
    description=(
        "按方案逐月核算、年度轧差，生成待财政部门确认的核算稿。缺测、无效、矛盾的数据不结算，列入 open 转人工。"
        "同样的表与方案再次提交答 200 与已有的一份。"
    ),
    status_code=status.HTTP_201_CREATED,
    responses=answers(STATEMENT_EXAMPLE, *_MAKE, status=201)
    | {200: {"description": "已有", "content": {"application/json": {"example": STATEMENT_EXAMPLE}}}},
)
async def submit(
    body: SubmissionIn, services: ServicesDep, principal: CanPrepareCompensation, today: Today, response: Response
) -> StatementOut:
    """Compute a draft and file it."""
    given = Submission(
        rows=tuple((number, plain_cell(row)) for number, row in enumerate(body.rows, start=1)),
        scheme=await _scheme(body.scheme, services),
        period=body.period,
        until=today.isoformat()[:7],
    )
    filed, created = await services.compensation.draft(given, by=principal.id)
    if not created:
        response.status_code = status.HTTP_200_OK
    return statement_out(filed)


@router.get(
    "",
    summary="核算表列表",
    description="与本辖区有关的核算表，按提交时间从新到旧；游标分页。",
    responses=answers({"items": [HEAD_EXAMPLE], "cursor": ""}, InvalidInput, Forbidden, Unavailable),
)
async def list_statements(
    services: ServicesDep,
    principal: CanReadCompensation,
    scheme: Annotated[str, Query(max_length=60, description="只列此方案。", examples=["cq-2018"])] = "",
    limit: Limit = 50,
    cursor: Cursor = "",
) -> StatementPageOut:
    """One page of the statements that concern the caller."""
    names = party_names(principal, services.world)
    page = await services.book.statements.page(parties=names, scheme=scheme, limit=limit, cursor=cursor)
    return StatementPageOut(items=[head_out(one) for one in page.items], cursor=page.cursor)


@router.get(
    "/schemes",
    summary="可用的补偿方案",
    description="内置的与经数据包引入的方案；参数来源与公开规则未说明之处一并列出。",
    responses=answers({"items": [SCHEME_EXAMPLE]}, Forbidden, Unavailable),
)
async def list_schemes(services: ServicesDep, principal: CanReadCompensation) -> SchemeListOut:  # noqa: ARG001
    """Schemes that a submission can name."""
    known = await services.compensation.schemes()
    return SchemeListOut(items=[scheme_out(name, one) for name, one in known.items()])


@router.get(
    "/{statement_id}",
    summary="查看核算表",
    description="核算表全文、依据、推断之处与办理经过。",
    responses=answers(STATEMENT_EXAMPLE, *_READ),
)
async def read_statement(filed: VisibleStatement) -> StatementOut:
    """The statement."""
    return statement_out(filed)


@router.get(
    "/{statement_id}/report",
    summary="下载核算报告",
    description="html 网页、xlsx 表格或 docx 文档；同一份核算表的报告每次相同。",
    response_class=Response,
    responses=answers("<!doctype html>…", *_READ, media_type="text/html"),
)
async def read_report(
    filed: VisibleStatement,
    form: Annotated[str, Query(alias="format", description="html、xlsx 或 docx。", examples=["xlsx"])] = "html",
) -> Response:
    """The statement as a document."""
    raw = report_bytes(report_of(filed.body, state=STATE_NAMES[filed.state]), form)
    headers = {"Content-Disposition": f'attachment; filename="{filed.id}.{form}"'} if form != "html" else {}
    return Response(raw, media_type=MEDIA_TYPES[form], headers=headers)


@router.post(
    "/{statement_id}/confirm",
    summary="确认核算表",
    description="由财政部门有权人员确认；一份只能决定一次。仍有未结算项时须声明 open_accepted。确认后通知各方。",
    responses=answers(STATEMENT_EXAMPLE | {"state": "confirmed", "decision": DECISION_EXAMPLE}, *_CHANGE),
)
async def confirm(
    body: ConfirmIn, filed: VisibleStatement, services: ServicesDep, principal: CanConfirmCompensation, today: Today
) -> StatementOut:
    """Consent; the parties are told."""
    access_finance(principal, services.world.register, today)
    done = await services.compensation.confirm(
        filed.id, by=principal.id, reason=body.reason, open_accepted=body.open_accepted
    )
    return statement_out(done)


@router.post(
    "/{statement_id}/return",
    summary="退回核算表",
    description="由财政部门有权人员退回，须说明理由；修订后另行确认。",
    responses=answers(
        STATEMENT_EXAMPLE | {"state": "returned", "decision": DECISION_EXAMPLE | {"verdict": "return"}}, *_CHANGE
    ),
)
async def send_back(
    body: ReturnIn, filed: VisibleStatement, services: ServicesDep, principal: CanConfirmCompensation, today: Today
) -> StatementOut:
    """Return a draft with a reason."""
    access_finance(principal, services.world.register, today)
    return statement_out(await services.compensation.send_back(filed.id, by=principal.id, reason=body.reason))


@router.post(
    "/{statement_id}/amend",
    summary="修订核算表",
    description="以新数据另立一份，取代原表；原表不改动。原表已确认的，在修订件确认之前继续有效。",
    status_code=status.HTTP_201_CREATED,
    responses=answers(
        STATEMENT_EXAMPLE | {"number": 2, "supersedes": STATEMENT_ID, "reason": "补测氨氮"},
        *(*_CHANGE, BadTable, BadScheme),
        status=201,
    ),
)
async def amend(
    body: AmendmentIn, filed: VisibleStatement, services: ServicesDep, principal: CanPrepareCompensation
) -> StatementOut:
    """File a statement in the place of another."""
    rows = [plain_cell(row) for row in body.rows]
    scheme = await _scheme(body.scheme, services)
    fresh, _ = await services.compensation.amend(filed.id, rows, by=principal.id, reason=body.reason, scheme=scheme)
    return statement_out(fresh)
