"""Statements (核算表): every section and month under every component, months in sum, years netted, and what is open."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from domain.adjacency.compensation.factors import GRADES, factors
from domain.adjacency.compensation.money import yuan_text
from domain.adjacency.compensation.netting import Transfer, balances, by_pairs, through
from domain.adjacency.compensation.records import Problem, Record
from domain.adjacency.compensation.schemes import Scheme, Side

FORMAT = "lianzhi-compensation/1"
NOT_REPRODUCED = (
    "本核算只依据公开规则与所声明的参数，不代表已公布的实际金额：公开报道的部分金额（例如 878.3 万元不是 100 万元"
    "的整数倍）含有公开规则没有说明的部分，本系统不作推算，也不声称能够复现。"
)
"""Said with every statement."""
DRAFT_LABEL = "核算稿由人工智能辅助生成，须经财政部门有权人员确认后生效"


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One line of a statement: a component on a section in a month, or a component's payment between parties.

    Attributes:
        amount: Fen; above nought downstream pays upstream; None: not settled, `open` says why.
        readings: Values as used, by factor name, with the factor's unit.
        rows: Rows of the table.
    """

    component: str
    month: str
    amount: int | None
    finding: str
    section: str = ""
    title: str = ""
    river: str = ""
    upstream: Side = ()
    downstream: Side = ()
    grade: int | None = None
    target: int | None = None
    previous: int | None = None
    baseline: int | None = None
    limiting: tuple[str, ...] = ()
    explanation: str = ""
    inferred: tuple[str, ...] = ()
    open: tuple[str, ...] = ()
    readings: Mapping[str, str] = field(default_factory=dict[str, str])
    rows: tuple[int, ...] = ()
    transfers: tuple[Transfer, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; classes as Ⅰ to 劣Ⅴ, money in fen and as text in yuan."""
        grades = {name: _named(getattr(self, name)) for name in ("grade", "target", "previous", "baseline")}
        return {
            "component": self.component,
            "section": self.section,
            "title": self.title,
            "river": self.river,
            "month": self.month,
            "upstream": _side(self.upstream),
            "downstream": _side(self.downstream),
            "status": "open" if self.amount is None else "settled",
            "amount_fen": self.amount,
            "amount_cny": None if self.amount is None else yuan_text(self.amount),
            "finding": self.finding,
            "explanation": self.explanation,
            **grades,
            "limiting": [factors()[name].name for name in self.limiting],
            "readings": dict(self.readings),
            "inferred": list(self.inferred),
            "open": list(self.open),
            "rows": list(self.rows),
            "transfers": [one.to_json() for one in self.transfers],
        }


def _named(grade: int | None) -> str:
    return "" if grade is None else GRADES[grade - 1]


def _side(side: Side) -> str:
    return "、".join(name for name, _ in side)


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What a month comes to: balances of all parties, and how many items are open."""

    month: str
    balances: Mapping[str, int]
    settled: int
    open: int

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        return {
            "month": self.month,
            "settled": self.settled,
            "open": self.open,
            "balances": _balances(self.balances),
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Year:
    """The netting of a year; `complete` when all twelve months are there and nothing is open."""

    year: str
    months: tuple[str, ...]
    complete: bool
    open: int
    balances: Mapping[str, int]
    payments: tuple[Transfer, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value; `sum_fen` is the check that it nets to nought."""
        return {
            "year": self.year,
            "months": list(self.months),
            "complete": self.complete,
            "open": self.open,
            "balances": _balances(self.balances),
            "payments": [one.to_json() for one in self.payments],
            "sum_fen": sum(self.balances.values()),
        }


def _balances(found: Mapping[str, int]) -> list[dict[str, Any]]:
    return [{"party": party, "fen": fen, "cny": yuan_text(fen)} for party, fen in found.items()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Statement:
    """A statement of a period under one scheme. It is a draft until a finance officer confirms it.

    Attributes:
        chosen: Why this scheme, when nobody named one.
        looked_back: Sections and months that served only as last year's reference.
    """

    scheme: Scheme
    period: tuple[str, str]
    items: tuple[Item, ...]
    problems: tuple[Problem, ...] = ()
    notes: tuple[str, ...] = ()
    chosen: str = ""
    looked_back: int = 0

    @property
    def open(self) -> tuple[Item, ...]:
        """Items that a person must look at."""
        return tuple(item for item in self.items if item.amount is None)

    @property
    def parties(self) -> tuple[str, ...]:
        """Everybody who stands on a side, in the order of the items; the treasury last."""
        sides = [name for item in self.items for side in (item.upstream, item.downstream) for name, _ in side]
        rest = dict.fromkeys(name for name in sides if name != self.scheme.treasury)
        return (*rest, self.scheme.treasury)

    def months(self) -> tuple[Month, ...]:
        """Each month of the period that has items."""
        grouped: dict[str, list[Item]] = {}
        for item in self.items:
            grouped.setdefault(item.month, []).append(item)
        return tuple(
            Month(
                month=month,
                balances=balances(_made(items), self.parties),
                settled=sum(item.amount is not None for item in items),
                open=sum(item.amount is None for item in items),
            )
            for month, items in sorted(grouped.items())
        )

    def years(self) -> tuple[Year, ...]:
        """Each calendar year netted: payments between pairs, or through the treasury, as the scheme says."""
        grouped: dict[str, list[Item]] = {}
        for item in self.items:
            grouped.setdefault(item.month[:4], []).append(item)
        return tuple(self._year(year, items) for year, items in sorted(grouped.items()))

    def _year(self, year: str, items: Sequence[Item]) -> Year:
        made = list(_made(items))
        monthly = {item.month for item in items if item.section}
        waiting = sum(item.amount is None for item in items)
        treasury = self.scheme.treasury
        return Year(
            year=year,
            months=tuple(sorted(monthly)),
            complete=not waiting and (len(monthly) == 12 or not monthly),
            open=waiting,
            balances=balances(made, self.parties),
            payments=through(treasury, made) if self.scheme.clearing == "treasury" else by_pairs(made),
        )

    def to_json(self) -> dict[str, Any]:
        """JSON of the contract (`lianzhi-compensation/1`): plain values, the same bytes for the same input."""
        inferred = dict.fromkeys(said for item in self.items for said in item.inferred)
        return {
            "format": FORMAT,
            "label": DRAFT_LABEL,
            "scheme": scheme_head(self.scheme),
            "chosen": self.chosen,
            "period": list(self.period),
            "items": [item.to_json() for item in self.items],
            "months": [month.to_json() for month in self.months()],
            "years": [year.to_json() for year in self.years()],
            "open": [_open(item) for item in self.open],
            "human_required": {"value": bool(self.open), "why": _why(self.open)},
            "inferred": list(inferred),
            "undisclosed": [*self.scheme.undisclosed, NOT_REPRODUCED],
            "problems": [problem.to_json() for problem in self.problems],
            "notes": list(self.notes),
            "looked_back": self.looked_back,
        }


def _made(items: Iterable[Item]) -> Iterable[Transfer]:
    return (one for item in items for one in item.transfers)


def scheme_head(scheme: Scheme) -> dict[str, Any]:
    """What a statement says of its scheme."""
    return {
        "id": scheme.id,
        "name": scheme.name,
        "version": scheme.version,
        "digest": scheme.digest,
        "treasury": scheme.treasury,
        "clearing": scheme.clearing,
        "sources": list(scheme.sources),
    }


def _open(item: Item) -> dict[str, Any]:
    return {
        "component": item.component,
        "section": item.section,
        "title": item.title,
        "month": item.month,
        "why": list(item.open),
        "rows": list(item.rows),
    }


def _why(waiting: Sequence[Item]) -> list[str]:
    return [f"{item.title or item.component} {item.month}：{'；'.join(item.open)}" for item in waiting]


def readings_of(record: Record) -> dict[str, str]:
    """Values as used, by factor name."""
    table = factors()
    return {table[name].name: f"{one.text} {table[name].unit}" for name, one in record.readings.items()}
