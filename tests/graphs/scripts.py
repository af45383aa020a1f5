"""Characters of a language model, as scripts of the test endpoint."""

from typing import Any

from agents.choosing import CANNOT_TELL
from tests.fakes import Reply, asked_of


def _explanation(request: dict[str, Any]) -> dict[str, Any] | None:
    return asked_of(request).get("待润色材料", {}).get("说明")


def honest(request: dict[str, Any]) -> Reply:
    """Changes a word here and there, and picks the first candidate."""
    given = _explanation(request)
    if given is None:
        return Reply(tool={"issue": asked_of(request)["候选"][0]["编号"]})
    steps = [f"{step.rstrip('。')}，谢谢配合。" for step in given["steps"]]
    return Reply(tool={"steps": steps, "formal": given["formal"].replace("理由：", "具体理由：")})


def rambling(request: dict[str, Any]) -> Reply:
    """Talks and talks, and never answers."""
    return Reply(content="好的，我来分析一下这个问题。首先，" * 300)


def hostile(request: dict[str, Any]) -> Reply:
    """Slips in an article, another unit and a penalty; picks an issue that was not offered."""
    given = _explanation(request)
    if given is None:
        return Reply(tool={"issue": "X99"})
    slipped = "\n另据《行政处罚法》第九十九条，由南海区城市管理局负责权属养护，罚款五千元。"
    return Reply(tool={"steps": given["steps"], "formal": given["formal"] + slipped})


def evasive(request: dict[str, Any]) -> Reply:
    """Cannot tell, and answers nothing usable."""
    return Reply(tool={"issue": CANNOT_TELL}) if _explanation(request) is None else Reply(content="不好说。")
