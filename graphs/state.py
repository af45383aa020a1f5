"""What the graphs remember about one case: plain JSON values only, so that any process can go on from a checkpoint."""

from typing import Any, NotRequired

from typing_extensions import TypedDict


class AdjacencyInput(TypedDict):
    """What the responsibility workflow must be given."""

    case_id: str
    """Id of the case; also the thread id."""
    observation: dict[str, Any]
    """The report, as `Observation.to_json` writes it."""
    issue: str
    """Issue id, empty when nothing was recognised."""
    recognition: dict[str, Any]
    """Readings of the report: `issues` [[id, score]], `danger`, `dispute_words`, `several`, `sure`, `by`."""


class AdjacencyOutput(TypedDict):
    """What the responsibility workflow gives back."""

    opinion: dict[str, Any]
    """The opinion, JSON of the contract."""
    opinion_id: str
    """Its id in the records."""
    summary: str
    """One Chinese sentence on what the last node did; the step a person sees."""


class AdjacencyState(AdjacencyInput):
    """Everything the responsibility workflow works with; it lives for one run and is not stored."""

    articles: NotRequired[list[list[str]]]
    """Articles that may be cited, as [law, label]."""
    precedents: NotRequired[list[dict[str, Any]]]
    """Settled matters that resemble this one."""
    history: NotRequired[list[dict[str, Any]]]
    """Earlier cases at this place."""
    prose: NotRequired[dict[str, Any]]
    """Who worded the explanation (`by`: `rules` or the model's name) and what was refused."""
    opinion: NotRequired[dict[str, Any]]
    opinion_id: NotRequired[str]
    summary: NotRequired[str]


class OpinionInput(TypedDict):
    """What an opinion without a case needs."""

    case_id: str
    observation: dict[str, Any]


class OpinionState(OpinionInput):
    """State of an opinion without a case."""

    recognition: NotRequired[dict[str, Any]]
    issue: NotRequired[str]
    place: NotRequired[dict[str, Any]]
    opinion: NotRequired[dict[str, Any]]
    opinion_id: NotRequired[str]
    summary: NotRequired[str]


class IntakeInput(TypedDict):
    """What intake must be given."""

    case_id: str
    """Id of the case; also the thread id."""
    observation: dict[str, Any]
    """The report, as `Observation.to_json` writes it."""
    may_merge: NotRequired[bool]
    """False after a merge was taken back: the case stays on its own. Default true."""


class IntakeState(IntakeInput):
    """Everything intake remembers about one case."""

    recognition: NotRequired[dict[str, Any]]
    """See `AdjacencyInput`."""
    issue: NotRequired[str]
    """Issue id, empty when nothing was recognised."""
    place: NotRequired[dict[str, Any]]
    """`region`, `position`, `adjacent`, `township`, `district`, `crosses`."""
    master: NotRequired[str]
    """Case this one was merged into; empty when it goes on."""
    standard: NotRequired[list[str]]
    """Class of the standard, [code, standard_ref]; empty where the standard has none of that name."""
    severity: NotRequired[str]
    """`emergency`, `urgent` or `ordinary`."""
    emergency: NotRequired[bool]
    """Danger first (R00)."""
    opinion: NotRequired[dict[str, Any]]
    """The opinion, JSON of the contract."""
    opinion_id: NotRequired[str]
    """Its id in the records."""
    orders: NotRequired[list[str]]
    """Ids of the work orders written by this run."""
    ruling: NotRequired[str]
    """Id of the opinion an officer was heard on."""
    outcome: NotRequired[str]
    """How the run ended: `merged`, `settled`, `approved`, `amended`, `rejected`; `waiting` while nobody has ruled."""
    summary: NotRequired[str]
    """One Chinese sentence on what the last node did; the step a person sees."""


class CompensationInput(TypedDict):
    """What a compensation statement must be given."""

    statement_id: str
    """Id of the statement; also the thread id."""
    submission: dict[str, Any]
    """Table, scheme and period, as `Submission.to_json` writes them."""
    prepared_by: str
    """Who submitted it."""
    supersedes: str
    """Id of the statement that it amends, empty for a first one."""
    reason: str
    """Why it is amended, empty for a first one."""


class CompensationState(CompensationInput):
    """Everything a compensation run remembers."""

    statement: NotRequired[dict[str, Any]]
    """The statement, JSON of `lianzhi-compensation/1`."""
    basis: NotRequired[list[list[str]]]
    """Articles that the scheme rests on, as [law, label]."""
    citations: NotRequired[list[dict[str, Any]]]
    """Those that held on the last day of the period, checked."""
    citation_notes: NotRequired[list[str]]
    """What could not be cited, and why."""
    created: NotRequired[bool]
    """Whether this run filed it."""
    heard: NotRequired[bool]
    """Whether a finance officer was heard."""
    outcome: NotRequired[str]
    """`confirmed` or `returned`; `waiting` while nobody was heard."""
    summary: NotRequired[str]
    """One Chinese sentence on what the last node did; the step a person sees."""


class WatchInput(TypedDict):
    """What a watch must be given."""

    watch_id: str
    """Id of the watch: equal for equal instants and askers."""
    as_of: str
    """ISO 8601 instant; nothing that was reported later is seen."""
    params: dict[str, Any]
    """Settings that differ from the usual ones, as `WatchParams`."""
    asked_by: str
    """`schedule`, or the officer who asked."""


class WatchState(WatchInput):
    """Everything a watch works with; it lives for one run and is not stored."""

    watch: NotRequired[dict[str, Any]]
    """What was found, JSON of `domain.adjacency.alerting.report.watch_table`."""
    filed: NotRequired[list[list[str]]]
    """Alerts as [id, `new` | `again` | `woken` | `quiet`]."""
    summary: NotRequired[str]
    """One Chinese sentence on what the last node did; the step a person sees."""


class AlertInput(TypedDict):
    """What an alert's own run must be given."""

    alert_id: str
    """Id of the alert; the thread is `alert:` and this."""
    title: str
    """What it is about, one Chinese line."""


class AlertRunState(AlertInput):
    """Everything an alert's run remembers while it waits for an officer."""

    heard: NotRequired[bool]
    """Whether an officer was heard."""
    outcome: NotRequired[str]
    """`dismissed` or `closed`; `waiting` while it is open or acknowledged."""
    summary: NotRequired[str]
    """One Chinese sentence on what the last node did; the step a person sees."""


class EvaluationInput(TypedDict):
    """What an evaluation must be given."""

    evaluation_id: str
    """Id of the evaluation; the thread is `evaluation:` and this."""
    asked: dict[str, Any]
    """What was asked, as `domain.adjacency.evaluation.filing.asked_to_json` writes it."""
    asked_by: str
    asked_at: str
    """Who asked, and when (ISO 8601)."""
    region: str
    """Code of the region that it is about; the city's for the whole."""


class EvaluationRunState(EvaluationInput):
    """Everything an evaluation's run remembers; the report itself is in the records."""

    created: NotRequired[bool]
    """False: it was filed before."""
    suspicions: NotRequired[int]
    """Suspicions of gaming that wait for a person."""
    heard: NotRequired[bool]
    """Whether a person was heard."""
    outcome: NotRequired[str]
    """`final`, or `waiting` while a suspicion is open."""
    summary: NotRequired[str]
    """One Chinese sentence on what the last node did; the step a person sees."""


class DisputeInput(TypedDict):
    """What the run of a dispute must be given."""

    dispute_id: str
    """Id of the dispute; the thread is `dispute:` and this."""


class DisputeRunState(DisputeInput):
    """Everything a dispute's run remembers; the dispute itself is in the records."""

    heard: NotRequired[bool]
    """Whether it was woken."""
    outcome: NotRequired[str]
    """`ruled` or `withdrawn`; `waiting` while nobody has settled it."""
    summary: NotRequired[str]
    """One Chinese sentence on what the last node did; the step a person sees."""
