"""What a process does that will grade, while the one that started it still reads its settings: it gets ready."""

import contextlib

from bpcore.grading import keeping, warm  # noqa: F401 -- imported here to be there
from bpcore.grading.sandbox import Sandbox, SandboxError

PREPARE = f"{__name__}:prepare"


def prepare() -> None:
    """Start the process that stays warm behind the wall. Whatever is in the way is told of when something is graded."""
    with contextlib.suppress(SandboxError, OSError), Sandbox():
        pass
