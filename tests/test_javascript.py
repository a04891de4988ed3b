"""The widgets' JavaScript: its own tests (vitest, in tests/js), and what putting it together without a build asks."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from bpcore.widgets.assets import HERE, script, style

# What npm says when there is no network: then its tests cannot be had here, and that is no fault of theirs.
UNREACHABLE = re.compile(r"ENOTFOUND|EAI_AGAIN|ETIMEDOUT|ECONNREFUSED|ECONNRESET|ENETUNREACH|ERR_SOCKET_TIMEOUT")
JS = Path(__file__).with_name("js")
MODULES = sorted(path.name for path in HERE.glob("*.js"))


@pytest.fixture(scope="session")
def npm() -> str:
    """The path of npm; what the tests need of it is fetched once, into tests/js/node_modules."""
    path = shutil.which("npm") or pytest.skip("npm is not installed (Debian: apt-get install nodejs npm)")
    if not (JS / "node_modules" / ".bin" / "vitest").exists():
        command = [path, "install", "--no-audit", "--no-fund", "--loglevel=error", "--fetch-retries=1"]
        done = subprocess.run(command, cwd=JS, capture_output=True, text=True, timeout=400)
        if UNREACHABLE.search(done.stderr):
            pytest.skip("npm cannot reach what it installs from")
        assert done.returncode == 0, done.stdout + done.stderr
    return path


def test_the_javascript_passes_its_own_tests(npm):
    done = subprocess.run([npm, "test", "--silent"], cwd=JS, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stdout + done.stderr
    assert re.search(r"Tests\s+\S*\d+ passed", re.sub(r"\x1b\[[0-9;]*m", "", done.stdout)), done.stdout


@pytest.mark.parametrize("name", MODULES)
def test_a_module_joined_with_what_it_imports_has_each_name_once(name):
    whole = script(name)
    assert not re.search(r"^import ", whole, flags=re.MULTILINE), "only `import { a, b } from './module.js'` is joined"
    names = re.findall(r"^(?:export )?(?:async )?(?:const|let|class|function\*?) ([\w$]+)", whole, flags=re.MULTILINE)
    assert len(names) == len(set(names)), sorted(n for n in names if names.count(n) > 1)
    assert " as " not in "".join(re.findall(r"^import .*$", (HERE / name).read_text(), flags=re.MULTILINE))


def test_a_module_comes_after_what_it_imports_and_once():
    whole = script("playground.js")
    assert (
        whole.index("export class Line") < whole.index("export function networkView") < whole.index("function render(")
    )
    assert whole.count("export class Line") == 1


@pytest.mark.parametrize("name", MODULES)
def test_nothing_is_fetched_from_elsewhere(name):
    addresses = set(re.findall(r"https?://[^\s\"'`)]+", (HERE / name).read_text()))
    assert addresses <= {"http://www.w3.org/2000/svg"}


def test_the_colours_are_those_of_the_plots():
    from bpcore import plots

    look = style().lower()
    for colour in (plots.BLUE, plots.VERMILION, plots.INK, plots.QUIET, plots.HAIRLINE):
        assert colour.lower() in look
