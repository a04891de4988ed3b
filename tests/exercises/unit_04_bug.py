"""Other people's repairs of the walk back that sends on what it has sent before."""

import numpy as np

from .answers import NO_NAME, Answers

answers = Answers()
right, wrong = answers.right, answers.wrong


@right("chain_rule.find_the_bug")
def sent_by_asking(graph, slopes, result):
    def gradient(name):
        sent = 1.0 if name == result else 0.0
        for child, parents in graph.items():
            for parent, slope in zip(parents, slopes[child], strict=True):
                if parent == name:
                    sent += slope * gradient(child)
        return sent

    return {name: gradient(name) for name in graph}


@right("chain_rule.find_the_bug")
def sent_by_matrix(graph, slopes, result):
    names = list(graph)
    A = np.zeros((len(names), len(names)))
    for child in names:
        for parent, slope in zip(graph[child], slopes[child], strict=True):
            A[names.index(parent), names.index(child)] += slope
    ends = np.array([float(name == result) for name in names])
    return dict(zip(names, np.linalg.solve(np.eye(len(names)) - A, ends), strict=True))


@right("chain_rule.find_the_bug")
def sent_when_complete(graph, slopes, result):
    missing = {name: sum(parents.count(name) for parents in graph.values()) for name in graph}
    grad = {name: float(name == result) for name in graph}
    ready = [name for name in graph if not missing[name]]
    while ready:
        name = ready.pop()
        for parent, slope in zip(graph[name], slopes[name], strict=True):
            grad[parent] += slope * grad[name]
            missing[parent] -= 1
            if not missing[parent]:
                ready.append(parent)
    return grad


@wrong("chain_rule.find_the_bug", "sent_on_again")
def still_sent_again(graph, slopes, result):
    grad = {name: float(name == result) for name in graph}
    waiting = [result]
    while waiting:
        name = waiting.pop(0)
        for parent, slope in zip(graph[name], slopes[name], strict=True):
            grad[parent] = grad[parent] + slope * grad[name]
            waiting.append(parent)
    return grad


@wrong("chain_rule.find_the_bug", NO_NAME)
def sent_at_half_strength(graph, slopes, result):
    grad = {name: float(name == result) for name in graph}
    for name in list(graph)[::-1]:
        for parent, slope in zip(graph[name], slopes[name], strict=True):
            grad[parent] += slope * grad[name] / 2
    return grad
