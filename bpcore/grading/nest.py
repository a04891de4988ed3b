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
    namespaces.adopt()
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
            reply = hatch(descriptors[0], request, warm, control)
            os.close(descriptors[0])
        else:
            reply = {"ended": end(request["pid"])}
        control.send(json.dumps(reply).encode())


def hatch(link: int, setup: dict[str, Any], warm: Any, control: socket.socket) -> dict[str, Any]:
    """Fork a submission that serves on the link: its process id here, or why it could not be shut off."""
    receiving, sending = os.pipe()
    between = os.fork()  # the namespace of process numbers begins with a process's children, and not with itself
    if between == 0:
        try:
            os.close(receiving)
            control.close()
            _between(link, sending, setup, warm)
        finally:
            os._exit(1)
    os.close(sending)
    told = b""
    while block := os.read(receiving, LARGEST):
        told += block
    os.close(receiving)
    os.waitpid(between, 0)
    words = [json.loads(line) for line in told.splitlines()]
    pid = next((word["pid"] for word in words if "pid" in word), 0)
    why = next((word["error"] for word in words if "error" in word), "" if {"ready": True} in words else "it ended")
    if why and pid:
        end(pid)
    return {"pid": 0 if why else pid, "error": why}


def _between(link: int, sending: int, setup: dict[str, Any], warm: Any) -> None:
    import namespaces

    try:
        namespaces.leave()
    except OSError as error:
        _tell(sending, {"error": str(error)})
        return
    pid = os.fork()
    if pid == 0:
        _submission(link, sending, setup, warm)
    _tell(sending, {"pid": pid})


def _submission(link: int, sending: int, setup: dict[str, Any], warm: Any) -> NoReturn:
    """Process 1 of the new namespace: shut it off, and only then listen to what it is asked."""
    import namespaces
    import worker

    try:
        os.setsid()
        namespaces.furnish(setup["scratch"])
        if setup["user"] is not None:
            namespaces.become(setup["user"])
        namespaces.own_user_namespace()
        worker.set_limits(setup["limits"])
        namespaces.renounce()
        filtered = namespaces.refuse_calls()
        if filtered != setup["filtered"]:
            raise OSError("the filter of system calls could not be installed")
        _tell(sending, {"ready": True})
    except BaseException as error:
        _tell(sending, {"error": f"{type(error).__name__}: {error}"})
        os._exit(1)
    try:
        os.close(sending)
        namespaces.keep_only(link)
        worker.reseed()
        worker.serve(socket.socket(fileno=link), setup, warm)
    finally:
        os._exit(0)


def _tell(pipe: int, word: dict[str, Any]) -> None:
    os.write(pipe, json.dumps(word).encode() + b"\n")


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
