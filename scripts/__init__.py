"""Scripts that make packaged data and generated pages."""
