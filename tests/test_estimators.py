"""Classifier and Regressor: scikit-learn's own checks, and what they promise beyond them."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.compose import TransformedTargetRegressor
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils.estimator_checks import parametrize_with_checks

import bpcore as bp
from bpcore.errors import DataError
from bpcore.estimators import Classifier, Regressor


@parametrize_with_checks([Classifier(random_state=0), Regressor(random_state=0)])
def test_what_scikit_learn_asks_of_an_estimator(estimator, check):
    check(estimator)


def moons(n=200, seed=0):
    return bp.make_moons(n, rng=np.random.default_rng(seed))


def wave(n=200, seed=0):
    rng = np.random.default_rng(seed)
    X = rng.uniform(-2, 2, size=(n, 1))
    return X, np.sin(2 * X[:, 0])


def test_it_reads_digits():
    X_train, y_train, X_test, y_test = bp.load_digits(split=True, rng=np.random.default_rng(0))
    model = Classifier(epochs=20, random_state=0).fit(X_train, y_train)
    assert model.score(X_test, y_test) > 0.95
    assert model.history_.epochs == 20


def test_in_a_pipeline_and_a_search_over_settings():
    X, y = moons()
    pipeline = make_pipeline(StandardScaler(), Classifier(hidden=(16,), epochs=30, random_state=0))
    search = GridSearchCV(pipeline, {"classifier__activation": ["tanh", "relu"], "classifier__lr": [1e-5, 1e-2]}, cv=3)
    search.fit(X, y)
    # With steps so short, nothing is learnt in 30 epochs: the search must see that.
    assert search.best_params_["classifier__lr"] == 1e-2
    assert search.best_score_ > 0.9


def test_targets_that_are_scaled_first():
    X, y = wave()
    model = TransformedTargetRegressor(Regressor(epochs=100, random_state=0), transformer=StandardScaler())
    assert model.fit(X, 1e6 * y).score(X, 1e6 * y) > 0.98


@pytest.mark.parametrize("loss", ["cross_entropy", "binary_cross_entropy"])
@pytest.mark.parametrize("activation", ["relu", "leaky_relu", "tanh", "sigmoid"])
@pytest.mark.parametrize("optimizer", ["sgd", "rmsprop", "adam", "adamw"])
def test_every_setting_learns_two_clouds(loss, activation, optimizer):
    rng = np.random.default_rng(0)
    labels = np.repeat(["left", "right"], 50)
    X = rng.normal(size=(100, 2)) + np.where(labels == "left", -2.5, 2.5)[:, None]
    settings = {"hidden": (8,), "epochs": 20, "lr": 0.1 if optimizer == "sgd" else 1e-2, "random_state": 0}
    model = Classifier(loss=loss, activation=activation, optimizer=optimizer, **settings).fit(X, labels)
    assert model.score(X, labels) > 0.98
    p = model.predict_proba(X)
    np.testing.assert_allclose(p.sum(axis=1), 1, rtol=1e-12)
    np.testing.assert_array_equal(model.classes_[p.argmax(axis=1)], model.predict(X))


@pytest.mark.parametrize("loss", ["mse", "mae"])
def test_a_regressor_says_several_numbers(loss):
    X, y = wave()
    Y = np.column_stack([y, -y])
    model = Regressor(loss=loss, epochs=80, random_state=0).fit(X, Y)
    assert model.predict(X).shape == Y.shape
    assert model.score(X, Y) > 0.95
    assert Regressor(hidden=(), epochs=1, random_state=0).fit(X, y).predict(X).shape == y.shape


def test_the_network_is_the_one_that_was_asked_for():
    X, y = moons()
    model = Classifier(hidden=(5, 4), activation="tanh", epochs=1, random_state=0).fit(X, y)
    assert [type(layer).__name__ for layer in model.model_.layers] == ["Dense", "Tanh", "Dense", "Tanh", "Dense"]
    assert [p.data.shape for p in model.model_.parameters()] == [(2, 5), (5,), (5, 4), (4,), (4, 2), (2,)]
    assert len(Classifier(hidden=3, epochs=1, random_state=0).fit(X, y).model_.layers) == 3


def test_patience_sets_rows_aside_and_keeps_the_best_epoch():
    X, y = moons()
    y = np.where(np.random.default_rng(1).random(len(y)) < 0.4, 1 - y, y)  # so much noise that it soon gets worse
    model = Classifier(hidden=(64,), lr=0.03, epochs=300, patience=5, validation_fraction=0.3, random_state=0).fit(X, y)
    history = model.history_
    assert history.stopped_early
    assert history.epochs == history.best_epoch + 5 < 300
    assert min(history.val_loss) == history.val_loss[history.best_epoch - 1]


def test_a_warm_start_goes_on_to_the_bit():
    X, y = moons()
    settings = {"hidden": (8,), "batch_size": None, "random_state": 0}  # whole batches: the order of rows is no matter
    whole = Classifier(epochs=20, **settings).fit(X, y)
    pieces = Classifier(epochs=10, warm_start=True, **settings).fit(X, y).fit(X, y)
    np.testing.assert_array_equal(pieces.predict_proba(X), whole.predict_proba(X))
    cold = Classifier(epochs=10, **settings).fit(X, y).fit(X, y)
    assert not np.array_equal(cold.predict_proba(X), whole.predict_proba(X))
    # With other classes, or other columns, there is nothing to go on from.
    assert pieces.fit(X, np.arange(len(y)) % 3).predict_proba(X).shape == (len(X), 3)
    assert pieces.fit(np.hstack([X, X]), y).n_features_in_ == 4


def test_chance_is_an_argument():
    X, y = moons()

    def weights(state):
        return Classifier(epochs=2, random_state=state).fit(X, y).model_.parameters()[0].data

    np.testing.assert_array_equal(weights(0), weights(0))
    np.testing.assert_array_equal(weights(7), weights(np.random.default_rng(7)))
    np.testing.assert_array_equal(weights(np.random.RandomState(0)), weights(np.random.RandomState(0)))
    assert not np.array_equal(weights(0), weights(1))
    assert not np.array_equal(weights(None), weights(None))


def test_pickled_cloned_and_printed():
    X, y = moons()
    model = Classifier(epochs=3, hidden=(4,), random_state=0).fit(X, y)
    again = pickle.loads(pickle.dumps(model))
    np.testing.assert_array_equal(again.predict_proba(X), model.predict_proba(X))
    fresh = clone(model)
    assert not hasattr(fresh, "model_")
    assert fresh.get_params() == model.get_params()
    assert repr(model) == "Classifier(epochs=3, hidden=(4,), random_state=0)"
    assert isinstance(bp.Classifier(), Classifier)
    assert isinstance(bp.Regressor(), Regressor)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"activation": "rleu"}, "activation='rleu' is not known; use one of relu, leaky_relu, tanh, sigmoid"),
        ({"loss": "mse"}, "loss='mse' is not known; use one of cross_entropy, binary_cross_entropy"),
        ({"optimizer": bp.Adam}, "use one of sgd, rmsprop, adam, adamw"),
        ({"hidden": (8, 0)}, "both sizes must be whole numbers of at least 1"),
        ({"hidden": (8, 2.5)}, "both sizes must be whole numbers of at least 1"),
        ({"lr": -1.0}, "lr"),
        ({"epochs": 0}, "epochs=0 must be a whole number of at least 1"),
        ({"batch_size": 0}, "batch_size=0 must be a whole number of at least 1"),
        ({"patience": 3, "validation_fraction": 0.0}, "validation_fraction between 0 and 1"),
        ({"patience": 0}, "patience=0 must be a whole number"),
        ({"random_state": "0"}, "random_state='0' must be None, a whole number from 0, or a numpy Generator"),
        ({"random_state": -1}, "random_state=-1 must be"),
    ],
)
def test_settings_that_are_none(settings, message):
    X, y = moons(20)
    with pytest.raises(DataError, match=message):
        Classifier(**settings).fit(X, y)


def test_without_scikit_learn_the_error_says_what_to_install():
    code = "import sys; sys.modules['sklearn'] = None; import bpcore as bp; made = bp.Classifier; made(epochs=3)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert 'ImportError: Classifier is a scikit-learn estimator: pip install "bpcore[estimators]"' in done.stderr
