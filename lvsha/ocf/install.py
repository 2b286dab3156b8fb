"""An agent's file as it is installed: which interpreter, and where the package is.

Pure. The agents in ``agents/ocf`` are written for a distribution's package; an
installation elsewhere rewrites two lines of each.
"""

import re

_INTERPRETER = re.compile(r"\A#!.*$", re.MULTILINE)
_SITE = re.compile(r"^SITE = .*$", re.MULTILINE)


def installed(agent: str, *, interpreter: str, site: str) -> str:
    """Return the text of *agent* for *interpreter*, finding lvsha in *site*.

    Both are full paths. Raises ValueError when it is not such an agent's text.
    """
    text, first = _INTERPRETER.subn(lambda _: f"#!{interpreter} -IS", agent)
    text, second = _SITE.subn(lambda _: f"SITE = {site!r}", text)
    if (first, second) != (1, 1):
        raise ValueError("not an agent of lvsha: no interpreter, or no SITE")
    return text
