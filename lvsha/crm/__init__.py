"""Clusters of directors as Pacemaker's tools take them: one description, many texts."""
