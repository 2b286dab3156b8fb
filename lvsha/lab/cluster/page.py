"""The report of drills as one HTML page that needs nothing but itself. Pure."""

import xml.etree.ElementTree as ET
from collections.abc import Mapping, Sequence
from typing import Final

from lvsha.lab.cluster.beside import Table, tables
from lvsha.lab.cluster.outcome import Outcome
from lvsha.lab.cluster.picture import picture
from lvsha.lab.cluster.report import summary

_STYLE: Final = """
:root { color-scheme: light dark; --paper: #ffffff; --ink: #1b1f24; --pale: #5b6470;
  --line: #d8dde3; --soft: #f4f6f8; --one: #2f6fb2; --two: #a15c00; --good: #1a7f37;
  --bad: #c62828; --gap: #c6282833; --answered: #1a7f37; --onpaint: #ffffff; }
@media (prefers-color-scheme: dark) { :root { --paper: #14171a; --ink: #e6e9ec;
  --pale: #9aa4af; --line: #343b43; --soft: #1d2226; --one: #7db4ee; --two: #e5a550;
  --good: #5cc878; --bad: #ff7b72; --gap: #ff7b7240; --answered: #5cc878;
  --onpaint: #14171a; } }
body { margin: 0 auto; max-width: 68rem; padding: 1.5rem; background: var(--paper);
  color: var(--ink); font: 15px/1.5 system-ui, sans-serif; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.15rem; margin: 2.2rem 0 .6rem; }
nav a { margin-right: .9rem; } a { color: var(--one); }
dl { display: grid; grid-template-columns: max-content auto; gap: .15rem 1rem; }
dt { color: var(--pale); } dd { margin: 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums;
  margin: .6rem 0; }
th, td { padding: .25rem .7rem; border-bottom: 1px solid var(--line);
  text-align: right; }
th[scope] { vertical-align: top; }
th[scope^=row], th:first-child { text-align: left; font-weight: normal;
  white-space: nowrap; }
thead th { background: var(--soft); font-weight: 600; }
td.ratio, th.ratio { color: var(--pale); }
.good { color: var(--good); } .bad { color: var(--bad); font-weight: 600; }
summary { cursor: pointer; color: var(--pale); }
svg { display: block; box-sizing: border-box; width: 100%; min-width: 42rem;
  height: auto; background: var(--soft); border: 1px solid var(--line); }
svg text { font: 11.5px system-ui, sans-serif; fill: var(--ink); }
svg .stack { font-weight: 600; font-size: 13px; } svg .what { fill: var(--pale); }
svg .tick { text-anchor: middle; fill: var(--pale); }
svg .faultword { fill: var(--bad); } svg .outageword { fill: var(--bad); }
svg .director { fill: var(--onpaint); }
svg .grid { stroke: var(--line); } svg .lane { stroke: var(--pale); }
svg .fault { stroke: var(--bad); stroke-width: 1.5; stroke-dasharray: 4 3; }
svg .m { stroke: var(--pale); } svg .m.answered { stroke: var(--good); }
svg .m.fenced, svg .m.down { stroke: var(--bad); }
svg .mark.answered { fill: var(--good); }
svg .mark.fenced, svg .mark.down { fill: var(--bad); }
svg .one { fill: var(--one); } svg .two { fill: var(--two); }
svg rect.answered { fill: var(--answered); } svg rect.failed { fill: var(--bad); }
svg .outage { fill: var(--gap); }
@media print { body { max-width: none; } section { break-inside: avoid; } }
"""
_LEGEND: Final = (
    "Bars: who has the address. Green above the line: answers to short requests as "
    "they came; red below it: requests that were never answered, as they were put. "
    "Shaded: half a second or more without an answer. All stacks of a drill share one "
    "scale, in seconds after the fault."
)
_HEADLINES: Final = (
    "longest time without an answer",
    "short requests failed",
    "talking connections",
    "idle connections",
    "two owners",
)


def page(outcomes: Sequence[Outcome], conditions: Mapping[str, str]) -> str:
    """Return the page that shows *outcomes*, and the *conditions* of the run."""
    found = tables(outcomes)
    html = ET.Element("html", {"lang": "en"})
    head = ET.SubElement(html, "head")
    ET.SubElement(head, "meta", {"charset": "utf-8"})
    ET.SubElement(
        head,
        "meta",
        {"name": "viewport", "content": "width=device-width, initial-scale=1"},
    )
    _add(head, "title", "Failovers side by side")
    _add(head, "style", _STYLE)
    body = ET.SubElement(html, "body")
    top = ET.SubElement(body, "header")
    _add(top, "h1", "Failovers side by side")
    _add(top, "p", summary(outcomes))
    conditioned = ET.SubElement(top, "dl")
    for title, words in conditions.items():
        _add(conditioned, "dt", title)
        _add(conditioned, "dd", words)
    menu = ET.SubElement(top, "nav", {"aria-label": "Drills"})
    for one in found:
        _add(menu, "a", one.drill, href=f"#{_name(one.drill)}").tail = " "
    main = ET.SubElement(body, "main")
    _overview(main, found)
    _add(main, "p", _LEGEND)
    for one in found:
        _drill(main, one, [out for out in outcomes if out.drill == one.drill])
    words = ET.tostring(html, encoding="unicode", method="html")
    return f"<!DOCTYPE html>\n{words}\n"


def _overview(main: ET.Element, found: Sequence[Table]) -> None:
    """Add the table of all drills, with the facts that matter most."""
    section = ET.SubElement(main, "section", {"aria-labelledby": "overview"})
    _add(section, "h2", "Overview", id="overview")
    grid = ET.SubElement(ET.SubElement(section, "div", {"class": "wide"}), "table")
    head = ET.SubElement(ET.SubElement(grid, "thead"), "tr")
    for word in ("drill", "stack", *_HEADLINES):
        _add(head, "th", word, scope="col")
    rows = ET.SubElement(grid, "tbody")
    for table in found:
        for number, stack in enumerate(table.stacks):
            line = ET.SubElement(rows, "tr")
            if not number:
                size = str(len(table.stacks))
                _add(line, "th", table.drill, scope="rowgroup", rowspan=size)
            _add(line, "th", stack, scope="row")
            for headline in _HEADLINES:
                cells = [r.cells for r in table.rows if r.title.startswith(headline)]
                _add(line, "td", cells[0][number] if cells else "-")


def _drill(main: ET.Element, table: Table, played: Sequence[Outcome]) -> None:
    """Add the picture and the table of a drill."""
    name = _name(table.drill)
    section = ET.SubElement(main, "section", {"aria-labelledby": name})
    _add(section, "h2", table.drill, id=name)
    if table.runs > 1:
        words = f"Median of {table.runs} runs; the picture shows the median run."
        _add(section, "p", words)
    shown = [
        _middle([one for one in played if one.stack == stack]) for stack in table.stacks
    ]
    ET.SubElement(section, "div", {"class": "wide"}).append(
        picture(table.drill, shown, f"{name}-picture")
    )
    for problem in table.problems:
        _add(section, "p", problem, css="bad")
    _grid(section, table)
    details = ET.SubElement(section, "details")
    _add(details, "summary", "All moments, in words")
    for one in shown:
        _add(details, "h3", one.stack)
        items = ET.SubElement(details, "ol")
        for moment in one.moments:
            said = f"{moment.at:.2f} s: {moment.director} {moment.kind} {moment.words}"
            _add(items, "li", " ".join(said.split()))


def _grid(section: ET.Element, table: Table) -> None:
    grid = ET.SubElement(ET.SubElement(section, "div", {"class": "wide"}), "table")
    head = ET.SubElement(ET.SubElement(grid, "thead"), "tr")
    _add(head, "th", "", scope="col")
    for stack in table.stacks:
        _add(head, "th", stack, scope="col")
    for other in table.against:
        _add(head, "th", f"{table.ours} / {other}", scope="col", css="ratio")
    rows = ET.SubElement(grid, "tbody")
    for row in table.rows:
        line = ET.SubElement(rows, "tr")
        _add(line, "th", row.title, scope="row")
        for cell in row.cells:
            _add(line, "td", cell)
        for cell in row.ratios:
            _add(line, "td", cell, css="ratio")


def _middle(runs: Sequence[Outcome]) -> Outcome:
    """Return the run whose outage is the median; one without an end is the longest."""
    longest = float("inf")
    by_outage = sorted(
        runs, key=lambda one: longest if one.outage is None else one.outage
    )
    return by_outage[(len(by_outage) - 1) // 2]


def _name(drill: str) -> str:
    """Return *drill* as an id can have it."""
    return "drill-" + "".join(c if c.isalnum() else "-" for c in drill)


def _add(
    parent: ET.Element, tag: str, words: str, *, css: str = "", **more: str
) -> ET.Element:
    """Add an element that says *words*."""
    found = ET.SubElement(parent, tag, {**more, **({"class": css} if css else {})})
    found.text = words
    return found
