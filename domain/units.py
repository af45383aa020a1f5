"""Units: the suffixes that names of quantities carry, and the constants that convert between them.

A name of a quantity with a dimension ends in one of `UNIT_SUFFIXES` (`distance_m`, `timeout_s`); a name without one is
dimensionless. Angles of coordinates are `lon` and `lat`, always degrees on WGS-84.

Sources:
    SI brochure, 9th edition (BIPM, 2019), tables 2, 4 and 8; GB 3100-1993.
"""

from collections.abc import Mapping

UNIT_SUFFIXES: Mapping[str, str] = {
    "m": "metre 米",
    "km": "kilometre 千米",
    "s": "second 秒",
    "ms": "millisecond 毫秒",
    "h": "hour 小时",
    "mps": "metre per second 米/秒",
    "kmh": "kilometre per hour 千米/时",
    "deg": "degree 度",
    "px": "pixel 像素",
    "kb": "kilobyte (1,000 bytes) 千字节",
    "mib": "mebibyte (2^20 bytes) 兆字节",
    "cny": "yuan 元",
}
"""Suffix → unit. Spelled-out forms (`_meters`, `_sec`, `_hours`) are refused by a test."""

HOUR_S = 3600.0
"""Seconds in an hour."""
