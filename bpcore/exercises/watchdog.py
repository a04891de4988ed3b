"""Stops an answer that never ends, on any operating system, without stopping the notebook's kernel."""

import contextlib
import ctypes
import threading
import time
from collections.abc import Iterator


class TimeLimit(BaseException):
    """Raised inside code that ran too long. Not an Exception, so that ``except Exception`` in a loop does not
    swallow it.
    """


@contextlib.contextmanager
def watchdog(seconds: float) -> Iterator[None]:
    """Raise `TimeLimit` in this thread if the block takes longer than ``seconds``.

    It arrives between two steps of Python code: one long call into C, such as ``time.sleep``, is not cut short.
    Where threads cannot be started (Python in a web page), there is no limit.
    """
    done = threading.Event()
    lock = threading.Lock()
    target = threading.get_ident()

    # Only a class can be raised in another thread, so the class itself carries the sentence.
    limit = type("TimeLimit", (TimeLimit,), {"__str__": lambda self: f"Stopped after {seconds:g} seconds."})

    def stop(kind: type[BaseException] | None) -> None:
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(target), ctypes.py_object(kind) if kind else None)

    def watch() -> None:
        if done.wait(seconds):
            return
        while True:  # once more, and again, for code that catches even this
            with lock:
                if done.is_set():
                    return
                stop(limit)
            if done.wait(0.5):
                return

    thread = threading.Thread(target=watch, daemon=True, name="bpcore watchdog")
    try:
        thread.start()
    except RuntimeError:
        yield
        return
    try:
        yield
    finally:
        for _ in range(3):  # one may still be on its way to this thread
            try:
                with lock:
                    done.set()
                    stop(None)
                break
            except TimeLimit:
                time.sleep(0)
        thread.join(timeout=1)
