"""Makes slides from the cells of a unit's prose that are marked `slide=true`: `python scripts/make_slides.py [UNIT …]`.

A deck is one page of HTML that needs nothing else: no network, no script from elsewhere, formulas as MathML. Arrow keys
or scrolling turn it, printing gives a page for each slide.
"""

import base64
import re
import sys
import tempfile
from collections.abc import Iterator
from html import escape
from pathlib import Path

import jupytext
import mistune
import nbclient
import nbformat
from latex2mathml.converter import convert

from bpcore.exercises import catalogue

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 120
FORMULA = re.compile(r"(```.*?```|`[^`\n]*`)|\$\$(.+?)\$\$|\$([^$\n]+?)\$", re.DOTALL)
STYLE = """
:root{color-scheme:light dark;--ink:#1a1a1a;--page:#fff;--quiet:#595959;--back:#f4f4f4}
@media(prefers-color-scheme:dark){:root{--ink:#e8e8e8;--page:#161616;--quiet:#b4b4b4;--back:#262626}}
html{background:var(--page);color:var(--ink);scroll-snap-type:y proximity}
body{margin:0;font:clamp(1rem,1.9vw,1.7rem)/1.45 system-ui,sans-serif}
section{box-sizing:border-box;min-height:100vh;padding:4vh 7vw;scroll-snap-align:start;
display:flex;flex-direction:column;justify-content:center}
section>*{max-width:60rem}h1,h2,h3{line-height:1.2;margin:0 0 .6em}
pre{background:var(--back);padding:.6em;overflow:auto;font-size:.7em;line-height:1.35}
img{background:#fff;max-width:100%;max-height:70vh;object-fit:contain;align-self:flex-start}
footer{color:var(--quiet);font-size:.6em;margin-top:1.5em}summary{cursor:pointer}
@media print{section{min-height:0;height:100vh;break-after:page}}
"""
TURN = """
const slides = [...document.querySelectorAll("section")];
addEventListener("keydown", event => {
  const step = {ArrowRight: 1, PageDown: 1, " ": 1, ArrowLeft: -1, PageUp: -1}[event.key];
  if (!step || event.target.closest("summary, pre")) return;
  event.preventDefault();
  const here = slides.findIndex(slide => slide.getBoundingClientRect().bottom > 1);
  slides[Math.min(Math.max(here + step, 0), slides.length - 1)].scrollIntoView();
});
"""
markdown = mistune.create_markdown(escape=False, plugins=["table"])


def as_html(text: str) -> str:
    """Markdown with formulas between dollars as HTML; the marks of Core and Further are left out."""

    def drawn(found: re.Match[str]) -> str:
        if found[1]:
            return found[1]
        return convert(found[2] or found[3], display="block" if found[2] else "inline").replace("\n", "")

    return markdown(FORMULA.sub(drawn, re.sub(r"^\*(Core|Further)\..*\*$", "", text, flags=re.MULTILINE)))


def shown(outputs: list[nbformat.NotebookNode]) -> Iterator[str]:
    """What a cell prints and draws, as HTML."""
    for output in outputs:
        if output.output_type == "stream":
            yield f"<pre>{escape(output.text)}</pre>"
        elif data := output.get("data"):
            if "image/png" in data:
                alt = escape(data.get("text/plain", "a picture"), quote=True)
                yield f'<img alt="{alt}" src="data:image/png;base64,{data["image/png"].strip()}">'
            elif "text/html" in data:
                yield data["text/html"]
            else:
                yield f"<pre>{escape(data.get('text/plain', ''))}</pre>"


def deck(unit: str) -> str:
    """The slides of a unit as HTML, or "" where no cell is marked. The unit's worked cells are run for it."""
    prose = jupytext.read(ROOT / "solutions" / unit / f"{unit}.py")
    marked = [cell for cell in prose.cells if cell.metadata.get("slide")]
    if not marked:
        return ""
    solved = nbformat.read(ROOT / "solutions" / unit / f"{unit}.ipynb", as_version=4)
    with tempfile.TemporaryDirectory() as folder:
        nbclient.NotebookClient(solved, timeout=SECONDS, resources={"metadata": {"path": folder}}).execute()
    outputs = {cell.source: cell.outputs for cell in solved.cells if cell.cell_type == "code"}
    slides = []
    for cell in marked:
        if cell.cell_type == "markdown":
            # What stands before the heading still belongs to the cell above: often what happened there.
            heading = re.search(r"^## ?.*", cell.source, flags=re.MULTILINE | re.DOTALL)
            body = as_html(heading[0] if heading else cell.source)
        elif name := cell.metadata.get("exercise"):
            exercise = catalogue[name]
            head = f"## Exercise: {exercise.title}\n\n*About {exercise.minutes} minutes*"
            body = as_html(f"{head}\n\n{exercise.statement}")
        else:
            body = f"<pre>{escape(cell.source)}</pre>\n" + "\n".join(shown(outputs[cell.source]))
        slides.append(f"<section>\n{body}\n<footer>{unit} · {len(slides) + 1} of {len(marked)}</footer>\n</section>")
    icon = base64.b64encode(b'<svg xmlns="http://www.w3.org/2000/svg"/>').decode()  # else the browser asks for one
    return (
        f'<!DOCTYPE html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<title>{unit}</title>\n'
        f'<link rel="icon" href="data:image/svg+xml;base64,{icon}">\n<style>{STYLE}</style>\n</head>\n<body>\n'
        + "\n".join(slides)
        + f"\n<script>{TURN}</script>\n</body>\n</html>\n"
    )


def main(units: list[str]) -> None:
    """Write the decks of these units (all that have marked cells, by default) into slides/."""
    for path in sorted((ROOT / "solutions").glob("[0-9][0-9]_*/[0-9][0-9]_*.py")):
        if (not units or path.stem in units) and (made := deck(path.stem)):
            target = ROOT / "slides" / f"{path.stem}.html"
            target.parent.mkdir(exist_ok=True)
            target.write_text(made, encoding="utf-8")
            print(f"wrote {target.relative_to(ROOT)}")


if __name__ == "__main__":
    main(sys.argv[1:])
