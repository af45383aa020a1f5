"""What is planted in the year and must be found again: outbreaks, repeat places, gaming, a pilot with an effect."""

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Outbreak:
    """Extra cases of some issues around a named place between two days, both included."""

    tag: str
    issues: tuple[str, ...]
    place: str
    radius_m: float
    first: date
    last: date
    cases: int


OUTBREAKS = (
    Outbreak("ob1-both-banks-litter", ("E04",), "manhole_on_river_line", 420, date(2026, 6, 10), date(2026, 6, 23), 62),
    Outbreak("ob2-border-dumping", ("E02",), "border_road", 380, date(2026, 3, 5), date(2026, 3, 19), 46),
    Outbreak("ob3-market-summer", ("S01", "E12"), "three_town_market", 250, date(2026, 7, 10), date(2026, 8, 4), 84),
    Outbreak("ob4-storm-grates", ("P03", "E21"), "interchange", 900, date(2026, 5, 18), date(2026, 5, 23), 52),
    Outbreak("ob5-bike-tide", ("T09",), "rail_station", 300, date(2026, 9, 1), date(2026, 9, 12), 44),
    Outbreak("ob6-night-tunnel", ("C01",), "site_on_line", 300, date(2026, 4, 8), date(2026, 4, 21), 40),
    Outbreak("ob7-black-water", ("E05",), "river_middle", 700, date(2025, 12, 2), date(2025, 12, 11), 30),
    Outbreak("ob8-stolen-covers", ("P01",), "half_street", 700, date(2026, 1, 12), date(2026, 1, 20), 34),
)
"""Five of the eight lie across a line, so that each side alone sees half."""


@dataclass(frozen=True, slots=True)
class Repeat:
    """One problem that comes back at one place after each closing, every `gap_days` or so."""

    tag: str
    issue: str
    place: str
    gap_days: int


REPEATS = (
    Repeat("rp01", "E01", "gap_strip", 9),
    Repeat("rp02", "E01", "overlap", 16),
    Repeat("rp03", "E01", "enclave", 13),
    Repeat("rp04", "E01", "bridge_foot", 12),
    Repeat("rp05", "S01", "half_street", 10),
    Repeat("rp06", "P05", "border_road_lamp", 34),
    Repeat("rp07", "P01", "border_road_unmarked", 48),
    Repeat("rp08", "E03", "border_road", 11),
    Repeat("rp09", "T06", "moved_town_line", 40),
    Repeat("rp10", "S12", "compound_on_line", 45),
    Repeat("rp11", "E11", "enclave_in_district", 27),
    Repeat("rp12", "E04", "river_bank", 21),
)
"""Twelve named places of trouble."""


@dataclass(frozen=True, slots=True)
class Gaming:
    """Figures made up to look good; `kind` is `self_report`, `split` or `false_close`."""

    tag: str
    kind: str
    town: str
    issue: str
    first: date
    last: date
    times: int


GAMING = (
    Gaming("gm1-self-report", "self_report", "509903003", "E03", date(2026, 2, 2), date(2026, 3, 27), 70),
    Gaming("gm2-split", "split", "509904002", "E01", date(2026, 5, 6), date(2026, 6, 26), 14),
    Gaming("gm3-false-close", "false_close", "509902005", "S02", date(2026, 8, 3), date(2026, 9, 25), 18),
)
"""`split` makes four cases a time; `false_close` closes and sees the same case come back within three days."""

PILOT_START = date(2026, 5, 1)
PILOT_DISTRICTS = ("509901", "509904")
PILOT_RETURNS = (0.34, 0.15)
"""Share of adjacent cases that are sent back: without the pilot, and in its districts from its start."""
