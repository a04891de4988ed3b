"""Makes the course as a site that needs no installation: JupyterLab and Python run in the browser (JupyterLite).

`python scripts/make_site.py [FOLDER]` builds FOLDER (site/): the notebooks, and the package as a wheel beside them.
Python itself, numpy and matplotlib come from Pyodide's own distribution when a notebook is opened, over the network.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nbformat

ROOT = Path(__file__).resolve().parent.parent
# The package declares JupyterLab and nbgrader, which a browser neither needs nor can run. What its modules import by
# themselves has to be named in a cell: the kernel fetches what it sees there.
PREPARE = """\
%pip install -q --no-deps bpcore
%pip install -q tqdm ipywidgets anywidget
import matplotlib, numpy
"""
KEPT = ("@jupyter-widgets", "@jupyterlite", "anywidget")


def contents(target: Path) -> None:
    """The course's notebooks, each with a first cell that fetches the package from the site."""
    for path in sorted((ROOT / "course").glob("*/*.ipynb")):
        notebook = nbformat.read(path, as_version=4)
        first = nbformat.v4.new_code_cell(PREPARE.rstrip("\n"), id="prepare")
        notebook.cells.insert(0, first)
        (target / path.parent.name).mkdir(parents=True)
        nbformat.write(notebook, target / path.parent.name / path.name)


def build(folder: Path) -> None:
    """Build the wheel, then the site around it. Raises CalledProcessError when either cannot be built."""
    with tempfile.TemporaryDirectory() as scratch:
        wheels, notebooks = Path(scratch, "wheels"), Path(scratch, "contents")
        pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(wheels), str(ROOT)]
        subprocess.run(pip, check=True)
        contents(notebooks)
        lite = [sys.executable, "-m", "jupyter", "lite", "build", "--contents", str(notebooks)]
        lite += ["--output-dir", str(folder)]
        for wheel in wheels.glob("*.whl"):
            lite += ["--piplite-wheels", str(wheel)]
        subprocess.run(lite, check=True, cwd=scratch, stdout=subprocess.DEVNULL)
    _leave_out_what_needs_a_server(folder)


def _leave_out_what_needs_a_server(folder: Path) -> None:
    config = folder / "jupyter-lite.json"
    told = json.loads(config.read_text(encoding="utf-8"))
    page = told["jupyter-config-data"]
    page["federated_extensions"] = [e for e in page["federated_extensions"] if e["name"].startswith(KEPT)]
    page["appName"] = "Backpropagation, built by hand"
    config.write_text(json.dumps(told, indent=2) + "\n", encoding="utf-8")
    for extension in (folder / "extensions").iterdir():
        if not extension.name.startswith(KEPT):
            shutil.rmtree(extension)


def main(argv: list[str] | None = None) -> int:
    """Build the site into a folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path, default=ROOT / "site")
    folder = parser.parse_args(argv).folder.absolute()
    build(folder)
    print(f"Serve {folder} with any web server, for example: python -m http.server -d {folder} --bind 127.0.0.1")
    return 0


if __name__ == "__main__":
    sys.exit(main())
