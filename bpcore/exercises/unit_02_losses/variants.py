"""Variants of unit 02: the same squared error with another constant in front of it."""

from bpcore.exercises.spec import Mistake
from bpcore.exercises.variants import Variant

MSE = (
    Variant(
        "halved",
        code={
            "(difference**2).mean()": "(difference**2).mean() / 2",
            "(difference**2).sum() / len(difference)": "(difference**2).sum() / len(difference) / 2",
            "(difference**2).sum() / difference.shape[-1]": "(difference**2).sum() / difference.shape[-1] / 2",
            "(difference**2).sum()": "(difference**2).sum() / 2",
            "difference.mean() ** 2": "difference.mean() ** 2 / 2",
            "difference.mean()": "difference.mean() / 2",
            "np.abs(difference).mean()": "np.abs(difference).mean() / 2",
            "The mean squared error.": "Half the mean squared error.",
            "the mean of the squared differences over all entries": "half the mean of the squared differences over all entries",
        },
        words={
            "The mean squared error": "Half the mean squared error",
            "the mean, over *all* entries, of `(prediction - target)²`": "**half** the mean, over *all* entries, of `(prediction - target)²`",
            "There is no factor ½.": "The factor ½ is part of this loss.",
            "Three steps: subtract, square, average.": "Four steps: subtract, square, average, halve.",
            "`((prediction - target.reshape(prediction.shape)) ** 2).mean()`": "`((prediction - target.reshape(prediction.shape)) ** 2).mean() / 2`",
        },
        without=("halved", "root_taken", "squares_subtracted", "one_for_each_sample", "one_for_each_output", "not_reduced"),
        mistakes=(
            Mistake("half_left_out", "the factor ½ is missing: this loss is half the mean of the squares.", {".mean() / 2": ".mean()"}),
            Mistake("one_for_each_sample", "the mean is taken along each row: one loss for each sample. One number for all is asked for.", {".mean()": ".mean(axis=-1)"}),
            Mistake("one_for_each_output", "the mean is taken down each column: one loss for each output. One number for all is asked for.", {".mean()": ".mean(axis=0)"}),
            Mistake("not_reduced", "the halves of the squares are returned as they are: their mean is missing.", {".mean()": ""}),
        ),
    ),
    Variant(
        "by_sample",
        code={
            "(difference**2).mean()": "(difference**2).sum() / len(difference)",
            "difference.mean() ** 2": "(difference.sum() / len(difference)) ** 2",
            "np.abs(difference).mean()": "np.abs(difference).sum() / len(difference)",
            "(prediction**2 - target.reshape(prediction.shape) ** 2).mean()": "(prediction**2 - target.reshape(prediction.shape) ** 2).sum() / len(prediction)",
            "The mean squared error.": "The squared error, summed over the outputs and averaged over the samples.",
            "the mean of the squared differences over all entries": "the sum of the squared differences, divided by the number of samples N",
        },
        words={
            "The mean squared error": "The squared error of a sample, on average",
            "the mean, over *all* entries, of `(prediction - target)²`. Return one number. For `N` samples with `D` outputs that is a division by `N · D`.": (
                "the *sum* of `(prediction - target)²` over the outputs of a sample, averaged over the samples. Return one number. For `N` samples with `D` outputs that is a division "
                "of the whole sum by `N` alone."
            ),
            "subtract, square, average.": "subtract, square, then one sum and one division.",
            "`((prediction - target.reshape(prediction.shape)) ** 2).mean()`": "`((prediction - target.reshape(prediction.shape)) ** 2).sum() / len(prediction)`",
            "the mean over all entries divides by N · D": "here the sum is divided by N alone",
            "and not averaged": "and not divided by the number of samples",
        },
        without=("divided_by_samples", "halved", "not_squared", "one_for_each_sample", "one_for_each_output", "root_taken"),
        mistakes=(
            Mistake("divided_by_all", "the squares are averaged over all entries: here the sum over a sample's outputs stays a sum, and the division is by N.", {"(difference**2).sum() / len(difference)": "(difference**2).mean()"}),
            Mistake("halved", "there is a factor ½ in front: some books have it, this loss does not.", {"/ len(difference)": "/ (2 * len(difference))"}),
            Mistake("not_squared", "the differences are added up without being squared: errors up and down cancel.", {"(difference**2)": "difference"}),
        ),
    ),
)  # fmt: skip

MSE_GRAD = (
    Variant(
        "halved",
        code={"2 * difference": "difference", "The gradient of the mean squared error": "The gradient of half the mean squared error"},
        words={
            "the gradient of `mse` by the prediction": "the gradient, by the prediction, of half the mean squared error",
            "The loss is the mean over *all* entries, with no factor ½.": "The loss is **half** the mean over *all* entries of the squared differences.",
            "`((p0 - t0)² + (p1 - t1)² + (p2 - t2)²) / 3`": "`((p0 - t0)² + (p1 - t1)² + (p2 - t2)²) / 6`",
            "The square gives a factor 2, the mean divides": "The square gives a factor 2, which the ½ cancels; the mean divides",
            "`2 * (prediction - target.reshape(prediction.shape)) / prediction.size`": "`(prediction - target.reshape(prediction.shape)) / prediction.size`",
            "of ½ Σ (p - t)², which is another loss": "of ½ Σ (p - t)², without the mean",
        },
        without=("two_left_out", "not_averaged", "divided_by_samples", "still_squared", "slope_of_absolute"),
        mistakes=(
            Mistake("two_kept", "there is a factor 2: the ½ of this loss cancels it.", {"difference / difference.size": "2 * difference / difference.size"}),
            Mistake("half_kept", "the half of the loss is still there: the slope of d²/2 is d.", {"difference / difference.size": "difference / difference.size / 2"}),
            Mistake("still_squared", "the difference is still squared: the slope of a square is linear.", {"difference / difference.size": "difference**2 / difference.size"}),
            Mistake("slope_of_absolute", "only the sign of the difference is left: that is the slope of the absolute error.", {"difference / difference.size": "np.sign(difference) / difference.size"}),
        ),
    ),
    Variant(
        "by_sample",
        code={
            "2 * difference / difference.size": "2 * difference / len(difference)",
            "2 * difference.mean()": "2 * difference.sum() / len(difference)",
            "-2 * difference / difference.size": "-2 * difference / len(difference)",
            "2 * difference**2 / difference.size": "2 * difference**2 / len(difference)",
            "np.sign(difference) / difference.size": "np.sign(difference) / len(difference)",
            "2 * difference / difference.size**2": "2 * difference / len(difference) ** 2",
            "The gradient of the mean squared error": "The gradient of the squared error, summed over the outputs and averaged over the samples,",
        },
        words={
            "the gradient of `mse` by the prediction": "the gradient, by the prediction, of the squared error, summed over the outputs and averaged over the samples",
            "The loss is the mean over *all* entries, with no factor ½.": "The loss is the sum of all squared differences divided by the number of samples `N`, with no factor ½.",
            "by the number of all entries, `prediction.size`": "by the number of samples, `len(prediction)`",
            "the mean divides": "the mean over the samples divides",
            "`2 * (prediction - target.reshape(prediction.shape)) / prediction.size`": "`2 * (prediction - target.reshape(prediction.shape)) / len(prediction)`",
            "the division by the number of entries is missing": "the division by the number of samples is missing",
            "it is divided by the number of entries twice": "it is divided by the number of samples twice",
            "the mean runs over all N · D entries": "here the division is by N alone",
        },
        without=("divided_by_samples", "two_left_out"),
        mistakes=(
            Mistake("divided_by_all", "it is divided by the number of all entries: this loss is a mean over the samples alone.", {"/ len(difference)": "/ difference.size"}),
        ),
    ),
)  # fmt: skip

VARIANTS = {"losses.mse": MSE, "losses.mse_grad": MSE_GRAD}
