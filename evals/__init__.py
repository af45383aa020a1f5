"""Offline evaluation suites, their baselines and gates."""
