"""Likely common causes (共性成因): what is more frequent among the cases of an alert than among the issue's others.

Each is a share against a share with its probability by chance (Fisher's exact test, the hypergeometric tail), adjusted
for all that were looked at. They are leads to be checked on the spot, never findings of fact.
"""

# pyright: standard
# scipy carries no types.

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

import numpy as np
import shapely
from numpy.typing import NDArray
from scipy import stats
from shapely import STRtree

from domain.adjacency.alerting.alerts import Alert
from domain.adjacency.alerting.arrays import IntArray
from domain.adjacency.alerting.discovery import adjusted
from domain.adjacency.alerting.ground import DAY_S, Ground
from domain.clock import civil_date
from domain.territory import Territory
from domain.world import Agreement

LEVEL = 0.05
LIFT = 1.5
"""A share must be this many times the usual one."""
STUDY_DAYS = 180
NEAR_M = 150.0
MOST = 5
WHOLE_WEEK = 7
"""A shorter window may lie on a weekend by itself, days."""
CHINA_S = 8 * 3600

PARTS = {
    "22时至次日6时": range(22, 30),
    "6时至10时": range(6, 10),
    "10时至16时": range(10, 16),
    "16时至22时": range(16, 22),
}
PLACES = {
    "building_site": ("在建工地", "施工或渣土运输可能是来源，应查工地台账与运输时段"),
    "market": ("集市", "摊市经营与散市后的清运可能跟不上"),
    "bridge_under": ("桥下空间", "桥下空间权责不清或疏于管理"),
    "river_reach": ("河段", "上游来物或沿岸排口，应沿河上溯核查"),
    "rail_zone": ("轨道设施范围", "轨道口人流与停放秩序，应与运营单位会商"),
    "railway_land": ("铁路地界", "铁路用地管理边界，应与铁路单位会商"),
    "compound": ("小区或单位红线", "红线内外衔接，应与物业会商"),
    "forest": ("林地", "林缘管护"),
    "dispute": ("界线争议地段", "界线认定不一致，维持现状、共同处置"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """One lead.

    Attributes:
        name: Stable name of what was looked at.
        text: What may lie behind it, Chinese.
        evidence: The figures, Chinese.
        share, usual: Share among the alert's cases, and among the issue's others; NaN where it is no share.
        p: Adjusted probability by chance; 0 for facts of the records that need no test.
    """

    name: str
    text: str
    evidence: str
    share: float
    usual: float
    p: float


def causes_of(alert: Alert, ground: Ground, territory: Territory) -> tuple[Cause, ...]:
    """Leads of an alert, the strongest first, then what the agreements say."""
    since = int(alert.as_of.timestamp()) - STUDY_DAYS * DAY_S
    end = ground.until(alert.as_of)
    rows = np.arange(int(np.searchsorted(ground.reported_s, since)), end)
    rows = rows[ground.issue[rows] == ground.issue[alert.members[0]]]
    others = np.setdiff1d(rows, alert.members)
    found = [cause for cause in _features(alert.members, others, ground, alert) if cause is not None]
    p_values = adjusted(np.array([cause.p for cause in found]), tests=20)
    kept = [
        Cause(name=c.name, text=c.text, evidence=c.evidence, share=c.share, usual=c.usual, p=float(q))
        for c, q in zip(found, p_values, strict=True)
        if q <= LEVEL
    ]
    kept.sort(key=lambda cause: (cause.p, cause.name))
    return (*kept[:MOST], *_arrangements(alert, territory), *_split(alert))


def _features(members: IntArray, others: IntArray, ground: Ground, alert: Alert) -> list[Cause | None]:
    table, both = ground.table, (members, others)
    seconds = [ground.reported_s[rows] + CHINA_S for rows in both]
    hours = [(s // 3600) % 24 for s in seconds]
    found: list[Cause | None] = []
    for label, span in PARTS.items():
        inside = [np.isin(h, [hour % 24 for hour in span]) for h in hours]
        text = f"集中在{label}，该时段巡查或监管可能是空档"
        found.append(_compared(f"hours:{span.start}", text, f"发生在{label}", *inside))
    if alert.main.days >= WHOLE_WEEK:
        weekend = [((s // DAY_S) + 3) % 7 >= 5 for s in seconds]
        found.append(_compared("weekend", "集中在周末，周末保障力量可能不足", "发生在周末", *weekend))
    source = table.words["source"]
    for code, word in enumerate(source.vocab):
        said = [source.codes[ground.rows[rows]] == code for rows in both]
        text = f"集中来自同一渠道（{word}），也可能是专项巡查或集中反映所致，不一定是问题本身增多"
        found.append(_compared(f"source:{word}", text, f"来自“{word}”", *said))
    late = [_late(ground, rows, alert) for rows in both]
    found.append(_compared("late", "处置超时较多，积压未清", "超过处置时限", *late))
    returned = [table.counts["returns"][ground.rows[rows]] > 0 for rows in both]
    found.append(_compared("returned", "退单较多，权责不清，先到单位未能落实", "被退回过", *returned))
    again = [table.words["previous"].codes[ground.rows[rows]] >= 0 for rows in both]
    found.append(_compared("again", "同处结案后复发，处置未除根", "是结案后复发", *again))
    return [*found, *_near_zones(members, others, ground, alert)]


def _late(ground: Ground, rows: IntArray, alert: Alert) -> NDArray[np.bool_]:
    """Handled after the limit, or not yet handled when it had passed."""
    due, done = (ground.table.time(name)[ground.rows[rows]] for name in ("due_at", "handled_at"))
    now = np.datetime64(int(alert.as_of.timestamp()), "s")
    return ~np.isnat(due) & (due < now) & (np.isnat(done) | (done > due))


def _near_zones(members: IntArray, others: IntArray, ground: Ground, alert: Alert) -> list[Cause | None]:
    found: list[Cause | None] = []
    for kind, (name, text) in PLACES.items():
        zones = [z for z in ground.world.zones if z.kind == kind and z.valid_from <= alert.day]
        zones = [z for z in zones if z.valid_to is None or alert.day < z.valid_to]
        if not zones:
            continue
        tree = STRtree([ground.frame.flatten(zone.geometry) for zone in zones])
        near = [_within(tree, ground, rows) for rows in (members, others)]
        hit = _nearest_name(tree, [zone.name for zone in zones], ground, members)
        cause = f"靠近{name}{f'“{hit}”' if hit else ''}：{text}"
        found.append(_compared(f"near:{kind}", cause, f"距{name}不到{NEAR_M:.0f}米", *near))
    return found


def _within(tree: STRtree, ground: Ground, rows: IntArray) -> NDArray[np.bool_]:
    near = np.zeros(len(rows), dtype=np.bool_)
    known = np.flatnonzero(~np.isnan(ground.points_m[rows]).any(axis=1))
    spots = shapely.points(ground.points_m[rows[known]])
    near[known[tree.query(spots, predicate="dwithin", distance=NEAR_M)[0]]] = True
    return near


def _nearest_name(tree: STRtree, names: Sequence[str], ground: Ground, rows: IntArray) -> str:
    known = rows[~np.isnan(ground.points_m[rows]).any(axis=1)]
    hits = tree.query(shapely.points(ground.points_m[known]), predicate="dwithin", distance=NEAR_M)[1]
    return names[int(np.bincount(hits).argmax())] if len(hits) else ""


def _compared(name: str, text: str, what: str, inside: NDArray[np.bool_], outside: NDArray[np.bool_]) -> Cause | None:
    """A lead, if the share inside is plainly the larger."""
    if len(inside) < 3 or len(outside) < 20:
        return None
    k, n, total = int(inside.sum()), len(inside), int(inside.sum() + outside.sum())
    share, usual = k / n, float(outside.mean())
    if k < 3 or share < LIFT * usual:
        return None
    p = float(stats.hypergeom.sf(k - 1, n + len(outside), total, n))
    evidence = f"{n}件中{k}件{what}（{share:.0%}），其余{len(outside)}件中为{usual:.0%}"
    return Cause(name=name, text=text, evidence=evidence, share=share, usual=usual, p=p)


def agreements_over(alert: Alert, territory: Territory) -> tuple[list[Agreement], list[Agreement]]:
    """Papers between sides of an alert that cover its place and issue: those in force on the day, and those not."""
    if alert.lon is None or alert.lat is None:
        return [], []
    spot = shapely.Point(alert.lon, alert.lat)
    sides = {code for side in alert.sides for code in (side.township, side.district)}
    papers = [
        paper
        for paper in territory.world.agreements
        if (not paper.issues or alert.issue in paper.issues)
        and len(sides & set(paper.parties)) > 0
        and shapely.dwithin(paper.area, spot, 0.003)
    ]
    valid = [p for p in papers if p.valid_from <= alert.day and (p.valid_to is None or alert.day < p.valid_to)]
    return valid, [paper for paper in papers if paper not in valid]


def _arrangements(alert: Alert, territory: Territory) -> list[Cause]:
    """What papers say where an alert has more than one side."""
    if len(alert.sides) < 2 or alert.lon is None:
        return []
    valid, other = agreements_over(alert, territory)
    if valid:
        text = f"已有《{valid[0].title}》，执行可能不到位"
        return [_fact("agreement", text, f"该协议自{valid[0].valid_from.isoformat()}起生效，覆盖此处此事项")]
    ended = [paper for paper in other if paper.valid_to is not None and paper.valid_to <= alert.day]
    if ended:
        last = max(ended, key=lambda paper: paper.valid_to or alert.day)
        end = (last.valid_to or alert.day) - timedelta(days=1)
        return [_fact("agreement_ended", f"《{last.title}》已到期，未续签", f"有效期至{end.isoformat()}")]
    return [_fact("no_agreement", "两侧没有覆盖此处此事项的毗邻协议", f"截至{civil_date(alert.as_of).isoformat()}")]


def _split(alert: Alert) -> list[Cause]:
    """How little each side sees of it."""
    if len(alert.sides) < 2:
        return []
    parts = "、".join(f"{side.name}{side.observed}件（常年{side.expected:.1f}件）" for side in alert.sides)
    return [_fact("split", "问题被界线分开，单看一侧容易被低估", parts)]


def _fact(name: str, text: str, evidence: str) -> Cause:
    return Cause(name=name, text=text, evidence=evidence, share=float("nan"), usual=float("nan"), p=0.0)
