"""Regulations and cases in Qdrant: ingest, embed, store, retrieve, cite."""
