"""Classes of managed parts and matters (部件/事件), per standard, and the crosswalk between standards.

The same digits mean opposite things in different lists (0501 is 无照经营游商 in one and 供水管道破裂 in another),
and in GB/T 47678.5-2026 01 to 05 exist twice, as part and as matter.
The key of a class is therefore (standard, kind, code).
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cache
from importlib.resources import files
from typing import Any, cast

from domain.errors import AmbiguousCode, UnknownIssue

CURRENT = "GB/T 47678.5-2026"
"""城市运行管理服务平台 第5部分：管理部件和事项; 153 parts and 250 matters, second-hand transcription."""

KIND_NAMES = {"part": "部件", "event": "事件"}
"""`event` is 事件 in the older lists and 管理事项 in GB/T 47678.5-2026."""

_KINDS = {"部件": "part", "管理部件": "part", "事件": "event", "事项": "event", "管理事项": "event", "matter": "event"}
_LOCAL_FROM = 76
"""Small numbers from here up are a city's own extensions: no rule carries them over."""


@dataclass(frozen=True, slots=True)
class StandardClass:
    """One class of one standard.

    Attributes:
        kind: `part` or `event`.
        code: Four digits (major, small) in the older lists, five in GB/T 47678.5-2026.
        major: Name of the major class (大类).
    """

    standard_ref: str
    kind: str
    code: str
    major: str
    name: str


def standards() -> tuple[str, ...]:
    """References of all lists held."""
    return tuple(_data()["about"])


def standard_note(standard_ref: str) -> str:
    """Where our copy of a list comes from, in Chinese.

    Raises:
        UnknownIssue: If no such list is held.
    """
    return _data()["about"][_known(standard_ref)]


def classes(standard_ref: str) -> tuple[StandardClass, ...]:
    """All classes of a list, parts first.

    Raises:
        UnknownIssue: If no such list is held.
    """
    return tuple(_tables()[_known(standard_ref)].values())


def resolve(code: str, standard_ref: str, kind: str = "") -> StandardClass:
    """The class a code stands for.

    Args:
        code: Digits, with or without a dash (`01-02`, `0102`, `06010`).
        standard_ref: The list that gives the code its meaning.
        kind: `part` or `event` (or the Chinese words); empty when the code is of one kind only.

    Raises:
        AmbiguousCode: If the list, or a kind where it matters, is not given.
        UnknownIssue: If the list is not held or has no such class; the hint has the nearest names.
    """
    bare = code.strip().replace("-", "").replace(" ", "")
    if not standard_ref.strip():
        raise AmbiguousCode(f"代码“{code[:20]}”没有注明所属标准，同码在不同标准中含义不同。", _readings(bare))
    ref, wanted = _known(standard_ref), _kind_of(kind)
    table = _tables()[ref]
    found = [table[key] for key in ((k, bare) for k in KIND_NAMES if k == wanted or not wanted) if key in table]
    if not found:
        raise UnknownIssue(f"《{ref}》中没有代码“{code[:20]}”。", _nearest(bare, ref))
    if len(found) > 1:
        both = "、".join(f"{KIND_NAMES[c.kind]}“{c.name}”" for c in found)
        raise AmbiguousCode(f"代码“{bare}”在《{ref}》中同时是{both}。", "请注明类别：部件或事件（事项）。")
    return found[0]


def crosswalk(code: str, kind: str, from_ref: str, to_ref: str) -> StandardClass | None:
    """The class of another list that means the same; None where that is not known: nothing is guessed.

    Rule, true of 97 of the 109 classes named alike in both lists: 部件 `bb ss` to `bb0ss`, 事件 `bb ss` to `(bb+5)0ss`;
    it holds for parts 01 to 05 and events 01 to 04, and not for a city's own small numbers. All else is in a table.

    Raises:
        AmbiguousCode: As `resolve`.
        UnknownIssue: If the code is not in `from_ref`, or a list is not held.
    """
    source, target = resolve(code, from_ref, kind), _known(to_ref)
    if source.standard_ref == target:
        return source
    middle = source if source.standard_ref == CURRENT else _to_current(source)
    if middle is None or target == CURRENT:
        return middle
    back = [c for c in classes(target) if _to_current(c) == middle]
    return back[0] if len(back) == 1 else None


def class_of_asset(category: str) -> StandardClass | None:
    """The matter of GB/T 47678.5-2026 for trouble with an asset, by the longest known prefix of its category."""
    known: dict[str, str] = _data()["assets"]
    parts = category.split(".")
    for end in range(len(parts), 0, -1):
        if code := known.get(".".join(parts[:end])):
            return resolve(code, CURRENT, "event")
    return None


def _to_current(source: StandardClass) -> StandardClass | None:
    pairs, ruled = _crosswalk_data()
    named = pairs.get((source.standard_ref, source.kind, source.code))
    if named is None and source.standard_ref in ruled:
        named = _by_rule(source)
    return _tables()[CURRENT].get((source.kind, named)) if named else None


def _by_rule(source: StandardClass) -> str | None:
    major, small = int(source.code[:2]), int(source.code[2:])
    if small >= _LOCAL_FROM or major > (5 if source.kind == "part" else 4):
        return None
    shift = 0 if source.kind == "part" else 5
    return f"{major + shift:02d}0{small:02d}"


def _kind_of(kind: str) -> str:
    plain = _KINDS.get(kind.strip(), kind.strip())
    if plain and plain not in KIND_NAMES:
        raise UnknownIssue(f"不认识的类别“{kind[:20]}”。", "类别只有部件（part）与事件、事项（event）。")
    return plain


def _known(standard_ref: str) -> str:
    squeezed = _squeeze(standard_ref)
    for ref in standards():
        if _squeeze(ref) == squeezed:
            return ref
    raise UnknownIssue(f"没有收录标准“{standard_ref[:40]}”。", f"已收录：{'、'.join(standards())}。")


def _squeeze(standard_ref: str) -> str:
    return "".join(standard_ref.upper().replace("/", "").split())


def _readings(bare: str) -> str:
    seen = [f"《{ref}》{table[key].name}" for ref, table in _tables().items() for key in table if key[1] == bare]
    return (
        f"请给出 standard_ref，例如：{'；'.join(seen[:4])}。"
        if seen
        else f"请给出 standard_ref：{'、'.join(standards())}。"
    )


def _nearest(bare: str, ref: str, count: int = 3) -> str:
    """Names of the classes nearest by code, or by name when words were given for a code."""

    def likeness(item: StandardClass) -> float:
        return max(SequenceMatcher(None, bare, item.code).ratio(), SequenceMatcher(None, bare, item.name).ratio())

    best = sorted(classes(ref), key=lambda item: (-likeness(item), item.kind, item.code))[:count]
    return "相近的有：" + "、".join(f"{KIND_NAMES[c.kind]} {c.code} {c.name}" for c in best) + "。"


@cache
def _data() -> Mapping[str, Any]:
    return json.loads(files("domain").joinpath("data/classes.json").read_text(encoding="utf-8"))


@cache
def _tables() -> dict[str, dict[tuple[str, str], StandardClass]]:
    tables: dict[str, dict[tuple[str, str], StandardClass]] = {ref: {} for ref in standards()}
    for ref, kind, code, major, name in cast("list[list[str]]", _data()["classes"]):
        tables[ref][(kind, code)] = StandardClass(ref, kind, code, major, name)
    return tables


@cache
def _crosswalk_data() -> tuple[dict[tuple[str, str, str], str], frozenset[str]]:
    plain = json.loads(files("domain").joinpath("data/crosswalk.json").read_text(encoding="utf-8"))
    pairs = {(ref, kind, old): new for ref, kind, old, new in plain["pairs"]}
    return pairs, frozenset(plain["ruled"])
