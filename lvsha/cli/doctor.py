"""``lvsha doctor``: what is wrong here, and the commands that mend it."""

import json
import sys
from pathlib import Path
from typing import Final

import click

from lvsha.cli.exits import Exit, table
from lvsha.cli.instances import rundir_option
from lvsha.doctor.checks import CHECKS, judged
from lvsha.doctor.finding import Check, Finding, Severity

_STATUSES: Final = (
    (0, "nothing is wrong, as far as could be seen"),
    (1, "something is wrong"),
    (2, "the command line is wrong"),
    (3, "nothing is wrong yet, but there are warnings"),
)
_COLOURS: Final = {
    Severity.ERROR: "red",
    Severity.WARNING: "yellow",
    Severity.UNSEEN: "cyan",
}


@click.command(
    epilog="\b\nWhat is looked at:\n"
    + "\n".join(f"  {check.name:<14}{check.about}" for check in CHECKS)
    + f"\n\n\b\nExit status:\n{table(_STATUSES)}"
)
@click.argument("file", required=False)
@rundir_option
@click.option("--json", "as_json", is_flag=True, help="Print JSON.")
def doctor(file: str | None, rundir: Path | None, as_json: bool) -> None:
    """Look at everything that commonly breaks; change nothing.

    What is wrong is told with the command that mends it. Root sees more: what
    could not be seen is told, too, and does not count as wrong. Names in FILE
    are looked up.
    """
    # What looks at a whole machine takes its time to import.
    from lvsha.doctor.seen import facts  # noqa: PLC0415

    findings = list(judged(facts(file, rundir)))
    if as_json:
        click.echo(json.dumps(_object(findings), indent=2))
    else:
        for check, finding in findings:
            _tell(check, finding)
        click.echo(_summary(findings))
    sys.exit(_status(findings))


def _status(findings: list[tuple[Check, Finding]]) -> Exit:
    found = {finding.severity for _, finding in findings}
    if Severity.ERROR in found:
        return Exit.FAILED
    return Exit.OTHERWISE if Severity.WARNING in found else Exit.DONE


def _object(findings: list[tuple[Check, Finding]]) -> dict[str, object]:
    return {
        "well": _status(findings) is Exit.DONE,
        "checks": [
            {
                "name": check.name,
                "about": check.about,
                "findings": [
                    {
                        "severity": finding.severity.value,
                        "what": finding.what,
                        "mend": finding.mend,
                    }
                    for of, finding in findings
                    if of is check
                ],
            }
            for check in CHECKS
        ],
    }


def _tell(check: Check, finding: Finding) -> None:
    severity = finding.severity
    word = click.style(severity.value, fg=_COLOURS[severity], bold=True)
    click.echo(f"{word}: {check.name}: {finding.what}")
    if finding.mend:
        click.echo(f"    {finding.mend}")


def _summary(findings: list[tuple[Check, Finding]]) -> str:
    def count(severity: Severity) -> int:
        return sum(finding.severity is severity for _, finding in findings)

    return (
        f"{len(CHECKS)} checks: {count(Severity.ERROR)} errors,"
        f" {count(Severity.WARNING)} warnings, {count(Severity.UNSEEN)} not seen"
    )
