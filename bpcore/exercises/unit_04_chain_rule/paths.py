"""One operation, and then many paths: the two halves of the chain rule."""

from bpcore.exercises.spec import Case, Exercise, Mistake

# -- one operation -----------------------------------------------------------------------------------------------------------------------------


def product(a, b, upstream):
    """Send a gradient back through c = a * b.

    a, b: two numbers. upstream: the gradient of the loss by c.
    Returns da, db: the gradients of the loss by a and by b.
    """
    da = upstream * b
    db = upstream * a
    return da, db


def product_cases(rng):
    cases = [
        Case("3 times 2, upstream 10", (3.0, 2.0, 10.0)),
        Case("a negative factor", (-4.0, 0.5, 3.0)),
        Case("one factor is zero", (0.0, 5.0, -2.0)),
        Case("whole numbers", (7, -3, 2)),
    ]
    a, b, upstream = rng.uniform(0.3, 2.5, size=3) * rng.choice([-1.0, 1.0], size=3)
    return [*cases, Case("three random numbers", (float(a), float(b), float(upstream)))]


def factor_mistakes(own, other):
    """The mistakes that can be made in the gradient by one of the two factors."""
    right = f"upstream * {other}"

    def mistake(name, message, wrong):
        return Mistake(f"{name}_d{own}", f"d{own} {message}", {f"d{own} = {right}\n": f"d{own} = {wrong}\n"})

    return (
        mistake("own_factor", f"has `{own}` itself as its slope: the slope of `a * b` by `{own}` is the other factor, `{other}`.", f"upstream * {own}"),
        mistake("upstream_dropped", "is the local slope alone: it must still be multiplied by what arrives from above.", other),
        mistake("upstream_added", "adds the local slope and what arrives: along one path slopes are multiplied.", f"upstream + {other}"),
        mistake("slope_of_a_sum", "hands on what arrives unchanged: that is the rule of `a + b`. The slope of a product is the other factor.", "upstream"),
        mistake("value_for_slope", f"has the value `a * b` where the slope belongs: the slope by `{own}` is `{other}` alone.", "upstream * a * b"),
        mistake("upstream_divided", f"divides what arrives by `{other}`: along a path slopes are multiplied.", f"upstream / {other}"),
        mistake("sign_turned", f"has its sign turned round: when `{other}` is positive and `{own}` rises, `a * b` rises too.", f"-upstream * {other}"),
    )


PRODUCT = Exercise(
    id="chain_rule.product",
    title="Back through one product",
    points=1,
    minutes=5,
    objective="Use the chain rule: along a path slopes are multiplied, over paths they are added.",
    form="faded",
    statement=(
        "Complete `product(a, b, upstream)`. On the way forward `c = a * b`. On the way back, `upstream` arrives: the gradient of the loss by `c`. Write in place of "
        "each `...` the gradient of the loss by `a` and by `b`: what arrives, times the local slope. The function returns `da, db`."
    ),
    reference=product,
    blanks=("upstream * b", "upstream * a"),
    cases=product_cases,
    stages=("da", "db"),
    hints=(
        "Raise `a` by a little, and leave `b` alone. By how much does `a * b` rise?",
        "The local slope of `a * b` by `a` is the other factor. Multiply it by what arrives from above.",
        "`da = upstream * b`, `db = upstream * a`",
    ),
    mistakes=(*factor_mistakes("a", "b"), *factor_mistakes("b", "a")),
)

# -- many paths --------------------------------------------------------------------------------------------------------------------------------


def sum_over_paths(paths):
    """The slope of a result by an input that reaches it along several paths.

    paths: a list of paths, each a list of the local slopes along it. Returns one number.
    """
    total = 0.0
    for path in paths:
        slope = 1.0
        for local in path:
            slope = slope * local
        total = total + slope
    return total


def sum_over_paths_cases(rng):
    def path(length):
        return [float(s) for s in rng.uniform(0.4, 1.8, size=length) * rng.choice([-1.0, 1.0], size=length)]

    return [
        Case("two paths, of two steps and one", ([[2.0, 3.0], [4.0]],), {"the number of paths": 2}),
        Case("one path", ([[0.5, -2.0, 3.0]],), {"the number of paths": 1}),
        Case("a path that is cut by a slope of zero", ([[2.0, 0.0, 5.0], [1.0, -3.0]],), {"the number of paths": 2}),
        Case("no path at all", ([],)),
        Case("three paths of two steps", ([path(2) for _ in range(3)],), {"the number of paths": 3}),
        Case("five paths of many lengths", ([path(n) for n in (3, 1, 4, 2, 5)],), {"the number of paths": 5}),
    ]


SUM_OVER_PATHS = Exercise(
    id="chain_rule.sum_over_paths",
    title="Multiply along, add over",
    points=1,
    minutes=7,
    objective="Use the chain rule: along a path slopes are multiplied, over paths they are added.",
    form="blank",
    statement=(
        "Write `sum_over_paths(paths)`. `paths` is a list; each path in it is a list of the local slopes that one meets on the way from the input to the result. "
        "Return the slope of the result by the input: multiply the slopes along each path, and add these products over all paths. For `[[2, 3], [4]]` that is "
        "`2 * 3 + 4 = 10`. When there is no path, the result does not depend on the input: return 0."
    ),
    reference=sum_over_paths,
    cases=sum_over_paths_cases,
    hints=(
        "Two loops: one over the paths, one over the slopes of a path. Which of them multiplies, and which adds?",
        "Begin each path with 1 and multiply its slopes into that. Begin the whole with 0 and add the finished products.",
        "`slope = 1.0` inside the outer loop, `slope = slope * local` inside the inner one, then `total = total + slope`",
    ),
    mistakes=(
        Mistake("overwritten", "each path overwrites the one before: paths are added.", {"total = total + slope": "total = slope"}),
        Mistake("added_along", "the slopes are added along a path: along one path they are multiplied.", {"slope = 1.0": "slope = 0.0", "slope = slope * local": "slope = slope + local"}),
        Mistake("multiplied_over", "the paths are multiplied with one another: products are for the slopes along one path, and paths are added.", {"total = 0.0": "total = 1.0", "total = total + slope": "total = total * slope"}),
        Mistake("exchanged", "sum and product are exchanged: multiply along a path, add over the paths.", {
            "total = 0.0": "total = 1.0", "slope = 1.0": "slope = 0.0", "slope = slope * local": "slope = slope + local", "total = total + slope": "total = total * slope",
        }),
        Mistake("never_reset", "the product of one path is carried into the next: each path begins again with 1.", {"total = 0.0": "total, slope = 0.0, 1.0", "        slope = 1.0\n": ""}),
        Mistake("started_at_zero", "the product of a path begins with 0, and stays 0: begin it with 1.", {"slope = 1.0": "slope = 0.0"}),
        Mistake("averaged", "the paths are averaged: they are added.", {"return total": "return total / max(len(paths), 1)"}),
        Mistake("first_path_only", "only the first path is followed: the loop ends too early.", {"        total = total + slope": "        total = total + slope\n        break"}),
        Mistake("largest_path_only", "only the strongest path counts: all of them do.", {"total = total + slope": "total = max(total, slope, key=abs)"}),
        Mistake("last_slope_only", "only the last slope of each path counts: `slope = local` overwrites those before it.", {"slope = slope * local": "slope = local"}),
        Mistake("signs_dropped", "the paths are added without their signs: paths may cancel each other.", {"total = total + slope": "total = total + abs(slope)"}),
        Mistake("total_started_at_one", "the sum begins with 1: begin sums with 0, products with 1.", {"total = 0.0": "total = 1.0"}),
    ),
)  # fmt: skip
