"""The student's side of the wall: runs cells, and tries answers, in a process that holds nothing worth stealing.

It is run as a script in the sandbox, beside ``wire.py``, ``driving.py`` and the stand-in for bpcore. Whatever it says
may be forged by the code that it runs: the grader believes values only, since nobody can forge the right ones without
computing them.
"""

import ast
import contextlib
import functools
import io
import json
import linecache
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

FIRST = (1, 2)  # the worker's process id in a pid namespace of its own; an old bubblewrap's comes before it
MAX_OUTPUTS = 100
MAX_LINES = 60
MAX_LINE = 2_000


class ExitCalled(Exception):
    """Raised by exit() and quit(): in JupyterLab they end the kernel, and here there is nothing to end."""


class Outputs:
    """What a cell shows, as notebook outputs, up to a number of characters."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        self.clear()

    def clear(self, *_: Any, **__: Any) -> None:
        """Forget everything."""
        self.items: list[dict[str, Any]] = []
        self.left = self.limit

    def cut(self, text: str) -> str:
        """As much of the text as there is room for."""
        text = str(text)
        kept, self.left = text[: self.left], max(0, self.left - len(text))
        return kept if len(kept) == len(text) else kept + "\n… the rest is cut off …\n" if kept else ""

    def stream(self, name: str, text: str) -> None:
        """Add text to a stream."""
        text = self.cut(text)
        if text and self.items and self.items[-1].get("name") == name:
            self.items[-1]["text"] += text
        elif text:
            self.add({"output_type": "stream", "name": name, "text": text})

    def plain(self, kind: str, data: dict[str, Any], number: int | None = None) -> None:
        """Add the text of a value that is displayed or returned."""
        text = self.cut(data.get("text/plain", ""))
        if text:
            shown: dict[str, Any] = {"output_type": kind, "data": {"text/plain": text}, "metadata": {}}
            self.add(shown | ({"execution_count": number} if kind == "execute_result" else {}))

    def error(self, name: str, value: str, lines: list[str]) -> None:
        """Add an exception."""
        self.left = max(self.left, 4_000)  # there is always room to say what went wrong
        lines = [line[:MAX_LINE] for text in lines for line in str(text).splitlines()]
        if len(lines) > MAX_LINES:
            lines = [*lines[: MAX_LINES // 2], "…", *lines[-MAX_LINES // 2 :]]
        self.add(
            {
                "output_type": "error",
                "ename": self.cut(name),
                "evalue": self.cut(value),
                "traceback": [self.cut(x) for x in lines],
            }
        )

    def add(self, output: dict[str, Any]) -> None:
        """Add one output, if there are not too many."""
        if len(self.items) < MAX_OUTPUTS:
            self.items.append(output)


class Stream(io.TextIOBase):
    """A stdout or stderr that writes into the outputs."""

    def __init__(self, outputs: Outputs, name: str) -> None:
        self.outputs, self.name = outputs, name

    def writable(self) -> bool:
        """Always."""
        return True

    def write(self, text: str) -> int:
        """Add the text to the outputs."""
        self.outputs.stream(self.name, text)
        return len(text)


def make_shell(outputs: Outputs) -> Any:
    """IPython without a terminal, history or files, that shows into ``outputs``."""
    from IPython.core.displayhook import DisplayHook
    from IPython.core.displaypub import DisplayPublisher
    from IPython.core.interactiveshell import InteractiveShell
    from traitlets.config import Config

    class Publisher(DisplayPublisher):
        def publish(self, data: dict, *_: Any, **__: Any) -> None:
            outputs.plain("display_data", data)

        def clear_output(self, wait: bool = False) -> None:
            outputs.clear()

    class Hook(DisplayHook):
        def start_displayhook(self) -> None: ...
        def write_output_prompt(self) -> None: ...
        def finish_displayhook(self) -> None: ...
        def write_format_data(self, data: dict, *_: Any) -> None:
            outputs.plain("execute_result", data, self.prompt_count)

    class Shell(InteractiveShell):
        def _showtraceback(self, kind: type, error: BaseException, lines: list[str]) -> None:
            outputs.error(kind.__name__, str(error), lines)

        def enable_gui(self, gui: Any = None) -> None: ...

        def ask_exit(self) -> None:
            raise ExitCalled("exit() ends this cell here, and nothing else: the cells after it are run")

        def system(self, cmd: str) -> None:
            # IPython would open a terminal for the command, and there is none behind the wall.
            command = self.var_expand(cmd, depth=1)
            with subprocess.Popen(
                command, shell=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, errors="replace"
            ) as process:
                for block in iter(lambda: process.stdout.read(4096), ""):
                    sys.stdout.write(block)
            self.user_ns["_exit_code"] = process.returncode

    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.PlainTextFormatter.max_seq_length = 200
    config.DisplayFormatter.active_types = ["text/plain"]
    path = list(sys.path)
    shell = Shell.instance(config=config, display_pub_class=Publisher, displayhook_class=Hook)
    sys.path[:] = path  # IPython puts the working folder first
    return shell


def run_cell(
    shell: Any, outputs: Outputs, source: str, seconds: float, tree: ast.Module | None = None
) -> list[dict[str, Any]]:
    """Run a cell's source, magics and all, and return what it showed. ``tree`` is its syntax, where it is known."""
    outputs.clear()
    import trials

    try:
        with trials.time_limit(seconds):
            if _shows_nothing(tree):
                try:
                    define(shell, source)
                    return outputs.items
                except Exception:
                    outputs.clear()  # IPython tells it better, and to define the same once more changes nothing
            shell.run_cell(source, store_history=True)
    except BaseException as error:  # it struck outside of the cell's own code
        outputs.error(type(error).__name__, str(error), [])
    return outputs.items


def _shows_nothing(tree: ast.Module | None) -> bool:
    """Whether a cell only defines, and does not end with a value, which would be shown."""
    import trials

    return trials.only_defines(tree) and bool(tree.body) and not isinstance(tree.body[-1], ast.Expr)


def define(shell: Any, source: str) -> None:
    """Run a cell that only defines, without all that IPython does around it."""
    name = shell.compile.cache(source, shell.execution_count)
    shell.execution_count += 1
    exec(shell.compile(source, name, "exec"), shell.user_ns)


def answer_of(names: dict[str, Any], name: str) -> dict[str, str]:
    """What stands under the answer's name: ``kind`` is missing, class, function or value, ``type`` the name of its
    type."""
    if name not in names:
        return {"kind": "missing", "type": ""}
    value = names[name]
    kind = "class" if isinstance(value, type) else "function" if callable(value) else "value"
    return {"kind": kind, "type": type(value).__name__}


def sweep(alone: bool, trials: Any) -> None:
    """End every process that the student's code has left behind. Behind the wall there are no others; elsewhere it
    must not be tried."""
    if not alone or os.getpid() not in FIRST:
        return
    known = {str(pid) for pid in (1, os.getpid(), trials.child)}
    if all(not name.isdigit() or name in known for name in os.listdir("/proc")):
        return
    with contextlib.suppress(OSError):
        os.kill(-1, signal.SIGKILL)  # all but this one and the sandbox's own
    trials.end()
    with contextlib.suppress(OSError):
        while os.waitpid(-1, os.WNOHANG)[0]:
            pass


def set_limits(limits: dict[str, int]) -> None:
    """Bound this process for good: memory, time, files, processes."""
    import resource

    for name, value in limits.items():
        kind = getattr(resource, f"RLIMIT_{name}")
        hard = resource.getrlimit(kind)[1]
        with contextlib.suppress(ValueError, OSError):  # some systems cannot bound memory
            value = value if hard == resource.RLIM_INFINITY else min(value, hard)
            resource.setrlimit(kind, (value, value))


def reseed() -> None:
    """Give a fork chance of its own: numpy's global generator would repeat the one that it was copied from."""
    import numpy

    numpy.random.seed()  # noqa: NPY002 -- this is the generator that a student's own np.random uses


def silence() -> None:
    """Send what is written past Python's own streams nowhere."""
    nowhere = os.open(os.devnull, os.O_RDWR)
    for descriptor in (0, 1, 2):
        os.dup2(nowhere, descriptor)
    if nowhere > 2:
        os.close(nowhere)


@dataclass(frozen=True)
class Warm:
    """What is made once, before any student's code runs: the shell, and what catches its outputs."""

    shell: Any
    outputs: Outputs


def prepare() -> Warm:
    """Import and make all that a submission needs, and try it once."""
    import trials  # noqa: F401 -- imported here to be there

    import bpcore.datasets

    outputs = Outputs(10_000)
    shell = make_shell(outputs)
    # A traceback never needs more of a file than this, and pages of it would be read for every error.
    linecache.checkcache = lambda filename=None: None
    bpcore.datasets.load_digits()
    shell.run_cell("1 / 0")  # what tells of errors, and reads data, imports more when it is first used
    outputs.clear()
    for name in ("last_type", "last_value", "last_traceback"):
        vars(sys).pop(name, None)
    return Warm(shell, outputs)


def serve(link: socket.socket, setup: dict[str, Any], warm: Warm) -> None:
    """Answer requests until the other side hangs up."""
    import trials
    import wire

    shell, outputs = warm.shell, warm.outputs
    outputs.limit = setup["output"]
    sys.stdout, sys.stderr = Stream(outputs, "stdout"), Stream(outputs, "stderr")
    sys.__stdout__, sys.__stderr__ = sys.stdout, sys.stderr
    silence()  # only now, so that whatever could not be imported has been told
    link.sendall(wire.encode({"token": setup["token"]}))
    requests, me = link.makefile("rb"), os.getpid()
    apart = trials.Trials(functools.partial(define, shell), shell.user_ns)
    while header := requests.read(wire.HEADER.size):
        frame = header + requests.read(sum(wire.lengths(header)))
        request = wire.decode(frame)
        told: dict[str, Any] = {"token": request["token"]}
        if request["op"] == "cell":
            tree, began = trials.parsed(request["source"]), time.perf_counter()
            shown = run_cell(shell, outputs, request["source"], request["seconds"], tree)
            took = time.perf_counter() - began
            if os.getpid() != me:  # a fork that the cell made must not answer as well
                os._exit(0)
            failed = any(output["output_type"] == "error" for output in shown)
            apart.ran(request["source"], tree, failed, took)
            sweep(setup["alone"], apart)
            link.sendall(wire.encode({**told, "outputs": shown}))
            continue
        told |= answer_of(shell.user_ns, request["name"])
        if told["kind"] not in ("class", "function"):
            link.sendall(wire.encode({**told, "observations": []}))
            continue
        cause = shell.user_ns.get(request["cause_name"])
        told["cause"] = cause if type(cause) is str else ""
        reply, fresh = apart.ask(frame, told, request["fresh"], request["together"])
        sweep(setup["alone"], apart)
        link.sendall(reply or wire.encode({**told, "fresh": fresh, "observations": None}))


def main() -> None:
    """Set the limits, then serve: the arguments are a descriptor and the setup as JSON."""
    setup = json.loads(sys.argv[2])
    sys.path[:0] = [str(Path(__file__).parent)]
    sys.path += setup["packages"]
    link = socket.socket(fileno=int(sys.argv[1]))
    if setup["alone"]:
        import namespaces

        if setup["user"] is not None:
            namespaces.become(setup["user"])
        namespaces.die_with_parent()  # a change of user forgets it
        set_limits(setup["limits"])
        namespaces.keep_only(link.fileno())
        namespaces.renounce()
        namespaces.refuse_calls()
    else:
        set_limits(setup["limits"])
    os.umask(0o077)
    serve(link, setup, prepare())


if __name__ == "__main__":
    main()
