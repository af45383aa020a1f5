"""Who is above the parties, and whom to call in an emergency."""

from domain.adjacency.grounds import holds_on_day
from domain.adjacency.record import Record
from domain.adjacency.rulebook import Superior, SuperiorStep
from domain.adjacency.selectors import by_place
from domain.adjacency.situation import Scene, is_straddling
from domain.issues import Issue
from domain.lexicon import lexicon
from domain.opinion import EscalationStep
from domain.organisation import Sector, Unit

NATIONAL = {"110": "公安", "119": "消防救援", "120": "医疗急救", "122": "交通事故报警"}
"""Emergency numbers of the whole country."""

ANY_DANGER = ("110", "119", "120")
"""Whom to call when a matter is dangerous by nature and no particular danger was said."""

NO_PHONE = "号码以当地公布为准"
"""Stands where the register has no number."""

RESPONDERS = (
    (Sector.GAS, "燃气抢险"),
    (Sector.POWER, "供电抢修"),
    (Sector.WATER_SUPPLY, "供水抢修"),
    (Sector.DRAINAGE, "排水抢险"),
    (Sector.TRAFFIC_POLICE, "交巡警"),
    (Sector.EMERGENCY, "应急指挥"),
    (Sector.FORESTRY, "森林防火"),
    (Sector.PLANNING, "地质灾害"),
    (Sector.ECOLOGY, "环境应急"),
)
"""Professional responders, named when the issue's table sends or concerns them."""

EITHER_SIDE = 0.3
"""From this share of the place, a responder is called: on a line both sides are."""


def escalation_of(scene: Scene, record: Record) -> tuple[EscalationStep, ...]:
    """The way up: the disputes that rules named, else the general one, by what line they cross."""
    disputes = list(dict.fromkeys(record.disputes)) or ["general"]
    if len(disputes) > 1:
        disputes = [dispute for dispute in disputes if dispute != "general"]
    steps = [step for dispute in disputes for step in _row(scene, dispute).steps]
    firsts: dict[tuple[str, str], EscalationStep] = {}
    for step in steps:
        made = _step(scene, step)
        firsts.setdefault((made.unit, made.body), made)
    return tuple(firsts.values())


def _row(scene: Scene, dispute: str) -> Superior:
    """The row of the table; over the city's edge there is no common superior whatever the dispute.

    Near that edge but on this side only, nobody beyond it is concerned: the way up is the usual one.
    """
    crosses = scene.crosses
    if crosses == "province" and len(scene.places) == 1 and not is_straddling(scene) and not scene.claimants():
        crosses = "none"
    kind = "general" if crosses == "province" else dispute
    rows = {(row.dispute, over): row for row in scene.book.superiors for over in row.crosses}
    return rows.get((kind, crosses), rows["general", crosses])


def _step(scene: Scene, step: SuperiorStep) -> EscalationStep:
    unit = _unit(scene, step)
    office = step.body[step.body.index("（") :] if "（" in step.body else ""
    basis = f"《{step.law}》第{step.article}条" if step.law and holds_on_day(scene, step.law, step.article) else ""
    return EscalationStep(
        body=f"{unit.name}{office}" if unit else step.body,
        unit=unit.code if unit else "",
        via=step.via,
        basis=basis,
    )


def _unit(scene: Scene, step: SuperiorStep) -> Unit | None:
    if not step.sector:
        return None
    sectors = _sectors(scene.issue, step.sector)
    region = _region(scene, step.level)
    units = (scene.register.find(sector, (region,), scene.day) for sector in sectors)
    return next((unit for unit in units if unit is not None), None)


def _sectors(issue: Issue | None, name: str) -> tuple[Sector, ...]:
    if name == "@supervision":
        return issue.supervision if issue else ()
    if name == "@enforcement":
        return issue.enforcement if issue else ()
    return (Sector(name),)


def _region(scene: Scene, level: str) -> str:
    """The region at which the superior stands."""
    if level == "city":
        return scene.world.city
    if not scene.places:
        return scene.superior
    place = scene.places[0]
    return {"district": place.district, "township": place.township}.get(level, scene.question.observation.region)


def contacts_of(scene: Scene, record: Record, handling: str) -> tuple[str, ...]:
    """Whom to call: numbers and responders in an emergency, else the unit that handles it."""
    handler = scene.register.get(handling) if handling else None
    own = (_line(handler, "现场处置"),) if handler else ()
    if not record.emergency:
        return (*_utilities(scene, handler), *own)
    keeper = scene.held.keeper
    trades = scene.issue.upkeep if scene.issue and keeper is None else ()
    concerned = {*(scene.issue.handling if scene.issue else ()), *trades}
    found: list[str] = []
    for sector, what in RESPONDERS:
        if sector in concerned:
            found += [_line(unit, what) for unit, share in by_place(scene, (sector,)) if share >= EITHER_SIDE]
    if keeper is not None and all(keeper.name not in line for line in found):
        found.append(_line(keeper, "权属单位"))
    return (*_numbers(scene), *found, *own)


def _utilities(scene: Scene, handler: Unit | None) -> tuple[str, ...]:
    """Who can shut it off, when whose it is stands open and somebody else goes there first."""
    concerned = scene.issue.handling if scene.issue and scene.held.keeper is None else ()
    if handler is None or handler.sector in concerned[:1]:
        return ()
    trades = [(sector, what) for sector, what in RESPONDERS[:4] if sector in concerned]
    return tuple(
        _line(unit, what)
        for sector, what in trades
        for unit, share in by_place(scene, (sector,))
        if share >= EITHER_SIDE
    )


def _numbers(scene: Scene) -> tuple[str, ...]:
    """Public numbers for the dangers that were said, with the ambulance wherever another number is called."""
    said = [danger.call for danger in lexicon().dangers if danger.label in scene.question.danger]
    called = {number for call in said for number in call if number in NATIONAL} if said else set(ANY_DANGER)
    if called:
        called.add("120")
    return tuple(f"{number}（{who}）" for number, who in NATIONAL.items() if number in called)


def _line(unit: Unit, what: str) -> str:
    number = unit.phone or NO_PHONE
    return f"{unit.name}（{what}，{number}）"
