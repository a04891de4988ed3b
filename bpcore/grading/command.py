"""The command `bpcore grade`: grades notebooks and prints what each answer earned, and why."""

import argparse
import json
import sys
from pathlib import Path

from bpcore.exercises import catalogue
from bpcore.grading.spec import build_spec
from bpcore.grading.submission import Result, grade


def main(argv: list[str] | None = None) -> int:
    """Grade notebooks of one unit and print the points; 1 when one of them could not be read.

    Raises SpecError for an unknown unit, SandboxUnavailable where there is no sandbox, and SystemExit for options
    that cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="bpcore grade",
        description="Grade submitted notebooks. Their code runs in a sandbox, which needs Linux and bubblewrap.",
    )
    parser.add_argument("unit", metavar="UNIT", help="such as 05_backpropagation")
    parser.add_argument("notebooks", metavar="NOTEBOOK", nargs="+", type=Path)
    parser.add_argument(
        "--course", metavar="FOLDER", type=Path, help="the folder of released units (the one that came with bpcore)"
    )
    parser.add_argument(
        "--seed",
        metavar="N",
        type=int,
        help="choose the hidden cases (else they are drawn anew, and the seed is printed)",
    )
    parser.add_argument("--json", action="store_true", help="print one line of JSON for each notebook")
    parser.add_argument(
        "--unsandboxed",
        action="store_true",
        help="run the notebooks' code without a sandbox: only for code that you trust",
    )
    options = parser.parse_args(argv)
    spec = build_spec(options.unit, options.course)
    unread = 0
    for path in options.notebooks:
        try:
            content = path.read_bytes()
        except OSError as error:
            print(f"{path}: {error.strerror}", file=sys.stderr)
            unread += 1
            continue
        result = grade(content, spec, options.seed, sandboxed=not options.unsandboxed)
        unread += bool(result.refused)
        print(
            json.dumps({"file": str(path), **result.to_dict()}, ensure_ascii=False)
            if options.json
            else in_words(str(path), result)
        )
    return 1 if unread else 0


def in_words(name: str, result: Result) -> str:
    """A result for a terminal: the points of each exercise, the first mistake by its name, then the notes."""
    lines = [f"{name}: {result.points:g} of {result.max_points:g} points"]
    if result.refused:
        return f"{lines[0]}\n  Not graded: {result.refused}"
    width = max(map(len, result.cells), default=0)
    for exercise, points in result.cells.items():
        report = result.reports[exercise]
        verdict = (
            "right"
            if report.passed
            else "not started"
            if not report.attempted
            else " ".join(filter(None, (report.mistake, report.quantity and f"in {report.quantity}")))
        )
        lines.append(f"  {exercise:<{width}}  {points:5g} of {catalogue[exercise].points:g}  {verdict or 'wrong'}")
        lines += [f"    {report.message}"] if report.message else []
    lines += [f"  Note: {note}" for note in result.notes]
    if result.used:
        told = "; ".join(f"{exercise}: {what}" for exercise, what in result.used.items())
        lines.append(f"  Looked at, as the notebook itself says: {told}")
    return "\n".join([*lines, f"  (seed {result.seed})"])
