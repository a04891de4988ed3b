"""Processes that work side by side through a list of tasks: one that dies is replaced, and its task is tried again."""

import contextlib
import gc
import importlib
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
# Processes side by side want no threads of their own beside them, which only wait for each other.
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
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
    told: bool = False  # whether it knows the function

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
    crew: list[_Worker] = [_early.pop() for _ in range(min(most, len(_early)))]
    try:
        while waiting or any(worker.tried for worker in crew):
            while waiting and (free := _free(crew, most)) is not None:
                free.task, free.tried = waiting.popleft()
                free.since = time.monotonic()
                with contextlib.suppress(OSError):  # it has died since: its pipe says so below
                    if not free.told:
                        free.pipe.send(function)
                        free.told = True
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


@contextlib.contextmanager
def early(workers: int, prepare: str) -> Iterator[None]:
    """Start processes before there is anything to do, so that they are ready by then; those that `each` has not taken
    by the end of the block are ended. ``prepare`` names a function without arguments, as ``module:function``, which
    they call first."""
    try:
        for _ in range(workers):
            _early.append(_start(prepare))
        yield
    finally:
        while _early:
            _early.pop().end()


def cores() -> int:
    """The number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


_early: list[_Worker] = []


def _free(crew: list[_Worker], most: int) -> _Worker | None:
    """A process that has nothing to do, a new one if there are not enough, or None."""
    for worker in crew:
        if not worker.tried:
            return worker
    if len(crew) >= most:
        return None
    crew.append(_start())
    return crew[-1]


def _start(prepare: str = "") -> _Worker:
    ours, theirs = SPAWN.Pipe()
    process = SPAWN.Process(target=_serve, args=(theirs, prepare), daemon=True)
    with _uninterrupted(), _environment(ONE_THREAD):
        process.start()
    theirs.close()  # so that the pipe ends when the process does
    return _Worker(process, ours)


@contextlib.contextmanager
def _environment(more: dict[str, str]) -> Iterator[None]:
    """Give the processes that are started in the block these variables, unless they are set."""
    mine = {name: value for name, value in more.items() if name not in os.environ}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name in mine:
            os.environ.pop(name, None)


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


def _serve(pipe: Connection, prepare: str) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # also where the start did not pass it on
    with contextlib.suppress(EOFError, OSError):
        if prepare:
            module, _, name = prepare.partition(":")
            with contextlib.suppress(Exception):  # what fails here fails again, and is told of, with the first task
                getattr(importlib.import_module(module), name)()
        function = pipe.recv()
        rounds = 0
        while True:
            task = pipe.recv()
            try:
                done = function(task)
            except Exception as error:
                done = Lost(f"{type(error).__name__}: {error}")
            pipe.send(done)
            rounds += 1
            if rounds == 1:  # what has come to stay by now is not looked through again and again for what may go
                gc.collect()
                gc.freeze()
