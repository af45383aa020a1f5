"""The threshold report (阈值报告): what officers' words say of the settings. It proposes and moves nothing."""

from collections import Counter
from collections.abc import Sequence
from typing import Any

from domain.adjacency.alerting.discovery import wilson
from domain.adjacency.alerting.filing import DISMISSALS, FALSE_ALARMS, AlertState, FiledAlert
from domain.adjacency.alerting.signals import METHOD_NAMES, Method

CUTS = (0.05, 0.02, 0.01, 0.005, 0.002, 0.001)
LEAST_DECIDED = 20
"""Decided alerts below which nothing is proposed."""
WANTED = 0.8
"""Share of decided alerts that should have been worth raising."""


def threshold_report(filed: Sequence[FiledAlert]) -> dict[str, Any]:
    """How often alerts were worth raising: by method, by issue, and at smaller q; with 95 % intervals (Wilson)."""
    decided = [one for one in filed if _is_decided(one)]
    return {
        "raised": len(filed),
        "decided": len(decided),
        "undecided": len(filed) - len(decided),
        "worth": _share(decided),
        "dismissed": dict(Counter(d.category for d in decided if d.category)),
        "dismissal_names": DISMISSALS,
        "by_method": [
            {"method": method.value, "method_name": METHOD_NAMES[method], **_share(mine)}
            for method in Method
            if (mine := [one for one in decided if _methods(one)[:1] == [method.value]])
        ],
        "by_issue": [
            {
                "issue": issue,
                "issue_name": _name(decided, issue),
                **_share([d for d in decided if d.body["issue"] == issue]),
            }
            for issue in sorted({one.body["issue"] for one in decided})
        ],
        "at_q": [{"q": cut, **_kept(decided, cut)} for cut in CUTS],
        "proposal": _proposal(decided),
    }


def _is_decided(one: FiledAlert) -> bool:
    return one.state is not AlertState.OPEN and one.category != "other"


def is_worth(one: FiledAlert) -> bool:
    """Whether a decided alert was about something real."""
    return one.category not in FALSE_ALARMS


def _methods(one: FiledAlert) -> list[str]:
    return [signal["method"] for signal in one.body["signals"]]


def _name(decided: Sequence[FiledAlert], issue: str) -> str:
    return next(one.body["issue_name"] for one in decided if one.body["issue"] == issue)


def _share(some: Sequence[FiledAlert]) -> dict[str, Any]:
    worth = sum(is_worth(one) for one in some)
    low, high = wilson(worth, len(some))
    return {
        "n": len(some),
        "worth_raising": worth,
        "share": round(worth / len(some), 3) if some else None,
        "interval": [round(low, 3), round(high, 3)],
    }


def _kept(decided: Sequence[FiledAlert], cut: float) -> dict[str, Any]:
    """What a smaller q would have left, and which alerts worth raising would have been lost."""
    kept = [one for one in decided if one.body["q"] <= cut]
    lost = sum(is_worth(one) for one in decided) - sum(is_worth(one) for one in kept)
    return {**_share(kept), "lost_worth_raising": lost}


def _proposal(decided: Sequence[FiledAlert]) -> dict[str, Any]:
    """The largest q at which the share is as wanted; the officer in charge decides."""
    if len(decided) < LEAST_DECIDED:
        return {"q": None, "text": f"已研判{len(decided)}条，不足{LEAST_DECIDED}条，暂不提出调整建议。"}
    for cut in CUTS:
        found = _kept(decided, cut)
        if found["n"] and found["share"] >= WANTED:
            lost = found["lost_worth_raising"]
            more = f"，同时会少发{lost}条属实的预警" if lost else "，不会漏掉已确认的预警"
            text = f"若错误发现率取{cut:g}，已研判预警中{found['share']:.0%}值得发出{more}。是否调整由负责人决定。"
            return {"q": cut, "text": text}
    return {"q": None, "text": "收紧错误发现率不足以减少误报：请先看被排除的理由（季节、数据原因）。"}
