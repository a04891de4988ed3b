"""Gives a process a world of its own, and takes every right from it: Linux's calls that Python has no names for.

Runs behind the wall, so it needs the standard library only. Source: the manual pages namespaces(7), mount(2) and
capabilities(7).
"""

import ctypes
import os
import signal

import seccomp

NEWNS, NEWUTS, NEWIPC, NEWUSER, NEWPID, NEWNET = 0x20000, 0x4000000, 0x8000000, 0x10000000, 0x20000000, 0x40000000
NOSUID, NODEV, NOEXEC, REC, PRIVATE = 2, 4, 8, 0x4000, 0x40000
PARENT_DEATH, SET_DUMPABLE, DROP_BOUND, NO_NEW_PRIVS, AMBIENT = 1, 4, 24, 38, 47
CLEAR_ALL = 4
CAPABILITIES = 0x20080522  # the version of the structure that capset reads
FILES_IN_TMP = 4096
MOST_DESCRIPTORS = 1 << 16

_libc = ctypes.CDLL(None, use_errno=True)


def _must(result: int, what: str) -> None:
    if result != 0:
        error = ctypes.get_errno()
        raise OSError(error, f"{what}: {os.strerror(error)}")


class Numbers:
    """Forks processes that are process 1 of a new namespace of process numbers."""

    def __init__(self) -> None:
        self.own = os.open("/proc/self/ns/pid", os.O_RDONLY | os.O_CLOEXEC)

    def fork(self) -> int:
        """As os.fork, with the child in a namespace of its own. Raises OSError where this process may not."""
        _must(_libc.unshare(NEWPID), "a namespace of process numbers")
        try:
            return os.fork()
        finally:
            # For the children to come. In the child this fails, and it needs none.
            _libc.setns(self.own, NEWPID)


def leave() -> None:
    """Leave the namespaces for mounts, messages, names and the network. Raises OSError where this process may not."""
    _must(_libc.unshare(NEWNS | NEWIPC | NEWUTS | NEWNET), "namespaces of its own")


def furnish(scratch: int) -> None:
    """An empty /tmp of so many bytes and a /proc that shows this namespace alone, for process 1 of a new one. Raises
    OSError."""
    _must(_libc.mount(b"none", b"/", None, REC | PRIVATE, None), "mounts of its own")
    _must(_libc.mount(b"proc", b"/proc", b"proc", NOSUID | NODEV | NOEXEC, None), "mounting /proc")
    options = f"size={scratch},nr_inodes={FILES_IN_TMP},mode=1777".encode()
    _must(_libc.mount(b"tmpfs", b"/tmp", b"tmpfs", NOSUID | NODEV, options), "mounting /tmp")
    os.chdir("/tmp")


def become(user: int) -> None:
    """Give up the identity that the sandbox was built with, if there is one to give up."""
    if os.getuid() != user:
        os.setgroups([])
        os.setgid(user)
        os.setuid(user)


def own_user_namespace() -> None:
    """Enter a user namespace in which there is only this user. Raises OSError where none can be had."""
    user, group = os.getuid(), os.getgid()
    _libc.prctl(SET_DUMPABLE, 1, 0, 0, 0)  # after a change of user, one's own files in /proc are closed otherwise
    _must(_libc.unshare(NEWUSER), "a user namespace")
    for name, line in (("setgroups", "deny"), ("uid_map", f"{user} {user} 1"), ("gid_map", f"{group} {group} 1")):
        with open(f"/proc/self/{name}", "w", encoding="ascii") as file:
            file.write(line)


def renounce() -> None:
    """Give up every capability for good, and the chance to win one by running another program. Raises OSError."""
    _libc.prctl(AMBIENT, CLEAR_ALL, 0, 0, 0)
    for capability in range(64):
        _libc.prctl(DROP_BOUND, capability, 0, 0, 0)
    _must(_libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0), "no_new_privs")
    _must(_libc.capset((ctypes.c_uint32 * 2)(CAPABILITIES, 0), (ctypes.c_uint32 * 6)()), "capset")
    # No process of this user may look into this one's memory, not even one that it starts.
    _libc.prctl(SET_DUMPABLE, 0, 0, 0, 0)


def keep_only(descriptor: int) -> None:
    """Close every descriptor but this one and the standard three."""
    os.closerange(3, descriptor)
    os.closerange(descriptor + 1, MOST_DESCRIPTORS)


def die_with_parent() -> None:
    """End this process when its parent ends."""
    _libc.prctl(PARENT_DEATH, signal.SIGKILL, 0, 0, 0)


def refuse_calls() -> bool:
    """Refuse the calls that no submission needs; False where that cannot be had."""
    return seccomp.install()
