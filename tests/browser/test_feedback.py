"""A student's feedback page in a real browser: nothing runs, nothing is fetched, and a screen reader finds its way."""

from __future__ import annotations

import json

import pytest
from axe_playwright_python.sync_playwright import Axe

from bpcore.grading import build_spec, grade
from bpcore.grading.feedback import page as feedback_page
from bpcore.grading.spec import ROOT
from bpcore.grading.standing import Standing

UNIT = "00_start"
HARM = "<script>document.title = 'harmed'</script><img src=x onerror=\"document.title = 'harmed'\">"
SOLVED = 'def row_sums(X):\n    return X.sum(axis=0)  # """'


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    """The page of a student who tried to put HTML everywhere, as a file."""
    notebook = json.loads((ROOT / "course" / UNIT / f"{UNIT}.ipynb").read_text(encoding="utf-8"))
    for cell in notebook["cells"]:
        if cell["metadata"].get("bpcore", {}).get("exercise") == "start.row_sums" and "def row_sums" in cell["source"]:
            cell["source"] = f"# {HARM}\n{SOLVED}"
    notebook["cells"].append({"cell_type": "markdown", "metadata": {}, "source": f"[x](javascript:alert(1)) {HARM}"})
    spec = build_spec(UNIT)
    result = grade(json.dumps(notebook).encode(), spec, 1, sandboxed=False)
    standing = Standing(dict(result.cells), {"check-start-value": 1.0}, {"check-start-value": HARM}, penalty=0.5)
    told = result.to_dict() | {"notebook": result.notebook}
    path = tmp_path_factory.mktemp("feedback") / "page.html"
    path.write_text(feedback_page(f"ada {HARM}", told, spec, standing), encoding="utf-8")
    return path


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, 320])
def test_it_can_be_read_by_everybody_and_runs_nothing(written, page, scheme, width):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": width, "height": 800})
    page.goto(written.as_uri())
    assert page.title().startswith("00_start: feedback for ada <script>")
    assert asked == [written.as_uri()]
    assert page.locator("script, img, a, iframe, form, [onerror]").count() == 0
    assert page.get_by_role("heading", level=1).count() == 1
    assert page.get_by_role("table", name="Points by exercise").count() == 1
    assert page.get_by_role("rowheader", name="Together").count() == 1
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    colors = page.evaluate("[getComputedStyle(document.querySelector('pre')).backgroundColor]")
    assert colors == ["rgb(244, 244, 244)" if scheme == "light" else "rgb(38, 38, 38)"]  # the style was let in
    assert Axe().run(page).response["violations"] == []
