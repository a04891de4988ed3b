"""A page for each student: points, the mistake by its name and what it means, comments, and the student's own cells.

Nothing in it runs: all that a student wrote is text, and the page forbids scripts, pictures and links to elsewhere. It
shows neither checks nor the values that they expect.
"""

import base64
import hashlib
import os
from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path
from typing import Any

from bpcore.exercises import catalogue
from bpcore.exercises.families import family_of
from bpcore.grading.keeping import read
from bpcore.grading.overview import printable, untouched, verdict
from bpcore.grading.sanitize import OWN
from bpcore.grading.spec import max_points
from bpcore.grading.standing import Standing, worth, written

STYLE = (
    ":root{color-scheme:light dark;--ink:#1a1a1a;--page:#fff;--line:#767676;--quiet:#595959;--back:#f4f4f4}"
    "@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--page:#161616;--line:#8c8c8c;--quiet:#b4b4b4;--back:#262626}}"
    "html{background:var(--page);color:var(--ink)}"
    "body{font:1rem/1.5 system-ui,sans-serif;max-width:50rem;margin:2rem auto;padding:0 1rem;overflow-wrap:anywhere}"
    "table{border-collapse:collapse}th,td{border:1px solid var(--line);padding:.3rem .7rem;text-align:left}"
    "td.number{text-align:right}caption{text-align:left;color:var(--quiet)}"
    "pre{background:var(--back);padding:.7rem;white-space:pre-wrap}"
    ".comment{border-left:.3rem solid var(--line);padding-left:.7rem;white-space:pre-wrap}"
)
_STYLE_HASH = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
# No script, picture, form or frame, and only the style above (W3C, Content Security Policy Level 3).
POLICY = f"default-src 'none'; style-src 'sha256-{_STYLE_HASH}'; base-uri 'none'; form-action 'none'"
SIGNS = {"right": "✓ right", "not started": "○ not started"}


def page(student: str, told: Mapping[str, Any], spec: Mapping[str, Any], standing: Standing | None) -> str:
    """The page of one student as HTML: ``told`` is the result as it is kept, ``standing`` the gradebook's."""
    title = f"{spec['unit']}: feedback for {printable(student)}"
    body = [f"<h1>{escape(title)}</h1>"]
    if told["refused"]:
        body.append(f"<p>This notebook was not graded. {_text(told['refused'])}</p>")
    else:
        body += [_summary(told, spec, standing), *_exercises(told, spec, standing), *_written(told, spec, standing)]
        body += [_own(told), _notes(told)]
    return (
        '<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style>\n</head>\n<body>\n<main>\n"
        + "\n".join(filter(None, body))
        + "\n</main>\n</body>\n</html>\n"
    )


def write(
    folder: Path,
    spec: Mapping[str, Any],
    kept: Path,
    keys: Mapping[str, str],
    standings: Mapping[str, Standing],
) -> int:
    """Write FOLDER/STUDENT/UNIT/UNIT.html, as nbgrader lays its feedback out, for each student in ``keys``; how many
    pages changed. Raises OSError."""
    changed = 0
    for student, key in keys.items():
        told = read(kept, key)
        if told is None:
            continue
        content = page(student, told, spec, standings.get(student)).encode("utf-8", "replace")
        path = folder / student / spec["unit"] / f"{spec['unit']}.html"
        changed += _replace(path, content)
    return changed


def _replace(path: Path, content: bytes) -> bool:
    if path.is_file() and path.read_bytes() == content:
        return False
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        part.write_bytes(content)
        os.replace(part, path)
    except OSError:
        part.unlink(missing_ok=True)
        raise
    return True


def _summary(told: Mapping[str, Any], spec: Mapping[str, Any], standing: Standing | None) -> str:
    most, cells, blank = max_points(spec), _check_cells(spec), untouched(told["notebook"])
    rows = []
    for name, most_of_it in most.items():
        points = standing.points.get(cells[name], told["cells"][name]) if standing else told["cells"][name]
        word = _word(told["reports"][name], name in blank)
        rows.append(
            f'<tr><th scope="row">{escape(catalogue[name].title)}</th><td>{word}</td>'
            f'<td class="number">{points:g} of {most_of_it:g}</td></tr>'
        )
    for name, most_of_it in written(spec).items():
        given = standing.points.get(name) if standing else None
        word = "to be read by a person" if given is None else "read by a person"
        rows.append(
            f'<tr><th scope="row">In your own words</th><td>{word}</td>'
            f'<td class="number">{"–" if given is None else f"{given:g}"} of {most_of_it:g}</td></tr>'
        )
    score = standing.score if standing else told["points"]
    if standing and standing.penalty:
        rows.append(
            '<tr><th scope="row">Handed in late</th><td>taken off</td>'
            f'<td class="number">−{standing.penalty:g}</td></tr>'
        )
    rows.append(f'<tr><th scope="row">Together</th><td></td><td class="number">{score:g} of {worth(spec):g}</td></tr>')
    return (
        "<table>\n<caption>Points by exercise</caption>\n"
        '<thead><tr><th scope="col">Exercise</th><th scope="col">Answer</th><th scope="col">Points</th></tr></thead>\n'
        f"<tbody>\n{chr(10).join(rows)}\n</tbody>\n</table>"
    )


def _exercises(told: Mapping[str, Any], spec: Mapping[str, Any], standing: Standing | None) -> Iterable[str]:
    cells, blank = _check_cells(spec), untouched(told["notebook"])
    answers = {c["exercise"]: c["grade_id"] for c in spec["cells"] if c["kind"] == "answer"}
    for name in max_points(spec):
        report = told["reports"][name]
        blocks = [f"<h2>{escape(catalogue[name].title)}</h2>", f"<p>{_word(report, name in blank)}.</p>"]
        if standing and cells[name] in standing.given:
            blocks.append(
                f"<p>{standing.given[cells[name]]:g} points given by a person; the check gave "
                f"{told['cells'][name]:g}.</p>"
            )
        if report["attempted"] and name not in blank:
            blocks += _findings(report)
        for cell in (answers.get(name, ""), cells[name]):
            if standing and cell in standing.comments:
                blocks.append(f'<h3>Comment</h3>\n<p class="comment">{_text(standing.comments[cell])}</p>')
        source = next(
            (
                cell["source"]
                for cell in told["notebook"]["cells"]
                if cell["metadata"]["bpcore"]["kind"] == "answer" and cell["metadata"]["bpcore"]["exercise"] == name
            ),
            "",
        )
        blocks.append(
            f"<h3>Your answer</h3>\n{_code(source)}" if source.strip() else "<p>The answer cell is empty.</p>"
        )
        yield f"<section>\n{chr(10).join(blocks)}\n</section>"


def _written(told: Mapping[str, Any], spec: Mapping[str, Any], standing: Standing | None) -> Iterable[str]:
    """The answers in words, as text, with what a person said of them."""
    for cell in told["notebook"]["cells"]:
        name = cell["metadata"].get("nbgrader", {}).get("grade_id", "")
        if name in written(spec):
            comment = standing.comments.get(name, "") if standing else ""
            said = f'\n<h3>Comment</h3>\n<p class="comment">{_text(comment)}</p>' if comment else ""
            yield f"<section>\n<h2>In your own words</h2>{said}\n{_code(cell['source'])}\n</section>"


def _findings(report: Mapping[str, Any]) -> list[str]:
    """What is wrong, in words: which quantity, the mistake's name and kind, and the sentence that explains it."""
    blocks = []
    for position, finding in enumerate((report, *report["also"])):
        parts = []
        if finding["quantity"]:
            first = "Also wrong" if position else "First wrong quantity"
            parts.append(f"{first}: <strong>{_text(finding['quantity'])}</strong>.")
        if finding["mistake"]:
            family = family_of(finding["mistake"])
            kind = f" ({escape(family)})" if family else ""
            parts.append(f"Mistake: <strong>{_text(finding['mistake'].replace('_', ' '))}</strong>{kind}.")
        parts += [_text(finding["message"])] if finding["message"] else []
        blocks += [f"<p>{' '.join(parts)}</p>"] if parts else []
    # What was printed while hidden cases were tried stays out.
    notes = [note for note in report["notes"] if not note.startswith("your code printed")]
    blocks += [f"<p>Note: {_text(note)}</p>" for note in notes]
    return blocks + ([f"<p>Hint: {_text(report['hint'])}</p>"] if report["hint"] and not report["passed"] else [])


def _own(told: Mapping[str, Any]) -> str:
    cells = [c for c in told["notebook"]["cells"] if c["metadata"]["bpcore"]["kind"] == OWN and c["source"].strip()]
    if not cells:
        return ""
    return "<section>\n<h2>Your own cells</h2>\n" + "\n".join(_code(c["source"]) for c in cells) + "\n</section>"


def _notes(told: Mapping[str, Any]) -> str:
    if not told["notes"]:
        return ""
    rows = "\n".join(f"<li>{_text(note)}</li>" for note in told["notes"])
    return f"<section>\n<h2>Notes on the grading</h2>\n<ul>\n{rows}\n</ul>\n</section>"


def _word(report: Mapping[str, Any], blank: bool) -> str:
    return SIGNS.get(verdict(report["passed"], report["attempted"], report["mistake"], blank), "✗ not yet right")


def _code(source: str) -> str:
    # A box that can be scrolled must be reached by the keyboard as well; these wrap, and cannot.
    return f"<pre><code>{_text(source)}</code></pre>"


def _text(text: str) -> str:
    """Text as HTML, without what steers a reader's screen: turned writing directions, other control characters."""
    return escape("".join(c if c.isprintable() or c in "\n\t" else "\N{REPLACEMENT CHARACTER}" for c in text))


def _check_cells(spec: Mapping[str, Any]) -> dict[str, str]:
    return {cell["exercise"]: cell["grade_id"] for cell in spec["cells"] if cell["kind"] == "check"}
