"""What the prose of 13 says of its runs happens in them, and the exam's key answers its own questions."""

import re
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parent.parent
NUMBERS = {  # by hand: e · w2 · x, the sizes counted, and 1 / (1 - w)
    "A": (-4 * -1 * 2, 64 * 20 + 20 + 20 * 10 + 10, 1 / (1 - 0.5)),
    "B": (-2 * 0.5 * -1, 49 * 16 + 16 + 16 * 5 + 5, 1 / (1 + 0.25)),
    "C": (1 * 2 * 3, 30 * 12 + 12 + 12 * 4 + 4, 1 / (1 - 0.75)),
}


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> str:
    nb = nbformat.read(ROOT / "solutions/13_reading_aloud/13_reading_aloud.ipynb", as_version=4)
    folder = tmp_path_factory.mktemp("reading")
    nbclient.NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    outputs = [output for cell in nb.cells if cell.cell_type == "code" for output in cell.outputs]
    players = [o.data.get("text/html", "") for o in outputs if o.output_type == "display_data"]
    assert sum(page.count("<audio") for page in players) >= 20
    assert not any("autoplay" in page for page in players)
    return "\n".join(o.text for o in outputs if o.output_type == "stream" and o.name == "stdout")


def found(pattern: str, text: str) -> list[float]:
    """The numbers that a line holds at the places in brackets."""
    match = re.search(pattern, text)
    assert match, pattern
    return [float(group) for group in match.groups()]


def test_the_network_reads_more_than_each_letter_by_itself(told: str) -> None:
    (letters,) = found(r"letter by letter: (\d+)%", told)
    (reached,) = found(r"Reached: ([\d.]+)%\.\n", told)
    (whole,) = found(r"whole new words: ([\d.]+)%", told)
    assert 70 < letters < 76
    assert reached > 89
    assert 52 < whole < 66


def test_kinds_come_before_sounds_and_vowels_last(told: str) -> None:
    rows = {
        name: found(rf"{name} +(\d+)% +(\d+)% +(\d+)% +(\d+)%", told)
        for name in ("untrained", "30 batches", "150 batches", "at the end")
    }
    assert rows["untrained"][0] < 10
    assert rows["30 batches"][1] > rows["30 batches"][0] + 20
    assert rows["150 batches"][1] > 85
    assert rows["at the end"][3] > rows["at the end"][2] + 10


def test_neighbours_help_and_pairs_of_one_kind_lie_together(told: str) -> None:
    one, three, seven = (found(rf"window of {width}: (\d+)%", told)[0] for width in (1, 3, 7))
    assert one + 5 < three < seven - 2
    same, chance = found(r"for (\d+)% of them; by chance it would be (\d+)%", told)
    assert same > 85
    assert chance < 60


def test_noise_as_large_as_the_weights_costs_little_and_much_noise_nearly_all(told: str) -> None:
    none, half, much = (found(rf"noise up to {s}: (\d+)%", told)[0] for s in ("0.0", "0.5", "2.0"))
    assert none - 8 < half < none
    assert much < 30


def test_torch_does_the_same_where_it_is_there(told: str) -> None:
    pytest.importorskip("torch")
    assert found(r"after 38 steps: (\S+)", told)[0] < 1e-12


@pytest.mark.parametrize("form", NUMBERS)
def test_the_key_of_the_exam_finds_what_is_found_by_hand(form: str, capsys: pytest.CaptureFixture[str]) -> None:
    nb = nbformat.read(ROOT / "solutions/15_exam/15_exam.ipynb", as_version=4)
    sources = [cell.source for cell in nb.cells if cell.cell_type == "code"]
    (setup,) = [source for source in sources if "def mark" in source]
    (marked,) = [source for source in sources if source.startswith(f"mark(numbers_{form}")]
    (blank,) = [source for source in sources if source.startswith(f"numbers_{form}")]
    scope: dict = {}
    exec(f"{setup}\n{blank}\n{marked}", scope)
    assert capsys.readouterr().out.count("not answered yet") == 3
    names = ("slope", "parameters", "resting point")
    scope[f"numbers_{form}"] = dict(zip(names, NUMBERS[form], strict=True))
    exec(marked, scope)
    assert capsys.readouterr().out.endswith("6 of 6 points\n")
    scope[f"numbers_{form}"] = dict.fromkeys(names, 0.5)
    exec(marked, scope)
    assert capsys.readouterr().out.endswith("0 of 6 points\n")


def test_the_forms_of_the_exam_are_parallel() -> None:
    text = (ROOT / "solutions/15_exam/15_exam.py").read_text(encoding="utf-8")
    forms = re.split(r"^# ## Form [ABC]$", text, flags=re.MULTILINE)[1:]
    assert len(forms) == 3
    for form in forms:
        questions, key = form.split("<details>")[0], form.split("<details>")[1].split("</details>")[0]
        assert len(re.findall(r"^# \d+\. ", questions, flags=re.MULTILINE)) == 12
        assert len(re.findall(r"^# \d+\. ", key, flags=re.MULTILINE)) == 12
        assert len(re.findall(r"\(Units? [\d, ]+\)", key.replace("\n#   ", ""))) == 12
        assert form.count("check(") == 1
