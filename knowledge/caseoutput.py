"""What the command line and the API show of a similar case: JSON of the contract, or Chinese lines."""

from typing import Any

from knowledge.cases import SimilarCase

_SHOWN = 120


def similar_json(case: SimilarCase) -> dict[str, Any]:
    """One similar case of the contract."""
    meta = case.passage.meta
    return {
        "id": case.id,
        "title": case.passage.title,
        "score": case.score,
        "features": case.features,
        "words": case.words,
        "alike": list(case.alike),
        "differs": list(case.differs),
        "facts": meta.get("facts") or case.passage.text,
        "issue": meta.get("issue", ""),
        "ruling": meta.get("ruling", ""),
        "basis": meta.get("basis", ""),
        "issues": list(case.facts.issues),
        "date": meta.get("date", ""),
        "source": case.passage.source,
        "provenance": meta.get("provenance", ""),
    }


def similar_lines(case: SimilarCase) -> list[str]:
    """A similar case for people: its name, what is alike, what differs, what was ruled."""
    plain = similar_json(case)
    told = (plain["ruling"] or plain["facts"]).replace("\n", " ")
    return [
        f"{case.passage.title or case.id}（{case.id}，相似度 {case.score:.2f}，来源 {case.passage.source}）",
        *(f"    同：{line}" for line in case.alike),
        *(f"    异：{line}" for line in case.differs),
        f"    {'处理' if plain['ruling'] else '案情'}：{told[:_SHOWN]}{'…' if len(told) > _SHOWN else ''}",
    ]
