"""The cluster lab on virtual machines that Vagrant keeps: roles for them, drills there.

What a machine is, is said where the embedded lab's nodes are: packages in
`lvsha.lab.recipe`, files and addresses in `lvsha.lab.cluster`. Here is only what is
different on machines with a second network, a disk and an init system of their own.
"""
