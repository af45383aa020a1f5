"""From a rule's words to units: each selector names units of the register, with weights, or nobody.

A selector takes the scene and the effect that called it and gives units with weights that sum to at most 1. Where the
place is not sure, its weight is shared between the units of the places it may be: a unit that serves both sides keeps
all of it.
"""

from collections.abc import Callable, Iterable, Sequence

from domain.adjacency.facts import SANITATION_ZONES
from domain.adjacency.labels import road_kind
from domain.adjacency.rulebook import Effect
from domain.adjacency.situation import MENTION_P, Place, Scene
from domain.edition import lowest_common
from domain.organisation import Level, Sector, Unit

Choices = tuple[tuple[Unit, float], ...]
Selector = Callable[[Scene, Effect], Choices]

ON_PAPER = {Sector.PROPERTY: "compound", Sector.BUILDER: "building_site"}
"""Sectors whose unit is that of the ground, never just any of the region."""

FIRST_OF_SEVERAL = 0.92
"""Share of the first sector when the table names several; the others split the rest."""

FIRST_IF_DESIGNATED_LOCALLY = 0.6
"""The same when law leaves the body to local designation."""

GUESSED_OWNER = 0.65
"""Share when an owner should be in the ledger, but is not, and the usual sector is taken."""


def merged(choices: Iterable[tuple[Unit, float]]) -> Choices:
    """Add up the weights of each unit; the heaviest first, then by code."""
    weights: dict[str, tuple[Unit, float]] = {}
    for unit, weight in choices:
        before = weights.get(unit.code, (unit, 0.0))[1]
        weights[unit.code] = (unit, before + weight)
    ranked = sorted(weights.values(), key=lambda pair: (-pair[1], pair[0].code))
    return tuple((unit, round(weight, 6)) for unit, weight in ranked if weight > 0.0)


def find(scene: Scene, sector: Sector, place: Place) -> Unit | None:
    """The unit of a sector for a place: the ground's own for property and builders, else the narrowest region's."""
    if sector in ON_PAPER:
        zone = scene.zone(ON_PAPER[sector])
        return scene.unit(zone.unit) if zone else None
    return scene.register.find(sector, place.path, scene.day)


def by_place(scene: Scene, sectors: Sequence[Sector], first: float = 1.0) -> Choices:
    """Units of the first sector that exists at each place, the others sharing what `first` leaves."""
    return merged(pair for place in scene.places for pair in _at_place(scene, place, sectors, first))


def _at_place(scene: Scene, place: Place, sectors: Sequence[Sector], first: float) -> list[tuple[Unit, float]]:
    found: list[tuple[Unit, float]] = []
    units = [unit for sector in sectors if (unit := find(scene, sector, place)) is not None]
    distinct = list({unit.code: unit for unit in units}.values())
    share = first if len(distinct) > 1 else 1.0
    rest = (1.0 - share) / max(len(distinct) - 1, 1)
    for i, unit in enumerate(distinct):
        peers = _peers(scene, unit)
        found += [(peer, place.probability * (rest if i else share) / len(peers)) for peer in peers]
    return found


def _peers(scene: Scene, unit: Unit) -> tuple[Unit, ...]:
    """The unit and all others of its sector that serve the same region: the register cannot tell them apart."""
    if unit.sector in ON_PAPER:
        return (unit,)
    return tuple(
        other
        for other in scene.register.units
        if other.sector is unit.sector and other.region == unit.region and other.valid_on(scene.day)
    )


def _first(scene: Scene, sectors: Sequence[Sector]) -> float:
    if scene.issue is not None and scene.issue.designated_locally and len(sectors) > 1:
        return FIRST_IF_DESIGNATED_LOCALLY
    return FIRST_OF_SEVERAL


def scaled(choices: Choices, weight: float) -> Choices:
    """All weights times a factor."""
    return tuple((unit, round(share * weight, 6)) for unit, share in choices)


def first_receiver(scene: Scene, _: Effect) -> Choices:
    """Who got the report first: as given, else the office of the reporter's or of the likeliest township."""
    unit = scene.unit(scene.question.first_receiver) or _office(scene) or _any_centre(scene)
    return ((unit, 1.0),) if unit else ()


def _office(scene: Scene) -> Unit | None:
    own = scene.question.observation.region
    reporters = [place for place in scene.places if own and own in _codes(scene, place)]
    for place in (*reporters, *scene.places):
        for sector in (Sector.TOWNSHIP_OFFICE, Sector.GOVERNANCE_CENTRE):
            unit = scene.register.find(sector, place.path[:2], scene.day)
            if unit is not None:
                return unit
    return None


def _codes(scene: Scene, place: Place) -> tuple[str, ...]:
    """The place and, when the reporter's region is below it, that region too."""
    own = scene.question.observation.region
    known = any(region.code == own and region.valid_on(scene.day) for region in scene.world.regions)
    below = known and place.township in scene.territory.path(own, scene.day)
    return (*place.path[:1], own) if below else place.path[:1]


def _any_centre(scene: Scene) -> Unit | None:
    """Nobody near: the city's centre, its government, or whoever is on duty for the whole city."""
    city = (scene.world.city,)
    for sector in (Sector.GOVERNANCE_CENTRE, Sector.EMERGENCY, Sector.GOVERNMENT, Sector.URBAN_MANAGEMENT):
        unit = scene.register.find(sector, city, scene.day)
        if unit is not None:
            return unit
    live = sorted(
        (u for u in scene.register.units if u.valid_on(scene.day)), key=lambda u: (u.level is not Level.CITY, u.code)
    )
    return live[0] if live else None


def issue_handling(scene: Scene, _: Effect) -> Choices:
    """The first sector that the table sends, where it exists."""
    sectors = scene.issue.handling if scene.issue else ()
    return by_place(scene, sectors, FIRST_OF_SEVERAL)


def issue_supervision(scene: Scene, _: Effect) -> Choices:
    """The supervising sectors of the table."""
    sectors = scene.issue.supervision if scene.issue else ()
    return by_place(scene, sectors, _first(scene, sectors))


def issue_enforcement(scene: Scene, _: Effect) -> Choices:
    """The sectors that may penalise, at the place of the act."""
    sectors = scene.issue.enforcement if scene.issue else ()
    return by_place(scene, sectors, _first(scene, sectors))


def competent_body(scene: Scene, _: Effect) -> Choices:
    """Who would penalise at each place that day: the township's team where it has the power, else the sectors."""
    sectors = scene.issue.enforcement if scene.issue else ()
    first = _first(scene, sectors)
    found: list[tuple[Unit, float]] = []
    for place in scene.places:
        team = _team(scene, place)
        found += [(team, place.probability)] if team else _at_place(scene, place, sectors, first)
    return merged(found)


def _team(scene: Scene, place: Place) -> Unit | None:
    """The township's enforcement team, where its district gave it the power for this issue on the day (R21)."""
    power = scene.power(place.district)
    if power is None or power.basis == "entrusted":
        return None
    team = scene.register.find(Sector.TOWN_ENFORCEMENT, (place.township,), scene.day)
    return team or scene.register.find(Sector.TOWNSHIP_OFFICE, (place.township,), scene.day)


def issue_upkeep(scene: Scene, _: Effect) -> Choices:
    """The sector that usually keeps such things; nobody where only a ledger can say (covers)."""
    issue = scene.issue
    if issue is None or issue.id in ("P01", "P02"):
        return ()
    choices = by_place(scene, issue.upkeep, FIRST_OF_SEVERAL)
    return scaled(choices, GUESSED_OWNER) if issue.upkeep_by in ("owner", "green") else choices


def asset_owner(scene: Scene, _: Effect) -> Choices:
    """The keepers of the matched assets; no line between regions matters here."""
    return merged(scene.held.shares)


def handling_owner(scene: Scene, _: Effect) -> Choices:
    """The keepers of the matched assets, where the table sends their sector to the spot."""
    sectors = scene.issue.handling if scene.issue else ()
    return merged((unit, share) for unit, share in scene.held.shares if unit.sector in sectors)


def marked_operator(scene: Scene, _: Effect) -> Choices:
    """The operator whose network is written on it, in whose service area the place lies."""
    mark = scene.held.mark
    return by_place(scene, (mark.sector,)) if mark else ()


def _area(scene: Scene, region: str) -> tuple[Place, ...]:
    """A region (a service area, a common superior) as a place; empty when it holds nothing on the day."""
    if not any(r.code == region and r.valid_on(scene.day) for r in scene.world.regions):
        return ()
    return (Place("", "", scene.territory.path(region, scene.day), 1.0),)


def _supervising(scene: Scene, region: str) -> Choices:
    """The first supervising sector of the table that exists for a region."""
    return _first_there(scene, scene.issue.supervision if scene.issue else (), region)


def _first_there(scene: Scene, sectors: Sequence[Sector], region: str) -> Choices:
    units = (find(scene, sector, place) for place in _area(scene, region) for sector in sectors)
    unit = next((found for found in units if found is not None), None)
    return ((unit, 1.0),) if unit else ()


def _likely(scene: Scene) -> tuple[Place, ...]:
    """Places that may well be it."""
    return tuple(place for place in scene.places if place.probability >= MENTION_P)


def _answers_to(scene: Scene) -> str:
    """The region at which the keeper is supervised: its service area, or the part of it that holds every place.

    A keeper that serves the whole city is supervised where the thing stands as long as that is not in doubt.
    """
    keeper = scene.held.keeper
    if keeper is None or not keeper.region:
        return ""
    shared = lowest_common([place.path for place in _likely(scene)])
    below = bool(shared) and keeper.region in scene.territory.path(shared, scene.day)
    return shared if below else keeper.region


def sector_of_owner(scene: Scene, effect: Effect) -> Choices:
    """The sector's unit for the owner's service area, or for the place where the owner is unknown."""
    units = [find(scene, Sector(effect.sector), place) for place in _area(scene, _answers_to(scene))]
    found = tuple((unit, 1.0) for unit in units if unit is not None)
    return found or sector_here(scene, effect)


def supervision_of_owner(scene: Scene, _: Effect) -> Choices:
    """The supervising sector for the owner's service area."""
    return _supervising(scene, _answers_to(scene))


def enforcement_of_owner(scene: Scene, _: Effect) -> Choices:
    """The first sector that may order repairs, for the owner's service area."""
    shared = {place.township for place in _likely(scene)}
    if len(shared) == 1 and (team := _team(scene, scene.places[0])) is not None:
        return ((team, 1.0),)
    return _first_there(scene, scene.issue.enforcement if scene.issue else (), _answers_to(scene))


def sector_here(scene: Scene, effect: Effect) -> Choices:
    """The named sector at the place."""
    return by_place(scene, (Sector(effect.sector),))


def supervision_of_lead(scene: Scene, _: Effect) -> Choices:
    """The supervising sector over the unit that leads by designation or agreement."""
    pacts = scene.pacts
    codes = (f(duty) for duty in ("upkeep", "handling", "enforcement") for f in (pacts.designated, pacts.lead))
    leader = scene.unit(next((code for code in codes if code), ""))
    return _supervising(scene, leader.region if leader else "")


def superior_sector(scene: Scene, _: Effect) -> Choices:
    """The supervising sector at the region above all candidates; it stands on neither side."""
    return _supervising(scene, scene.superior)


def compound_keeper(scene: Scene, _: Effect) -> Choices:
    """Who keeps the compound."""
    return _keeper(scene, ("compound",))


def zone_keeper(scene: Scene, effect: Effect) -> Choices:
    """Who keeps the first zone of the named kinds that holds the point."""
    return _keeper(scene, effect.zones or SANITATION_ZONES)


def _keeper(scene: Scene, kinds: Sequence[str]) -> Choices:
    zone = scene.zone(*kinds)
    unit = scene.unit(zone.unit) if zone else None
    return ((unit, 1.0),) if unit else ()


def public_side(scene: Scene, _: Effect) -> Choices:
    """Outside the red line: the municipal keeper, never a property company."""
    sectors = [s for s in (scene.issue.upkeep if scene.issue else ()) if s is not Sector.PROPERTY]
    return by_place(scene, sectors, FIRST_OF_SEVERAL)


def road_keeper(scene: Scene, effect: Effect) -> Choices:
    """The road's keeper by ledger, compound or site."""
    kind = road_kind(scene)
    if kind == "ledger":
        return asset_owner(scene, effect)
    return _keeper(scene, ("building_site",) if kind == "site" else ("compound",))


def township_office(scene: Scene, _: Effect) -> Choices:
    """The township's office at the place."""
    return by_place(scene, (Sector.TOWNSHIP_OFFICE,))


def rail_outside(scene: Scene, _: Effect) -> Choices:
    """Outside the railway's land: whoever of the table is not a railway."""
    rails = (Sector.RAILWAY, Sector.RAIL_TRANSIT)
    sectors = [s for s in (scene.issue.upkeep if scene.issue else ()) if s not in rails]
    return by_place(scene, sectors, FIRST_OF_SEVERAL)


def town_enforcement(scene: Scene, _: Effect) -> Choices:
    """The township's enforcement team where its district gave the power, else the department (place by place)."""
    found: list[tuple[Unit, float]] = []
    sectors = scene.issue.enforcement if scene.issue else ()
    for place in scene.places:
        team = _team(scene, place)
        units = [team] if team else [find(scene, sector, place) for sector in sectors]
        unit = next((u for u in units if u is not None), None)
        found += [(unit, place.probability)] if unit else []
    return merged(found)


def first_filed(scene: Scene, _: Effect) -> Choices:
    """Who opened a case first."""
    unit = scene.register.get(scene.filings[0].unit) if scene.filings else None
    return ((unit, 1.0),) if unit else ()


def designated(scene: Scene, effect: Effect) -> Choices:
    """Whom a superior designated for the duty."""
    unit = scene.unit(scene.pacts.designated(effect.duty))
    return ((unit, 1.0),) if unit else ()


def torn_leads(scene: Scene, effect: Effect) -> Choices:
    """The units between which agreements in conflict leave a duty, none before the other."""
    units = [unit for code in scene.pacts.torn(effect.duty) if (unit := scene.unit(code)) is not None]
    return merged((unit, 1.0 / len(units)) for unit in units)


def agreed_lead(scene: Scene, effect: Effect) -> Choices:
    """Who leads the duty by an agreement in force; never enforcement."""
    unit = scene.unit(scene.pacts.lead(effect.duty))
    return ((unit, 1.0),) if unit else ()


SELECTORS: dict[str, Selector] = {
    selector.__name__: selector
    for selector in (
        agreed_lead,
        asset_owner,
        competent_body,
        compound_keeper,
        designated,
        first_filed,
        first_receiver,
        handling_owner,
        issue_enforcement,
        issue_handling,
        issue_supervision,
        issue_upkeep,
        marked_operator,
        public_side,
        rail_outside,
        road_keeper,
        sector_here,
        sector_of_owner,
        superior_sector,
        supervision_of_lead,
        supervision_of_owner,
        enforcement_of_owner,
        torn_leads,
        town_enforcement,
        township_office,
        zone_keeper,
    )
}
"""What a rule may write after `to`."""
