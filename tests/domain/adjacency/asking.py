"""From a worked case to a question, as the agent's graph does it: parse, recognise, relate, look up articles."""

from datetime import date

from domain.adjacency.responsibility import PastCase, Question
from domain.clock import civil_date, parse_iso
from domain.geo import Point
from domain.observation import parse_observation
from domain.recognition import recognise
from domain.territory import Territory
from tests.worked_form import WorkedCase
from tests.worlds import WORLDS, articles_for


def question_of(case: WorkedCase) -> tuple[Question, Territory]:
    """The question that a worked case asks, and the territory of its world."""
    territory = Territory(WORLDS[case.world]())
    seen = parse_observation(
        case.observation, received_at=parse_iso(case.received_at), new_id=lambda: "obs-1", territory=territory
    )
    read = recognise(seen.text, seen.detections)
    issue = read.issues[0].issue if read.issues else ""
    day = civil_date(seen.observed_at)
    point = Point(seen.lon, seen.lat) if seen.lon is not None and seen.lat is not None else None
    question = Question(
        observation=seen,
        issue=issue,
        day=day,
        boundary=territory.relate(point, seen.accuracy_m, day),
        articles=articles_for(issue, case.validity),
        guesses=tuple((guess.issue, guess.score) for guess in read.issues),
        sure=read.sure,
        several=read.several,
        danger=read.danger,
        dispute_words=read.dispute_words,
        history=tuple(
            PastCase(id=f"c-{n}", issue=issue, day=date.fromisoformat(iso)) for n, iso in enumerate(case.earlier)
        ),
    )
    return question, territory
