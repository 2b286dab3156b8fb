"""A director's outside without its inside: the lock, the control socket, an end.

Run as a program by the tests of the command lines; the answers are canned.
"""

import asyncio
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from lvsha.engine.control import Answer, serving
from lvsha.engine.instance import Instance

STATUS: Answer = {
    "ok": True,
    "fault": "",
    "state": "running",
    "virtuals": [
        {
            "id": "tcp:127.0.1.1:80",
            "servicename": "shop",
            "scheduler": "wlc",
            "checktype": "negotiate",
            "service": "http",
            "present": True,
            "fallback": {"server": "127.0.0.9:80", "active": False},
            "reals": [
                {
                    "server": "127.0.0.2:80",
                    "forward": "gate",
                    "weight": 1,
                    "standing": "up",
                    "maintenance": False,
                    "failures": 1,
                    "failurecount": 3,
                    "kernel_weight": 1,
                    "active": 7,
                    "inactive": 12,
                    "last": {
                        "passed": True,
                        "detail": "",
                        "seconds": 0.0123,
                        "age": 3.0,
                    },
                },
                {
                    "server": "127.0.0.3:80",
                    "forward": "masq",
                    "weight": 5,
                    "standing": "down",
                    "maintenance": False,
                    "failures": 3,
                    "failurecount": 3,
                    "kernel_weight": 0,
                    "active": 0,
                    "inactive": 0,
                    "last": {
                        "passed": False,
                        "detail": "HTTP status 500 [bold]",
                        "seconds": 1.5,
                        "age": 200.0,
                    },
                },
            ],
        }
    ],
}

ROOT = Path(__file__).parents[2]

PROBLEM = {
    "file": "site.cf",
    "line": 3,
    "column": 1,
    "category": "bad-number",
    "message": "not a number",
    "hint": "5",
}


@contextmanager
def standin(
    name: str, rundir: Path, configuration: Path, manner: str = "well"
) -> Iterator["subprocess.Popen[bytes]"]:
    """Run one that behaves *well*, or is *faulty*, *stubborn* or *mute*.

    A stubborn one says it will stop and does not; a mute one answers nothing.
    """
    with subprocess.Popen(
        [
            sys.executable,
            "-m",
            "tests.unit.standin",
            name,
            *map(str, (rundir, configuration)),
            manner,
        ],
        cwd=ROOT,
        stdout=subprocess.PIPE,
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == b"up\n"
        try:
            yield child
        finally:
            child.kill()


SHA256 = "5" * 64


def _recalled(virtual: object) -> Answer:
    """Return the status with the past of one real server."""
    if virtual not in (None, "shop"):
        return {"ok": False, "error": f"there is no {virtual!r}"}
    past = {
        "passed": False,
        "detail": "PASS: expected '+OK'",
        "seconds": 0.25,
        "age": 3.0,
        "check": "pop",
        "phases": {"connect": 0.001, "whole": 0.25},
        "dialogue": [
            {"after": 0.001, "connected": ""},
            {"after": 0.002, "said": "PASS ***\r\n"},
            {"after": 0.25, "heard": "-ERR \x1b[1m\r\nno", "cut": True},
        ],
        "more_bytes": 2000,
        "certificate_ends": "2027-01-01T00:00:00Z",
    }
    real: Answer = {"server": "127.0.0.2:80", "standing": "down", "past": [past]}
    real["certificate"] = {"ending": True, "days": 5}
    real["last"] = past
    return STATUS | {"virtuals": [{"id": "tcp:127.0.1.1:80", "reals": [real]}]}


async def _serve(instance: Instance, configuration: Path, manner: str) -> None:
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(
            number, (lambda: None) if manner == "stubborn" else stopped.set
        )

    async def respond(question: Mapping[str, object]) -> Answer:
        match question.get("do"):
            case "status":
                about = {"path": str(configuration), "error": None, "sha256": SHA256}
                if manner == "faulty":
                    about["error"] = [PROBLEM]  # type: ignore[assignment]
                named = {"instance": instance.name, "pid": 1, "configuration": about}
                if question.get("evidence"):
                    return named | _recalled(question.get("virtual"))
                return STATUS | named | {"ok": manner != "faulty"}
            case "reload" if manner == "faulty":
                return {"ok": False, "problems": [PROBLEM]}
            case "stop" if manner != "stubborn":
                stopped.set()
        return {"ok": True}

    if manner == "mute":
        sys.stdout.write("up\n")
        sys.stdout.flush()
        await stopped.wait()
        return
    async with serving(instance.control, respond):
        sys.stdout.write("up\n")
        sys.stdout.flush()
        await stopped.wait()


def main() -> None:
    """Be the director the command line describes."""
    name, rundir, configuration, manner = sys.argv[1:]
    instance = Instance(name, Path(rundir))
    with instance.held(Path(configuration)):
        asyncio.run(_serve(instance, Path(configuration), manner))


if __name__ == "__main__":
    main()
