"""Small attacks that `bpcore doctor --grading` tries behind the wall: each prints "held" where the wall stops it."""

import platform
import sys
from pathlib import Path

from bpcore.grading import confine, seccomp
from bpcore.grading.sandbox import Limits

LIMITS = Limits(cell=20.0, case=1.0, exercise=5.0, total=120.0)
NAMESPACES = ("user", "pid", "mnt", "ipc", "uts", "net")
HELD = "held"

WHO = f"""
import os
status = dict(line.split(":", 1) for line in open("/proc/self/status").read().splitlines())
print("uid", os.getuid())
for name in ("CapPrm", "CapEff", "CapBnd", "NoNewPrivs", "Seccomp"):
    print(name, status.get(name, "unknown").strip())
for name in {NAMESPACES!r}:
    print(name, os.readlink("/proc/self/ns/" + name))
"""

NETWORK = """
import socket
try:
    socket.create_connection(("1.1.1.1", 53), 2)
    print("1.1.1.1 was reached")
except OSError:
    print("held")
"""

# Python itself may be installed in one's home: the way to it is there, and nothing beside it.
REFERENCE = f"""
import os
python = {str(Path(sys.base_prefix).resolve())!r}
seen = []
for place in {[str(confine.BPCORE.parent), str(Path.home())]!r}:
    if os.path.isdir(place) and place not in ("/", "/tmp"):
        inside = [os.path.join(place, name) for name in os.listdir(place)]
        seen += [path for path in inside if not (python + "/").startswith(path + "/")]
try:
    import bpcore.exercises
    seen.append("bpcore.exercises")
except ImportError:
    pass
print("held" if not seen else "it could see " + ", ".join(seen))
"""

WRITING = """
import os
wrote = []
for folder in ("/", "/usr", "/dev", "/sandbox", "/site/0", "/etc", "/proc/sys/kernel"):
    try:
        open(os.path.join(folder, "mine"), "w").close()
        wrote.append(folder)
    except OSError:
        pass
print("held" if not wrote else "it could write in " + ", ".join(wrote))
"""

PROCESSES_SEEN = """
import os
others = [p for p in os.listdir("/proc") if p.isdigit() and int(p) not in (1, os.getpid())]
try:
    os.kill(os.getppid() or 1, 0)
    mine = open("/proc/1/environ").read() if os.getpid() != 1 else ""
    others += ["1"] if mine else []
except OSError:
    pass
print("held" if not others else f"it could see {len(others)} other processes")
"""

MEMORY = f"""
hoard = []
try:
    for _ in range({LIMITS.memory >> 26} + 1):
        hoard.append(bytearray(1 << 26))
    print("more than {LIMITS.memory >> 20} MB were had")
except MemoryError:
    print("held")
del hoard
"""

MANY = f"""
import os, signal
children = []
try:
    while len(children) <= {LIMITS.processes}:
        child = os.fork()
        if child == 0:
            signal.pause()
        children.append(child)
    print(f"{{len(children)}} processes were had, and {LIMITS.processes} are the limit")
except OSError:
    print("held")
for child in children:
    os.kill(child, 9)
    os.waitpid(child, 0)
"""

FILES = f"""
import errno
def fill(name, size):
    try:
        with open(name, "wb") as file:
            for _ in range(size >> 20):
                file.write(bytes(1 << 20))
    except OSError as error:
        return error.errno
large = fill("/tmp/large", {LIMITS.file} + (4 << 20))
full = any(fill(f"/tmp/{{i}}", {LIMITS.file // 2}) == errno.ENOSPC for i in range({LIMITS.scratch // LIMITS.file} * 3))
print("held" if large and full else "a file may be of any size" if not large else "/tmp has no bound")
"""

TRACE = """
import os
open("/tmp/note", "w").write("for the next student")
import numpy
numpy.sum = lambda *a, **k: 0
print("held")
"""

NO_TRACE = """
import os
import numpy
left = os.listdir("/tmp")
print("held" if not left and numpy.sum([1.0, 2.0]) == 3.0 else f"it was left: {left or 'a changed numpy'}")
"""


def calls() -> str:
    """The attack on the kernel: some of the calls that the filter refuses, by the numbers of this machine."""
    column, _ = seccomp.ARCHITECTURES[platform.machine()]
    names = ("ptrace", "keyctl", "unshare", "mount", "bpf", "userfaultfd", "io_uring_setup", "process_vm_readv")
    numbers = {name: seccomp.REFUSED[name][column] for name in names}
    return f"""
import ctypes, socket
libc = ctypes.CDLL(None, use_errno=True)
def refused(number):
    return libc.syscall(number, 0, 0, 0, 0, 0) == -1 and ctypes.get_errno() == 1
allowed = [name for name, number in {numbers!r}.items() if not refused(number)]
try:
    socket.socket(40, socket.SOCK_STREAM)
    allowed.append("vsock")
except OSError:
    pass
print("held" if not allowed else "these were allowed: " + ", ".join(allowed))
"""


# What is tried, and what has held where it fails.
PROBES = {
    "The network": NETWORK,
    "The reference, the course and your home": REFERENCE,
    "Writing outside of /tmp": WRITING,
    "Other processes": PROCESSES_SEEN,
    "Memory without end": MEMORY,
    "Processes without end": MANY,
    "Files without end": FILES,
}
