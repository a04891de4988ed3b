"""Other people's answers to the second half of unit 07: momentum, Adam, weight decay, and weights to remember."""

import numpy as np

from .answers import NO_NAME, Answers

answers = Answers()
right, wrong = answers.right, answers.wrong

# -- momentum_step -------------------------------------------------------------


@right("gradient_descent.momentum_step")
def momentum_with_slices(params, grads, velocities, lr, mu):
    for i in range(len(params)):
        velocities[i][...] = mu * velocities[i] - lr * grads[i]
        params[i][...] = params[i] + velocities[i]


@right("gradient_descent.momentum_step")
def momentum_with_out(params, grads, velocities, lr, mu):
    for p, g, v in zip(params, grads, velocities, strict=True):
        np.subtract(mu * v, np.multiply(g, lr), out=v)
        np.add(p, v, out=p)


@right("gradient_descent.momentum_step")
def momentum_as_in_pytorch(params, grads, velocities, lr, mu):
    for p, g, v in zip(params, grads, velocities, strict=True):
        v[...] = mu * v + g
        p -= lr * v


@right("gradient_descent.momentum_step")
def momentum_returns_something(params, grads, velocities, lr, mu):
    for v, g in zip(velocities, grads, strict=True):
        v *= mu
        v += -lr * g
    for p, v in zip(params, velocities, strict=True):
        p += v
    return params


@wrong("gradient_descent.momentum_step", "velocity_rebound")
def momentum_forgets(params, grads, velocities, lr, mu):
    for p, g, v in zip(params, grads, velocities, strict=True):
        moved = p + (mu * v - lr * g)
        p[:] = moved


@wrong("gradient_descent.momentum_step", "gradients_changed")
def momentum_spoils_gradients(params, grads, velocities, lr, mu):
    for p, g, v in zip(params, grads, velocities, strict=True):
        g *= lr
        v[:] = mu * v - g
        p += v


@wrong("gradient_descent.momentum_step", "no_memory")
def momentum_is_plain_descent(params, grads, velocities, lr, mu):
    for p, g, v in zip(params, grads, velocities, strict=True):
        v[...] = -lr * g
        p += v


@wrong("gradient_descent.momentum_step", NO_NAME)
def momentum_clipped(params, grads, velocities, lr, mu):
    for p, g, v in zip(params, grads, velocities, strict=True):
        v[...] = mu * v - lr * np.clip(g, -0.1, 0.1)
        p += v


# -- adam_step -----------------------------------------------------------------


@right("gradient_descent.adam_step")
def adam_by_index(params, grads, state, lr, beta1, beta2, eps):
    state["t"] = state["t"] + 1
    for i, (p, g) in enumerate(zip(params, grads, strict=True)):
        state["m"][i] = beta1 * state["m"][i] + (1 - beta1) * g
        state["v"][i] = beta2 * state["v"][i] + (1 - beta2) * g * g
        m = state["m"][i] / (1 - beta1 ** state["t"])
        v = state["v"][i] / (1 - beta2 ** state["t"])
        p -= lr * m / (v**0.5 + eps)


@right("gradient_descent.adam_step")
def adam_with_new_lists(params, grads, state, lr, beta1, beta2, eps):
    t = state["t"] + 1
    m = [m + (1 - beta1) * (g - m) for m, g in zip(state["m"], grads, strict=True)]
    v = [v + (1 - beta2) * (g**2 - v) for v, g in zip(state["v"], grads, strict=True)]
    for p, mi, vi in zip(params, m, v, strict=True):
        p[...] = p - lr / (1 - beta1**t) * mi / (np.sqrt(vi) / np.sqrt(1 - beta2**t) + eps)
    state.update(t=t, m=m, v=v)


@right("gradient_descent.adam_step")
def adam_with_eps_inside(params, grads, state, lr, beta1, beta2, eps):
    state["t"] += 1
    for p, g, m, v in zip(params, grads, state["m"], state["v"], strict=True):
        m *= beta1
        m += (1 - beta1) * g
        v *= beta2
        v += (1 - beta2) * np.square(g)
        root = np.sqrt(v / (1 - beta2 ** state["t"]) + eps)
        p -= lr * m / (1 - beta1 ** state["t"]) / root


@right("gradient_descent.adam_step")
def adam_as_in_tensorflow(params, grads, state, lr, beta1, beta2, eps):
    state["t"] += 1
    rate = lr * np.sqrt(1 - beta2 ** state["t"]) / (1 - beta1 ** state["t"])
    for p, g, m, v in zip(params, grads, state["m"], state["v"], strict=True):
        m[:] = beta1 * m + (1 - beta1) * g
        v[:] = beta2 * v + (1 - beta2) * g**2
        p -= rate * m / (np.sqrt(v) + eps)


@wrong("gradient_descent.adam_step", "no_correction")
def adam_cold(params, grads, state, lr, beta1, beta2, eps):
    state["t"] += 1
    for p, g, m, v in zip(params, grads, state["m"], state["v"], strict=True):
        m += (1 - beta1) * (g - m)
        v += (1 - beta2) * (g * g - v)
        p -= lr * m / (v**0.5 + eps)


@wrong("gradient_descent.adam_step", "t_for_each_parameter")
def adam_counts_parameters(params, grads, state, lr, beta1, beta2, eps):
    for i in range(len(params)):
        state["t"] += 1
        state["m"][i] = beta1 * state["m"][i] + (1 - beta1) * grads[i]
        state["v"][i] = beta2 * state["v"][i] + (1 - beta2) * grads[i] ** 2
        m_hat, v_hat = state["m"][i] / (1 - beta1 ** state["t"]), state["v"][i] / (1 - beta2 ** state["t"])
        params[i] -= lr * m_hat / (np.sqrt(v_hat) + eps)


@wrong("gradient_descent.adam_step", NO_NAME)
def adam_that_decays(params, grads, state, lr, beta1, beta2, eps):
    for p in params:
        p *= 1 - lr
    adam_by_index(params, grads, state, lr, beta1, beta2, eps)


# -- l2_loss_and_gradient ------------------------------------------------------


@right("gradient_descent.l2_loss_and_gradient")
def l2_with_means(X, Y, W, b, lam):
    error = X @ W + b - Y
    loss = 0.5 * np.mean(np.sum(error**2, axis=1)) + 0.5 * lam * np.sum(W * W)
    return loss, np.einsum("nd,nk->dk", X, error) / len(X) + lam * W, error.mean(axis=0)


@right("gradient_descent.l2_loss_and_gradient")
def l2_with_delta(X, Y, W, b, lam):
    delta = (X @ W + b - Y) / X.shape[0]
    loss = X.shape[0] * np.vdot(delta, delta) / 2 + lam * np.linalg.norm(W) ** 2 / 2
    return {"loss": loss, "dW": lam * W + X.T @ delta, "db": np.add.reduce(delta)}


@right("gradient_descent.l2_loss_and_gradient")
def l2_by_sample(X, Y, W, b, lam):
    loss, dW, db = lam * float((W**2).sum()) / 2, lam * W.astype(float), np.zeros(len(b))
    for x, y in zip(X, Y, strict=True):
        error = x @ W + b - y
        loss += error @ error / 2 / len(X)
        dW += np.outer(x, error) / len(X)
        db += error / len(X)
    return [loss, dW, db]


@wrong("gradient_descent.l2_loss_and_gradient", "gradient_factor_two")
def l2_twice(X, Y, W, b, lam):
    error = X @ W + b - Y
    loss = 0.5 * np.sum(error**2) / len(Y) + 0.5 * lam * np.sum(W**2)
    return loss, (X.T @ error + 2 * len(X) * lam * W) / len(X), error.mean(0)


@wrong("gradient_descent.l2_loss_and_gradient", "biases_decayed")
def l2_of_everything(X, Y, W, b, lam):
    loss, dW, db = l2_by_sample(X, Y, W, b, lam)
    return loss, dW, np.add(db, np.multiply(b, lam))


@wrong("gradient_descent.l2_loss_and_gradient", NO_NAME)
def l2_elastic(X, Y, W, b, lam):
    loss, dW, db = l2_by_sample(X, Y, W, b, lam)
    return loss, dW + lam * (0.3 * W + 0.7 * np.sign(W)), db


# -- keep_best -----------------------------------------------------------------


@right("gradient_descent.keep_best")
def best_without_in_place(w, gradient, validation_loss, lr, steps):
    best_w, best_loss = w, validation_loss(w)
    for _ in range(steps):
        w = w - lr * gradient(w)
        if validation_loss(w) < best_loss:
            best_w, best_loss = w, validation_loss(w)
    return best_w, best_loss


@right("gradient_descent.keep_best")
def best_of_all(w, gradient, validation_loss, lr, steps):
    seen = [np.array(w)]
    for _ in range(steps):
        seen.append(seen[-1] - lr * gradient(seen[-1]))
    best = min(seen, key=validation_loss)
    return best, validation_loss(best)


@right("gradient_descent.keep_best")
def best_written_into(w, gradient, validation_loss, lr, steps):
    now, best_w, best_loss = w + 0, w + 0, validation_loss(w)
    for _ in range(steps):
        now -= lr * gradient(now)
        loss = validation_loss(now)
        if best_loss > loss:
            best_w[...] = now
            best_loss = loss
    return {"best_w": best_w, "best_loss": best_loss}["best_w"], best_loss


@wrong("gradient_descent.keep_best", "alias_kept")
def best_is_the_last(w, gradient, validation_loss, lr, steps):
    w, lowest = w.copy(), validation_loss(w)
    for _ in range(steps):
        w -= lr * gradient(w)
        lowest = min(lowest, validation_loss(w))
    return w, lowest


@wrong("gradient_descent.keep_best", "start_left_out")
def best_of_the_steps(w, gradient, validation_loss, lr, steps):
    best_w, best_loss = w, np.inf
    for _ in range(steps):
        w = w - lr * gradient(w)
        if validation_loss(w) < best_loss:
            best_w, best_loss = w, validation_loss(w)
    return best_w, best_loss


@wrong("gradient_descent.keep_best", NO_NAME)
def best_stops_at_the_first_rise(w, gradient, validation_loss, lr, steps):
    best_w, best_loss = w, validation_loss(w)
    for _ in range(steps):
        w = w - lr * gradient(w) / 2
        if validation_loss(w) >= best_loss:
            break
        best_w, best_loss = w, validation_loss(w)
    return best_w, best_loss
