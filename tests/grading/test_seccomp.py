"""The filter of system calls lets through what a program needs and refuses the rest, on both kinds of machine."""

import errno
import struct

import pytest

from bpcore.grading import seccomp

ALLOW = seccomp.ALLOW
EPERM = seccomp.FAIL | errno.EPERM
ARCHITECTURE = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
# By hand, from the kernel's tables: read, write, openat, mmap, execve, kill, futex, fork's clone (flags SIGCHLD).
ORDINARY = {"x86_64": (0, 1, 257, 9, 59, 62, 202), "aarch64": (63, 64, 56, 222, 221, 129, 98)}
CLONE = {"x86_64": 56, "aarch64": 220}
SOCKET = {"x86_64": 41, "aarch64": 198}
SIGCHLD, CLONE_NEWUSER, CLONE_THREAD = 17, 0x10000000, 0x10000
machines = pytest.mark.parametrize("machine", ["x86_64", "aarch64"])


def verdict(machine, call, argument=0, architecture=None):
    """What the filter answers: the classic BPF machine, as far as the filter needs it."""
    program = list(struct.iter_unpack("=HBBI", seccomp.instructions(machine)))
    seen = struct.pack("=IIQ6Q", call, architecture or ARCHITECTURE[machine], 0, argument, 0, 0, 0, 0, 0)
    place = accumulator = 0
    while True:
        code, then, otherwise, value = program[place]
        place += 1
        if code == 0x20:
            (accumulator,) = struct.unpack_from("=I", seen, value)
        elif code == 0x06:
            return value
        else:
            holds = {0x15: accumulator == value, 0x35: accumulator >= value, 0x45: bool(accumulator & value)}[code]
            place += then if holds else otherwise


@machines
def test_ordinary_calls_go_through(machine):
    assert {verdict(machine, call) for call in ORDINARY[machine]} == {ALLOW}
    assert verdict(machine, CLONE[machine], SIGCHLD) == ALLOW
    assert verdict(machine, CLONE[machine], CLONE_THREAD | 0xF00) == ALLOW


@machines
def test_every_call_of_the_list_is_refused(machine):
    column = seccomp.ARCHITECTURES[machine][0]
    numbers = [both[column] for both in seccomp.REFUSED.values() if both[column] is not None]
    assert len(set(numbers)) == len(numbers) > 40
    assert {verdict(machine, number) for number in numbers} == {EPERM}
    assert not set(numbers) & set(ORDINARY[machine])


@machines
def test_a_fork_into_new_namespaces_is_refused(machine):
    assert verdict(machine, CLONE[machine], CLONE_NEWUSER | SIGCHLD) == EPERM
    # Its flags cannot be seen: a program that hears that there is no clone3 uses clone.
    assert verdict(machine, 435) == seccomp.FAIL | errno.ENOSYS


@machines
def test_sockets_of_odd_families_are_refused(machine):
    assert {verdict(machine, SOCKET[machine], family) for family in (1, 2, 10)} == {ALLOW}
    for family in (16, 17, 38, 40):  # netlink, packet, alg, vsock
        assert verdict(machine, SOCKET[machine], family) == seccomp.FAIL | errno.EAFNOSUPPORT


def test_the_numbers_of_another_architecture_are_refused():
    assert verdict("x86_64", 0, architecture=0x40000003) == EPERM  # the 32-bit calls
    assert verdict("x86_64", 0x40000000 + 1) == EPERM  # x32


def test_well_known_numbers():
    assert seccomp.REFUSED["ptrace"] == (101, 117)
    assert seccomp.REFUSED["keyctl"] == (250, 219)
    assert seccomp.REFUSED["bpf"] == (321, 280)
    assert seccomp.REFUSED["unshare"] == (272, 97)
