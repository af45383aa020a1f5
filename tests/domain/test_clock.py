"""Times as people read them."""

from domain.clock import shown


def test_people_read_civil_time() -> None:
    assert shown("2026-05-23T11:28:04Z") == "2026-05-23 19:28"
    assert shown("2026-05-23T19:28:04+08:00") == shown("2026-05-23T19:28:04") == "2026-05-23 19:28"
