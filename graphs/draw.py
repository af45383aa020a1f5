"""Drawings of the graphs for the docs, in Mermaid; made offline."""

from graphs.adjacency import adjacency_builder
from graphs.alerting import alert_builder, watch_builder
from graphs.compensation import compensation_builder
from graphs.disputes import dispute_builder
from graphs.evaluation import evaluation_builder
from graphs.intake import intake_builder


def mermaid() -> dict[str, str]:
    """Mermaid source of each graph, by name."""
    graphs = {
        "intake": intake_builder().compile(),
        "adjacency": adjacency_builder().compile(),
        "compensation": compensation_builder().compile(),
        "watch": watch_builder().compile(),
        "alert": alert_builder().compile(),
        "evaluation": evaluation_builder().compile(),
        "dispute": dispute_builder().compile(),
    }
    return {name: graph.get_graph().draw_mermaid() for name, graph in graphs.items()}
