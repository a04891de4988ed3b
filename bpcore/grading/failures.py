"""What can go wrong at the wall, each with its name."""

from bpcore.errors import BpcoreError


class SandboxError(BpcoreError):
    """The parent of what can go wrong at the wall."""


class SandboxUnavailable(SandboxError):
    """No sandbox can be had on this machine: says what stands in the way."""


class SandboxDied(SandboxError):
    """The student's process ended before it answered."""


class SandboxTimeout(SandboxError):
    """The student's process did not answer in time, and was ended."""


class SandboxReplyError(SandboxError):
    """The student's process answered with something that is no answer, and was ended."""


class SandboxUnasked(SandboxReplyError):
    """The student's process ended or spoke before it was asked: what ran before is to blame."""
