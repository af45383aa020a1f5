"""The scene of one question: place, ground, things, pacts, powers and claims, looked up once."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from domain.adjacency import words
from domain.adjacency.holdings import ASSUMED_ACCURACY_M, Holdings, holdings
from domain.adjacency.pacts import Pacts, pacts_at
from domain.adjacency.question import Filing, Precedent, Question
from domain.adjacency.rulebook import RuleBook
from domain.clock import civil_date
from domain.geo import Point
from domain.issues import Issue, issue_table
from domain.organisation import Level, Register, Sector, Unit
from domain.region import Position
from domain.territory import Territory
from domain.world import EnforcementPower, World, Zone

REPEAT_DAYS = 90
"""R31: the same kind of matter again within this time is a common problem."""

MENTION_P = 0.05
"""A second township with at least this share of the position's error is a party."""


@dataclass(frozen=True, slots=True)
class Place:
    """One township (or wider region) that may be the place; `path` runs from it up to the city."""

    township: str
    district: str
    path: tuple[str, ...]
    probability: float


@dataclass(frozen=True, slots=True)
class Scene:
    """Everything that rules and selectors may look at; immutable.

    Attributes:
        places: Where it may be, most likely first; probabilities sum to 1, to less where the error reaches over the
            city's edge; none when nothing is known.
        lead: Probability of the first place minus that of the second, or of being outside the city.
        zones: Zones that hold the point.
        edge: The compound whose line the position's error touches from outside.
        filings: Cases opened on the act, confirmed ones first, each unit once; claimed ones carry no number.
        powers: Powers of townships for this issue in the district of the first place, on the day.
    """

    question: Question
    book: RuleBook
    world: World
    territory: Territory
    issue: Issue | None
    text: str
    point: Point | None
    places: tuple[Place, ...]
    lead: float
    held: Holdings
    zones: tuple[Zone, ...]
    edge: Zone | None
    pacts: Pacts
    filings: tuple[Filing, ...]
    precedents: tuple[Precedent, ...]
    repeats: int
    crosses: str
    superior: str

    @property
    def day(self) -> date:
        """The civil day of the event."""
        return self.question.day

    @property
    def register(self) -> Register:
        """The world's units."""
        return self.world.register

    def zone(self, *kinds: str) -> Zone | None:
        """The first zone here of one of the kinds, in their order."""
        return next((zone for kind in kinds for zone in self.zones if zone.kind == kind), None)

    def unit(self, code: str) -> Unit | None:
        """The unit with this code if it exists on the day."""
        found = self.register.get(code) if code else None
        return found if found is not None and found.valid_on(self.day) else None

    def region_name(self, code: str) -> str:
        """Name of a region on the day, else its code."""
        known = {region.code: region.name for region in self.world.regions if region.valid_on(self.day)}
        return known.get(code, code)

    def power(self, district: str) -> EnforcementPower | None:
        """The townships' power for this issue in a district on the day (R21)."""
        item = self.question.issue
        for power in self.world.powers:
            ended = power.valid_to is not None and power.valid_to <= self.day
            if power.district == district and power.item == item and power.valid_from <= self.day and not ended:
                return power
        return None

    @property
    def told(self) -> str:
        """What the reporter said; what parties claim is not among it."""
        seen = self.question.observation
        return f"{seen.text} {seen.address}".strip()

    def name_of(self, code: str) -> str:
        """Name of a unit, else its code."""
        found = self.register.get(code)
        return found.name if found else code

    def claimants(self) -> tuple[tuple[Unit, str], ...]:
        """Units that made a claim, with what they said; unknown units are left out."""
        pairs = ((self.register.get(claim.unit), claim.text) for claim in self.question.observation.claims)
        return tuple((unit, text) for unit, text in pairs if unit is not None)


def survey(question: Question, book: RuleBook, world: World, territory: Territory) -> Scene:
    """Look everything up once."""
    seen = question.observation
    issue = issue_table().get(question.issue)
    point = Point(seen.lon, seen.lat, seen.height_m) if seen.lon is not None and seen.lat is not None else None
    text = " ".join([seen.text, seen.address])
    places = _places(question, territory)
    zones = territory.zones_at(point, seen.accuracy_m, question.day) if point else ()
    claims = " ".join(claim.text for claim in seen.claims)
    crosses, superior = _crosses(question, world, territory)
    return Scene(
        question=question,
        book=book,
        world=world,
        territory=territory,
        issue=issue,
        text=f"{text} {claims}".strip(),
        point=point,
        places=places,
        lead=_lead(places),
        held=holdings(issue, seen.text, point, seen.accuracy_m, territory, question.day)
        if issue
        else Holdings(owner="absent"),
        zones=zones,
        edge=_edge(point, seen.accuracy_m, zones, question, territory),
        pacts=pacts_at(point, question, territory),
        filings=_filings(question),
        precedents=_precedents(question, book),
        repeats=_repeats(question),
        crosses=crosses,
        superior=superior,
    )


def _places(question: Question, territory: Territory) -> tuple[Place, ...]:
    relation = question.boundary
    inside = 1.0 - _outside(question, territory)
    found = [(c.code, c.probability * inside) for c in relation.candidates]
    region = question.observation.region
    if not found and region:
        found = [(region, 1.0)]
    places: list[Place] = []
    for code, probability in found:
        path = _path(territory, code, question.day)
        if path:
            levels = {territory.region(step, question.day).level: step for step in path}
            start = levels.get(Level.TOWNSHIP, levels.get(Level.DISTRICT, path[-1]))
            places.append(
                Place(
                    levels.get(Level.TOWNSHIP, ""),
                    levels.get(Level.DISTRICT, ""),
                    path[path.index(start) :],
                    probability,
                )
            )
    return tuple(places)


def _lead(places: Sequence[Place]) -> float:
    """Of the first place over its strongest rival: the second one, or the ground beyond the city's edge."""
    if not places:
        return 0.0
    beyond = 1.0 - sum(place.probability for place in places)
    second = places[1].probability if len(places) > 1 else 0.0
    return places[0].probability - max(second, beyond if beyond > MENTION_P else 0.0)


def _outside(question: Question, territory: Territory) -> float:
    """Share of the position's error beyond the city's edge; 0 away from it."""
    seen = question.observation
    if question.boundary.crosses != "province" or seen.lon is None or seen.lat is None:
        return 0.0
    accuracy_m = seen.accuracy_m or ASSUMED_ACCURACY_M
    return territory.outside_share(Point(seen.lon, seen.lat), accuracy_m, question.day)


def _path(territory: Territory, code: str, day: date) -> tuple[str, ...]:
    """The path of a code; empty when the code holds no region on the day."""
    if not any(region.code == code and region.valid_on(day) for region in territory.world.regions):
        return ()
    return territory.path(code, day)


def _edge(
    point: Point | None, accuracy_m: float | None, zones: tuple[Zone, ...], question: Question, territory: Territory
) -> Zone | None:
    """The compound that the point is outside of by less than its error, or by 30 m when the report says so."""
    if point is None or any(zone.kind == "compound" for zone in zones):
        return None
    reach = accuracy_m or 0.0
    if words.says("compound_edge", question.observation.text):
        reach = max(reach, 30.0)
    near = territory.zones_near(point, reach, question.day)
    return next((zone for zone, _ in near if zone.kind == "compound"), None)


def _crosses(question: Question, world: World, territory: Territory) -> tuple[str, str]:
    """The highest line between those concerned, and the region above them: by place, else by who claims."""
    relation = question.boundary
    if relation.crosses != "none":
        return relation.crosses, relation.common_superior
    units = [world.register.get(claim.unit) for claim in question.observation.claims]
    regions = sorted({unit.region for unit in units if unit is not None and territory.has_region(unit.region)})
    valid = [code for code in regions if _path(territory, code, question.day)]
    above = territory.common_superior(valid, question.day) if len(valid) > 1 else ""
    if not above or above in valid:
        return "none", relation.common_superior
    level = territory.region(above, question.day).level
    return {Level.CITY: "district", Level.DISTRICT: "township"}.get(level, "none"), above


def _filings(question: Question) -> tuple[Filing, ...]:
    """Cases opened: those on record by time, then those of which several parties each state their own day.

    A party that states a later day bears out the other's earlier one, against itself; one party's word alone opens no
    case.
    """
    confirmed = sorted(question.filings, key=lambda filing: (filing.at, filing.unit))
    firsts: dict[str, Filing] = {}
    for filing in confirmed:
        firsts.setdefault(filing.unit, filing)
    claimed = _claimed_filings(question)
    if len(claimed.keys() | firsts.keys()) > 1:
        firsts = {**claimed, **firsts}
    return tuple(sorted(firsts.values(), key=lambda filing: (not filing.number, filing.at, filing.unit)))


def _claimed_filings(question: Question) -> dict[str, Filing]:
    seen = question.observation
    found: dict[str, Filing] = {}
    for claim in seen.claims:
        day = words.day_in(claim.text, year=question.day.year) if words.says("filed", claim.text) else None
        if day is not None:
            at = seen.observed_at.replace(year=day.year, month=day.month, day=day.day)
            found.setdefault(claim.unit, Filing(unit=claim.unit, at=at))
    return found


def _precedents(question: Question, book: RuleBook) -> tuple[Precedent, ...]:
    packaged = [p for p in book.precedents if question.issue and question.issue in p.issues]
    # what retrieval found by likeness counts only where it is not known to be about something else
    alike = [p for p in question.precedents if not p.issues or question.issue in p.issues]
    known = {p.id: p for p in (*packaged, *alike)}
    return tuple(known[key] for key in sorted(known))


def _repeats(question: Question) -> int:
    """Cases of the same kind here in the last 90 days."""
    ages = [(question.day - past.day).days for past in question.history if past.issue == question.issue]
    return sum(0 <= age <= REPEAT_DAYS for age in ages)


def is_close(scene: Scene) -> bool:
    """R01: adjacent, and the first two places differ by less than 0.3."""
    return scene.question.boundary.adjacent and scene.lead < 0.3


def is_straddling(scene: Scene) -> bool:
    """Whether the matter itself is on or over a line, and not merely within the distance that counts as adjacent."""
    relation = scene.question.boundary
    if scene.crosses == "none" or not (relation.adjacent or relation.position is Position.UNKNOWN):
        return False
    on_it = (Position.ON_LINE, Position.OVERLAP, Position.GAP, Position.ENCLAVE, Position.UNKNOWN)
    second = scene.places[1].probability if len(scene.places) > 1 else 0.0
    return (
        relation.position in on_it
        or second >= MENTION_P
        or any(words.says(sign, scene.text) for sign in ("across", "mutual"))
    )


def departments_apart(scene: Scene) -> tuple[Unit, ...]:
    """Claimants of different sectors in one district (or the city) of whom at least one denies (R42)."""
    claims = scene.claimants()
    territorial = (Sector.TOWNSHIP_OFFICE, Sector.COMMUNITY_COMMITTEE, Sector.GOVERNMENT)
    units = [unit for unit, _ in claims if unit.sector not in territorial]
    if len({unit.sector for unit in units}) < 2 or not any(words.says("denies", text) for _, text in claims):
        return ()
    return tuple(units)


def civil_received(question: Question) -> date:
    """The civil day on which the report reached the service."""
    return civil_date(question.observation.received_at)


def line_dispute(scene: Scene) -> str:
    """Why the line itself is in dispute, in Chinese; empty when it is not."""
    zone = scene.zone("dispute")
    if zone is not None:
        return f"点位在界线争议地段（{zone.name}）"
    if scene.question.issue == "X05":
        return "上报的就是界线位置认定不一致"
    if words.says("line_dispute", scene.text):
        return "描述或主张中提到界线位置有争议"
    sides = {unit.region for unit, text in scene.claimants() if words.says("claims_line", text)}
    if len(sides) > 1:
        names = "、".join(scene.region_name(code) for code in sorted(sides))
        return f"{names}各自主张界线位置"
    return ""
