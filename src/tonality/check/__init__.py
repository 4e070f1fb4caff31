"""Behaviour tests: what a model of sentiment must get right, one capability at a time."""

from tonality.check.run import CheckReport, Outcome, run
from tonality.check.suite import Behaviour, Case, read_suite

__all__ = ["Behaviour", "Case", "CheckReport", "Outcome", "read_suite", "run"]
