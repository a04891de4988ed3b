"""The command `bpcore report`: which units, exercises and kinds of mistakes hold a class back, drawn and in words."""

import argparse
import base64
import hashlib
import json
import sys
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape
from pathlib import Path

from bpcore.errors import BpcoreError
from bpcore.exercises import catalogue
from bpcore.exercises.families import family_of
from bpcore.grading import exports
from bpcore.grading.keeping import LEDGER, read
from bpcore.grading.overview import OTHER, UNNAMED, Line, line_of

FEWEST = 5  # students behind any number, so that none of them can be told
MOST = 8
STYLE = (
    ":root{color-scheme:light dark;--ink:#1a1a1a;--page:#fff;--quiet:#595959;--line:#767676;--good:#0072b2;"
    "--bad:#d55e00;--none:#d4d4d4}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--page:#161616;--quiet:#b4b4b4;--line:#8c8c8c;--good:#56b4e9;"
    "--bad:#e69f00;--none:#4a4a4a}}"
    "html{background:var(--page);color:var(--ink)}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:54rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
    "svg{display:block;width:100%;height:auto;margin:.5rem 0 1.5rem}text{fill:var(--ink);font-size:13px}"
    ".quiet{fill:var(--quiet);color:var(--quiet)}.right{fill:var(--good)}.wrong{fill:var(--bad)}.blank{fill:var(--none)}"
    "pre{white-space:pre-wrap}h2{margin-bottom:0}"
)
_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
POLICY = f"default-src 'none'; style-src 'sha256-{_HASH}'; base-uri 'none'; form-action 'none'"
WIDTH, LEFT, ROW = 760, 260, 24


class ReportError(BpcoreError, ValueError):
    """There is nothing to report: no unit was graded here, or too few students were."""


@dataclass(frozen=True)
class Bar:
    """A row of the picture: a name, and how many answers were right, wrong and not started."""

    name: str
    right: int
    wrong: int
    blank: int

    @property
    def total(self) -> int:
        """All answers together."""
        return self.right + self.wrong + self.blank

    @property
    def share(self) -> float:
        """The share of them that was right."""
        return self.right / self.total if self.total else 0.0


@dataclass(frozen=True)
class ClassReport:
    """A class over all graded units: rows of units and exercises, and by kind of mistake how many students have made
    it, and in which exercises."""

    students: int
    units: tuple[Bar, ...]
    exercises: tuple[Bar, ...]
    mistakes: tuple[tuple[str, int, tuple[str, ...]], ...]

    def text(self) -> str:
        """The report in words: everything that the picture shows."""
        lines = [f"{self.students} students, {len(self.units)} graded units.", "", "Units (answers right):"]
        lines += [_row(bar) for bar in self.units]
        lines += ["", "What holds the class back most (fewest right):"]
        lines += [_row(bar) for bar in self.exercises]
        lines += ["", "Kinds of mistakes (students who made one of the kind, as the first mistake of an answer):"]
        for title, students, where in self.mistakes:
            lines.append(f"  {students:4}  {title} ({', '.join(where)})")
        if not self.mistakes:
            lines.append("  none that is common enough to be told")
        return "\n".join(lines)

    def html(self) -> str:
        """The report as one page that needs nothing else: three pictures, and the same in words below them."""
        most = max((students for _, students, _ in self.mistakes), default=1)
        parts = [
            "<h1>What holds the class back</h1>",
            f"<p>{self.students} students, {len(self.units)} graded units. It names nobody, and leaves out kinds of "
            f"mistakes that fewer than {FEWEST} students made. In each bar: right, then wrong, then not started.</p>",
            "<h2>Units</h2>",
            _bars(self.units, "The share of right answers in each unit"),
            "<h2>Exercises with the fewest right answers</h2>",
            _bars(self.exercises, "The exercises with the fewest right answers"),
        ]
        if self.mistakes:
            parts.append("<h2>Kinds of mistakes</h2>")
            parts.append(_counts([(title, students) for title, students, _ in self.mistakes], most))
        parts.append(f"<h2>The same in words</h2>\n<pre>{escape(self.text())}</pre>")
        return (
            '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
            f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
            '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
            f"<title>What holds the class back</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
            + "\n".join(parts)
            + "\n</main>\n</body>\n</html>\n"
        )


def class_report(lines: Mapping[str, list[Line]]) -> ClassReport:
    """The report on the lines of each graded unit. Raises ReportError for fewer than five students in all.

    A unit or a kind of mistake behind which there are fewer than five students is left out.
    """
    students = {line.student for unit in lines.values() for line in unit}
    if len(students) < FEWEST:
        raise ReportError(
            f"{len(students)} students were graded, and with fewer than {FEWEST} a report without names would still "
            f"tell who they are. `bpcore grade UNIT` shows single results."
        )
    units, exercises = [], []
    who: dict[str, set[str]] = {}
    where: dict[str, Counter] = {}
    for unit, rows in sorted(lines.items()):
        if len(rows) < FEWEST:
            continue
        units.append(_bar(unit, [verdict for line in rows for verdict in line.verdicts.values()]))
        names = dict.fromkeys(name for line in rows for name in line.verdicts)
        exercises += [_bar(name, [line.verdicts[name] for line in rows if name in line.verdicts]) for name in names]
        for line in rows:
            for name, verdict in line.verdicts.items():
                if verdict not in ("right", "not started"):
                    kind = verdict if verdict == UNNAMED else family_of(verdict) or OTHER
                    who.setdefault(kind, set()).add(line.student)
                    where.setdefault(kind, Counter())[name] += 1
    often = [kind for kind, found in who.items() if len(found) >= FEWEST]
    # What is of no kind says the least, so it stands last.
    often.sort(key=lambda kind: (kind in (OTHER, UNNAMED), -len(who[kind]), kind))
    kinds = tuple((kind, len(who[kind]), tuple(n for n, _ in where[kind].most_common(3))) for kind in often[:MOST])
    behind = sorted((bar for bar in exercises if bar.share < 1), key=lambda bar: (bar.share, bar.name))
    return ClassReport(len(students), tuple(units), tuple(behind[:MOST]), kinds)


def _bar(name: str, verdicts: list[str]) -> Bar:
    counts = Counter("wrong" if v not in ("right", "not started") else v for v in verdicts)
    return Bar(name, counts["right"], counts["wrong"], counts["not started"])


def _row(bar: Bar) -> str:
    return (
        f"  {bar.share:4.0%}  {bar.name}: {bar.right} right, {bar.wrong} wrong, {bar.blank} not started, "
        f"of {bar.total}"
    )


def _bars(bars: tuple[Bar, ...], label: str) -> str:
    shown = []
    for i, bar in enumerate(bars):
        x, y = float(LEFT), i * ROW
        shown.append(f'<text x="0" y="{y + 16}">{escape(_short(bar.name))}</text>')
        for kind, number in (("right", bar.right), ("wrong", bar.wrong), ("blank", bar.blank)):
            width = (WIDTH - LEFT - 50) * number / max(bar.total, 1)
            shown.append(f'<rect class="{kind}" x="{x:.1f}" y="{y + 4}" width="{max(width - 1, 0):.1f}" height="15"/>')
            x += width
        shown.append(f'<text x="{WIDTH - 44}" y="{y + 16}">{bar.share:.0%}</text>')
    return _svg(len(bars), label, shown)


def _counts(counts: list[tuple[str, int]], most: int) -> str:
    shown = []
    for i, (title, students) in enumerate(counts):
        y, width = i * 2 * ROW, (WIDTH - 60) * students / most
        shown.append(f'<text x="0" y="{y + 16}">{escape(title)}</text>')
        shown.append(f'<rect class="wrong" x="0" y="{y + 22}" width="{width:.1f}" height="15"/>')
        shown.append(f'<text x="{width + 8:.1f}" y="{y + 34}">{students}</text>')
    return _svg(2 * len(counts), "How many students have made each kind of mistake", shown)


def _svg(rows: int, label: str, shown: list[str]) -> str:
    head = f'<svg viewBox="0 0 {WIDTH} {max(rows, 1) * ROW}" role="img" aria-label="{escape(label)}; in words below">'
    return "\n".join([head, *shown, "</svg>"])


def _short(name: str) -> str:
    title = catalogue[name].title if name in catalogue else name
    return title if len(title) <= 36 else f"{title[:35]}…"


def graded_lines(kept: Path) -> dict[str, list[Line]]:
    """By unit, the line of each student's latest result of those that `bpcore grade` has kept in a folder, which is
    ``autograded/.bpcore``. A ledger line or a result that cannot be read counts for nothing.
    """
    found: dict[str, list[Line]] = {}
    for ledger in sorted(kept.glob(f"*/{LEDGER}")):
        latest: dict[str, str] = {}
        for entry in ledger.read_text(encoding="utf-8", errors="replace").splitlines():
            try:
                told = json.loads(entry)
                latest |= dict.fromkeys(told["students"], told["key"])
            except (ValueError, KeyError, TypeError):
                continue  # half a line, where a disk was full
        results = {key: read(ledger.parent, key) for key in dict.fromkeys(latest.values())}
        rows = [line_of(who, told, True) for who, key in latest.items() if (told := results[key]) is not None]
        if ledger.parent.name in catalogue.units and rows:
            found[ledger.parent.name] = rows
    return found


def main(argv: list[str] | None = None) -> int:
    """Draw which units, exercises and mistakes hold the class back. Raises ReportError."""
    parser = argparse.ArgumentParser(
        prog="bpcore report",
        description="Tell which units, exercises and kinds of mistakes hold the class back, over all units that "
        "`bpcore grade` has graded in this folder (that of nbgrader_config.py). It names nobody, and leaves out "
        f"units and kinds of mistakes behind which there are fewer than {FEWEST} students.",
    )
    parser.add_argument("page", metavar="FILE.html", nargs="?", type=Path, help="draw it on this page as well")
    options = parser.parse_args(argv)
    sys.modules.setdefault("rfc3987_syntax", None)  # half a second of importing nbgrader, for a grammar nobody needs
    from bpcore.grading.gradebook import OURS, course_directory

    course = course_directory()
    lines = graded_lines(Path(course.root, course.autograded_directory, OURS))
    if not lines:
        raise ReportError("No unit was graded here. Grade one with `bpcore grade UNIT`, in the same folder.")
    report = class_report(lines)
    print(report.text())
    if options.page:
        try:
            exports.write(options.page, report.html())
        except OSError as error:
            raise ReportError(f"{options.page} could not be written ({error.strerror}).") from error
        print(f"wrote {options.page}")
    return 0
