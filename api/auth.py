"""Who calls and what they may do: roles, rights, the `require` dependency, and the `access_*` decisions.

Everything is denied that no role grants. How a caller is recognised is an `Authenticator`; `api.local` has the first.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Protocol

from fastapi import Request

from domain.case import CaseFile
from domain.errors import CaseNotFound, Forbidden, Unavailable
from domain.organisation import Register, Sector
from domain.world import World


class Role(StrEnum):
    """What a caller is in the city."""

    RESIDENT = "resident"
    ENTERPRISE = "enterprise"
    GRID_WORKER = "grid_worker"
    TOWNSHIP_OFFICER = "township_officer"
    DISTRICT_OFFICER = "district_officer"
    CITY_OFFICER = "city_officer"
    DEPARTMENT_OFFICER = "department_officer"
    EVALUATOR = "evaluator"
    ADMINISTRATOR = "administrator"


class Right(StrEnum):
    """What a route may ask for."""

    REPORT = "report"
    READ_CASES = "read_cases"
    MOVE_CASES = "move_cases"
    DECIDE = "decide"
    MOVE_ORDERS = "move_orders"
    READ_KNOWLEDGE = "read_knowledge"
    READ_WORLD = "read_world"
    READ_AUDIT = "read_audit"
    PROPOSE_PRECEDENTS = "propose_precedents"
    APPROVE_PRECEDENTS = "approve_precedents"
    DECIDE_ALERTS = "decide_alerts"
    WATCH = "watch"
    READ_COMPENSATION = "read_compensation"
    PREPARE_COMPENSATION = "prepare_compensation"
    CONFIRM_COMPENSATION = "confirm_compensation"
    READ_EVALUATIONS = "read_evaluations"
    EVALUATE = "evaluate"
    REVIEW_EVALUATIONS = "review_evaluations"


_PUBLIC = frozenset({Right.REPORT, Right.READ_KNOWLEDGE, Right.READ_WORLD})
_FIELD = _PUBLIC | {Right.READ_CASES, Right.MOVE_ORDERS}
_OFFICER = _FIELD | {
    Right.MOVE_CASES,
    Right.DECIDE,
    Right.READ_AUDIT,
    Right.PROPOSE_PRECEDENTS,
    Right.DECIDE_ALERTS,
    Right.READ_EVALUATIONS,
    Right.EVALUATE,
}
_COMPENSATION = frozenset({Right.READ_COMPENSATION, Right.PREPARE_COMPENSATION})
_SENIOR = _OFFICER | _COMPENSATION | {Right.APPROVE_PRECEDENTS, Right.WATCH, Right.REVIEW_EVALUATIONS}

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.RESIDENT: _PUBLIC,
    Role.ENTERPRISE: _PUBLIC,
    Role.GRID_WORKER: _FIELD,
    Role.TOWNSHIP_OFFICER: _OFFICER,
    Role.DISTRICT_OFFICER: _SENIOR,
    Role.CITY_OFFICER: _SENIOR | {Right.CONFIRM_COMPENSATION},
    # Only a finance department's officers may use the right to confirm: see `access_finance`.
    Role.DEPARTMENT_OFFICER: _FIELD | _COMPENSATION | {Right.READ_AUDIT, Right.CONFIRM_COMPENSATION},
    Role.EVALUATOR: _PUBLIC
    | {Right.READ_CASES, Right.READ_AUDIT, Right.READ_COMPENSATION}
    | {Right.READ_EVALUATIONS, Right.EVALUATE, Right.REVIEW_EVALUATIONS},
    Role.ADMINISTRATOR: frozenset(Right),
}
"""Rights of each role; what is not listed is denied."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Principal:
    """The caller, once recognised.

    Attributes:
        regions: Codes of the regions whose cases it may see, with everything below them.
        unit: Code of the unit it works for; empty for residents. Cases with an order to it are visible.
    """

    id: str
    name: str
    role: Role
    regions: tuple[str, ...] = ()
    unit: str = ""

    def may(self, right: Right) -> bool:
        """Whether the role grants the right."""
        return right in RIGHTS[self.role]


class Authenticator(Protocol):
    """Recognises the caller of a request."""

    @property
    def mode(self) -> str:
        """Name of the mode, shown in the header `X-Lianzhi-Auth`."""
        ...

    def __call__(self, request: Request) -> Principal:
        """The caller. Raises Forbidden when there is none."""
        ...


@dataclass(frozen=True, slots=True)
class require:
    """Dependency of a route: recognises the caller and insists on one right."""

    right: Right

    def __call__(self, request: Request) -> Principal:
        """The caller, who has the right. Raises Forbidden."""
        authenticate = getattr(request.state, "authenticate", None)
        if authenticate is None:
            raise Unavailable("服务尚未启动完成。", "请稍候再试；/ready 会说明还缺什么。")
        principal = authenticate(request)
        if not principal.may(self.right):
            raise Forbidden(f"“{principal.name}”没有此项权限（{self.right.value}）。", "请由具备该权限的人员办理。")
        return principal


def region_prefixes(principal: Principal, city: str) -> tuple[str, ...]:
    """Prefixes of the region codes that the caller sees: administrative codes begin with their parent's.

    Args:
        principal: The caller.
        city: Code of the whole city, which sees everything, places that are not known included.
    """
    return ("",) if city in principal.regions else principal.regions


def access_case(
    principal: Principal, case: CaseFile, city: str, *, order_units: frozenset[str] = frozenset()
) -> CaseFile:
    """The case, if the caller may see it.

    Args:
        principal: The caller.
        case: The case.
        city: Code of the whole city.
        order_units: Units that have a work order in the case.

    Raises:
        CaseNotFound: When it is not the caller's: the answer does not tell that it exists.
    """
    inside = any(case.region.startswith(prefix) for prefix in region_prefixes(principal, city))
    if inside or (principal.unit and principal.unit in order_units):
        return case
    raise no_such_case(case.id)


def access_city(principal: Principal, city: str) -> None:
    """Let only callers pass who see the whole city. Raises Forbidden."""
    if city not in principal.regions:
        raise Forbidden("只有全市范围的人员可以查看。", "请指定本辖区内的案件。")


def access_finance(principal: Principal, register: Register, day: date) -> None:
    """Let only finance officers pass, and the city's officers and administrators. Raises Forbidden."""
    if principal.role is not Role.DEPARTMENT_OFFICER:
        return
    unit = register.get(principal.unit)
    if unit is None or unit.sector is not Sector.FINANCE or not unit.valid_on(day):
        raise Forbidden("核算表只能由财政部门有权人员确认或退回。", "请转财政部门办理。")


def party_names(principal: Principal, world: World) -> tuple[str, ...] | None:
    """Names of the regions by which the caller may be a party to a statement; None: the caller sees all.

    A region's code begins with its parent's, so a district sees what concerns its towns.
    """
    if world.city in principal.regions:
        return None
    found = [one.name for one in world.regions if any(one.code.startswith(code) for code in principal.regions)]
    return tuple(dict.fromkeys(found))


def no_such_case(case_id: str) -> CaseNotFound:
    """The same answer for a case that does not exist and for one that is not the caller's."""
    return CaseNotFound(f"没有编号为“{case_id}”的案件。", "请核对编号，并确认它属于您的辖区或单位。")
