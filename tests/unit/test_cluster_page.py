import re
from html.parser import HTMLParser

from lvsha.lab.cluster.outcome import Holding, Load, Moment, Outcome, Pulse
from lvsha.lab.cluster.page import page

VOID = {"meta"}
BAD = '<script>alert("&amp;")</script>'


class Reader(HTMLParser):
    """Reads a page as a browser does, and notes what is not closed in its order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.wrong: list[str] = []
        self.seen: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.seen.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if not self.open or self.open.pop() != tag:
            self.wrong.append(tag)

    def handle_data(self, data: str) -> None:
        self.words.append(data)


def outcome(drill: str, stack: str, **more: object) -> Outcome:
    moments = (
        Moment(0.0, "fault", "d1", "the active director loses its power"),
        Moment(0.0, "down", "d1"),
        Moment(4.1, "fenced", "d1", "by d2"),
        Moment(4.5, "taken", "d2"),
        Moment(4.51, "announced", "d2", "5 announcements"),
        Moment(4.6, "answered"),
        Moment(31.0, "whole"),
    )
    found = {
        "before": "d1",
        "after": "d2",
        "sent": 160,
        "failed": 80,
        "outage": 4.6,
        "moments": moments,
        "loads": (Load("short", 160, 80, 4.6, silences=((-0.02, 4.6),)),),
        "held": (Holding("d1", -3.0, 0.0), Holding("d2", 4.5, 31.0)),
        "pulses": (Pulse(-1.0, 5, 0), Pulse(1.0, 0, 5), Pulse(5.0, 5, 0)),
        "watched": 9.0,
    }
    return Outcome(drill, stack, **(found | more))  # type: ignore[arg-type]


def read(*outcomes: Outcome, **conditions: str) -> Reader:
    reader = Reader()
    reader.feed(page(outcomes, conditions))
    reader.close()
    return reader


def test_the_page_is_closed_as_it_was_opened() -> None:
    reader = read(outcome("power-cut", "warm"), outcome("power-cut", "classic"))

    assert (reader.open, reader.wrong) == ([], [])


def test_every_drill_has_a_section_with_a_picture_and_a_table() -> None:
    drills = ("power-cut", "move", "planned-switch")
    reader = read(*(outcome(drill, "warm") for drill in drills))

    names = [attrs.get("id") for tag, attrs in reader.seen if tag == "h2"]
    links = [attrs["href"] for tag, attrs in reader.seen if tag == "a"]
    assert names == ["overview", *(f"drill-{drill}" for drill in drills)]
    assert links == [f"#drill-{drill}" for drill in drills]
    assert sum(tag == "svg" for tag, _ in reader.seen) == len(drills)
    assert sum(tag == "table" for tag, _ in reader.seen) == len(drills) + 1


def test_a_picture_says_in_words_what_it_shows() -> None:
    reader = read(outcome("power-cut", "warm"))

    (svg,) = (attrs for tag, attrs in reader.seen if tag == "svg")
    ids = {attrs.get("id") for _, attrs in reader.seen}
    said = "".join(reader.words)
    assert svg["role"] == "img"
    assert set(str(svg["aria-labelledby"]).split()) <= ids
    assert "warm: longest time without an answer 4.60 s; 80 of 160" in said
    assert "d1 fenced at 4.10 s, d2 promoted at 4.50 s, announced at 4.51 s" in said


def test_a_picture_shows_owners_the_outage_and_the_beat() -> None:
    reader = read(outcome("power-cut", "warm"))

    boxes = [str(attrs["class"]) for tag, attrs in reader.seen if tag == "rect"]
    assert boxes.count("outage") == 1
    assert boxes.count("owner one") == boxes.count("owner two") == 1
    assert (boxes.count("answered"), boxes.count("failed")) == (2, 1)


def test_whatever_is_said_is_said_as_text() -> None:
    bad = outcome(BAD, BAD, problems=(BAD,), moments=(Moment(1.0, "step", "", BAD),))
    reader = read(bad, where=BAD)

    assert (reader.open, reader.wrong) == ([], [])
    assert not [tag for tag, _ in reader.seen if tag == "script"]
    assert reader.words.count(BAD) >= 5


def test_nothing_is_fetched_from_elsewhere() -> None:
    text = page([outcome("move", "warm")], {"when": "today"})

    assert not re.findall(r"""(?:src=|url\(|@import|https?:)""", text)
    assert "prefers-color-scheme: dark" in text


def test_of_several_runs_the_median_is_drawn() -> None:
    runs = [
        outcome("move", "warm", outage=outage, sent=sent)
        for outage, sent in ((3.0, 1), (1.0, 2), (2.0, 3), (None, 4))
    ]
    reader = read(*runs)

    assert sum(tag == "svg" for tag, _ in reader.seen) == 1
    assert "time without an answer 2.00 s; 80 of 3" in "".join(reader.words)


def test_an_outcome_without_anything_is_a_page_too() -> None:
    reader = read(Outcome("move", "warm", problems=("the lab did not boot",)))

    assert (reader.open, reader.wrong) == ([], [])
    assert "warm: the lab did not boot" in reader.words
