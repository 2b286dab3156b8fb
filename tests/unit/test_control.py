"""The control socket: questions and answers, wherever it is."""

import asyncio
from pathlib import Path

from lvsha.engine.control import Answer, ask, serving


def test_a_name_too_long_for_a_socket_address_is_no_obstacle(tmp_path: Path) -> None:
    directory = tmp_path / ("a-long-name-for-a-configuration" * 5)
    directory.mkdir()
    path = directory / "control"

    async def conversation() -> Answer:
        async with serving(path, lambda question: respond(dict(question))):
            return await asyncio.to_thread(ask, path, {"do": "ping"}, seconds=10.0)

    async def respond(question: Answer) -> Answer:
        return {"ok": True, "heard": question["do"]}

    assert asyncio.run(conversation()) == {"version": 1, "ok": True, "heard": "ping"}
    assert not path.exists()
