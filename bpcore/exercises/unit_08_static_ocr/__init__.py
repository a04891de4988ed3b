"""The exercises of unit 08: digits read from still images, with dense layers, convolutions, pooling and a skip."""

from bpcore.exercises.unit_08_static_ocr.convolution import CONV_BACKWARD, CONV_FORWARD, MAX_POOL_BACKWARD
from bpcore.exercises.unit_08_static_ocr.network import BACKWARD_SKIP, CONFUSION, TRAIN_STEP
from bpcore.exercises.unit_08_static_ocr.splitting import SPLIT_BY_WRITER

EXERCISES = (
    TRAIN_STEP,
    CONFUSION,
    SPLIT_BY_WRITER,
    BACKWARD_SKIP,
    CONV_FORWARD,
    CONV_BACKWARD,
    MAX_POOL_BACKWARD,
)
