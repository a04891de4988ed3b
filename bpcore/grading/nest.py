"""Holds what every submission needs, imported once, and forks each submission off into a world of its own.

It is run as a script by bubblewrap, as the first process behind the wall, and it never runs a student's code itself: so
nothing that one submission does can reach the next. A submission is process 1 of its own pid namespace, with its own
mounts, messages, names, network and user namespace, an empty /tmp, no capability and none of the descriptors here;
when it is ended, the kernel ends all that it has started.
"""

import contextlib
import gc
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any, NoReturn

LARGEST = 65_536
READY = b"\0ready"


def main() -> None:
    """Import everything, then serve: the arguments are a descriptor and the setup as JSON."""
    descriptor, setup = int(sys.argv[1]), json.loads(sys.argv[2])
    sys.path[:0] = [str(Path(__file__).parent)]
    sys.path += setup["packages"]
    sys.argv[:] = [""]
    import namespaces
    import worker

    os.umask(0o077)
    namespaces.die_with_parent()
    numbers = namespaces.Numbers()
    warm = worker.prepare()
    for name in setup["modules"]:
        __import__(name)
    gc.collect()
    gc.freeze()  # a collection in a submission then leaves these pages shared
    control = socket.socket(fileno=descriptor)
    worker.silence()  # only now, so that whatever could not be imported has been told
    control.send(json.dumps({"token": setup["token"]}).encode())
    while True:
        message, descriptors, _, _ = socket.recv_fds(control, LARGEST, 1)
        if not message:
            os._exit(0)
        request = json.loads(message)
        if request["op"] == "open":
            reply = hatch(descriptors[0], request, warm, numbers)
            os.close(descriptors[0])
        else:
            reply = {"ended": end(request["pid"])}
        control.send(json.dumps(reply).encode())


def hatch(link: int, setup: dict[str, Any], warm: Any, numbers: Any) -> dict[str, Any]:
    """Fork a submission that serves on the link: its process id here, or why it could not be shut off."""
    receiving, sending = os.pipe()
    try:
        pid = numbers.fork()
    except OSError as error:
        os.close(receiving)
        os.close(sending)
        return {"pid": 0, "error": str(error)}
    if pid == 0:
        _submission(link, sending, setup, warm)
    os.close(sending)
    why = b""
    while block := os.read(receiving, LARGEST):
        why += block
    os.close(receiving)
    if why != READY:
        end(pid)
        return {"pid": 0, "error": why.decode(errors="replace") or "it ended at once"}
    return {"pid": pid, "error": ""}


def _submission(link: int, sending: int, setup: dict[str, Any], warm: Any) -> NoReturn:
    """Process 1 of the new namespace: shut it off, and only then listen to what it is asked."""
    import namespaces
    import worker

    try:
        os.setsid()
        namespaces.leave()
        namespaces.furnish(setup["scratch"])
        if setup["user"] is not None:
            namespaces.become(setup["user"])
        namespaces.own_user_namespace()
        worker.set_limits(setup["limits"])
        namespaces.renounce()
        filtered = namespaces.refuse_calls()
        if filtered != setup["filtered"]:
            raise OSError("the filter of system calls could not be installed")
        os.write(sending, READY)
    except BaseException as error:
        os.write(sending, f"{type(error).__name__}: {error}".encode()[:LARGEST])
        os._exit(1)
    try:
        os.close(sending)
        namespaces.keep_only(link)
        worker.reseed()
        worker.serve(socket.socket(fileno=link), setup, warm)
    finally:
        os._exit(0)


def end(pid: int) -> bool:
    """End a submission and wait until it and all that it started are gone; False for one that is not known."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
    try:
        os.waitpid(pid, 0)  # of a namespace's process 1, this returns when the namespace is empty
    except ChildProcessError:
        return False
    return True


if __name__ == "__main__":
    main()
