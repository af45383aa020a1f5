"""Measured ratios against named peers or bounds; each prints a table and one JSON line."""
