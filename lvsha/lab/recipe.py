"""The disk of the lab's nodes as a value: packages, files, units; built elsewhere."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field, replace
from typing import Final

_START = """\
#!/bin/sh
# First program of a node: the host's word `lab=` on the kernel's command line names
# the folder that holds the agent. Under systemd it comes from the agent's unit.
if [ -z "$lab" ]; then
    for word in $(cat /proc/cmdline); do
        case $word in lab=*) lab=${word#lab=} ;; esac
    done
fi
mount -t hostfs none /srv/node -o "$lab" || exit 1
cd /srv/node && exec /usr/bin/python3 -S -B -m guest.agent
"""

_UNIT = """\
[Unit]
Description=lvsha lab agent
DefaultDependencies=no
After=systemd-remount-fs.service systemd-tmpfiles-setup.service
Before=network-pre.target sysinit.target shutdown.target
Conflicts=shutdown.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=/usr/lib/lvsha-lab/start
Environment=PYTHONDONTWRITEBYTECODE=1
KillMode=process
OOMScoreAdjust=-900
# its children are the lab's commands, any number of them
TasksMax=infinity

[Install]
WantedBy=sysinit.target
"""


@dataclass(frozen=True, slots=True)
class File:
    """A file of the image: its content and mode."""

    content: str
    mode: int = 0o644


@dataclass(frozen=True, slots=True)
class Recipe:
    """All that decides what the image contains; two equal recipes are one image."""

    suite: str = "bookworm"
    packages: tuple[str, ...] = (
        # a system
        "systemd-sysv",
        "dbus",
        "kmod",
        "mount",
        "procps",
        # its network, and what watches it
        "iproute2",
        "iputils-ping",
        "iputils-arping",
        "conntrack",
        "nftables",
        "tcpdump",
        "strace",
        "socat",
        "curl",
        # the Linux Virtual Server, and the peers we compare with
        "ipvsadm",
        "ldirectord",
        "keepalived",
        "nginx-light",
        # what runs lvsha and its tests
        "python3",
        "python3-click",
        "python3-rich",
        "python3-prometheus-client",
        "python3-pytest",
        "python3-hypothesis",
        "perl",
        # the cluster
        "pacemaker",
        "corosync",
        "crmsh",
        "resource-agents",
        # with which ocf-tester validates
        "libxml2-utils",
        "csync2",
    )
    left_out: tuple[str, ...] = (
        "/usr/share/doc/*",
        "/usr/share/man/*",
        "/usr/share/info/*",
        "/usr/share/locale/*",
        "/usr/share/lintian/*",
    )
    """Paths that no package may install."""

    modules: tuple[str, ...] = (
        "kernel/net",
        "kernel/lib",
        "kernel/crypto",
        "kernel/drivers/net",
        "kernel/drivers/watchdog",
        "kernel/arch",
        "kernel/fs/configfs",
        "kernel/fs/dlm",
        "kernel/fs/fuse",
        "kernel/fs/overlayfs",
        "kernel/kernel",
        "kernel/mm",
    )
    """The parts of the kernel's module tree that a director could want."""

    files: Mapping[str, File] = field(
        default_factory=lambda: {
            "/etc/fstab": File(""),
            "/etc/resolv.conf": File(""),
            "/usr/lib/lvsha-lab/start": File(_START, 0o755),
            "/etc/systemd/system/lvsha-lab-agent.service": File(_UNIT),
            "/etc/systemd/journald.conf.d/lab.conf": File(
                "[Journal]\nStorage=volatile\nRuntimeMaxUse=16M\n"
            ),
            "/etc/sysctl.d/lab.conf": File("kernel.printk = 3 4 1 3\n"),
        }
    )
    folders: tuple[str, ...] = (
        "/srv/node",
        "/srv/lvsha",
        "/srv/share",
        "/var/log/crmsh",
    )
    enabled: tuple[str, ...] = ("lvsha-lab-agent.service",)
    disabled: tuple[str, ...] = (
        "corosync.service",
        "csync2.socket",
        "keepalived.service",
        "ldirectord.service",
        "logd.service",
        "nginx.service",
        "pacemaker.service",
        "nftables.service",
        "apt-daily.timer",
        "apt-daily-upgrade.timer",
        "dpkg-db-backup.timer",
        "e2scrub_all.timer",
        "e2scrub_reap.service",
        "fstrim.timer",
        "remote-fs.target",
    )
    masked: tuple[str, ...] = (
        # no such hardware in a node, or nothing to keep there
        "console-getty.service",
        "getty@tty1.service",
        "systemd-ask-password-console.path",
        "systemd-binfmt.service",
        "systemd-firstboot.service",
        "systemd-hwdb-update.service",
        "systemd-journal-flush.service",
        "systemd-logind.service",
        "systemd-machine-id-commit.service",
        "systemd-pstore.service",
        "systemd-random-seed.service",
        "systemd-timesyncd.service",
        "systemd-udev-settle.service",
        "systemd-udev-trigger.service",
        "systemd-udevd.service",
        "systemd-udevd-control.socket",
        "systemd-udevd-kernel.socket",
        "systemd-update-utmp.service",
        "systemd-update-utmp-runlevel.service",
    )
    size: str = "3G"
    """How large the disk looks to a node; the file takes what is used."""

    layout: int = 1
    """Raised when the way an image is built changes."""


def key(recipe: Recipe) -> str:
    """Return the name of *recipe*'s image: equal recipes, equal names."""
    text = json.dumps(asdict(recipe), sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


BASE: Final = Recipe()
"""What every lab boots from."""

DAEMONS: Final = replace(
    BASE,
    packages=(
        *BASE.packages,
        # what people's real servers run: the web and its proxy, mail, files, news
        "nginx-full",
        "squid",
        "haproxy",
        "dovecot-imapd",
        "dovecot-pop3d",
        "postfix",
        "vsftpd",
        "leafnode",
        # telephony, names, directories, databases, access
        "kamailio",
        "unbound",
        "slapd",
        "ldap-utils",
        "mariadb-server",
        "postgresql",
        "freeradius",
        "redis-server",
        "python3-grpcio",
        # what ldirectord's checks need besides what it depends on
        "libdbd-mysql-perl",
        "libdbd-pg-perl",
        "liblwp-protocol-https-perl",
        # what ours need
        "python3-pyasn1-modules",
        "python3-dnspython",
        "python3-pyrad",
        "python3-aiomysql",
        "python3-cryptography",
        "python3-asyncpg",
        "python3-h2",
        # certificates to test with, the other shell of Pacemaker
        "openssl",
        "pcs",
    ),
    disabled=(
        *BASE.disabled,
        "dovecot.service",
        "dovecot.socket",
        "freeradius.service",
        "haproxy.service",
        "kamailio.service",
        "leafnode.socket",
        "mariadb.service",
        "pcsd.service",
        "pcsd-ruby.service",
        "postfix.service",
        "postgresql.service",
        "redis-server.service",
        "slapd.service",
        "squid.service",
        "unbound.service",
        "vsftpd.service",
    ),
    size="6G",
)
"""The daemons that checks are tested against, none of them started by itself."""
