"""Certificates of real servers that end before long: told once a day. Pure state."""

from typing import Final

from lvsha.engine.rounds import Place
from lvsha.events import CertificateEnding
from lvsha.evidence import moment
from lvsha.identity import ServiceKey

DAY: Final = 86400.0


class Expiry:
    """Remembers which certificates were told of, and when.

    Real servers of a virtual service that have their certificate in common are
    told of by the first of them.
    """

    def __init__(self) -> None:
        """Have told of nothing yet."""
        self._told: dict[tuple[ServiceKey, float], float] = {}

    def heard(self, place: Place, ends: float, now: float) -> CertificateEnding | None:
        """Return what is to be told of the certificate met at *place*, if anything.

        *ends* and *now* are seconds of the calendar's clock.
        """
        virtual = place.virtual
        left = ends - now
        if left >= virtual.tls_warn_days * DAY:
            return None
        key = (virtual.key, ends)
        if key in self._told and now < self._told[key] + DAY:
            return None
        self._told = {k: at for k, at in self._told.items() if now < at + DAY}
        self._told[key] = now
        server = place.real.endpoint
        return CertificateEnding(server, virtual.key, moment(ends), int(left // DAY))
