"""A stop of a VIP resource that has given its addresses up already.

When a director goes to standby, Pacemaker promotes the other one after the stop
that follows the demotion, and nobody is served until then. Such a stop has
nothing to do but to forget, so it waits for none of what other actions import:
that takes longer than the rest of it. What is to be ended a moment later is
ended by a child, which imports it.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

RUN = "/run/lvsha"
# Beside what a resource remembers, while it has no address by its own word.
WITHOUT = ".without"
RETIRED = ".retired"


def place(resource: str, rundir: str = "") -> str:
    """Return the path of what *resource* remembers."""
    directory = rundir or os.environ.get("LVSHA_RUNDIR") or RUN
    return f"{directory}/vip/{resource.replace('/', '_') or 'vip'}.json"


def stop() -> None:
    """Forget the resource and end this process, if it has no address.

    Returns when there is more to do.
    """
    resource = os.environ.get("OCF_RESOURCE_INSTANCE", "")
    file = place(resource)
    try:
        os.unlink(file + WITHOUT)
        os.rename(file, file + RETIRED)
    except OSError:
        return
    if not os.fork():
        _retire(resource)
    os._exit(0)


def _retire(resource: str) -> "NoReturn":
    """End what is to be ended after a stop, and this process."""
    try:
        os.setsid()
        os.chdir("/")
        nothing = os.open(os.devnull, os.O_RDWR)
        for descriptor in (0, 1, 2):
            os.dup2(nothing, descriptor)
        from lvsha.ocf.protocol import PATH  # noqa: PLC0415 - only the child
        from lvsha.ocf.vip_machine import Machine  # noqa: PLC0415

        os.environ["PATH"] = PATH
        Machine(resource).retired()
    finally:
        os._exit(0)
