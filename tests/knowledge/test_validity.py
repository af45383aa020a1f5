"""Which version of a law holds on which day."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.citation import Validity
from knowledge.validity import Expiry, LawVersion, absent_laws, expiries, validity_on

DAY = date(2020, 1, 1)


def version(name: str, made: date | None, starts: date | None = None, **fields: object) -> LawVersion:
    return LawVersion(id=f"{name} {made}", law=name, version_date=made, effective_date=starts or made, **fields)  # type: ignore[arg-type]


def status(one: LawVersion, held: list[LawVersion], day: date) -> Validity:
    return validity_on(
        day,
        law=one.law,
        version_date=one.version_date,
        effective_date=one.effective_date,
        expiry=expiries(held)[one.id],
    ).status


def test_a_new_version_ends_the_old_one_on_its_first_day() -> None:
    old = version("河法", date(2012, 3, 1))
    new = version("河法", date(2021, 1, 22), date(2021, 7, 15))
    held = [new, old]
    assert status(old, held, date(2021, 7, 14)) is Validity.IN_FORCE
    assert status(new, held, date(2021, 7, 14)) is Validity.NOT_YET
    assert status(old, held, date(2021, 7, 15)) is Validity.SUPERSEDED
    assert status(new, held, date(2021, 7, 15)) is Validity.IN_FORCE
    assert expiries(held)[old.id].by == "河法（2021-01-22）"


def test_spelling_does_not_make_another_law() -> None:
    old, new = version("中华人民共和国《河法》", date(2012, 3, 1)), version("河法", date(2020, 3, 1))
    assert expiries([old, new])[old.id].day == date(2020, 3, 1)


def test_a_law_ends_another_when_it_first_took_effect() -> None:
    """The law was amended later; the other ended with its first text. A namesake made after that lives."""
    ended, namesake = version("堤防办法", date(2005, 1, 1)), version("堤防办法", date(2018, 1, 1))
    law = version("河法", date(2020, 5, 1), repeals=("堤防办法",), repeal_day=date(2010, 6, 1))
    found = expiries([ended, law])
    assert (found[ended.id].kind, found[ended.id].day, found[ended.id].by) == (
        "repealed",
        date(2010, 6, 1),
        "河法（2020-05-01）",
    )
    assert expiries([namesake, law])[namesake.id].day is None


def test_an_undated_text_gives_way_to_a_dated_one_and_is_unknown_alone() -> None:
    bare, dated = version("河法", None), version("河法", date(2020, 3, 1))
    assert status(bare, [bare], DAY) is Validity.UNKNOWN
    assert status(bare, [bare, dated], date(2020, 3, 1)) is Validity.SUPERSEDED


def test_the_table_knows_versions_that_are_not_held() -> None:
    police = version("治安管理处罚法", date(2012, 10, 26), date(2013, 1, 1))
    assert status(police, [police], date(2025, 12, 31)) is Validity.IN_FORCE
    assert status(police, [police], date(2026, 1, 1)) is Validity.SUPERSEDED
    assert expiries([police])[police.id].by.startswith("治安管理处罚法（2025年6月27日修订")
    fire = version("重庆市消防条例", date(2013, 11, 30))
    assert status(fire, [fire], date(2024, 7, 1)) is Validity.SUPERSEDED
    assert "重庆市消防条例" in absent_laws()


def test_a_new_text_that_is_held_replaces_the_table_fact() -> None:
    old = version("治安管理处罚法", date(2012, 10, 26), date(2013, 1, 1))
    new = version("治安管理处罚法", date(2025, 6, 27), date(2026, 1, 1))
    assert status(old, [old, new], date(2026, 1, 1)) is Validity.SUPERSEDED
    assert status(new, [old, new], date(2026, 1, 1)) is Validity.IN_FORCE


def test_doubt_is_an_answer() -> None:
    doubted = version("重庆市行政执法监督条例", date(2010, 7, 30))
    assert status(doubted, [doubted], date(2024, 11, 27)) is Validity.IN_FORCE
    assert status(doubted, [doubted], date(2024, 11, 28)) is Validity.UNKNOWN
    noted = version("重庆市市容环境卫生管理条例", date(2018, 7, 26))
    verdict = validity_on(
        DAY, law=noted.law, version_date=noted.version_date, effective_date=noted.effective_date, expiry=Expiry()
    )
    assert verdict.status is Validity.IN_FORCE
    assert "未核实" in verdict.note


days = st.dates(date(1990, 1, 1), date(2030, 1, 1))


@given(st.lists(st.tuples(days, st.integers(0, 400)), min_size=1, max_size=6, unique_by=lambda made: made[0]), days)
def test_at_most_one_version_of_a_law_holds_on_a_day(made: list[tuple[date, int]], day: date) -> None:
    """Whatever the gaps between making and starting, and in whatever order the versions come."""
    held = [version("河法", when, when + timedelta(days=wait)) for when, wait in made]
    holding = [one for one in held if status(one, held, day) is Validity.IN_FORCE]
    started = [one for one in held if one.effective_date and one.effective_date <= day]
    assert len(holding) <= 1
    if started:
        assert holding
        assert holding[0].version_date == max(one.version_date for one in started if one.version_date)


@pytest.mark.parametrize("kind", ["repealed", "superseded"])
def test_the_end_comes_before_all_else(kind: str) -> None:
    expiry = Expiry(day=DAY, kind=kind, by="新法")
    verdict = validity_on(DAY, law="河法", version_date=DAY, effective_date=date(2030, 1, 1), expiry=expiry)
    assert verdict.status.value == kind
