"""Reads a scheme file (TOML or JSON): every fault with its place, so that all can be mended at once."""

import hashlib
import json
import tomllib
from collections.abc import Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any, cast

from domain.adjacency.compensation.declared import (
    Faults,
    choice_of,
    list_of,
    mapping_of,
    only_keys,
    refuse_twice,
    rows_of,
    text_of,
    texts_of,
    whole_of,
)
from domain.adjacency.compensation.factors import WATERS, factor_of, grade_of
from domain.adjacency.compensation.money import fen_of
from domain.adjacency.compensation.months import month_of
from domain.adjacency.compensation.readings import unit_of
from domain.adjacency.compensation.schemes import (
    AGAINST,
    FORMAT,
    KINDS,
    Claim,
    Component,
    Fixed,
    Limits,
    Pool,
    Scheme,
    Section,
    Side,
)
from domain.errors import BadScheme

TOP = frozenset(
    {"format", "id", "name", "version", "treasury", "water", "default_unit", "required", "clearing", "valid_from",
     "valid_to", "basis", "sources", "undisclosed", "component", "section", "chain", "note"}
)  # fmt: skip
SECTION_KEYS = frozenset({"id", "name", "river", "upstream", "downstream", "target", "baseline", "aliases", "means"})
CHAIN_KEYS = frozenset({"river", "parties", "sections"})
KEYS: Mapping[str, Mapping[str, bool]] = {
    "last_year": {"better_cny": True, "worse_cny": True, "failed_cny": True, "tie_cny": False},
    "baseline": {"better_cny": True, "failed_cny": True, "equal": False},
    "limits": {"factors": True, "against": True, "met_cny": True, "failed_cny": True, "limits": False,
               "sections": False},
    "fixed": {"payer": True, "payee": True, "amount_cny": True, "first_year": True, "years": True, "month": False,
              "limits": False, "sections": False},
    "reward": {"payer": True, "amount_cny": True, "claims": False},
    "pool": {"payer": True, "amount_cny": True, "component": True},
}  # fmt: skip
"""Keys of each kind of component beyond `id kind name inferred`, and whether they must be there."""
_COMMON = frozenset({"id", "kind", "name", "inferred"})


def scheme_from_text(text: str, *, name: str = "") -> Scheme:
    """Read TOML, or JSON when it begins with a brace.

    Raises:
        BadScheme: With every fault that was found; `name` says which file.
    """
    try:
        if text.lstrip("\ufeff \t\r\n").startswith("{"):
            plain = json.loads(text.lstrip("\ufeff"), parse_float=Decimal)
        else:
            plain = tomllib.loads(text.lstrip("\ufeff"), parse_float=Decimal)
    except ValueError as fault:
        raise _refusal(name, [f"不是合法的 TOML 或 JSON：{fault}"]) from None
    return scheme_from_plain(plain, name=name)


def scheme_from_plain(plain: Mapping[str, Any], *, name: str = "") -> Scheme:
    """Check and build a scheme from a JSON or TOML value.

    Raises:
        BadScheme: With every fault that was found.
    """
    faults = Faults()
    scheme = _scheme(plain, faults)
    if faults.found:
        raise _refusal(name or str(plain.get("id", "")), faults.found)
    return scheme


def jsonable(value: Any) -> Any:  # noqa: ANN401  any TOML or JSON value
    """The value with decimals and dates as text, so that JSON keeps them exactly."""
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in cast("Mapping[str, Any]", value).items()}
    if isinstance(value, list | tuple):
        return [jsonable(item) for item in cast("Sequence[Any]", value)]
    if isinstance(value, Decimal):
        return str(value)
    return value.isoformat() if isinstance(value, date) else value


def digest_of(plain: Mapping[str, Any]) -> str:
    """SHA-256 of a scheme's content, whatever the order of its keys."""
    text = json.dumps(jsonable(plain), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def _refusal(name: str, faults: Sequence[str]) -> BadScheme:
    more = f"……共 {len(faults)} 处" if len(faults) > 5 else ""
    where = f"“{name[:60]}”" if name else ""
    return BadScheme(
        f"补偿方案{where}不能使用：{'；'.join(faults[:5])}{more}。",
        "请按 docs/compensation.md 的字段说明改正后重试。",
        details=faults,
    )


def _scheme(plain: Mapping[str, Any], faults: Faults) -> Scheme:
    only_keys(plain, TOP, "方案", faults)
    if plain.get("format") != FORMAT:
        faults.add("format", f"应为 {FORMAT}")
    named = _named_sections(plain, faults)
    sections = _sections(plain, named, faults)
    components = tuple(
        c for i, item in enumerate(rows_of(plain, "component", faults)) if (c := _component(item, i, faults))
    )
    if not components and not faults.found:
        faults.add("component", "至少要有一项")
    refuse_twice([c.id for c in components], "component", faults)
    _refer(components, sections, faults)
    return Scheme(
        id=text_of(plain, "id", "方案", faults),
        name=text_of(plain, "name", "方案", faults),
        version=text_of(plain, "version", "方案", faults),
        components=components,
        sections=sections,
        treasury=str(plain.get("treasury", "市财政")),
        water=choice_of(plain.get("water", "river"), WATERS, "water", faults),
        unit=_unit(plain.get("default_unit", "mg/L"), faults),
        required=_factors(plain.get("required", []), "required", faults),
        clearing=choice_of(plain.get("clearing", "pairs"), ("pairs", "treasury"), "clearing", faults),
        valid_from=_day(plain, "valid_from", faults),
        valid_to=_day(plain, "valid_to", faults),
        basis=_basis(plain, faults),
        sources=texts_of(plain, "sources", faults),
        undisclosed=texts_of(plain, "undisclosed", faults),
        digest=digest_of(plain),
        plain=jsonable(plain),
    )


def _component(item: Mapping[str, Any], place: int, faults: Faults) -> Component | None:
    where = f"component[{place + 1}]"
    kind = str(item.get("kind", ""))
    if kind not in KINDS:
        faults.add(where, f"kind“{kind[:20]}”不认识，可用：{'、'.join(KINDS)}")
        return None
    wanted = KEYS[kind]
    before = len(faults.found)
    only_keys(item, _COMMON | set(wanted), where, faults)
    missing = [key for key, must in wanted.items() if must and key not in item]
    if missing:
        faults.add(where, f"缺少 {'、'.join(missing)}")
    values: dict[str, Any] = {
        "id": text_of(item, "id", where, faults),
        "name": str(item.get("name", "")),
        "inferred": {str(k): str(v) for k, v in mapping_of(item, "inferred", where, faults).items()},
    }
    for key in wanted:
        if key in item:
            values[key.removesuffix("_cny")] = _value(key, item, where, faults)
    return KINDS[kind](**values) if len(faults.found) == before else None


def _value(key: str, item: Mapping[str, Any], where: str, faults: Faults) -> Any:  # noqa: ANN401  by key
    place = f"{where}.{key}"
    if key.endswith("_cny"):
        return faults.attempt(place, lambda: fen_of(item[key]), 0)
    if key == "factors":
        return _factors(item[key], place, faults)
    if key == "limits":
        return _limits(item, key, where, faults)
    if key == "against":
        return tuple(choice_of(one, AGAINST, place, faults) for one in list_of(item[key], place, faults))
    if key == "sections":
        return tuple(str(one) for one in list_of(item[key], place, faults))
    if key == "equal":
        return choice_of(item[key], ("better", "nothing"), place, faults)
    if key == "claims":
        return _claims(item[key], place, faults)
    if key in ("first_year", "years", "month"):
        return whole_of(
            item[key], {"first_year": (1980, 2100), "years": (1, 100), "month": (1, 12)}[key], place, faults
        )
    return text_of(item, key, where, faults)


def _claims(value: object, where: str, faults: Faults) -> tuple[Claim, ...]:
    made: list[Claim] = []
    for place, one in enumerate(list_of(value, where, faults), start=1):
        if not isinstance(one, Mapping):
            faults.add(f"{where}[{place}]", "应为 {party, month, evidence}")
            continue
        row = cast("Mapping[str, Any]", one)
        only_keys(row, frozenset({"party", "month", "evidence"}), f"{where}[{place}]", faults)
        month = month_of(row.get("month"))
        if month is None:
            faults.add(f"{where}[{place}].month", "不是月份，如 2024-03")
        made.append(
            Claim(party=text_of(row, "party", where, faults), month=month or "", evidence=str(row.get("evidence", "")))
        )
    return tuple(made)


def _refer(components: Sequence[Component], sections: Sequence[Section], faults: Faults) -> None:
    ids, known = {component.id for component in components}, {section.id for section in sections}
    for component in components:
        if isinstance(component, Pool) and component.component not in ids - {component.id}:
            faults.add(component.id, f"component“{component.component}”不在本方案中")
        if isinstance(component, Limits):
            _complete(component, faults)
        if isinstance(component, Limits | Fixed):
            strange = [one for one in component.sections if known and one not in known]
            if strange:
                faults.add(component.id, f"没有断面 {'、'.join(strange)}")
        if isinstance(component, Fixed) and component.payer == component.payee:
            faults.add(component.id, "付款方与受款方相同")


def _complete(component: Limits, faults: Faults) -> None:
    if not component.factors:
        faults.add(component.id, "factors 为空")
    if not component.against:
        faults.add(component.id, f"against 为空，可用：{'、'.join(AGAINST)}")
    bare = [name for name in component.factors if "limits" in component.against and name not in component.limits]
    if bare:
        faults.add(component.id, f"没有给出限值：{'、'.join(bare)}")


def _named_sections(plain: Mapping[str, Any], faults: Faults) -> dict[str, tuple[Mapping[str, Any], str]]:
    found: dict[str, tuple[Mapping[str, Any], str]] = {}
    for place, item in enumerate(rows_of(plain, "section", faults), start=1):
        where = f"section[{place}]"
        only_keys(item, SECTION_KEYS, where, faults)
        name = text_of(item, "id", where, faults)
        if name in found:
            faults.add(where, f"断面“{name}”重复")
        found[name] = item, where
    return found


def _sections(
    plain: Mapping[str, Any], named: Mapping[str, tuple[Mapping[str, Any], str]], faults: Faults
) -> tuple[Section, ...]:
    treasury = str(plain.get("treasury", "市财政"))
    placed: dict[str, tuple[str, str, str]] = {}
    for place, item in enumerate(rows_of(plain, "chain", faults), start=1):
        _chain(item, f"chain[{place}]", treasury, named, placed, faults)
    made = tuple(_section(item, where, placed.get(name), faults) for name, (item, where) in named.items())
    for section in made:
        both = {party for party, _ in section.upstream} & {party for party, _ in section.downstream}
        if both:
            faults.add(section.id, f"上下游同为{'、'.join(sorted(both))}")
    return made


def _chain(
    item: Mapping[str, Any],
    where: str,
    treasury: str,
    named: Mapping[str, tuple[Mapping[str, Any], str]],
    placed: dict[str, tuple[str, str, str]],
    faults: Faults,
) -> None:
    only_keys(item, CHAIN_KEYS, where, faults)
    parties = [str(one) for one in list_of(item.get("parties", []), f"{where}.parties", faults)]
    sections = [str(one) for one in list_of(item.get("sections", []), f"{where}.sections", faults)]
    if not parties or len(sections) != len(parties) + 1:
        faults.add(
            where,
            f"有 {len(parties)} 个主体，断面应多一个（首尾在内，没有的写空串），现有 {len(sections)} 个",
        )
        return
    refuse_twice(parties, f"{where}.parties", faults)
    if treasury in parties:
        faults.add(f"{where}.parties", f"{treasury}只在首尾补位，不列入主体")
    ends = [treasury, *parties, treasury]
    for place, name in enumerate(sections):
        if name and name not in named:
            faults.add(f"{where}.sections", f"断面“{name}”没有 [[section]] 说明")
        elif name in placed:
            faults.add(f"{where}.sections", f"断面“{name}”已在另一条链上")
        elif name:
            placed[name] = ends[place], ends[place + 1], str(item.get("river", ""))


def _section(item: Mapping[str, Any], where: str, placed: tuple[str, str, str] | None, faults: Faults) -> Section:
    up, down, river = placed or ("", "", "")
    for key, own in (("upstream", up), ("downstream", down)):
        if own and key in item and item[key] != own:
            faults.add(f"{where}.{key}", f"与链上的“{own}”不一致")
    return Section(
        id=str(item.get("id", "")),
        name=str(item.get("name", "")),
        river=str(item.get("river", river)),
        upstream=_side(item.get("upstream", up), f"{where}.upstream", faults),
        downstream=_side(item.get("downstream", down), f"{where}.downstream", faults),
        target=_grade(item, "target", where, faults),
        baseline=_grade(item, "baseline", where, faults),
        aliases=tuple(str(one) for one in list_of(item.get("aliases", []), where, faults)),
        means=_limits(item, "means", where, faults),
    )


def _side(value: object, where: str, faults: Faults) -> Side:
    if isinstance(value, str) and value.strip():
        return ((value.strip(), 1),)
    if isinstance(value, Mapping) and value:
        weights = cast("Mapping[str, Any]", value)
        if all(type(weight) is int and weight > 0 for weight in weights.values()):
            return tuple((str(name), int(weight)) for name, weight in weights.items())
        faults.add(where, "各方权重须为正整数")
        return ()
    faults.add(where, "没有写明主体（或列入 chain）")
    return ()


def _grade(item: Mapping[str, Any], key: str, where: str, faults: Faults) -> int | None:
    if key not in item:
        return None
    grade = grade_of(str(item[key]))
    if grade is None:
        faults.add(f"{where}.{key}", f"不是水质类别：{str(item[key])[:20]}")
    return grade


def _limits(item: Mapping[str, Any], key: str, where: str, faults: Faults) -> dict[str, Decimal]:
    made: dict[str, Decimal] = {}
    for name, value in mapping_of(item, key, where, faults).items():
        factor, place = factor_of(str(name)), f"{where}.{key}.{name}"
        try:
            limit = Decimal(str(value))
        except InvalidOperation:
            limit = Decimal(-1)
        if factor is None:
            faults.add(place, "不认识的指标")
        elif not limit.is_finite() or limit < 0:
            faults.add(place, f"不是可用的数值：{str(value)[:20]}")
        else:
            made[factor.id] = limit
    return made


def _factors(value: object, where: str, faults: Faults) -> tuple[str, ...]:
    made: list[str] = []
    for name in list_of(value, where, faults):
        factor = factor_of(str(name))
        if factor is None:
            faults.add(where, f"不认识的指标“{str(name)[:20]}”")
        else:
            made.append(factor.id)
    refuse_twice(made, where, faults)
    return tuple(made)


def _basis(plain: Mapping[str, Any], faults: Faults) -> tuple[tuple[str, str], ...]:
    made: list[tuple[str, str]] = []
    for place, item in enumerate(rows_of(plain, "basis", faults), start=1):
        where = f"basis[{place}]"
        only_keys(item, frozenset({"law", "articles"}), where, faults)
        law = text_of(item, "law", where, faults)
        made += [(law, str(article)) for article in list_of(item.get("articles", []), where, faults)]
    return tuple(made)


def _day(plain: Mapping[str, Any], key: str, faults: Faults) -> date | None:
    value = plain.get(key)
    if value is None or (isinstance(value, date) and not isinstance(value, datetime)):
        return value
    return faults.attempt(key, lambda: date.fromisoformat(str(value)[:10]), None)


def _unit(value: object, faults: Faults) -> str:
    if unit_of(str(value)) is None:
        faults.add("default_unit", f"单位无法识别：{str(value)[:20]}")
    return str(value)
