"""How many descriptors this process may have. Effects."""

import resource
import sys


def descriptors(enough: int) -> int:
    """Return how many descriptors we may have, having asked for *enough*.

    No more than that: programs we start inherit the limit, and some of them
    close every descriptor there might be.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    soft, most = (
        sys.maxsize if limit == resource.RLIM_INFINITY else limit
        for limit in (soft, hard)
    )
    if soft >= enough:
        return soft
    wanted = min(most, enough)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
    except (ValueError, OSError):
        return soft
    return wanted
