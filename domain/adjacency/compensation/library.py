"""The schemes that the project carries, and the choice among them when nobody names one."""

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType

from domain.adjacency.compensation.records import SectionTable
from domain.adjacency.compensation.schemefile import scheme_from_text
from domain.adjacency.compensation.schemes import Scheme

DEFAULT, WITH_BASELINE = "cq-2018", "cq-2023"


@cache
def packaged() -> Mapping[str, Scheme]:
    """All packaged schemes by id."""
    folder = files("domain").joinpath("data/schemes")
    texts = sorted(
        (one.name, one.read_text(encoding="utf-8")) for one in folder.iterdir() if one.name.endswith(".toml")
    )
    read = [scheme_from_text(text, name=name) for name, text in texts]
    return MappingProxyType({scheme.id: scheme for scheme in read})


def chosen_for(table: SectionTable) -> tuple[Scheme, str]:
    """The packaged scheme that fits a table, and why, in Chinese: the baseline rule where baselines are stated."""
    if any(record.baseline is not None for record in table.records):
        return packaged()[WITH_BASELINE], "未指定方案：表中有基准线，按 2023 年基准线口径"
    return packaged()[DEFAULT], "未指定方案：表中没有基准线，按 2018 年试行口径（与上年比较）"
