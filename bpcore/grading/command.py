"""The command `bpcore grade`: grades a class, or single notebooks, and prints what was earned, and why."""

import argparse
import json
import sys
from pathlib import Path

from bpcore.exercises import catalogue
from bpcore.grading.overview import untouched, verdict
from bpcore.grading.spec import build_spec
from bpcore.grading.submission import Result, grade


def main(argv: list[str] | None = None) -> int:
    """Grade all that was handed in of one unit, or the notebooks named, and print the points; 1 when one could not be
    read.

    Raises SpecError for an unknown unit, SandboxUnavailable where there is no sandbox, RunnerError and GradebookError
    for a class that cannot be graded, and SystemExit for options that cannot be read.
    """
    parser = argparse.ArgumentParser(
        prog="bpcore grade",
        description="Grade a class into nbgrader's gradebook, in the folder of nbgrader_config.py; or print the points "
        "of single notebooks. Their code runs in a sandbox, which needs Linux and bubblewrap.",
    )
    parser.add_argument("unit", metavar="UNIT", help="such as 05_backpropagation")
    parser.add_argument(
        "notebooks",
        metavar="NOTEBOOK",
        nargs="*",
        type=Path,
        help="none: all of nbgrader's submitted/, into its gradebook",
    )
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
    group = parser.add_argument_group("a class (no NOTEBOOK named)")
    group.add_argument("--submitted", metavar="FOLDER", type=Path, help="what holds STUDENT/UNIT/UNIT.ipynb")
    group.add_argument(
        "--zip", metavar="FILE", type=Path, help="first take the notebooks out of an archive from Canvas or Moodle"
    )
    group.add_argument("--workers", metavar="N", type=int, help="how many are graded at once (the number of cores)")
    group.add_argument("--names", action="store_true", help="say in the report who")
    group.add_argument("--csv", metavar="FILE", type=Path, help="write the points by student and exercise")
    group.add_argument(
        "--regrade", metavar="EXERCISE", help="grade again after a check was changed, and show old and new points"
    )
    options = parser.parse_args(argv)
    if not options.notebooks:
        if options.json or (options.workers is not None and options.workers < 1):
            parser.error(
                "--workers needs at least 1" if not options.json else "--json goes with notebooks that are named"
            )
        return _class(options)
    if options.submitted or options.zip or options.workers or options.names or options.csv or options.regrade:
        parser.error("--submitted, --zip, --workers, --names, --csv and --regrade are for a class: name no notebook")
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


def _class(options: argparse.Namespace) -> int:
    # Here, since nbgrader takes a second to import, and single notebooks do without.
    from bpcore.grading.archive import unpack
    from bpcore.grading.gradebook import course_directory
    from bpcore.grading.runner import moves_in_words, run

    course = course_directory()
    release = Path(course.format_path(course.release_directory, ".", options.unit)).parent
    released = (release / options.unit / f"{options.unit}.ipynb").is_file()
    spec = build_spec(options.unit, options.course or (release if released else None))
    left_in_archive: dict[str, str] = {}
    if options.zip:
        target = options.submitted or Path(course.root, course.submitted_directory)
        placed, left_in_archive = unpack(options.zip, options.unit, target)
        print(f"{len(placed)} notebooks taken out of {options.zip}")
    try:
        batch = run(
            spec,
            course,
            submitted=options.submitted,
            workers=options.workers,
            seed=options.seed,
            sandboxed=not options.unsandboxed,
            regrade=options.regrade or "",
        )
    except KeyboardInterrupt:
        print("Interrupted. What was graded is kept: the same command goes on from there.", file=sys.stderr)
        raise
    batch.overview.aside.update(left_in_archive)
    for line in moves_in_words(options.regrade, batch.moves, options.names) if options.regrade else ():
        print(line)
    print(batch.overview.text(options.names))
    print(f"{len(batch.changed)} changed in the gradebook or in {course.autograded_directory}/")
    if options.csv:
        options.csv.write_text(batch.overview.table(), encoding="utf-8")
    return 1 if batch.overview.aside else 0


def in_words(name: str, result: Result) -> str:
    """A result for a terminal: the points of each exercise, the first mistake by its name, then the notes."""
    lines = [f"{name}: {result.points:g} of {result.max_points:g} points"]
    if result.refused:
        return f"{lines[0]}\n  Not graded: {result.refused}"
    width, blank = max(map(len, result.cells), default=0), untouched(result.notebook)
    for exercise, points in result.cells.items():
        report = result.reports[exercise]
        told = verdict(report.passed, report.attempted, report.mistake, exercise in blank)
        if told not in ("right", "not started") and report.quantity:
            told += f" in {report.quantity}"
        lines.append(f"  {exercise:<{width}}  {points:5g} of {catalogue[exercise].points:g}  {told}")
        lines += [f"    {report.message}"] if report.message and exercise not in blank else []
    lines += [f"  Note: {note}" for note in result.notes]
    if result.used:
        told = "; ".join(f"{exercise}: {what}" for exercise, what in result.used.items())
        lines.append(f"  Looked at, as the notebook itself says: {told}")
    return "\n".join([*lines, f"  (seed {result.seed})"])
