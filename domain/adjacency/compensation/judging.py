"""Judges one component of a scheme on one section in one month: class against class, or factor against limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from domain.adjacency.compensation.factors import WORST, factors, grade_name
from domain.adjacency.compensation.grading import Grading, single_factor
from domain.adjacency.compensation.readings import Reading
from domain.adjacency.compensation.records import Record
from domain.adjacency.compensation.schemes import Baseline, LastYear, Limits, Scheme, Section

Monthly = LastYear | Baseline | Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What a month is held against: last year's class and means, each with how it is known, or why it is not."""

    grade: int | None = None
    means: Mapping[str, Decimal] | None = None
    inferred: tuple[str, ...] = ()
    faults: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What follows for a section in a month.

    Attributes:
        amount: Fen; above nought downstream pays upstream, below it upstream pays downstream; None: not settled.
        finding: What was found, in few Chinese words.
        inferred: What was inferred and is not in the public rules, in words.
        open: Why it is not settled, in words; empty when it is.
        missed: Factors that failed, for `Limits`.
    """

    amount: int | None
    finding: str
    grading: Grading | None = None
    inferred: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    missed: tuple[str, ...] = ()


def unsettled(*reasons: str, grading: Grading | None = None) -> Outcome:
    """An outcome that a person must look at."""
    return Outcome(amount=None, finding="未结算，转人工", grading=grading, open=tuple(dict.fromkeys(reasons)))


def judge(component: Monthly, scheme: Scheme, section: Section, record: Record, reference: Reference) -> Outcome:
    """The outcome of a component; whatever is missing, unusable or contradictory leaves it unsettled."""
    if isinstance(component, Limits):
        return _limits(component, scheme, section, record, reference)
    graded = graded_month(scheme, record)
    if isinstance(graded, Outcome):
        return graded
    if isinstance(component, LastYear):
        return _last_year(component, section, graded, reference)
    return _baseline(component, section, graded)


def graded_month(scheme: Scheme, record: Record) -> Grading | Outcome:
    """The class of a month, or the outcome that says why there is none."""
    missing = [name for name in scheme.required if name not in record.readings and name not in record.bad]
    reasons = [*record.faults, *record.bad.values()]
    if missing:
        reasons.append(f"缺测：{'、'.join(factors()[name].name for name in missing)}")
    if reasons:
        return unsettled(*reasons)
    try:
        grading = single_factor(record.readings, scheme.water)
    except ValueError:
        return unsettled("没有可用于评价类别的监测值")
    if grading.unsure:
        names = "、".join(factors()[name].name for name in grading.unsure)
        return unsettled(f"检出限过高，不能判定类别：{names}", grading=grading)
    return grading


def _last_year(component: LastYear, section: Section, graded: Grading, reference: Reference) -> Outcome:
    if section.target is None:
        return unsettled("没有考核目标", grading=graded)
    if graded.grade > section.target:
        finding = f"未达标({graded.grade}>{section.target}),限制因子{list(graded.limiting)}"
        return _paid(component, "failed", -component.failed, finding, graded)
    if reference.grade is None:
        return unsettled(*(reference.faults or ("没有上年同期类别",)), grading=graded)
    if graded.grade < reference.grade:
        return _paid(component, "better", component.better, "达标且较上年提升", graded, reference.inferred)
    if graded.grade > reference.grade:
        return _paid(component, "worse", -component.worse, "达标但较上年下降", graded, reference.inferred)
    said = "(原文未见,推断为0)" if component.tie == 0 and "tie" in component.inferred else ""
    return _paid(component, "tie", component.tie, f"达标且与上年持平{said}", graded, reference.inferred)


def _baseline(component: Baseline, section: Section, graded: Grading) -> Outcome:
    if section.baseline is None:
        return unsettled("没有基准线", grading=graded)
    if graded.grade > section.baseline:
        finding = f"未达基准线,限制因子{list(graded.limiting)}"
        return _paid(component, "failed", -component.failed, finding, graded)
    if graded.grade < section.baseline:
        return _paid(component, "better", component.better, "优于基准线", graded)
    if component.equal == "nothing":
        return _paid(component, "equal", 0, "与基准线持平", graded)
    return _paid(component, "equal", component.better, "优于基准线", graded)


def _limits(component: Limits, scheme: Scheme, section: Section, record: Record, reference: Reference) -> Outcome:
    reasons = [*record.faults, *(why for name, why in record.bad.items() if name in component.factors)]
    missing = [name for name in component.factors if name not in record.readings and name not in record.bad]
    if missing:
        reasons.append(f"缺测：{'、'.join(factors()[name].name for name in missing)}")
    if "target" in component.against and section.target is None:
        reasons.append("没有功能标准（考核目标）")
    if "means" in component.against:
        reasons += _without_means(component, reference)
    if reasons:
        return unsettled(*reasons)
    kept = {
        name: _keeps_all(component, scheme, section, name, record.readings[name], reference)
        for name in component.factors
    }
    unsure = [factors()[name].name for name, one in kept.items() if one is None]
    if unsure:
        return unsettled(f"检出限高于限值，不能判定：{'、'.join(unsure)}")
    missed = tuple(name for name, one in kept.items() if not one)
    inferred = reference.inferred if "means" in component.against else ()
    if missed:
        return _paid(component, "failed", -component.failed, f"未全部达到:{','.join(missed)}", None, inferred, missed)
    return _paid(component, "met", component.met, "全部达到", None, inferred)


def _without_means(component: Limits, reference: Reference) -> list[str]:
    missing = [name for name in component.factors if name not in (reference.means or {})]
    if not missing:
        return []
    return list(reference.faults) or [f"没有上年均值：{'、'.join(factors()[name].name for name in missing)}"]


def _keeps_all(
    component: Limits, scheme: Scheme, section: Section, name: str, reading: Reading, reference: Reference
) -> bool | None:
    limits: list[Decimal] = []
    if "means" in component.against:
        limits.append((reference.means or {})[name])
    if "limits" in component.against:
        limits.append(component.limits[name])
    kept = [keeps(name, reading, limit) for limit in limits]
    if "target" in component.against:
        kept.append(_keeps_class(name, reading, section.target or WORST, scheme.water))
    if False in kept:
        return False
    return None if None in kept else True


def _keeps_class(name: str, reading: Reading, target: int, water: str) -> bool | None:
    factor = factors()[name]
    if factor.order == "range":
        return factor.grade(reading.value, water) == 1
    return True if target >= WORST else keeps(name, reading, factor.limit(target, water))


def keeps(name: str, reading: Reading, limit: Decimal) -> bool | None:
    """Whether a reading keeps a limit; None when it is below a limit of detection that cannot tell."""
    factor = factors()[name]
    met = factor.meets(reading.value, limit)
    if not reading.below or met == factor.meets(Decimal(0), limit):
        return met
    return None


def _paid(
    component: Monthly,
    parameter: str,
    amount: int,
    finding: str,
    grading: Grading | None,
    more: Sequence[str] = (),
    missed: tuple[str, ...] = (),
) -> Outcome:
    own = (component.inferred[parameter],) if parameter in component.inferred else ()
    return Outcome(amount=amount, finding=finding, grading=grading, inferred=(*own, *more), missed=missed)


def explained(outcome: Outcome, section: Section, reference: Reference) -> str:
    """The outcome in one plain Chinese sentence."""
    graded = outcome.grading
    parts: list[str] = []
    if graded is not None:
        names = "、".join(factors()[name].name for name in graded.limiting)
        parts.append(f"本月{grade_name(graded.grade)}（定类指标：{names}）")
        parts += [f"目标{grade_name(section.target)}"] if section.target else []
        parts += [f"上年{grade_name(reference.grade)}"] if reference.grade else []
        parts += [f"基准{grade_name(section.baseline)}"] if section.baseline else []
    if outcome.missed:
        parts.append(f"未达到：{'、'.join(factors()[name].name for name in outcome.missed)}")
    return "，".join(parts)
