"""Concerns: what feels unsafe, and where."""
