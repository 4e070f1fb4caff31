"""Figures of verdicts: scores, calibration, abstaining, thresholds, slices, label errors."""
