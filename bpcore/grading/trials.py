"""Tries answers in a process apart from the one that runs the cells, so that no answer leaves a trace there.

Runs behind the wall. The process for trials is a fork of the one that runs the cells. Forking is most of the cost of a
trial (all that either touches afterwards is copied), so the fork stays: a cell that only defines something, or one that
was quick and reaches for nothing beyond its own names, is run in it as well, and the next answer is tried there; any
other cell ends it, and the next trial forks anew. The grader asks for a fresh fork where an answer was not right, since
an answer tried before may be to blame.
"""

import ast
import contextlib
import os
import re
import select
import signal
import socket
import time
import warnings
from collections.abc import Callable, Iterator
from typing import Any

import driving
import wire

# What a cell may be made of to be run a second time without a difference: nothing here calls anything.
QUIET = (
    ast.Module, ast.ClassDef, ast.Import, ast.ImportFrom, ast.alias, ast.Assign, ast.AnnAssign, ast.Expr, ast.Constant,
    ast.Name, ast.Attribute, ast.Tuple, ast.List, ast.Dict, ast.UnaryOp, ast.unaryop, ast.expr_context, ast.arguments,
    ast.arg, ast.Pass,
)  # fmt: skip

# What a cell may not hold to be run a second time with the same outcome, whatever it calls: chance, clocks, files, and
# all by which code gets at more than its own names.
TELLING = re.compile(
    r"__|rand|rng|shuffle|permut|choice|normal|uniform|seed|time|date|perf_counter|uuid|\b(?:import|exec|eval|compile|open|exit|"
    r"quit|breakpoint|input|setattr|delattr|getattr|vars|globals|locals|global|get_ipython|os|sys|gc|id|hash|seterr|"
    r"save\w*|load\w*|tofile|thread\w*|signal)\b"
)
QUICK = 0.003  # seconds: running a cell again takes less than a fork


class TimeLimit(BaseException):
    """Raised in code that ran too long. Not an Exception, so that ``except Exception`` in a loop does not swallow
    it."""


@contextlib.contextmanager
def time_limit(seconds: float) -> Iterator[None]:
    """Raise TimeLimit in the block after so many seconds, and again every half second, for code that catches it."""

    def stop(*_: Any) -> None:
        raise TimeLimit(f"Stopped after {seconds:g} seconds.")

    signal.signal(signal.SIGALRM, stop)
    signal.setitimer(signal.ITIMER_REAL, seconds, 0.5)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def parsed(source: str) -> ast.Module | None:
    """The cell's syntax tree, or None for one that Python alone does not understand."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # it is told where the cell is run
            return ast.parse(source)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def only_defines(tree: ast.Module | None) -> bool:
    """Whether a cell only defines functions, classes and names, and calls nothing."""
    if tree is None:
        return False
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            waiting += [node.args, *getattr(node, "decorator_list", ())]
            continue
        if not isinstance(node, QUIET):
            return False
        waiting += ast.iter_child_nodes(node)
    return True


def drive(answer: Callable, request: dict[str, Any]) -> list[dict[str, Any]]:
    """Try the answer on every case and return what was observed; after one that takes too long, no more are tried."""
    move = driving.call
    if request["drive"]["source"]:
        scope: dict[str, Any] = {"__name__": "drive", "np": driving.np}
        exec(compile(request["drive"]["source"], "<drive>", "exec"), scope)
        move = scope[request["drive"]["name"]]
    seen: list[dict[str, Any]] = []
    for args in request["cases"]:
        if seen and (seen[-1]["error"] or {}).get("type") == "TimeLimit":
            seen.append(seen[-1])
            continue
        try:
            with time_limit(request["seconds"]):
                seen.append(driving.observe(answer, move, args))
        except TimeLimit as error:
            seen.append(driving.nothing_seen("TimeLimit", str(error)))
    return seen


def drive_reply(answer: Any, request: dict[str, Any], told: dict[str, Any]) -> bytes:
    """The frame with all observations; a value that is too large to send is left out."""
    seen = drive(answer, request)
    with contextlib.suppress(wire.WireError):
        frame = wire.encode({**told, "observations": seen})
        if len(frame) <= wire.MAX_FRAME // 2:
            return frame
    room = wire.MAX_FRAME // (2 * len(seen) or 1)
    for observation in seen:
        try:
            fits = len(wire.encode(observation)) <= room
        except wire.WireError:
            fits = False
        if not fits:
            observation["value"] = {"opaque": "a value that is too large"}
    return wire.encode({**told, "observations": seen})


class Trials:
    """The process in which answers are tried, forked when it is needed. ``define`` runs a cell that only defines, and
    ``names`` are the student's."""

    def __init__(self, define: Callable[[str], Any], names: dict[str, Any]) -> None:
        self.define, self.names = define, names
        self.child = 0
        self.link: socket.socket | None = None
        self.waiting: list[str] = []

    def ran(self, source: str, tree: ast.Module | None, failed: bool, seconds: float) -> None:
        """Take note of a cell that was run, and how long it took: the process for trials runs it as well, or ends."""
        if not self.child:
            return
        again = only_defines(tree) or (tree is not None and seconds < QUICK and not TELLING.search(source))
        if again and not failed:
            self.waiting.append(source)
        else:
            self.end()

    def ask(self, frame: bytes, told: dict[str, Any], fresh: bool, seconds: float) -> tuple[bytes, bool]:
        """Try an answer: the reply's frame, b"" when there is none, and whether it was tried in a fresh fork."""
        # What it says unasked is no answer of this trial.
        if fresh or self.link is None or select.select([self.link], [], [], 0)[0]:
            self.end()
        fresh = not self.child
        if fresh:
            self._fork()
        end = time.monotonic() + seconds
        about = wire.encode({"cells": self.waiting, "told": {**told, "fresh": fresh}})
        self.waiting = []
        reply = b""
        with contextlib.suppress(OSError):
            self.link.settimeout(seconds)
            self.link.sendall(about + frame)
            reply = _read(self.link, end)
        if not reply or told["token"].encode() not in reply[: wire.HEADER.size + 200]:
            self.end()
            return b"", fresh
        return reply, fresh

    def end(self) -> None:
        """End the process for trials and its group. Does nothing where there is none."""
        if self.link is not None:
            self.link.close()
            self.link = None
        child, self.child = self.child, 0
        self.waiting = []
        if child:
            for kill in (os.killpg, os.kill):
                with contextlib.suppress(OSError):
                    kill(child, signal.SIGKILL)
            with contextlib.suppress(ChildProcessError):
                os.waitpid(child, 0)

    def _fork(self) -> None:
        ours, theirs = socket.socketpair()
        child = os.fork()
        if child == 0:
            try:
                ours.close()
                os.setpgid(0, 0)
                self._serve(theirs)
            finally:
                os._exit(0)
        theirs.close()
        self.child, self.link = child, ours

    def _serve(self, link: socket.socket) -> None:
        me, requests = os.getpid(), link.makefile("rb")
        while header := requests.read(wire.HEADER.size):
            about = wire.decode(header + requests.read(sum(wire.lengths(header))))
            header = requests.read(wire.HEADER.size)
            request = wire.decode(header + requests.read(sum(wire.lengths(header))))
            for source in about["cells"]:
                self.define(source)
            reply = drive_reply(self.names.get(request["name"]), request, about["told"])
            if os.getpid() != me:  # a fork that the answer made must not answer as well
                return
            link.sendall(reply)


def _read(link: socket.socket, end: float) -> bytes:
    """One frame, or b"" when none comes in time; as much is read as its header says."""
    data, size = bytearray(), wire.HEADER.size
    while len(data) < size:
        left = end - time.monotonic()
        if left <= 0 or not select.select([link], [], [], left)[0]:
            return b""
        block = link.recv(min(1 << 20, size - len(data)))
        if not block:
            return b""
        data += block
        if size == len(data) == wire.HEADER.size:
            try:
                size += sum(wire.lengths(bytes(data)))
            except wire.WireError:
                return b""
    return bytes(data)
