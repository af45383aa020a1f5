"""Law of one county or town: it answers there, and elsewhere only behind what holds in the whole city.

The searched region is a province or municipality; among its law there are regulations of autonomous counties and of
single cities (彭水苗族土家族自治县城乡建设管理条例). Somebody who does not name the place is not asking about it.
"""

import re
from collections.abc import Sequence
from functools import cache

from knowledge.records import PassageRecord

ELSEWHERE = 0.5
"""Taken from the fused score where the place is not named: half of what the best lexical match is worth."""
_PLACE = re.compile(r"^([\u4e00-\u9fff]{1,12}?(?:自治州|自治县|自治旗|县|市|区))")


@cache
def place_of(law: str, region: str) -> str:
    """Short name of the county or city that a local law is for (彭水); empty where it holds in the whole region."""
    if not region or law.startswith(region):
        return ""
    found = _PLACE.match(law)
    return found[1][:2] if found else ""


def at_home(query: str, found: Sequence[tuple[PassageRecord, float]]) -> list[tuple[PassageRecord, float]]:
    """The results with law of places that the question does not name set back; ties stay in their order."""
    moved = [
        (record, score - (ELSEWHERE if (place := place_of(record.law, record.region)) and place not in query else 0.0))
        for record, score in found
    ]
    return sorted(moved, key=lambda pair: -pair[1])
