"""What the sizes of an array are called in this unit's reports."""

BATCH, INPUTS, OUTPUTS = "the batch size N", "the number of inputs D", "the number of outputs H"
CLASSES = "the number of classes K"


def layer_sizes(N, D, H):
    """The sizes of one dense layer, by name."""
    return {BATCH: N, INPUTS: D, OUTPUTS: H}
