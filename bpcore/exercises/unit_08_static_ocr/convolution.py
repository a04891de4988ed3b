"""One small window slides over an image: convolution and pooling, forward and backward, written as loops."""

import numpy as np

from bpcore.exercises.spec import Case, Convention, Exercise, Mistake

IN, OUT, SIZE = "the number of input channels C_in", "the number of output channels C_out", "the kernel size K"
STRIDE, POSITIONS = "the stride", "the number of positions"


def sliding_case(rng, name, C_in, C_out, H, W, K, stride, backward):
    """An image, kernels, and a bias (or, for the way back, a gradient by what came out)."""
    rows, columns = (H - K) // stride + 1, (W - K) // stride + 1
    x, w = rng.normal(size=(C_in, H, W)), rng.normal(size=(C_out, C_in, K, K))
    last = rng.normal(size=(C_out, rows, columns)) if backward else rng.normal(size=C_out)
    return Case(name, (x, w, last, stride), {IN: C_in, OUT: C_out, SIZE: K, STRIDE: stride, POSITIONS: rows * columns})


def sliding_cases(rng, backward):
    """Distinct sizes; a stride that leaves a rest; everything square; one of everything; views; whole numbers."""
    cases = [
        sliding_case(rng, "two channels to three, 5×7", 2, 3, 5, 7, 3, 1, backward),
        sliding_case(rng, "stride 2, with a rest at the edge", 3, 2, 6, 8, 3, 2, backward),
        sliding_case(rng, "as many channels out as in, square", 3, 3, 5, 5, 3, 2, backward),
        sliding_case(rng, "one channel, a kernel of one", 1, 1, 3, 4, 1, 1, backward),
    ]
    x, w, last, stride = sliding_case(rng, "", 2, 2, 7, 6, 2, 3, backward).args
    views = (np.asfortranarray(x), w.transpose(1, 0, 2, 3), np.asfortranarray(last), stride)
    return [*cases, Case("stride 3, views that are not contiguous", views, {IN: 2, OUT: 2, SIZE: 2, STRIDE: 3, POSITIONS: 4})]


# -- forward ---------------------------------------------------------------------------------------------------------------------------------------


def conv_forward(x, w, b, stride):
    """Slide every kernel over the image. As in all deep-learning libraries the kernel is not flipped; no padding.

    x: (C_in, H, W), one image. w: (C_out, C_in, K, K). b: (C_out,). stride: how far the window moves at a time.
    Returns (C_out, rows, columns) with rows = (H - K) // stride + 1 and columns = (W - K) // stride + 1.
    """
    C_out, K = w.shape[0], w.shape[2]
    rows, columns = (x.shape[1] - K) // stride + 1, (x.shape[2] - K) // stride + 1
    out = np.zeros((C_out, rows, columns))
    for c in range(C_out):
        for i in range(rows):
            for j in range(columns):
                window = x[:, i * stride : i * stride + K, j * stride : j * stride + K]
                out[c, i, j] = (window * w[c]).sum() + b[c]
    return out


def conv_forward_cases(rng):
    x = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]])
    w = np.array([[[[1.0, 0.0], [0.0, -2.0]]]])
    whole = (rng.integers(0, 9, (2, 4, 5)), rng.integers(-2, 3, (2, 2, 2, 2)), np.array([1, -3]), 1)
    return [
        Case("a 3×3 image, one kernel", (x, w, np.array([0.5]), 1), {SIZE: 2}),
        *sliding_cases(rng, backward=False),
        Case("whole numbers", whole, {IN: 2, OUT: 2, SIZE: 2}),
    ]


_WINDOW = "x[:, i * stride : i * stride + K, j * stride : j * stride + K]"
_ANSWER = "(window * w[c]).sum() + b[c]"
_ROWS = "(x.shape[1] - K) // stride + 1, (x.shape[2] - K) // stride + 1"

CONV_FORWARD = Exercise(
    id="static_ocr.conv_forward",
    title="One small window, everywhere",
    points=2,
    minutes=15,
    objective="Write a convolution with stride as sums over windows, forward and backward.",
    form="faded",
    statement=(
        "Fill in the two places marked `...` in `conv_forward(x, w, b, stride)`. `x` is one image, (C_in, H, W); `w` holds C_out kernels, each (C_in, K, K). `window` is the piece of "
        "the image, all channels, K×K, that the kernel covers at position `(i, j)`: its upper left corner is at row `i * stride` and column `j * stride`. Entry `[c, i, j]` of the result is the sum "
        "of the window times kernel `c`, entry by entry, plus the bias `b[c]`, once. The kernel is **not flipped** (as in all deep-learning libraries; mathematicians call that cross-correlation), and there is no padding."
    ),
    reference=conv_forward,
    blanks=(_WINDOW, _ANSWER),
    cases=conv_forward_cases,
    hints=(
        "How many rows has the window? Where does it begin at position `i`, and where does it end?",
        "The window is a slice of `x`: all channels, K rows from `i * stride` on, K columns from `j * stride` on. It has the shape of `w[c]`.",
        "`x[:, i * stride : i * stride + K, j * stride : j * stride + K]` and `(window * w[c]).sum() + b[c]`",
    ),
    mistakes=(
        Mistake("stride_ignored", "the stride is ignored: the window moves by 1 at a time. Its corner is at `i * stride`, `j * stride`.", {_WINDOW: "x[:, i : i + K, j : j + K]"}),
        Mistake("stride_in_rows_only", "the stride is used for the rows only: the columns move by 1.", {_WINDOW: "x[:, i * stride : i * stride + K, j : j + K]"}),
        Mistake("stride_in_columns_only", "the stride is used for the columns only: the rows move by 1.", {_WINDOW: "x[:, i : i + K, j * stride : j * stride + K]"}),
        Mistake("all_positions", "the result has a position for every step of 1: with a stride there are fewer, (H - K) // stride + 1.", {_ROWS: "x.shape[1] - K + 1, x.shape[2] - K + 1", _WINDOW: "x[:, i : i + K, j : j + K]"}),
        Mistake("size_one_too_small", "one row and one column of positions are missing: (H - K) // stride **+ 1**.", {_ROWS: "(x.shape[1] - K) // stride, (x.shape[2] - K) // stride"}),
        Mistake("kernel_flipped", "the kernel is flipped, up-down and left-right: that is the mathematicians' convolution, and here it is not asked for.", {"window * w[c]": "window * w[c][:, ::-1, ::-1]"}),
        Mistake("kernel_flipped_up_down", "the kernel is flipped up-down.", {"window * w[c]": "window * w[c][:, ::-1]"}),
        Mistake("kernel_transposed", "rows and columns of the kernel are exchanged.", {"window * w[c]": "window * w[c].transpose(0, 2, 1)"}),
        Mistake("rows_for_columns", "rows and columns of the position are exchanged: `i` counts rows.", {_WINDOW: "x[:, j * stride : j * stride + K, i * stride : i * stride + K]"}),
        Mistake("window_shifted", "the window begins one row and one column too late.", {_WINDOW: "np.pad(x, ((0, 0), (0, 1), (0, 1)))[:, i * stride + 1 : i * stride + 1 + K, j * stride + 1 : j * stride + 1 + K]"}),
        Mistake("window_centred", "the window is centred at `(i, j)`: its upper left corner belongs there.", {_WINDOW: "np.pad(x, ((0, 0), (K // 2, K), (K // 2, K)))[:, i * stride : i * stride + K, j * stride : j * stride + K]"}),
        Mistake("bias_left_out", "the bias is left out.", {" + b[c]": ""}),
        Mistake("bias_in_the_sum", "the bias is added inside the sum, once for every entry of the window: it is added once.", {_ANSWER: "(window * w[c] + b[c]).sum()"}),
        Mistake("bias_summed", "the sum of all biases is added: each kernel has its own.", {"b[c]": "b.sum()"}),
        Mistake("bias_for_each_channel", "the bias is added once for each input channel: it is added once.", {"b[c]": "len(x) * b[c]"}),
        Mistake("first_channel_only", "only the first channel of the image is used: the sum runs over all of them.", {_ANSWER: "(window[0] * w[c, 0]).sum() + b[c]"}),
        Mistake("one_kernel", "all output channels use the first kernel: channel `c` has kernel `w[c]`.", {"window * w[c]": "window * w[0]"}),
        Mistake("channels_exchanged", "input and output channels are exchanged: kernel `c` is `w[c]`, and not `w[:, c]`.", {"window * w[c]": "window * w[:, c]"}),
        Mistake("averaged", "the window is averaged: it is summed.", {".sum() + b[c]": ".mean() + b[c]"}),
        Mistake("largest_taken", "the largest product is taken (as in pooling): the products are summed.", {"(window * w[c]).sum()": "(window * w[c]).max()"}),
        Mistake("activated", "an activation (ReLU) is already applied: here only the weighted sum is asked for.", {_ANSWER: "max((window * w[c]).sum() + b[c], 0)"}),
    ),
)  # fmt: skip

# -- backward --------------------------------------------------------------------------------------------------------------------------------------


def conv_backward(x, w, g, stride):
    """Send a gradient back through conv_forward.

    x: (C_in, H, W). w: (C_out, C_in, K, K). g: (C_out, rows, columns), the gradient by what conv_forward returned.
    Returns a dict: dx, dw, db, each of the shape of what it is the gradient by.
    """
    C_out, K = w.shape[0], w.shape[2]
    dx, dw = np.zeros(x.shape), np.zeros(w.shape)
    for c in range(C_out):
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                rows = slice(i * stride, i * stride + K)
                columns = slice(j * stride, j * stride + K)
                dw[c] += g[c, i, j] * x[:, rows, columns]
                dx[:, rows, columns] += g[c, i, j] * w[c]
    db = g.sum(axis=(1, 2))
    return dict(dx=dx, dw=dw, db=db)


def conv_backward_cases(rng):
    x = np.array([[[1.0, 2.0, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.0]]])
    w, g = np.array([[[[1.0, 0.0], [0.0, -2.0]]]]), np.array([[[1.0, 10.0], [100.0, 1000.0]]])
    whole = (rng.integers(0, 9, (2, 4, 5)), rng.integers(-2, 3, (2, 2, 2, 2)), rng.integers(-4, 5, (2, 3, 4)), 1)
    return [Case("a 3×3 image, one kernel", (x, w, g, 1), {SIZE: 2}), *sliding_cases(rng, backward=True), Case("whole numbers", whole, {IN: 2, OUT: 2, SIZE: 2})]


_DW, _DX, _DB = "g[c, i, j] * x[:, rows, columns]", "g[c, i, j] * w[c]", "g.sum(axis=(1, 2))"
_LOOPS = "    for c in range(C_out):\n        for i in range(g.shape[1]):\n            for j in range(g.shape[2]):\n"

CONV_BACKWARD = Exercise(
    id="static_ocr.conv_backward",
    title="Back through a convolution",
    points=4,
    minutes=25,
    objective="Write a convolution with stride as sums over windows, forward and backward.",
    form="blank",
    statement=(
        "Write `conv_backward(x, w, g, stride)`, the backward step of `conv_forward` from the exercise before (kernel not flipped, no padding): entry `[c, i, j]` of its result was "
        "`(x[:, rows, columns] * w[c]).sum() + b[c]`, with K rows from `i * stride` on and K columns from `j * stride` on. `g` is the gradient by that result. Return a dict of `dx`, `dw` and `db`, each of the "
        "shape of what it is the gradient by. An entry of `x` that lies in several windows gets a gradient from each of them; one in no window gets 0."
    ),
    reference=conv_backward,
    cases=conv_backward_cases,
    stages=("dx", "dw", "db"),
    hints=(
        "Take a single entry of the result. By how much does it change with an entry of its window, with an entry of its kernel, with its bias?",
        "Run over the same positions as forward. At each, the window of `dx` gets `g[c, i, j] * w[c]`, `dw[c]` gets `g[c, i, j]` times the window of `x`. Windows overlap, so add.",
        "`dw[c] += g[c, i, j] * x[:, rows, columns]`, `dx[:, rows, columns] += g[c, i, j] * w[c]`, `db = g.sum(axis=(1, 2))`",
    ),
    mistakes=(
        Mistake("overwritten_dx", "each window overwrites the one before in dx (`=`): where windows overlap, their gradients add up (`+=`).", {"dx[:, rows, columns] +=": "dx[:, rows, columns] ="}),
        Mistake("kernel_flipped_dx", "the kernel is turned the wrong way in dx. Added window by window it is not flipped; only if you write dx as one sliding sum over a padded g must the kernel be flipped.", {_DX: _DX + "[:, ::-1, ::-1]"}),
        Mistake("kernel_transposed_dx", "rows and columns of the kernel are exchanged in dx.", {_DX: _DX + ".transpose(0, 2, 1)"}),
        Mistake("stride_ignored_dx", "the stride is ignored in dx: the window lies at `i * stride`, `j * stride`.", {"dx[:, rows, columns] +=": "dx[:, i : i + K, j : j + K] +="}),
        Mistake("channels_exchanged_dx", "input and output channels of w are exchanged in dx: kernel `c` is `w[c]`, and not `w[:, c]`.", {_DX: "g[c, i, j] * w[:, c]"}),
        Mistake("one_kernel_dx", "dx is made from the first kernel alone: output channel `c` has kernel `w[c]`.", {_DX: "g[c, i, j] * w[0]"}),
        Mistake("weights_left_out_dx", "the weights are left out of dx: each way back goes through its weight.", {_DX: "g[c, i, j]"}),
        Mistake("upstream_dropped_dx", "the weights alone are added up in dx: what arrives from above, g, is dropped.", {_DX: "w[c]"}),
        Mistake("channels_averaged_dx", "dx is averaged over the output channels: all that leaves an entry is added.", {_DX: "g[c, i, j] * w[c] / C_out"}),
        Mistake("last_channel_dx", "dx holds the last output channel only: it is set back to zero for each, and they add up.", {
            "                dx[:, rows": "                if i == j == 0:\n                    dx[...] = 0\n                dx[:, rows",
        }),
        Mistake("kernel_sum_for_channels", "every input channel gets the same dx, from the kernels summed over the channels: channel by channel, `w[c]` is (C_in, K, K).", {_DX: _DX + ".sum(axis=0)"}),
        Mistake("corner_only_dx", "only the upper left corner of each window gets a gradient: all K×K entries of the window took part.", {"dx[:, rows, columns] += g[c, i, j] * w[c]": "dx[:, i * stride, j * stride] += g[c, i, j] * w[c, :, 0, 0]"}),
        Mistake("overwritten_dw", "each position overwrites the one before in dw (`=`): the kernel was used at every position, and its gradients add up (`+=`).", {"dw[c] +=": "dw[c] ="}),
        Mistake("kernel_flipped_dw", "dw comes out flipped: on the way back to the weights nothing is turned round, as nothing was on the way forward.", {_DW: _DW + "[:, ::-1, ::-1]"}),
        Mistake("transposed_dw", "rows and columns of dw are exchanged.", {_DW: _DW + ".transpose(0, 2, 1)"}),
        Mistake("stride_ignored_dw", "the stride is ignored in dw: the window lies at `i * stride`, `j * stride`.", {_DW: "g[c, i, j] * x[:, i : i + K, j : j + K]"}),
        Mistake("upstream_dropped_dw", "the windows alone are added up in dw: what arrives from above, g, is dropped.", {_DW: "x[:, rows, columns]"}),
        Mistake("input_left_out_dw", "the image is left out of dw: the slope by a weight is the entry of x that it met.", {_DW: "g[c, i, j]"}),
        Mistake("own_weight_dw", "the kernel stands in dw where the window of x belongs.", {_DW: "g[c, i, j] * w[c]"}),
        Mistake("averaged_dw", "dw is averaged over the positions: they add up.", {_DW: "g[c, i, j] * x[:, rows, columns] / g[c].size"}),
        Mistake("first_channel_dw", "every part of dw is made from the first channel of the image: weight `w[c, d]` met channel `d`.", {_DW: "g[c, i, j] * x[0, rows, columns]"}),
        Mistake("channels_summed_dw", "the channels of the image are summed in dw: weight `w[c, d]` met channel `d` alone.", {_DW: "g[c, i, j] * x[:, rows, columns].sum(axis=0)"}),
        Mistake("one_gradient_dw", "every kernel gets the gradient of the first output channel: kernel `c` made channel `c`, so use `g[c]`.", {_DW: "g[0, i, j] * x[:, rows, columns]"}),
        Mistake("bias_not_summed", "db still has one entry for each position: the one bias of a channel serves all positions, so their gradients add up.", {_DB: "g"}),
        Mistake("bias_one_number", "db is one number for all channels: name the two axes of the positions.", {_DB: "g.sum()"}),
        Mistake("bias_averaged", "db is averaged over the positions: they add up.", {_DB: "g.mean(axis=(1, 2))"}),
        Mistake("bias_wrong_axes", "db is summed over the channels: one sum is needed for each channel, over its positions.", {_DB: "g.sum(axis=0)"}),
        Mistake("bias_half_summed", "db is summed over the rows only: sum over rows and columns.", {_DB: "g.sum(axis=1)"}),
        Mistake("bias_last_position", "db is the gradient of the last position: `=` stands for `+=`.", {_DB: "g[:, -1, -1]"}),
        Mistake("bias_for_each_weight", "db is added once for each weight of the kernel: the bias was added once.", {_DB: "g.sum(axis=(1, 2)) * K * K"}),
    ),
)  # fmt: skip

# -- pooling ----------------------------------------------------------------------------------------------------------------------------------------


def max_pool_backward(x, g, size):
    """Send a gradient back through max pooling with windows of size × size that do not overlap.

    x: (C, H, W), what went in; H and W are multiples of size. g: (C, H / size, W / size), the gradient by the maxima.
    Returns dx: (C, H, W). Where several entries of a window are the largest, the first of them (row by row) gets it.
    """
    dx = np.zeros(x.shape)
    for c in range(x.shape[0]):
        for i in range(g.shape[1]):
            for j in range(g.shape[2]):
                window = x[c, i * size : (i + 1) * size, j * size : (j + 1) * size]
                row, column = np.unravel_index(window.argmax(), window.shape)
                dx[c, i * size + row, j * size + column] = g[c, i, j]
    return dx


def max_pool_backward_cases(rng):
    by_hand = np.array([[[1.0, 3.0, -1.0, -2.0], [2.0, 0.0, -4.0, -3.0]]])
    cases = [Case("one channel, two windows", (by_hand, np.array([[[10.0, 20.0]]]), 2), {"the window size": 2})]
    for name, (C, rows, columns, size) in {"three channels, 4×6": (3, 2, 3, 2), "windows of three": (2, 3, 2, 3), "square": (2, 2, 2, 2), "windows of one": (2, 3, 2, 1)}.items():
        x = rng.normal(size=(C, rows * size, columns * size))
        cases.append(Case(name, (x, rng.normal(size=(C, rows, columns)), size), {"the window size": size, "the number of channels C": C}))
    tied = np.maximum(np.array([[[-1.0, 2.0, 0.0, -1.0], [2.0, 1.0, -3.0, -2.0], [-1.0, -2.0, 5.0, 5.0], [-3.0, -4.0, 5.0, 1.0]]]), 0)
    cases.append(Case("equal entries, as after a ReLU", (tied, rng.normal(size=(1, 2, 2)), 2), {"the window size": 2}))
    views = (rng.normal(size=(6, 4, 2)).T, rng.normal(size=(3, 2, 2)).T, 2)
    cases.append(Case("views that are not contiguous", views, {"the window size": 2, "the number of channels C": 2}))
    whole = (rng.permutation(32).reshape(2, 4, 4) - 16, rng.integers(1, 9, (2, 2, 2)), 2)
    return [*cases, Case("whole numbers", whole, {"the window size": 2, "the number of channels C": 2})]


_PUT = "dx[c, i * size + row, j * size + column] = g[c, i, j]"
_AREA = "dx[c, i * size : (i + 1) * size, j * size : (j + 1) * size]"

MAX_POOL_BACKWARD = Exercise(
    id="static_ocr.max_pool_backward",
    title="The winner takes it all",
    points=2,
    minutes=12,
    objective="Send a gradient back to the entries that were the largest.",
    form="blank",
    statement=(
        "Write `max_pool_backward(x, g, size)`. Max pooling cut each channel of `x`, (C, H, W), into windows of `size` × `size` that do not overlap, and kept the largest entry of each. `g`, "
        "(C, H / size, W / size), is the gradient by these maxima. Return `dx`, of the shape of `x`: the gradient of each maximum goes to the entry that it came from, all others get 0. "
        "Where several entries are equally large, the first of them (row by row) gets it. H and W are multiples of `size`."
    ),
    reference=max_pool_backward,
    cases=max_pool_backward_cases,
    hints=(
        "Which entries of a window can you change a little without changing its maximum? What gradient do they get?",
        "For each window find the place of its largest entry: `window.argmax()` counts row by row, `np.unravel_index` makes row and column of it. Then add where the window begins.",
        "`row, column = np.unravel_index(window.argmax(), window.shape)`, then `dx[c, i * size + row, j * size + column] = g[c, i, j]`",
    ),
    conventions=(
        Convention("shared_equally", "equally large entries share the gradient equally in yours. That is a right choice too; the statement (and most libraries) give it to the first.", {
            _PUT: _AREA + " = g[c, i, j] * (window == window.max()) / (window == window.max()).sum()",
        }),
        Convention("last_of_equals", "the last of equally large entries gets the gradient in yours. That is a right choice too; the statement gives it to the first.", {
            "window.argmax()": "window.size - 1 - window.ravel()[::-1].argmax()",
        }),
    ),
    mistakes=(
        Mistake("every_equal_entry", "every one of several equally large entries gets the whole gradient: together they get more than arrived.", {_PUT: _AREA + " = g[c, i, j] * (window == window.max())"}),
        Mistake("spread_to_all", "every entry of the window gets the gradient: only the largest decided.", {_PUT: _AREA + " = g[c, i, j]"}),
        Mistake("averaged", "the gradient is shared out among all entries of the window: that is the way back through average pooling.", {_PUT: _AREA + " = g[c, i, j] / size**2"}),
        Mistake("smallest", "the smallest entry of the window gets the gradient.", {"window.argmax()": "window.argmin()"}),
        Mistake("largest_size", "the entry that is largest without its sign gets the gradient: -4 is smaller than 1.", {"window.argmax()": "np.abs(window).argmax()"}),
        Mistake("value_multiplied", "the gradient is multiplied by the maximum: the slope of the maximum by the entry that it is, is 1.", {"= g[c, i, j]": "= g[c, i, j] * window.max()"}),
        Mistake("upstream_dropped", "a 1 is put where the maximum was: what arrives from above, g, is dropped.", {"= g[c, i, j]": "= 1"}),
        Mistake("maximum_sent_back", "the maximum itself is put where it was, and not its gradient.", {"= g[c, i, j]": "= window.max()"}),
        Mistake("window_place_forgotten", "the place inside the window is taken for the place in the image: add where the window begins.", {"dx[c, i * size + row, j * size + column] =": "dx[c, row, column] +="}),
        Mistake("row_and_column_exchanged", "row and column inside the window are exchanged.", {"row, column =": "column, row ="}),
        Mistake("corner", "the upper left corner of each window gets the gradient, whichever entry is the largest.", {_PUT: "dx[c, i * size, j * size] = g[c, i, j]"}),
        Mistake("last_corner", "the last entry of each window gets the gradient, whichever entry is the largest.", {_PUT: "dx[c, i * size + size - 1, j * size + size - 1] = g[c, i, j]"}),
        Mistake("first_channel_decides", "the place of the maximum is looked up in the first channel for all channels: each has its own.", {"window = x[c,": "window = x[0,"}),
        Mistake("positive_only", "only positive maxima let the gradient through: that is ReLU's rule.", {"= g[c, i, j]": "= g[c, i, j] * (window.max() > 0)"}),
        Mistake("windows_overlap", "the windows move by 1 and overlap: here they lie side by side, at `i * size` and `j * size`.", {
            "window = x[c, i * size : (i + 1) * size, j * size : (j + 1) * size]": "window = x[c, i : i + size, j : j + size]", "dx[c, i * size + row, j * size + column] =": "dx[c, i + row, j + column] +=",
        }),
        Mistake("shape_of_gradient", "the result has the shape of g: it must have the shape of x, with a zero for each entry that was not the largest.", {"    return dx": "    return g"}),
    ),
)  # fmt: skip
