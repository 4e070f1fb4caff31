"""Behaviour tests: what a model of sentiment must get right, one capability at a time."""

from tonality.check.run import Outcome, Report, run
from tonality.check.suite import Behaviour, Case, read_suite

__all__ = ["Behaviour", "Case", "Outcome", "Report", "read_suite", "run"]
