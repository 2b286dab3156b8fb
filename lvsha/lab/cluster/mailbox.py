"""The mailbox of whoever is on call: what directors mailed, and when; effects."""

import json
import threading
from typing import Final

from lvsha.lab.cluster.grounds import DrillNode
from lvsha.lab.cluster.machines import CLIENT_ADDRESS, DIRECTOR_ADDRESSES, MAIL_PORT
from lvsha.lab.cluster.outcome import Moment
from lvsha.lab.cluster.sightings import ENVIRONMENT
from lvsha.lab.drill.clock import behind
from lvsha.lab.process import by_line

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
        with self._lock:
            self._alerts = alerts = []
        names = {address: name for name, address in DIRECTOR_ADDRESSES.items()}

        def hear(line: bytes) -> None:
            said = json.loads(line)
            if "subject" in said:
                peer, subject = str(said["peer"]), str(said["subject"])
                at = float(said["at"]) + late
                with self._lock:
                    alerts.append(Moment(at, "alerted", names.get(peer, peer), subject))

        argv = ["python3", "-m", "lvsha.lab.cluster.guest.mailbox"]
        words = [CLIENT_ADDRESS, str(MAIL_PORT)]
        program = node.start([*argv, *words], env=ENVIRONMENT, listener=by_line(hear))
        program.wait_output(b"listening", _OPENING)

    def since(self, moment: float) -> list[Moment] | None:
        """Return what came after *moment*; None while nobody listens.

        All times are seconds since the epoch.
        """
        with self._lock:
            if self._alerts is None:
                return None
            return [one for one in self._alerts if one.at > moment]
