"""The system calls that a submission is refused: a filter for Linux's seccomp, as the bytes that the kernel reads.

Runs behind the wall, so it needs the standard library only. A refused call fails with EPERM, as if the right to it were
missing, so that honest code sees an ordinary OSError. Source: the kernel's documentation of seccomp filters, and
Docker's default profile for what an ordinary program never needs.
"""

import ctypes
import errno
import platform
import struct

# The numbers of the calls on x86_64 and on aarch64; None where the machine has no such call.
REFUSED = {
    # other processes' memory, and what they own
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271), "kcmp": (312, 272),
    "process_madvise": (440, 440), "pidfd_getfd": (438, 438),
    # keys: they would outlive the process
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219),
    # namespaces and mounts
    "unshare": (272, 97), "setns": (308, 268), "mount": (165, 40), "umount2": (166, 39), "pivot_root": (155, 41),
    "chroot": (161, 51), "open_tree": (428, 428), "move_mount": (429, 429), "fsopen": (430, 430),
    "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433), "mount_setattr": (442, 442),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "fanotify_init": (300, 262),
    # what has most often been a way into the kernel
    "bpf": (321, 280), "perf_event_open": (298, 241), "userfaultfd": (323, 282), "io_uring_setup": (425, 425),
    "io_uring_enter": (426, 426), "io_uring_register": (427, 427), "personality": (135, 92),
    "modify_ldt": (154, None), "iopl": (172, None), "ioperm": (173, None), "memfd_secret": (447, 447),
    # the machine as a whole
    "kexec_load": (246, 104), "kexec_file_load": (320, 294), "init_module": (175, 105), "finit_module": (313, 273),
    "delete_module": (176, 106), "reboot": (169, 142), "swapon": (167, 224), "swapoff": (168, 225),
    "acct": (163, 89), "quotactl": (179, 60), "quotactl_fd": (443, 443), "syslog": (103, 116),
    "settimeofday": (164, 170), "clock_settime": (227, 112), "clock_adjtime": (305, 266), "adjtimex": (159, 171),
    "sethostname": (170, 161), "setdomainname": (171, 162), "vhangup": (153, 58),
}  # fmt: skip
# Some calls are refused by their first argument alone: clone for a new namespace, socket for an odd family.
CLONE, SOCKET, CLONE3 = (56, 220), (41, 198), 435
NEW_NAMESPACES = 0x7E020080  # CLONE_NEWUSER, NEWPID, NEWNET, NEWIPC, NEWUTS, NEWCGROUP, NEWNS and NEWTIME
FAMILIES = (1, 2, 10)  # unix, internet, internet 6: all in the network namespace; vsock, for one, is not
ARCHITECTURES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}
X32 = 0x40000000  # on x86_64, a second set of numbers for the same calls

# The few instructions of the filter's language, and the places in what it is given to look at.
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
CALL, ARCHITECTURE, FIRST_ARGUMENT = 0, 4, 16
ALLOW, FAIL = 0x7FFF0000, 0x00050000
NO_NEW_PRIVS, SECCOMP, FILTER = 38, 22, 2


def known() -> bool:
    """Whether the numbers of this machine's calls are known here."""
    return platform.machine() in ARCHITECTURES


def instructions(machine: str) -> bytes:
    """The filter for a machine, "x86_64" or "aarch64". Raises KeyError for any other."""
    column, architecture = ARCHITECTURES[machine]
    program: list[tuple[int, int, int, int]] = []

    def add(code: int, value: int, then: int = 0, otherwise: int = 0) -> None:
        program.append((code, then, otherwise, value))

    def fail_if(code: int, value: int, error: int = errno.EPERM) -> None:
        add(code, value, 0, 1)
        add(RETURN, FAIL | error)

    add(LOAD, ARCHITECTURE)
    add(EQUAL, architecture, 1, 0)
    add(RETURN, FAIL | errno.EPERM)
    add(LOAD, CALL)
    if machine == "x86_64":
        fail_if(AT_LEAST, X32)
    for numbers in REFUSED.values():
        if numbers[column] is not None:
            fail_if(EQUAL, numbers[column])
    # Its flags stand in memory, where no filter can look: programs that are told there is none use clone.
    fail_if(EQUAL, CLONE3, errno.ENOSYS)
    add(EQUAL, CLONE[column], 0, 4)
    add(LOAD, FIRST_ARGUMENT)
    fail_if(ANY_BIT, NEW_NAMESPACES)
    add(RETURN, ALLOW)
    add(EQUAL, SOCKET[column], 0, 2 + len(FAMILIES))
    add(LOAD, FIRST_ARGUMENT)
    for left, family in zip(range(len(FAMILIES), 0, -1), FAMILIES, strict=True):
        add(EQUAL, family, left, 0)
    add(RETURN, FAIL | errno.EAFNOSUPPORT)
    add(RETURN, ALLOW)
    return b"".join(struct.pack("=HBBI", *instruction) for instruction in program)


def install() -> bool:
    """Put the filter on this process and all that it starts, for good. False where the machine's numbers are not known,
    or the kernel has no filters."""
    if not known():
        return False
    code = instructions(platform.machine())
    held = ctypes.create_string_buffer(code, len(code))

    class Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    libc = ctypes.CDLL(None, use_errno=True)
    program = Program(len(code) // 8, ctypes.addressof(held))
    libc.prctl(NO_NEW_PRIVS, 1, 0, 0, 0)
    return libc.prctl(SECCOMP, FILTER, ctypes.byref(program), 0, 0) == 0
