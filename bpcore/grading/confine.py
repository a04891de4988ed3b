"""How a student's process is started: behind a wall that bubblewrap builds, or plainly, for code that one trusts."""

import contextlib
import ctypes
import functools
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bpcore.grading.failures import SandboxUnavailable

BPCORE = Path(__file__).resolve().parents[1]
INSIDE = ("nest", "worker", "trials", "namespaces", "seccomp", "wire")
# What the student's process gets of bpcore, and where: nothing here holds an answer.
RUNTIME = {
    **{f"{name}.py": BPCORE / "grading" / f"{name}.py" for name in INSIDE},
    "driving.py": BPCORE / "exercises" / "driving.py",
    "bpcore/__init__.py": BPCORE / "grading" / "standin.py",
    "bpcore/errors.py": BPCORE / "errors.py",
    "bpcore/datasets": BPCORE / "datasets",
}
NOBODY = 65534
NEST_SCRATCH = 1 << 20  # the nest itself writes next to nothing
CLONE_NEWUSER = 0x10000000


@dataclass(frozen=True)
class Plan:
    """A command and what it is started with."""

    command: list[str]
    environment: dict[str, str]
    folder: str | None = None
    descriptors: list[int] = field(default_factory=list)


def plain(folder: Path, link: int, setup: dict[str, Any]) -> Plan:
    """Start the worker without a wall, in a folder of its own."""
    runtime, scratch = folder / "sandbox", folder / "scratch"
    scratch.mkdir()
    for name, source in RUNTIME.items():
        target = runtime / name
        target.parent.mkdir(parents=True, exist_ok=True)
        (shutil.copytree if source.is_dir() else shutil.copyfile)(source, target)
    # Without a wall there is no pid namespace either, and a limit on processes would count all of the user's.
    limits = {name: value for name, value in setup["limits"].items() if name != "NPROC"}
    setup = {**setup, "limits": limits, "user": None, "alone": False, "packages": [str(path) for path in _packages()]}
    return Plan(_python(f"{runtime}/worker.py", link, setup), _environment(str(scratch)), str(scratch))


def walled(program: str, link: int, setup: dict[str, Any], scratch: int, open_files: contextlib.ExitStack) -> Plan:
    """Start the worker in namespaces of its own, where only what it needs is mounted, and read-only."""
    return _wall(program, "worker", link, setup, scratch, open_files)


def nested(program: str, link: int, setup: dict[str, Any], open_files: contextlib.ExitStack) -> Plan:
    """Start the nest, which makes the namespaces of each submission itself, behind the same wall."""
    return _wall(program, "nest", link, setup, NEST_SCRATCH, open_files)


def _wall(
    program: str,
    script: str,
    link: int,
    setup: dict[str, Any],
    scratch: int,
    open_files: contextlib.ExitStack,
) -> Plan:
    options = _options(program)
    descriptors: list[int] = []
    command = [program, "--die-with-parent", "--new-session"]
    # No process of bubblewrap's own behind the wall: it would be the student's user's, without a student's limits.
    command += ["--as-pid-1"] if "--as-pid-1" in options else []
    for name in ("pid", "ipc", "uts", "net", "cgroup-try"):
        command.append(f"--unshare-{name}")
    command += ["--cap-drop", "ALL"]
    if script == "nest":  # what makes namespaces, and ends what runs in them as another user
        command += ["--cap-add", "CAP_SYS_ADMIN", "--cap-add", "CAP_KILL"]
    if os.getuid() == 0:
        # Inside, root would still be root to the kernel: no limit on processes, and root's rights on what is mounted.
        namespace = _user_namespace()
        open_files.callback(os.close, namespace)
        descriptors.append(namespace)
        command += ["--userns", str(namespace), "--cap-add", "CAP_SETUID", "--cap-add", "CAP_SETGID"]
    else:
        command += ["--unshare-user", "--uid", str(NOBODY), "--gid", str(NOBODY)]
        command += ["--disable-userns"] if script != "nest" and "--disable-userns" in options else []
    packages = _packages()
    mounts = {Path("/usr"): Path("/usr")}
    if not _base().is_relative_to("/usr"):
        mounts[_base()] = _base()
    mounts |= {path: Path(f"/site/{i}") for i, path in enumerate(packages)}
    command += ["--perms", "1777"] if "--perms" in options else []
    command += ["--size", str(scratch)] if "--size" in options else []
    command += ["--tmpfs", "/tmp"]
    if "--perms" in options:  # folders that a mount brings about would be closed to nobody
        inner = [*mounts.values(), *(Path("/sandbox", name) for name in RUNTIME), Path("/dev/null"), Path("/etc/fonts")]
        for parent in sorted({p for path in inner for p in path.parents} - {Path("/"), Path("/tmp")}):
            command += ["--perms", "0755", "--dir", str(parent)]
    for source, target in mounts.items():
        command += ["--ro-bind", str(source), str(target)]
    for source, target in mounts.items():
        for hidden in _hidden(packages):
            if hidden.is_relative_to(source) and hidden != source:
                command += ["--tmpfs", str(target / hidden.relative_to(source))]
    for name in ("/lib", "/lib64", "/lib32", "/bin"):
        if os.path.islink(name):
            command += ["--symlink", os.readlink(name), name]
        elif os.path.isdir(name):
            command += ["--ro-bind", name, name]
    command += ["--ro-bind-try", "/etc/ld.so.cache", "/etc/ld.so.cache", "--ro-bind-try", "/etc/fonts", "/etc/fonts"]
    for name, source in RUNTIME.items():
        command += ["--ro-bind", str(source), f"/sandbox/{name}"]
    command += ["--proc", "/proc"]
    # Not bubblewrap's whole /dev: its terminals are there for all, and it makes a second user namespace for them.
    for name in ("null", "zero", "full", "random", "urandom"):
        command += ["--dev-bind", f"/dev/{name}", f"/dev/{name}"]
    command += ["--symlink", "/proc/self/fd", "/dev/fd"]
    command += ["--chdir", "/tmp", "--remount-ro", "/", "--clearenv"]
    environment = _environment("/tmp")
    for name, value in environment.items():
        command += ["--setenv", name, value]
    setup = {**setup, "user": inner_user(), "alone": True, "packages": [str(mounts[path]) for path in packages]}
    return Plan([*command, *_python(f"/sandbox/{script}.py", link, setup)], environment, None, descriptors)


def inner_user() -> int | None:
    """Who a submission becomes behind the wall; None where it is nobody from the start."""
    return NOBODY if os.getuid() == 0 else None


def blocker(told: str, sandboxed: bool) -> str:
    """Why no process could be started, from what the attempt said: the usual blockers are named."""
    told = " ".join(told.split())[-600:]
    if not sandboxed or "Traceback" in told or "execvp" in told:
        return f"The process that runs a student's code did not start: {told or 'it said nothing'}"
    if _kernel_says("../user/max_user_namespaces", "0"):
        why = "user namespaces are turned off: sudo sysctl user.max_user_namespaces=10000"
    elif _kernel_says("apparmor_restrict_unprivileged_userns", "1") and os.getuid() != 0:
        why = (
            "Ubuntu's AppArmor rule forbids user namespaces (kernel.apparmor_restrict_unprivileged_userns = 1). Give "
            "bwrap an AppArmor profile with `userns,`, or: sudo sysctl kernel.apparmor_restrict_unprivileged_userns=0"
        )
    elif _kernel_says("unprivileged_userns_clone", "0") and os.getuid() != 0:
        why = "this kernel forbids user namespaces: sudo sysctl kernel.unprivileged_userns_clone=1"
    elif os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv"):
        why = (
            "this container forbids it, as Docker's default seccomp profile does: start it with --security-opt "
            "seccomp=unconfined --security-opt systempaths=unconfined, or grade outside of it"
        )
    else:
        why = (
            "user namespaces may be forbidden here (in Docker by its default seccomp profile, on Ubuntu 24.04 by "
            "kernel.apparmor_restrict_unprivileged_userns)"
        )
    return f"bubblewrap is installed and could not build the sandbox: {why}. It said: {told or 'nothing'}"


def resident(root: int) -> int:
    """The bytes of memory that all descendants of a process hold; 0 where there is no /proc."""
    return sum(size for _, size in descendants(root))


def descendants(root: int) -> list[tuple[int, int]]:
    """Every process that descends from this one, with the bytes that it holds; none where there is no /proc."""
    children: dict[int, list[tuple[int, int]]] = {}
    page = 4096 if os.name != "posix" else os.sysconf("SC_PAGE_SIZE")
    with contextlib.suppress(OSError):
        for entry in os.scandir("/proc"):
            if entry.name.isdigit():
                with (
                    contextlib.suppress(OSError, ValueError, IndexError),
                    open(f"/proc/{entry.name}/stat", encoding="utf-8", errors="replace") as file,
                ):
                    fields = file.read().rpartition(")")[2].split()
                    children.setdefault(int(fields[1]), []).append((int(entry.name), int(fields[21]) * page))
    found, waiting = [], [root]
    while waiting:
        born = children.pop(waiting.pop(), [])
        found += born
        waiting += [pid for pid, _ in born]
    return found


def _python(script: str, link: int, setup: dict[str, Any]) -> list[str]:
    python = os.path.realpath(getattr(sys, "_base_executable", None) or sys.executable)
    return [python, "-I", "-S", "-B", "-X", "utf8", script, str(link), json.dumps(setup)]


def _environment(home: str) -> dict[str, str]:
    one_thread = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
    folders = dict.fromkeys(("HOME", "TMPDIR", "IPYTHONDIR", "MPLCONFIGDIR"), home)
    return {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "USER": "student", "MPLBACKEND": "agg", **folders, **one_thread}


def _base() -> Path:
    return Path(sys.base_prefix).resolve()


def _packages() -> list[Path]:
    """Where installed packages are found, in order."""
    found = [
        Path(p).resolve() for p in sys.path if Path(p).name in ("site-packages", "dist-packages") and Path(p).is_dir()
    ]
    return list(dict.fromkeys(found))


def _hidden(packages: list[Path]) -> list[Path]:
    """Every folder that holds the reference: where bpcore is installed, and the course around it."""
    checkout = BPCORE.parent
    here = checkout if (checkout / "pyproject.toml").is_file() else BPCORE
    return [here, *(path / "bpcore" for path in packages if (path / "bpcore").is_dir())]


@functools.cache
def _options(program: str) -> str:
    done = subprocess.run([program, "--help"], capture_output=True, text=True, timeout=20, check=False)
    return done.stdout + done.stderr


def _kernel_says(name: str, value: str) -> bool:
    try:
        return Path("/proc/sys/kernel", name).read_text(encoding="ascii").strip() == value
    except OSError:
        return False


def _user_namespace() -> int:
    """A new user namespace, as a descriptor: root builds the sandbox in it, and nobody is who runs there afterwards."""
    libc = ctypes.CDLL(None, use_errno=True)
    ready, tell_ready = os.pipe()
    wait, release = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            os.close(release)
            os.write(tell_ready, b"y" if libc.unshare(CLONE_NEWUSER) == 0 else b"n")
            os.read(wait, 1)
        finally:
            os._exit(0)
    try:
        os.close(wait)
        if os.read(ready, 1) != b"y":
            raise SandboxUnavailable(blocker("unshare(CLONE_NEWUSER) was refused", True))
        try:
            for kind in ("uid_map", "gid_map"):
                Path(f"/proc/{child}/{kind}").write_text(f"0 0 1\n{NOBODY} {NOBODY} 1\n", encoding="ascii")
        except OSError as error:
            raise SandboxUnavailable(
                f"Started as root, the grader becomes nobody (user {NOBODY}) before it runs a student's code, and may "
                f"not here ({error.strerror}): this container has no such user, or lacks CAP_SETUID and CAP_SETGID. "
                "Give it both and its usual range of users, or grade as an ordinary user."
            ) from None
        return os.open(f"/proc/{child}/ns/user", os.O_RDONLY)
    finally:
        for descriptor in (ready, tell_ready, release):
            os.close(descriptor)
        os.waitpid(child, 0)
