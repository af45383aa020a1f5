"""Is a ruling complete? Checked before it is recorded, since a recorded ruling cannot be taken back."""

from collections.abc import Mapping
from datetime import datetime

from domain.case import Decision, Verdict
from domain.clock import civil_date
from domain.errors import EmptyText, InvalidInput, UnknownUnit
from domain.opinion import DUTIES
from domain.organisation import Register


def check_ruling(decision: Decision, register: Register, now: datetime) -> None:
    """Refuse what could not be carried out.

    Raises:
        EmptyText: If a rejection says no reason, or nobody signs.
        InvalidInput: If an amendment changes nothing, an approval brings changes, or a duty is unknown.
        UnknownUnit: If it names a unit that does not exist today.
    """
    if not decision.by.strip():
        raise EmptyText("裁定须有署名。", "请以有权人员身份登录后再裁定。")
    if decision.verdict is Verdict.REJECT and not decision.reason.strip():
        raise EmptyText("退回意见须说明理由。", "请填写理由后重试。")
    if decision.verdict is Verdict.APPROVE and decision.changes:
        raise InvalidInput("批准不能指定单位。", "请把 verdict 设为 amend 或 reject，或去掉 changes。")
    if decision.verdict is Verdict.AMEND and not decision.changes:
        raise InvalidInput("改定须指明责任与单位。", f"changes 形如 {{责任: 单位编码}}，责任为 {'、'.join(DUTIES)}。")
    check_units(decision.changes or {}, register, now)


def check_units(units: Mapping[str, str], register: Register, now: datetime) -> None:
    """Refuse duties and units that do not exist today.

    Raises:
        InvalidInput: If a duty is unknown.
        UnknownUnit: If a unit does not exist today.
    """
    for duty, code in units.items():
        if duty not in DUTIES:
            raise InvalidInput(f"没有名为“{duty[:20]}”的责任。", f"责任为 {'、'.join(DUTIES)}。")
        unit = register.get(code)
        if unit is None or not unit.valid_on(civil_date(now)):
            raise UnknownUnit(f"没有编码为“{code[:40]}”的现行单位。", "请核对单位编码。")
