"""The actions of ``ocf:lvsha:vip``: addresses that are on where the cluster says.

As a promotable clone it is ready on every node and has the addresses where it
is promoted; as a plain resource it has them where it is started. What a node
has is asked of the kernel; the memory only says what it should have.

Addresses come off before anything else and whatever the parameters are: two
nodes with one address are worse than none with it. From then until they are on
again elsewhere nobody is served, and Pacemaker goes on only when an action has
ended. So a demotion does nothing else, scores are told by the monitors that
follow it, and a stop has them taken back and the sync daemons ended a moment
later: a score that changes on the way makes Pacemaker plan the rest anew.
"""

from typing import Final

from lvsha.address import Address
from lvsha.errors import KernelError
from lvsha.ocf.environment import Environment, Malformed
from lvsha.ocf.protocol import Ended, Exit, explain, say
from lvsha.ocf.sync import BOTH, MASTER
from lvsha.ocf.vip_node import REPEAT, Memory, Node
from lvsha.ocf.vip_peers import acquainted
from lvsha.ocf.vip_score import View, score
from lvsha.ocf.vip_wish import Wish, every_address

# Kept back from an action's time: to undo, and to tell the cluster.
RESERVE: Final = 5.0
# A director that is restarted is not worth a failover: so long the promoted
# node counts as if it had one.
PATIENCE: Final = 20.0


def start(environment: Environment, node: Node) -> Exit:
    """Be ready to take the addresses; take them when nobody promotes."""
    wish = Wish.of(environment)
    memory = node.recall()
    nic = _nic(wish, node)
    if not environment.is_promotable:
        if wish.carrier and not node.has_carrier(nic, within=_time(environment) / 2):
            raise Ended(Exit.ERR_GENERIC, f"'{nic}' has no carrier")
        return _take(environment, wish, node, memory or Memory())
    memory = _withdrawn(environment, node, memory or Memory(since=node.now()))
    memory = memory._replace(promotable=True, promoted=False, score=None)
    node.remember(memory)
    memory = _synchronised(wish, node, memory, BOTH)
    _published(wish, node, memory, nic)
    return Exit.SUCCESS


def promote(environment: Environment, node: Node) -> Exit:
    """Take the addresses; again is once more told to the neighbours."""
    memory = node.recall() or Memory()
    return _take(
        environment, Wish.of(environment), node, memory._replace(promotable=True)
    )


def demote(environment: Environment, node: Node) -> Exit:
    """Give the addresses up, nothing else, and stay ready."""
    memory = node.recall()
    if memory is None and not node.held(_addresses(environment, memory)):
        return Exit.NOT_RUNNING
    memory = _withdrawn(environment, node, memory or Memory())
    node.remember(memory._replace(promotable=True, promoted=False))
    return Exit.SUCCESS


def stop(environment: Environment, node: Node) -> Exit:
    """Give up the addresses and all else; needs no parameter that can be read."""
    memory = node.recall()
    held = node.held(_addresses(environment, memory))
    if memory is None and not held:
        return Exit.SUCCESS
    memory = _withdrawn(environment, node, memory or Memory())
    node.forget()
    node.retire(memory)
    return Exit.SUCCESS


def monitor(environment: Environment, node: Node) -> Exit:
    """Tell what the kernel has, and the cluster how good this node is."""
    memory = node.recall()
    addresses = _addresses(environment, memory)
    held = node.held(addresses)
    here = {one.address for one in held}
    if memory is None and not here:
        return Exit.NOT_RUNNING
    promotable = memory.promotable if memory else environment.is_promotable
    if not here and promotable and not (memory and memory.promoted):
        return _ready(environment, node, memory or Memory())
    failed = Exit.FAILED_PROMOTED if promotable else Exit.ERR_GENERIC
    trouble = [f"{one.address} is somebody else's too" for one in held if one.duplicate]
    trouble += [f"{one} is missing" for one in addresses if one not in here]
    if trouble:
        if promotable and memory and not environment.is_probe:
            _publish(node, memory, 0)
        raise Ended(failed, ", ".join(trouble))
    well = Exit.RUNNING_PROMOTED if promotable else Exit.SUCCESS
    if memory is None or environment.is_probe:
        return well
    return _working(environment, node, memory, well)


def reload_agent(environment: Environment, node: Node) -> Exit:
    """Follow the parameters that may change meanwhile."""
    memory = node.recall()
    wish = Wish.of(environment)
    if memory is None or not node.held(memory.addresses):
        return Exit.SUCCESS
    _silenced(node, memory)
    child = node.announce(_nic(wish, node), memory.addresses, wish.pace)
    node.remember(memory._replace(child=child))
    return Exit.SUCCESS


def validate_all(environment: Environment, node: Node) -> Exit:
    """Tell whether the parameters can be used, from level 10 whether here."""
    wish = Wish.of(environment)
    if environment.check_level >= 10:  # noqa: PLR2004 - OCF's number
        try:
            node.check_nic(_nic(wish, node))
        except KernelError as error:
            raise Ended(Exit.ERR_INSTALLED, str(error)) from error
    return Exit.SUCCESS


def _take(environment: Environment, wish: Wish, node: Node, memory: Memory) -> Exit:
    addresses = tuple(address for address, _ in wish.addresses)
    nic = _nic(wish, node)
    here = {one.address for one in node.held(addresses)}
    missing = [address for address in addresses if address not in here]
    if missing and wish.asking:
        for claim in node.owners(nic, missing, wish.asking):
            at = f" at {claim.hardware.hex(':')}" if claim.hardware else ""
            raise Ended(Exit.ERR_GENERIC, f"{claim.address} is in use on '{nic}'{at}")
    # On record before it is done: whatever happens, stop finds it.
    memory = memory._replace(promoted=True, learned=True, addresses=addresses)
    node.remember(memory)
    try:
        for address, prefix in wish.addresses:
            if address in missing:
                node.put(wish.grant(address, prefix, nic), nic)
        if wish.dad:
            node.settle(addresses, _time(environment))
    except KernelError:
        _withdrawn(environment, node, memory)
        node.remember(memory._replace(promoted=False, child=None))
        raise
    _silenced(node, memory)
    memory = memory._replace(child=node.announce(nic, addresses, wish.pace))
    node.remember(memory)
    if memory.promotable:
        _published(wish, node, memory, nic)
    else:
        _synchronised(wish, node, memory, (MASTER,))
    return Exit.SUCCESS


def _withdrawn(environment: Environment, node: Node, memory: Memory) -> Memory:
    """Take every address off that may be ours, then end the announcements."""
    for address in _addresses(environment, memory):
        node.drop(address)
    return _silenced(node, memory)


def _silenced(node: Node, memory: Memory) -> Memory:
    if memory.child is not None:
        node.silence(memory.child)
    return memory._replace(child=None)


def _synchronised(
    wish: Wish, node: Node, memory: Memory, roles: tuple[str, ...]
) -> Memory:
    """Have the sync daemons of *roles*; without them connections end with a failover.

    A clone has both all the time: a switch need not wait for one to start, and
    what the master has not sent yet is still sent after a demotion.
    """
    if wish.sync is None:
        return memory
    memory = memory._replace(daemons=tuple(sorted({*memory.daemons, *roles})))
    node.remember(memory)
    try:
        node.sync_on(wish.sync, roles)
    except KernelError as error:
        say(f"connections are not synchronised: {error}")
    return memory


def _ready(environment: Environment, node: Node, memory: Memory) -> Exit:
    """Tell of an instance that has no address and should have none."""
    if environment.is_probe:
        return Exit.SUCCESS
    return _working(environment, node, memory, Exit.SUCCESS)


def _working(environment: Environment, node: Node, memory: Memory, well: Exit) -> Exit:
    """Tell whether all else is well too, and publish the score of that."""
    try:
        wish = Wish.of(environment)
        nic = _nic(wish, node)
    except (Malformed, KernelError) as error:
        if memory.promotable:
            _publish(node, memory, 0)
        raise Ended(_degraded(well), str(error)) from error
    memory = _announced(wish, node, memory, nic)
    view = _published(wish, node, memory, nic)
    if not view.carrier:
        # A clone's score has moved the role already; a plain one has to fail.
        end = _degraded(well) if memory.promotable else Exit.ERR_GENERIC
        raise Ended(end, f"'{nic}' has no carrier")
    if not view.synchronised:
        explain("the connection synchronisation does not run")
        return _degraded(well)
    return well


def _announced(wish: Wish, node: Node, memory: Memory, nic: str) -> Memory:
    """Have somebody who repeats the announcements, if that has no end."""
    child = memory.child
    if not (wish.pace.refresh and memory.addresses and (child or memory.promoted)):
        return memory
    if child and node.announces(child):
        return memory
    memory = memory._replace(child=node.announce(nic, memory.addresses, wish.pace))
    node.remember(memory)
    return memory


def _degraded(well: Exit) -> Exit:
    promoted = well == Exit.RUNNING_PROMOTED
    return Exit.DEGRADED_PROMOTED if promoted else Exit.DEGRADED


def _published(wish: Wish, node: Node, memory: Memory, nic: str) -> View:
    """Return what the node has to serve with; a clone's score of it is published."""
    carrier = not wish.carrier or node.has_carrier(nic)
    synchronised = True
    if wish.sync is not None:
        try:
            synchronised = set(memory.daemons) <= node.sync_running()
        except KernelError as error:
            say(str(error))
            synchronised = False
    if not memory.promotable:
        return View(carrier, synchronised=synchronised)
    director, told = True, None
    if wish.director:
        told = node.view(wish.director, [address for address, _ in wish.addresses])
        if told is not None:
            memory = memory._replace(answered=node.now())
        else:
            waited = node.now() - memory.answered
            director = memory.promoted and 0 <= waited < PATIENCE
    memory = acquainted(wish, node, memory, told)
    view = View(
        carrier,
        director,
        synchronised,
        lost=told.lost if told else 0.0,
        strange=not memory.learned,
        outdated=memory.outdated,
    )
    _publish(node, memory, score(view, promoted=memory.promoted))
    return view


def _publish(node: Node, memory: Memory, worth: int) -> None:
    age = node.now() - memory.published
    if worth != memory.score or not 0 <= age < REPEAT:
        node.publish(worth)
        memory = memory._replace(score=worth, published=node.now())
    node.remember(memory)


def _nic(wish: Wish, node: Node) -> str:
    return wish.nic or node.nic_for(wish.addresses[0][0])


def _time(environment: Environment) -> float:
    return max(environment.timeout - RESERVE, environment.timeout / 2)


def _addresses(environment: Environment, memory: Memory | None) -> list[Address]:
    """Return every address that is or may be ours."""
    found = list(memory.addresses) if memory else []
    try:
        found += [address for address, _ in every_address(environment)]
    except Malformed as error:
        say(str(error))
    return list(dict.fromkeys(found))
