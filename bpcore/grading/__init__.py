"""Grading: a submission goes in as bytes, points and reports come out, and its code runs behind a wall."""

from bpcore.grading.command import main
from bpcore.grading.sandbox import Limits, SandboxError, SandboxUnavailable
from bpcore.grading.spec import SpecError, build_spec
from bpcore.grading.submission import Result, grade

__all__ = ["Limits", "Result", "SandboxError", "SandboxUnavailable", "SpecError", "build_spec", "grade", "main"]
