"""A limit on the memory and the number of processes of all that runs behind the wall together, where Linux grants one.

A control group bounds a whole tree of processes, whatever it does; limits on single processes and a look at their sum
now and then remain where none can be made. Both versions of Linux's control groups are known: version 2 wants a group
that this process may write to, as root has, or a user in a scope that systemd has delegated.
"""

import contextlib
import itertools
import os
import time
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/sys/fs/cgroup")
PREFIX = "bpcore-grading-"
# The file that bounds each resource, in version 2 and in version 1.
FILES = {"memory": ("memory.max", "memory.limit_in_bytes"), "pids": ("pids.max", "pids.max")}
_numbers = itertools.count()


class Group:
    """Folders of the control groups' file system that hold one tree of processes: one in version 2, else one for each
    resource. ``bounds`` says which resources they bound."""

    def __init__(self, folders: dict[str, Path]) -> None:
        self.folders = folders

    @property
    def bounds(self) -> tuple[str, ...]:
        """The resources that are bounded: "memory", "pids"."""
        return tuple(self.folders)

    @property
    def entrances(self) -> list[str]:
        """The files into which a process writes its number to be in the group."""
        return list(dict.fromkeys(str(folder / "cgroup.procs") for folder in self.folders.values()))

    def limit(self, memory: int, processes: int) -> None:
        """Bound the bytes and the number of processes of all together."""
        for resource, most in (("memory", memory), ("pids", processes)):
            if resource in self.folders:
                for name in FILES[resource]:
                    path = self.folders[resource] / name
                    if path.exists():
                        with contextlib.suppress(OSError):  # an old group may hold more than the new bound
                            path.write_text(str(most), encoding="ascii")
                        break

    def holds(self, pid: int) -> bool:
        """Whether a process is in the group."""
        try:
            return all(str(pid) in Path(name).read_text(encoding="ascii").split() for name in self.entrances)
        except OSError:
            return False

    def remove(self) -> None:
        """Remove the group, whose processes may still be ending; one that is not empty soon is left to the next run."""
        for folder in set(self.folders.values()):
            for _ in range(50):
                try:
                    folder.rmdir()
                except FileNotFoundError:
                    break
                except OSError:
                    time.sleep(0.01)
                else:
                    break


def make(root: Path = ROOT, own: Path = Path("/proc/self/cgroup")) -> Group | None:
    """A new group that bounds what it can, or None where this process may make none."""
    found: dict[str, Path] = {}
    made: dict[Path, Path] = {}
    name = f"{PREFIX}{os.getpid()}-{next(_numbers)}"
    for resource, places in _places(root, own):
        for place in places:
            if resource in found:
                break
            folder = made.get(place) or place / name
            try:
                if place not in made:
                    _tidy(place)
                    folder.mkdir()
                    made[place] = folder
                if any(os.access(folder / file, os.W_OK) for file in FILES[resource]):
                    found[resource] = folder
            except OSError:
                continue
    for folder in set(made.values()) - set(found.values()):
        with contextlib.suppress(OSError):
            folder.rmdir()
    return Group(found) if found else None


def _places(root: Path, own: Path) -> Iterator[tuple[str, list[Path]]]:
    """Where a group for each resource could be made: within this process's own, or beside it."""
    try:
        lines = [line.split(":", 2) for line in own.read_text(encoding="utf-8").splitlines()]
    except OSError:
        return
    for resource in FILES:
        places: list[Path] = []
        for _, controllers, path in lines:
            if controllers and resource not in controllers.split(","):
                continue
            mounted = root / controllers if controllers else root
            if not controllers and not (mounted / "cgroup.controllers").exists():
                continue
            here = mounted / path.lstrip("/")
            places += [here, here.parent] if here != mounted else [here]
        yield resource, [place for place in places if place.is_dir()]


def _tidy(place: Path) -> None:
    """Remove the groups of runs that were killed: those whose process is no more."""
    for old in place.glob(f"{PREFIX}*"):
        pid = old.name.removeprefix(PREFIX).partition("-")[0]
        if pid.isdigit() and not Path("/proc", pid).exists():
            with contextlib.suppress(OSError):
                old.rmdir()
