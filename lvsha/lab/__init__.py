"""A cluster of real kernels on one machine: nodes, network, drills.

Import from the rooms: `lab.Lab`, `topology.NodeSpec`, `image.find`, `errors`.
"""
