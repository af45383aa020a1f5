"""Responsibility suite: are the four duties right, how many without a person, and is the stated confidence kept?

Generated scenes (`evals.scenes`), whose truth is set by how they were put together, and written ones, apart. Families
are in one half each: `fit` may be used for calibration, `held` only judges. Everything runs through the graph that
serves (`graphs.adjacency`), without a language model, and leaves no trace.

    python -m evals.responsibility [--home DIR] [--half held|fit|all] [--family NAME] [--seed N] [--written]
                                   [--worst N] [--json] [--out FILE] [--plot DIR]
"""

import argparse
import asyncio
import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any

from agents.context import Context, Knowledge
from agents.regulations import faults_of_citation
from domain.citation import Citation, Validity
from domain.clock import FixedClock, civil_date, parse_iso
from domain.errors import LianzhiError
from domain.observation import Observation, parse_observation
from domain.recognition import recognise
from domain.territory import Territory
from domain.world import World
from domain.worlddata import schematic_city
from evals.calibration import Calibration, calibration, reliability_svg
from evals.judging import DutyResult, SceneResult, judge
from evals.measures import Estimate, estimate
from evals.scenes.build import SEED, TITLES, build
from evals.scenes.form import DUTIES, Scene, scene_from_json
from graphs.adjacency import adjacency_builder, opine
from graphs.bootstrap import ServiceSettings, context_of
from graphs.nothing import NoRecords
from graphs.state import AdjacencyInput
from knowledge.base import open_knowledge

GOALS = {"right": 0.97, "coverage": 0.80, "ece": 0.05, "unauthorised": 0.0, "invalid": 0.0}
TITLES_OF_DUTIES = {"handling": "现场处置", "upkeep": "权属养护", "supervision": "行业监管", "enforcement": "行政执法"}
WRITTEN = "responsibility_written.jsonl"


@dataclass(frozen=True, slots=True)
class _Opening:
    context: Context


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """Measures over some scenes.

    Attributes:
        scenes: How many.
        right: Share of duties that are right.
        whole: Share of scenes with all four right.
        coverage: Share of duties that law lets be automatic which are.
        coverage_all: Share of all duties that are automatic.
        cases: Share of scenes with nothing to sign that ask for no person.
        right_automatic: Share of automatic duties that are right.
        recognised: Share of scenes whose matter was taken for what it is, of those where it was not given.
        calibration: Of the probability of each unit named.
        confidence: Of the opinion's confidence that it would stand if nobody looked.
        unauthorised: Duties that stand as settled although a person had to decide.
        invalid: Citations that do not hold on the day.
    """

    scenes: int
    right: Estimate
    whole: Estimate
    coverage: Estimate
    coverage_all: Estimate
    cases: Estimate
    right_automatic: Estimate
    recognised: Estimate
    calibration: Calibration
    confidence: Calibration
    unauthorised: int
    invalid: int
    by_duty: Mapping[str, Estimate]

    def to_json(self) -> dict[str, Any]:
        """Plain JSON value."""
        plain: dict[str, Any] = {"scenes": self.scenes, "unauthorised": self.unauthorised, "invalid": self.invalid}
        for name in ("right", "whole", "coverage", "coverage_all", "cases", "right_automatic", "recognised",
                     "calibration", "confidence"):  # fmt: skip
            plain[name] = getattr(self, name).to_json()
        return plain | {"by_duty": {duty: value.to_json() for duty, value in self.by_duty.items()}}


def written() -> tuple[Scene, ...]:
    """The scenes written by hand, in their order."""
    text = (files("evals") / "data" / WRITTEN).read_text(encoding="utf-8")
    return tuple(scene_from_json(json.loads(line)) for line in text.splitlines())


def observation_of(scene: Scene, territory: Territory) -> Observation:
    """The report as the one door lets it in: an hour after it was seen, or as many days later as the scene says."""
    seen_at = parse_iso(str(scene.observation["observed_at"]))
    received = seen_at + timedelta(hours=1) + ((scene.received or scene.day) - scene.day)
    return parse_observation(
        dict(scene.observation), received_at=received, new_id=lambda: scene.id, territory=territory
    )


async def opinion_on(scene: Scene, context: Context) -> dict[str, Any]:
    """The opinion as served; where the matter is given, from the step after recognition on."""
    seen = observation_of(scene, context.territory)
    if not scene.given:
        return await opine(_Opening(context), seen)
    read = recognise(seen.text, seen.detections)
    start: AdjacencyInput = {
        "case_id": seen.id,
        "observation": seen.to_json(),
        "issue": scene.issue,
        "recognition": {
            "issues": [[scene.issue, 1.0]], "danger": list(read.danger), "dispute_words": list(read.dispute_words),
            "several": [], "sure": True, "by": "person",
        },
    }  # fmt: skip
    done = await adjacency_builder().compile(checkpointer=False).ainvoke(start, context=context)
    return done["opinion"]


def faults_of(opinion: Mapping[str, Any], scene: Scene, context: Context) -> list[str]:
    """What is wrong with the citations of an opinion on the day, one by one."""
    day = civil_date(parse_iso(str(scene.observation["observed_at"])))
    found: list[str] = []
    for plain in opinion["citations"]:
        citation = Citation(**{**plain, "status": Validity(plain["status"])})
        faults = [*faults_of_citation(context, citation, day)]
        faults += [] if citation.status is Validity.IN_FORCE else [f"状态为 {citation.status.value}"]
        found += [f"{citation.label}：{fault}" for fault in faults]
    return found


async def run(
    scenes: Iterable[Scene], worlds: Mapping[str, World], knowledge: Knowledge, settings: ServiceSettings
) -> list[SceneResult]:
    """Judge scenes in the order of their families.

    Args:
        scenes: What to judge.
        worlds: Family -> its city; a family without one is in the schematic city.
        knowledge: The knowledge base that opinions cite from.
        settings: As served.
    """
    found: list[SceneResult] = []
    context, family = None, ""
    for scene in scenes:
        if context is None or scene.family != family:
            family = scene.family
            territory = Territory(worlds.get(family) or schematic_city())
            at = parse_iso("2027-06-01T00:00:00Z")
            context = context_of(settings, territory, knowledge, NoRecords(), None, FixedClock(at))
        opinion = await opinion_on(scene, context)
        found.append(judge(scene, opinion, faults_of(opinion, scene, context)))
    return found


def measure(results: Sequence[SceneResult]) -> Measured:
    """Measures over some scenes; intervals draw whole scenes, since the duties of one succeed and fail together."""
    duties = [(result.scene.id, duty) for result in results for duty in result.duties]

    def share(values: Iterable[tuple[str, bool]]) -> Estimate:
        pairs = list(values)
        return estimate([float(value) for _, value in pairs], [name for name, _ in pairs])

    stated = [(duty.stated, duty.hit) for _, duty in duties if duty.stated is not None and duty.hit is not None]
    free = [result for result in results if all(duty.open or _idle(duty) for duty in result.duties)]
    opinions = [(result.confidence, result.stands) for result in results]
    return Measured(
        scenes=len(results),
        right=share((name, duty.right) for name, duty in duties),
        whole=share((result.scene.id, result.right) for result in results),
        coverage=share((name, duty.automatic) for name, duty in duties if duty.open),
        coverage_all=share((name, duty.automatic) for name, duty in duties),
        cases=share((result.scene.id, not result.human) for result in free),
        right_automatic=share((name, duty.right) for name, duty in duties if duty.automatic),
        recognised=share((r.scene.id, r.recognised) for r in results if not r.scene.given),
        calibration=calibration([p for p, _ in stated], [bool(hit) for _, hit in stated]),
        confidence=calibration([p for p, _ in opinions], [right for _, right in opinions]),
        unauthorised=sum(duty.unauthorised for _, duty in duties),
        invalid=sum(len(result.faults) for result in results),
        by_duty={
            name: share((scene, duty.right) for scene, duty in duties if duty.duty == name) for name in DUTIES
        },
    )  # fmt: skip


def _idle(duty: DutyResult) -> bool:
    return duty.wanted.startswith("none")


def lines(results: Sequence[SceneResult], title: str, worst: int) -> list[str]:
    """The report for people."""
    made = measure(results)
    found = [f"{title}：{made.scenes} 个情景，{4 * made.scenes} 项责任"]
    found += [f"责任正确 {_shown(made.right)}；四项全对 {_shown(made.whole)}"]
    found += [f"可自动的责任中自动 {_shown(made.coverage)}；全部责任中自动 {_shown(made.coverage_all)}；"
              f"无须签字的案件中自动 {_shown(made.cases)}"]  # fmt: skip
    found += [f"自动的责任中正确 {_shown(made.right_automatic)}；不给事项时识别正确 {_shown(made.recognised)}"]
    found += [f"单位概率 {_calibrated(made.calibration)}；意见把握 {_calibrated(made.confidence)}"]
    found += [f"越权裁定 {made.unauthorised}；无效引用 {made.invalid}"]
    found += ["　".join(f"{TITLES_OF_DUTIES[name]} {_shown(value)}" for name, value in made.by_duty.items()), ""]
    for given, name in ((True, "给定事项"), (False, "只有文字")):
        part = measure([r for r in results if r.scene.given is given])
        found.append(f"{name}\tn={part.scenes}\t正确 {_shown(part.right)}\t自动 {_shown(part.coverage)}")
    found += ["", *_families(results), ""]
    misses = [(result, duty) for result in results for duty in result.duties if not duty.right]
    misses.sort(key=lambda pair: (not pair[1].automatic, pair[0].scene.family, pair[0].scene.id))
    found.append(f"错 {len(misses)} 项，列 {min(worst, len(misses))} 项（自动的在前）：")
    for result, duty in misses[:worst]:
        how = "自动" if duty.automatic else "转人工"
        found.append(f"{result.scene.id} {result.scene.issue} {TITLES_OF_DUTIES[duty.duty]} {how} 应 {duty.wanted} 得 "
                     f"{duty.said}｜{result.scene.note}｜{result.scene.observation['text']}")  # fmt: skip
    return found


def _families(results: Sequence[SceneResult]) -> list[str]:
    names = list(dict.fromkeys(result.scene.family for result in results))
    groups = {name: measure([r for r in results if r.scene.family == name]) for name in names}
    ranked = sorted(names, key=lambda name: (groups[name].right.value, groups[name].coverage.value, name))
    return [
        f"{name}\t{TITLES.get(name, '')}\tn={groups[name].scenes}\t正确 {groups[name].right.value:.3f}\t"
        f"自动 {groups[name].coverage.value:.3f}\t自动中正确 {groups[name].right_automatic.value:.3f}\t"
        f"越权 {groups[name].unauthorised}"
        for name in ranked
    ]


def _shown(value: Estimate) -> str:
    return f"{value.value:.3f} [{value.low:.3f}, {value.high:.3f}]" if value.n else "—"


def _calibrated(made: Calibration) -> str:
    return f"ECE {made.ece:.3f} [{made.low:.3f}, {made.high:.3f}]（n={made.n}）"


def main(argv: Sequence[str] | None = None) -> int:
    """Run the suite; exit code 2 when the knowledge base cannot be opened."""
    parser = argparse.ArgumentParser(prog="python -m evals.responsibility", description="确权定责评测")
    parser.add_argument("--home", type=Path, help="数据目录，默认按 LIANZHI_HOME")
    parser.add_argument("--half", choices=("fit", "held", "all"), default="held", help="哪一半情景族")
    parser.add_argument("--written", action="store_true", help="只评手写情景")
    parser.add_argument("--family", action="append", default=[], help="只评这一族（可多次）")
    parser.add_argument("--seed", type=int, default=SEED, help="另抽一套情景")
    parser.add_argument("--worst", type=int, default=20, help="列出几项错误")
    parser.add_argument("--json", action="store_true", help="只输出一个 JSON")
    parser.add_argument("--out", type=Path, help="每个情景一行 JSON 写到此文件")
    parser.add_argument("--plot", type=Path, help="两张可靠性图（SVG）写到此目录")
    asked = parser.parse_args(argv)
    settings = ServiceSettings.at(asked.home) if asked.home else ServiceSettings()
    suite = build(schematic_city(), seed=asked.seed, only=asked.family)
    scenes = written() if asked.written else tuple(suite.of("all" if asked.family else asked.half))
    scenes = tuple(scene for scene in scenes if not asked.family or scene.family in asked.family)
    try:
        knowledge = open_knowledge(settings.knowledge)
        try:
            results = asyncio.run(run(scenes, suite.worlds, knowledge, settings))
        finally:
            knowledge.close()
    except LianzhiError as problem:
        sys.stderr.write(f"{problem.message}{problem.hint}\n")
        return 2
    _write(asked, results)
    title = "手写情景" if asked.written else f"生成情景（{asked.half}）"
    plain = {"title": title, "goals": GOALS, **measure(results).to_json()}
    shown = json.dumps(plain, ensure_ascii=False) if asked.json else "\n".join(lines(results, title, asked.worst))
    sys.stdout.write(f"{shown}\n")
    return 0


def _write(asked: argparse.Namespace, results: Sequence[SceneResult]) -> None:
    if asked.out:
        rows = (json.dumps(result.to_json(), ensure_ascii=False) for result in results)
        asked.out.write_text("\n".join(rows) + "\n", encoding="utf-8")
    if asked.plot:
        made = measure(results)
        asked.plot.mkdir(parents=True, exist_ok=True)
        for name, measured, title in (
            ("units", made.calibration, "单位概率的可靠性"),
            ("opinions", made.confidence, "意见把握的可靠性"),
        ):
            (asked.plot / f"reliability-{name}.svg").write_text(reliability_svg(measured, title), encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
