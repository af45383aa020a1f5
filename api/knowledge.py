"""Routes about regulations and cases: search, one article, and whether a citation holds.

They are plain functions, which FastAPI runs in threads: an encoder may take long, and intake must not wait for it.
"""

from datetime import date
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from api import lawbook
from api.deps import AsOf, CanReadKnowledge, ServicesDep, Today
from api.docs import answers
from domain.citation import Validity
from domain.errors import (
    ArticleNotFound,
    EmptyText,
    Forbidden,
    InvalidInput,
    LawNotFound,
    MalformedJson,
    Unavailable,
)
from knowledge.output import article_json, results_json
from knowledge.verifying import Stated

router = APIRouter(prefix="/api/v1/knowledge", tags=["知识"])
router.include_router(lawbook.router)


class WhyOut(BaseModel):
    """What speaks for a passage."""

    words: list[str] = Field(description="问话中的词，见于标题、章名或正文。")
    terms: list[str] = Field(description="口语对应的法律用语，见于标题、章名或正文。")
    caption: list[str] = Field(description="问话中的词，只见于通俗条旨。")
    cosine: float = Field(ge=-1, le=1, description="问话与该条的语义相近程度。")
    authority: float = Field(ge=0, le=1, description="法规权重：被其他法规提到得越多越高。")


class PassageOut(BaseModel):
    """One passage found."""

    model_config = ConfigDict(extra="allow")

    id: str
    kind: str = Field(description="law 法规，case 案例，doc 其他。")
    law: str
    article: str = Field(description="条号，如 13 或 120-1。")
    chapter: str
    text: str
    digest: bool = Field(description="true：正文为本系统自拟摘要，不是官方文本。")
    score: float = Field(description="越大越相关；只在同一次检索内可比。")
    version_date: str
    status: Validity
    status_note: str = Field(default="", description="与效力一并说明：何时被修改或取代，哪个版本未收录。")
    source: str
    why: WhyOut | None = Field(default=None, description="为什么找到；explain=true 时给出。")


class BasisOut(BaseModel):
    """Whether what was found is a basis for an answer."""

    found: bool = Field(description="false：没有找到依据，结果仅供参考。")
    probability: float = Field(ge=0, le=1, description="所收法规能回答此问的概率。")
    note: str = Field(description="中文说明；没有依据时写明原因与去处。")


class SearchOut(BaseModel):
    """Best passages first."""

    results: list[PassageOut]
    basis: BasisOut
    notes: list[str] = Field(
        default=[], description="须一并说明的：当日适用的版本原文未收录的法规，或已被取代、修改的文本。"
    )
    version: str = Field(description="知识库版本；同版本同答案。")


class ArticleOut(BaseModel):
    """One article of one version of a law."""

    model_config = ConfigDict(extra="allow")

    law: str
    article: str
    label: str = Field(description="《法名》第13条。")
    chapter: str
    text: str
    digest: bool = Field(description="true：正文为本系统自拟摘要，不是官方文本。")
    text_sha256: str = Field(description="官方文本的 SHA-256。")
    version_date: str
    effective_date: str
    status: Validity
    status_note: str
    superseded_by: str
    level: str
    region: str
    source: str


class CitationIn(BaseModel):
    """A reference to check."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [{"law": "城市道路管理条例", "article": "23", "digest": True, "as_of": "2026-03-02"}]
        },
    )

    law: str = Field(min_length=1, max_length=200, description="法规名称。")
    article: str = Field(min_length=1, max_length=40, description="条号，如 13、120-1 或 第十三条第二款第（三）项。")
    claim: str = Field(default="", max_length=500, description="要由该条支持的论断；填写时另核对条文是否支持。")
    version_date: str = Field(default="", max_length=10, description="所引版本的日期；不填则不核对版本。")
    text_sha256: str = Field(default="", max_length=64, description="所引官方文本的 SHA-256；不填则不核对文本。")
    status: Validity = Field(default=Validity.UNKNOWN, description="所标注的效力；unknown 则不核对标注。")
    digest: bool = Field(default=False, description="所引为摘要而非官方文本时填 true。")
    as_of: date | None = Field(default=None, description="按该日期核对；默认今天。")


class VerifyOut(BaseModel):
    """Whether a citation holds."""

    holds: bool
    faults: list[str] = Field(description="逐条说明不成立之处；成立时为空。")
    label: str
    as_of: date
    exists: bool = Field(description="条文存在。")
    valid: bool = Field(description="该日有效，或效力未核实而未标为有效。")
    stance: Literal["", "supports", "contradicts", "not_found", "unsure"] = Field(
        description="条文对论断：支持、相矛盾、未见依据、不能确定；没有给出论断时为空。"
    )
    reasons: list[str] = Field(description="逐条说明，先列不成立之处。")
    score: float = Field(ge=0, le=1, description="条文确为论断所指的概率；没有给出论断时为 0。")
    better: dict[str, str] | None = Field(description="与论断明显更相符的条文。")


_PASSAGE: dict[str, Any] = {
    "id": "9f2c1b7a",
    "kind": "law",
    "law": "城市道路管理条例",
    "article": "23",
    "chapter": "第三章 养护和维修",
    "text": "【摘要】井盖等设施缺损影响安全的，由产权单位及时补缺或修复。",
    "digest": True,
    "score": 0.031,
    "version_date": "2019-03-24",
    "status": "in_force",
    "status_note": "",
    "source": "国务院",
}
_BASIS: dict[str, Any] = {"found": True, "probability": 0.97, "note": "检索到的条文可以作为依据，请核对原文。"}
_ARTICLE: dict[str, Any] = {
    "law": "城市道路管理条例",
    "article": "23",
    "label": "《城市道路管理条例》第23条",
    "chapter": "第三章 养护和维修",
    "text": "【摘要】井盖等设施缺损影响安全的，由产权单位及时补缺或修复。",
    "digest": True,
    "text_sha256": "0" * 64,
    "version_date": "2019-03-24",
    "effective_date": "1996-10-01",
    "status": "in_force",
    "status_note": "",
    "superseded_by": "",
    "level": "行政法规",
    "region": "",
    "source": "国务院",
}
_VERDICT: dict[str, Any] = {
    "holds": True,
    "faults": [],
    "label": "《城市道路管理条例》第23条",
    "as_of": "2026-03-02",
    "exists": True,
    "valid": True,
    "stance": "supports",
    "reasons": ["条文的用词、数量、主体与情态都与论断相符"],
    "score": 0.97,
    "better": None,
}


@router.get(
    "/search",
    summary="检索法规与案例",
    description=(
        "用口语或法言法语检索；给出 as_of 时只答该日有效的条文，给出 region 时兼顾本地规定；"
        "explain=true 时每条附 why，说明为什么找到。"
    ),
    response_model_exclude_none=True,
    responses=answers(
        {"results": [_PASSAGE], "basis": _BASIS, "notes": [], "version": "3be1f0"},
        InvalidInput,
        EmptyText,
        Forbidden,
        Unavailable,
    ),
)
def search(
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    q: Annotated[str, Query(min_length=1, max_length=500, description="要找什么。", examples=["井盖坏了谁来修"])],
    k: Annotated[int, Query(ge=1, le=100, description="至多几条。")] = 10,
    as_of: AsOf = None,
    region: Annotated[str, Query(max_length=20, description="区划编码。", examples=["509901"])] = "",
    explain: Annotated[bool, Query(description="为每条附上检索理由。")] = False,
) -> SearchOut:
    """Best passages first."""
    if not q.strip():
        raise EmptyText("检索词是空的。", "请写明要找什么。")
    found = services.knowledge.find(q, limit=k, as_of=as_of, region=region)
    reasons = services.knowledge.explain(q, found.passages) if explain else None
    basis = services.knowledge.answerable(q, found.passages, found.notes)
    told = results_json(found.passages, basis, reasons, found.notes)
    return SearchOut.model_validate(told | {"version": services.knowledge.version})


@router.get(
    "/cite",
    summary="取一条法规",
    description="按法规名与条号取条文、版本与效力；不存在时答 404，并在 nearest 中给出最接近的。",
    responses=answers(_ARTICLE, LawNotFound, ArticleNotFound, InvalidInput, Forbidden, Unavailable),
)
def cite(
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    law: Annotated[str, Query(min_length=1, max_length=200, description="法规名称。", examples=["城市道路管理条例"])],
    article: Annotated[str, Query(min_length=1, max_length=40, description="条号，可到款、项。", examples=["23"])],
    as_of: AsOf = None,
) -> ArticleOut:
    """The article as it stood on a day."""
    return ArticleOut.model_validate(article_json(services.knowledge.cite(law, article, as_of=as_of)))


@router.post(
    "/verify",
    summary="核对一处引用",
    description="核对所引条文是否存在、版本是否相符、该日是否有效、文本是否一致；给出论断时另核对条文是否支持。",
    responses=answers(_VERDICT, MalformedJson, InvalidInput, Forbidden, Unavailable),
)
def verify(
    body: CitationIn,
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    today: Today,
) -> VerifyOut:
    """Whether a citation holds on a day, and if not, why; with a claim, whether the article supports it."""
    day = body.as_of or today
    stated = Stated(
        version_date=body.version_date, text_sha256=body.text_sha256, status=body.status, digest=body.digest
    )
    verdict = services.knowledge.verify(body.law, body.article, as_of=day, claim=body.claim, **stated)
    return VerifyOut.model_validate(verdict.to_json())
