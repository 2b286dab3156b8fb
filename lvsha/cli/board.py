"""A director's answer to ``status`` as a table on a terminal, or without colours."""

from collections.abc import Iterator, Mapping
from typing import Final

from rich.console import Console
from rich.table import Table
from rich.text import Text

from lvsha.cli.dialogue_lines import lines, phases
from lvsha.cli.wanted import entries, entry, number, text
from lvsha.engine.control import Answer

_COLOURS: Final[Mapping[str, str]] = {"up": "green", "down": "red", "unknown": "yellow"}

# Wide enough for two IPv6 endpoints: a line in a file is not to be folded.
_FILE_WIDTH: Final = 200


def show(status: Answer, console: Console | None = None) -> None:
    """Print *status*: a line that sums it up, then a table."""
    console = console or Console(highlight=False)
    if console.is_terminal:
        _draw(status, console)
        return
    console.width = _FILE_WIDTH
    with console.capture() as drawn:
        _draw(status, console)
    for line in drawn.get().splitlines():
        console.file.write(f"{line.rstrip()}\n")


def _draw(status: Answer, console: Console) -> None:
    virtuals = entries(status, "virtuals")
    console.print(Text(summary(status), style="bold" if status.get("ok") else "red"))
    if fault := text(status, "fault"):
        console.print(Text(f"fault: {fault}", style="red"))
    for problem in entries(entry(status, "configuration"), "error"):
        where = f"{text(problem, 'file')}:{text(problem, 'line')}"
        said = text(problem, "message")
        console.print(Text(f"not reloaded: {where}: {said}", style="red"))
    for line in _directors(status):
        console.print(line)
    if virtuals:
        console.print(_table(virtuals))
    for virtual in virtuals:
        for real in entries(virtual, "reals"):
            for line in _past(virtual, real):
                console.print(line, soft_wrap=True)


def _directors(status: Answer) -> Iterator[Text]:
    """Return which configuration each director has: a line if it is the same."""
    told = entries(status, "directors")
    if told and not any(one.get("wrong") for one in told):
        names = ", ".join(text(one, "director") for one in told)
        yield Text(f"configuration {_name(told[0])} on {names}", style="dim")
        return
    for one in told:
        wrong = one.get("wrong")
        why = "; ".join(map(str, wrong)) if isinstance(wrong, list) else ""
        line = f"configuration {_name(one)} on {text(one, 'director')}"
        alarm = "yellow" if one.get("seconds_ago") is None else "red"
        yield Text(f"{line}: {why}" if why else line, style=alarm if why else "")


def _name(director: Mapping[str, object]) -> str:
    return text(director, "sha256")[:12] or "unknown"


def summary(status: Answer) -> str:
    """Return the one line that answers most questions."""
    virtuals = entries(status, "virtuals")
    reals = [real for virtual in virtuals for real in entries(virtual, "reals")]
    standings = [text(real, "standing") for real in reals]
    up, unknown = standings.count("up"), standings.count("unknown")
    last = sum(entry(v, "fallback").get("active") is True for v in virtuals)
    line = (
        f"{text(status, 'instance')}: {text(status, 'state')}"
        f" (pid {text(status, 'pid')}), {_count(len(virtuals), 'virtual service')},"
        f" {up} of {_count(len(reals), 'real server')} up"
    )
    if unknown:
        line += f", {unknown} not checked yet"
    if last:
        line += f", {last} on fallback"
    return line


def _table(virtuals: list[Mapping[str, object]]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold", padding=(0, 2, 0, 0))
    table.add_column("server", no_wrap=True)
    table.add_column("method", no_wrap=True)
    for name in ("weight", "kernel", "active", "inactive"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("standing", no_wrap=True)
    table.add_column("last check", overflow="fold")
    for virtual in virtuals:
        _add_virtual(table, virtual)
    return table


def _add_virtual(table: Table, virtual: Mapping[str, object]) -> None:
    about = " ".join(
        text(virtual, name)
        for name in ("scheduler", "checktype", "service")
        if text(virtual, name) not in ("", "none")
    )
    name = text(virtual, "servicename")
    head = Text(text(virtual, "id"), style="bold")
    head.append(f"  {about}{f'  {name}' if name else ''}", style="dim")
    absent = virtual.get("present") is False
    standing = Text("not in the kernel", style="red") if absent else Text("")
    if virtual.get("panic") is True:
        standing = Text("PANIC: all are used", style="bold red")
    table.add_row(head, "", "", "", "", "", standing, "")
    for real in entries(virtual, "reals"):
        table.add_row(
            Text(f"  {text(real, 'server')}"),
            text(real, "forward"),
            text(real, "weight"),
            _kernel_weight(real),
            _shown(real, "active"),
            _shown(real, "inactive"),
            _standing(real),
            _last(real),
        )
    fallback = entry(virtual, "fallback")
    if fallback:
        active = fallback.get("active") is True
        word = (
            Text("serving", style="yellow") if active else Text("waiting", style="dim")
        )
        server = Text(f"  {text(fallback, 'server')}")
        table.add_row(server, "fallback", "", "", "", "", word, "")


def _kernel_weight(real: Mapping[str, object]) -> Text:
    weight = _shown(real, "kernel_weight")
    same = weight == text(real, "weight")
    return Text(weight, style="" if same else "yellow")


def _standing(real: Mapping[str, object]) -> Text:
    standing = text(real, "standing")
    word = standing
    failures = number(real, "failures") or 0
    if real.get("maintenance") is True:
        word = "maintenance"
    elif real.get("vetoed") is True:
        return Text("out by its agent", style="yellow")
    elif standing == "up" and failures:
        word = f"up ({failures:g}/{text(real, 'failurecount')} failed)"
    elif standing == "up" and (number(real, "share") or 100) != 100:  # noqa: PLR2004 - percent
        word = f"up at {text(real, 'share')}%"
    elif standing == "up" and real.get("share") == 0:
        return Text("drained by its agent", style="yellow")
    return Text(word, style=_COLOURS.get(standing, ""))


def _past(virtual: Mapping[str, object], real: Mapping[str, object]) -> Iterator[Text]:
    """Return how the last checks of *real* went, the latest first."""
    for last in entries(real, "past"):
        passed = last.get("passed") is True
        who = f"{text(virtual, 'id')} {text(real, 'server')} {text(last, 'check')}"
        yield Text("")
        yield Text(f"{who.rstrip()}: {_told(last)}", "green" if passed else "red")
        yield Text(f"  {phases(last)}", "dim")
        for line in lines(last):
            yield Text(f"  {line}", "dim")


def _last(real: Mapping[str, object]) -> Text:
    last = entry(real, "last")
    said = Text(_told(last) if last else "-")
    certificate = entry(real, "certificate")
    if certificate.get("ending") is True:
        days = number(certificate, "days") or 0.0
        ends = f"ends in {days:g} days" if days >= 0 else "has ended"
        said.append(f"; certificate {ends}", style="yellow")
    return said


def _told(last: Mapping[str, object]) -> str:
    seconds, age = number(last, "seconds") or 0.0, number(last, "age") or 0.0
    word = "passed" if last.get("passed") is True else "failed"
    detail = text(last, "detail")
    said = f"{word} {_duration(age)} ago, took {seconds * 1000:.0f} ms"
    return f"{said}: {detail}" if detail else said


def _duration(seconds: float) -> str:
    # A minute and a half reads better in seconds, two hours do not.
    for unit, size in (("h", 7200), ("min", 120)):
        if seconds >= size:
            return f"{seconds / (3600 if unit == 'h' else 60):.0f} {unit}"
    return f"{seconds:.0f} s"


def _shown(real: Mapping[str, object], name: str) -> str:
    return text(real, name) or "-"


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
