"""Reads declared values (TOML, JSON) and notes every fault with its place instead of stopping at the first."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import get_close_matches
from typing import Any, TypeVar, cast

T = TypeVar("T")


@dataclass(slots=True)
class Faults:
    """Faults as they are found, each with its place."""

    found: list[str] = field(default_factory=list)

    def add(self, where: str, what: str) -> None:
        """Note a fault."""
        self.found.append(f"{where}：{what}")

    def attempt(self, where: str, read: Callable[[], T], default: T) -> T:
        """What `read` gives; where it raises ValueError, its words become a fault."""
        try:
            return read()
        except ValueError as fault:
            self.add(where, str(fault))
            return default


def whole_of(value: object, bounds: tuple[int, int], where: str, faults: Faults) -> int:
    """A whole number within bounds."""
    if type(value) is int and bounds[0] <= value <= bounds[1]:
        return value
    faults.add(where, f"应为 {bounds[0]} 至 {bounds[1]} 的整数")
    return bounds[0]


def choice_of(value: object, allowed: Sequence[str], where: str, faults: Faults) -> str:
    """One of the allowed words."""
    if value not in allowed:
        faults.add(where, f"“{str(value)[:20]}”不可用，可用：{'、'.join(allowed)}")
    return str(value)


def text_of(plain: Mapping[str, Any], key: str, where: str, faults: Faults) -> str:
    """Text that must not be empty."""
    value = plain.get(key, "")
    if not isinstance(value, str) or not value.strip():
        faults.add(f"{where}.{key}", "须为非空文字")
        return ""
    return value.strip()


def texts_of(plain: Mapping[str, Any], key: str, faults: Faults) -> tuple[str, ...]:
    """An array of texts."""
    return tuple(str(one) for one in list_of(plain.get(key, []), key, faults))


def rows_of(plain: Mapping[str, Any], key: str, faults: Faults) -> list[Mapping[str, Any]]:
    """An array of tables."""
    value = plain.get(key, [])
    if isinstance(value, list) and all(isinstance(item, Mapping) for item in cast("list[Any]", value)):
        return cast("list[Mapping[str, Any]]", value)
    faults.add(key, f"应写作 [[{key}]]")
    return []


def mapping_of(item: Mapping[str, Any], key: str, where: str, faults: Faults) -> Mapping[str, Any]:
    """A table."""
    value = item.get(key, {})
    if isinstance(value, Mapping):
        return cast("Mapping[str, Any]", value)
    faults.add(f"{where}.{key}", "应为表")
    return {}


def list_of(value: object, where: str, faults: Faults) -> list[Any]:
    """An array."""
    if isinstance(value, list):
        return cast("list[Any]", value)
    faults.add(where, "应为数组")
    return []


def only_keys(plain: Mapping[str, Any], known: frozenset[str] | set[str], where: str, faults: Faults) -> None:
    """Refuse keys that are not known, with the nearest that is."""
    for key in plain:
        if key not in known:
            near = get_close_matches(key, sorted(known), 1)
            faults.add(where, f"不认识的字段“{key[:30]}”" + (f"，是否为 {near[0]}" if near else ""))


def refuse_twice(names: Sequence[str], where: str, faults: Faults) -> None:
    """Refuse names that occur twice."""
    again = sorted({name for name in names if names.count(name) > 1})
    if again:
        faults.add(where, f"重复：{'、'.join(again)}")
