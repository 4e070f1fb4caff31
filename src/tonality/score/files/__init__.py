"""Scoring files: jobs that go on where they stood after any stop."""
