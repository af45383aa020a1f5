"""Payments that are no month's of a section: fixed sums, rewards, and a pool divided by results."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from domain.adjacency.compensation.factors import factors
from domain.adjacency.compensation.judging import keeps
from domain.adjacency.compensation.money import shares
from domain.adjacency.compensation.months import span
from domain.adjacency.compensation.netting import Transfer
from domain.adjacency.compensation.records import Record
from domain.adjacency.compensation.schemes import Fixed, Pool, Reward, Scheme
from domain.adjacency.compensation.statement import Item

BREACH = "协议所定条件未满足，如何处理由当事方按协议约定，转人工"
POOL_INFERRED = "公开规则没有给出“成效倾斜”的算法，按应受补偿的月数分配系本方案参数"


def lump_items(
    scheme: Scheme, records: Mapping[tuple[str, str], Record], monthly: Sequence[Item], period: tuple[str, str]
) -> Iterable[Item]:
    """Items of the components that are not judged by section and month, as far as they fall due in the period."""
    if not period[0]:
        return
    for component in scheme.components:
        if isinstance(component, Fixed):
            yield from _instalments(component, scheme, records, period)
        elif isinstance(component, Reward):
            yield from _rewards(component, scheme, period)
        elif isinstance(component, Pool):
            yield from _pools(component, scheme, monthly, period)


def _paid(component: Fixed | Reward | Pool, month: str, payer: str, payee: str, fen: int, finding: str) -> Item:
    return Item(
        component=component.id,
        title=component.name or component.id,
        month=month,
        upstream=((payee, 1),),
        downstream=((payer, 1),),
        amount=fen,
        finding=finding,
        transfers=(Transfer(payer=payer, payee=payee, fen=fen),) if fen else (),
        inferred=tuple(component.inferred.values()),
    )


def _waiting(component: Fixed | Reward | Pool, month: str, payer: str, payee: str, why: Sequence[str]) -> Item:
    return Item(
        component=component.id,
        title=component.name or component.id,
        month=month,
        upstream=((payee, 1),) if payee else (),
        downstream=((payer, 1),),
        amount=None,
        finding="未结算，转人工",
        open=tuple(why),
    )


def _instalments(
    component: Fixed, scheme: Scheme, records: Mapping[tuple[str, str], Record], period: tuple[str, str]
) -> Iterable[Item]:
    for year in range(component.first_year, component.first_year + component.years):
        month = f"{year}-{component.month:02d}"
        if not period[0] <= month <= period[1] or not scheme.valid_in(month):
            continue
        why = _breaches(component, scheme, records, year)
        if why:
            yield _waiting(component, month, component.payer, component.payee, why)
        else:
            told = f"定额补偿第 {year - component.first_year + 1} 年（共 {component.years} 年）"
            yield _paid(component, month, component.payer, component.payee, component.amount, told)


def _breaches(component: Fixed, scheme: Scheme, records: Mapping[tuple[str, str], Record], year: int) -> list[str]:
    """Why the year's sum waits: a limit was not kept, or it is not known whether it was."""
    if not component.limits:
        return []
    sections = component.sections or tuple(section.id for section in scheme.sections)
    if not sections:
        return ["方案没有写明条件所看的断面"]
    missing: list[str] = []
    broken: list[str] = []
    for section in sections:
        for month in span(f"{year}-01", f"{year}-12"):
            for name, limit in component.limits.items():
                record = records.get((section, month))
                reading = record.readings.get(name) if record and not record.faults else None
                kept = None if reading is None else keeps(name, reading, limit)
                if kept is None:
                    missing.append(f"{section} {month} {factors()[name].name}")
                elif not kept:
                    broken.append(f"{section} {month} {factors()[name].name}")
    found = [f"条件指标缺测或不能判定：{_some(missing)}"] if missing else []
    return found + ([f"{BREACH}（{_some(broken)}）"] if broken else [])


def _some(names: Sequence[str], most: int = 6) -> str:
    rest = f" 等 {len(names)} 处" if len(names) > most else ""
    return "、".join(names[:most]) + rest


def _rewards(component: Reward, scheme: Scheme, period: tuple[str, str]) -> Iterable[Item]:
    for claim in component.claims:
        if not period[0] <= claim.month <= period[1] or not scheme.valid_in(claim.month):
            continue
        if not claim.evidence.strip():
            yield _waiting(component, claim.month, component.payer, claim.party, ["没有佐证材料"])
            continue
        told = f"{component.name or '奖励'}（佐证：{claim.evidence}）"
        yield _paid(component, claim.month, component.payer, claim.party, component.amount, told)


def _pools(component: Pool, scheme: Scheme, monthly: Sequence[Item], period: tuple[str, str]) -> Iterable[Item]:
    for year in sorted({item.month[:4] for item in monthly if item.component == component.component}):
        month = f"{year}-12"
        if not period[0] <= month <= period[1] or not scheme.valid_in(month):
            continue
        mine = [item for item in monthly if item.component == component.component and item.month[:4] == year]
        months = {item.month for item in mine}
        waiting = [f"{item.title} {item.month}" for item in mine if item.amount is None]
        if waiting or len(months) < 12:
            why = f"全年结果不全，补齐后再分配：{_some(waiting) or f'只有 {len(months)} 个月'}"
            yield _waiting(component, month, component.payer, "", [why])
            continue
        yield from _divided(component, month, mine, scheme.treasury)


def _divided(component: Pool, month: str, mine: Sequence[Item], treasury: str) -> Iterable[Item]:
    good: dict[str, int] = {}
    for item in mine:
        for party, _ in item.upstream:
            if party not in (treasury, component.payer):
                good[party] = good.get(party, 0) + (1 if (item.amount or 0) > 0 else 0)
    if not any(good.values()):
        return
    for party, fen in shares(component.amount, good).items():
        if fen:
            told = f"成效奖励：{good[party]} / {sum(good.values())} 个应受补偿的断面月"
            item = _paid(component, month, component.payer, party, fen, told)
            yield replace(item, inferred=(*item.inferred, POOL_INFERRED))
