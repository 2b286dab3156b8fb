"""The resource agents: what Pacemaker asks and what we answer.

A monitor runs every few seconds on every node: nothing here imports more than
a little of the standard library, and nothing that the action does not need.
"""
