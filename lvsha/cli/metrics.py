"""``lvsha metrics``: directors as metrics, once, as a file, or to whoever asks."""

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Final

import click

from lvsha.cli.exits import Exit
from lvsha.cli.instances import chosen, fail, rundir_option, which_argument
from lvsha.cli.status import shared
from lvsha.engine.control import Answer, Unanswered, ask

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client.core import GaugeMetricFamily

# Who scrapes waits ten seconds, unless told otherwise.
_SECONDS: Final = 5.0
_MISSING: Final = (
    "metrics need prometheus-client, which is not installed:"
    " install Debian's python3-prometheus-client, or 'lvsha[metrics]' with pip"
)
_PORTS: Final = range(1, 1 << 16)


def endpoint(
    context: click.Context,  # noqa: ARG001 - click hands it over
    parameter: click.Parameter,  # noqa: ARG001
    value: str | None,
) -> tuple[str, int] | None:
    """Return address and port of ``[ADDRESS:]PORT``; the address is 127.0.0.1."""
    if value is None:
        return None
    address, _, port = value.rpartition(":")
    if not port.isdecimal() or int(port) not in _PORTS:
        said = f"{value!r} is not [ADDRESS:]PORT with a port of 1-65535"
        raise click.BadParameter(said)
    return address.strip("[]") or "127.0.0.1", int(port)


@click.command()
@which_argument
@rundir_option
@click.option(
    "--output",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Replace this file at once, in Prometheus's older text format.",
)
@click.option(
    "--listen",
    metavar="[ADDRESS:]PORT",
    callback=endpoint,
    help="Answer at http://ADDRESS:PORT/metrics until stopped (default: 127.0.0.1).",
)
def metrics(
    which: str | None,
    rundir: Path | None,
    output: Path | None,
    listen: tuple[str, int] | None,
) -> None:
    """Print metrics of all directors, or of one, in the format of OpenMetrics.

    With --output they go to a file, as node_exporter's textfile collector takes
    them; with --listen Prometheus fetches them, and the directors are asked each
    time. They tell of standings, weights, connections, checks, certificates and
    configurations; docs/metrics.md explains each one.

    A director that does not answer within five seconds, or one called by name that
    does not run, has lvsha_director_up 0; the exit status is 0 all the same.

    Listening knows neither passwords nor TLS. Let it listen on 127.0.0.1, or where
    only those get who may read it.
    """
    if output and listen:
        raise click.UsageError("--output and --listen exclude each other")
    try:
        from prometheus_client import (  # noqa: PLC0415 - nothing else takes it
            CollectorRegistry,
            write_to_textfile,
        )
        from prometheus_client.openmetrics.exposition import (  # noqa: PLC0415
            generate_latest,
        )
    except ImportError:
        fail(_MISSING, Exit.FAILED)
    seen = Seen(which, rundir)
    try:
        seen.answers()
        registry = CollectorRegistry()
        registry.register(seen)
        if listen:
            _serve(registry, *listen)
        elif output:
            write_to_textfile(str(output), registry)
        else:
            text = generate_latest(registry)  # type: ignore[no-untyped-call]
            click.echo(text.decode(), nl=False)
    except OSError as error:
        fail(f"no metrics: {error}", Exit.FAILED)


class Seen:
    """The directors that are meant, asked anew whenever it is collected from."""

    def __init__(self, which: str | None, rundir: Path | None) -> None:
        """Mean the director *which*, or all that run."""
        self._which = which
        self._rundir = rundir

    def collect(self) -> "Iterator[GaugeMetricFamily]":
        """Yield what the directors are like now."""
        from lvsha.cli.families import families  # noqa: PLC0415 - as above

        yield from families(self.answers(), time.time())

    def answers(self) -> dict[str, Answer | None]:
        """Return what each director says, None for one that does not.

        Raises PermissionError where one may not be asked.
        """
        said: dict[str, Answer | None] = {}
        for instance in chosen(self._which, self._rundir):
            try:
                heard = ask(instance.control, {"do": "status"}, seconds=_SECONDS)
            except Unanswered as error:
                if isinstance(error.__cause__, PermissionError):
                    raise error.__cause__ from None
                said[instance.name] = None
            else:
                said[instance.name] = shared(heard)
        if self._which and not said:
            said[self._which] = None
        return said


def _serve(registry: "CollectorRegistry", address: str, port: int) -> None:
    from prometheus_client import start_http_server  # noqa: PLC0415 - as above

    stopping = {signal.SIGTERM, signal.SIGINT}
    # Before there are threads: they would be the ones to hear of it.
    signal.pthread_sigmask(signal.SIG_BLOCK, stopping)
    start_http_server(port, addr=address, registry=registry)
    host = f"[{address}]" if ":" in address else address
    click.echo(f"metrics at http://{host}:{port}/metrics", err=True)
    signal.sigwait(stopping)
