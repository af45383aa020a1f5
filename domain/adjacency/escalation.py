"""Who is above the parties, and whom to call in an emergency."""

from domain.adjacency.grounds import holds_on_day
from domain.adjacency.record import Record
from domain.adjacency.rulebook import Superior, SuperiorStep
from domain.adjacency.selectors import by_place
from domain.adjacency.situation import Scene
from domain.issues import Issue
from domain.opinion import EscalationStep
from domain.organisation import Sector, Unit

NATIONAL = ("110（公安）", "119（消防救援）", "120（医疗急救）")
"""Emergency numbers of the whole country."""

RESPONDERS = (
    (Sector.GAS, "燃气抢险"),
    (Sector.POWER, "供电抢修"),
    (Sector.WATER_SUPPLY, "供水抢修"),
    (Sector.DRAINAGE, "排水抢险"),
    (Sector.TRAFFIC_POLICE, "交巡警"),
    (Sector.EMERGENCY, "应急指挥"),
    (Sector.FORESTRY, "森林防火"),
)
"""Professional responders, named when the issue's table sends or concerns them."""


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
    """The row of the table; across the city's edge there is no common superior whatever the dispute."""
    kind = "general" if scene.crosses == "province" else dispute
    rows = {(row.dispute, crosses): row for row in scene.book.superiors for crosses in row.crosses}
    return rows.get((kind, scene.crosses), rows["general", scene.crosses])


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
        return own
    keeper = scene.held.keeper
    trades = scene.issue.upkeep if scene.issue and keeper is None else ()
    concerned = {*(scene.issue.handling if scene.issue else ()), *trades}
    found: list[str] = []
    for sector, what in RESPONDERS:
        if sector in concerned:
            units = by_place(scene, (sector,))
            if units:
                found.append(_line(units[0][0], what))
    if keeper is not None and all(keeper.name not in line for line in found):
        found.append(_line(keeper, "权属单位"))
    return (*NATIONAL, *found, *own)


def _line(unit: Unit, what: str) -> str:
    number = unit.phone or "号码以当地公布为准"
    return f"{unit.name}（{what}，{number}）"
