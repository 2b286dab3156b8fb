"""Every check against the daemon it is for, beside ldirectord's on the same server.

The tier runs inside a lab node whose image has the daemons people run:
``python -m lvsha.lab.tier services [-k imap]``. It prints the table of
``docs/services.md``, leaves it in ``reports/services/single/services.md`` as well,
and fails when what was seen is not what the page says.

To add a row:

1. Describe how the server is started, as a `Daemon` (tests/services/daemons.py) in a
   module named after what it serves: its files, its command in the foreground, the
   addresses it listens on. It listens on `HERE` and ``::1`` with its usual port;
   in texts PLACE is a folder of its own and TLS one with ``ca.pem``, ``cert.pem``,
   ``key.pem`` (for ``www.example.com``, ``localhost``, `HERE`, ``::1``) and
   ``self.pem``, ``self.key``, which nobody vouches for. Packages it needs stand in
   ``lvsha.lab.recipe.DAEMONS``.
2. Write a `Row` (tests/services/rows.py): the service, its port, the directives that
   make a passing check, and a `Cell` for each outcome. ``**FAULTS`` are the outcomes
   that need no daemon of their own: refused, silent, half-way, garbage, flood, reset.
   A cell says which server (the row's own unless it names another), which directives
   differ, our verdict, and ldirectord's where it is another one, *because* of what.
3. Put the row into `ALL` (tests/services/test_services.py), run
   ``python -m lvsha.lab.tier services -k NAME``, and copy the page.

A service that ldirectord does not know has a row that is checked by us *alone*.

Each cell is a virtual service of its own, with a VIP and a weight nobody else has:
ldirectord takes real servers that differ in neither for one and the same.
"""
