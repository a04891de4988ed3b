"""What was saved goes on to the bit as if it had never stopped, and no wrong or damaged file changes anything."""

import json
import pickle

import numpy as np
import pytest

from bpcore.errors import DataError
from bpcore.layers import Add, Conv2d, Dense, Dropout, Flatten, MaxPool2d, ReLU, Sequential, Tanh
from bpcore.losses import CrossEntropyLoss
from bpcore.optim import SGD, Adam, AdamW, CosineLR, RMSProp
from bpcore.saving import SavedFileError, load, save
from bpcore.training import train

OPTIMIZERS = {
    "sgd": lambda p: SGD(p, 0.1),
    "momentum": lambda p: SGD(p, 0.1, momentum=0.9, nesterov=True),
    "rmsprop": RMSProp,
    "adam": lambda p: Adam(p, betas=(0.8, 0.99)),
    "adamw": AdamW,
}


def build(make=Adam, seed=0, dtype="float64", hidden=6):
    rng = np.random.default_rng(seed)
    model = Sequential(
        [
            Conv2d(1, 2, 3, padding=1, rng=rng),
            Add(Tanh()),
            MaxPool2d(2),
            Flatten(),
            Dense(8, hidden, rng=rng),
            Dropout(0.3, rng=rng),
            Dense(hidden, 3, rng=rng),
        ]
    ).astype(dtype)
    return model, make(model.parameters()), rng


def run(model, optimizer, rng, epochs, first_epoch=0):
    data = np.random.default_rng(9)
    X, y = data.normal(size=(30, 1, 4, 4)), data.integers(0, 3, 30)
    settings = {"epochs": epochs, "batch_size": 8, "rng": rng, "first_epoch": first_epoch, "schedule": CosineLR(0.1, 9)}
    return train(model, CrossEntropyLoss(), optimizer, X, y, **settings)


def everything(model, optimizer, rng):
    memory = [array for name in optimizer.memories for array in getattr(optimizer, name)]
    return [p.data.copy() for p in model.parameters()] + [array.copy() for array in memory], (
        optimizer.lr,
        optimizer.steps,
        json.dumps(rng.bit_generator.state, default=lambda array: array.tolist()),
    )


def same(first, second):
    return (
        all(a.dtype == b.dtype and np.array_equal(a, b) for a, b in zip(first[0], second[0], strict=True))
        and first[1] == second[1]
    )


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("make", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_saved_and_resumed_equals_uninterrupted_to_the_bit(tmp_path, make, dtype):
    straight = build(make, dtype=dtype)
    whole = run(*straight, epochs=5)

    stopped = build(make, dtype=dtype)
    run(*stopped, epochs=2)
    save(tmp_path / "net.npz", *stopped, epochs=2)

    resumed = build(make, seed=77, dtype=dtype)
    assert not same(everything(*resumed), everything(*stopped))
    epochs = load(tmp_path / "net.npz", *resumed)
    assert epochs == 2
    assert same(everything(*resumed), everything(*stopped))
    rest = run(*resumed, epochs=3, first_epoch=epochs)
    assert same(everything(*resumed), everything(*straight))
    assert rest.train_loss == whole.train_loss[2:]
    assert rest.lr == whole.lr[2:]


@pytest.mark.parametrize("kind", ["PCG64", "PCG64DXSM", "MT19937", "Philox", "SFC64"])
def test_every_kind_of_generator_goes_on_where_it_was(tmp_path, kind):
    model, _, _ = build()
    make = lambda seed: np.random.Generator(getattr(np.random, kind)(seed))  # noqa: E731
    first, second = make(1), np.random.default_rng(2)
    first.random(7), second.integers(5)
    save(tmp_path / "net.npz", model, rng=[first, second])
    expected = first.random(5), second.integers(0, 1000, 5)
    first, second = make(3), np.random.default_rng(4)
    load(tmp_path / "net.npz", model, rng=(first, second))
    np.testing.assert_array_equal(first.random(5), expected[0])
    np.testing.assert_array_equal(second.integers(0, 1000, 5), expected[1])


def test_a_model_alone_is_enough_to_predict(tmp_path):
    model, _, rng = build()
    X = rng.normal(size=(3, 1, 4, 4))
    save(str(tmp_path / "any name"), model)
    other, optimizer, _ = build(seed=5)
    assert load(str(tmp_path / "any name"), other) == 0
    np.testing.assert_array_equal(other.predict(X), model.predict(X))
    assert optimizer.params[0] is other.parameters()[0]  # changed in place, so they are still joined
    assert [path.name for path in tmp_path.iterdir()] == ["any name"]
    single = Dense(2, 2, rng=rng)
    save(tmp_path / "layer", single)
    load(tmp_path / "layer", Dense(2, 2, rng=rng))


def test_the_file_holds_plain_arrays(tmp_path):
    save(tmp_path / "net.npz", *build())
    with np.load(tmp_path / "net.npz", allow_pickle=False) as file:
        assert all(file[name].dtype.kind in "fU" for name in file.files)


def test_what_is_not_asked_for_is_left_alone(tmp_path):
    stopped = build()
    run(*stopped, epochs=1)
    save(tmp_path / "net.npz", *stopped)
    model, optimizer, rng = build(seed=5)
    _, others = everything(model, optimizer, rng)
    load(tmp_path / "net.npz", model)
    assert everything(model, optimizer, rng)[1] == others
    assert not optimizer.fading_sum[0].any()


def other_layer(make=Adam):
    rng = np.random.default_rng(0)
    model = Sequential([Dense(8, 6, rng=rng), ReLU(), Dense(6, 3, rng=rng)])
    return model, make(model.parameters()), rng


@pytest.mark.parametrize(
    ("others", "message"),
    [
        (lambda: build(hidden=7), r"layer 4 is Dense\(8, 6\), and here it is Dense\(8, 7\)"),
        (other_layer, "7 layers and this one has 3"),
        (lambda: build(dtype="float32"), "float64; here .* float32"),
        (lambda: build(AdamW), r"Adam\(betas=\[0.9, 0.999\].* this is AdamW"),
        (lambda: build(lambda p: Adam(p, betas=(0.5, 0.9))), r"\[0.9, 0.999\].*\[0.5, 0.9\]"),
        (lambda: (*build()[:2], np.random.Generator(np.random.MT19937(0))), "PCG64.*MT19937"),
        (lambda: (*build()[:2], [np.random.default_rng(0), np.random.default_rng(1)]), "2 were given"),
    ],
)
def test_a_file_of_another_training_changes_nothing(tmp_path, others, message):
    save(tmp_path / "net.npz", *build(seed=3))
    model, optimizer, rng = others()
    first = rng[0] if isinstance(rng, list) else rng
    before = everything(model, optimizer, first)
    with pytest.raises(SavedFileError, match=message):
        load(tmp_path / "net.npz", model, optimizer, rng)
    assert same(everything(model, optimizer, first), before)


def test_what_was_not_saved_cannot_be_loaded(tmp_path):
    model, optimizer, rng = build()
    save(tmp_path / "net.npz", model)
    with pytest.raises(SavedFileError, match="no optimizer"):
        load(tmp_path / "net.npz", model, optimizer)
    with pytest.raises(SavedFileError, match="states of 0 generators"):
        load(tmp_path / "net.npz", model, rng=rng)
    with pytest.raises(FileNotFoundError):
        load(tmp_path / "nothing here", model)
    with pytest.raises(DataError, match="default_rng"):
        save(tmp_path / "net.npz", model, rng=5)


def test_a_file_cut_short_anywhere_is_refused(tmp_path):
    save(tmp_path / "net.npz", *build(seed=3))
    whole = (tmp_path / "net.npz").read_bytes()
    pieces = build()
    before = everything(*pieces)
    for length in range(0, len(whole), 97):
        (tmp_path / "cut").write_bytes(whole[:length])
        with pytest.raises(SavedFileError, match="cut"):
            load(tmp_path / "cut", *pieces)
    assert same(everything(*pieces), before)


def test_a_flipped_bit_is_refused_or_does_no_harm(tmp_path):
    original = build(seed=3)
    save(tmp_path / "net.npz", *original)
    whole, rng = (tmp_path / "net.npz").read_bytes(), np.random.default_rng(0)
    pieces, refused = build(), 0
    for place in rng.integers(0, len(whole), 150):
        damaged = bytearray(whole)
        damaged[place] ^= 1 << rng.integers(8)
        (tmp_path / "damaged").write_bytes(damaged)
        try:
            load(tmp_path / "damaged", *pieces)
        except SavedFileError:
            refused += 1
        else:  # a date in the archive, say
            assert same(everything(*pieces), everything(*original))
    assert refused > 75


@pytest.mark.parametrize("kind", ["text", "npy", "other npz", "pickle", "future"])
def test_what_is_no_saved_network_is_refused(tmp_path, kind):
    path = tmp_path / "file"
    with path.open("wb") as file:
        if kind == "text":
            file.write(b"not a network")
        elif kind == "npy":
            np.save(file, np.ones(3))
        elif kind == "other npz":
            np.savez(file, X=np.ones(3))
        elif kind == "pickle":
            pickle.dump({"about": 1}, file)
        else:
            np.savez(file, about=np.array('{"bpcore": 99}'))
    with pytest.raises(SavedFileError, match="another format" if kind == "future" else "not a network"):
        load(path, build()[0])


def test_an_interrupted_save_leaves_the_older_file_whole(tmp_path, monkeypatch):
    model, _, _ = build()
    save(tmp_path / "net.npz", model)
    before = (tmp_path / "net.npz").read_bytes()

    def interrupted(file, **arrays):
        file.write(b"half")
        raise KeyboardInterrupt

    monkeypatch.setattr(np, "savez", interrupted)
    with pytest.raises(KeyboardInterrupt):
        save(tmp_path / "net.npz", build(seed=1)[0])
    assert (tmp_path / "net.npz").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["net.npz"]
