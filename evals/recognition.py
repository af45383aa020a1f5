"""Recognition of what is reported: is the right matter first, and is "sure" kept?

678 about the 81 matters of the table, and 52 about nothing in it, written from each matter's name, class and legal
definition alone, before the lexicon was looked at: plain speech, Chongqing speech and official wording, a third with
places, times, feelings and things that merely stand near; some with two matters. A fixed hash puts each in one half:
`fit` may be trained and calibrated on, `held` only judges.

    python -m evals.recognition [--half held|fit|all] [--worst N] [--json]

No language model; only the words are given, no place and no detection.
"""

import argparse
import hashlib
import json
import sys
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from domain.recognition import Recognition, recognise
from evals.calibration import Calibration, calibration
from evals.measures import Estimate, estimate

OUTSIDE = "*"
"""What a report about nothing in the table means."""

GOALS = {"top_1": 0.85, "right_when_sure": 0.97}
NAMES = {
    "top_1": "首选正确",
    "top_3": "前三有",
    "sure": "有把握",
    "right_when_sure": "有把握时正确",
    "sure_and_right": "有把握且正确",
    "outside_silent": "表外不猜",
    "outside_sure": "表外却有把握",
    "both_found": "两事并提时都列出",
    "split_for_nothing": "一事误作两事",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """One line of the suite.

    Attributes:
        issue: Id of the matter meant; `OUTSIDE` when none of the table is.
        also: Further matters in the same report.
    """

    text: str
    issue: str
    also: tuple[str, ...] = ()

    @property
    def half(self) -> str:
        """`fit` or `held`, by a hash of the words."""
        return "held" if hashlib.sha256(self.text.encode()).digest()[0] % 2 else "fit"

    @property
    def meant(self) -> tuple[str, ...]:
        """All matters meant, none for what is outside."""
        return () if self.issue == OUTSIDE else (self.issue, *self.also)


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    """One report and what recognition made of it."""

    report: Report
    found: Recognition

    @property
    def right(self) -> bool:
        """Whether the first guess is a matter that is meant."""
        return self.found.best in self.report.meant


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measures of a run; `shares` by the keys of `NAMES`, `score` the calibration of the first guess's score."""

    reports: int
    shares: dict[str, Estimate]
    score: Calibration

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        shares = {name: value.to_json() for name, value in self.shares.items()}
        return {"reports": self.reports, **shares, "score": self.score.to_json()}


@cache
def reports() -> tuple[Report, ...]:
    """All reports of the suite, in the order of the file."""
    text = files("evals").joinpath("data/recognition.jsonl").read_text(encoding="utf-8")
    rows = [json.loads(line) for line in text.splitlines()]
    return tuple(Report(text=row["text"], issue=row["issue"], also=tuple(row.get("also", ()))) for row in rows)


def read(chosen: Iterable[Report]) -> tuple[Read, ...]:
    """Recognise each report."""
    return tuple(Read(report=report, found=recognise(report.text)) for report in chosen)


def measure(results: Sequence[Read]) -> Measured:
    """Measures over some reports."""
    inside = [one for one in results if one.report.meant]
    outside = [one for one in results if not one.report.meant]
    guessed = [one for one in results if one.found.issues]
    several = {one.report.text: set(one.found.several) for one in inside}
    values: dict[str, list[bool]] = {
        "top_1": [one.right for one in inside],
        "top_3": [any(g.issue in one.report.meant for g in one.found.issues[:3]) for one in inside],
        "sure": [one.found.sure for one in inside],
        "right_when_sure": [one.right for one in results if one.found.sure],
        "sure_and_right": [one.found.sure and one.right for one in inside],
        "outside_silent": [not one.found.issues for one in outside],
        "outside_sure": [one.found.sure for one in outside],
        "both_found": [several[o.report.text] >= set(o.report.meant) for o in inside if o.report.also],
        "split_for_nothing": [bool(several[o.report.text]) for o in inside if not o.report.also],
    }
    return Measured(
        reports=len(results),
        shares={name: estimate([float(value) for value in found]) for name, found in values.items()},
        score=calibration([one.found.issues[0].score for one in guessed], [one.right for one in guessed]),
    )


def lines(results: Sequence[Read], half: str, worst: int) -> list[str]:
    """The report for people."""
    made = measure(results)
    found = [f"事项识别（{half}）：{made.reports} 条"]
    for name, value in made.shares.items():
        goal = f"（目标 {GOALS[name]:.2f}）" if name in GOALS else ""
        found.append(f"{NAMES[name]} {value.value:.3f} [{value.low:.3f}, {value.high:.3f}] n={value.n}{goal}")
    score = made.score
    found.append(f"首选得分的 ECE {score.ece:.3f} [{score.low:.3f}, {score.high:.3f}] n={score.n}")
    misses = [one for one in results if (one.found.sure or one.report.meant) and not one.right]
    misses.sort(key=lambda one: (not one.found.sure, one.report.issue))
    found += ["", f"错 {len(misses)} 条，列 {min(worst, len(misses))} 条（有把握的在前）："]
    for one in misses[:worst]:
        said = "、".join(f"{guess.issue} {guess.score:.2f}" for guess in one.found.issues[:3]) or "无"
        mark = "有把握" if one.found.sure else "无把握"
        found.append(f"{'+'.join(one.report.meant) or '表外'}\t{mark}\t{said}\t{one.report.text}")
    return found


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite and print the report."""
    parser = argparse.ArgumentParser(prog="python -m evals.recognition", description="事项识别评测")
    parser.add_argument("--half", choices=("fit", "held", "all"), default="held", help="哪一半")
    parser.add_argument("--worst", type=int, default=20, help="列出几条错误")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON")
    asked = parser.parse_args(argv)
    results = read(report for report in reports() if asked.half in (report.half, "all"))
    if asked.json:
        plain = {"half": asked.half, "goals": GOALS, **measure(results).to_json()}
        sys.stdout.write(json.dumps(plain, ensure_ascii=False) + "\n")
    else:
        sys.stdout.write("\n".join(lines(results, asked.half, asked.worst)) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
