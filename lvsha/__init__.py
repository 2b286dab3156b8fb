"""An LVS director for Pacemaker clusters, compatible with ldirectord."""

from typing import Final

VERSION: Final = "0.1.0"
