"""Routes about law in time: what is held, versions of a law, what changed, and who cites an article.

What reads the knowledge base runs in threads: comparing two versions takes up to a second, and the first question who
cites an article reads every passage once.
"""

from datetime import date
from typing import Annotated, Any, Literal

from anyio import to_thread
from fastapi import APIRouter, Path, Query
from pydantic import BaseModel, ConfigDict, Field

from api.auth import Right
from api.deps import AsOf, CanReadKnowledge, ServicesDep, Today, find_case
from api.docs import answers
from domain.citation import Validity
from domain.errors import ArticleNotFound, CaseNotFound, Forbidden, InvalidInput, LawNotFound, Unavailable
from graphs.citations import opinions_citing

router = APIRouter()
"""Part of `api.knowledge.router`."""

LawName = Annotated[str, Query(min_length=1, max_length=200, description="法规名称。", examples=["城市道路管理条例"])]
RegionCode = Annotated[
    str, Query(max_length=20, description="区划编码或地域名；只列全国与该地的法规，不填为全部。", examples=["重庆"])
]


class _Row(BaseModel):
    model_config = ConfigDict(extra="allow")


class LawOut(_Row):
    """One version of one law that is held."""

    law: str
    title: str
    version_date: str
    effective_date: str
    status: Validity
    superseded_by: str
    digest: bool = Field(description="true：只有部分条文的摘要。")
    articles: int = Field(description="收录条文数。")
    level: str
    region: str


class LawsOut(BaseModel):
    """Laws held, by name, oldest version first."""

    laws: list[LawOut]
    total: int = Field(description="符合条件的版本总数。")
    version: str = Field(description="知识库版本。")


class VersionOut(_Row):
    """One version of a law, held or not."""

    law: str
    version: str
    version_date: str
    effective_date: str
    until: str = Field(description="不再适用的第一日；空为现行或未知。")
    end_kind: str = Field(description="superseded 被新版本取代，repealed 废止，或空。")
    superseded_by: str
    repealed_by: str
    supersedes: str
    held: bool = Field(description="false：该版本原文未收录。")
    digest: bool
    note: str
    current: bool = Field(description="as_of 当日适用的版本。")


class VersionsOut(BaseModel):
    """All known versions, oldest first, and what holds on the day."""

    law: str
    as_of: date
    status: Validity = Field(description="该法当日的效力。")
    applies: str = Field(description="当日适用的版本；空为没有或未知。")
    held: bool = Field(description="当日适用版本的原文（或摘要）是否收录。")
    note: str
    versions: list[VersionOut]


class ChangeOut(BaseModel):
    """One article that differs."""

    kind: Literal["added", "removed", "changed", "renumbered"]
    old: str = Field(description="旧条号，新增时为空。")
    new: str = Field(description="新条号，删去时为空。")
    similarity: float = Field(ge=0, le=1)
    edits: list[tuple[str, str]] = Field(description="逐词对照：= 保留，- 删去，+ 增加。")


class DiffOut(BaseModel):
    """Two versions of a law, article by article."""

    model_config = ConfigDict(populate_by_name=True)

    law: str
    old_version: str = Field(alias="from")
    new_version: str = Field(alias="to")
    counts: dict[str, int]
    changes: list[ChangeOut]


class LawChangeOut(_Row):
    """A version that began or ended."""

    law: str
    region: str
    event: Literal["began", "superseded", "repealed"]
    day: date
    version: str
    held: bool
    by: str
    note: str
    compared_with: str = Field(description="对照的旧版本；两个版本都收录全文时才有。")
    articles: dict[str, list[str]] = Field(description="新增、删去、修改、改号的条号。")


class LawChangesOut(BaseModel):
    """What changed since a day."""

    since: date
    changes: list[LawChangeOut]
    total: int


class CiterOut(BaseModel):
    """Something that cites the article."""

    kind: str = Field(
        description="issue 事项，rule 规则，superior 升级途径，precedent 先例，evidence 证据，law 法规，case 案例。"
    )
    id: str
    name: str
    place: str
    flag: str = Field(description="引用之后条文的变化；空为没有变化。")


class OpinionCiterOut(BaseModel):
    """An opinion that cites the article; only those of cases that the caller may see."""

    opinion: str
    case: str
    at: str
    version_date: str
    flag: str


class CitedByOut(BaseModel):
    """Who cites an article."""

    law: str
    article: str
    version_date: str
    text_sha256: str
    status: Validity
    flag: str
    citers: list[CiterOut]
    opinions: list[OpinionCiterOut]


_LAW: dict[str, Any] = {
    "law": "行政处罚法",
    "title": "中华人民共和国行政处罚法",
    "version_date": "2021-01-22",
    "effective_date": "2021-07-15",
    "status": "in_force",
    "superseded_by": "",
    "digest": False,
    "articles": 86,
    "level": "法律",
    "region": "",
}
_VERSION: dict[str, Any] = {
    "law": "重庆市消防条例",
    "version": "2013-11-30 版本",
    "version_date": "2013-11-30",
    "effective_date": "2013-11-30",
    "until": "2024-07-01",
    "end_kind": "superseded",
    "superseded_by": "重庆市消防条例（2024年3月28日修订，2024年7月1日施行）",
    "repealed_by": "",
    "supersedes": "",
    "held": True,
    "digest": False,
    "note": "本版本仅供查阅历史，不得作为现行依据",
    "current": False,
}
_VERSIONS: dict[str, Any] = {
    "law": "重庆市消防条例",
    "as_of": "2026-03-02",
    "status": "in_force",
    "applies": "2024年3月28日修订，2024年7月1日施行",
    "held": False,
    "note": "当日适用2024年3月28日修订，2024年7月1日施行，该版本原文未收录",
    "versions": [_VERSION],
}
_DIFF: dict[str, Any] = {
    "law": "云屏市边角地管理办法",
    "from": "2020-05-01",
    "to": "2024-05-01",
    "counts": {"unchanged": 8, "added": 1, "removed": 0, "changed": 1, "renumbered": 3},
    "changes": [
        {
            "kind": "changed", "old": "2", "new": "2", "similarity": 0.82,
            "edits": [["=", "边角地由"], ["-", "镇街"], ["+", "最先到场的单位"], ["=", "先行处置。"]],
        }
    ],
}  # fmt: skip
_CHANGES: dict[str, Any] = {
    "since": "2024-06-01",
    "changes": [
        {
            "law": "重庆市消防条例", "region": "重庆", "event": "began", "day": "2024-07-01",
            "version": "2024年3月28日修订，2024年7月1日施行", "held": False, "by": "", "note": "该版本原文未收录",
            "compared_with": "", "articles": {"added": [], "removed": [], "changed": [], "renumbered": []},
        }
    ],
    "total": 1,
}  # fmt: skip
_CITED: dict[str, Any] = {
    "law": "重庆市市容环境卫生管理条例",
    "article": "13",
    "version_date": "2018-07-26",
    "text_sha256": "0" * 64,
    "status": "in_force",
    "flag": "",
    "citers": [{"kind": "rule", "id": "R41", "name": "接壤地区由共同上一级确定", "place": "", "flag": ""}],
    "opinions": [
        {
            "opinion": "op-1",
            "case": "c-5b1f8c2e",
            "at": "2026-03-02T04:00:00Z",
            "version_date": "2018-07-26",
            "flag": "",
        }
    ],
}


@router.get(
    "/laws",
    summary="列出收录的法规",
    description="按名称列出收录的法规与版本；q 为名称中的字，region 只列全国与该地的法规。",
    responses=answers({"laws": [_LAW], "total": 1, "version": "3be1f0"}, InvalidInput, Forbidden, Unavailable),
)
def laws(
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    today: Today,
    q: Annotated[str, Query(max_length=100, description="名称中包含的字。", examples=["市容"])] = "",
    region: RegionCode = "",
    as_of: AsOf = None,
    limit: Annotated[int, Query(ge=1, le=1000, description="至多几条。")] = 100,
    offset: Annotated[int, Query(ge=0, description="从第几条起。")] = 0,
) -> LawsOut:
    """Laws held, by name."""
    found = services.knowledge.laws(name=q.strip(), region=region)
    rows = [LawOut.model_validate(one.to_json(as_of or today)) for one in found[offset : offset + limit]]
    return LawsOut(laws=rows, total=len(found), version=services.knowledge.version)


@router.get(
    "/laws/{law}/versions",
    summary="一部法规的版本沿革",
    description="各版本的起止、取代与废止关系、原文是否收录，以及 as_of 当日适用哪个版本。",
    responses=answers(_VERSIONS, LawNotFound, InvalidInput, Forbidden, Unavailable),
)
def versions(
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    today: Today,
    law: Annotated[str, Path(min_length=1, max_length=200, description="法规名称。", examples=["重庆市消防条例"])],
    as_of: AsOf = None,
) -> VersionsOut:
    """All known versions, and what holds on the day."""
    day = as_of or today
    standing = services.knowledge.standing(law, day)
    return VersionsOut(
        law=standing.law,
        as_of=day,
        status=standing.status,
        applies=standing.version.version if standing.version else "",
        held=standing.held,
        note=standing.note,
        versions=[VersionOut.model_validate(one.to_json(day)) for one in services.knowledge.versions(law)],
    )


@router.get(
    "/diff",
    summary="两个版本逐条对照",
    description="新增、删去、修改（逐词）与只改条号的条文；不填版本时比较最近收录的两个全文版本。",
    responses=answers(_DIFF, LawNotFound, InvalidInput, Forbidden, Unavailable),
)
def diff(
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    law: LawName,
    old: Annotated[str, Query(alias="from", max_length=10, description="旧版本日期或年份。", examples=["2018"])] = "",
    new: Annotated[str, Query(alias="to", max_length=10, description="新版本日期或年份。", examples=["2023"])] = "",
) -> DiffOut:
    """Two versions of a law, article by article."""
    return DiffOut.model_validate(services.knowledge.diff(law, old, new).to_json())


@router.get(
    "/changes",
    summary="某日以来的变更",
    description="since 之后开始施行、被取代或废止的版本；新旧两版都收录全文时给出变动的条号。",
    responses=answers(_CHANGES, InvalidInput, Forbidden, Unavailable),
)
def changes(
    services: ServicesDep,
    principal: CanReadKnowledge,  # noqa: ARG001  the right is what is asked for
    since: Annotated[date, Query(description="从该日之后（不含当日）。", examples=["2024-06-01"])],
    until: Annotated[date | None, Query(description="到该日为止；不填则含已知的将来变更。")] = None,
    region: RegionCode = "",
    limit: Annotated[int, Query(ge=1, le=1000, description="至多几条。")] = 100,
) -> LawChangesOut:
    """What changed since a day."""
    found = services.knowledge.changes_since(since, until=until, region=region)
    rows = [LawChangeOut.model_validate(one.to_json()) for one in found[:limit]]
    return LawChangesOut(since=since, changes=rows, total=len(found))


@router.get(
    "/cited-by",
    summary="反查谁引用了某条",
    description="引用该条的事项、规则、升级途径、先例、证据、其他法规与案例；有权查看案件者另见意见书。",
    responses=answers(_CITED, LawNotFound, ArticleNotFound, InvalidInput, Forbidden, Unavailable),
)
async def cited_by(
    services: ServicesDep,
    principal: CanReadKnowledge,
    law: LawName,
    article: Annotated[str, Query(min_length=1, max_length=40, description="条号。", examples=["13"])],
    as_of: AsOf = None,
) -> CitedByOut:
    """Who cites an article; opinions only of cases that the caller may see."""
    found = await to_thread.run_sync(lambda: services.knowledge.cited_by(law, article, as_of=as_of))
    opinions = []
    if principal.may(Right.READ_CASES):
        for one in await opinions_citing(services.book, found.article):
            try:
                await find_case(one.case_id, services, principal)
            except CaseNotFound:
                continue
            opinions.append(OpinionCiterOut.model_validate(one.to_json()))
    return CitedByOut.model_validate(found.to_json() | {"opinions": opinions})
