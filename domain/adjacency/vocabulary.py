"""The facts that rules may ask for, with their Chinese names, so that the rule book can be read and checked."""

FACTS: dict[str, str] = {
    "danger": "存在人身或公共安全危险",
    "place.known": "有坐标",
    "place.accuracy_known": "有定位精度",
    "place.adjacent": "点位毗邻界线",
    "place.straddles": "事情跨越或紧贴界线",
    "place.wide": "涉及两个以上区县（或省界）",
    "place.close": "毗邻且两侧概率差小于 0.3",
    "place.approximate": "界线数据为近似边界",
    "place.enclave": "飞地或插花地",
    "place.line_dispute": "界线位置有争议",
    "place.line_moved": "河流道路改道或拓宽",
    "place.gcj02": "坐标来自 GCJ-02",
    "time.version_changed": "事件日跨越区划调整",
    "time.place_moved": "所在地改属其他区划",
    "time.successor_unclear": "调整后承接单位不明",
    "law.changed": "有条文在事件日不是现行有效",
    "issue.known": "已识别事项",
    "issue.id": "事项",
    "issue.sure": "事项归类明确",
    "issue.rivals": "事项归类的前两名接近",
    "issue.several": "像是有几件事",
    "issue.kind": "事项类型",
    "issue.dispute": "争议类别",
    "issue.upkeep_by": "养护责任的查找方式",
    "issue.part_like": "属部件、设施类",
    "issue.lid": "属井盖类",
    "issue.septic": "属化粪池类",
    "issue.green": "属园林绿化类",
    "issue.compound_matter": "属红线内外可能分属的事项",
    "issue.handled_by_property": "由物业先处置的事项",
    "asset.owner": "台账权属",
    "asset.category": "部件类别",
    "asset.pipeline": "属管线设施",
    "mark": "描述中的标识",
    "ownerless": "查无产权人",
    "ground.compound": "在小区或单位红线内",
    "ground.compound_edge": "在红线边缘",
    "ground.sanitation_zone": "在有经营管理单位的场所",
    "ground.rail": "在轨道设施范围内",
    "ground.railway": "在铁路地界内",
    "ground.bridge_under": "在桥下空间",
    "ground.river": "在河段范围内",
    "ground.built_up": "在建成区内",
    "ground.no_fireworks": "在烟花爆竹禁放区内",
    "road.kind": "道路类别",
    "act.needs_enforcement": "有须查处的行为",
    "act.contested": "执法管辖有争议",
    "act.filed": "已有单位立案在先",
    "act.double": "两个以上单位在查同一行为",
    "act.police": "公安管辖的事项",
    "act.traffic": "交巡警管辖的事项",
    "power.town": "镇街有执法权",
    "power.lapsed": "镇街执法权已收回",
    "pact.in_force": "有现行有效的毗邻协议",
    "pact.designation": "共同上级已指定",
    "pact.expired": "只有过期协议",
    "pact.oversteps": "协议越权约定执法",
    "pact.arranges_handling": "协议约定处置牵头",
    "pact.arranges_upkeep": "协议约定养护牵头",
    "precedent.found": "有相似先例",
    "history.repeat": "90 天内同类再次发生",
    "claims.mutual": "各方互相推诿",
    "claims.departments": "部门之间职责有争议",
    "claims.cost": "涉及费用分担",
    "petition.source": "来自热线或信访",
    "petition.returned": "诉求件被退回或互推",
    "settled.handling": "现场处置已有唯一单位",
    "settled.upkeep": "权属养护已有唯一单位",
    "confidence.low": "置信度低于 0.7",
}
"""Fact name -> what it says, in Chinese; values are bool, or text where the name of the fact is a noun."""

LIVE_FACTS = ("law.changed", "settled.handling", "settled.upkeep", "confidence.low")
"""Facts that depend on what earlier rules did; the interpreter works them out before each rule."""

DUTY_NAMES = {"handling": "现场处置", "upkeep": "权属养护", "supervision": "行业监管", "enforcement": "行政执法"}

STATUS_NAMES = {
    "determined": "已确定",
    "provisional": "暂定",
    "pending_ruling": "待裁定",
    "not_applicable": "不涉及",
}
STATUS_RANK = {"determined": 0, "provisional": 1, "pending_ruling": 2}
"""The higher, the less is settled; a cap never lets a duty stand below its rank."""

VALUE_NAMES = {
    "": "无",
    "known": "已登记",
    "several": "附近有几个权属",
    "unknown": "台账无权属人",
    "absent": "台账未见",
    "ledger": "台账登记的道路",
    "city": "城市道路",
    "highway": "公路",
    "township_road": "乡村道路",
    "compound": "小区道路",
    "site": "建设单位道路",
    "untransferred": "未移交道路",
    "legal": "法定",
    "granted": "赋权",
    "entrusted": "委托",
    "sanitation": "市容环卫",
    "department": "部门职责",
    "water": "水事与水污染",
    "geohazard": "地质灾害",
    "emergency": "突发事件",
    "petition": "诉求归口",
    "boundary": "界线",
    "police": "公安交管",
    "owner": "权属",
    "actor": "找行为人",
    "area": "按环卫责任区",
    "road": "按道路类别",
    "red_line": "按红线",
    "river": "按河段",
    "rail": "按铁路轨道范围",
    "green": "按绿地",
    "property": "按物业",
    "sector": "按行业",
    "part": "部件",
    "event": "事件",
    "extended": "扩展事件",
}

WHOM_TO_ASK = {
    "owner": "现场核对盖面、杆体标识，向区县城市管理局、住房城乡建委查部件台账和移交清单",
    "actor": "先找行为人；行为人不明的，由有执法权的部门查明",
    "area": "向区县城市管理局查市容环卫责任书和责任区图",
    "road": "向区县城市管理局、交通运输委查道路移交清单",
    "red_line": "向规划自然资源局调红线图，向镇街查物业备案",
    "river": "看河长公示牌，向区县水利局（河长办）查河段责任",
    "rail": "向铁路企业、轨道运营单位查设施范围图",
    "green": "向区县城市管理局（园林）查绿地养护责任",
    "property": "向镇街和住房城乡建委查物业备案，没有物业的问业委会",
    "sector": "向区县治理中心查部门职责清单",
    "place": "先点图确认落在界线哪一侧，确认不了的报共同上级",
    "": "先由人工确定是什么事，再查责任清单",
}
"""By how upkeep is found: whom to ask when no unit could be named."""


def in_words(value: object) -> str:
    """A fact's value as a Chinese reader would say it."""
    if isinstance(value, bool):
        return "是" if value else "否"
    text = str(value)
    return VALUE_NAMES.get(text, text)
