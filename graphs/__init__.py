"""LangGraph assembly: state, edges, waiting points, and the one composition root."""
