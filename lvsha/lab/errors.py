"""What can go wrong in the lab, and nothing else."""

from collections.abc import Sequence
from shlex import join


class LabError(Exception):
    """The lab cannot do what was asked; the message says which node and why."""


class ImageError(LabError):
    """The nodes' disk image is missing or cannot be built."""


class NodeDown(LabError):
    """The node is not running, or died while it was asked something."""


class DeadlineExpired(LabError):
    """The node did not answer in the time it was given."""


class CommandFailed(LabError):
    """A command in a node ended with a status other than 0.

    *stdout* and *stderr* are all it said; the message shows the end of them.
    """

    def __init__(
        self,
        node: str,
        argv: Sequence[str],
        status: int,
        stdout: bytes,
        stderr: bytes,
    ) -> None:
        """Name the node and the command, and quote its last words."""
        said = (stderr.strip() or stdout.strip())[-2000:].decode(errors="replace")
        super().__init__(f"{node}: {join(argv)} ended with status {status}: {said}")
        self.status = status
        self.stdout = stdout
        self.stderr = stderr
