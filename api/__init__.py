"""The HTTP door: domain routes, errors, events; the only package that knows FastAPI."""
