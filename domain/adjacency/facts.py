"""From the scene to named facts, and to the Chinese labels that fill the rule book's texts."""

from domain.adjacency import words
from domain.adjacency.claims import weigh
from domain.adjacency.conditions import Facts
from domain.adjacency.holdings import is_lid
from domain.adjacency.labels import road_kind
from domain.adjacency.pacts import ends_soon, oversteps
from domain.adjacency.situation import (
    Scene,
    civil_received,
    departments_apart,
    is_close,
    is_straddling,
    line_dispute,
)
from domain.issues import Issue
from domain.observation import Source
from domain.organisation import Sector
from domain.region import Position

CLEAR_READING = 0.25
"""Lead of the first reading from which the second is no rival; the same as in `domain.recognition`."""
LEDGER_ISSUES = ("owner", "green", "red_line")
COMPOUND_ISSUES = ("owner", "property", "red_line", "area", "green", "road")
SANITATION_ZONES = ("rail_zone", "railway_land", "bridge_under", "building_site", "compound", "frontage", "market")


def facts_of(scene: Scene) -> dict[str, bool | str]:
    """Every fact but the live ones (`vocabulary.LIVE_FACTS`)."""
    return {
        **_of_issue(scene),
        **_of_place(scene),
        **_of_time(scene),
        **_of_things(scene),
        **_of_ground(scene),
        **_of_act(scene),
        **_of_pacts(scene),
        **_of_claims(scene),
    }


def facts_of_issue(issue: Issue | None) -> Facts:
    """The facts that follow from the issue alone: enough to see which rules can never fire for it."""
    known = issue is not None
    return {
        "issue.known": known,
        "issue.id": issue.id if issue else "",
        "issue.kind": issue.kind if issue else "",
        "issue.dispute": issue.dispute if issue else "",
        "issue.upkeep_by": issue.upkeep_by if issue else "",
        "issue.part_like": issue is not None and bool(issue.asset_categories) and issue.upkeep_by in LEDGER_ISSUES,
        "issue.lid": issue is not None and is_lid(issue),
        "issue.green": issue is not None and issue.id in ("E06", "E07", "E08", "E09"),
        "issue.compound_matter": issue is not None and issue.upkeep_by in COMPOUND_ISSUES,
        "issue.handled_by_property": issue is not None and issue.handling[:1] == (Sector.PROPERTY,),
        "act.police": issue is not None and Sector.PUBLIC_SECURITY in issue.enforcement[:1],
        "act.traffic": issue is not None and Sector.TRAFFIC_POLICE in issue.enforcement[:1],
    }


def _of_issue(scene: Scene) -> Facts:
    question, issue = scene.question, scene.issue
    septic = issue is not None and issue.id == "P04" and words.says("septic", scene.told)
    return {
        **facts_of_issue(issue),
        "danger": bool(question.danger) or (issue is not None and issue.danger),
        "issue.sure": question.sure,
        "issue.rivals": _rivals(scene),
        "issue.several": len(question.several) > 1,
        "issue.septic": septic,
    }


def _rivals(scene: Scene) -> bool:
    """Whether the second reading is close behind the first; a single weak clue has none and is unsure all the same."""
    scores = sorted((score for _, score in scene.question.guesses), reverse=True)[:2]
    return len(scores) > 1 and scores[0] - scores[1] < CLEAR_READING


def _of_place(scene: Scene) -> Facts:
    relation, text = scene.question.boundary, scene.text
    straddles = is_straddling(scene)
    return {
        "place.known": scene.point is not None,
        "place.accuracy_known": scene.question.observation.accuracy_m is not None,
        "place.adjacent": relation.adjacent,
        "place.straddles": straddles,
        "place.wide": straddles and scene.crosses in ("district", "province"),
        "place.close": is_close(scene),
        "place.approximate": relation.boundary_source != "agreement",
        "place.enclave": relation.position is Position.ENCLAVE
        or scene.question.issue == "X06"
        or words.says("enclave", text),
        "place.line_dispute": bool(line_dispute(scene)),
        "place.line_moved": words.says("line_moved", text),
        "place.gcj02": scene.question.observation.crs == "GCJ02",
    }


def _of_time(scene: Scene) -> Facts:
    question, territory = scene.question, scene.territory
    version = territory.version_on(question.day)
    received = territory.version_on(civil_received(question))
    region = question.observation.region
    gone = bool(region) and territory.has_region(region) and not _valid(scene, region)
    changed = version != received or gone
    office = any(scene.register.find(Sector.TOWNSHIP_OFFICE, place.path, scene.day) for place in scene.places)
    return {
        "time.version_changed": changed,
        "time.place_moved": changed and (gone or _moved(scene)),
        "time.successor_unclear": changed and not office,
    }


def _moved(scene: Scene) -> bool:
    """Whether the place itself went to another township or district since; unknown places may have."""
    if scene.point is None:
        return True
    accuracy_m = scene.question.observation.accuracy_m
    then = scene.question.boundary
    now = scene.territory.relate(scene.point, accuracy_m, civil_received(scene.question))
    return (then.township, then.district) != (now.township, now.district)


def _valid(scene: Scene, code: str) -> bool:
    return any(region.code == code and region.valid_on(scene.day) for region in scene.world.regions)


def _of_things(scene: Scene) -> Facts:
    held, issue = scene.held, scene.issue
    nobody = held.owner in ("absent", "unknown")
    by_ledger = issue is not None and issue.upkeep_by in ("owner", "green", "red_line")
    said = words.says("ownerless", scene.told) or held.unmarked
    lid = issue is not None and is_lid(issue)
    septic = issue is not None and issue.id == "P04" and words.says("septic", scene.told)
    ownerless = by_ledger and nobody and held.mark is None and (lid or held.owner == "unknown" or said or septic)
    historic = scene.question.issue == "X07"
    category = held.category
    return {
        "asset.owner": held.owner,
        "asset.category": category,
        "asset.pipeline": category.startswith(("manhole", "pipe", "grate")) or lid,
        "mark": held.mark.name if held.mark and nobody else "",
        "ownerless": (ownerless or historic) and scene.zone("compound") is None,
    }


def _of_ground(scene: Scene) -> Facts:
    def here(*kinds: str) -> bool:
        return scene.zone(*kinds) is not None

    keeper = scene.zone(*SANITATION_ZONES)
    return {
        "ground.compound": here("compound"),
        "ground.compound_edge": scene.edge is not None,
        "ground.sanitation_zone": keeper is not None and scene.unit(keeper.unit) is not None,
        "ground.keeper_unknown": keeper is not None and scene.unit(keeper.unit) is None,
        "ground.rail": here("rail_zone"),
        "ground.railway": here("railway_land"),
        "ground.bridge_under": here("bridge_under"),
        "ground.river": here("river_reach"),
        "ground.built_up": here("built_up"),
        "ground.no_fireworks": here("no_fireworks"),
        "road.kind": road_kind(scene),
    }


def _of_act(scene: Scene) -> Facts:
    issue, text = scene.issue, scene.text
    lawful = issue is None or not issue.enforcement
    unlawful = issue is not None and (issue.upkeep_by == "actor" or issue.id in scene.book.unlawful)
    needs = not lawful and (unlawful or words.says("enforcement", scene.told) or bool(scene.filings))
    units = {filing.unit for filing in scene.filings}
    units |= {unit.code for unit, said in scene.claimants() if words.says("filed", said)}
    double = len(units) > 1 or (needs and words.says("double", text))
    power = scene.power(scene.places[0].district) if scene.places else None
    return {
        "act.needs_enforcement": needs,
        "act.contested": needs and (double or _two_authorities(scene) or _mutual(scene)),
        "act.filed": bool(scene.filings),
        "act.double": double,
        "power.town": power.basis if power and needs else "",
        "power.lapsed": needs and power is None and _lapsed(scene),
    }


def _two_authorities(scene: Scene) -> bool:
    """Whether two places of about equal probability are under different authorities."""
    if not is_close(scene) or len(scene.places) < 2:
        return False
    first, second = scene.places[:2]
    by_town = scene.power(first.district) is not None or scene.power(second.district) is not None
    return first.district != second.district or (by_town and first.township != second.township)


def _lapsed(scene: Scene) -> bool:
    district = scene.places[0].district if scene.places else ""
    return any(
        power.district == district
        and power.item == scene.question.issue
        and power.valid_to is not None
        and power.valid_to <= scene.day
        for power in scene.world.powers
    )


def _of_pacts(scene: Scene) -> Facts:
    pacts = scene.pacts
    return {
        "pact.in_force": bool(pacts.agreements),
        "pact.designation": bool(pacts.designations),
        "pact.designates_enforcement": bool(pacts.designated("enforcement")),
        "pact.expired": bool(pacts.expired) and not pacts.agreements,
        "pact.oversteps": any(oversteps(paper) for paper in pacts.agreements),
        "pact.overreach": bool(pacts.overstepping),
        "pact.void": bool(pacts.void or pacts.nobodies),
        "pact.conflict": bool(pacts.conflicts),
        "pact.conflict_handling": bool(pacts.torn("handling")) and not pacts.designated("handling"),
        "pact.conflict_upkeep": bool(pacts.torn("upkeep")) and not pacts.designated("upkeep"),
        "pact.partial": bool(pacts.partial),
        "pact.overruled": pacts.overruled("handling") or pacts.overruled("upkeep"),
        "pact.ending": any(ends_soon(paper, scene.day) for paper in pacts.agreements),
        "pact.arranges_handling": bool(pacts.lead("handling") or pacts.designated("handling")),
        "pact.arranges_upkeep": bool(pacts.lead("upkeep") or pacts.designated("upkeep")),
        "precedent.found": bool(scene.precedents),
        "history.repeat": scene.repeats > 0,
    }


def _of_claims(scene: Scene) -> Facts:
    text = scene.text
    source = scene.question.observation.source
    return {
        "claims.mutual": _mutual(scene),
        "claims.departments": bool(departments_apart(scene)) or words.passes_between_departments(text),
        "claims.cost": words.says("cost", text),
        "claims.untransferred": _claims_untransferred(scene),
        "claims.contradicted": any(claim.finding == "contradicted" for claim in weigh(scene)),
        "petition.source": source is Source.HOTLINE or words.says("petition", text),
        "petition.returned": words.says("returned", text) or _mutual(scene),
    }


def _claims_untransferred(scene: Scene) -> bool:
    """Whether a party says that the road was never handed over, and nothing else says so."""
    said = any(words.says("untransferred", text) for _, text in scene.claimants())
    return said and road_kind(scene) not in ("", "untransferred")


def _mutual(scene: Scene) -> bool:
    """Whether two parties deny, or the report says that they do."""
    denying = {unit.code for unit, text in scene.claimants() if words.says("denies", text)}
    return len(denying) > 1 or words.says("mutual", scene.question.observation.text)
