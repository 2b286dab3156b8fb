"""An LVS director for Pacemaker clusters, compatible with ldirectord."""

VERSION = "0.1.0"
