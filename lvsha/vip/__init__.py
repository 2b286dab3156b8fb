"""Virtual addresses: taking them, telling the link of it, leaving it to the director.

A failover is three or four starts of an agent, each of which waits for what
is imported here: nothing but the standard library, and of that little.
"""
