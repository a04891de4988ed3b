"""How many layers a network has, and how many numbers it learns."""

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- layers ------------------------------------------------------------------------------------------------------------------------------------------------


def count_layers(sizes):
    """Count a network's layers.

    sizes: a list, the number of units in each layer, from the inputs to the outputs.
    Returns layers, hidden, matrices: how many layers of units, how many of them are hidden,
    and how many weight matrices stand between them.
    """
    layers = len(sizes)
    hidden = layers - 2
    matrices = layers - 1
    return layers, hidden, matrices


def drive_count(answer, sizes):
    layers, hidden, matrices = answer(sizes)
    return {"layers": layers, "hidden": hidden, "matrices": matrices}


def sizes_cases(rng):
    def drawn(n):
        return [int(k) for k in rng.choice([2, 3, 5, 7, 11, 13], size=n)]

    return [
        Case("the network that reads digits", ([64, 64, 32, 10],)),
        Case("inputs and outputs alone", ([3, 5],)),
        Case("one hidden layer", ([2, 2, 1],)),
        Case("three layers, drawn", (drawn(3),)),
        Case("five layers, drawn", (drawn(5),)),
        Case("nine layers, drawn", (drawn(9),)),
    ]


COUNT_LAYERS = Exercise(
    id="networks.count_layers",
    title="How many layers?",
    points=1,
    minutes=2,
    objective="Count the layers of a network, its hidden ones and the weight matrices between them.",
    form="blank",
    statement=(
        "Write `count_layers(sizes)`. `sizes` is a list with the number of units of each layer, inputs first and outputs last: `[64, 64, 32, 10]`. Return three whole numbers: the number of layers, counted "
        "as in this course (inputs and outputs are layers too); how many of them are hidden; and how many weight matrices the network has, one between each layer and the next."
    ),
    reference=count_layers,
    drive=drive_count,
    cases=sizes_cases,
    stages=("layers", "hidden", "matrices"),
    hints=(
        "Draw `[2, 3, 1]` with columns of circles. How many columns? How many have a column on both sides? How many gaps are there?",
        "Every entry of `sizes` is a layer. Two of them are not hidden. Between n columns there are n - 1 gaps.",
        "`len(sizes), len(sizes) - 2, len(sizes) - 1`",
    ),
    mistakes=(
        Mistake("inputs_not_counted", "the inputs are not counted as a layer. Some books count so; here they count: a layer is a column of units.", {"layers = len(sizes)\n    hidden = layers - 2\n    matrices = layers - 1": "layers = len(sizes) - 1\n    hidden = layers - 1\n    matrices = layers"}),
        Mistake("hidden_alone_counted", "only the hidden layers are counted as layers: inputs and outputs are layers too.", {"layers = len(sizes)\n    hidden = layers - 2\n    matrices = layers - 1": "layers = len(sizes) - 2\n    hidden = layers\n    matrices = layers + 1"}),
        Mistake("outputs_called_hidden", "the outputs are counted as hidden: hidden layers have a layer on both sides.", {"hidden = layers - 2": "hidden = layers - 1"}),
        Mistake("all_called_hidden", "every layer is counted as hidden: inputs and outputs can be seen from outside.", {"hidden = layers - 2": "hidden = layers"}),
        Mistake("matrix_for_each_layer", "there is a weight matrix for every layer: weights stand *between* two layers, so there is one fewer.", {"matrices = layers - 1": "matrices = layers"}),
        Mistake("matrix_for_each_hidden_layer", "there is a weight matrix for each hidden layer alone: the outputs have weights too.", {"matrices = layers - 1": "matrices = hidden"}),
        Mistake("units_counted", "the units are counted, and not the layers.", {"layers = len(sizes)\n    hidden = layers - 2\n    matrices = layers - 1": "layers = sum(sizes)\n    hidden = sum(sizes[1:-1])\n    matrices = len(sizes) - 1"}),
    ),
)  # fmt: skip

# -- parameters ----------------------------------------------------------------------------------------------------------------------------------------------


def count_parameters(sizes):
    """Count the numbers that a network learns.

    sizes: a list, the number of units in each layer, from the inputs to the outputs.
    Returns a whole number: all weights and all biases.
    """
    total = 0
    for before, after in zip(sizes[:-1], sizes[1:]):
        total += before * after + after
    return total


_STEP = "before * after + after"

COUNT_PARAMETERS = Exercise(
    id="networks.count_parameters",
    title="How many numbers does it learn?",
    points=1,
    minutes=5,
    objective="Count the weights and biases of a fully connected network from the sizes of its layers.",
    form="blank",
    statement=(
        "Write `count_parameters(sizes)` for a network in which each unit is connected with every unit of the layer before. `sizes` is the list of the layers' sizes, inputs first. Return how many numbers it "
        "learns: one weight for each connection, and one bias for each unit that adds something up. The inputs add nothing up: they have no bias. `[2, 3, 1]` has 6 + 3 + 3 + 1 = 13."
    ),
    reference=count_parameters,
    cases=sizes_cases,
    hints=(
        "Take one gap between two layers of sizes `m` and `n`. How many edges cross it? How many biases belong to the layer on its right?",
        "`m * n` weights and `n` biases. Go through all neighbours: `zip(sizes[:-1], sizes[1:])` gives the pairs.",
        "`sum(m * n + n for m, n in zip(sizes[:-1], sizes[1:]))`",
    ),
    mistakes=(
        Mistake("biases_left_out", "only the weights are counted: each unit behind the inputs has a bias too.", {_STEP: "before * after"}),
        Mistake("biases_of_the_layer_before", "the biases are those of the layer on the left of each gap: inputs have none, and outputs have one each.", {_STEP: "before * after + before"}),
        Mistake("biases_of_both_sides", "biases are counted on both sides of each gap: hidden units have one, and not two, and inputs have none.", {_STEP: "before * after + before + after"}),
        Mistake("inputs_have_biases", "the inputs are given biases: they add nothing up.", {"total = 0": "total = sizes[0]"}),
        Mistake("one_bias_for_a_layer", "there is one bias for a whole layer: each unit has its own.", {_STEP: "before * after + 1"}),
        Mistake("units_counted", "the units are counted: what is learnt stands on the connections between them.", {"total = 0\n": "return sum(sizes)\n    total = 0\n"}),
        Mistake("weights_added", "the sizes of two neighbours are added: each unit of the one is connected with each of the other, which is a product.", {_STEP: "before + after + after"}),
        Mistake("last_layer_left_out", "the last layer is left out: outputs have weights and biases too.", {"zip(sizes[:-1], sizes[1:])": "zip(sizes[:-2], sizes[1:])"}),
        Mistake("first_layer_left_out", "the weights from the inputs are left out.", {"zip(sizes[:-1], sizes[1:])": "zip(sizes[1:-1], sizes[2:])"}),
        Mistake("last_gap_alone", "only the last layer is counted: `total` is set anew in each round, where it should grow.", {"total +=": "total ="}),
        Mistake("all_multiplied", "all sizes are multiplied with each other: only neighbours are connected.", {"total = 0\n": "total = 1\n    for size in sizes:\n        total *= size\n    return total\n"}),
        Mistake("everyone_with_everyone", "every unit is connected with those of all later layers: only neighbours are connected.", {"total = 0\n": "return sum(m * n for i, m in enumerate(sizes) for n in sizes[i + 1 :]) + sum(sizes[1:])\n    total = 0\n"}),
    ),
)  # fmt: skip
