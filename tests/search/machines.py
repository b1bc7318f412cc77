"""Two machines inside this one, made of Linux namespaces: each has an address, a host name, processes and folders."""

import os
import shlex
import subprocess
import sys
from pathlib import Path

from lib import paths

HEAD = "10.77.0.1"  # the first machine; the second is 10.77.0.2
LAN = """
mount -t tmpfs none /run
mkdir /run/netns
ip link add lan type bridge
ip link set lan up
for n in 1 2; do
    ip netns add m$n
    ip link add e$n type veth peer name eth0 netns m$n
    ip link set e$n master lan up
    ip -n m$n addr add 10.77.0.$n/24 dev eth0
    ip -n m$n link set eth0 up
    ip -n m$n link set lo up
    ip -n m$n route add default dev eth0
done
exec "$@"
"""
BOOT = """
hostname "$0"
export HOME="$SHARED/home-$0"
mkdir -p "$HOME" /tmp/ray "$WORKBOOK_RUNS"
mount -t tmpfs none /tmp/ray
[ "$0" = m1 ] || mount -t tmpfs none "$WORKBOOK_RUNS"
exec "$@"
"""


def lan(command: list[str]) -> list[str]:
    """The command, run on a network of two machines that no other network reaches."""
    spaces = ["--map-root-user", "--net", "--mount", "--fork", "--kill-child"]
    return ["unshare", *spaces, "sh", "-ec", LAN, "lan", *command]


def machine(number: int, command: list[str]) -> list[str]:
    """The command as the first process of machine 1 or 2: when it ends, or is killed, the machine is off.

    The second machine does not see the first one's WORKBOOK_RUNS.
    """
    spaces = ["--pid", "--fork", "--kill-child", "--mount", "--mount-proc", "--uts"]
    return ["ip", "netns", "exec", f"m{number}", "unshare", *spaces, "sh", "-ec", BOOT, f"m{number}", *command]


def start(command: list[str], shared: Path, **environment: str) -> subprocess.Popen[bytes]:
    """Start the command on the network, from the project's folder, with this Python first on the path."""
    own = {"SHARED": str(shared), "WORKBOOK_RUNS": str(shared / "runs"), "WORKBOOK_FIGURES": str(shared / "figures")}
    own["RAY_worker_niceness"] = "0"  # Ray's 15 would let workers starve beside other tests
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    with (shared / "log").open("ab") as log:
        return subprocess.Popen(
            lan(command), cwd=paths.ROOT, env={**os.environ, "PATH": path, **own, **environment},
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip


def together(first: str, second: str) -> list[str]:
    """Machine 1 with one shell command and machine 2 with the other, whose process is named in the file `second`."""
    one, two = (shlex.join(machine(number, ["sh", "-ec", text])) for number, text in ((1, first), (2, second)))
    return ["sh", "-c", f'{two} & echo $! > "$SHARED/second"; {one}; code=$?; kill -9 $!; exit $code']


def possible() -> bool:
    """Whether this system lets us make such machines."""
    try:
        return subprocess.run(lan(machine(1, ["true"])), capture_output=True, check=False, env={
            **os.environ, "SHARED": "/tmp", "WORKBOOK_RUNS": "/tmp"}).returncode == 0  # fmt: skip
    except FileNotFoundError:
        return False
