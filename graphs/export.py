"""Compiled graphs for LangGraph tools (langgraph.json); they bring their own checkpointer."""

from graphs.adjacency import opinion_builder
from graphs.alerting import alert_builder, watch_builder
from graphs.compensation import compensation_builder
from graphs.disputes import dispute_builder
from graphs.evaluation import evaluation_builder
from graphs.intake import intake_builder

intake = intake_builder().compile()
adjacency = opinion_builder().compile()
compensation = compensation_builder().compile()
watch = watch_builder().compile()
alert = alert_builder().compile()
evaluation = evaluation_builder().compile()
dispute = dispute_builder().compile()
