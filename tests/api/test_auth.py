"""Roles, rights and whose case is whose."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from starlette.requests import Request

from api.auth import RIGHTS, Principal, Right, Role, access_case, access_city, region_prefixes, require
from domain.case import CaseFile, Stage
from domain.errors import CaseNotFound, Forbidden, Unavailable

CITY = "500900"
NOON = datetime(2026, 3, 2, 4, tzinfo=UTC)
CASE = CaseFile(id="c-1", stage=Stage.COLLECTED, observation={}, created_at=NOON, updated_at=NOON, region="500901002")
DISTRICT = Principal(id="d", name="区", role=Role.DISTRICT_OFFICER, regions=("500901",))


class Always:
    mode = "test"

    def __init__(self, principal: Principal) -> None:
        self.principal = principal

    def __call__(self, request: Request) -> Principal:
        return self.principal


def request_of(principal: Principal | None) -> Request:
    state = {} if principal is None else {"authenticate": Always(principal)}
    return Request({"type": "http", "method": "GET", "path": "/", "headers": [], "state": state})


def test_every_role_has_its_rights_listed() -> None:
    assert set(RIGHTS) == set(Role)


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("right", Right)
def test_require_lets_through_exactly_what_the_role_grants(role: Role, right: Right) -> None:
    principal = Principal(id="p", name="某人", role=role)
    if right in RIGHTS[role]:
        assert require(right)(request_of(principal)) is principal
    else:
        with pytest.raises(Forbidden) as caught:
            require(right)(request_of(principal))
        assert caught.value.hint


@pytest.mark.parametrize("role", [Role.RESIDENT, Role.ENTERPRISE, Role.GRID_WORKER, Role.EVALUATOR])
@pytest.mark.parametrize("right", [Right.DECIDE, Right.MOVE_CASES])
def test_only_officers_decide(role: Role, right: Right) -> None:
    assert right not in RIGHTS[role]


def test_nobody_is_signed_in_before_the_services_are_open() -> None:
    with pytest.raises(Unavailable):
        require(Right.REPORT)(request_of(None))


@pytest.mark.parametrize("region", ["500901", "500901002", "500901002003", CITY])
def test_a_case_at_or_below_ones_region_is_ones_own(region: str) -> None:
    officer = replace(DISTRICT, regions=(region,))
    inside = CASE.region.startswith(region) or region == CITY
    assert inside is (region != "500901002003")
    if inside:
        assert access_case(officer, CASE, CITY) is CASE
    else:
        with pytest.raises(CaseNotFound):
            access_case(officer, CASE, CITY)


@pytest.mark.parametrize("region", ["500902002", "50090", "", "500900"])
def test_other_cases_do_not_exist_for_a_district(region: str) -> None:
    with pytest.raises(CaseNotFound):
        access_case(DISTRICT, replace(CASE, region=region), CITY)


def test_the_city_sees_cases_without_a_place() -> None:
    assert region_prefixes(replace(DISTRICT, regions=(CITY,)), CITY) == ("",)
    nowhere = replace(CASE, region="")
    assert access_case(replace(DISTRICT, regions=(CITY,)), nowhere, CITY) is nowhere


def test_a_unit_sees_cases_it_has_an_order_in() -> None:
    crew = Principal(id="u", name="排水", role=Role.DEPARTMENT_OFFICER, unit="u-500902-drainage")
    assert access_case(crew, CASE, CITY, order_units=frozenset({"u-500902-drainage"})) is CASE
    with pytest.raises(CaseNotFound):
        access_case(crew, CASE, CITY, order_units=frozenset({"u-500901-drainage"}))


def test_somebody_without_a_unit_gains_nothing_by_orders_without_one() -> None:
    nobody = Principal(id="r", name="居民", role=Role.RESIDENT)
    with pytest.raises(CaseNotFound):
        access_case(nobody, CASE, CITY, order_units=frozenset({""}))


def test_the_whole_chain_is_for_the_whole_city() -> None:
    access_city(replace(DISTRICT, regions=(CITY,)), CITY)
    with pytest.raises(Forbidden):
        access_city(DISTRICT, CITY)
