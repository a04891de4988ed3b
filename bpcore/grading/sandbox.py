"""The grader's side of the wall: starts a student's process in a sandbox, asks with deadlines, and always ends it."""

import contextlib
import json
import os
import secrets
import select
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpcore.grading import confine, warm, wire
from bpcore.grading.failures import (
    SandboxDied,
    SandboxError,
    SandboxReplyError,
    SandboxTimeout,
    SandboxUnasked,
    SandboxUnavailable,
)

__all__ = [
    "DEFAULT",
    "Limits",
    "Sandbox",
    "SandboxDied",
    "SandboxError",
    "SandboxReplyError",
    "SandboxTimeout",
    "SandboxUnasked",
    "SandboxUnavailable",
    "Trial",
]


@dataclass(frozen=True)
class Limits:
    """What one submission may use: seconds, bytes and counts."""

    start: float = 60.0
    cell: float = 20.0
    case: float = 5.0
    exercise: float = 30.0
    total: float = 240.0
    memory: int = 2 << 30  # of one process, and of all together
    scratch: int = 64 << 20  # what /tmp holds
    file: int = 16 << 20
    files: int = 128
    processes: int = 32
    output: int = 20_000  # characters that a cell shows

    def resources(self) -> dict[str, int]:
        """The limits that the student's process puts on itself before it runs anything."""
        seconds = int(self.total) + 1
        return {
            "AS": self.memory,
            "CPU": seconds,
            "FSIZE": self.file,
            "NOFILE": self.files,
            "NPROC": self.processes,
            "CORE": 0,
        }


DEFAULT = Limits()
GRACE = 2.0  # seconds between the student's own time limit and ours
SLICE = 0.25  # how often the memory is looked at


@dataclass(frozen=True)
class Trial:
    """What became of trying an answer: ``kind`` is missing, value, class or function; no observations when it ended
    its process. ``cause`` is the letter by which a bug was named. ``fresh`` is False where answers before it were tried
    in the same process, by that process's own word."""

    kind: str
    type: str
    observations: list[dict[str, Any]] | None
    cause: str = ""
    fresh: bool = True


class Sandbox:
    """One student's process. Use it in a ``with``: at the end of the block the process and all that it started are
    gone.

    It is a fork of a warm process behind the wall (see `warm`), shut off in namespaces of its own; where the machine
    does not let such a process make namespaces, it is one of its own behind a wall of its own, which takes longer to
    start. ``warmed=False`` asks for that. ``modules`` are to be imported already, if that can be had.
    """

    def __init__(
        self,
        limits: Limits = DEFAULT,
        *,
        sandboxed: bool = True,
        seconds: float | None = None,
        warmed: bool = True,
        modules: tuple[str, ...] = (),
    ) -> None:
        self.limits = limits
        self.sandboxed = sandboxed
        self.warmed = warmed
        self.modules = modules
        self.end = time.monotonic() + (limits.total if seconds is None else seconds)
        self.meanwhile: Callable[[], None] = lambda: None  # called between each question and its answer
        self._process: subprocess.Popen | None = None
        self._nest: warm.Nest | None = None
        self._pid = 0  # of the submission, as its nest counts
        self._link: socket.socket | None = None
        self._folder: tempfile.TemporaryDirectory | None = None

    def __enter__(self) -> "Sandbox":
        """Start the process. Raises SandboxUnavailable where there can be none."""
        if os.name != "posix":
            raise SandboxUnavailable(
                "Grading needs Linux (WSL on Windows): a student's code is run in a process with limits that "
                "this system lacks."
            )
        try:
            self._start()
        except BaseException:
            self.close()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def alive(self) -> bool:
        """Whether there is still a process to ask."""
        return self._process is not None or self._nest is not None

    def close(self) -> None:
        """End the process and all that it started, and wait until it is gone. Does nothing the second time."""
        process, self._process = self._process, None
        nest, self._nest = self._nest, None
        if self._link is not None:
            self._link.close()
            self._link = None
        if nest is not None and nest.end(self._pid):
            warm.give_back(nest)
        if process is not None:
            with contextlib.suppress(OSError):
                os.killpg(process.pid, signal.SIGKILL)
            process.kill()
            process.wait()
        if self._folder is not None:
            self._folder.cleanup()
            self._folder = None

    def run_cell(self, source: str) -> list[dict[str, Any]]:
        """Run a cell and return its outputs, checked and bounded. Raises SandboxError when there is no proper
        answer."""
        seconds = self.limits.cell
        reply = self._ask({"op": "cell", "source": source, "seconds": seconds}, seconds + GRACE)
        return _outputs(reply.get("outputs"), self.limits.output)

    def try_answer(
        self,
        name: str,
        drive: Mapping[str, str],
        cases: Sequence[tuple],
        cause_name: str = "",
        fresh: bool = True,
    ) -> Trial:
        """Drive the answer of that name through all cases, and read the cause under ``cause_name``. Unless it is to be
        tried in a ``fresh`` process, it may share one with answers before it, which is faster. Raises SandboxError
        when there is no proper answer.
        """
        limits = self.limits
        request = {
            "op": "drive",
            "name": name,
            "cause_name": cause_name,
            "drive": dict(drive),
            "cases": list(cases),
            "seconds": limits.case,
            "together": limits.exercise,
            "fresh": fresh,
        }
        reply = self._ask(request, limits.exercise + GRACE)
        kind, type_name, seen = reply.get("kind"), reply.get("type"), reply.get("observations")
        if kind not in ("missing", "value", "class", "function") or not isinstance(type_name, str):
            raise self._refused("its answer has no known form")
        cause = reply.get("cause") if isinstance(reply.get("cause"), str) else ""
        fresh = reply.get("fresh") is not False
        if kind in ("missing", "value") or seen is None:
            return Trial(kind, type_name[:80], None, fresh=fresh)
        if not isinstance(seen, list) or len(seen) != len(cases):
            raise self._refused("it did not answer every case")
        observations = [_observation(o, len(args)) for o, args in zip(seen, cases, strict=True)]
        return Trial(kind, type_name[:80], observations, cause[:80], fresh)

    # -- the process ------------------------------------------------------------------------------------------------

    def _start(self) -> None:
        program = self._program() if self.sandboxed else ""
        if self.sandboxed and self.warmed and not warm.impossible(program):
            try:
                self._start_warm(program)
                return
            except (SandboxUnavailable, warm.NestError) as error:
                why = "" if type(error) is warm.NestError else str(error)
            self.close()
            self._start_alone(program)
            if why:  # a wall of its own can be had, and nothing warm behind it
                warm.remember_impossible(program, why)
        else:
            self._start_alone(program)

    def _start_warm(self, program: str) -> None:
        """Have a nest fork a process. Raises NestError where it cannot shut a process off, and SandboxUnavailable."""
        for attempt in (1, 2):
            token, limits = secrets.token_hex(8), self.limits
            setup = self._setup(token) | {"alone": True, "scratch": limits.scratch}
            nest = warm.lend(program, self.modules, limits.start)
            ours, theirs = socket.socketpair()
            self._link = ours
            try:
                with theirs:
                    self._pid = nest.open(theirs, setup, limits.memory, limits.processes)
            except warm.NestError as error:
                ours.close()
                nest.close()
                if isinstance(error, warm.NestRefused) or attempt == 2:
                    raise
                continue  # it had died since the last submission
            self._nest = nest
            self._greet(token)
            return

    def _start_alone(self, program: str) -> None:
        ours, theirs = socket.socketpair()
        self._link = ours
        self._folder = tempfile.TemporaryDirectory(prefix="bpcore-grading-")
        token = secrets.token_hex(8)
        setup = self._setup(token)
        with theirs, tempfile.TemporaryFile() as told, contextlib.ExitStack() as open_files:
            if self.sandboxed:
                plan = confine.walled(program, theirs.fileno(), setup, self.limits.scratch, open_files)
            else:
                plan = confine.plain(Path(self._folder.name), theirs.fileno(), setup)
            self._process = subprocess.Popen(
                plan.command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=told,
                pass_fds=[theirs.fileno(), *plan.descriptors],
                env=plan.environment,
                cwd=plan.folder,
                start_new_session=True,
            )
            theirs.close()
            try:
                self._greet(token)
            except (SandboxTimeout, SandboxReplyError):
                raise
            except SandboxError:
                told.seek(0)
                raise SandboxUnavailable(
                    confine.blocker(told.read(4000).decode(errors="replace"), self.sandboxed)
                ) from None

    def _setup(self, token: str) -> dict[str, Any]:
        limits = self.limits
        return {"token": token, "limits": limits.resources(), "output": limits.output}

    def _greet(self, token: str) -> None:
        hello = self._receive(min(time.monotonic() + self.limits.start, self.end))
        if hello.get("token") != token:
            raise self._refused("it did not begin as it should")

    @staticmethod
    def _program() -> str:
        if not sys.platform.startswith("linux"):
            raise SandboxUnavailable(
                f"A student's code is run in a sandbox, bubblewrap, and that exists on Linux only; this is "
                f"{sys.platform}."
            )
        program = shutil.which("bwrap")
        if program is None:
            raise SandboxUnavailable(
                "A student's code is run in a sandbox, bubblewrap, and that is not installed. On Debian and "
                "Ubuntu: apt-get install bubblewrap"
            )
        return program

    # -- question and answer ----------------------------------------------------------------------------------------

    def _ask(self, request: dict[str, Any], seconds: float) -> dict[str, Any]:
        if self._link is None:
            raise SandboxDied("the process has ended")
        token = secrets.token_hex(8)
        frame = wire.encode({**request, "token": token})
        end = min(time.monotonic() + seconds, self.end)
        if select.select([self._link], [], [], 0)[0]:
            self.close()
            raise SandboxUnasked("the process ended, or spoke, without being asked")
        self._send(frame, end)
        began = time.monotonic()
        self.meanwhile()
        reply = self._receive(end + time.monotonic() - began)
        # A reply that was written before the question was asked cannot know its token.
        if reply.get("token") != token:
            raise self._refused("its answer belongs to no question")
        return reply

    def _send(self, frame: bytes, end: float) -> None:
        assert self._link is not None
        self._link.settimeout(max(0.01, end - time.monotonic()))
        try:
            self._link.sendall(frame)
        except TimeoutError:
            raise self._late() from None
        except OSError:
            raise self._dead() from None

    def _receive(self, end: float) -> dict[str, Any]:
        try:
            header = self._read(wire.HEADER.size, end)
            reply = wire.decode(header + self._read(sum(wire.lengths(header)), end))
        except wire.WireError as error:
            raise self._refused(str(error)) from None
        if not isinstance(reply, dict):
            raise self._refused("its answer has no known form")
        return reply

    def _read(self, size: int, end: float) -> bytes:
        assert self._link is not None
        data = bytearray()
        while len(data) < size:
            left = end - time.monotonic()
            if left <= 0:
                raise self._late()
            if not select.select([self._link], [], [], min(left, SLICE))[0]:
                self._look_at_memory()
                continue
            try:
                block = self._link.recv(min(1 << 20, size - len(data)))
            except OSError:
                block = b""
            if not block:
                raise self._dead()
            data += block
        return bytes(data)

    def _look_at_memory(self) -> None:
        root = self._nest or self._process
        if root is not None and confine.resident(root.pid) > self.limits.memory:
            self.close()
            raise SandboxDied("it used more memory than there is for one submission")

    def _late(self) -> SandboxTimeout:
        self.close()
        return SandboxTimeout("it did not answer in time")

    def _dead(self) -> SandboxDied:
        self.close()
        return SandboxDied("the process ended (os._exit, a crash, or too much memory)")

    def _refused(self, why: str) -> SandboxReplyError:
        self.close()
        return SandboxReplyError(f"the process broke the rules of the exchange: {why}")


# -- what a student's process says is checked before anyone reads it ---------------------------------------------------


def _text(value: Any, limit: int) -> str:
    """A string of at most so many characters that has a UTF-8 form."""
    return value[:limit].encode("utf-8", "replace").decode() if isinstance(value, str) else ""


def _outputs(items: Any, limit: int) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for item in items[:120] if isinstance(items, list) else []:
        if isinstance(item, dict) and (output := _output(item, 2 * limit)):
            limit -= len(json.dumps(output))
            shown.append(output)
        if limit < -8000:
            break
    return shown


def _output(item: dict[str, Any], limit: int) -> dict[str, Any] | None:
    kind = item.get("output_type")
    if kind == "stream" and item.get("name") in ("stdout", "stderr"):
        return {"output_type": kind, "name": item["name"], "text": _text(item.get("text"), limit)}
    if kind == "error":
        lines = item.get("traceback")
        traceback = [_text(line, 2000) for line in lines[:80]] if isinstance(lines, list) else []
        return {
            "output_type": kind,
            "ename": _text(item.get("ename"), 200),
            "evalue": _text(item.get("evalue"), 2000),
            "traceback": traceback,
        }
    if kind in ("display_data", "execute_result"):
        data = item.get("data")
        plain = _text(data.get("text/plain"), limit) if isinstance(data, dict) else ""
        number = {"execution_count": None} if kind == "execute_result" else {}
        return {"output_type": kind, "data": {"text/plain": plain}, "metadata": {}} | number
    return None


def _observation(item: Any, arguments: int) -> dict[str, Any]:
    """An observation in exactly the form that `driving.observe` gives it; a malformed one becomes one of an error."""
    if not isinstance(item, dict) or "value" not in item:
        item = {"value": None, "error": {"type": "NoAnswer", "message": "nothing could be observed"}}
    error = item.get("error")
    if error is not None:
        error = error if isinstance(error, dict) else {}
        error = {
            "type": _text(error.get("type"), 80) or "Error",
            "message": _text(error.get("message"), 400),
            "line": _text(error.get("line"), 400),
        }
    warnings, mutated = item.get("warnings"), item.get("mutated")
    return {
        "value": item["value"],
        "error": error,
        "warnings": [_text(w, 400) for w in warnings[:5]] if isinstance(warnings, list) else [],
        # What an answer prints while it is tried may hold the hidden inputs: only that it printed is told.
        "printed": "(what it printed is not shown when it is graded)" if item.get("printed") else "",
        "mutated": [i for i in mutated[:arguments] if type(i) is int and 0 <= i < arguments]
        if isinstance(mutated, list)
        else [],
    }
