"""Results on disk: what a process that grades reads, and what it leaves for the one that writes the gradebook."""

import json
import os
import stat
from pathlib import Path
from typing import Any

from bpcore.grading.sandbox import SandboxUnavailable
from bpcore.grading.sanitize import MAX_BYTES
from bpcore.grading.submission import Result, grade

# Nothing here needs nbgrader: the processes that grade start in a fraction of the time without it.


def content_of(path: Path, most: int = MAX_BYTES) -> bytes:
    """The bytes of a plain file. Raises OSError, and ValueError for what is no file of its own or too large a one."""
    about = path.lstat()
    if not stat.S_ISREG(about.st_mode):
        raise ValueError(f"{path.name} is a link or a folder, and no file: what it points to was not read.")
    if about.st_size > most:
        raise ValueError(f"{path.name} is larger than {most >> 20} MB: clear the outputs, save, and hand it in again.")
    return path.read_bytes()


def grade_and_keep(task: tuple[str, str, int | None], *, spec: dict[str, Any], kept: str, sandboxed: bool) -> str:
    """Grade the file of a task (key, path, seed) and keep the result under the key, all at once. Gives back what stands
    in the way of every sandbox, or "". Raises OSError and ValueError for a file that has changed into none since."""
    key, path, seed = task
    try:
        result = grade(content_of(Path(path)), spec, seed, sandboxed=sandboxed)
    except SandboxUnavailable as error:
        return str(error)
    part = Path(kept, f"{key}.{os.getpid()}.part")
    told = result.to_dict() | {"notebook": result.notebook}
    part.write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8", errors="backslashreplace")
    os.replace(part, Path(kept, f"{key}.json"))
    return ""


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
