# SPDX-License-Identifier: GPL-2.0
"""The network between guests, and its faults.

A bridge of the host's kernel, in a network namespace of its own, or where the
host has no such thing, a hub process on the loopback address. Both are used in
the same way: attach, link, block, remove.
"""

import contextlib
import json
import os
import select
import signal
import socket
import subprocess
import sys

from common import HERE, MAX_GUESTS, LabError, tool

LOOPBACK = "127.0.0.1"
FRAME_MAX = 65536


def create(directory):
    """Make a lab's network; return its settings. PAXOS_LAB_NET=bridge|hub insists."""
    kinds = {"bridge": Bridge, "hub": Hub}
    chosen = os.environ.get("PAXOS_LAB_NET")
    if chosen:
        return kinds[chosen].create(directory)
    try:
        return Bridge.create(directory)
    except (LabError, OSError) as error:
        print(f"lab: no bridge ({error}): a hub on {LOOPBACK} instead", file=sys.stderr)
        return Hub.create(directory)


def of(settings):
    """The network that `create` made."""
    return Bridge(settings["name"]) if settings["kind"] == "bridge" else Hub(settings)


class Bridge:
    """Guests on a bridge in a network namespace of the lab's own."""

    def __init__(self, name):
        self.name = name

    @classmethod
    def create(cls, directory):
        """Return what `of` needs to find it again."""
        bridge = cls(directory.name)
        try:
            bridge._build()
        except BaseException:
            bridge.remove()
            raise
        return {"kind": "bridge", "name": bridge.name}

    def remove(self):
        subprocess.run(["ip", "netns", "del", self.name], check=False, capture_output=True)

    def attach(self, number):
        """Plug a guest in: (what starts QEMU there, its -netdev)."""
        tap = f"tap{number}"
        with contextlib.suppress(LabError):
            self._ip("link", "del", tap)
        self._ip("tuntap", "add", tap, "mode", "tap")
        self._ip("link", "set", tap, "master", "br0", "up")
        return (["ip", "netns", "exec", self.name],
                f"tap,id=net0,ifname={tap},script=no,downscript=no")

    def link(self, number, up):
        self._ip("link", "set", f"tap{number}", "up" if up else "down")

    def block(self, pairs):
        """Drop what goes from a to b, for each (a, b), and nothing else."""
        self._nft("flush set bridge lab blocked\n" + "".join(
            f"add element bridge lab blocked {{ tap{a} . tap{b} }}\n" for a, b in pairs))

    def _build(self):
        tool("ip", "netns", "add", self.name)
        self._ip("link", "add", "br0", "type", "bridge", "mcast_snooping", "0")
        self._ip("link", "set", "br0", "up")
        self._nft("""
            table bridge lab {
                set blocked { type ifname . ifname; }
                chain forward {
                    type filter hook forward priority 0;
                    iifname . oifname @blocked drop
                }
            }""")

    def _ip(self, *arguments):
        return tool("ip", "-n", self.name, *arguments)

    def _nft(self, rules):
        tool("ip", "netns", "exec", self.name, "nft", "-f", "-", input=rules)


class Hub:
    """Guests whose frames a process of ours passes on, by datagrams on loopback."""

    def __init__(self, settings):
        self.settings = settings
        self.faults = settings["faults"]

    @classmethod
    def create(cls, directory):
        """Return what `of` needs to find it again."""
        hub_ports, guest_ports = free_ports(MAX_GUESTS), free_ports(MAX_GUESTS)
        settings = {"kind": "hub", "faults": str(directory / "faults"),
                    "ports": list(zip(hub_ports, guest_ports))}
        hub = cls(settings)
        hub._save({"down": [], "blocked": []})
        with open(directory / "hub.out", "wb") as output:
            process = subprocess.Popen(
                [sys.executable, HERE / "network.py", json.dumps(settings)],
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=output,
                start_new_session=True)
        process.stdout.readline()  # it is listening
        settings["pid"] = process.pid
        return settings

    def remove(self):
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.settings["pid"], signal.SIGTERM)

    def attach(self, number):
        hub_port, guest_port = self.settings["ports"][number - 1]
        self.link(number, True)
        return ([], f"dgram,id=net0,local.type=inet,local.host={LOOPBACK},"
                    f"local.port={guest_port},remote.type=inet,remote.host={LOOPBACK},"
                    f"remote.port={hub_port}")

    def link(self, number, up):
        state = self._load()
        down = set(state["down"]) - {number} if up else set(state["down"]) | {number}
        self._save({**state, "down": sorted(down)})

    def block(self, pairs):
        """Drop what goes from a to b, for each (a, b), and nothing else."""
        self._save({**self._load(), "blocked": [list(pair) for pair in pairs]})

    def serve(self):
        """The process: pass each frame to all other guests that may hear it."""
        sockets = {}
        for number, (hub_port, _) in enumerate(self.settings["ports"], 1):
            sockets[number] = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            sockets[number].bind((LOOPBACK, hub_port))
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select(sockets.values(), [], [])
            state = self._load()
            dead, blocked = set(state["down"]), {tuple(pair) for pair in state["blocked"]}
            for sender, from_guest in sockets.items():
                if from_guest not in ready:
                    continue
                frame = from_guest.recv(FRAME_MAX)
                for other, (_, guest_port) in enumerate(self.settings["ports"], 1):
                    if other != sender and not {sender, other} & dead and \
                            (sender, other) not in blocked:
                        with contextlib.suppress(ConnectionRefusedError):
                            sockets[other].sendto(frame, (LOOPBACK, guest_port))

    def _load(self):
        with open(self.faults, encoding="ascii") as file:
            return json.load(file)

    def _save(self, state):
        with open(self.faults + ".new", "w", encoding="ascii") as file:
            json.dump(state, file)
        os.replace(file.name, self.faults)


def free_ports(count):
    """Loopback ports that nobody uses at the moment."""
    with contextlib.ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket(socket.AF_INET, socket.SOCK_DGRAM))
                   for _ in range(count)]
        for one in sockets:
            one.bind((LOOPBACK, 0))
        return [one.getsockname()[1] for one in sockets]


if __name__ == "__main__":
    Hub(json.loads(sys.argv[1])).serve()
