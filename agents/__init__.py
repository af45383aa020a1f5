"""One role a file: prompt, output model and node functions on narrow slices of state."""
