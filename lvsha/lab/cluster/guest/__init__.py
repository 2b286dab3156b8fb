"""Programs that run inside the nodes of a cluster: standard library only."""
