"""Chinese labels of the scene, for the texts of rules and of the opinion."""

from domain.adjacency import words
from domain.adjacency.pacts import ARRANGED_NAMES, ends_soon, keepers_of, overreach
from domain.adjacency.situation import Scene, civil_received, line_dispute
from domain.clock import civil_date
from domain.issues import issue_table
from domain.organisation import SECTOR_NAMES, Sector
from domain.region import Position
from domain.world import EnforcementPower

POSITION_NAMES = {
    Position.INSIDE: "在辖区内部",
    Position.NEAR: "靠近界线",
    Position.ON_LINE: "在界线上（误差范围内）",
    Position.OVERLAP: "落在两边都划入的重叠地带",
    Position.GAP: "落在两边都没有划入的空白地带",
    Position.ENCLAVE: "在飞地、插花地",
    Position.OUTSIDE: "在本市界线以外",
    Position.UNKNOWN: "位置不明",
}

CROSSES_NAMES = {"none": "不跨区划", "township": "跨镇街", "district": "跨区县", "province": "跨省界"}

ASSET_NAMES = {
    "manhole": "检查井",
    "manhole.gas": "燃气井",
    "manhole.sewage": "污水井",
    "manhole.storm": "雨水井",
    "manhole.telecom": "通信井",
    "manhole.power": "电力井",
    "manhole.water": "供水井",
    "manhole.police": "公安监控井",
    "lamp": "路灯",
    "grate": "雨水箅子",
    "sign": "标志牌",
    "bus_shelter": "公交站亭",
    "signal": "信号灯",
    "hydrant": "消火栓",
    "power_box": "配电箱",
    "pole": "杆线",
    "toilet": "公厕",
}
"""Categories whose things are often registered under the name of their street only."""

BASIS_NAMES = {"legal": "法定", "granted": "赋权", "entrusted": "委托"}


def labels_of(scene: Scene) -> dict[str, str]:
    """Every label that texts of the rule book may use, but the live ones."""
    issue = scene.issue
    guesses = "、".join(f"{_issue_name(code)}（{score:.2f}）" for code, score in scene.question.guesses[:3])
    enforcing = issue.enforcement[0] if issue and issue.enforcement else None
    return {
        "danger": _danger(scene),
        "place": place_label(scene),
        "regions": regions_label(scene),
        "line_dispute": line_dispute(scene),
        "version": _version(scene),
        "issue": f"{issue.name}（{issue.id}）" if issue else "未识别",
        "guesses": guesses or "无",
        "several": "、".join(_issue_name(code) for code in scene.question.several),
        "upkeep_sectors": "、".join(SECTOR_NAMES[sector] for sector in issue.upkeep) if issue else "",
        "handling_sector": SECTOR_NAMES[issue.handling[0]] if issue and issue.handling else "有关单位",
        "enforcement_sector": SECTOR_NAMES[enforcing] if enforcing else "有处罚权的部门",
        "enforcement": issue.name if issue else "",
        "asset": asset_label(scene),
        "mark": scene.held.mark.name if scene.held.mark else "",
        "ownerless": _ownerless(scene),
        "compound": _compound(scene),
        "compound_name": _zone_name(scene, "compound"),
        "sanitation_zone": _sanitation_zone(scene),
        "road": _road(scene),
        "rail": _rail(scene),
        "river": _zone_name(scene, "river_reach") or "河段未划定，按河长名录落实",
        "departments": _departments(scene),
        **_act_labels(scene),
        **_pact_labels(scene),
    }


def _issue_name(code: str) -> str:
    known = issue_table().get(code)
    return f"{known.name}（{code}）" if known else code


def metres(distance_m: float) -> str:
    """A distance as people say it, to stand right behind a word; what rounds to nothing is less than a metre."""
    return f" {distance_m:.0f} 米" if distance_m >= 1.0 else "不足 1 米"


def place_label(scene: Scene) -> str:
    """Where the point lies to the lines, in one sentence."""
    relation = scene.question.boundary
    if relation.position is Position.UNKNOWN:
        return "没有坐标，无法判断是否毗邻"
    gap = f"，距最近界线{metres(relation.distance_m)}" if relation.distance_m is not None else ""
    verdict = "毗邻" if relation.adjacent else "不毗邻"
    return (
        f"{POSITION_NAMES[relation.position]}{gap}，判定阈值 {relation.threshold_m:.0f} 米，{verdict}"
        f"（{CROSSES_NAMES[relation.crosses]}）"
    )


def regions_label(scene: Scene) -> str:
    """Names of those concerned: townships, or districts when the line is theirs."""
    relation = scene.question.boundary
    if scene.crosses in ("district", "province") and relation.districts:
        return "、".join(scene.region_name(code) for code in relation.districts)
    names = [candidate.name for candidate in relation.candidates]
    if not names:
        names = sorted({scene.region_name(unit.region) for unit, _ in scene.claimants()})
    return "、".join(names) or "有关区域"


def road_kind(scene: Scene) -> str:
    """Which third of R16 the road is in: ledger, untransferred, compound, site, highway, township_road or city."""
    if scene.issue is None or scene.issue.upkeep_by != "road":
        return ""
    if scene.held.owner in ("known", "several"):
        return "ledger"
    if scene.zone("compound"):
        return "compound"
    if scene.zone("building_site"):
        return "site"
    kinds = ("untransferred", "township_road", "highway")
    return next((kind for kind in kinds if words.says(kind, scene.told)), "city")


def asset_label(scene: Scene) -> str:
    """What the ledger says of the thing, in one phrase."""
    held = scene.held
    if not held.assets:
        return f"盖面（杆体）标识为{held.mark.name}" if held.mark else "台账未见对应部件"
    asset, gap = held.assets[0]
    marking = f"，标识“{asset.marking}”" if asset.marking else ""
    keeper = held.keeper
    kind = _kind(asset.category)
    name = asset.name or asset.id
    name = name if kind[-2:] in name else f"{name}{kind}"
    if keeper is None:
        return f"台账有{name}（距点位{metres(gap)}{marking}），但没有登记权属人"
    kept = "养护单位" if asset.maintainer and asset.maintainer == keeper.code else "权属单位"
    return f"台账有{name}（距点位{metres(gap)}{marking}），{kept}为{keeper.name}"


def _kind(category: str) -> str:
    """What a thing of the ledger is called, by its category or the category above; empty when nobody says."""
    return ASSET_NAMES.get(category) or ASSET_NAMES.get(category.split(".")[0], "")


def _danger(scene: Scene) -> str:
    if scene.question.danger:
        return "、".join(scene.question.danger)
    return f"{scene.issue.name}本身有危险" if scene.issue and scene.issue.danger else "无"


def _version(scene: Scene) -> str:
    day, received = scene.question.day, civil_received(scene.question)
    versions = scene.territory.version_on(day), scene.territory.version_on(received)
    region = scene.question.observation.region
    text = f"按事件日 {day.isoformat()} 取区划版本（自 {versions[0]} 起）"
    if versions[0] != versions[1]:
        text += f"；收到上报时已换为自 {versions[1]} 起的版本，历史名称保留并映射新名"
    if region and not any(r.code == region and r.valid_on(day) for r in scene.world.regions):
        text += f"；上报所写区域 {region} 在事件日不是现行区划"
    return text


def _ownerless(scene: Scene) -> str:
    held = scene.held
    if held.assets:
        return f"{asset_label(scene)}"
    if held.unmarked:
        return "盖面没有标识，台账也没有无标识部件的权属记录"
    return "台账未见对应部件，也没有标识可认"


def _compound(scene: Scene) -> str:
    zone = scene.zone("compound")
    if zone is not None:
        return f"点位在{zone.name}红线内"
    if scene.edge is not None:
        return f"点位在{scene.edge.name}红线边缘"
    return "点位不在已入库的小区、单位红线内"


def _zone_name(scene: Scene, *kinds: str) -> str:
    zone = scene.zone(*kinds)
    return zone.name if zone is not None else ""


def _sanitation_zone(scene: Scene) -> str:
    return _zone_name(
        scene, "rail_zone", "railway_land", "bridge_under", "building_site", "compound", "frontage", "market"
    )


def _road(scene: Scene) -> str:
    texts = {
        "ledger": asset_label(scene),
        "compound": f"{_zone_name(scene, 'compound')}内的道路，由建设单位或其委托单位养护",
        "site": f"{_zone_name(scene, 'building_site')}的道路，由建设单位养护",
        "highway": "公路，由公路管理机构养护",
        "township_road": "乡道、村道，由乡镇负责养护",
        "untransferred": "道路未移交，由建设单位养护",
        "city": "政府管理的城市道路，由市政养护单位养护",
        "": "不是道路事项",
    }
    return texts[road_kind(scene)]


def _rail(scene: Scene) -> str:
    zone = scene.zone("railway_land", "rail_zone")
    if zone is not None:
        return f"点位在{zone.name.removesuffix('范围')}范围内，由其经营管理单位负责"
    return "点位不在已入库的铁路地界、轨道设施范围内，由属地负责，发现的隐患移送铁路、轨道企业"


def _departments(scene: Scene) -> str:
    named = words.departments_in(scene.text)
    claims = [unit.name for unit, text in scene.claimants() if words.says("denies", text)]
    return "、".join(claims or [SECTOR_NAMES[Sector(sector)] for sector in named]) or "有关部门"


def _act_labels(scene: Scene) -> dict[str, str]:
    district = scene.places[0].district if scene.places else ""
    power = scene.power(district)
    name = scene.region_name(district) if district else "该区县"
    filed = scene.filings[0] if scene.filings else None
    unit = scene.register.get(filed.unit) if filed else None
    how = "立案时间戳" if filed and filed.number else "对方主张，未证实，须核对立案时间戳"
    when = civil_date(filed.at).isoformat() if filed else ""
    return {
        "power": _power(power, name, scene),
        "power_before": f"{name}镇街对该事项的执法权已收回；收回前已立案的由原单位办结",
        "filing": f"{unit.name if unit else '某单位'}于 {when} 最先立案（{how}）" if filed else "无立案记录",
        "contested": f"{regions_label(scene)}的机关都可能有权管辖，或有互推、争办",
    }


def _power(power: EnforcementPower | None, district: str, scene: Scene) -> str:
    if power is None:
        return f"{district}的镇街执法事项清单在 {scene.day.isoformat()} 没有该项，由县级以上部门管辖"
    return (
        f"{district}的镇街执法事项清单自 {power.valid_from.isoformat()} 起列有该项（{BASIS_NAMES[power.basis]}），"
        "由镇街综合行政执法机构办理"
    )


def _pact_troubles(scene: Scene) -> dict[str, str]:
    """What stands against relying on the papers here."""
    pacts, register = scene.pacts, scene.register
    titles = {a.id: a.title for a in (*pacts.agreements, *pacts.designations)}
    clashes = [
        f"{ARRANGED_NAMES[conflict.duty]}——"
        + "；".join(f"《{titles[paper]}》约定{keepers_of(register, (unit,))}" for paper, unit in conflict.leads)
        for conflict in pacts.conflicts
    ]
    void = [f"《{paper.title}》（{why}）" for paper, why in pacts.void]
    void += [f"《{titles.get(paper, paper)}》的牵头约定（{why}）" for paper, _, why in pacts.nobodies]
    over = dict.fromkeys(what for paper in pacts.agreements for what in overreach(paper))
    ending = [f"《{a.title}》（{a.valid_to}）" for a in pacts.agreements if ends_soon(a, scene.day)]
    return {
        "pact_conflict": "。".join(clashes) or "无",
        "pact_void": "、".join(void) or "无",
        "pact_overreach": "；".join(over) or "无",
        "pact_ending": "、".join(ending) or "无",
    }


def _pact_labels(scene: Scene) -> dict[str, str]:
    pacts = scene.pacts
    live = "、".join(f"《{a.title}》（自 {a.valid_from.isoformat()} 起）" for a in pacts.agreements)
    orders = "、".join(f"《{a.title}》" for a in pacts.designations)
    gone = "、".join(f"《{a.title}》（{a.valid_to} 到期）" for a in pacts.expired)
    idle = "、".join(f"《{a.title}》（{why}）" for a, why in pacts.void)
    found = "；".join(text for text in (live, orders, gone, idle) if text)
    titles = "、".join(f"“{p.title}”" for p in scene.precedents)
    repeat = f"同一点位 90 天内同类第 {scene.repeats + 1} 次发生，属共性问题，建议签订毗邻协议固定责任"
    return {
        **_pact_troubles(scene),
        "pact": live or found or "无",
        "pact_expired": gone or "无",
        "designation": orders or "无",
        "precedent": f"相似先例：{titles}（只作参考）" if titles else repeat,
        "repeat": repeat,
    }
