"""Reporting: de-identified facts, and the figures counted from them.

Invariant: nothing kept here names a person, a walk or an instant.
"""
