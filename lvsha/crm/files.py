"""The files of ``crm-templates/``, written from the topologies.

``python -m lvsha.crm.files DIRECTORY`` writes them.
"""

import sys
from pathlib import Path

from lvsha.crm.pcs import script
from lvsha.crm.template import template
from lvsha.crm.topologies import TOPOLOGIES
from lvsha.crm.wizard import wizard


def files() -> dict[str, str]:
    """Return every file by its path below ``crm-templates/``."""
    found = {}
    for name, topology in TOPOLOGIES.items():
        defaults = {slot.name: slot.default for slot in topology.slots}
        found[name] = template(topology)
        found[f"scripts/{name}/main.yml"] = wizard(topology)
        found[f"pcs/{name}.sh"] = script(topology, defaults)
    return found


def main() -> None:
    """Write them below the directory that is the first argument."""
    for path, text in files().items():
        target = Path(sys.argv[1]) / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(text)
        target.chmod(0o755 if text.startswith("#!") else 0o644)


if __name__ == "__main__":
    main()
