"""Results on disk: what a process that grades reads, and what it leaves for the one that writes the gradebook."""

import contextlib
import json
import multiprocessing
import os
import stat
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bpcore.grading.sandbox import SandboxUnavailable
from bpcore.grading.sanitize import MAX_BYTES
from bpcore.grading.similarity import prints
from bpcore.grading.spec import spec_for
from bpcore.grading.submission import Result, grade

try:
    import fcntl
except ImportError:  # not on Windows, where nothing keeps two runs apart
    fcntl = None

# Nothing here needs nbgrader: the processes that grade start in a fraction of the time without it.

LEDGER = "ledger.jsonl"


@dataclass(frozen=True)
class Blocked:
    """Why nothing more can be graded, in a sentence: there is no sandbox, or no room on the disk."""

    why: str
    sandbox: bool = True


def content_of(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a plain file. Raises OSError, and ValueError for what is no file of its own or too large a one."""
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError(f"{path.name} is a link or a folder, and no file: what it points to was not read.")
    if about.st_size > most:
        raise ValueError(f"{path.name} is larger than {most >> 20} MB: clear the outputs, save, and hand it in again.")
    return path.read_bytes()


def whose(path: str | Path) -> str:
    """The student of a file STUDENT/UNIT/UNIT.ipynb."""
    return Path(path).parent.parent.name


def graded(
    content: bytes, spec: dict[str, Any], seed: int | None, sandboxed: bool, student: str
) -> dict[str, Any] | Blocked:
    """A student's result as plain data: what `Result.to_dict` says, the notebook, and the prints of its answers."""
    try:
        result = grade(content, spec_for(spec, student), seed, sandboxed=sandboxed)
    except SandboxUnavailable as error:
        return Blocked(str(error))
    found = {} if result.refused else prints(result.notebook)
    return result.to_dict() | {"notebook": result.notebook, "prints": found}


def grade_and_keep(
    task: tuple[str, str, int | None], *, spec: dict[str, Any], kept: str, sandboxed: bool
) -> Blocked | None:
    """Grade the file of a task (key, path, seed) and keep the result under the key, all at once. Gives back what ends
    the batch, or None. Raises OSError and ValueError for a file that has changed into none since."""
    key, path, seed = task
    told = graded(content_of(Path(path)), spec, seed, sandboxed, whose(path))
    return told if isinstance(told, Blocked) else keep(Path(kept), key, told)


def keep(kept: Path, key: str, told: dict[str, Any]) -> Blocked | None:
    """Leave a result under its key, whole or not at all. Gives back why the disk does not take it, or None."""
    parent = multiprocessing.parent_process()
    if parent is not None and not parent.is_alive():
        return None  # whoever was killed may have been followed by another, who has the say now
    part = kept / f"{key}.{os.getpid()}.part"
    try:
        part.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8", errors="backslashreplace")
        os.replace(part, kept / f"{key}.json")
    except OSError as error:
        with contextlib.suppress(OSError):
            part.unlink()
        return no_room(kept, error)
    return None


def no_room(kept: Path, error: OSError) -> Blocked:
    """What to say of a disk that takes no more."""
    return Blocked(
        f"A result could not be kept in {kept} ({error.strerror or error}). What was graded before is whole and kept: "
        f"make room, then the same command goes on from there.",
        sandbox=False,
    )


def read(kept: Path, key: str) -> dict[str, Any] | None:
    """A result that was kept, as plain data, or None where there is none that can be read."""
    try:
        data = json.loads((kept / f"{key}.json").read_bytes())
    except (OSError, ValueError):
        return None
    return data if isinstance(data, dict) and "notebook" in data else None


def restored(data: dict[str, Any]) -> Result:
    """The result as the gradebook needs it: its reports stay what they are, plain data."""
    same = ("unit", "points", "max_points", "cells", "seed", "spec", "refused", "notebook", "used")
    return Result(**{name: data[name] for name in same}, notes=tuple(data["notes"]))


def note(kept: Path, key: str, students: list[str]) -> None:
    """Add a line to the ledger: what was graded, when, and for whom. A result that was graded twice has two lines."""
    line = {"at": time.strftime("%Y-%m-%d %H:%M:%S UTC", time.gmtime()), "key": key, "students": students}
    with (kept / LEDGER).open("ab", buffering=0) as ledger:
        end = ledger.seek(0, os.SEEK_END)
        try:
            ledger.write(json.dumps(line, ensure_ascii=False).encode("utf-8", "replace") + b"\n")
        except OSError:
            ledger.truncate(end)
            raise


@contextlib.contextmanager
def alone(kept: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Be the only one who grades into this folder: whoever comes second waits, and then finds all of it done.

    The system lets go of the lock when its process ends, however it ends. What a killed process left half-written is
    cleared away.
    """
    kept.mkdir(parents=True, exist_ok=True)
    with (kept / "lock").open("a+", encoding="utf-8") as lock:
        if fcntl is not None:
            try:
                fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                lock.seek(0)
                say(
                    f"Another `bpcore grade` works on this unit here (process {lock.read(20).strip() or 'unknown'}). "
                    f"Waiting for it: what it has graded is not graded again. Ctrl-C loses nothing."
                )
                fcntl.flock(lock, fcntl.LOCK_EX)
        with contextlib.suppress(OSError):  # a full disk is told of where it matters
            lock.truncate(0)
            lock.write(str(os.getpid()))
            lock.flush()
        for part in kept.glob("*.part"):
            part.unlink(missing_ok=True)
        yield
