"""毗邻交叉区域 workflow: from a report to a checked opinion (确权定责意见书)."""

from dataclasses import replace
from functools import cache
from typing import Any, Protocol

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph

from agents.adjacency import check, decide, file, retrieve, write
from agents.context import Context
from agents.intake import locate, recognise
from agents.retry import no_retry, retry_policy
from domain.observation import Observation
from graphs.nothing import NoRecords
from graphs.state import AdjacencyInput, AdjacencyOutput, AdjacencyState, OpinionInput, OpinionState


def adjacency_builder() -> StateGraph[AdjacencyState, Context, AdjacencyInput, AdjacencyOutput]:
    """`retrieve → decide → write → check → file`; the caller compiles it, alone or as a part of intake."""
    builder = StateGraph(
        AdjacencyState, context_schema=Context, input_schema=AdjacencyInput, output_schema=AdjacencyOutput
    )
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("retrieve", retrieve)
    builder.add_node("decide", decide)
    builder.add_node("write", write)
    builder.add_node("check", check)
    builder.add_node("file", file)
    builder.add_edge(START, "retrieve")
    builder.add_edge("retrieve", "decide")
    builder.add_edge("decide", "write")
    builder.add_edge("write", "check")
    builder.add_edge("check", "file")
    builder.add_edge("file", END)
    return builder


def opinion_builder() -> StateGraph[OpinionState, Context, OpinionInput, OpinionState]:
    """`recognise → locate → assign`: an opinion on a report that opens no case."""
    builder = StateGraph(OpinionState, context_schema=Context, input_schema=OpinionInput)
    builder.set_node_defaults(retry_policy=retry_policy())
    builder.add_node("recognise", recognise)
    builder.add_node("locate", locate)
    builder.add_node("assign", adjacency_builder().compile(checkpointer=False), retry_policy=no_retry())
    builder.add_edge(START, "recognise")
    builder.add_edge("recognise", "locate")
    builder.add_edge("locate", "assign")
    builder.add_edge("assign", END)
    return builder


class HasContext(Protocol):
    """`graphs.bootstrap.Services`, or anything else with a context."""

    @property
    def context(self) -> Context:
        """Collaborators of the nodes."""
        ...


@cache
def _opinion_graph() -> CompiledStateGraph[OpinionState, Context, OpinionInput, OpinionState]:
    return opinion_builder().compile(checkpointer=False)


async def opine(services: HasContext, observation: Observation) -> dict[str, Any]:
    """The opinion on an observation, JSON of the contract; nothing is stored and nothing stored is looked at.

    Equal observations give equal bytes as long as settings, city data and knowledge base are the same.
    """
    start: OpinionInput = {"case_id": observation.id, "observation": observation.to_json()}
    done = await _opinion_graph().ainvoke(start, context=replace(services.context, cases=NoRecords()))
    return done["opinion"]
