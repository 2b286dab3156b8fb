"""What a real server is asked: its own check, the ones beside it, and its agent."""

from dataclasses import dataclass, replace
from typing import Final

from lvsha.config.defaults import (
    DEFAULTS,
    check,
    credentials,
    effective,
    headers,
    real_check,
    service_port,
    starttls,
    statuses,
    text,
    tls,
    whole,
)
from lvsha.config.own_rules import Also
from lvsha.config.parse import Parsed, Section
from lvsha.identity import Endpoint, Protocol
from lvsha.model import AGENT, Check, CheckType, Credentials, Tls

_WAYS: Final = {"connect": CheckType.CONNECT, "ping": CheckType.PING}


@dataclass(frozen=True, slots=True)
class Asked:
    """What the real servers of a virtual service are asked, but for who and where."""

    main: Check
    also: tuple[Check, ...]
    agent: Check | None

    def beside(
        self, section: Section, endpoint: Endpoint
    ) -> tuple[tuple[Check, ...], Check | None]:
        """Return what the real server at *endpoint* is asked beside its own check."""
        if not self.also and self.agent is None:
            return (), None

        def there(template: Check) -> Check:
            return real_check(template, section, None, endpoint, None)

        return (
            tuple(map(there, self.also)),
            there(self.agent) if self.agent else None,
        )


def asked(
    parsed: Parsed, section: Section, service: str, protocol: str, hostname: str
) -> Asked:
    """Return what all real servers of *section* are asked."""
    main = check(parsed, section, service, protocol, hostname)
    return Asked(
        main,
        _also(parsed, section, main, hostname),
        _agent(parsed, section, main),
    )


def _also(
    parsed: Parsed, section: Section, main: Check, hostname: str
) -> tuple[Check, ...]:
    """Return the other checks of all real servers of *section*."""
    written = section.get("alsocheck")
    words = written if isinstance(written, tuple) else ()
    return tuple(
        _one(parsed, section, main, hostname, word)
        for word in words
        if isinstance(word, Also)
    )


def _one(
    parsed: Parsed, section: Section, main: Check, hostname: str, word: Also
) -> Check:
    kind = _WAYS.get(word.way, CheckType.NEGOTIATE)
    service = main.service if word.way in _WAYS else word.way
    # A bare connection and a service without a port of its own go where the
    # real server is checked anyway.
    own = None if word.way in _WAYS else service_port(word.way)
    return replace(
        main,
        kind=kind,
        service=service,
        transport=main.transport if service == main.service else Protocol.TCP,
        port=word.port or own,
        connects=0,
        request=word.request or text(DEFAULTS["request"]),
        receive=word.receive or "",
        command="",
        credentials=credentials(section, service, hostname),
        tls=tls(parsed, section, service),
        starttls=starttls(parsed, section, service),
        statuses=statuses(parsed, section, service),
        headers=headers(parsed, section, service),
    )


def _agent(parsed: Parsed, section: Section, main: Check) -> Check | None:
    """Return how the agents of the real servers of *section* are asked, if they are."""
    port = whole(effective(parsed, section, "agentport"))
    if not port:
        return None
    return replace(
        main,
        kind=CheckType.NEGOTIATE,
        service=AGENT,
        transport=Protocol.TCP,
        port=port,
        connects=0,
        checkcount=1,
        request=text(effective(parsed, section, "agentsend")),
        receive="",
        command="",
        virtualhost="",
        credentials=Credentials(),
        tls=Tls(),
        statuses=(),
        headers=(),
        slowest=0,
    )
