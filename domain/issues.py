"""The issues (事项) that people report: what each is, who bears which duty, on what basis and by when."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from domain.errors import UnknownIssue
from domain.opinion import Deadline
from domain.organisation import Sector

UPKEEP_BY = ("owner", "actor", "area", "road", "red_line", "river", "rail", "green", "property", "sector")
"""How the bearer of upkeep is found: by asset ledger 台账, 行为人, 环卫责任区, class of road, 红线, 河段,
轨道与铁路范围, 绿地, 物业, or simply by the first sector of `upkeep`."""

DISPUTES = (
    "sanitation",
    "department",
    "water",
    "geohazard",
    "emergency",
    "petition",
    "boundary",
    "police",
    "owner",
)
"""What kind of dispute arises when the parties disagree; it selects the way up (R40 to R46)."""

KINDS = ("part", "event", "extended")
"""部件, 事件, 扩展."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One row of the issue table.

    Attributes:
        id: `P` utilities, `T` traffic, `E` environment, `A` advertising, `C` construction, `S` street and community,
            `X` across lines; two digits.
        kind: One of `KINDS`.
        category: Class of the older list, 大类/小类, as Chinese text.
        legacy_code, legacy_ref: Code in the older list; may be a range (`01-01..12`). Without `legacy_ref` a code has
            no meaning.
        class_code, standard_ref: Matter (管理事项) of GB/T 47678.5-2026; both empty where no class is named alike.
        handling: Who acts on the spot, the first is sent; `TOWNSHIP_OFFICE` only where the town has a task there.
        upkeep: Kinds of unit that own or keep such things, used when the ledger is silent; empty when there is only
            the actor.
        upkeep_by: One of `UPKEEP_BY`.
        asset_categories: Prefixes of `domain.world.Asset.category`; empty when no asset is concerned.
        supervision: Sector supervisors (行业监管), most likely first.
        enforcement: Who may penalise, most likely first, at district level or above; empty when no offence is in play.
            Powers of towns are data of the world, not of this table.
        designated_locally: Law leaves the supervising or enforcing body to local designation; sectors are candidates.
        basis: (law, article label, our paraphrase); the paraphrase is never shown as the text.
        deadlines: `statutory` only where the table says so; all else must be shown as 建议时限，非法定.
        limit_text, limit_source: The limit in words and where it comes from.
        dispute: One of `DISPUTES`.
        danger: Dangerous by nature: handled first (R00) whatever the words say.
        twist: What changes when the place lies on a line.
        responsible, city_departments, district_departments, town_role: The same duties in words.
    """

    id: str
    name: str
    aliases: tuple[str, ...]
    kind: str
    category: str
    legacy_code: str
    legacy_ref: str
    class_code: str
    standard_ref: str
    handling: tuple[Sector, ...]
    upkeep: tuple[Sector, ...]
    upkeep_by: str
    asset_categories: tuple[str, ...]
    supervision: tuple[Sector, ...]
    enforcement: tuple[Sector, ...]
    basis: tuple[tuple[str, str, str], ...]
    deadlines: tuple[Deadline, ...]
    dispute: str
    danger: bool
    designated_locally: bool = False
    limit_text: str = ""
    limit_source: str = ""
    twist: str = ""
    responsible: str = ""
    city_departments: str = ""
    district_departments: str = ""
    town_role: str = ""
    note: str = ""


def issue(issue_id: str) -> Issue:
    """The issue with this id.

    Raises:
        UnknownIssue: If the table has no such id.
    """
    try:
        return issue_table()[issue_id]
    except KeyError:
        raise UnknownIssue(
            f"没有编号为“{issue_id[:20]}”的事项。", "事项编号形如 P01、E20；可先用文字描述，由系统识别。"
        ) from None


@cache
def issue_table() -> Mapping[str, Issue]:
    """All issues by id, in the order of the table."""
    text = files("domain").joinpath("data/issues.json").read_text(encoding="utf-8")
    rows: list[dict[str, Any]] = json.loads(text)["issues"]
    return MappingProxyType({row["id"]: _issue_of(row) for row in rows})


def issue_from_row(row: Mapping[str, Any]) -> Issue:
    """An issue from a row of the table's form.

    Raises:
        KeyError, ValueError, TypeError: If the row is not of that form.
    """
    return _issue_of(row)


def _issue_of(row: Mapping[str, Any]) -> Issue:
    duties = ("handling", "upkeep", "supervision", "enforcement")
    fields: dict[str, Any] = {
        **row,
        **{duty: tuple(Sector(value) for value in row[duty]) for duty in duties},
        "aliases": tuple(row["aliases"]),
        "asset_categories": tuple(row["asset_categories"]),
        "basis": tuple((law, article, gist) for law, article, gist in row["basis"]),
        "deadlines": tuple(_deadline_of(plain, row) for plain in row["deadlines"]),
    }
    return Issue(**fields)


def _deadline_of(plain: Mapping[str, Any], row: Mapping[str, Any]) -> Deadline:
    return Deadline(
        what=plain["what"],
        value=float(plain["value"]),
        unit=plain["unit"],
        source=plain["source"],
        basis=plain["basis"] or f"{row['limit_text']}（{row['limit_source']}）",
    )
