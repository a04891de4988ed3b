"""Every recipe runs by itself, in the order of the page or alone."""

import re
from pathlib import Path

import pytest

PAGE = Path(__file__).parent.parent / "docs" / "recipes.md"
RECIPES = re.findall(r"```python\n(.*?)```", PAGE.read_text(encoding="utf-8"), flags=re.DOTALL)


@pytest.mark.parametrize("recipe", RECIPES, ids=lambda text: text.strip().splitlines()[-1][:40])
def test_a_recipe_runs_by_itself(recipe, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    names = {}
    exec(compile(recipe, PAGE.name, "exec"), names)
    if "figure" in recipe:
        assert [path.stat().st_size > 1000 for path in tmp_path.iterdir()] == [True]
    if "loss" in recipe and "play" in names:
        assert re.search(r"loss 0\.[01]\d\d after 200 steps", capsys.readouterr().out)
