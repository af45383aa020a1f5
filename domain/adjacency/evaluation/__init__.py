"""Effectiveness evaluation (治理效能评估): indicators, intervals, gaming, comparisons."""
