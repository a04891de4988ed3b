"""The verdict on an answer, as a plain value; how it reads as text, and as data with `schema: 1`."""

from dataclasses import dataclass
from typing import Any

SCHEMA = 1


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: where it starts, and its name if the numbers prove it.

    ``stage`` and ``quantity`` say which part of the result (quantity is finer: ``params[1]``); ``mistake`` is the
    name of a known mistake or general fact, or "" when nothing is certain but the values; ``index``, ``yours`` and
    ``expected`` are the first entry that differs in ``case``, the smallest case that shows it.
    """

    stage: str
    quantity: str
    mistake: str
    message: str
    case: str = ""
    shape: tuple[int, ...] | None = None
    index: tuple[int, ...] | None = None
    yours: str = ""
    expected: str = ""

    def lines(self) -> list[str]:
        """The finding in words, one line for each thing that it says."""
        told = []
        if self.quantity:
            shape = f", shape {self.shape}," if self.shape else ""
            where = f" in the case “{self.case}”" if self.case else ""
            told.append(f"First wrong quantity: {self.quantity}{shape}{where}.")
        if self.yours:
            entry = self.quantity + (str(list(self.index)) if self.index else "")
            told.append(f"{entry}: yours {self.yours}, expected {self.expected}.")
        return told + ([self.message] if self.message else [])


@dataclass(frozen=True)
class Report:
    """What became of an answer. ``points`` never exceeds ``max_points``; ``findings`` are in the order in which
    things go wrong.
    """

    exercise: str
    title: str
    points: float
    max_points: float
    attempted: bool = True
    findings: tuple[Finding, ...] = ()
    hint: str = ""
    notes: tuple[str, ...] = ()

    @property
    def passed(self) -> bool:
        """Whether everything is right."""
        return self.attempted and not self.findings

    @property
    def first(self) -> Finding:
        """The first finding (an empty one when there is none)."""
        return self.findings[0] if self.findings else Finding("", "", "", "")

    @property
    def stage(self) -> str:
        """The stage at which the first mistake starts."""
        return self.first.stage

    @property
    def quantity(self) -> str:
        """The first wrong quantity."""
        return self.first.quantity

    @property
    def mistake(self) -> str:
        """The name of the first mistake, or "" when the numbers prove none."""
        return self.first.mistake

    @property
    def message(self) -> str:
        """The sentence that explains the first mistake."""
        return self.first.message

    @property
    def headline(self) -> str:
        """Points in one line, with a word and a sign beside the number."""
        verdict = "✓ right" if self.passed else "✗ not yet" if self.attempted else "○ not started"
        return f"{verdict} · {self.title} · {self.points:g} of {self.max_points:g} points"

    def paragraphs(self) -> list[list[str]]:
        """The body of the report: a list of lines for each finding, then the notes, then the hint."""
        blocks = [finding.lines() for finding in self.findings]
        for position, block in enumerate(blocks[1:], start=1):
            blocks[position] = [
                line.replace("First wrong quantity", "Also wrong") for line in block
            ]
        if self.notes:
            blocks.append([f"Note: {note}" for note in self.notes])
        if self.hint and not self.passed:
            blocks.append([f"Hint: {self.hint}" if self.attempted else self.hint])
        return blocks

    def text(self) -> str:
        """The report for a terminal, a screen reader or nbgrader's feedback."""
        return "\n".join([self.headline, *("  " + line for block in self.paragraphs() for line in block)])

    def to_dict(self) -> dict[str, Any]:
        """The report as plain data that JSON can hold."""
        return {
            "schema": SCHEMA,
            "exercise": self.exercise,
            "points": self.points,
            "max_points": self.max_points,
            "passed": self.passed,
            "attempted": self.attempted,
            "stage": self.stage,
            "quantity": self.quantity,
            "mistake": self.mistake,
            "message": self.message,
            "case": self.first.case,
            "index": list(self.first.index) if self.first.index is not None else None,
            "yours": self.first.yours,
            "expected": self.first.expected,
            "also": [
                {"stage": f.stage, "quantity": f.quantity, "mistake": f.mistake, "message": f.message}
                for f in self.findings[1:]
            ],
            "hint": self.hint,
            "notes": list(self.notes),
        }
