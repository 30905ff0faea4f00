# SPDX-License-Identifier: GPL-2.0
"""Guests for tests: start them, run commands in them, cut power and network.

A lab is a directory; all state is files in it, so that a shell script (through
the command `guest`) and Python use the same lab. Guest N lives in gN/:

    pid         its QEMU
    console     all that its kernel said
    in out err  its virtio-serial ports, as named pipes (see `init`)
    diskI.img   the disk; diskI.base as it was at boot; diskI.log all written since

    with Lab.create(kernel="debug", files=["paxos.ko:/paxos.ko"]) as lab:
        lab.boot(1, 2, 3)
        print(lab.run(1, "ip addr").out)
        lab.cut(1)              # power off: unflushed writes are lost
        lab.boot(1)             # with the disk that is left
        lab.partition([1], [2, 3])
        lab.heal()
"""

import base64
import collections
import contextlib
import fcntl
import json
import os
import pathlib
import random
import re
import select
import shutil
import signal
import subprocess
import tempfile
import time

import network
from common import HERE, MAX_GUESTS, LabError, tool

CACHE = pathlib.Path(os.environ.get("XDG_CACHE_HOME") or pathlib.Path.home() / ".cache") / "paxos-lab"

BOOT_TIMEOUT_S = 240
RUN_TIMEOUT_S = 120
KVM_PROBE_S = 20
# Without five levels of page tables: identify_cpu() forgets for a moment that it has
# them, and an interrupt just then (the host is busy) makes KASAN see wild addresses.
CPU = "max,la57=off"
CONSOLE_TAIL = 40

# Lockdep and its like only talk; panic_on_warn turns the rest into a panic.
TROUBLE = re.compile(
    rb"Kernel panic|WARNING:|BUG:|Oops|UBSAN:|KASAN:|general protection|"
    rb"suspicious RCU usage|INFO: task .* blocked|possible recursive locking|"
    rb"possible circular locking|inconsistent lock state")

KERNEL_ARGUMENTS = (
    "console=ttyS0 loglevel=5 panic_on_warn=1 oops=panic panic=-1 "
    # an emulated processor stalls when the host is busy
    "log_buf_len=1M watchdog_thresh=60 rcupdate.rcu_cpu_stall_timeout=200 "
    "random.trust_cpu=on mitigations=off")

Result = collections.namedtuple("Result", "status out err")


def quoted(text):
    """Text as one word of the guest's shell, on one line."""
    escapes = {"\\": "\\\\", "'": "\\'", "\n": "\\n", "\t": "\\t", "\r": "\\r"}
    return "$'" + "".join(escapes.get(c, c) for c in text) + "'"


class Guest:
    """One virtual machine."""

    def __init__(self, lab, number):
        self.lab, self.number = lab, number
        self.dir = lab.dir / f"g{number}"

    # Life

    def start(self, accel):
        """Power on; `wait` until it is up."""
        if self.alive():
            raise LabError(f"guest {self.number} is running already")
        self.dir.mkdir(exist_ok=True)
        for port in ("in", "out", "err"):
            for end in ("in", "out"):
                pipe = self.dir / f"{port}.{end}"
                pipe.unlink(missing_ok=True)
                os.mkfifo(pipe)
        (self.dir / "console").write_bytes(b"")
        prefix, command = self._qemu(accel)
        with open(self.dir / "qemu.out", "wb") as output:
            process = subprocess.Popen(prefix + command, stdin=subprocess.DEVNULL, stdout=output,
                                       stderr=output, start_new_session=True)
        self.lab.children.append(process)
        (self.dir / "pid").write_text(str(process.pid))

    def wait(self, timeout_s=BOOT_TIMEOUT_S):
        """Wait until its agent answers."""
        with self._pipe("out") as out:
            data = b""
            deadline = time.monotonic() + timeout_s
            while b"ready\n" not in data:
                data += self._read(out, deadline, "boot")

    def kill(self):
        """Power off: QEMU ends at once."""
        pid = self._pid()
        while self.alive():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
            for process in self.lab.children:
                process.poll()
            time.sleep(0.01)

    def alive(self):
        """Is this guest's own QEMU there (and not a later process of its number)?"""
        try:
            command = pathlib.Path(f"/proc/{self._pid()}/cmdline").read_bytes()
        except OSError:
            return False
        return os.fsencode(self.dir) in command

    # Use

    def run(self, command, timeout_s=RUN_TIMEOUT_S, stdout=None, stderr=None):
        """Run a shell command; pass on its output as it comes, if files are given."""
        mark = b"\001%016x " % random.getrandbits(64)
        label = mark.decode().strip("\001 ")
        line = (f"( (eval {quoted(command)}) </dev/null >&3 2>&4 3>&- 4>&- 5<&-; s=$?; "
                f"printf '\\001{label} %d\\n' $s >&3; printf '\\001{label} %d\\n' $s >&4 ) &\n")
        with self._lock(), self._pipe("out") as out, self._pipe("err") as err:
            deadline = time.monotonic() + timeout_s
            self._tell(line)
            # What a command writes to the one port does not wait for the other.
            streams = {out: Stream(mark, stdout), err: Stream(mark, stderr)}
            while not all(stream.status for stream in streams.values()):
                for fd in self._readable(streams, deadline, command):
                    streams[fd].feed(self._take(fd, command))
            self.check()
            status = int(streams[out].status)
            return Result(status, streams[out].text(), streams[err].text())

    def check(self):
        """Fail when the kernel has complained on the console."""
        if TROUBLE.search(self.console()):
            deadline = time.monotonic() + 10
            while self.alive() and time.monotonic() < deadline:  # let it say all
                size = len(self.console())
                time.sleep(0.5)
                if size == len(self.console()):
                    break
            raise LabError(f"the kernel of guest {self.number} is in trouble:\n" + self.tail())

    def console(self):
        return (self.dir / "console").read_bytes()

    def tail(self, lines=CONSOLE_TAIL):
        """The end of the console, from the first sign of trouble if there is one."""
        text = self.console()
        found = TROUBLE.search(text)
        if found:
            text = text[text.rfind(b"\n", 0, found.start()) + 1:]
            chosen = text.splitlines()[:2 * lines]
        else:
            chosen = text.splitlines()[-lines:]
        return "\n".join("  | " + line.decode(errors="replace") for line in chosen)

    # Disks

    def disk(self, index, kind):
        return self.dir / f"disk{index}.{kind}"

    def lose_unflushed(self, seed):
        """After `kill`: make each disk what a power cut may leave of it."""
        said = []
        for index, _ in enumerate(self.lab.settings["disks"]):
            image = self.disk(index, "img")
            said.append(tool(HERE / "powercut", self.disk(index, "base"), self.disk(index, "log"),
                             image, str(seed + index)))
        return "; ".join(said)

    # Inside

    def _qemu(self, accel):
        lab = self.lab
        prefix, netdev = lab.network.attach(self.number)
        image, append = lab.settings["image"], lab.settings["append"]
        command = [
            "qemu-system-x86_64", "-name", f"guest{self.number}", "-machine", "q35",
            "-accel", accel, "-cpu", CPU, "-smp", str(lab.settings["cpus"]),
            "-m", str(lab.settings["memory_mb"]), "-nodefaults", "-no-user-config",
            "-display", "none", "-no-reboot",
            "-kernel", image, "-initrd", str(lab.dir / "initramfs"),
            "-append", f"{KERNEL_ARGUMENTS} guest={self.number} {append}",
            "-serial", f"file:{self.dir}/console",
            "-netdev", netdev, "-device",
            f"virtio-net-pci,netdev=net0,romfile=,mac=52:54:00:77:00:{self.number:02x}",
            "-device", "virtio-serial-pci",
        ]
        if lab.settings["virtual_time"]:
            command += ["-icount", "shift=0,sleep=off"]
        for port in ("in", "out", "err"):
            command += ["-chardev", f"pipe,id={port},path={self.dir}/{port}",
                        "-device", f"virtserialport,chardev={port},name={port}"]
        for index, size in enumerate(lab.settings["disks"]):
            command += self._disk_arguments(index, size)
        return prefix, command

    def _disk_arguments(self, index, size):
        image, base, log = (self.disk(index, kind) for kind in ("img", "base", "log"))
        if not image.exists():
            tool("truncate", "-s", size, image)
        tool("cp", "--sparse=always", image, base)
        log.write_bytes(b"")
        # no-flush: a flush counts when it is logged; the host's own disk need not wait
        return [
            "-blockdev", f"driver=file,node-name=f{index},filename={image},cache.no-flush=on",
            "-blockdev", f"driver=file,node-name=l{index},filename={log},cache.no-flush=on",
            "-blockdev", f"driver=blklogwrites,node-name=b{index},file=f{index},log=l{index},"
                         "log-super-update-interval=1,log-sector-size=512",
            "-device", f"virtio-blk-pci,drive=b{index},serial=disk{index},write-cache=on",
        ]

    def _pid(self):
        try:
            return int((self.dir / "pid").read_text())
        except OSError:
            return 0

    @contextlib.contextmanager
    def _lock(self):
        """One command at a time; others wait."""
        with open(self.dir / "lock", "w", encoding="ascii") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield

    @contextlib.contextmanager
    def _pipe(self, port):
        """Read end of a port. QEMU holds the other, so it has no end of file."""
        fd = os.open(self.dir / f"{port}.out", os.O_RDONLY | os.O_NONBLOCK)
        try:
            yield fd
        finally:
            os.close(fd)

    def _tell(self, line):
        """Give the guest's `init` a line."""
        if not self.alive():
            raise LabError(f"guest {self.number} is off")
        with open(self.dir / "in.in", "r+b", buffering=0) as pipe:  # r+: never waits for QEMU
            pipe.write(line.encode())

    def _readable(self, fds, deadline, what):
        """The pipes that hold something; fails when the guest cannot answer any more."""
        while True:
            ready, _, _ = select.select(list(fds), [], [], 0.2)
            if ready:
                return ready
            if not self.alive():
                self._gone(what)
            self.check()
            if time.monotonic() > deadline:
                self._show_blocked_tasks()
                raise LabError(f"guest {self.number}: no end in time: {what}\n{self.tail()}")

    def _take(self, fd, what):
        """What a pipe holds: also what a guest said just before its end."""
        try:
            data = os.read(fd, 65536)
        except BlockingIOError:
            return b""
        if not data and not self.alive():
            self._gone(what)
        return data

    def _gone(self, what):
        raise LabError(f"guest {self.number} is gone ({what}):\n{self.tail()}\n" +
                       (self.dir / "qemu.out").read_text(errors="replace"))

    def _read(self, fd, deadline, what):
        self._readable([fd], deadline, what)
        return self._take(fd, what)

    def _show_blocked_tasks(self):
        """Have a hung guest tell on its console what it waits for."""
        with contextlib.suppress(LabError):
            self._tell("echo 8 >/proc/sys/kernel/printk; echo w >/proc/sysrq-trigger\n")
            time.sleep(3)


class Stream:
    """One output of a command: everything up to its end mark."""

    def __init__(self, mark, copy_to):
        self.mark, self.copy_to = mark, copy_to
        self.data, self.passed, self.status = b"", 0, None

    def feed(self, data):
        self.data += data
        start = self.data.find(self.mark)
        line = self.data.find(b"\n", start)
        if start >= 0 and line >= 0:
            self.status = self.data[start + len(self.mark):line].decode()
            self.data = self.data[:start]
        elif start < 0:  # the mark may be half there
            half = self.data.find(self.mark[:1], max(0, len(self.data) - len(self.mark)))
            start = half if half >= 0 else len(self.data)
        self._pass_on(min(start, len(self.data)))

    def text(self):
        return self.data.decode(errors="surrogateescape")

    def _pass_on(self, end):
        if self.copy_to and end > self.passed:
            self.copy_to.write(self.data[self.passed:end])
            self.copy_to.flush()
        self.passed = end


class Lab:
    """Up to seven guests and the network between them."""

    def __init__(self, directory):
        self.dir = pathlib.Path(directory).resolve()
        try:
            self.settings = json.loads((self.dir / "settings").read_text())
        except OSError as error:
            raise LabError(f"no lab in {self.dir}: start one with `guest with`") from error
        self.network = network.of(self.settings["network"])
        self.guests = {n: Guest(self, n) for n in range(1, MAX_GUESTS + 1)}
        self.children = []

    @classmethod
    def create(cls, kernel="stock", files=(), disks=("64M",), memory_mb=None, cpus=1, append="",
               virtual_time=False):
        """A new lab, with nothing running yet."""
        kernel_dir = kernel if "/" in kernel else tool(HERE / "kernel.sh", kernel)
        image = tool("bash", "-c", '. "$1/env" && echo "$KERNEL_IMAGE"', "-", kernel_dir)
        directory = pathlib.Path(tempfile.mkdtemp(prefix="paxos-lab."))
        settings = {
            "kernel": kernel_dir, "image": image, "disks": list(disks), "cpus": cpus,
            "memory_mb": memory_mb or (1024 if "/debug-" in kernel_dir else 384),
            "append": append, "network": None, "virtual_time": virtual_time,
        }
        try:
            tool(HERE / "initramfs.sh", kernel_dir, directory / "initramfs", *files)
            settings["network"] = network.create(directory)
            (directory / "settings").write_text(json.dumps(settings, indent=1))
        except BaseException:
            shutil.rmtree(directory)
            raise
        return cls(directory)

    def __enter__(self):
        return self

    def __exit__(self, *exception):
        self.stop()

    def boot(self, *numbers, timeout_s=BOOT_TIMEOUT_S):
        accel = "tcg" if self.settings["virtual_time"] else accelerator(self.settings["kernel"])
        for number in numbers:
            self.guests[number].start(accel)
        for number in numbers:
            self.guests[number].wait(timeout_s)

    def run(self, number, command, timeout_s=RUN_TIMEOUT_S, **outputs):
        return self.guests[number].run(command, timeout_s, **outputs)

    def put(self, number, source, destination):
        """Copy a small file into a guest."""
        data = base64.b64encode(pathlib.Path(source).read_bytes()).decode()
        done = self.run(number, f"echo {data} | base64 -d >{quoted(str(destination))}")
        if done.status:
            raise LabError(f"put {destination}: {done.err}")

    def get(self, number, source, destination):
        """Copy a small file out of a guest."""
        done = self.run(number, f"cat {quoted(str(source))}")
        if done.status:
            raise LabError(f"get {source}: {done.err}")
        pathlib.Path(destination).write_bytes(done.out.encode(errors="surrogateescape"))

    def cut(self, number, seed=None):
        """Cut a guest's power: what it did not flush is lost, in part or whole."""
        seed = random.randrange(2**32) if seed is None else seed
        self.guests[number].kill()
        return self.guests[number].lose_unflushed(seed)

    def off(self, number):
        """Switch a guest off, losing nothing it wrote."""
        self.guests[number].kill()

    def net(self, number, up):
        """Pull or plug a guest's network cable."""
        self.network.link(number, up)

    def block(self, *pairs):
        """Drop what goes from a to b, for each (a, b): a one-way fault."""
        self.network.block(pairs)

    def partition(self, *groups):
        """Guests hear only those of their own group."""
        self.block(*((a, b) for one in groups for other in groups if one is not other
                     for a in one for b in other))

    def heal(self):
        """End every fault of the network."""
        self.network.block([])
        for number, guest in self.guests.items():
            if guest.alive():
                self.network.link(number, True)

    def check(self):
        """Fail when any kernel has complained."""
        for guest in self.guests.values():
            if (guest.dir / "console").exists():
                guest.check()

    def stop(self):
        """End everything; the lab is gone after this."""
        for guest in self.guests.values():
            guest.kill()
        self.network.remove()
        shutil.rmtree(self.dir, ignore_errors=True)


def accelerator(kernel_dir):
    """kvm if this kernel was seen to boot with it since the host booted, else tcg."""
    chosen = os.environ.get("PAXOS_LAB_ACCEL")
    if chosen:
        return chosen
    if not os.access("/dev/kvm", os.R_OK | os.W_OK):
        return "tcg"
    boot_id = pathlib.Path("/proc/sys/kernel/random/boot_id").read_text().strip()
    known = CACHE / f"accel-{pathlib.Path(kernel_dir).name}"
    if known.exists() and known.read_text().split()[0] == boot_id:
        return known.read_text().split()[1]
    accel = "tcg"
    with Lab.create(kernel=kernel_dir) as lab, contextlib.suppress(LabError):
        lab.guests[1].start("kvm")
        lab.guests[1].wait(KVM_PROBE_S)
        accel = "kvm"
    known.write_text(f"{boot_id} {accel}\n")
    return accel
