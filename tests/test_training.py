"""The loop sees every row once an epoch, keeps X and y together, records what it should, and stops without losing."""

import sys
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bpcore.errors import DataError, ShapeError
from bpcore.layers import Dense, Dropout, Sequential, Tanh
from bpcore.losses import CrossEntropyLoss, MSELoss
from bpcore.optim import SGD, Adam, StepLR
from bpcore.training import accuracy, batches, train, train_until


def pieces(seed=0, d=2, k=2, lr=0.5):
    rng = np.random.default_rng(seed)
    model = Sequential([Dense(d, k, rng=rng)])
    return model, CrossEntropyLoss(), SGD(model.parameters(), lr=lr), rng


def blobs(n=40):
    rng = np.random.default_rng(1)
    y = np.arange(n) % 2
    return rng.normal(size=(n, 2)) + 4 * y[:, None], y


@given(st.integers(0, 2**32 - 1), st.integers(1, 40), st.integers(1, 50))
def test_batches_hold_every_row_once_with_its_own_label(seed, n, batch_size):
    X, y = np.arange(n, dtype=float)[:, None] * [1, 10], np.arange(n)
    seen = list(batches(X, y, batch_size, np.random.default_rng(seed)))
    assert [len(y_batch) for _, y_batch in seen[:-1]] == [batch_size] * ((n - 1) // batch_size)
    assert len(seen[-1][1]) == (n - 1) % batch_size + 1  # the last partial batch is kept
    assert sorted(np.concatenate([y_batch for _, y_batch in seen])) == list(range(n))
    for X_batch, y_batch in seen:
        np.testing.assert_array_equal(X_batch[:, 1], 10 * y_batch)


def test_batches_are_shuffled_by_the_rng_alone():
    X, y = np.zeros((20, 1)), np.arange(20)
    first, again, other = (next(batches(X, y, 20, np.random.default_rng(s)))[1].tolist() for s in (0, 0, 1))
    assert first == again
    assert first != other
    assert first != y.tolist()


@pytest.mark.parametrize(
    ("args", "error", "message"),
    [
        ((np.ones((3, 1)), np.ones(2), 1, np.random.default_rng(0)), ShapeError, "3 rows and y has 2"),
        ((np.ones((0, 1)), np.ones(0), 1, np.random.default_rng(0)), DataError, "no rows"),
        ((np.ones((3, 1)), np.ones(3), 0, np.random.default_rng(0)), DataError, "batch_size"),
        ((np.ones((3, 1)), np.ones(3), 2.0, np.random.default_rng(0)), DataError, "batch_size"),
        ((np.ones((3, 1)), np.ones(3), 1, 7), DataError, r"default_rng\(7\)"),
    ],
)
def test_batches_refuse_at_the_call(args, error, message):
    with pytest.raises(error, match=message):
        batches(*args)


def test_one_step_by_hand():
    # One row x = 2, y = 0 under z = wx + b with w = 1, b = 0: prediction 2, loss 4, dL/dz = 4, dw = 8, db = 4.
    # With lr 0.1: w = 0.2, b = -0.4, so the next prediction is 0: the second loss and all later gradients are 0.
    rng = np.random.default_rng(0)
    model = Sequential([Dense(1, 1, rng=rng)])
    model.layers[0].W.data[...] = 1
    optimizer = SGD(model.parameters(), lr=0.1)
    history = train(model, MSELoss(), optimizer, [[2.0]], [[0.0]], epochs=2, batch_size=1, rng=rng)
    np.testing.assert_allclose(history.train_loss, [4, 0], atol=1e-15)
    np.testing.assert_allclose([p.data.item() for p in model.parameters()], [0.2, -0.4])
    assert history.train_accuracy == ()


def test_training_learns_and_records():
    X, y = blobs()
    model, loss, optimizer, rng = pieces()
    history = train(model, loss, optimizer, X, y, epochs=30, batch_size=7, rng=rng, X_val=X, y_val=y)
    assert history.epochs == 30 == len(history.val_accuracy) == len(history.seconds)
    assert history.train_loss[-1] < history.train_loss[0] / 3
    assert history.val_accuracy[-1] == accuracy(model, X, y) > 0.9
    assert history.val_loss[-1] == pytest.approx(loss.forward(model.predict(X), y))
    assert not history.interrupted
    assert str(history).startswith("30 epochs in")


def test_the_epoch_loss_weighs_a_short_batch_by_its_rows():
    # At a step so small that nothing moves, the mean over batches of 3, 3, 1 must be the loss of the whole.
    X, y = blobs(7)
    model, loss, optimizer, rng = pieces(lr=1e-300)
    expected = loss.forward(model.predict(X), y)
    history = train(model, loss, optimizer, X, y, epochs=1, batch_size=3, rng=rng)
    assert history.train_loss[0] == pytest.approx(expected, rel=1e-12)
    assert history.train_accuracy[0] == accuracy(model, X, y)


def test_training_twice_from_one_seed_is_the_same_to_the_bit():
    X, y = blobs()
    results = []
    for _ in range(2):
        model, loss, optimizer, rng = pieces(seed=5)
        train(model, loss, optimizer, X, y, epochs=3, batch_size=8, rng=rng)
        results.append(model.parameters()[0].data)
    np.testing.assert_array_equal(*results)


def test_the_data_takes_the_dtype_of_the_model():
    X, y = blobs()
    model, _, optimizer, rng = pieces()
    seen = []

    class Watching(CrossEntropyLoss):
        def forward(self, logits, labels):
            seen.append((logits.dtype, labels.dtype))
            return super().forward(logits, labels)

    model.astype("float32")
    train(model, Watching(), optimizer, X, y, epochs=1, batch_size=40, rng=rng)
    assert seen == [(np.float32, y.dtype)]
    assert model.dtype == np.float32


def test_an_interrupt_keeps_what_was_learnt():
    X, y = blobs()
    model, loss, optimizer, rng = pieces()
    step, before = optimizer.step, model.parameters()[0].data.copy()
    count = iter(range(100))

    def interrupted_step():
        if next(count) == 2 * 5 + 3:  # in the third epoch of five batches
            raise KeyboardInterrupt
        step()

    optimizer.step = interrupted_step
    history = train(model, loss, optimizer, X, y, epochs=10, batch_size=8, rng=rng)
    assert history.interrupted
    assert history.epochs == 2
    assert "after 2 of 10 epochs; what was learnt is kept" in str(history)
    assert (model.parameters()[0].data != before).all()


def test_an_optimizer_of_another_model_is_refused():
    X, y = blobs()
    model, loss, _, rng = pieces()
    _, _, stranger, _ = pieces()
    with pytest.raises(DataError, match="none of this model's parameters"):
        train(model, loss, stranger, X, y, epochs=1, batch_size=8, rng=rng)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"epochs": 0}, "epochs"),
        ({"batch_size": 0}, "batch_size"),
        ({"rng": None}, "default_rng"),
        ({"schedule": 0.1}, "function from an epoch"),
        ({"schedule": lambda t: -1.0}, r"schedule\(0\) gave -1"),
        ({"first_epoch": -1}, "first_epoch"),
        ({"max_norm": 0}, "max_norm"),
        ({"patience": 3}, "X_val and y_val"),
        ({"patience": 0, "X_val": np.ones((1, 2)), "y_val": np.ones(1, int)}, "patience"),
        ({"X_val": np.ones((1, 2))}, "both"),
        ({"X_val": np.ones((1, 2)), "y_val": np.ones(2, int)}, "1 rows and y has 2"),
    ],
)
def test_train_refuses_before_it_starts(changes, message):
    model, loss, optimizer, rng = pieces()
    before = model.parameters()[0].data.copy()
    with pytest.raises((DataError, ShapeError), match=message):
        train(model, loss, optimizer, *blobs(), **{"epochs": 1, "batch_size": 8, "rng": rng, **changes})
    np.testing.assert_array_equal(model.parameters()[0].data, before)


def test_the_whole_matrix_is_one_batch_in_its_own_order():
    X, y = np.arange(6.0).reshape(3, 2), np.arange(3)
    ((X_batch, y_batch),) = batches(X, y, None)
    np.testing.assert_array_equal(X_batch, X)
    np.testing.assert_array_equal(y_batch, y)


@pytest.mark.parametrize(("batch_size", "steps"), [(1, 20), (7, 3), (None, 1)])
def test_pattern_by_pattern_by_batches_and_the_whole_matrix(batch_size, steps):
    X, y = blobs(20)
    model, loss, optimizer, rng = pieces()
    taken, step = [], optimizer.step
    optimizer.step = lambda: taken.append(step())
    train(model, loss, optimizer, X, y, epochs=2, batch_size=batch_size, rng=None if batch_size is None else rng)
    assert len(taken) == 2 * steps


def test_the_whole_matrix_takes_the_step_of_gradient_descent():
    # z = wx, w = 1, x = (1, 2), y = (0, 0): dL/dw = mean of 2 · z · x = (2 + 8) / 2 = 5; b's is mean of 2z = 3.
    model = Sequential([Dense(1, 1, rng=np.random.default_rng(0))])
    model.layers[0].W.data[...] = 1
    optimizer = SGD(model.parameters(), lr=0.1)
    train(model, MSELoss(), optimizer, [[1.0], [2.0]], [[0.0], [0.0]], epochs=1, batch_size=None)
    np.testing.assert_allclose([p.data.item() for p in model.parameters()], [0.5, -0.3])


def test_a_schedule_sets_lr_before_each_epoch_and_is_recorded():
    X, y = blobs()
    model, loss, optimizer, rng = pieces()
    schedule = StepLR(0.8, every=2, factor=0.5)
    history = train(model, loss, optimizer, X, y, epochs=5, batch_size=8, rng=rng, schedule=schedule)
    assert history.lr == (0.8, 0.8, 0.4, 0.4, 0.2)
    later = train(model, loss, optimizer, X, y, epochs=2, batch_size=8, rng=rng, schedule=schedule, first_epoch=5)
    assert later.lr == (0.2, 0.1)


def test_clipping_shortens_the_first_step():
    # The step of test_one_step_by_hand, (8, 4) of length √80, clipped to length 1.
    model = Sequential([Dense(1, 1, rng=np.random.default_rng(0))])
    model.layers[0].W.data[...] = 1
    optimizer = SGD(model.parameters(), lr=0.1)
    train(model, MSELoss(), optimizer, [[2.0]], [[0.0]], epochs=1, batch_size=None, max_norm=1)
    moved = np.array([1.0, 0.0]) - [p.data.item() for p in model.parameters()]
    np.testing.assert_allclose(moved, 0.1 * np.array([8, 4]) / np.sqrt(80))


def overfitting(**settings):
    """A training on noise: what it learns there is wrong for the validation data, so val_loss soon rises."""
    rng = np.random.default_rng(3)
    X, X_val = rng.normal(size=(12, 5)), rng.normal(size=(60, 5))
    y, y_val = (X[:, 0] > 0).astype(int) ^ (rng.random(12) < 0.3), (X_val[:, 0] > 0).astype(int)
    model = Sequential([Dense(5, 30, rng=rng), Tanh(), Dense(30, 2, rng=rng)])
    loss, optimizer = CrossEntropyLoss(), Adam(model.parameters(), lr=0.05)
    settings = {"epochs": 60, "batch_size": 4, "rng": rng, "X_val": X_val, "y_val": y_val, **settings}
    history = train(model, loss, optimizer, X, y, **settings)
    return history, loss.forward(model.predict(X_val), y_val)


def test_early_stopping_puts_the_best_weights_back():
    history, loss_now = overfitting(patience=4)
    best = int(np.argmin(history.val_loss)) + 1
    assert history.stopped_early
    assert history.best_epoch == best == history.epochs - 4 < 56
    assert history.val_loss[-1] > history.val_loss[best - 1]
    assert loss_now == history.val_loss[best - 1]
    assert f"Stopped early, after {history.epochs} of 60 epochs" in str(history)
    assert f"those of epoch {best}" in str(history)


def test_the_best_weights_come_back_even_when_patience_never_ran_out():
    history, loss_now = overfitting(patience=1000)
    assert not history.stopped_early
    assert history.epochs == 60
    assert loss_now == min(history.val_loss) < history.val_loss[-1]


def test_without_patience_the_last_weights_stay():
    history, loss_now = overfitting()
    assert history.best_epoch is None
    assert loss_now == history.val_loss[-1] > min(history.val_loss)


def test_an_interrupt_with_patience_keeps_the_best_finished_epoch():
    def interrupting(epoch, measured):
        if epoch == 30:
            raise KeyboardInterrupt

    history, loss_now = overfitting(patience=1000, callbacks=[interrupting])
    assert history.interrupted
    assert history.epochs == 30
    assert loss_now == min(history.val_loss)


def test_callbacks_see_every_epoch_and_may_end_training():
    X, y = blobs()
    model, loss, optimizer, rng = pieces()
    seen, heard = [], []
    callbacks = [lambda epoch, measured: epoch == 3, lambda epoch, measured: seen.append((epoch, measured))]
    callbacks.append(lambda epoch, measured: heard.append(epoch) or "any answer but True is none")
    history = train(
        model, loss, optimizer, X, y, epochs=9, batch_size=8, rng=rng, X_val=X, y_val=y, callbacks=callbacks
    )
    assert history.stopped_early
    assert history.epochs == 3
    assert heard == [1, 2, 3] == [epoch for epoch, _ in seen]
    for name in ("train_loss", "train_accuracy", "val_loss", "val_accuracy", "lr", "seconds"):
        assert tuple(measured[name] for _, measured in seen) == getattr(history, name)


def test_training_until_a_threshold():
    X, y = blobs()
    model, loss, optimizer, rng = pieces(lr=0.1)
    history = train_until(model, loss, optimizer, X, y, 0.1, batch_size=1, rng=rng)
    assert history.stopped_early
    assert 1 < history.epochs < 100
    assert loss.forward(model.predict(X), y) <= 0.1
    # One epoch fewer had not been enough.
    model, loss, optimizer, rng = pieces(lr=0.1)
    train(model, loss, optimizer, X, y, epochs=history.epochs - 1, batch_size=1, rng=rng)
    assert loss.forward(model.predict(X), y) > 0.1


def test_a_threshold_out_of_reach():
    X, y = blobs()
    model, loss, optimizer, _ = pieces()
    history = train_until(model, loss, optimizer, X, y, -1, batch_size=None, max_epochs=5)
    assert not history.stopped_early
    assert history.epochs == 5
    with pytest.raises(DataError, match="finite"):
        train_until(model, loss, optimizer, X, y, float("nan"), batch_size=None)
    with pytest.raises(DataError, match="max_epochs"):
        train_until(model, loss, optimizer, X, y, 0.1, batch_size=None, max_epochs=0)


def test_validation_is_without_dropout():
    # All is dropped but a hundredth, so the losses of training and validation on the same data tell them apart.
    rng = np.random.default_rng(0)
    X, y = blobs()
    model = Sequential([Dense(2, 2, rng=rng), Dropout(0.99, rng=rng)])
    loss, optimizer = CrossEntropyLoss(), SGD(model.parameters(), lr=1e-300)
    expected = loss.forward(model.layers[0].predict(X), y)
    history = train(model, loss, optimizer, X, y, epochs=1, batch_size=8, rng=rng, X_val=X, y_val=y)
    assert history.val_loss[0] == pytest.approx(expected, rel=1e-12)
    assert abs(history.train_loss[0] - expected) > 0.1


def bar_shown(capsys, progress=None):
    model, loss, optimizer, rng = pieces()
    train(model, loss, optimizer, *blobs(), epochs=2, batch_size=8, rng=rng, progress=progress)
    return "2/2" in capsys.readouterr().out


def test_progress_is_shown_only_where_somebody_looks(capsys, monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    assert not bar_shown(capsys)
    assert bar_shown(capsys, progress=True)
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    assert bar_shown(capsys)
    assert not bar_shown(capsys, progress=False)
    monkeypatch.setenv("NBGRADER_EXECUTION", "autograde")
    assert not bar_shown(capsys, progress=True)


def test_progress_is_shown_in_a_notebook(monkeypatch):
    monkeypatch.delenv("NBGRADER_EXECUTION", raising=False)
    written = []
    # Nothing of ipykernel is imported: its stream is known by the module of its class.
    stream = types.new_class("OutStream", exec_body=lambda body: body.update(__module__="ipykernel.iostream"))()
    stream.write, stream.flush, stream.isatty = written.append, lambda: None, lambda: False
    monkeypatch.setattr(sys, "stdout", stream)
    model, loss, optimizer, rng = pieces()
    train(model, loss, optimizer, *blobs(), epochs=2, batch_size=8, rng=rng)
    assert "2/2" in "".join(written)


def test_accuracy_by_hand():
    model = Sequential([Dense(2, 2, rng=np.random.default_rng(0))])
    model.layers[0].W.data[...] = np.eye(2)  # the larger of the two inputs wins
    X = np.array([[1.0, 0], [0, 1], [3, 2], [2, 3]])
    assert accuracy(model, X, np.array([0, 1, 0, 0])) == 0.75
    with pytest.raises(DataError, match="integer labels"):
        accuracy(model, X, np.ones(4))
    with pytest.raises(ShapeError, match="4 rows"):
        accuracy(model, X, np.ones(3, int))
    with pytest.raises(DataError, match="no rows"):
        accuracy(model, X[:0], np.ones(0, int))
