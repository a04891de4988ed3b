"""What the prose says of a run happens in the run, with room to spare."""

import re
from functools import cache
from pathlib import Path

import nbclient
import nbformat
import pytest

ROOT = Path(__file__).parent.parent


@cache
def printed(unit: str, folder: Path) -> str:
    """All that the worked cells of a solved notebook print."""
    nb = nbformat.read(ROOT / "solutions" / unit / f"{unit}.ipynb", as_version=4)
    nbclient.NotebookClient(nb, timeout=60, resources={"metadata": {"path": str(folder)}}).execute()
    return "\n".join(o.text for c in nb.cells if c.cell_type == "code" for o in c.outputs if o.output_type == "stream")


@pytest.fixture(scope="module")
def networks(tmp_path_factory: pytest.TempPathFactory) -> str:
    return printed("01_networks", tmp_path_factory.mktemp("networks"))


@pytest.fixture(scope="module")
def claims(tmp_path_factory: pytest.TempPathFactory) -> str:
    return printed("14_claims", tmp_path_factory.mktemp("claims"))


@pytest.fixture(scope="module")
def costs(tmp_path_factory: pytest.TempPathFactory) -> str:
    return printed("11_static_or_recurrent", tmp_path_factory.mktemp("costs"))


@pytest.fixture(scope="module")
def failures(tmp_path_factory: pytest.TempPathFactory) -> str:
    return printed("12_noise_and_failure", tmp_path_factory.mktemp("failures"))


def found(pattern: str, text: str) -> list[float]:
    """The numbers that a line holds at the places in brackets."""
    match = re.search(pattern, text)
    assert match, pattern
    return [float(group.replace(",", "")) for group in match.groups()]


def test_depth_without_a_bend_wins_nothing(networks: str) -> None:
    row = r"0 hidden: (\d+)%  1 hidden: (\d+)%  2 hidden: (\d+)%  4 hidden: (\d+)%"
    assert max(found("without activation " + row, networks)) <= 65
    none, *bent = found("with tanh +" + row, networks)
    assert none <= 65
    assert min(bent) >= 90
    assert found(r"1 hidden: (\d+)  2 hidden: \d+  4 hidden: (\d+)\n", networks) == [82, 898]


def test_walking_back_is_thousands_of_times_cheaper_than_measuring(claims: str) -> None:
    (times,) = found(r"runs: ([\d,]+) times as long", claims)
    assert times > 1000


def test_the_learning_rate_decides(claims: str) -> None:
    shares = [found(rf"learning rate +{rate}: ([\d.]+)%", claims)[0] for rate in ("0.0002", "0.02", "0.2", "20.0")]
    assert shares[2] > 85
    assert max(shares[0], shares[3]) < 40


def test_the_slope_of_another_activation_is_wrong(claims: str) -> None:
    assert found(r"with ReLU: relative error of the slopes (\S+)", claims)[0] < 1e-6
    assert found(r"with tanh: relative error of the slopes (\S+)", claims)[0] > 0.1


def test_shuffled_pixels_cost_nothing_and_another_scale_costs_everything(claims: str) -> None:
    names = ("as they are", "pixels shuffled, in all alike", "100 times as large")
    plain, shuffled, large = (found(rf"{name} +([\d.]+)%", claims)[0] for name in names)
    assert abs(plain - shuffled) < 5
    assert large < 50


def test_more_units_find_xor_more_often(claims: str) -> None:
    two, many = (found(rf"{n} hidden units: (\d+) of 12", claims)[0] for n in (2, 8))
    assert two <= 9
    assert many >= 11


def test_random_ways_back_are_unrelated_to_the_gradient(claims: str) -> None:
    assert found(r"its own weights: cosine with the gradient (\S+)", claims) == [1.0]
    assert abs(found(r"drawn at random: cosine with the gradient (\S+)", claims)[0]) < 0.2


def test_settling_takes_many_steps_and_more_the_stronger_the_loop(claims: str) -> None:
    steps = [found(rf"W {strength} strong: (\d+) steps", claims)[0] for strength in (0.2, 0.5, 0.8)]
    assert 5 < steps[0] < steps[1] < steps[2]


def test_loop_and_matrix_agree_and_small_batches_are_ahead_after_equal_epochs(claims: str) -> None:
    times, apart = found(r"loop or matrix: (\d+) times as long, relative difference of the gradients (\S+)", claims)
    assert times > 5
    assert apart < 1e-10
    some, everything = (found(rf"batches of +{size}: ([\d.]+)%", claims)[0] for size in (32, 1198))
    assert some > everything + 20


def test_wrong_labels_are_learnt_by_heart_in_the_end(claims: str) -> None:
    clean, noisy = (
        found(rf"{share}% of the labels drawn at random: ([\d.]+)% after 5 epochs, ([\d.]+)%", claims)
        for share in (0, 40)
    )
    assert clean[1] > clean[0] + 1
    assert noisy[1] < noisy[0] - 3


def test_new_writers_are_harder_and_speech_needs_no_network_here(claims: str) -> None:
    tasks = ("images, random split", "images, new writers", "speech, new voices")
    rows = [found(rf"{task} +network ([\d.]+)% +nearest mean ([\d.]+)%", claims) for task in tasks]
    assert rows[0][0] > rows[1][0] + 1
    assert rows[0][0] > rows[0][1] + 3
    assert rows[2][1] > 95


def test_twenty_layers_reach_twenty_cells_and_settling_reaches_them_all(costs: str) -> None:
    assert found(r"field: (\d+) free cells; 20 layers reach (\d+), settling (\d+)", costs) == [81, 81, 81]
    assert found(r"snake: (\d+) free cells; 20 layers reach (\d+), settling (\d+)", costs) == [49, 20, 49]


def test_settling_reads_more_letters_and_takes_longer_to_learn_them(costs: str) -> None:
    row = r" +{} steps: whole letters ([\d.]+)%, ([\d.]+)%, ([\d.]+)% \(three starts\); ([\d.]+) s"
    static, settling = (found(kind + row.format(300), costs) for kind in ("static", "settling"))
    assert min(settling[:3]) > max(static[:3])
    assert min(static[:3]) > 90
    assert settling[3] > 3 * static[3]


def test_the_broken_off_gradient_turns_towards_the_whole_one(costs: str) -> None:
    rows = [
        found(rf"k = +{k}: apart from through time by (\S+); cosine with the whole gradient (\S+),", costs)
        for k in (1, 30)
    ]
    assert max(apart for apart, _ in rows) < 1e-12
    assert rows[0][1] < 0.9
    assert rows[1][1] > 0.999
    assert abs(found(r"\n40 terms: (\S+)\n", costs)[0]) > 1e6


def test_wrong_labels_are_outvoted_and_later_learnt_by_heart(failures: str) -> None:
    reached = [found(rf"\n{share}% of the labels wrong: ([\d.]+)%", failures)[0] for share in (0, 40, 80)]
    assert reached[0] > 92
    assert reached[1] > 75
    assert reached[2] < 60
    best, last = found(r"right: ([\d.]+)% at the best epoch, ([\d.]+)% after 150", failures)
    assert best > last + 5


def test_noise_in_training_is_a_trade(failures: str) -> None:
    none, much = (found(rf"\n +{size} +([\d.]+)% +([\d.]+)%\n", failures) for size in ("0.0", "0.4"))
    assert much[0] < none[0]
    assert much[1] > none[1] + 3


def test_each_run_gets_the_word_that_its_trouble_deserves(failures: str) -> None:
    words = {
        "898 images, rate 0.02, 8 epochs": "goes on",
        "898 images, rate 3": "says nothing",
        "wrong labels, stopped in time": "has settled",
        "wrong labels, all 150 epochs": "memorises",
        "a nan on the way": "overflow",
    }
    for run, word in words.items():
        assert re.search(rf"{run} +{word}", failures), run
