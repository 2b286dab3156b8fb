"""The profile's sysctls on this machine: set, and set back to what they were."""

from collections.abc import Mapping
from pathlib import Path

from lvsha.ipvs import sysctl
from lvsha.ipvs.profile import Difference, Setting, Site, differences
from lvsha.vip import record

# Who holds the profile when it was applied by hand.
OPERATOR = "operator"


class Tuning:
    """What was set, on record in *directory*: the values before, and ours.

    Sysctls belong to the machine, so directors share the record: what one has set
    stays until the last of its *holders* gives it back, also one that was killed
    and did not start again.
    """

    def __init__(self, directory: Path, sysctls: Path = sysctl.DIRECTORY) -> None:
        """Keep record in *directory*."""
        self._file = directory / "profile.json"
        self._sysctls = sysctls

    def site(self) -> Site:
        """Return what the profile was applied for; one with daemons by default."""
        said = record.read(self._file) or {}
        ports = said.get("sync_ports")
        return Site(
            stateless=said.get("stateless") is True,
            sync_ports=ports if isinstance(ports, int) else None,
        )

    def holders(self) -> list[str]:
        """Return who has applied it and not given it back."""
        said = (record.read(self._file) or {}).get("holders")
        return [str(one) for one in said] if isinstance(said, list) else []

    def apply(
        self, site: Site, wanted: Mapping[str, Setting], holder: str = OPERATOR
    ) -> list[Difference]:
        """Set what is not as *wanted*, for *holder*; return what that was.

        What an earlier profile set and this one does not name is set back.
        """
        with record.held(self._file):
            before, ours = self._strings("before"), self._ours()
            self._undo(before, ours, [name for name in before if name not in wanted])
            actual = sysctl.read(wanted, self._sysctls)
            changes = [
                one
                for one in differences(wanted, actual)
                if one.actual is not None  # a kernel that has none gets none
            ]
            for name, value in actual.items():
                if wanted[name].value != value:
                    before.setdefault(name, value)
            # On record before it is done: whatever happens, it can be undone.
            for one in changes:
                ours.setdefault(one.name, set()).add(one.wanted)
            content = {
                "stateless": site.stateless,
                "sync_ports": site.sync_ports,
                "holders": sorted({*self.holders(), holder}),
                "before": before,
                "set": {name: sorted(values) for name, values in ours.items()},
            }
            record.write(self._file, content)
            for one in changes:
                sysctl.write(one.name, one.wanted, self._sysctls)
            return changes

    def restore(self, holder: str = OPERATOR) -> list[str]:
        """Give it back; return what others changed meanwhile.

        The last holder sets everything back, last first. Raises *KernelError* when
        one is refused; the record stays then. The operator's word counts for all.
        """
        with record.held(self._file):
            others = [one for one in self.holders() if one != holder]
            if holder != OPERATOR and others:
                content = record.read(self._file) or {}
                record.write(self._file, content | {"holders": others})
                return []
            before, ours = self._strings("before"), self._ours()
            left = self._undo(before, ours, list(before))
            self._file.unlink(missing_ok=True)
            return left

    def _undo(
        self, before: dict[str, str], ours: dict[str, set[str]], names: list[str]
    ) -> list[str]:
        left = []
        actual = sysctl.read(names, self._sysctls)
        for name in reversed(names):
            was, here = before.pop(name), actual.get(name)
            if here in ours.pop(name, set()):
                sysctl.write(name, was, self._sysctls)
            elif here not in {was, None}:
                left.append(name)
        return left

    def _ours(self) -> dict[str, set[str]]:
        """Return the values that are ours; several, for we may have been stopped."""
        said = (record.read(self._file) or {}).get("set")
        if not isinstance(said, dict):
            return {}
        return {str(name): set(map(str, values)) for name, values in said.items()}

    def _strings(self, key: str) -> dict[str, str]:
        said = (record.read(self._file) or {}).get(key)
        if not isinstance(said, dict):
            return {}
        return {str(name): str(value) for name, value in said.items()}
