"""What is true of each case at a moment: the facts and amounts that indicators are made of.

A fact has two sides: where it holds, and where the log can tell. A case of which the log cannot tell is in neither
part of an indicator; it is counted apart and listed.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from domain.adjacency.evaluation.definitions import AMOUNTS, FACTS, Limits
from domain.adjacency.evaluation.places import Spots, common_spots, recurred, under_agreement
from domain.caselog import NOT_SAID, Bools, CaseTable, Floats, Times
from domain.world import Agreement

NO_CASE = ("rejected", "merged")
"""Stages of reports that became no case of their own."""
_AFTER_HANDLING = ("handled", "reported", "verified", "closed", "evaluated")
_AFTER_CLOSING = ("closed", "evaluated")


@dataclass(frozen=True, slots=True, eq=False)
class Fact:
    """One fact of all cases.

    Attributes:
        yes: Where it holds; only where `told`.
        told: Where the log can tell.
    """

    yes: Bools
    told: Bools


@dataclass(eq=False)
class Reading:
    """A log read at a moment: nothing that came later has happened yet.

    Args:
        table: The log; cases reported after `as_of` should have been taken out.
        as_of: UTC.
        limits: Limits that stand in where the log has none.
        agreements: Agreements of the city, for common spots; None: nothing is known of any.
    """

    table: CaseTable
    as_of: np.datetime64
    limits: Limits
    agreements: Sequence[Agreement] | None = None
    _facts: dict[str, Fact] = field(default_factory=dict[str, Fact])

    def fact(self, name: str) -> Fact:
        """A fact by name, worked out once."""
        if name not in self._facts:
            found = _FACTS[name](self)
            self._facts[name] = Fact(found.yes & found.told, found.told)
        return self._facts[name]

    def yes(self, name: str) -> Bools:
        """Where a fact is told and holds."""
        return self.fact(name).yes

    def amount(self, name: str) -> Floats:
        """A number of each case, NaN where it is not told."""
        return _AMOUNTS[name](self)

    @cached_property
    def filed(self) -> Bools:
        """Rows that are cases of their own."""
        return ~self.table.words["stage"].is_any(NO_CASE)

    @cached_property
    def spots(self) -> Spots:
        """Common spots among adjacent cases."""
        limits = self.limits
        rows = self.filed & self.table.flag("adjacent")
        return common_spots(self.table, rows, limits.spot_cell_m, limits.spot_cases, limits.recurrence_days)

    def done(self, name: str) -> Bools:
        """Where an instant has come."""
        return self.table.time(name) <= self.as_of  # never true for NaT

    def due(self, name: str, start: str, minutes: float) -> Times:
        """A limit of the log, or where it has none, so many minutes after another instant."""
        own = self.table.time(name)
        other = self.table.time(start) + np.timedelta64(round(minutes * 60), "s")
        return np.where(np.isnat(own), other, own)

    def in_time(self, done: str, due: Times, reached: Bools) -> Fact:
        """Whether what was reached was reached by its limit; what has not been reached was not."""
        at, ordered = self.table.time(done), self.table.ordered
        timed = ordered & ~np.isnat(due)
        return Fact(reached & (at <= due), timed & (~reached | self.done(done)))


def _all(reading: Reading) -> Bools:
    return np.ones(len(reading.table), dtype=np.bool_)


def _sure(yes: Bools) -> Fact:
    return Fact(yes, np.ones(len(yes), dtype=np.bool_))


def _flag(reading: Reading, name: str) -> Fact:
    said = reading.table.flags[name]
    return Fact(said == 1, said != NOT_SAID)


def _valid(reading: Reading) -> Fact:
    said = reading.table.flags["valid"]
    stage = reading.table.words["stage"]
    told = (said != NOT_SAID) | (stage.said & ~stage.is_any(["collected"]))
    return Fact(np.where(said != NOT_SAID, said == 1, reading.filed), told)


def _registered(reading: Reading) -> Fact:
    return _sure(reading.filed & reading.done("registered_at"))


def _dispatched(reading: Reading) -> Fact:
    return _sure(reading.filed & reading.done("dispatched_at"))


def _reached(reading: Reading, instant: str, stages: Sequence[str]) -> Bools:
    """Dispatched, and the instant has come, or is missing where the stage says that it has."""
    missing = ~reading.table.known(instant) & reading.table.words["stage"].is_any(stages)
    return reading.yes("dispatched") & (reading.done(instant) | missing)


def _handled(reading: Reading) -> Fact:
    return _sure(_reached(reading, "handled_at", _AFTER_HANDLING))


def _closed(reading: Reading) -> Fact:
    return _sure(_reached(reading, "closed_at", _AFTER_CLOSING))


def _should_handle(reading: Reading) -> Fact:
    handled, due = reading.yes("handled"), reading.table.time("due_at")
    ripe = due <= reading.as_of
    return Fact(reading.yes("dispatched") & (handled | ripe), handled | ~np.isnat(due) | ~reading.yes("dispatched"))


def _close_due(reading: Reading) -> Times:
    return reading.due("close_due_at", "due_at", reading.limits.close_h * 60)


def _should_close(reading: Reading) -> Fact:
    closed, due = reading.yes("closed"), _close_due(reading)
    ripe = due <= reading.as_of
    return Fact(reading.yes("dispatched") & (closed | ripe), closed | ~np.isnat(due) | ~reading.yes("dispatched"))


def _closed_late(reading: Reading) -> Fact:
    timely = reading.fact("closed_in_time")
    return Fact(reading.yes("closed") & ~timely.yes, timely.told)


def _overdue_open(reading: Reading) -> Fact:
    due = reading.table.time("due_at")
    open_ = reading.yes("dispatched") & ~reading.yes("handled")
    return Fact(open_ & (due < reading.as_of), ~open_ | ~np.isnat(due))


def _count_fact(reading: Reading, name: str) -> Fact:
    count = reading.table.counts[name]
    return Fact(count > 0, count != NOT_SAID)


def _accepted_first(reading: Reading) -> Fact:
    table, returns = reading.table, reading.table.counts["returns"]
    first, unit = table.words["first_unit"], table.words["unit"]
    same = np.ones(len(table), dtype=np.bool_)
    both = first.said & unit.said
    place = {word: i for i, word in enumerate(unit.vocab)}
    in_units = np.array([place.get(word, -2) for word in first.vocab] + [NOT_SAID], dtype=np.int32)
    same[both] = (in_units[first.codes] == unit.codes)[both]
    return Fact((returns == 0) & same, returns != NOT_SAID)


def _disputed(reading: Reading) -> Fact:
    table = reading.table
    argued = table.words["settled_by"].is_any(["negotiation", "superior"])
    yes = reading.done("disputed_at") | (table.counts["returns"] > 0) | argued
    told = yes | (table.counts["returns"] != NOT_SAID) | table.words["settled_by"].said
    return Fact(yes & reading.filed, told | ~reading.filed)


def _settling_hours(reading: Reading) -> Floats:
    table = reading.table
    first = np.full(len(table), np.datetime64("NaT"), dtype="datetime64[s]")
    np.fmin.at(first, table.returns.case, table.returns.at)
    start = np.where(table.known("disputed_at"), table.time("disputed_at"), first)
    span = (table.time("settled_at") - start).astype(np.float64) / 3600.0
    known = ~np.isnat(start) & reading.done("settled_at")
    return np.where(known & (span >= 0), span, np.nan)


def _interim(reading: Reading) -> Fact:
    interim, settled = reading.table.time("interim_at"), reading.table.time("settled_at")
    done = reading.done("interim_at")
    return Fact(done & ~(settled < interim), ~done | ~np.isnat(settled) | ~reading.table.known("settled_at"))


def _recurred(reading: Reading) -> Fact:
    limits = reading.limits
    return _sure(recurred(reading.table, reading.filed, limits.recurrence_radius_m, limits.recurrence_days))


def _followed_up(reading: Reading) -> Fact:
    """Long enough ago to know; a case whose instants contradict one another tells nothing."""
    window = np.timedelta64(reading.limits.recurrence_days, "D").astype("timedelta64[s]")
    closed = reading.table.time("closed_at")
    told = ~reading.yes("closed") | (~np.isnat(closed) & reading.table.ordered)
    return Fact(closed + window <= reading.as_of, told)


def _under_agreement(reading: Reading) -> Fact:
    heads = reading.spots.head
    if reading.agreements is None and "agreement" not in reading.table.columns:
        return Fact(np.zeros_like(heads), ~heads)
    return _sure(under_agreement(reading.table, heads, reading.agreements or ()))


def _settled(reading: Reading) -> Fact:
    return _sure(reading.done("settled_at"))


def _settled_by_superior(reading: Reading) -> Fact:
    by = reading.table.words["settled_by"]
    return Fact(by.is_any(["superior"]), by.said)


def _staged(due: str, start: str, hours: Callable[[Limits], float], done: str) -> Callable[[Reading], Fact]:
    """Whether a step was done by its limit, by the log's limit or so many hours after another instant."""

    def fact(reading: Reading) -> Fact:
        return reading.in_time(done, reading.due(due, start, hours(reading.limits) * 60), reading.done(done))

    return fact


def _should(due: str, start: str, hours: Callable[[Limits], float], done: str, among: str) -> Callable[[Reading], Fact]:
    """Whether a step was due by now or is done."""

    def fact(reading: Reading) -> Fact:
        ripe = reading.due(due, start, hours(reading.limits) * 60) <= reading.as_of
        return _sure(reading.yes(among) & (reading.done(done) | ripe))

    return fact


_FACTS: Mapping[str, Callable[[Reading], Fact]] = {
    "reported": lambda r: _sure(_all(r)),
    "valid": _valid,
    "registered": _registered,
    "registered_in_time": _staged("register_due_at", "reported_at", lambda x: x.register_h, "registered_at"),
    "registered_right": lambda r: _flag(r, "registered_right"),
    "should_dispatch": lambda r: r.fact("registered"),
    "dispatched": _dispatched,
    "dispatched_in_time": _staged("dispatch_due_at", "registered_at", lambda x: x.dispatch_h, "dispatched_at"),
    "accepted_first": _accepted_first,
    "returns_told": lambda r: _sure(r.table.counts["returns"] != NOT_SAID),
    "should_handle": _should_handle,
    "handled": _handled,
    "handled_in_time": lambda r: r.in_time("handled_at", r.table.time("due_at"), r.yes("handled")),
    "overdue_open": _overdue_open,
    "extended": lambda r: _count_fact(r, "extended"),
    "should_close": _should_close,
    "closed": _closed,
    "closed_in_time": lambda r: r.in_time("closed_at", _close_due(r), r.yes("closed")),
    "closed_late": _closed_late,
    "reworked": lambda r: _count_fact(r, "rework"),
    "should_check": _should("check_due_at", "reported_at", lambda x: x.check_h, "checked_at", "valid"),
    "checked_in_time": _staged("check_due_at", "reported_at", lambda x: x.check_h, "checked_at"),
    "should_verify": _should("verify_due_at", "handled_at", lambda x: x.verify_h, "verified_at", "handled"),
    "verified_in_time": _staged("verify_due_at", "handled_at", lambda x: x.verify_h, "verified_at"),
    "asked": lambda r: _sure(r.table.flags["satisfied"] != NOT_SAID),
    "satisfied": lambda r: _flag(r, "satisfied"),
    "adjacent": lambda r: _flag(r, "adjacent"),
    "disputed": _disputed,
    "settled": _settled,
    "settling_told": lambda r: Fact(_all(r), ~np.isnan(_settling_hours(r))),
    "settled_by_superior": _settled_by_superior,
    "interim_before_settled": _interim,
    "followed_up": _followed_up,
    "recurred": _recurred,
    "common_spot": lambda r: _sure(r.spots.head),
    "spot_under_agreement": _under_agreement,
}
_AMOUNTS: Mapping[str, Callable[[Reading], Floats]] = {
    "returns": lambda r: np.where(r.yes("returns_told"), r.table.counts["returns"].astype(np.float64), np.nan),
    "dispatches": lambda r: np.where(r.yes("returns_told"), r.table.counts["returns"] + 1.0, np.nan),
    "settling_hours": _settling_hours,
}
assert set(FACTS) == _FACTS.keys()
assert set(AMOUNTS) == _AMOUNTS.keys()
