"""A dialogue held over a socket, by its deadline. Effects."""

import socket
from _socket import socket as Socket  # noqa: N812 (as in lvsha.checks.dial)
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from select import EPOLLERR, EPOLLHUP, EPOLLIN, EPOLLOUT, EPOLLRDHUP
from time import monotonic
from typing import Final

from lvsha.checks.dial import HEAR, HEAR_AND_SAY, Dial, our_end, reason_of
from lvsha.checks.dialogue import (
    SILENCE,
    Again,
    Call,
    CheckFailed,
    Dialogue,
    Last,
    NoAnswer,
    Ourselves,
    Satisfied,
    StartTls,
    Word,
)
from lvsha.checks.gathering import Gathering
from lvsha.checks.pump import Pump
from lvsha.checks.repetition import Repetition
from lvsha.checks.resolver import Resolver
from lvsha.checks.tls import Seal
from lvsha.identity import Protocol
from lvsha.masking import concealing
from lvsha.model import (
    CALLED,
    CONNECTED,
    HEARD,
    RESOLVED,
    SAID,
    SEALED,
    Check,
    Transcript,
    Verdict,
)

_PIECE: Final = 16384
# How much of one peer's flood is taken before the others get their turn.
_PIECES: Final = 16
# No datagram is longer.
_DATAGRAM: Final = 65536

_ENDED: Final = EPOLLRDHUP | EPOLLHUP | EPOLLERR
_HEARD: Final = _ENDED | EPOLLIN


@dataclass(frozen=True, slots=True)
class Exchange:
    """What every talk needs: the pump, the resolver, and whom to tell of its end."""

    pump: Pump
    resolver: Resolver
    ended: Callable[["Talk"], None]


class Talk:
    """One check's dialogue, from the first call to the verdict.

    A socket is registered once, edge-triggered: a check costs mostly kernel
    time, and each system call saved is felt.
    """

    __slots__ = (
        "_aside",
        "_call",
        "_check",
        "_dial",
        "_dialogue",
        "_done",
        "_exchange",
        "_hung_half",
        "_pump",
        "_seal",
        "_seconds",
        "_sock",
        "_stream",
        "_transcript",
        "_unsaid",
        "_watched",
    )

    def __init__(
        self,
        exchange: Exchange,
        dialogue: Dialogue,
        seconds: float,
        check: Check,
        done: Callable[[Verdict], None],
    ) -> None:
        """Prepare to hold *dialogue* about *check* within *seconds*."""
        self._exchange = exchange
        self._pump = exchange.pump
        self._dialogue = dialogue
        self._seconds = seconds
        self._check = check
        self._done: Callable[[Verdict], None] | None = done
        self._sock: Socket | None = None
        self._seal: Seal | None = None
        self._dial: Dial | None = None
        self._aside: Gathering | Repetition | None = None
        self._unsaid = b""
        self._stream = True
        self._watched = False
        self._hung_half = False

    @property
    def over(self) -> bool:
        """Tell whether there is a verdict, or nobody wants one any more."""
        return self._done is None

    @property
    def _phase(self) -> str:
        """What is going on before the dialogue speaks with its peer."""
        if self._dial is not None:
            return self._dial.phase
        return "TLS" if self._seal is not None and not self._seal.ready else ""

    def begin(self) -> None:
        """Make the first call; its deadline starts now."""
        self._transcript = Transcript(self._check, monotonic())
        self._pump.expect(self._seconds, self._late)
        self._go_on(None)

    def cancel(self) -> None:
        """Hang up and give no verdict, if none was given yet."""
        if self._done is not None:
            self._done = None
            self._leave()

    def _tell(self, heard: bytes) -> None:
        """Tell the dialogue what was heard."""
        if heard:
            self._transcript.note(HEARD, monotonic(), heard)
        self._go_on(heard)

    def _go_on(self, heard: bytes | None) -> None:
        """Let the dialogue go on with what was *heard*, and do what it says."""
        try:
            word = self._dialogue.send(heard)  # type: ignore[arg-type] # begins with None
        except StopIteration as satisfied:
            self._satisfied(satisfied.value)
        except CheckFailed as failed:
            self._failed(str(failed), failed.status)
        else:
            if word is not SILENCE:
                self._obey(word)

    def _obey(self, word: Word) -> None:
        if isinstance(word, bytes):
            self._say(word)
        elif isinstance(word, Call):
            self._make(word)
        elif isinstance(word, Last):
            self._hung_half = True
            self._say(word.words)
        elif isinstance(word, StartTls):
            self._greet(word.name)
        elif isinstance(word, Ourselves):
            self._go_on(our_end(self._sock))
        elif isinstance(word, Again):
            if not self._stream:
                repeat = partial(self._say, word.words)
                self._aside = Repetition(repeat, self._pump, self._seconds)
            self._say(word.words)
        else:
            self._aside = Gathering(word, self._pump, self._exchange.resolver)
            self._aside.begin(self._transcript, self._tell, self._failed)

    def _make(self, call: Call) -> None:
        """Make a *call*; the one before is over."""
        begun = self._sock is not None
        if begun:
            self._hang_up()
        self._call = call
        self._transcript.moments.append((CALLED, monotonic(), call))
        self._dial = dial = Dial(call, self, self._pump, self._exchange.resolver)
        if begun:
            self._pump.soon(dial.begin)
        else:
            dial.begin()

    def resolved(self, address: str) -> None:
        """Write down when a name was found to be *address*."""
        self._transcript.moments.append((RESOLVED, monotonic(), address))

    def connected(self, sock: Socket, events: int) -> None:
        """Take over *sock*: speak, and hear what is there already."""
        self._transcript.moments.append((CONNECTED, monotonic(), None))
        pump = self._pump
        self._dial = None
        self._sock = sock
        self._stream = self._call.transport is Protocol.TCP
        self._watched = bool(events)
        if events:
            pump.hand_over(sock.fileno(), self._ready)
        if self._call.sealed:
            self._greet(self._call.name)
        else:
            self._tell(SILENCE)
        if self._sock is not sock:
            return
        if events & _HEARD:
            self._hear(sock, events)
        elif not events:
            self._watched = True
            wanted = HEAR_AND_SAY if self._unsaid else HEAR
            pump.watch(sock.fileno(), wanted, self._ready)

    def unconnected(self, why: str) -> None:
        """Give up: nobody could be reached."""
        self._failed(why)

    def _greet(self, name: str) -> None:
        """Begin with TLS."""
        try:
            self._seal = Seal(self._check.tls, name)
        except CheckFailed as failed:
            self._failed(str(failed))
        else:
            self._unseal(self._seal)

    def _ready(self, events: int) -> None:
        """Move on: the socket can take more, or has something."""
        sock = self._sock
        if sock is None:
            return
        if self._unsaid and events & EPOLLOUT:
            self._send(b"")
        if events & _HEARD:
            self._hear(sock, events)

    def _hear(self, sock: Socket, events: int) -> None:
        """Hear what there is, but not for ever.

        A piece that does not fill the buffer is the last one for now (epoll(7)),
        except that the end of the stream is one more.
        """
        size = _PIECE if self._stream else _DATAGRAM
        for _ in range(_PIECES):
            try:
                heard = sock.recv(size)
            except BlockingIOError:
                return
            except OSError as reason:
                self._broken(reason_of(reason.errno or 0))
                return
            if self._seal is not None:
                self._seal.hear(heard)
                self._unseal(self._seal)
            elif heard or self._stream:
                self._tell(heard)
            if self._sock is not sock:
                return
            if self._stream:
                if not heard:
                    self._broken("connection closed")
                    return
                if len(heard) < size and not events & _ENDED:
                    return
        self._pump.rewatch(sock.fileno(), HEAR_AND_SAY)

    def _unseal(self, seal: Seal) -> None:
        """Shake hands, then tell the dialogue what has come through TLS."""
        sock = self._sock
        try:
            if not seal.ready:
                shaken = seal.shake()
                self._send(seal.sealed())
                if not shaken or self._sock is not sock:
                    return
                self._transcript.moments.append((SEALED, monotonic(), seal.version))
                self._transcript.ends = seal.ends()
                self._tell(SILENCE)
            while self._sock is sock and (clear := seal.opened()) is not None:
                self._tell(clear)
                if not clear and self._sock is sock:
                    self._broken("connection closed")
        except CheckFailed as failed:
            if self._sock is sock:
                self._send(seal.sealed())
                self._failed(str(failed))

    def _say(self, words: bytes) -> None:
        if words:
            self._transcript.note(SAID, monotonic(), words)
            if self._seal is not None:
                try:
                    words = self._seal.say(words)
                except CheckFailed as failed:
                    self._failed(str(failed))
                    return
        self._send(words)

    def _send(self, words: bytes) -> None:
        """Send what was left unsaid and *words*, as far as the socket takes it."""
        sock = self._sock
        if sock is None:
            return
        if self._unsaid:
            words = self._unsaid + words
        if words:
            try:
                sent = sock.send(words)
            except BlockingIOError:
                sent = 0
            except OSError as reason:
                self._unheard(reason)
                return
            if sent < len(words):
                if self._watched and not self._unsaid:
                    self._pump.rewatch(sock.fileno(), HEAR_AND_SAY)
                self._unsaid = words[sent:]
                return
            self._unsaid = b""
        if self._hung_half and self._stream:
            self._hung_half = False
            with suppress(OSError):  # it hung up first: we shall hear of it
                sock.shutdown(socket.SHUT_WR)

    def _unheard(self, reason: OSError) -> None:
        """Find that nobody listens; what the peer said before is still to be heard."""
        self._unsaid = b""
        sock = self._sock
        if self._stream and not self._phase and sock is not None:
            self._pump.soon(partial(self._hear_out, sock))
        else:
            self._broken(reason_of(reason.errno or 0))

    def _hear_out(self, sock: Socket) -> None:
        if self._sock is sock:
            self._hear(sock, _ENDED)

    def _late(self) -> None:
        self._broken(f"no answer within {self._seconds:g} s")

    def _broken(self, why: str) -> None:
        """Give up hearing because of *why*; the dialogue may have heard enough."""
        if phase := self._phase:
            self._failed(f"{phase}: {why}")
            return
        try:
            self._dialogue.throw(NoAnswer(why))
        except StopIteration as satisfied:
            self._satisfied(satisfied.value)
        except (CheckFailed, NoAnswer) as failed:
            self._failed(str(failed), getattr(failed, "status", ""))
        else:
            self._failed(why)

    def _satisfied(self, satisfied: Satisfied) -> None:
        if farewell := satisfied.farewell:
            self._transcript.note(SAID, monotonic(), farewell)
            with suppress(CheckFailed):  # the verdict stands
                self._send(self._seal.say(farewell) if self._seal else farewell)
        self._end(satisfied.detail, satisfied.status, passed=True)

    def _failed(self, why: str, status: str = "") -> None:
        self._end(why, status, passed=False)

    def _end(self, detail: str, status: str, *, passed: bool) -> None:
        done, self._done = self._done, None
        if done is not None:
            self._leave()
            transcript = self._transcript
            if conceal := concealing(self._check):
                detail, status = conceal(detail), conceal(status)
            seconds = monotonic() - transcript.began
            done(Verdict(passed, detail, seconds, status, transcript))

    def _leave(self) -> None:
        self._hang_up()
        self._pump.relieve(self._seconds, self._late)
        self._exchange.ended(self)

    def _hang_up(self) -> None:
        if self._aside is not None:
            self._aside.cancel()
            self._aside = None
        if self._dial is not None:
            self._dial.cancel()
            self._dial = None
        sock = self._sock
        if sock is not None:
            self._sock = self._seal = None
            self._unsaid = b""
            self._hung_half = False
            if self._watched:
                self._watched = False
                self._pump.unwatch(sock.fileno())
            sock.close()
