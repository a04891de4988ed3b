"""Processes that work side by side through a list of tasks: one that dies is replaced, and its task is tried again."""

import contextlib
import multiprocessing
import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from typing import Any

# A new Python, and not a copy of this one: what it inherits would differ from system to system, and threads break it.
SPAWN = multiprocessing.get_context("spawn")
TRIES = 2
LEAVE = 2.0  # seconds in which a process that has nothing to do may end itself


@dataclass(frozen=True)
class Lost:
    """What a task gave that could not be done, in a sentence."""

    why: str


@dataclass
class _Worker:
    process: Any
    pipe: Connection
    task: Any = None
    tried: int = 0
    since: float = 0.0

    def end(self) -> None:
        """End the process, whatever it does."""
        self.pipe.close()
        self.process.kill()
        self.process.join()


def each(
    function: Callable[[Any], Any], tasks: Iterable[Any], workers: int | None = None, *, seconds: float = 600.0
) -> Iterator[tuple[Any, Any]]:
    """Call the function on each task, in processes of their own, and yield (task, what it gave) as they are done.

    A process that dies, or takes longer than ``seconds``, is replaced, and its task tried once more; after that, and
    for a function that raises, a `Lost` is yielded. The function and the tasks are pickled. ``workers`` is the number
    of processes, by default that of the cores. Closing the iterator ends the processes.
    """
    waiting = deque((task, 1) for task in tasks)
    most = min(workers or cores(), len(waiting))
    crew: list[_Worker] = []
    try:
        while waiting or any(worker.tried for worker in crew):
            while waiting and (free := _free(crew, most, function)) is not None:
                free.task, free.tried = waiting.popleft()
                free.since = time.monotonic()
                with contextlib.suppress(OSError):  # it has died since: its pipe says so below
                    free.pipe.send(free.task)
            busy = [worker for worker in crew if worker.tried]
            ready = wait([worker.pipe for worker in busy], timeout=1.0)
            for worker in busy:
                late = time.monotonic() - worker.since > seconds
                if worker.pipe not in ready and not late:
                    continue
                task, tried = worker.task, worker.tried
                try:
                    if worker.pipe not in ready:
                        raise EOFError
                    done = worker.pipe.recv()
                    worker.task, worker.tried = None, 0
                except (EOFError, OSError):
                    worker.end()
                    crew.remove(worker)
                    if tried < TRIES:
                        waiting.append((task, tried + 1))
                        continue
                    what = f"took longer than {seconds:g} seconds" if late else "died"
                    done = Lost(f"the process that worked on it {what}, {TRIES} times")
                yield task, done
    finally:
        for worker in crew:
            worker.pipe.close()
        for worker in crew:
            if not worker.tried:  # it hears that there is no more to do, and clears up
                worker.process.join(LEAVE)
            worker.end()


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _free(crew: list[_Worker], most: int, function: Callable[[Any], Any]) -> _Worker | None:
    """A process that has nothing to do, a new one if there are not enough, or None."""
    for worker in crew:
        if not worker.tried:
            return worker
    if len(crew) >= most:
        return None
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, function), daemon=True)
    with _uninterrupted():
        process.start()
    theirs.close()  # so that the pipe ends when the process does
    crew.append(_Worker(process, ours))
    return crew[-1]


@contextlib.contextmanager
def _uninterrupted() -> Iterator[None]:
    """Start a process that Ctrl-C does not reach, from its first line on: it is for the one that started it."""
    try:
        before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    except ValueError:  # only the main thread may, and Ctrl-C reaches no other
        yield
        return
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _serve(pipe: Connection, function: Callable[[Any], Any]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # also where the start did not pass it on
    with contextlib.suppress(EOFError, OSError):
        while True:
            task = pipe.recv()
            try:
                done = function(task)
            except Exception as error:
                done = Lost(f"{type(error).__name__}: {error}")
            pipe.send(done)
