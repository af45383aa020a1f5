"""The class of a body of water: its worst factor decides (单因子评价法, GB 3838-2002, clause 3.1 of usual practice)."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from domain.adjacency.compensation.factors import factors
from domain.adjacency.compensation.readings import Reading

_NOTHING = Decimal(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Grading:
    """Class of one section in one month.

    Attributes:
        grade: 1 to 6; a value below detection counts as the limit of detection.
        limiting: Ids of the factors of that class, in the order in which they were measured.
        grades: Class of each factor that counts.
        unsure: Factors below a limit of detection that is too coarse: the class would be another if they were nought.
    """

    grade: int
    limiting: tuple[str, ...]
    grades: Mapping[str, int]
    unsure: tuple[str, ...] = ()


def single_factor(measured: Mapping[str, Reading], water: str = "river") -> Grading:
    """Class by the worst factor; factors that do not count in this water are passed over.

    Args:
        measured: Readings by factor id, at least one of which counts.
        water: `river` or `lake`.

    Raises:
        ValueError: If nothing that counts was measured.
    """
    table = factors()
    counting = {name: reading for name, reading in measured.items() if water in table[name].counts}
    if not counting:
        raise ValueError("nothing was measured that counts")
    grades = {name: table[name].grade(reading.value, water) for name, reading in counting.items()}
    grade = max(grades.values())
    return Grading(
        grade=grade,
        limiting=tuple(name for name, own in grades.items() if own == grade),
        grades=grades,
        unsure=_unsure(counting, grades, water),
    )


def _unsure(counting: Mapping[str, Reading], grades: Mapping[str, int], water: str) -> tuple[str, ...]:
    """Factors below detection for which the class would be another if they were nought."""
    least = {
        name: factors()[name].grade(_NOTHING, water) if reading.below else grades[name]
        for name, reading in counting.items()
    }
    if max(least.values()) == max(grades.values()):
        return ()
    return tuple(name for name, own in least.items() if own != grades[name])
