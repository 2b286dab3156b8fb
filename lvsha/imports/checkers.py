"""The checkers of ``keepalived.conf`` as the checks of a virtual service. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from lvsha.imports.blocks import Node
from lvsha.imports.draft import Draft

_SERVICES: Final = {
    "HTTP_GET": "http",
    "SSL_GET": "https",
    "SMTP_CHECK": "smtp",
    "DNS_CHECK": "dns",
}
_PAGES: Final = ("http", "https")
_STRANGE: Final = frozenset({"MISC_CHECK", "UDP_CHECK", "BFD_CHECK", "FILE_CHECK"})
# What each becomes; a connect check is for TCP.
_KINDS: Final = {
    **dict.fromkeys(_SERVICES, "negotiate"),
    "TCP_CHECK": "connect",
    "MISC_CHECK": "connect",
    "PING_CHECK": "ping",
}
_CHECKERS: Final = _STRANGE | _KINDS.keys()
_WHY: Final[Mapping[str, str]] = {
    "MISC_CHECK": "an external check gets four arguments of its own: see checkcommand",
    "UDP_CHECK": "there is no such check: it is pinged instead",
    "BFD_CHECK": "there is no such check: it is pinged instead",
    "FILE_CHECK": "there is no such check: it is pinged instead",
    "digest": "write what a good page contains into receive",
    "delay_before_retry": "a check is repeated after checkinterval",
    "helo_name": "the check says the name of this machine",
    "notify_up": "the log and mails tell of real servers, nothing is run for one",
    "notify_down": "the log and mails tell of real servers, nothing is run for one",
    "warmup": "see startspread",
}
_UNKNOWN: Final = "there is no word for it"
# What a real server says about itself, and what a checker has that is carried over.
_REAL: Final = frozenset(
    {
        "weight",
        "inhibit_on_failure",
        "lthreshold",
        "uthreshold",
        "lvs_method",
        "lb_kind",
    }
    | {"virtualhost", "retry", "nb_get_retry", "connect_timeout"}
)
_CHECKER: Final = frozenset(
    {"connect_port", "connect_timeout", "retry", "nb_get_retry", "url", "virtualhost"}
)
_URL: Final = frozenset({"path", "virtualhost", "status_code", "regex"})


@dataclass(frozen=True, slots=True)
class Check:
    """The lines of a check by directive, each with the line it comes from."""

    lines: Mapping[str, tuple[str, int]]

    @property
    def settings(self) -> dict[str, str]:
        """The directives alone."""
        return {name: value for name, (value, _) in self.lines.items()}

    @property
    def question(self) -> str:
        """What a real server's line says when it is asked something of its own."""
        said = self.settings
        return f'"{said.get("request", "/")}", "{said.get("receive", "")}"'

    def differs_in_question(self, other: "Check") -> bool:
        """Tell whether what is asked for and expected is all the difference."""
        apart = self.settings.items() ^ other.settings.items()
        return bool(apart) and {name for name, _ in apart} <= {"request", "receive"}


def check_of(draft: Draft, real: Node, virtual: Node, protocol: str) -> Check:
    """Return how *real* is checked; what cannot be carried over is noted."""
    checkers = [one for one in real.inside if one.name in _CHECKERS]
    for one in real.inside:
        if one.name not in _REAL | _CHECKERS:
            draft.lose(one.line, " ".join(one.words), _WHY.get(one.name, _UNKNOWN))
    for one in checkers[1:]:
        draft.lose(one.line, one.name, "a real server has one check: the first")
    if not checkers:
        return Check({"checktype": ("on", real.line)})
    checker = checkers[0]
    kind = _KINDS.get(checker.name, "ping")
    if kind == "connect" and protocol != "tcp":
        kind = "ping"
    lines = {"checktype": (kind, checker.line)}
    if service := _SERVICES.get(checker.name):
        lines["service"] = (service, checker.line)
    if service in _PAGES:
        _page(draft, checker, real, virtual, lines)
    elif service == "dns" and (name := checker.find("name")):
        lines["request"] = (name.value, name.line)
    if checker.name in _STRANGE:
        draft.lose(checker.line, checker.name, _WHY[checker.name])
    _details(draft, checker, real, virtual, lines)
    return Check(lines)


def _page(
    draft: Draft,
    checker: Node,
    real: Node,
    virtual: Node,
    lines: dict[str, tuple[str, int]],
) -> None:
    """Add what is asked for, and what is expected."""
    urls = [one for one in checker.inside if one.name == "url"]
    for one in urls[1:]:
        draft.lose(one.line, "url", "a check asks for one page: the first")
    url = urls[0] if urls else Node(["url"], checker.line)
    path = url.find("path")
    if path:
        lines["request"] = (path.value, path.line)
    host = next(
        filter(
            None, (one.find("virtualhost") for one in (url, checker, real, virtual))
        ),
        None,
    )
    if host:
        lines["virtualhost"] = (host.value, host.line)
    if regex := url.find("regex"):
        lines["receive"] = (regex.value, regex.line)
    if status := url.find("status_code"):
        lines["httpstatus"] = (status.value.replace(" ", ","), status.line)
    if checker.name == "SSL_GET":
        # keepalived looks at no certificate.
        lines["tls_verify"] = ("no", checker.line)
    for one in url.inside:
        if one.name not in _URL:
            draft.lose(one.line, f"url {one.name}", _WHY.get(one.name, _UNKNOWN))


def _details(
    draft: Draft,
    checker: Node,
    real: Node,
    virtual: Node,
    lines: dict[str, tuple[str, int]],
) -> None:
    """Add port, timeouts and patience: the checker's, or else inherited ones."""
    if port := checker.find("connect_port"):
        lines["checkport"] = (port.value, port.line)
    for one in (checker, real, virtual):
        if timeout := one.find("connect_timeout"):
            lines.setdefault("checktimeout", (timeout.value, timeout.line))
            lines.setdefault("negotiatetimeout", (timeout.value, timeout.line))
        retry = one.find("retry", "nb_get_retry")
        if retry and retry.value.isdecimal() and "failurecount" not in lines:
            lines["failurecount"] = (str(int(retry.value) + 1), retry.line)
    known = _CHECKER | ({"name"} if checker.name == "DNS_CHECK" else frozenset())
    if checker.name in _STRANGE:
        return
    for one in checker.inside:
        if one.name not in known:
            what = f"{checker.name} {' '.join(one.words)}"
            draft.lose(one.line, what, _WHY.get(one.name, _UNKNOWN))
