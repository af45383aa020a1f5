"""The way of every report: recognise → locate → merge → classify → assess → assign → dispatch → (rule) → settle."""

from typing import Literal

from langgraph.graph import START, StateGraph
from typing_extensions import TypedDict

from agents.context import Context
from agents.dispatch import await_ruling, dispatch, settle
from agents.intake import assess, classify, locate, merge, recognise
from agents.retry import no_retry, retry_policy
from graphs.adjacency import adjacency_builder
from graphs.state import IntakeInput, IntakeState

# Routers are coroutines although they wait for nothing: LangGraph would send plain functions to a thread each.


class MergedSlice(TypedDict):
    """The part of the state that `after_merge` reads."""

    master: str


class Required(TypedDict):
    """Whether a person must look, and why."""

    value: bool
    why: list[str]


class OpinionSlice(TypedDict):
    """The part of an opinion that `after_dispatch` reads."""

    human_required: Required


class DispatchedSlice(TypedDict):
    """The part of the state that `after_dispatch` reads."""

    opinion: OpinionSlice


class SettledSlice(TypedDict):
    """The part of the state that `after_settle` reads."""

    outcome: str


async def after_merge(state: MergedSlice) -> Literal["classify", "__end__"]:
    """A case that joined another is done; its master goes on."""
    return "__end__" if state["master"] else "classify"


async def after_dispatch(state: DispatchedSlice) -> Literal["await_ruling", "settle"]:
    """Somebody is on the way; what only a person may decide waits for a person."""
    return "await_ruling" if state["opinion"]["human_required"]["value"] else "settle"


async def after_settle(state: SettledSlice) -> Literal["await_ruling", "__end__"]:
    """Woken without a ruling on record, the case waits on."""
    return "await_ruling" if state["outcome"] == "waiting" else "__end__"


def intake_builder() -> StateGraph[IntakeState, Context, IntakeInput, IntakeState]:
    """Assemble the workflow; the caller compiles it with a checkpointer, thread id = case id."""
    builder = StateGraph(IntakeState, context_schema=Context, input_schema=IntakeInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("recognise", recognise)
    builder.add_node("locate", locate)
    builder.add_node("merge", merge)
    builder.add_node("classify", classify)
    builder.add_node("assess", assess)
    # Nothing in it waits, so its steps need no checkpoints of their own.
    builder.add_node("assign", adjacency_builder().compile(checkpointer=False), retry_policy=no_retry())
    builder.add_node("dispatch", dispatch)
    builder.add_node("await_ruling", await_ruling)
    builder.add_node("settle", settle)
    builder.add_edge(START, "recognise")
    builder.add_edge("recognise", "locate")
    builder.add_edge("locate", "merge")
    builder.add_conditional_edges("merge", after_merge)
    builder.add_edge("classify", "assess")
    builder.add_edge("assess", "assign")
    builder.add_edge("assign", "dispatch")
    builder.add_conditional_edges("dispatch", after_dispatch)
    builder.add_edge("await_ruling", "settle")
    builder.add_conditional_edges("settle", after_settle)
    return builder
