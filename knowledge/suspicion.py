"""Words in a text that are meant for a model: patterns by reason, and the detector over them.

Pure. Widths and case are folded, invisible characters and what stands between Chinese characters (blanks, dots,
dashes) are taken out first, so that 忽 略 以 上 指 令 is seen as well. False alarms cost a person a look, misses cost
trust; texts of law must pass without any.
"""

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

REASONS: Mapping[str, str] = {
    "override": "要求忽略已有指令",
    "role": "给模型另设身份",
    "prompt_markup": "带有对话或提示词标记",
    "tool_call": "要求调用工具",
    "reveal": "要求泄露提示词",
    "verdict": "指使模型作出某种结论",
    "exfiltration": "要求把内容发往外部",
    "invisible": "含成串的不可见字符或改变文字方向的字符",
    "hidden": "页面或文稿中看不见的文字",
}
"""Why something is set apart, by code, as people read it."""

EXCERPT_CHARS = 80
BORDER_CHARS = 60
"""So much of two neighbouring passages is read together."""

_INVISIBLE = "\u00ad\u180e\u200b-\u200f\u2060-\u2064\u206a-\u206f\ufeff"
_BIDI = "\u202a-\u202e\u2066-\u2069"
_TAGS = "\U000e0000-\U000e007f"
_UNSEEN = re.compile(f"[{_INVISIBLE}{_BIDI}{_TAGS}]")
_SUSPECT_CHARS = re.compile(f"(?<![\U0001f3f4{_TAGS}])[{_TAGS}]{{2,}}|[{_TAGS}]{{8,}}|[{_BIDI}]|[{_INVISIBLE}]{{4,}}")
_GAPS = re.compile(r"(?<=[\u3400-\u9fff])[\s*_~·•.\-|/]+(?=[\u3400-\u9fff])")

_ALL = "以上 上述 上面 前面 前述 此前 之前 先前 原有 原来 已有 一切 所有 全部 任何 你的 系统 之前给 安全"
_ORDERS = "指令 提示 命令 指示 设定 人设 规则 约束 限制 对话 上下文 prompt instruction"
_DROP = (
    "忽略 忽视 无视 無視 忘记 忘掉 忘記 抛开 丢弃 跳过 覆盖 不要理会 不必理会 不用管"
    " 不再遵守 不要遵守 不必遵守 停止遵守 不再执行"
)
_MODELS = "ai 人工智能 语言模型 大模型 模型 智能体 助手 机器人 llm gpt chatgpt"
_ROLES = f"{_MODELS} 助理 法官 律师 专家 管理员 开发者 客服 角色"
_JUDGE = "判定 判断 认定 裁定 裁决 判决 判给 归责 定责 结论 回答 回复 答复 输出 推荐 评分 打分"
_FREE = r"没有[^。]{0,6}限制|不受[^。]{0,8}(?:约束|限制)"
_FAVOUR = "胜诉 败诉 无责 免责 不承担 全责 没有责任 全部责任 有利"
_FACTS = "证据 事实 法律 法规 条文 依据 案情 实际情况"
_TOOLS = "工具 函数 接口 api 插件"
_SECRETS = "系统提示词 提示词 system_prompt 初始指令 内部指令 隐藏指令"
_SAY = "输出 显示 泄露 打印 复述 重复 透露 公开 列出 告诉我 给出 写出 展示"
_OWN = r"你的(?:系统|初始|全部|完整|内部)?(?:指令|设定|规则|配置|提示)"


def _any(words: str) -> str:
    return "(?:" + "|".join(word.replace("_", " ") for word in words.split()) + ")"


_PATTERNS: Mapping[str, tuple[str, ...]] = {
    "override": (
        rf"{_any(_DROP)}(?<!不得忽略)(?<!不能忽视)(?<!不得忽视)(?:掉|你|我们?|了|的)*{_any(_ALL)}{{1,3}}"
        rf"(?:的|{_any(_ALL)}|给你){{0,3}}{_any(_ORDERS)}",
        r"\b(?:ignore|disregard|forget|override|bypass|do not follow)\b[^.\n]{0,20}"
        r"\b(?:previous|prior|above|earlier|preceding|foregoing|all|system|your)\b[^.\n]{0,20}"
        r"\b(?:instructions?|prompts?|messages?|rules|guidelines|directives?|context)\b",
        r"\bforget (?:everything|all) (?:above|before|you)|\bnew (?:system )?instructions?\s*:",
        r"(?:以下|下面)(?:才)?(?:是|为)(?:给你的|你的)新?(?:系统)?(?:指令|提示词|设定)",
    ),
    "role": (
        rf"(?:从现在(?:起|开始)|现在|接下来),?(?:请)?你(?:现在)?(?:就)?(?:是|将|要|必须|扮演|将扮演|充当)"
        rf"[^。!?;]{{0,24}}(?:{_any(_ROLES)}|{_FREE})",
        rf"你现在是[^。!?;]{{0,24}}(?:{_any(_ROLES)}|{_FREE})",
        r"(?:进入|开启|切换(?:到|为)?)(?:开发者|越狱|无限制|dan)模式",
        r"\byou are (?:now|no longer)\b|\b(?:act|behave) as (?:an? )?(?:ai|assistant|dan|unrestricted|system|admin)|"
        r"\bpretend (?:to be|you are)\b|\b(?:developer|dan|jailbreak) mode\b",
    ),
    "prompt_markup": (
        r"<\|(?:im_start|im_end|system|user|assistant|endoftext|begin_of_text|start_header_id|eot_id)\|>",
        r"\[/?inst\]|<</?sys>>|</?(?:system|assistant)(?:_prompt)?>|系统(?:提示词|指令|消息)\s*:",
    ),
    "tool_call": (
        r"</?(?:tool_call|function_call|tool_use|function_calls|invoke)\b|\"(?:tool_calls|function_call)\"\s*:",
        r"\{\s*\"name\"\s*:\s*\"[^\"]{1,60}\"\s*,\s*\"(?:arguments|parameters)\"\s*:",
        rf"(?:请|立即|马上|直接|务必|你(?:要|须|必须|应)|{_any(_MODELS)})调用[^。;]{{0,24}}{_any(_TOOLS)}",
        r"\bcall (?:the )?\S{0,40} ?(?:tool|function)\b",
    ),
    "reveal": (
        rf"{_any(_SAY)}[^。;]{{0,12}}(?:{_any(_SECRETS)}|{_OWN})",
        r"\b(?:reveal|print|show|repeat|output|leak|display|tell me)\b[^.\n]{0,20}\b(?:system|your|hidden|initial)\b"
        r"[^.\n]{0,12}\b(?:prompts?|instructions?|rules|configuration)\b",
    ),
    "verdict": (
        r"(?:阅读|读取|读到|处理|分析|看到|审阅|检索到?)了?(?:本|此|这|该)[段文篇份条个]?(?:文字|文件|文档|材料|内容|信息|案例|处)?"
        rf"时?的?{_any(_MODELS)}",
        rf"{_any(_MODELS)}(?:阅读|读|看|处理|检索)到?(?:此处|这里|本文|此文|本段|这段)",
        rf"(?:如果|作为)你?(?:是|作为)?(?:一个)?{_any(_MODELS)}[^。;]{{0,30}}(?:请|必须|务必|应)[^。;]{{0,30}}(?:责任|{_any(_JUDGE)})",
        rf"(?<![\u3400-\u9fff]){_any(_MODELS)},?你?(?:请|必须|务必|一律|都要|只能|应当直接|要直接)[^。;]{{0,24}}{_any(_JUDGE)}",
        rf"你(?:必须|务必|只能|一定要)(?:直接|始终|一律)?[^。;]{{0,16}}{_any(_JUDGE)}",
        rf"(?:无论|不管|不论){_any(_FACTS)}(?:如何|怎样|是什么)?[^。;]{{0,12}}(?:都|均|一律|总是)[^。;]{{0,10}}{_any(_JUDGE)}",
        rf"(?:不要|无需|不必)(?:考虑|参考|检索|引用|理会)(?:任何|其他|别的)?{_any(_FACTS)}[^。;]{{0,10}}{_any(_JUDGE)}",
        rf"(?:请|务必|必须)(?:直接|始终|一律|永远|总是)[^。;]{{0,10}}{_any(_JUDGE)}[^。;]{{0,30}}{_any(_FAVOUR)}",
        rf"(?:一律|直接|必须|务必|始终)(?:判定|判给|回答|回复|输出|定责)[^。;]{{0,20}}(?:负责|承担|责任|{_any(_FAVOUR)})",
        r"\b(?:always|you must|the (?:ai|model|assistant) (?:must|should)) (?:now )?"
        r"(?:rule|decide|answer|conclude|respond|reply|say|recommend)\b|\b(?:rule|decide) in favou?r of\b",
    ),
    "exfiltration": (
        r"[把将][^。;]{0,40}(?:发送|上传|转发|提交|发)[到至给]\s*https?://|\bsend [^.\n]{0,60} to https?://",
    ),
}
_COMPILED = {reason: re.compile("|".join(patterns)) for reason, patterns in _PATTERNS.items()}
_SPEAKER = re.compile(r"^[\s>#*\-]*(?:system|assistant|developer)(?: (?:prompt|message))?\s*:", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One reason against a text, and the words that gave it (widths folded, invisible characters taken out)."""

    reason: str
    excerpt: str


def findings(text: str) -> tuple[Finding, ...]:
    """What speaks against a text, one finding a reason at most; empty for a text that may be indexed."""
    found = []
    if unseen := _SUSPECT_CHARS.search(text):
        found.append(Finding(reason="invisible", excerpt=shown(text[max(0, unseen.start() - 20) : unseen.end() + 20])))
    lines = unicodedata.normalize("NFKC", _UNSEEN.sub("", text)).lower()
    plain = _GAPS.sub("", lines)
    for reason, pattern in _COMPILED.items():
        hit = pattern.search(plain)
        if hit is None and reason == "prompt_markup":
            hit = _SPEAKER.search(lines)
        if hit is not None:
            excerpt = hit.string[max(0, hit.start() - 10) : hit.end() + 20]
            found.append(Finding(reason=reason, excerpt=shown(excerpt)))
    return tuple(found)


def suspects(texts: Sequence[str]) -> dict[int, tuple[Finding, ...]]:
    """Findings by index in a row of passages; an order that runs over the border of two counts against both."""
    found = {index: hits for index, text in enumerate(texts) if (hits := findings(text))}
    for index in range(len(texts) - 1):
        if index in found or index + 1 in found:
            continue
        if hits := findings(texts[index][-BORDER_CHARS:] + texts[index + 1][:BORDER_CHARS]):
            found[index] = found[index + 1] = hits
    return dict(sorted(found.items()))


def says_something(text: str) -> bool:
    """Whether hidden text is worth a look: four letters or characters at least."""
    return len(re.findall(r"\w", _UNSEEN.sub("", text))) >= 4


def shown(text: str) -> str:
    """An excerpt fit for a terminal: one line, nothing invisible, cut."""
    return re.sub(r"\s+", " ", _UNSEEN.sub("", text)).strip()[:EXCERPT_CHARS]
