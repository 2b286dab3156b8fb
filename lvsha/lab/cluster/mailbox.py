"""The mailbox of whoever is on call: what directors mailed, and when; effects."""

import json
import threading
from typing import Final

from lvsha.lab.cluster.grounds import DrillNode
from lvsha.lab.cluster.machines import CLIENT_ADDRESS, DIRECTOR_ADDRESSES, MAIL_PORT
from lvsha.lab.cluster.outcome import Moment
from lvsha.lab.cluster.sightings import ENVIRONMENT
from lvsha.lab.drill.clock import behind
from lvsha.lab.guest.wire import Kind

_OPENING: Final = 60.0


class Mailbox:
    """Takes the letters of a lab's directors; safe from threads."""

    def __init__(self) -> None:
        """Be closed: nobody listens yet."""
        self._lock = threading.Lock()
        self._alerts: list[Moment] | None = None

    def open(self, node: DrillNode) -> None:
        """Listen on *node*, which has the address the directors mail to."""
        late = behind(node)
        rest = bytearray()
        with self._lock:
            self._alerts = alerts = []
        names = {address: name for name, address in DIRECTOR_ADDRESSES.items()}

        def hear(kind: Kind, content: bytes) -> None:
            if kind is not Kind.OUTPUT:
                return
            rest.extend(content)
            *lines, last = bytes(rest).split(b"\n")
            rest[:] = last
            with self._lock:
                for line in lines:
                    said = json.loads(line)
                    if "subject" in said:
                        peer = str(said["peer"])
                        at = float(said["at"]) + late
                        name = names.get(peer, peer)
                        moment = Moment(at, "alerted", name, str(said["subject"]))
                        alerts.append(moment)

        argv = ["python3", "-m", "lvsha.lab.cluster.guest.mailbox"]
        words = [CLIENT_ADDRESS, str(MAIL_PORT)]
        program = node.start([*argv, *words], env=ENVIRONMENT, listener=hear)
        program.wait_output(b"listening", _OPENING)

    def since(self, moment: float) -> list[Moment] | None:
        """Return what came after *moment*; None while nobody listens.

        All times are seconds since the epoch.
        """
        with self._lock:
            if self._alerts is None:
                return None
            return [one for one in self._alerts if one.at > moment]
