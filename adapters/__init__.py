"""The outside world, one file a system; each implements a port declared further in."""
