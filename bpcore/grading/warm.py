"""The nests: processes behind the wall that stay warm between submissions, lent out one at a time, and replaced.

A nest serves one submission at a time. It never runs a student's code itself; one that dies, or does not answer, is
ended with all that it started, and after so many submissions a new one takes its place.
"""

import contextlib
import json
import multiprocessing.util
import os
import secrets
import select
import signal
import socket
import subprocess
import tempfile
import threading
from typing import Any

from bpcore.grading import cgroups, confine, seccomp
from bpcore.grading.failures import SandboxError, SandboxUnavailable

SUBMISSIONS = 200  # that one nest serves
KEPT = 4  # nests that wait for the next submission
ANSWER = 10.0  # seconds in which a nest opens or ends a submission
LARGEST = 65_536
SPARE_MEMORY, SPARE_PROCESSES = 256 << 20, 16  # what the nest and bubblewrap need beside the submission
PLOTTING = ("matplotlib.pyplot",)


class NestError(SandboxError):
    """The nest did not do what it was asked."""


class NestRefused(NestError):
    """The nest is well, and this machine does not let it shut a submission off."""


class Nest:
    """One warm process. ``modules`` is what it has imported beside numpy and IPython."""

    def __init__(self, program: str, modules: tuple[str, ...] = (), seconds: float = 60.0) -> None:
        self.program, self.modules = program, modules
        self.served = 0
        self.group = cgroups.make()
        self.owner = os.getpid()
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        token = secrets.token_hex(8)
        try:
            with theirs, tempfile.TemporaryFile() as told, contextlib.ExitStack() as open_files:
                plan = confine.nested(program, theirs.fileno(), {"token": token, "modules": modules}, open_files)
                self.process = subprocess.Popen(
                    _inside(self.group, plan.command),
                    stdin=subprocess.DEVNULL,
                    stdout=subprocess.DEVNULL,
                    stderr=told,
                    pass_fds=[theirs.fileno(), *plan.descriptors],
                    env=plan.environment,
                    start_new_session=True,
                )
                theirs.close()
                try:
                    if self._hear(seconds).get("token") != token:
                        raise NestError("it did not begin as it should")
                except NestError:
                    told.seek(0)
                    words = told.read(4000).decode(errors="replace")
                    raise SandboxUnavailable(confine.blocker(words, True)) from None
        except BaseException:
            self.close()
            raise
        if self.group is not None and not self.group.holds(self.process.pid):
            self.group.remove()
            self.group = None

    @property
    def alive(self) -> bool:
        """Whether it can serve another submission."""
        return self.process.poll() is None and self.owner == os.getpid()

    @property
    def pid(self) -> int:
        """The process from which all that is behind this wall descends."""
        return self.process.pid

    def open(self, link: socket.socket, setup: dict[str, Any], memory: int, processes: int) -> int:
        """Fork a submission that serves on the link. Raises NestError, and NestRefused."""
        if self.group is not None:
            self.group.limit(memory + SPARE_MEMORY, processes + SPARE_PROCESSES)
        request = {**setup, "op": "open", "user": confine.inner_user(), "filtered": seccomp.known()}
        try:
            self._control.settimeout(ANSWER)
            socket.send_fds(self._control, [json.dumps(request).encode()], [link.fileno()])
        except OSError as error:
            raise NestError(f"the nest has ended ({error})") from None
        reply = self._hear(ANSWER)
        self.served += 1
        if reply.get("error"):
            raise NestRefused(str(reply["error"]))
        return int(reply["pid"])

    def end(self, pid: int) -> bool:
        """End a submission and all that it started; if the nest cannot, end the nest, and say False."""
        try:
            self._control.send(json.dumps({"op": "end", "pid": pid}).encode())
            if self._hear(ANSWER).get("ended"):
                return True
        except (NestError, OSError):
            pass
        self.close()
        return False

    def close(self) -> None:
        """End the nest and all behind its wall. Does nothing the second time."""
        self._control.close()
        process = getattr(self, "process", None)
        if process is not None and self.owner == os.getpid() and process.returncode is None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        if self.group is not None and self.owner == os.getpid():
            self.group.remove()
            self.group = None

    def _hear(self, seconds: float) -> dict[str, Any]:
        if not select.select([self._control], [], [], seconds)[0]:
            raise NestError("the nest did not answer in time")
        try:
            message = self._control.recv(LARGEST)
            reply = json.loads(message)
        except (OSError, ValueError):
            raise NestError("the nest has ended") from None
        return reply


def _inside(group: cgroups.Group | None, command: list[str]) -> list[str]:
    """The command, started from within a control group."""
    if group is None:
        return command
    enter = "; ".join(f'echo $$ > "${i}"' for i in range(1, len(group.entrances) + 1))
    return ["/bin/sh", "-c", f'{enter}; shift {len(group.entrances)}; exec "$@"', "sh", *group.entrances, *command]


_lock = threading.Lock()
_idle: list[Nest] = []
_impossible: dict[str, str] = {}


def lend(program: str, modules: tuple[str, ...] = (), seconds: float = 60.0) -> Nest:
    """A nest with nothing to do, a new one if there is none. Raises SandboxUnavailable where none can start."""
    with _lock:
        _idle[:] = [nest for nest in _idle if nest.alive or nest.close()]
        for nest in _idle:
            if (nest.program, nest.modules) == (program, modules):
                _idle.remove(nest)
                return nest
    return Nest(program, modules, seconds)


def give_back(nest: Nest) -> None:
    """Keep a nest for the next submission, unless it has served its time."""
    with _lock:
        if nest.alive and nest.served < SUBMISSIONS and len(_idle) < KEPT:
            _idle.append(nest)
            return
    nest.close()


def impossible(program: str) -> str:
    """Why no nest can shut a submission off on this machine, or "" as far as is known."""
    return _impossible.get(program, "")


def remember_impossible(program: str, why: str) -> None:
    """From now on, each submission gets a wall of its own."""
    _impossible[program] = why


def close_all() -> None:
    """End the nests that wait."""
    with _lock:
        while _idle:
            _idle.pop().close()


# At the end of this process, and of one that multiprocessing has started, which runs nothing that atexit knows.
multiprocessing.util.Finalize(None, close_all, exitpriority=10)
