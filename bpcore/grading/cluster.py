"""Grading on more than one machine: Dask's workers run the same pure function, and the client writes all of it down.

A scheduler and its workers believe whoever reaches them: keep them in a network of your own, or behind Dask's TLS.
"""

import functools
import hashlib
import json
import logging
import os
import secrets
import socket
import time
import zlib
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import CancelledError
from pathlib import Path
from typing import Any

import distributed

import bpcore.exercises
from bpcore.errors import BpcoreError
from bpcore.grading.keeping import Blocked, content_of, graded, whose
from bpcore.grading.pool import Lost

AHEAD = 2  # submissions a worker's thread may have waiting: so many are in memory, however many there are to grade
LOOK = 2.0  # seconds between two looks at who is there

Task = tuple[str, str, int | None]


class ClusterError(BpcoreError, RuntimeError):
    """The cluster cannot be reached, has no workers, or was lost on the way."""


def each(
    tasks: Iterable[Task],
    address: str,
    spec: dict[str, Any],
    *,
    sandboxed: bool = True,
    wait: float = 60.0,
    say: Callable[[str], None] = lambda sentence: None,
) -> Iterator[tuple[Task, dict[str, Any] | Blocked | Lost]]:
    """Grade each task (key, path, seed) on the cluster at ``address``, and yield it with the result as plain data.

    A task is sent under its key and its seed, which is drawn here where there is none: when a worker is lost, the
    scheduler gives the task to another, which comes to the same result. A file is read when its turn comes. ``wait``
    is how many seconds the cluster may be without any worker. Raises ClusterError.
    """
    # A scheduler that is gone is told of in a sentence, and not in Dask's traces.
    logging.getLogger("distributed.client").setLevel(logging.CRITICAL)
    try:
        client = distributed.Client(address, timeout=wait, set_as_default=False)
    except (OSError, ValueError) as error:
        raise ClusterError(
            f"There is no Dask scheduler at {address!r} ({error}). Start one with `dask scheduler`, and name the "
            f"address that it prints, such as tcp://10.0.0.1:8786."
        ) from None
    with client:
        yield from _Crew(client, spec, sandboxed, wait, say).work(tasks)


class _Crew:
    """The workers of a cluster, and what they are working on."""

    def __init__(
        self, client: distributed.Client, spec: dict[str, Any], sandboxed: bool, wait: float, say: Callable[[str], None]
    ) -> None:
        self.client, self.sandboxed, self.wait, self.say = client, sandboxed, wait, say
        # With each task, and not once for all: what was scattered is gone with the worker that held it.
        self.spec = zlib.compress(json.dumps(spec).encode())
        self.flying: dict[distributed.Future, Task] = {}
        self.room = 0

    def work(self, tasks: Iterable[Task]) -> Iterator[tuple[Task, Any]]:
        waiting = iter(tasks)
        looked = -LOOK
        while True:
            if time.monotonic() - looked >= LOOK:
                self.room, looked = AHEAD * self._threads(), time.monotonic()
            while len(self.flying) < self.room and (task := next(waiting, None)) is not None:
                try:
                    self._send(task)
                except (OSError, ValueError) as error:  # the file has changed into none since it was found
                    yield task, Lost(f"{type(error).__name__}: {error}")
            if not self.flying:
                return
            for future in self._done():
                yield self.flying.pop(future), self._told(future)
                future.release()

    def _send(self, task: Task) -> None:
        key, path, seed = task
        seed = secrets.randbits(32) if seed is None else seed
        content = content_of(Path(path))
        future = self.client.submit(
            grade_there,
            self.spec,
            content,
            seed,
            self.sandboxed,
            fingerprint(),
            whose(path),
            key=f"bpcore-{key}-{seed}",
        )
        self.flying[future] = task

    def _done(self) -> list[distributed.Future]:
        try:
            with self.client.as_current():
                done = distributed.wait(list(self.flying), timeout=LOOK, return_when="FIRST_COMPLETED").done
            return list(done)
        except TimeoutError:
            return []
        except CancelledError:
            raise self._gone() from None

    def _told(self, future: distributed.Future) -> dict[str, Any] | Blocked | Lost:
        try:
            return future.result(timeout=self.wait)
        except distributed.KilledWorker:
            return Lost("the workers that graded it died, one after the other")
        except (CancelledError, TimeoutError, OSError):
            raise self._gone() from None
        except Exception as error:
            return Lost(f"{type(error).__name__}: {error}")

    def _threads(self) -> int:
        """How many submissions the workers can grade at once. Waits while there is no worker at all."""
        end, told = time.monotonic() + self.wait, False
        while True:
            try:
                threads = sum(self.client.nthreads().values())
            except (OSError, TimeoutError, CancelledError):
                raise self._gone() from None
            if threads:
                return threads
            if time.monotonic() >= end:
                raise ClusterError(
                    f"No worker has come to the scheduler at {self._address()} for {self.wait:g} seconds. What was "
                    f"graded is kept. Start workers with `dask worker ADDRESS --nthreads 1 --nworkers N`, then the "
                    f"same command goes on from there."
                )
            if not told:
                self.say(f"No worker is at {self._address()} yet: waiting for up to {self.wait:g} seconds.")
                told = True
            time.sleep(0.2)

    def _gone(self) -> ClusterError:
        return ClusterError(
            f"The scheduler at {self._address()} is gone. What was graded is kept: start it again, then the same "
            f"command goes on from there."
        )

    def _address(self) -> str:
        return self.client.scheduler.address if self.client.scheduler is not None else "the address given"


# -- what a worker runs ------------------------------------------------------------------------------------------------


def grade_there(
    packed: bytes, content: bytes, seed: int, sandboxed: bool, exercises: str, student: str = ""
) -> dict[str, Any] | Blocked:
    """Grade one submission on a worker, and say where it was done. A worker with other exercises would give other
    points, and grades nothing."""
    if exercises != fingerprint():
        return Blocked(
            f"The worker on {socket.gethostname()} has other exercises than this machine: install the same version of "
            f"bpcore on both.",
            sandbox=False,
        )
    told = graded(content, _spec(packed), seed, sandboxed, student)
    return told if isinstance(told, Blocked) else told | {"by": f"{socket.gethostname()}:{os.getpid()}"}


@functools.lru_cache(maxsize=8)
def _spec(packed: bytes) -> dict[str, Any]:
    return json.loads(zlib.decompress(packed))


@functools.cache
def fingerprint() -> str:
    """What the installed exercises are recognised by: the hash of their files."""
    folder = Path(bpcore.exercises.__file__).parent
    told = hashlib.sha256()
    for path in sorted(folder.rglob("*.py")):
        told.update(f"{path.relative_to(folder).as_posix()}\n".encode() + path.read_bytes())
    return told.hexdigest()
