"""What runs inside a node; the standard library only, started from a shared folder.

The host imports nothing from here but `wire`.
"""
