"""Time comes in from outside, so that a run can be replayed."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

CHINA = ZoneInfo("Asia/Shanghai")
"""Civil time of the city: dates in law and on work orders are of this zone."""

Clock = Callable[[], datetime]
"""Gives the present instant, aware, in UTC."""


def system_clock() -> datetime:
    """The machine's clock; handed in at the composition root only."""
    return datetime.now(UTC)  # noqa: TID251  the one place where the clock is read


@dataclass(frozen=True, slots=True)
class FixedClock:
    """A clock that stands still, for tests and replays."""

    instant: datetime

    def __call__(self) -> datetime:
        """The fixed instant."""
        return self.instant


def civil_date(instant: datetime) -> date:
    """The calendar day of an aware instant in the city's zone."""
    return instant.astimezone(CHINA).date()


def iso(instant: datetime) -> str:
    """ISO 8601 in UTC with seconds, as records and JSON carry it."""
    return instant.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def shown(instant: str) -> str:
    """An ISO 8601 instant as people of the city read it: civil time to the minute, 2026-05-23 19:28."""
    return parse_iso(instant).astimezone(CHINA).strftime("%Y-%m-%d %H:%M")


def parse_iso(text: str) -> datetime:
    """Read ISO 8601; a time without a zone is taken as China's.

    Raises:
        ValueError: If the text is not an ISO 8601 instant.
    """
    instant = datetime.fromisoformat(text)
    return instant if instant.tzinfo else instant.replace(tzinfo=CHINA)
