"""Work that is counted and not timed: multiplications, weights, and the numbers that must be kept."""

from bpcore.exercises.spec import Case, Exercise, Mistake

COUNTED = "Count what one gradient costs in a static, a settling and an unrolled network."
BATCH, INPUTS, UNITS, STEPS = "the batch size N", "the number of inputs D", "the number of units H", "the number of steps"

# -- one layer ---------------------------------------------------------------------------------------------------------------------------------------


def layer_work(N, D, H):
    """What the product X @ W costs, with X: (N, D) and W: (D, H).

    The way forward, X @ W, is N * D * H multiplications. Returns a dict: by_weights and by_inputs (multiplications of
    X.T @ delta and delta @ W.T), kept (how many numbers of X must be kept for the way back).
    """
    by_weights = H * (N * D)
    by_inputs = D * (N * H)
    kept = D * N
    return dict(by_weights=by_weights, by_inputs=by_inputs, kept=kept)


def layer_work_cases(rng):
    def case(name, N, D, H):
        return Case(name, (N, D, H), {BATCH: N, INPUTS: D, UNITS: H})

    N, D, H = (int(n) for n in rng.permutation([11, 13, 17]))
    return [
        case("two samples, three inputs, five units", 2, 3, 5),
        case("one sample, two inputs, three units", 1, 2, 3),
        case("all sizes equal", 4, 4, 4),
        case("sizes that are drawn", N, D, H),
        case("seven samples, one input, two units", 7, 1, 2),
    ]


LAYER_WORK = Exercise(
    id="static_or_recurrent.layer_work",
    title="What one layer costs",
    points=1,
    minutes=3,
    objective=COUNTED,
    form="faded",
    statement=(
        "Fill in the three places marked `...` in `layer_work(N, D, H)`. A layer computes `X @ W` on the way forward, with `X` of shape `(N, D)` and `W` of shape `(D, H)`; that is N · D · H multiplications, since each of the N · H entries is a sum over the D inputs. On the way back it computes `X.T @ delta` and "
        "`delta @ W.T`, with `delta` of shape `(N, H)`. How many multiplications are each of these? And how many numbers of `X` had to be kept until then?"
    ),
    reference=layer_work,
    blanks=("H * (N * D)", "D * (N * H)", "D * N"),
    cases=layer_work_cases,
    stages=("by_weights", "by_inputs", "kept"),
    hints=(
        "Each entry of a matrix product is a sum. How many entries does the result have, and how many multiplications are in each of those sums?",
        "`X.T @ delta` has D × H entries, each a sum over the N samples. `delta @ W.T` has N × D entries, each a sum over the H units.",
        "`N * D * H` for each of the two products, and `N * D` numbers are kept",
    ),
    mistakes=(
        Mistake("entries_by_weights", "the entries of X.T @ delta are counted, and not the multiplications: each entry is a sum over the N samples.", {"H * (N * D)": "H * D"}),
        Mistake("sum_left_out_by_weights", "N times H is taken for X.T @ delta: each of its D × H entries is a sum over the samples.", {"H * (N * D)": "H * N"}),
        Mistake("both_products_by_weights", "both products of the way back are counted in `by_weights`: here only X.T @ delta belongs.", {"H * (N * D)": "2 * H * (N * D)"}),
        Mistake("added_by_weights", "the sizes are added for X.T @ delta: for each entry there is a whole sum, so they multiply.", {"H * (N * D)": "H + N + D"}),
        Mistake("entries_by_inputs", "the entries of delta @ W.T are counted, and not the multiplications: each entry is a sum over the H units.", {"D * (N * H)": "D * N"}),
        Mistake("delta_by_inputs", "the entries of delta are counted, N times H: each of them meets D weights.", {"D * (N * H)": "N * H"}),
        Mistake("weights_by_inputs", "the weights are counted, D times H: each of them is used for every sample.", {"D * (N * H)": "D * H"}),
        Mistake("both_products_by_inputs", "both products of the way back are counted in `by_inputs`: here only delta @ W.T belongs.", {"D * (N * H)": "2 * D * (N * H)"}),
        Mistake("output_kept", "the numbers of the output are counted, N times H: the gradient by W is made from what went in, X.", {"kept = D * N": "kept = H * N"}),
        Mistake("one_sample_kept", "one sample is kept: the gradient by W is a sum over all of them.", {"kept = D * N": "kept = D"}),
        Mistake("weights_kept", "the weights are counted: they are there anyway. What must be kept for this batch is X.", {"kept = D * N": "kept = D * H"}),
        Mistake("output_kept_too", "input and output are both counted: for this product only X is needed again.", {"kept = D * N": "kept = D * N + H * N"}),
    ),
)  # fmt: skip

# -- three kinds of network ----------------------------------------------------------------------------------------------------------------------------


def work(kind, N, D, H, steps):
    """What one gradient costs; only matrix products are counted, no biases and no slopes.

    kind: "static" (as many layers as steps, each with H units and weights of its own), "settling" (so many steps
    forward, and as many for the error) or "through time" (so many moments, each with an input of its own).
    N: samples. D: inputs. H: units. Returns a dict of whole numbers: weights, forward, backward, kept.
    """
    enter, inner = D * H, H * H
    if kind == "static":
        weights = enter + (steps - 1) * inner
        forward = N * weights
        backward = N * weights + (steps - 1) * N * inner
        kept = N * (D + steps * H)
        return dict(weights=weights, forward=forward, backward=backward, kept=kept)
    weights = enter + inner
    if kind == "settling":
        forward = N * enter + steps * N * inner
        backward = steps * N * inner + N * weights
        kept = N * (D + H)
    else:
        forward = steps * N * weights
        backward = steps * N * weights + N * (steps - 1) * inner
        kept = steps * N * (D + H)
    return dict(weights=weights, forward=forward, backward=backward, kept=kept)


def drive_work(answer, kind, N, D, H, steps):
    # One call that is no more than a call: but the stages of this answer are not steps of one computation.
    return answer(kind, N, D, H, steps)


def work_cases(rng):
    def case(name, kind, N, D, H, steps):
        return Case(name, (kind, N, D, H, steps), {BATCH: N, INPUTS: D, UNITS: H, STEPS: steps})

    drawn = [[int(n) for n in rng.permutation([3, 5, 7, 11])] for _ in range(3)]
    return [
        case("static, one layer", "static", 1, 2, 3, 1),
        case("static, three layers", "static", 2, 3, 5, 3),
        case("settling, four steps", "settling", 2, 3, 5, 4),
        case("through time, three moments", "through time", 2, 3, 5, 3),
        case("static, sizes that are drawn", "static", *drawn[0]),
        case("settling, sizes that are drawn", "settling", *drawn[1]),
        case("through time, sizes that are drawn", "through time", *drawn[2]),
        case("settling, one step", "settling", 3, 4, 2, 1),
    ]


WORK = Exercise(
    id="static_or_recurrent.work",
    title="What a gradient costs",
    points=3,
    minutes=8,
    objective=COUNTED,
    form="blank",
    statement=(
        "Write `work(kind, N, D, H, steps)`. It counts, for a batch of `N` samples with `D` inputs, what one gradient costs. `kind` is one of three texts.\n\n"
        "- `\"static\"`: `steps` dense layers one behind the other, each with `H` units and weights of its own. The first takes the `D` inputs.\n"
        "- `\"settling\"`: one layer of `H` units with `U` (D × H) and `W` (H × H). The input stands still, so `x @ U` is computed **once**. Then there are `steps` steps of the state, each with one `y @ W`. The error settles in as many "
        "steps, each with one product with `W.T`. The gradients of `U` and `W` are computed once, at the resting point.\n"
        "- `\"through time\"`: the same weights, `steps` moments. Each moment computes `x @ U` and `h @ W` (also the first, whose `h` is given), and on the way back the gradients of both. The error is carried from each moment to the one before it.\n\n"
        "Return a dict: `weights` (how many there are), `forward` and `backward` (multiplications in matrix products), `kept` (how many numbers of inputs and states must be kept for the way back: the inputs, and every layer's output or every state whose slope is needed; the given `h` of the first moment is not counted). "
        "Nobody asks for a gradient by the inputs, or by the state before the first moment. Biases and slopes are not counted."
    ),
    reference=work,
    drive=drive_work,
    cases=work_cases,
    stages=("weights", "forward", "backward", "kept"),
    hints=(
        "Draw each network and write the shape at each weight. A product (N, a) @ (a, b) is N·a·b multiplications, forward, by its weights and by its inputs alike.",
        "Static: backward is the gradients of all weights, and the error through each layer but the first. Each layer's output is kept, also the last one's, for its slope. Settling: forward N·D·H once, and N·H·H in each step; only the resting point is kept. Through time: everything in every moment.",
        "Settling: `forward = N*D*H + steps*N*H*H`, `backward = steps*N*H*H + N*(D*H + H*H)`, `kept = N*(D + H)`. Static: `backward = N*weights + (steps - 1)*N*H*H`, `kept = N*(D + steps*H)`.",
    ),
    mistakes=(
        Mistake("input_in_each_step", "`x @ U` is counted in each settling step: the input stands still, so it is computed once.", {"forward = N * enter + steps * N * inner": "forward = steps * N * weights"}),
        Mistake("all_states_kept", "every state of the settling is kept: the resting point alone is needed, however many steps led to it.", {"kept = N * (D + H)\n    else": "kept = N * (D + steps * H)\n    else"}),
        Mistake("gradients_in_each_step", "the gradients of the settling network are counted in each step of the error: they are computed once, when it has settled.", {"backward = steps * N * inner + N * weights": "backward = steps * N * inner + steps * N * weights"}),
        Mistake("error_settles_at_once", "the error of the settling network is sent round once: it settles too, in as many steps.", {"backward = steps * N * inner + N * weights": "backward = N * inner + N * weights"}),
        Mistake("gradients_left_out", "the gradients of the settling network are left out: its error has settled, and the products that give dU and dW come then.", {"backward = steps * N * inner + N * weights": "backward = steps * N * inner"}),
        Mistake("error_to_the_inputs", "the error of the static network is sent through its first layer as well: nobody asks for the gradient by the inputs.", {"backward = N * weights + (steps - 1) * N * inner": "backward = 2 * N * weights"}),
        Mistake("weight_gradients_only", "on the way back of the static network only the gradients of the weights are counted: the error has to get to each layer, too.", {"backward = N * weights + (steps - 1) * N * inner": "backward = N * weights"}),
        Mistake("one_layer_for_all", "the static network has the weights of one inner layer: each of its layers has weights of its own.", {"weights = enter + (steps - 1) * inner": "weights = enter + inner"}),
        Mistake("one_layer_more", "the static network has one inner layer too many: the first of its layers is the one that takes the inputs.", {"weights = enter + (steps - 1) * inner": "weights = enter + steps * inner"}),
        Mistake("one_sample", "the static way forward is that of one sample: each weight is used for each of the N samples.", {"forward = N * weights\n        backward = N": "forward = weights\n        backward = N"}),
        Mistake("last_state_kept", "of the static network only the last layer is kept: each layer's gradient needs what went into it.", {"kept = N * (D + steps * H)": "kept = N * (D + H)"}),
        Mistake("weights_for_each_moment", "through time the weights are counted for each moment: all moments share them.", {"backward = steps * N * weights + N * (steps - 1) * inner": "backward = steps * N * weights + N * (steps - 1) * inner\n        weights = steps * weights"}),
        Mistake("carried_too_far", "through time the error is carried from the first moment to the state before it: nobody asks for that.", {"N * (steps - 1) * inner": "N * steps * inner"}),
        Mistake("not_carried", "through time the error is not carried from moment to moment: only the gradients of the weights are counted.", {" + N * (steps - 1) * inner": ""}),
        Mistake("inputs_kept_once", "through time the inputs are kept once: each moment has an input of its own.", {"kept = steps * N * (D + H)": "kept = N * (D + steps * H)"}),
        Mistake("resting_point_for_moments", "through time a single state is kept: each moment's gradient needs its own.", {"kept = steps * N * (D + H)": "kept = N * (D + H)"}),
    ),
)  # fmt: skip
