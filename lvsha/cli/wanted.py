"""Reading answers of the control socket: JSON from another process, of any shape."""

from collections.abc import Mapping


def text(answer: Mapping[str, object], name: str) -> str:
    """Return the value of *name* as text to print, empty when there is none."""
    value = answer.get(name)
    # Bytes of the file that are not UTF-8 come as surrogates: no terminal takes them.
    said = "" if value is None else str(value)
    return said.encode(errors="backslashreplace").decode()


def number(answer: Mapping[str, object], name: str) -> float | None:
    """Return the value of *name* if it is a number."""
    value = answer.get(name)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return value


def entry(answer: Mapping[str, object], name: str) -> Mapping[str, object]:
    """Return the object *name* holds, empty when there is none."""
    value = answer.get(name)
    return value if isinstance(value, dict) else {}


def entries(answer: Mapping[str, object], name: str) -> list[Mapping[str, object]]:
    """Return the objects in the list *name* holds."""
    value = answer.get(name)
    if not isinstance(value, list):
        return []
    return [element for element in value if isinstance(element, dict)]
