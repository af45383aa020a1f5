"""What a pack holds: taken from the city as it stands, and checked entry by entry before it is taken in."""

import json
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from domain.adjacency.compensation.schemefile import scheme_from_plain
from domain.adjacency.compensation.schemes import Scheme
from domain.adjacency.pacts import oversteps
from domain.adjacency.rulebook import rule_from_plain
from domain.errors import BadScheme
from domain.issues import issue_from_row, issue_table
from domain.limits import MAX_VALUE, SOURCE_NAMES, UNIT_NAMES
from domain.packs import Content, Pack
from domain.world import Agreement, World
from domain.worlddata import agreement_from_json, world_to_json

BOOK = "_book"
"""Id of the entry that holds what all rules share: stages, precedence, evidence, ways up."""
_BOOK_KEYS: Mapping[str, type] = {
    "version": str, "unlawful": list, "stages": list, "precedence": list, "evidence": dict, "superior": list
}  # fmt: skip
_LIMIT_KEYS = ("deadlines", "limit_text", "limit_source")


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryFault:
    """An entry that cannot be used, and why, in Chinese."""

    kind: str
    id: str
    reason: str

    def to_json(self) -> dict[str, str]:
        """Plain JSON value."""
        return {"kind": self.kind, "id": self.id, "reason": self.reason}


def content_of(world: World, schemes: Mapping[str, Scheme]) -> Content:
    """Everything that a city can hand on: the packaged rules and issues, its agreements, its schemes."""
    return {
        "rules": _rules(),
        "taxonomy": {row["id"]: {k: v for k, v in row.items() if k not in _LIMIT_KEYS} for row in _issue_rows()},
        "agreements": {one["id"]: one for one in world_to_json(world)["agreements"]},
        "schemes": {name: dict(scheme.plain) for name, scheme in schemes.items()},
        "limits": {row["id"]: {key: row[key] for key in _LIMIT_KEYS} for row in _issue_rows()},
    }


@cache
def _rules() -> dict[str, Any]:
    plain = tomllib.loads(files("domain").joinpath("data/rules.toml").read_text(encoding="utf-8"))
    book = {key: value for key, value in plain.items() if key != "rule"}
    return {BOOK: book, **{rule["id"]: rule for rule in plain["rule"]}}


@cache
def _issue_rows() -> tuple[dict[str, Any], ...]:
    text = files("domain").joinpath("data/issues.json").read_text(encoding="utf-8")
    return tuple(json.loads(text)["issues"])


def faults_of(pack: Pack, world: World) -> tuple[EntryFault, ...]:
    """Entries of a pack that this city cannot use, with the reason; the others can be."""
    found: list[EntryFault] = []
    for kind, entries in pack.content.items():
        for name, entry in entries.items():
            reason = _reason(kind, name, entry, pack, world)
            if reason:
                found.append(EntryFault(kind=kind, id=name, reason=reason))
    return tuple(found)


def usable(pack: Pack, world: World) -> Content:
    """The pack's content without the entries that cannot be used."""
    bad = {(fault.kind, fault.id) for fault in faults_of(pack, world)}
    return {
        kind: {name: entry for name, entry in entries.items() if (kind, name) not in bad}
        for kind, entries in pack.content.items()
    }


def _reason(kind: str, name: str, entry: Mapping[str, Any], pack: Pack, world: World) -> str:
    checks: Mapping[str, Callable[[], str]] = {
        "rules": lambda: _rule_reason(name, entry, pack),
        "taxonomy": lambda: _issue_reason(name, entry),
        "agreements": lambda: _agreement_reason(name, entry, world),
        "schemes": lambda: _scheme_reason(name, entry),
        "limits": lambda: _limit_reason(name, entry, pack),
    }
    try:
        return checks[kind]()
    except BadScheme as fault:
        return "；".join(fault.details) or fault.message
    except KeyError as fault:
        return f"缺少 {fault.args[0]}"
    except (ValueError, TypeError, AttributeError, IndexError) as fault:
        return f"格式不符：{fault}"


def _rule_reason(name: str, entry: Mapping[str, Any], pack: Pack) -> str:
    if name == BOOK:
        wrong = [key for key, kind in _BOOK_KEYS.items() if not isinstance(entry.get(key), kind)]
        return f"缺少或格式不符：{'、'.join(wrong)}" if wrong else ""
    book = pack.content["rules"].get(BOOK) or _rules()[BOOK]
    rule_from_plain(dict(entry), book["evidence"])
    return "" if entry["id"] == name else f"编号与内容不符：{entry['id']}"


def _issue_reason(name: str, entry: Mapping[str, Any]) -> str:
    issue_from_row({**entry, "deadlines": [], "limit_text": "", "limit_source": ""})
    return "" if entry["id"] == name else f"编号与内容不符：{entry['id']}"


def _agreement_reason(name: str, entry: Mapping[str, Any], world: World) -> str:
    agreement = agreement_from_json(entry)
    strange = [code for code in agreement.parties if all(region.code != code for region in world.regions)]
    faults = {
        f"编号与内容不符：{agreement.id}": agreement.id != name,
        f"当事方不在本市区划中：{'、'.join(strange)}": bool(strange),
        "没有当事方": not agreement.parties,
        "协议不能约定行政执法主体": oversteps(agreement),
        "范围几何无效": agreement.area.is_empty or not agreement.area.is_valid,
        "有效期止早于起": agreement.valid_to is not None and agreement.valid_to <= agreement.valid_from,
    }
    return "；".join(fault for fault, is_so in faults.items() if is_so)


def _scheme_reason(name: str, entry: Mapping[str, Any]) -> str:
    scheme = scheme_from_plain(entry)
    return "" if scheme.id == name else f"编号与内容不符：{scheme.id}"


def _limit_reason(name: str, entry: Mapping[str, Any], pack: Pack) -> str:
    if name not in issue_table() and name not in pack.content.get("taxonomy", {}):
        return "没有此编号的事项"
    for deadline in entry["deadlines"]:
        unit, value, source = deadline["unit"], deadline["value"], deadline["source"]
        if unit not in UNIT_NAMES:
            return f"时限单位“{unit}”不认识，可用：{'、'.join(UNIT_NAMES)}"
        if isinstance(value, bool) or not 0 <= value <= MAX_VALUE[unit]:
            return f"时限超出范围：{value} {unit}"
        if source not in SOURCE_NAMES:
            return f"来源“{source}”不认识，可用：{'、'.join(SOURCE_NAMES)}"
        if source == "statutory" and not deadline.get("basis"):
            return "标为法定时限而没有依据"
    return ""


def agreements_of(content: Content) -> tuple[Agreement, ...]:
    """The agreements of usable content."""
    return tuple(agreement_from_json(entry) for entry in content.get("agreements", {}).values())


def schemes_of(content: Content) -> dict[str, Scheme]:
    """The schemes of usable content."""
    return {name: scheme_from_plain(entry) for name, entry in content.get("schemes", {}).items()}
