"""The manual pages of the resource agents, as the blocks they are made of."""

from collections.abc import Iterator, Mapping
from typing import Final

from lvsha.ocf import director_words, realserver_words, syncd_words, vip_words
from lvsha.ocf.metadata import Action, Metadata, Parameter

AGENTS: Final[Mapping[str, Metadata]] = {
    f"ocf_lvsha_{one.name}": one
    for one in (
        director_words.METADATA,
        realserver_words.METADATA,
        syncd_words.METADATA,
        vip_words.METADATA,
    )
}


def description(agent: Metadata) -> list[str]:
    """Return the paragraphs that say what *agent* is for."""
    return [" ".join(part.split()) for part in agent.full.strip().split("\n\n")]


def parameters(agent: Metadata) -> Iterator[tuple[str, str]]:
    """Yield a title and a text for each parameter."""
    for one in agent.parameters:
        yield (
            f"{one.name}    ({_kind(one)})",
            " ".join(one.full.split()) + _default(one),
        )


def actions(agent: Metadata) -> Iterator[tuple[str, str]]:
    """Yield a title and a text for each action."""
    for one in agent.actions:
        yield _title(one), _times(one)


def example(agent: Metadata) -> Iterator[str]:
    """Yield the lines of a resource with the operations that are advised."""
    needed = " ".join(f'{one.name}="..."' for one in agent.parameters if one.required)
    yield f"primitive NAME ocf:lvsha:{agent.name} \\"
    if needed:
        yield f"    params {needed} \\"
    operations = [one for one in agent.actions if one.name in {"start", "stop"}]
    operations += [one for one in agent.actions if one.interval is not None]
    for one in operations:
        role = f" role={one.role}" if one.role else ""
        every = "" if one.interval is None else f" interval={one.interval}s"
        end = "" if one is operations[-1] else " \\"
        yield f"    op {one.name}{role}{every} timeout={one.timeout}s{end}"


def _kind(one: Parameter) -> str:
    words = [one.kind]
    if one.required:
        words.append("required")
    if one.unique or one.unique_group:
        words.append("unique")
    if one.reloadable:
        words.append("changed without a restart")
    return ", ".join(words)


def _default(one: Parameter) -> str:
    return f" The default is {one.default}." if one.default else ""


def _title(one: Action) -> str:
    return f"{one.name}, role {one.role}" if one.role else one.name


def _times(one: Action) -> str:
    text = f"Advised: a timeout of {one.timeout} s"
    return text + (f", every {one.interval} s." if one.interval is not None else ".")
