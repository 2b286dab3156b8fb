"""What a node knows of its peers, and they of it: connections and configuration.

The promoted one tells how many connections it has, and of which configuration.
A node that was started lately compares: the kernel tells nobody of connections
that were there before it came and say nothing, so a role that went there at
once would end them. It counts as strange until it has a share of them, or has
been here for a while.
"""

from lvsha.ocf.vip_node import REPEAT, Memory, Node
from lvsha.ocf.vip_score import Told, news, same, share
from lvsha.ocf.vip_wish import Wish


def acquainted(wish: Wish, node: Node, memory: Memory, told: Told | None) -> Memory:
    """Return *memory* after a look at the peers, who have been told what is due.

    *told* is what the node's own director says, None without one.
    """
    if memory.promoted:
        return _telling(node, memory, told)
    if memory.word:
        node.tell(None)
        memory = memory._replace(word="")
    now = node.now()
    here = now - memory.since
    learned = memory.learned or not 0 <= here < wish.learned_time
    memory = memory._replace(learned=learned)
    if told is None:
        return memory
    if learned and 0 <= now - memory.heard < REPEAT:
        return memory._replace(outdated=told.refused or memory.outdated)
    words = node.heard()
    has = share(told, words)
    return memory._replace(
        learned=learned or (has is not None and has >= wish.learned_share),
        outdated=told.refused or not same(told, words),
        heard=now,
    )


def _telling(node: Node, memory: Memory, told: Told | None) -> Memory:
    if told is None:
        return memory
    now = node.now()
    if news(told.word, memory.word) or not 0 <= now - memory.told < REPEAT:
        node.tell(told.word)
        memory = memory._replace(word=told.word, told=now)
    return memory._replace(outdated=told.refused)
