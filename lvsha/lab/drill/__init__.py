"""Drills: a director at work under traffic in the lab, and what happened, row by row.

A *scenario* is a way to forward with its configuration and machines; *happenings*
are what is done to it; a *row* says what was expected, what was seen and what it
cost. Import from the rooms: `scenario`, `run`, `report`.
"""
