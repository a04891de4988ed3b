"""What `import bpcore as bp` promises: every name, none of the cost, and help with a slip of the pen."""

import subprocess
import sys
from importlib import import_module

import pytest

import bpcore as bp
from bpcore import _HOME


def python(code):
    """What a fresh interpreter prints when it runs the code."""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    return done.stdout.split()


def test_all_is_the_table():
    assert bp.__all__ == list(_HOME)
    assert set(_HOME) <= set(dir(bp))


@pytest.mark.parametrize("name", bp.__all__)
def test_every_name_is_found_where_the_table_says(name):
    module = import_module(_HOME[name])
    expected = module if _HOME[name] == f"bpcore.{name}" and name != "gradcheck" else getattr(module, name)
    assert getattr(bp, name) is expected


def test_importing_bpcore_brings_numpy_and_little_else():
    heavy = "matplotlib tqdm IPython ipywidgets nbgrader bpcore.layers bpcore.training bpcore.plots"
    assert python(f"import bpcore, sys; print(*[m for m in '{heavy}'.split() if m in sys.modules])") == []


def test_training_brings_no_plotting():
    code = "import bpcore as bp, sys; bp.train, bp.Dense, bp.load_digits; print('matplotlib' in sys.modules)"
    assert python(code) == ["False"]


def test_gradcheck_is_the_function_even_after_its_room_was_imported():
    code = "from bpcore.differences import numerical_gradient; import bpcore; print(callable(bpcore.gradcheck))"
    assert python(code) == ["True"]


@pytest.mark.parametrize(("slip", "meant"), [("relu", "ReLU"), ("CrossEntropy", "CrossEntropyLoss"), ("adam", "Adam")])
def test_an_unknown_name_is_answered_with_a_near_one(slip, meant):
    with pytest.raises(AttributeError, match=meant):
        getattr(bp, slip)


def test_a_name_like_no_other():
    with pytest.raises(AttributeError, match=r"dir\(bpcore\)"):
        bp.zzzzzz  # noqa: B018


def test_the_contract_in_one_breath():
    import numpy as np

    rng = np.random.default_rng(0)
    X_train, y_train, X_test, _ = bp.load_digits(split=True, rng=rng)
    model = bp.Sequential([bp.Dense(64, 8, rng=rng), bp.ReLU(), bp.Dense(8, 10, rng=rng)])
    loss, optimizer = bp.CrossEntropyLoss(), bp.Adam(model.parameters(), lr=3e-3)
    history = bp.train(model, loss, optimizer, X_train, y_train, epochs=2, batch_size=32, rng=rng)
    assert history.train_loss[1] < history.train_loss[0]
    assert model.predict(X_test).shape == (599, 10)
    assert [p.data.shape for p in bp.Dense(3, 2, rng=rng).parameters()] == [(3, 2), (2,)]


def test_importing_bpcore_is_importing_numpy_at_most():
    code = "import sys, numpy; a = set(sys.modules); import bpcore, bpcore.errors; print(*(set(sys.modules) - a))"
    assert [name for name in python(code) if not name.startswith("bpcore")] == []
