"""The command `bpcore grade`: grades a class, or single notebooks, and prints what was earned, and why."""

import argparse
import gc
import json
import sys
import time
from pathlib import Path
from typing import Any

from bpcore.grading.ahead import PREPARE
from bpcore.grading.keeping import whose
from bpcore.grading.overview import untouched, verdict
from bpcore.grading.pool import cores, early
from bpcore.grading.spec import build_spec, spec_for
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
    parser.add_argument(
        "--student",
        metavar="NAME",
        help="whose notebook it is, where the release has other variants for each student (else the folder says so, as "
        "in STUDENT/UNIT/UNIT.ipynb)",
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
    group.add_argument(
        "--cluster", metavar="ADDRESS", help="grade on the workers of a Dask scheduler, such as tcp://10.0.0.1:8786"
    )
    group.add_argument(
        "--gradebook", metavar="URL", help="a gradebook elsewhere, such as postgresql+psycopg://me@localhost/grades"
    )
    group.add_argument(
        "--wait",
        metavar="SECONDS",
        type=float,
        help="how long to wait for a gradebook that is locked, or a cluster without workers (60)",
    )
    group.add_argument("--names", action="store_true", help="say in the report who")
    group.add_argument("--csv", metavar="FILE", type=Path, help="write the points by student and exercise")
    group.add_argument("--preset", choices=("canvas", "moodle"), help="write the CSV as this system reads it")
    group.add_argument("--column", metavar="TITLE", help="what the preset calls the assignment (the unit's name)")
    group.add_argument("--feedback", metavar="FOLDER", type=Path, help="write a page for each student")
    group.add_argument(
        "--regrade", metavar="EXERCISE", help="grade again after a check was changed, and show old and new points"
    )
    options = parser.parse_args(argv)
    if not options.notebooks:
        if options.student:
            parser.error("--student goes with a notebook that is named")
        if options.json:
            parser.error("--json goes with notebooks that are named")
        if options.workers is not None and options.workers < 1:
            parser.error("--workers needs at least 1")
        if options.wait is not None and not options.wait >= 0:
            parser.error("--wait needs 0 or more")
        if options.preset and not options.csv:
            parser.error("--preset says what the CSV is like: name its file with --csv")
        return _class_ahead(options)
    given = [
        action.option_strings[0]
        for action in group._group_actions
        if getattr(options, action.dest) not in (None, False)
    ]
    if given:
        parser.error(f"{', '.join(given)} {'is' if len(given) == 1 else 'are'} for a class: name no notebook")
    spec = build_spec(options.unit, options.course)
    unread = 0
    for path in options.notebooks:
        try:
            content = path.read_bytes()
        except OSError as error:
            print(f"{path}: {error.strerror}", file=sys.stderr)
            unread += 1
            continue
        own = spec_for(spec, options.student) if options.student else _by_folder(spec, path)
        result = grade(content, own, options.seed, sandboxed=not options.unsandboxed)
        unread += bool(result.refused)
        print(
            json.dumps({"file": str(path), **result.to_dict()}, ensure_ascii=False)
            if options.json
            else in_words(str(path), result)
        )
    return 1 if unread else 0


def _by_folder(spec: dict[str, Any], path: Path) -> dict[str, Any]:
    """The spec for a notebook at STUDENT/UNIT/UNIT.ipynb; elsewhere a notebook says nothing of whose it is."""
    path = path.resolve()
    return spec_for(spec, whose(path)) if path.parent.name == path.stem == spec["unit"] else spec


def _class_ahead(options: argparse.Namespace) -> int:
    if options.cluster or options.unsandboxed:
        return _class(options)
    with early(options.workers or cores(), PREPARE):  # they get ready while nbgrader is imported
        return _class(options)


def _class(options: argparse.Namespace) -> int:
    # Here, since nbgrader takes a second to import, and single notebooks do without. Half of it would be a grammar of
    # internet addresses that jsonschema builds where it can, and that no notebook needs.
    sys.modules.setdefault("rfc3987_syntax", None)
    from tqdm import tqdm

    from bpcore.grading import exports
    from bpcore.grading.archive import unpack
    from bpcore.grading.gradebook import OURS, course_directory
    from bpcore.grading.runner import RunnerError, moves_in_words, run

    gc.freeze()  # modules have come to stay, and need not be looked through for what may go
    course = course_directory(db_url=options.gradebook)
    release = Path(course.format_path(course.release_directory, ".", options.unit)).parent
    released = (release / options.unit / f"{options.unit}.ipynb").is_file()
    spec = build_spec(options.unit, options.course or (release if released else None))
    people = Path(course.root, course.autograded_directory, OURS, f"{options.unit}.people.json")
    left_in_archive: dict[str, str] = {}
    if options.zip:
        target = options.submitted or Path(course.root, course.submitted_directory)
        placed, left_in_archive = unpack(options.zip, options.unit, target)
        exports.remember(people, placed)
        print(f"{len(placed)} notebooks taken out of {options.zip}")
    began = time.monotonic()
    try:
        batch = run(
            spec,
            course,
            submitted=options.submitted,
            workers=options.workers,
            seed=options.seed,
            sandboxed=not options.unsandboxed,
            regrade=options.regrade or "",
            cluster=options.cluster or "",
            wait=60.0 if options.wait is None else options.wait,
            say=lambda sentence: tqdm.write(sentence, file=sys.stderr),
        )
    except KeyboardInterrupt:
        print("Interrupted. What was graded is kept: the same command goes on from there.", file=sys.stderr)
        raise
    batch.overview.aside.update(left_in_archive)
    for line in moves_in_words(options.regrade, batch.moves, options.names) if options.regrade else ():
        print(line)
    print(batch.overview.text(options.names))
    print(f"{len(batch.changed)} changed in the gradebook or in {course.autograded_directory}/")
    if batch.fresh:
        seconds = time.monotonic() - began
        print(f"{batch.fresh} graded and written in {seconds:.1f} s, {1000 * seconds / batch.fresh:.0f} ms each")
    if options.csv or options.feedback:
        try:
            _write_down(options, spec, course, batch, exports.recall(people))
        except OSError as error:
            raise RunnerError(f"{error.filename or 'A file'} could not be written ({error.strerror}).") from error
    return 1 if batch.overview.aside else 0


def _write_down(options: argparse.Namespace, spec: Any, course: Any, batch: Any, people: Any) -> None:
    """The table and the pages that were asked for, by what the gradebook now says."""
    from bpcore.grading import exports, feedback
    from bpcore.grading.gradebook import Gradebook

    with Gradebook(spec, course) as book:
        standings = book.standings()
    if options.csv:
        preset = options.preset or "plain"
        table = exports.PRESETS[preset](spec, standings, people, options.column or options.unit)
        exports.write(options.csv, table)
        unknown = exports.unknown_to(preset, standings, people)
        if unknown:
            print(
                f"{len(unknown)} of {len(standings)} have no number of {preset.capitalize()}'s: their notebooks did "
                f"not come in one of its archives (--zip)"
            )
    if options.feedback:
        changed = feedback.write(options.feedback, spec, batch.kept, batch.keys, standings)
        print(f"{len(batch.keys)} pages in {options.feedback}, {changed} of them new or changed")


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
        lines.append(f"  {exercise:<{width}}  {points:5g} of {report.max_points:g}  {told}")
        lines += [f"    {report.message}"] if report.message and exercise not in blank else []
    lines += [f"  Note: {note}" for note in result.notes]
    if result.used:
        told = "; ".join(f"{exercise}: {what}" for exercise, what in result.used.items())
        lines.append(f"  Looked at, as the notebook itself says: {told}")
    return "\n".join([*lines, f"  (seed {result.seed})"])
