"""Putting what belongs outside of the Python package in its place, and taking it away.

Agents, manual pages, completions, units, templates. Nothing here writes below
``/etc``, and nothing is replaced or removed that somebody else wrote.
"""
