"""An opinion on one report from the command line: nothing is stored, nobody is sent."""

import asyncio
import hashlib
import json
from dataclasses import dataclass
from typing import Any

from adapters.llm import open_chat_model
from agents.context import Context
from domain.clock import Clock, system_clock
from domain.errors import MalformedJson
from domain.observation import Observation, parse_observation
from domain.territory import Territory
from graphs.adjacency import opine
from graphs.bootstrap import ServiceSettings, context_of, load_world
from graphs.nothing import NoRecords
from knowledge.base import open_knowledge


@dataclass(frozen=True, slots=True)
class _Opening:
    """As much of a service as an opinion needs."""

    context: Context


DUTY_TITLES = {"handling": "现场处置", "upkeep": "权属养护", "supervision": "行业监管", "enforcement": "行政执法"}


def read_observation(text: str, territory: Territory, clock: Clock) -> Observation:
    """One observation from JSON text; without an id it gets one made of its content.

    Raises:
        MalformedJson: If the text is not a JSON object.
        InvalidInput: For every other fault of the contract.
    """
    try:
        raw = json.loads(text)
    except ValueError as error:
        raise MalformedJson("输入不是有效的 JSON。", '请传入一个对象，例如 {"text": "井盖翻了"}。') from error
    if not isinstance(raw, dict):
        raise MalformedJson("输入不是 JSON 对象。", '请传入一个对象，例如 {"text": "井盖翻了"}。')
    made = f"assign:{hashlib.sha256(text.encode()).hexdigest()[:16]}"
    return parse_observation(raw, received_at=clock(), new_id=lambda: made, territory=territory)


async def assign_text(
    text: str, settings: ServiceSettings | None = None, *, clock: Clock = system_clock
) -> dict[str, Any]:
    """The opinion (JSON of the contract) on an observation given as JSON text.

    Raises:
        InvalidInput: If the observation does not keep to the contract.
        Unavailable: If the knowledge base or the model cannot be opened.
    """
    settings = settings or ServiceSettings()
    territory = Territory(load_world(settings.graph.home))
    observation = read_observation(text, territory, clock)
    knowledge = await asyncio.to_thread(open_knowledge, settings.knowledge, clock=clock)
    try:
        async with open_chat_model(settings.llm) as llm:
            context = context_of(settings, territory, knowledge, NoRecords(), llm, clock)
            return await opine(_Opening(context), observation)
    finally:
        knowledge.close()


def opinion_lines(opinion: dict[str, Any]) -> list[str]:
    """The opinion for people: what to do, the four duties, the grounds, and who must look."""
    lines = [opinion["label"], f"事项：{opinion['issue']['name'] or '未能识别'}"]
    lines += opinion["explanation"]["steps"]
    for duty, title in DUTY_TITLES.items():
        held = opinion["duties"][duty]
        lines.append(f"{title}：{held['unit_name'] or '待定'}（{'；'.join(held['reasons'])}）")
    lines.append("依据：" + "、".join(_cited(citation) for citation in opinion["citations"]))
    human = opinion["human_required"]
    lines.append(f"需要人工签字：{'是，' + '；'.join(human['why']) if human['value'] else '否'}")
    lines.append(f"把握：{opinion['confidence']:.0%}")
    return lines


def _cited(citation: dict[str, Any]) -> str:
    head, _, tail = citation["article"].partition("-")
    article = f"第{head}条" + (f"之{tail}" if tail else "")
    mark = "，摘要" if citation["digest"] else ""
    return f"《{citation['law']}》{article}（{citation['version_date'] or '版本日期未标明'}{mark}）"
