"""A cluster of real kernels on one machine: nodes, network, drills."""
