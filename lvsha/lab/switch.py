"""The switch's process: moves frames between sockets, obeys one control connection.

Started by the lab with the control connection as its standard input. It ends when
that closes, so it cannot outlive its lab. A port is a listening socket; the node that
connects to it is at the other end of the cable, again after each boot.
"""

import heapq
import json
import os
import random
import select
import signal
import socket
import struct
import sys
import time
from collections import deque
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import BinaryIO

from lvsha.lab.forwarding import Fabric, Faults, announcement

_LONGEST = 65536
_BURST = 64
"""Frames taken from one port before the others have a turn."""

_WAITING = 1000
"""Frames that wait for a slow node before more are dropped."""

_PCAP_HEADER = struct.pack("!IHHiIII", 0xA1B23C4D, 2, 4, 0, 0, _LONGEST, 1)
_SECOND = 1_000_000_000
_REMEMBERED = 10_000


@dataclass(slots=True)
class Counters:
    """What a port has seen; *sent* and *received* from the node's point of view."""

    frames_sent: int = 0
    bytes_sent: int = 0
    frames_received: int = 0
    bytes_received: int = 0
    frames_lost: int = 0  # by a fault somebody asked for
    frames_dropped: int = 0  # because the node did not take them


@dataclass(slots=True)
class Port:
    """One cable: where a node connects, the connection if any, what waits for it."""

    name: str
    listener: socket.socket
    connection: socket.socket | None = None
    waiting: deque[bytes] = field(default_factory=deque)
    counters: Counters = field(default_factory=Counters)


class Switch:
    """The loop: frames from any port, orders from the control connection."""

    def __init__(self, control: socket.socket) -> None:
        """Obey *control*."""
        self._control = control
        self._orders = b""
        self._fabric = Fabric()
        self._faults = Faults()
        self._faulty = False
        self._ports: dict[str, Port] = {}
        self._by_listener: dict[int, Port] = {}
        self._by_connection: dict[int, Port] = {}
        self._late: list[tuple[float, int, str, bytes]] = []
        self._number = 0
        self._pcap: BinaryIO | None = None
        self._announced: deque[dict[str, object]] = deque(maxlen=_REMEMBERED)
        self._epoll = select.epoll()
        self._epoll.register(control, select.EPOLLIN)
        # faults must differ from run to run no more than the traffic does
        self._chance = random.Random(1).random  # noqa: S311

    def serve(self) -> None:
        """Work until the control connection closes."""
        while True:
            wait = -1.0
            if self._late:
                wait = max(0.0, self._late[0][0] - time.monotonic())
            for descriptor, event in self._epoll.poll(wait):
                if descriptor in self._by_connection:
                    port = self._by_connection[descriptor]
                    if event & select.EPOLLOUT:
                        self._catch_up(port)
                    if event & ~select.EPOLLOUT:
                        self._take(port)
                elif descriptor in self._by_listener:
                    self._connect(self._by_listener[descriptor])
                elif descriptor == self._control.fileno() and not self._obey():
                    return
            self._deliver_late()
            if self._pcap:
                self._pcap.flush()

    def _connect(self, port: Port) -> None:
        connection, _ = port.listener.accept()
        connection.setblocking(False)  # noqa: FBT003 - its only way
        self._disconnect(port)
        port.connection = connection
        self._by_connection[connection.fileno()] = port
        self._epoll.register(connection, select.EPOLLIN)

    def _disconnect(self, port: Port) -> None:
        if port.connection:
            self._epoll.unregister(port.connection)
            del self._by_connection[port.connection.fileno()]
            port.connection.close()
            port.connection = None
            port.waiting.clear()

    def _take(self, port: Port) -> None:
        """Take a burst of frames from *port* and pass each on."""
        connection = port.connection
        if connection is None:
            return
        receive, counters = connection.recv, port.counters
        for _ in range(_BURST):
            try:
                frame = receive(_LONGEST)
            except BlockingIOError:
                return
            except OSError:
                frame = b""
            if not frame:
                self._disconnect(port)
                return
            counters.frames_sent += 1
            counters.bytes_sent += len(frame)
            if self._pcap:
                self._capture(self._pcap, frame)
            if frame[0] & 1:
                self._remember(port, frame)
            for name in self._fabric.targets(port.name, frame):
                if self._faulty:
                    self._send_faulty(port.name, name, frame)
                else:
                    self._send(self._ports[name], frame)

    def _send(self, port: Port, frame: bytes) -> None:
        if port.connection is None:
            return
        if port.waiting:
            self._keep(port, frame)
            return
        try:
            port.connection.send(frame)
        except BlockingIOError:
            self._epoll.modify(port.connection, select.EPOLLIN | select.EPOLLOUT)
            self._keep(port, frame)
        except OSError:
            port.counters.frames_dropped += 1
        else:
            port.counters.frames_received += 1
            port.counters.bytes_received += len(frame)

    def _keep(self, port: Port, frame: bytes) -> None:
        if len(port.waiting) < _WAITING:
            port.waiting.append(frame)
        else:
            port.counters.frames_dropped += 1

    def _catch_up(self, port: Port) -> None:
        waiting, port.waiting = port.waiting, deque()
        while waiting:
            frame = waiting.popleft()
            self._send(port, frame)
            if port.waiting:  # full again: it stays the first of the line
                port.waiting.extend(waiting)
                return
        if port.connection:
            self._epoll.modify(port.connection, select.EPOLLIN)

    def _send_faulty(self, sender: str, receiver: str, frame: bytes) -> None:
        copies = self._faults.copies(sender, receiver, self._chance)
        if copies == 0:
            self._ports[sender].counters.frames_lost += 1
        delay = self._faults.delay(sender, receiver)
        for _ in range(copies):
            if delay:
                self._number += 1  # equal times keep their order
                due = time.monotonic() + delay
                heapq.heappush(self._late, (due, self._number, receiver, frame))
            else:
                self._send(self._ports[receiver], frame)

    def _deliver_late(self) -> None:
        while self._late and self._late[0][0] <= time.monotonic():
            _, _, receiver, frame = heapq.heappop(self._late)
            self._send(self._ports[receiver], frame)

    def _capture(self, file: BinaryIO, frame: bytes) -> None:
        second, fraction = divmod(time.time_ns(), _SECOND)
        file.write(struct.pack("!IIII", second, fraction, len(frame), len(frame)))
        file.write(frame)

    def _remember(self, port: Port, frame: bytes) -> None:
        if news := announcement(frame):
            self._announced.append(
                {"time": time.time(), "port": port.name, **asdict(news)}
            )

    def _obey(self) -> bool:
        """Carry out the orders that have arrived; false when no more can come."""
        try:
            content = self._control.recv(_LONGEST)
        except ConnectionError:
            content = b""
        *lines, self._orders = (self._orders + content).split(b"\n")
        for line in lines:
            try:
                answer = self._order(**json.loads(line))
            except OSError as error:
                answer = {"error": str(error)}
            self._control.sendall(json.dumps(answer).encode() + b"\n")
        return bool(content)

    def _order(self, verb: str, **words: object) -> dict[str, object]:
        match verb, words:
            case "port", {
                "name": str(name),
                "network": str(network),
                "path": str(path),
            }:
                self._listen(name, network, path)
            case "cut", {"one": str(one), "other": str(other), "one_way": bool(way)}:
                self._faults.cut(one, other, one_way=way)
            case "heal", {"one": str(one), "other": str(other)}:
                self._faults.heal(one, other)
            case (
                ("losses" | "delays" | "duplicates"),
                {
                    "name": str(name),
                    "value": int() | float() as value,
                },
            ):
                table: dict[str, float] = getattr(self._faults, verb)
                table[name] = float(value)
                if not value:
                    del table[name]
            case "pcap", {"path": str(path)}:
                self._record(path)
            case _:
                return self._answer(verb)
        self._faulty = self._faults.any()
        return {}

    def _answer(self, question: str) -> dict[str, object]:
        match question:
            case "counters":
                ports = self._ports.items()
                return {name: asdict(port.counters) for name, port in ports}
            case "announced":
                return {"announced": list(self._announced)}
            case _:
                return {"error": f"the switch does not know {question!r}"}

    def _record(self, path: str) -> None:
        """End the recording, and start one at *path* unless that is empty."""
        if self._pcap:
            self._pcap.close()
        self._pcap = None
        if path:
            self._pcap = Path(path).open("wb")  # noqa: SIM115 - closed by a later order
            self._pcap.write(_PCAP_HEADER)

    def _listen(self, name: str, network: str, path: str) -> None:
        listener = socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        listener.bind(path)
        listener.listen(4)
        self._ports[name] = Port(name, listener)
        self._by_listener[listener.fileno()] = self._ports[name]
        self._fabric.attach(name, network)
        self._epoll.register(listener, select.EPOLLIN)


def main() -> None:
    """Serve the control connection that is standard input."""
    # the lab ends the switch by closing the connection; Ctrl-C is for the lab alone
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
    Switch(socket.socket(fileno=os.dup(sys.stdin.fileno()))).serve()


if __name__ == "__main__":
    main()
