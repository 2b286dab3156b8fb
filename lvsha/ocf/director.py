"""The actions of ``ocf:lvsha:director``.

An action takes the director as the cluster's host sees it and returns an exit
code. It never reads the configuration to stop: a node whose configuration is
broken must still be able to give the virtual services up, because Pacemaker
fences a node on which ``stop`` fails.

A director that dies or hangs is started again by its guardian; a monitor that
comes meanwhile waits for that. When both are gone it is *not running*, although
its rows are still in the kernel: a start takes them over, a stop takes them out.
"""

from collections.abc import Mapping
from typing import Final, Protocol

from lvsha.asking import Answer, Unanswered
from lvsha.ocf.parameters import Parameters
from lvsha.ocf.protocol import Ended, Exit, say

# Of an action's timeout kept back, at most: the cluster kills without warning.
_RESERVE: Final = 5.0
_SHARE: Final = 0.2
# A director that does not answer this soon is not waited for when it has to go.
_ANSWER: Final = 2.0
_FROZEN: Final = 3.0
_LOOK: Final = 0.05
# What crm_mon has room for.
_NAMED: Final = 3
_TABLE: Final = 10
_TRAFFIC: Final = 20
# lvsha's status for a configuration that cannot be used.
INVALID: Final = 2


class Director(Protocol):
    """A director process, its lock and the rows it recorded as its own.

    It holds the lock for as long as it lives, so ``running`` is a fact about
    the lock and not a guess about a process id.
    """

    def running(self) -> bool:
        """Tell whether its lock is held."""

    def guarded(self) -> bool:
        """Tell whether somebody starts it again when it dies or hangs."""

    def ask(self, question: Mapping[str, object], seconds: float) -> Answer:
        """Return what it answers; raises Unanswered."""

    def launch(self) -> None:
        """Start it; raises Ended when that is not possible here."""

    def ended(self) -> int | None:
        """Return the exit status of what was launched, None while it lives."""

    def complaint(self) -> str:
        """Return what the launched one had to say on its way down."""

    def discard(self) -> None:
        """Kill what was launched, if it lives."""

    def terminate(self) -> None:
        """Ask it to stop; it withdraws its rows and goes."""

    def kill(self) -> None:
        """Stop it without asking; its rows stay behind."""

    def gone_within(self, seconds: float) -> bool:
        """Wait until its lock is free."""

    def withdraw(self) -> str:
        """Delete the rows on record but those that stay, and its files; why not."""

    def examined(self, seconds: float) -> tuple[int, str]:
        """Return the status of checking its configuration, and what was said.

        Raises Ended when it cannot be checked here.
        """

    def now(self) -> float:
        """Return the seconds of a clock that never goes back."""

    def pause(self, seconds: float) -> None:
        """Wait."""


def start(director: Director, parameters: Parameters, timeout: float) -> Exit:
    """Start the director; return when its table is right."""
    validate(parameters)
    until = director.now() + timeout - reserve(timeout)
    if not director.running():
        director.launch()
    missing = "it has not begun"
    while director.now() < until:
        status = director.ended()
        if status is not None:
            raise Ended(_refusal(status), director.complaint())
        if director.running():
            missing = _unready(director, min(parameters.patience, timeout))
            if not missing:
                return Exit.SUCCESS
        director.pause(_LOOK)
    director.discard()
    raise Ended(
        Exit.ERR_GENERIC, f"the director was not ready in {timeout:g} s: {missing}"
    )


def stop(director: Director, timeout: float) -> Exit:
    """Stop the director and leave none of its rows behind, by force if need be."""
    if director.running():
        _end(director, timeout)
    problem = director.withdraw()
    if problem:
        raise Ended(Exit.ERR_GENERIC, problem)
    return Exit.SUCCESS


def monitor(
    director: Director, parameters: Parameters, timeout: float, level: int
) -> Exit:
    """Tell apart stopped, working, working without real servers, and hung.

    From level 10 on its table has to be in the kernel, from level 20 on every
    virtual service needs a real server that is up, or a fallback.
    """
    if not director.running():
        return Exit.NOT_RUNNING
    most = timeout - reserve(timeout)
    seconds = min(parameters.patience, most)
    pong = _pong(director, seconds, most)
    if not pong.get("ok"):
        raise Ended(Exit.ERR_GENERIC, f"the director is in trouble: {_why(pong)}")
    if level >= _TABLE:
        table = _answer(director, {"do": "verify"}, seconds)
        if not table.get("ok"):
            wrong = _listed(table.get("differences")) or _why(table)
            raise Ended(
                Exit.ERR_GENERIC, f"the kernel's table is not as it should be: {wrong}"
            )
    if level >= _TRAFFIC and (silent := _listed(pong.get("unanswered"))):
        raise Ended(
            Exit.ERR_GENERIC, f"neither a real server nor a fallback answers: {silent}"
        )
    if lost := _listed(pong.get("lost")):
        raise Ended(Exit.DEGRADED, f"no real server is up: {lost}")
    return Exit.SUCCESS


def reload(director: Director, timeout: float) -> Exit:
    """Let the director read its configuration again; a broken one changes nothing."""
    if not director.running():
        return Exit.NOT_RUNNING
    answer = _answer(director, {"do": "reload"}, timeout - reserve(timeout))
    if answer.get("ok"):
        return Exit.SUCCESS
    problems = answer.get("problems")
    found = problems if isinstance(problems, list) else []
    words = [
        f"{one.get('file')}:{one.get('line')}: {one.get('message')}"
        for one in found
        if isinstance(one, dict)
    ]
    raise Ended(
        Exit.ERR_GENERIC, f"the configuration stays as it was: {_listed(words)}"
    )


def examine(
    director: Director, parameters: Parameters, timeout: float, level: int
) -> Exit:
    """Tell whether the parameters can be used, from level 10 on: on this host."""
    validate(parameters)
    if level < _TABLE:
        return Exit.SUCCESS
    status, said = director.examined(timeout - reserve(timeout))
    if status:
        raise Ended(_refusal(status), said)
    return Exit.SUCCESS


def validate(parameters: Parameters) -> None:
    """Raise Ended when the parameters cannot be right on any node."""
    if parameters.faults:
        raise Ended(Exit.ERR_CONFIGURED, "; ".join(parameters.faults))
    if parameters.ldirectord:
        say(f"parameter 'ldirectord' ({parameters.ldirectord}) is not used: see config")


def reserve(timeout: float) -> float:
    """Return how much of *timeout* to keep back."""
    return min(_RESERVE, timeout * _SHARE)


def _end(director: Director, timeout: float) -> None:
    patience = timeout - reserve(timeout)
    try:
        director.ask({"do": "ping"}, min(_ANSWER, patience / 4))
    except Unanswered as silence:
        patience = min(_FROZEN, patience / 2)
        say(f"{silence}; not waiting for it longer than {patience:g} s")
    director.terminate()
    if director.gone_within(patience):
        return
    say("the director did not stop when asked; killing it")
    director.kill()
    if not director.gone_within(reserve(timeout) / 2):
        raise Ended(Exit.ERR_GENERIC, "the director survived SIGKILL")


def _unready(director: Director, seconds: float) -> str:
    """Return what a start still waits for, nothing when it is over."""
    try:
        pong = director.ask({"do": "ping"}, seconds)
    except Unanswered as silence:
        return str(silence)
    if pong.get("ready") and pong.get("ok"):
        return ""
    return str(pong.get("fault") or "its first checks are under way")


def _pong(director: Director, seconds: float, most: float) -> Answer:
    """Return the answer to a ping, of the one that comes after a silent one, too.

    Its guardian finds out by itself that a director hangs; to be slower than it
    is to leave the table alone.
    """
    until = director.now() + most
    while True:
        try:
            return director.ask({"do": "ping"}, seconds)
        except Unanswered as silence:
            left = until - director.now()
            if left <= _LOOK or not director.guarded():
                raise Ended(
                    Exit.ERR_GENERIC, f"the director holds its lock, but: {silence}"
                ) from silence
            seconds = min(seconds, left)
        director.pause(_LOOK)


def _answer(
    director: Director, question: Mapping[str, object], seconds: float
) -> Answer:
    try:
        return director.ask(question, seconds)
    except Unanswered as silence:
        raise Ended(
            Exit.ERR_GENERIC, f"the director holds its lock, but: {silence}"
        ) from silence


def _refusal(status: int) -> Exit:
    # Another node may have a better file: only this one is no place for it.
    return Exit.ERR_INSTALLED if status == INVALID else Exit.ERR_GENERIC


def _why(answer: Answer) -> str:
    return str(answer.get("fault") or answer.get("error") or "it does not say why")


def _listed(words: object) -> str:
    if not isinstance(words, list):
        return ""
    more = len(words) - _NAMED
    text = ", ".join(map(str, words[:_NAMED]))
    return f"{text} and {more} more" if more > 0 else text
