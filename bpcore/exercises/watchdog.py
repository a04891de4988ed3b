"""Stops an answer that never ends, on any operating system, without stopping the notebook's kernel."""

import ctypes
import threading
from collections.abc import Callable
from typing import Any

AGAIN_AFTER = 0.25


class TimeLimit(BaseException):
    """Raised inside code that ran too long. Not an Exception, so that ``except Exception`` in a loop does not
    swallow it.
    """


def in_time(seconds: float, work: Callable[[], Any]) -> str:
    """Run ``work`` and return "", or what to say of it when it was stopped after ``seconds``.

    The stop arrives between two steps of Python code: one long call into C, such as ``time.sleep``, is not cut
    short. Where threads cannot be started (Python in a web page), there is no limit.
    """
    guard = _Guard(seconds)
    told = ""
    try:
        guard.start()
        work()
    except TimeLimit as error:
        told = str(error)
    finally:
        # A strike that is still on its way arrives while the guard is being stopped.
        while not guard.stopped:
            try:
                guard.stop()
            except TimeLimit as error:
                told = str(error)
    return told


class _Guard:
    """Raises `TimeLimit` in the thread that made it when its time is over, until it is stopped."""

    def __init__(self, seconds: float) -> None:
        self.seconds, self.target = seconds, threading.get_ident()
        self.done = threading.Event()
        self.stopped = False
        # The same thread may come twice: stop() can be interrupted by a strike and is then called once more.
        self.lock = threading.RLock()
        # Only a class can be raised in another thread, so the class itself carries the sentence.
        sentence = f"Stopped after {seconds:g} seconds."
        self.limit = type("TimeLimit", (TimeLimit,), {"__str__": lambda error: sentence})
        self.thread = threading.Thread(target=self._watch, daemon=True, name="bpcore watchdog")

    def start(self) -> None:
        try:
            self.thread.start()
        except RuntimeError:
            self.done.set()

    def stop(self) -> None:
        with self.lock:
            self.done.set()
        if self.thread.ident is not None:
            self.thread.join(timeout=1)
        self.stopped = True

    def _watch(self) -> None:
        wait = self.seconds
        # More than once, for code that catches even this.
        while not self.done.wait(wait):
            with self.lock:
                if not self.done.is_set():
                    self._strike()
            wait = AGAIN_AFTER

    def _strike(self) -> None:
        # Never take a strike back by sending NULL: Python 3.11 then believes for ever that one is on its way, and
        # hangs as soon as a debugger or profiler traces the thread.
        thread, limit = ctypes.c_ulong(self.target), ctypes.py_object(self.limit)
        ctypes.pythonapi.PyThreadState_SetAsyncExc(thread, limit)
