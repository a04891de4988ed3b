"""The site without installation holds the course and the package; what Python fetches later, it cannot show here."""

from __future__ import annotations

import importlib.util
import json
from pathlib import Path

import nbformat
import pytest

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "scripts" / "make_site.py"


@pytest.fixture(scope="module")
def make_site():
    spec = importlib.util.spec_from_file_location("make_site", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_each_notebook_fetches_the_package_first(make_site, tmp_path):
    make_site.contents(tmp_path)
    units = sorted(path.stem for path in (ROOT / "course").glob("*/*.ipynb"))
    assert sorted(path.stem for path in tmp_path.glob("*/*.ipynb")) == units
    for unit in units:
        notebook = nbformat.read(tmp_path / unit / f"{unit}.ipynb", as_version=4)
        nbformat.validate(notebook)
        assert notebook.cells[0].source.startswith("%pip install -q --no-deps bpcore")


def test_what_needs_a_server_is_left_out(make_site, tmp_path):
    extensions = [{"name": name} for name in ("@jupyter/nbgrader", "anywidget", "@jupyter-widgets/jupyterlab-manager")]
    told = {"jupyter-config-data": {"federated_extensions": extensions}}
    (tmp_path / "jupyter-lite.json").write_text(json.dumps(told))
    for name in ("@jupyter", "anywidget", "@jupyter-widgets"):
        (tmp_path / "extensions" / name).mkdir(parents=True)
    make_site._leave_out_what_needs_a_server(tmp_path)
    config = json.loads((tmp_path / "jupyter-lite.json").read_text())["jupyter-config-data"]
    assert [e["name"] for e in config["federated_extensions"]] == ["anywidget", "@jupyter-widgets/jupyterlab-manager"]
    assert sorted(p.name for p in (tmp_path / "extensions").iterdir()) == ["@jupyter-widgets", "anywidget"]
