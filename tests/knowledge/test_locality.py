"""Law of one county answers there, and elsewhere only behind the city's."""

from hypothesis import given
from hypothesis import strategies as st

from knowledge.locality import ELSEWHERE, at_home, place_of
from knowledge.records import PassageRecord


def record(law: str, region: str = "重庆") -> PassageRecord:
    return PassageRecord(
        id=law.encode().hex().ljust(32, "0")[:32], doc_id="d", kind="law", text="条文", law=law, region=region
    )


def test_the_place_is_read_from_the_name() -> None:
    assert place_of("彭水苗族土家族自治县城乡建设管理条例", "重庆") == "彭水"
    assert place_of("广州市城市管理条例", "广东") == "广州"
    for law, region in (("重庆市绿化条例", "重庆"), ("城市道路管理条例", ""), ("太湖流域管理条例", "")):
        assert place_of(law, region) == ""


def test_who_names_the_place_gets_its_law_first() -> None:
    found = [(record("彭水苗族土家族自治县城乡建设管理条例"), 1.2), (record("重庆市绿化条例"), 1.0)]
    assert next(one.law for one, _ in at_home("彭水的绿地归哪个管", found)).startswith("彭水")
    assert next(one.law for one, _ in at_home("绿地归哪个管", found)) == "重庆市绿化条例"


@given(st.lists(st.floats(0, 2), min_size=1, max_size=8))
def test_nothing_is_lost_and_the_order_of_equals_stays(scores: list[float]) -> None:
    found = [(record(f"重庆市第{n}条例"), score) for n, score in enumerate(sorted(scores, reverse=True))]
    assert at_home("问题", found) == found
    mixed = [(record("酉阳土家族苗族自治县城镇管理条例"), score) for _, score in found]
    assert [score for _, score in at_home("问题", mixed)] == [score - ELSEWHERE for _, score in found]
