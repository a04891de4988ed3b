"""Run a Python program that ends with whoever started it: `python guard.py MODULE-OR-FILE.py ARGUMENTS...`.

The starter holds the other end of standard input. When it closes that, or dies by any cause, this program stops.
"""

import os
import runpy
import signal
import sys
import threading


def stop_with_starter() -> None:
    # Not sys.stdin: its lock, held by a thread that waits, upsets the interpreter's exit.
    os.read(0, 1)
    # A server that is asked nicely stops its kernels too; one that does not listen is ended all the same.
    threading.Timer(10, os._exit, [1]).start()
    os.kill(os.getpid(), signal.SIGTERM)


threading.Thread(target=stop_with_starter, daemon=True).start()
sys.argv = sys.argv[1:]
# As with `python -m`: the folder one stands in comes first, and not the folder of this file.
sys.path[0] = os.getcwd()
if sys.argv[0].endswith(".py"):
    runpy.run_path(sys.argv[0], run_name="__main__")
else:
    runpy.run_module(sys.argv[0], run_name="__main__", alter_sys=True)
