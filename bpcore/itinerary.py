"""How long the course takes, unit by unit, and the short way through it."""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bpcore.exercises import catalogue

# What the sections marked Core of a unit take, in minutes; the exam at the end is an hour of the last.
CORE_MINUTES = {
    "00_start": 30,
    "01_networks": 60,
    "02_losses": 60,
    "03_feedforward": 50,
    "04_chain_rule": 75,
    "05_backpropagation": 120,
    "06_gradient_checking": 45,
    "07_gradient_descent": 75,
    "08_static_ocr": 75,
    "09_recurrent_settling": 75,
    "10_through_time": 75,
    "11_static_or_recurrent": 45,
    "12_noise_and_failure": 60,
    "13_reading_aloud": 135,
}
# From nothing to a network of one's own that reads digits, and is known to be right. The minutes left of the eight
# hours are for the written answers, five minutes each.
SHORT_PATH = (
    "00_start",
    "01_networks",
    "02_losses",
    "03_feedforward",
    "04_chain_rule",
    "05_backpropagation",
    "06_gradient_checking",
)
WRITTEN_MINUTES = 5
WORDS_A_MINUTE = 130  # with formulas and in a second language, half of the usual speed


def course_map() -> str:
    """The units with their Core minutes, and which of them are on the short path, as a table in plain text."""
    lines = ["unit                     Core     short path"]
    for unit, minutes in CORE_MINUTES.items():
        lines.append(f"{unit:24} {minutes:3} min  {'yes' if unit in SHORT_PATH else ''}".rstrip())
    lines.append("The last hour of 13 is the exam, a notebook of its own: 15_exam.")
    everything, short = sum(CORE_MINUTES.values()), sum(CORE_MINUTES[unit] for unit in SHORT_PATH)
    short += WRITTEN_MINUTES * len(SHORT_PATH)
    lines.append(f"All of it: about {everything / 60:.0f} hours of Core.")
    lines.append(f"The short path, with its written answers: about {short / 60:.0f} hours.")
    return "\n".join(lines)


@dataclass(frozen=True)
class Core:
    """What the Core sections of a notebook hold: their exercises, by id, and the words to be read."""

    exercises: tuple[str, ...]
    words: int


def core_of(cells: Iterable[Mapping[str, Any]]) -> Core:
    """The Core sections of a built notebook.

    A heading of the first or second rank opens a section; one named Further, or with a line that begins with
    *Further.*, does not count, and neither does the written answer. Sections without a mark do.
    """
    exercises, words, core = [], 0, True
    for cell in cells:
        about = cell["metadata"].get("bpcore", {})
        if cell["cell_type"] == "code":
            if about.get("kind") == "answer" and core:
                exercises.append(about["exercise"])
            continue
        if about.get("kind") == "written":
            continue
        for line in "".join(cell["source"]).splitlines():
            if re.match(r"##? ", line):
                core = "Further" not in line
            elif marked := re.match(r"\*(Core|Further)\b", line):
                core = marked[1] == "Core"
            words += len(line.split()) if core else 0
    return Core(tuple(exercises), words)


def core_minutes(cells: Iterable[Mapping[str, Any]]) -> float:
    """How long the Core sections of a built notebook take: their exercises' minutes, and the reading."""
    core = core_of(cells)
    return sum(catalogue[exercise].minutes for exercise in core.exercises) + core.words / WORDS_A_MINUTE
