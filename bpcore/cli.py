"""The command `bpcore`: each subcommand is a thin call of the module that does the work."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from importlib import import_module

from bpcore.errors import BpcoreError

# These read their own options: name, the module whose main(argv) is called, and the line in the help.
FORWARDED = {
    "check": ("bpcore.checking", "run a notebook afresh and print its verdicts"),
    "doctor": ("bpcore.doctor", "try what usually breaks here, and say what mends it"),
    "play": ("bpcore.play", "play with a network in a browser, without a notebook"),
    "demo": ("bpcore.demo", "see the library at work, without a notebook"),
    "build": ("bpcore.authoring", "make the course's notebooks from the prose and the exercises"),
    "adopt": ("bpcore.adopting", "make a course of your own: choose units and points"),
    "check-exercise": ("bpcore.soundness", "try whether an exercise of your own is sound"),
    "grade": ("bpcore.grading", "grade submitted notebooks"),
    "report": ("bpcore.grading.class_report", "draw what holds a graded class back"),
}


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="bpcore", description="A course on backpropagation, and its library.")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND")
    lab = commands.add_parser(
        "lab",
        help="open the course in JupyterLab, in a folder of your own",
        description="Copy what FOLDER lacks of the course (nothing is ever overwritten), and open it in JupyterLab.",
    )
    lab.add_argument("folder", metavar="FOLDER", nargs="?", default="my-course", help="where you work (my-course)")
    lab.add_argument("--no-browser", action="store_true", help="print the address, and open nothing")
    lab.add_argument("--port", metavar="N", type=int, help="serve on this port, or fail (else the first free one)")
    progress = commands.add_parser("progress", help="how far you are, and what is worth doing again")
    progress.add_argument("folder", metavar="FOLDER", nargs="?", default="my-course", help="where you work (my-course)")
    for name, (_, line) in FORWARDED.items():
        commands.add_parser(name, help=line)
    return parser


def _run(argv: list[str]) -> int:
    if argv and argv[0] in FORWARDED:
        # Imported here, so that each command pays only for what it needs.
        return import_module(FORWARDED[argv[0]][0]).main(argv[1:])
    parser = _parser()
    options = parser.parse_args(argv)
    if options.command == "lab":
        from bpcore.lab import open_lab

        open_lab(options.folder, port=options.port, browser=not options.no_browser)
    elif options.command == "progress":
        from pathlib import Path

        from bpcore.diary import progress_of, read, units_in

        folder = Path(options.folder)
        if not folder.is_dir():
            raise BpcoreError(f"There is no folder {folder}. Name the one you work in: bpcore progress FOLDER")
        print(progress_of(read(folder), units_in(folder)).text())
    else:
        parser.print_help()
    return 0


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit status: 2 for an error that bpcore explains, 130 after Ctrl-C.

    Raises SystemExit for options that cannot be read, as argparse does.
    """
    try:
        return _run(list(sys.argv[1:] if argv is None else argv))
    except BpcoreError as error:
        print(f"bpcore: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        return 130
