"""Which hints and solutions a learner looked at, as the submitted notebook itself says.

The notebook's own word, and easily changed: it is shown to the instructor, and no points rest on it.
"""

import json
from typing import Any

from bpcore.exercises import catalogue
from bpcore.grading.sanitize import MAX_BYTES
from bpcore.notebook import REPORT_MIME


def used(submission: bytes) -> dict[str, str]:
    """By exercise, what was used: "2 hints", "3 hints, the solution". Nothing of a file that cannot be read."""
    told: dict[str, str] = {}
    for report in _reports(submission):
        about = report.get("used")
        if report.get("exercise") not in catalogue or not isinstance(about, dict):
            continue
        hints = about.get("hints")
        hints = min(hints, len(catalogue[report["exercise"]].hints)) if type(hints) is int and hints > 0 else 0
        parts = [f"{hints} hint{'s' if hints > 1 else ''}"] if hints else []
        parts += ["the solution"] if about.get("solution") is True else []
        if parts:
            told[report["exercise"]] = ", ".join(parts)
    return told


def _reports(submission: bytes) -> list[dict[str, Any]]:
    if len(submission) > MAX_BYTES:
        return []
    try:
        cells = json.loads(submission)["cells"]
        outputs = [output for cell in cells if isinstance(cell, dict) for output in cell.get("outputs") or ()]
        data = [
            output["data"] for output in outputs if isinstance(output, dict) and isinstance(output.get("data"), dict)
        ]
    except (ValueError, KeyError, TypeError, RecursionError):
        return []
    return [d[REPORT_MIME] for d in data if isinstance(d.get(REPORT_MIME), dict)]
