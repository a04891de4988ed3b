"""Exercises: what is asked, how an answer is tried, and which mistake its numbers prove."""

from bpcore.exercises.catalogue import UnknownExerciseError, assess, catalogue
from bpcore.exercises.evaluate import evaluate, plan
from bpcore.exercises.report import Finding, Report
from bpcore.exercises.spec import Case, Convention, Exercise, Mistake

__all__ = [
    "Case",
    "Convention",
    "Exercise",
    "Finding",
    "Mistake",
    "Report",
    "UnknownExerciseError",
    "assess",
    "catalogue",
    "evaluate",
    "plan",
]
