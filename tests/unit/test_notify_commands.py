import asyncio
from collections.abc import Sequence
from ipaddress import ip_address

from lvsha.children import Ended
from lvsha.identity import Endpoint, Fwmark, Protocol, Vip
from lvsha.notify.commands import WAITING_LIMIT, Commands

ONE = Vip(Protocol.TCP, Endpoint(ip_address("127.0.1.1"), 80))
TWO = Fwmark(2)


class Runner:
    """Notes what it is asked to run; the commands in *hanging* never end."""

    def __init__(self, ended: Ended = Ended(0), hanging: str = "") -> None:  # noqa: B008
        self.ran: list[tuple[str, ...]] = []
        self._ended = ended
        self._hanging = hanging

    async def __call__(self, argv: Sequence[str]) -> Ended:
        self.ran.append(tuple(argv))
        if argv[0] == self._hanging:
            await asyncio.Event().wait()
        await asyncio.sleep(0)
        return self._ended


def test_commands_of_a_virtual_service_run_in_order() -> None:
    runner, failures = Runner(), list[tuple[str, str]]()

    async def scenario() -> None:
        commands = Commands(lambda *failure: failures.append(failure), runner)
        for word in ("start", "stop", "start"):
            commands.start(ONE, "/bin/page 'two words'", [word, "a", "tcp"])
        await commands.close(10)

    asyncio.run(scenario())

    assert runner.ran == [
        ("/bin/page", "two words", word, "a", "tcp")
        for word in ("start", "stop", "start")
    ]
    assert failures == []


def test_a_hanging_command_delays_only_its_own_virtual_service_b51() -> None:
    runner, failures = Runner(hanging="/hang"), list[str]()

    async def scenario() -> None:
        commands = Commands(lambda command, _: failures.append(command), runner)
        commands.start(ONE, "/hang", ["start"])
        commands.start(ONE, "/hang", ["stop"])
        commands.start(TWO, "/other", ["start"])
        await commands.close(0.05)

    asyncio.run(scenario())

    assert sorted(runner.ran) == [("/hang", "start"), ("/other", "start")]
    assert failures == ["/hang start", "/hang stop"]


def test_a_failure_says_how_it_ended() -> None:
    failures: list[tuple[str, str]] = []

    async def scenario() -> None:
        commands = Commands(
            lambda *failure: failures.append(failure), Runner(Ended(1, output="no"))
        )
        commands.start(ONE, "/bin/page", ["start", "a b"])
        await commands.close(10)

    asyncio.run(scenario())

    assert failures == [("/bin/page start 'a b'", "exit status 1 (no)")]


def test_a_command_that_is_no_words_fails_and_runs_nothing() -> None:
    runner, failures = Runner(), list[str]()

    async def scenario() -> None:
        commands = Commands(lambda _, reason: failures.append(reason), runner)
        commands.start(ONE, "/bin/page 'open", ["start"])
        commands.start(ONE, "  ", ["start"])
        await commands.close(10)

    asyncio.run(scenario())

    assert runner.ran == []
    assert failures == [
        "cannot be split into words: No closing quotation",
        "no word in it",
    ]


def test_too_many_waiting_commands_give_up_the_oldest() -> None:
    failures: list[tuple[str, str]] = []

    async def scenario() -> None:
        commands = Commands(
            lambda *failure: failures.append(failure), Runner(hanging="/hang")
        )
        for number in range(WAITING_LIMIT + 1):
            commands.start(ONE, "/hang", [str(number)])
        assert failures == [("/hang 0", "too many are waiting")]
        await commands.close(0.01)

    asyncio.run(scenario())
