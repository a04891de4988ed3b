"""Attacks on the wall: none earns a point, each comes to an end, and the exercises beside it keep their points."""

# ruff: noqa: E501 -- attacks are quoted in one line each

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bpcore.exercises import catalogue
from bpcore.grading import Limits, SandboxUnavailable, build_spec, confine, grade, sandbox, standin
from bpcore.grading.sandbox import Sandbox

from .submissions import ROOT, START, answered, as_bytes, right

SPEC = build_spec(START)
QUICK = Limits(cell=1, case=0.4, exercise=1, total=25)
HONEST = {"start.row_sums": right(START)["start.row_sums"]}  # one point, honestly earned


@pytest.fixture
def box(bubblewrap):
    with Sandbox(QUICK) as box:
        yield box


@pytest.fixture
def patient(bubblewrap):
    """A sandbox in which looking at the whole disk may take its time."""
    with Sandbox(Limits(cell=60)) as box:
        yield box


def said(box, source):
    """What a cell prints, or the error that it stops with."""
    outputs = box.run_cell(source)
    return "\n".join(o.get("text") or f"{o.get('ename')}: {o.get('evalue')}" for o in outputs)


# -- what is not there ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "source",
    [
        "import socket; socket.create_connection(('1.1.1.1', 53), 1)",
        "import socket; socket.create_connection(('127.0.0.1', 22), 1)",
        "import socket; socket.getaddrinfo('example.org', 80)",
        "import urllib.request; urllib.request.urlopen('http://example.org', timeout=1)",
    ],
)
def test_there_is_no_network(box, source):
    assert "error" in said(box, source).lower()


@pytest.mark.parametrize(
    "source",
    [
        "import bpcore.exercises",
        "from bpcore.grading import grade",
        "from bpcore import Dense",
        "import bpcore; bpcore.functional",
    ],
)
def test_there_is_no_reference(box, source):
    assert "withheld while your notebook is graded" in said(box, source)


def test_a_widget_in_a_cell_of_ones_own_shows_nothing_and_does_no_harm(box):
    source = "from bpcore.widgets import Playground\np = Playground(data='xor', hidden=(2,)); p.step(3); print('on')\np"
    assert said(box, source).startswith("on\n")


def test_there_is_no_reference_on_disk(patient):
    source = """
import os
found = []
for folder, inner, files in os.walk('/'):
    inner[:] = [name for name in inner if os.path.join(folder, name) not in ('/proc', '/dev', '/usr/share')]
    found += [os.path.join(folder, f) for f in files if '/bpcore/' in folder + '/' or f.startswith('unit_0')]
print(sorted({os.path.relpath(f, '/sandbox/bpcore').split('/')[0] for f in found}))
"""
    assert said(patient, source) == "['__init__.py', 'datasets', 'errors.py']\n"


@pytest.mark.parametrize(
    "path",
    [
        ROOT,
        ROOT / "course",
        ROOT / "solutions",
        ROOT / "bpcore",
        Path.home() / ".bashrc",
        Path.home() / ".ssh",
        "/etc/passwd",
        "/etc/shadow",
        "/sys",
        "/var",
        "/home",
    ],
)
def test_the_course_and_the_home_are_not_there(box, path):
    assert said(box, f"import os; print(os.path.exists({str(path)!r}))") == "False\n"


def test_nothing_can_be_written_outside_tmp(patient):
    source = """
import os
wrote = []
for folder, inner, _ in os.walk('/'):
    inner[:] = [name for name in inner if os.path.join(folder, name) not in ('/tmp', '/proc/self', '/proc/thread-self') and not name.isdigit()]
    try:
        open(os.path.join(folder, 'mine'), 'w').close()
        wrote.append(folder)
    except OSError:
        pass
print(wrote)
for name in ('/proc/sys/kernel/core_pattern', '/proc/sysrq-trigger', '/sandbox/worker.py', '/sandbox/bpcore/__init__.py'):
    try:
        open(name, 'r+').close()
        print(name)
    except OSError:
        pass
"""
    assert said(patient, source) == "[]\n"


def test_the_process_is_nobody_and_sees_no_other(box):
    source = """
import os
status = open('/proc/self/status').read()
print(os.getuid(), status.split('CapEff:')[1].split()[0], status.split('NoNewPrivs:')[1].split()[0])
print(sorted(int(p) for p in os.listdir('/proc') if p.isdigit()))
print(sorted(os.environ) == sorted(set(os.environ) & {'PATH', 'LANG', 'LC_CTYPE', 'USER', 'MPLBACKEND', 'HOME', 'TMPDIR', 'IPYTHONDIR', 'MPLCONFIGDIR', 'PWD'} | {n for n in os.environ if n.endswith('_NUM_THREADS')}) or sorted(os.environ))
"""
    assert said(box, source) == "65534 0000000000000000 1\n[1]\nTrue\n"


def test_tmp_is_bounded(bubblewrap):
    with Sandbox(Limits(cell=10, scratch=8 << 20)) as box:
        source = "for i in range(20):\n    open(f'/tmp/{i}', 'wb').write(bytes(1 << 20))"
        assert "No space left" in said(box, source)


# -- what is tried -------------------------------------------------------------------------------------------------------

ENDLESS = "while True:\n    try:\n        while True: pass\n    except BaseException: pass"
CELLS = {
    "exit": "import os; os._exit(0)",
    "kill itself": "import os; os.kill(os.getpid(), 9)",
    "kill everyone": "import os; os.kill(-1, 9); os.kill(0, 9); os.kill(1, 9)",
    "kill the parent": "import os; os.kill(os.getppid(), 9); os.kill(os.getppid(), 15)",
    "kill later": "import os, threading; threading.Timer(0.05, os._exit, [0]).start()\nimport time; time.sleep(0.3)",
    "crash": "import ctypes; ctypes.string_at(0)",
    "fork bomb": "import os\nwhile True:\n    try: os.fork()\n    except OSError: pass",
    "quiet children": "import os, time\nfor _ in range(8):\n    if os.fork() == 0:\n        os.setsid(); time.sleep(100)",
    "a fork that goes on": "import os; os.fork()",
    "endless": ENDLESS,
    "endless and deaf": "import signal\nsignal.signal(signal.SIGALRM, signal.SIG_IGN)\n" + ENDLESS,
    "memory": "hoard = []\nwhile True: hoard.append(bytearray(200 << 20))",
    "memory of many": "import os, time\nfor _ in range(6):\n    if os.fork() == 0:\n        x = bytearray(os.urandom(1 << 20) * 600); time.sleep(100)\ntime.sleep(1)",
    "giant print": "print('x' * 300_000_000)",
    "endless print": "while True: print('x' * 100_000)",
    "endless shell": "!yes",
    "wait for input": "input('points? ')",
    "leave": "import sys; sys.exit(0)",
    "patched numpy": "import numpy as np\nnp.array = np.asarray = np.isfinite = lambda *a, **k: 1 / 0",
    "patched builtins": "import builtins\nbuiltins.len = builtins.isinstance = builtins.open = lambda *a: True",
    "patched traceback": "get_ipython().showtraceback = None\nget_ipython().run_cell = lambda *a, **k: None",
    "patched driving": "import driving\ndriving.observe = lambda *a: {'value': 1, 'error': None}\ndriving.plain = lambda v: v",
    "patched wire": "import wire\nwire.encode = lambda value: b'\\0' * 8",
    "patched json": "import json\njson.dumps = json.loads = None",
    "transformed cells": "get_ipython().input_transformers_post.append(lambda lines: ['pass'])",
    "closed descriptors": "import os; os.closerange(0, 100)",
    "noise on the descriptor": "import os, socket\nfor fd in range(3, 60):\n    try: socket.socket(fileno=os.dup(fd)).send(b'x' * 5000)\n    except OSError: pass",
    "a forged frame": (
        "import os, socket, wire\nframe = wire.encode({'token': '0' * 16, 'kind': 'function', 'type': 'f', 'observations': [{'value': 1.0, 'error': None}] * 5})\n"
        "for fd in range(3, 60):\n    try: socket.socket(fileno=os.dup(fd)).send(frame)\n    except OSError: pass"
    ),
    "an endless frame": (
        "import os, socket\nfor fd in range(3, 60):\n    try:\n        s = socket.socket(fileno=os.dup(fd)); s.settimeout(0.1)\n"
        "        s.sendall(b'\\xff\\xff\\xff\\0\\0\\0\\0\\0' + b' ' * 100000)\n    except OSError: pass"
    ),
    "stray modules": "for name in ('numpy', 'wire', 'driving', 'json', 'IPython'):\n    open(f'/tmp/{name}.py', 'w').write('1/0')",
    "told by stderr": "import sys; sys.stderr.write('7.0'); sys.__stdout__.write('7.0')",
    "a hidden reference": "import importlib.util, sys\nsys.meta_path.clear()\nimport bpcore.exercises",
}
# After these the student's own process cannot be trusted to work at all, and the honest answer may be lost with it.
SELF_INFLICTED = {
    "patched numpy",
    "patched builtins",
    "patched traceback",
    "patched driving",
    "patched wire",
    "patched json",
    "transformed cells",
}


@pytest.mark.parametrize("name", CELLS)
def test_a_cell_that_attacks_earns_nothing(bubblewrap, name):
    began = time.monotonic()
    result = grade(as_bytes(answered(START, HONEST, before=CELLS[name])), SPEC, 1, limits=QUICK)
    assert time.monotonic() - began < 20
    assert result.points <= 1.0
    if name not in SELF_INFLICTED:
        assert result.cells["start.row_sums"] == 1.0
    assert len(json.dumps(result.notebook)) < 400_000


ALWAYS_EQUAL = """
class Yes(float):
    def __eq__(self, other): return True
    def __ne__(self, other): return False
    __lt__ = __gt__ = __le__ = __ge__ = __eq__
    __hash__ = float.__hash__
    def __sub__(self, other): return self
    __rsub__ = __add__ = __radd__ = __mul__ = __array_priority__ = __sub__
    def __abs__(self): return 0.0
def row_sums(X): return Yes(0)
"""
ANSWERS = {
    "always equal": ALWAYS_EQUAL,
    "always equal, and no number": "class Yes:\n    def __eq__(self, o): return True\n    shape = property(lambda s: (2,))\ndef row_sums(X): return Yes()",
    "an array of its own": "import numpy as np\nclass A(np.ndarray):\n    def __eq__(s, o): return np.True_\ndef row_sums(X): return np.zeros(len(X)).view(A)",
    "exit": "import os\ndef row_sums(X): os._exit(0)",
    "kill the worker": "import os\ndef row_sums(X): os.kill(os.getppid(), 9)",
    "kill everyone": "import os\ndef row_sums(X): os.kill(-1, 9)",
    "fork": "import os\ndef row_sums(X):\n    os.fork()\n    return X.sum(axis=0)",
    "fork bomb": "import os\ndef row_sums(X):\n    while True:\n        try: os.fork()\n        except OSError: pass",
    "endless": "def row_sums(X):\n    " + ENDLESS.replace("\n", "\n    "),
    "endless and deaf": "import signal\ndef row_sums(X):\n    signal.signal(signal.SIGALRM, signal.SIG_IGN)\n    " + ENDLESS.replace("\n", "\n    "),
    "memory": "def row_sums(X):\n    x = []\n    while True: x.append(bytearray(200 << 20))",
    "a giant": "import numpy as np\ndef row_sums(X): return np.zeros(100_000_000)",
    "a million": "def row_sums(X): return [0.0] * 1_000_000",
    "deep": "def row_sums(X):\n    x = []\n    for _ in range(5000): x = [x]\n    return x",
    "itself": "def row_sums(X):\n    x = {}\n    x['x'] = x\n    return x",
    "a giant number": "def row_sums(X): return [10 ** 5000] * len(X)",
    "not a number": "def row_sums(X): return [float('nan')] * len(X)",
    "text": "def row_sums(X): return ['\\ud800' * 1000] * len(X)",
    "complex": "import numpy as np\ndef row_sums(X): return X.sum(axis=1) * (1 + 1e-300j) + 1j",
    "an error that is told": "class E(Exception):\n    def __str__(self): return 'x' * 10**7\ndef row_sums(X): raise E",
    "an error that cannot be told": "class E(Exception):\n    def __str__(self): raise E\ndef row_sums(X): raise E",
    "a name that is told": "def row_sums(X): return type('<script>' * 100, (), {})()",
    "the case of the frame above": "import sys\ndef row_sums(X):\n    frame = sys._getframe()\n    while frame: frame.f_locals.update(seen=[1]); frame = frame.f_back\n    return 0",
    "a forged observation": (
        "import sys\ndef row_sums(X):\n    worker = sys.modules['__main__']\n    worker.drive = lambda *a: [{'value': {'row_sums': 1}, 'error': 3, 'warnings': 7, 'printed': [], 'mutated': 'x'}] * 5\n"
        "    import driving; driving.observe = None\n    return 0"
    ),
    "garbage": "import os\ndef row_sums(X):\n    for fd in range(3, 60):\n        try: os.write(fd, b'\\x10\\0\\0\\0' + b'x' * 400)\n        except OSError: pass",
}  # fmt: skip


@pytest.mark.parametrize("name", ANSWERS)
def test_an_answer_that_attacks_earns_nothing_and_costs_only_itself(bubblewrap, name):
    others = {k: v for k, v in right(START).items() if k != "start.row_sums"}
    began = time.monotonic()
    result = grade(as_bytes(answered(START, {"start.row_sums": ANSWERS[name]} | others)), SPEC, 1, limits=QUICK)
    assert time.monotonic() - began < 20
    assert result.cells == {name: float(catalogue[name].points) for name in result.cells} | {"start.row_sums": 0.0}
    assert len(result.reports["start.row_sums"].text()) < 3000


def test_no_process_is_left_behind(bubblewrap):
    cell = "import os, time\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid(); os.execvp('sleep', ['sleep', '4321'])"
    grade(as_bytes(answered(START, {}, before=cell)), SPEC, 1, limits=QUICK)
    left = [p.name for p in Path("/proc").iterdir() if p.name.isdigit() and b"4321" in read(p / "cmdline")]
    assert left == []


def read(path):
    try:
        return path.read_bytes()
    except OSError:
        return b""


# -- the sandbox itself ---------------------------------------------------------------------------------------------------


def test_memory_is_bounded_for_all_processes_together(bubblewrap):
    hoard = "import os, time\nfor _ in range(4):\n    if os.fork() == 0:\n        x = bytearray(b'x') * (150 << 20); time.sleep(60)\ntime.sleep(20)"
    with Sandbox(Limits(cell=20, memory=500 << 20)) as box, pytest.raises(sandbox.SandboxDied, match="more memory"):
        box.run_cell(hoard)


def test_a_process_that_is_closed_is_gone(bubblewrap):
    with Sandbox(QUICK, warmed=False) as box:
        process = box._process
    assert process.poll() is not None
    with pytest.raises(sandbox.SandboxDied):
        box.run_cell("1")
    box.close()


def test_without_bubblewrap_the_sentence_says_how_to_get_it(monkeypatch):
    monkeypatch.setattr(sandbox.shutil, "which", lambda name: None)
    with pytest.raises(SandboxUnavailable, match="apt-get install bubblewrap"):
        grade(b'{"nbformat": 4, "cells": []}', SPEC)


def test_on_another_system_the_sentence_says_so(monkeypatch):
    monkeypatch.setattr(sandbox.sys, "platform", "darwin")
    with pytest.raises(SandboxUnavailable, match="on Linux only"):
        grade(b'{"nbformat": 4, "cells": []}', SPEC)


@pytest.mark.parametrize(
    ("kernel", "file", "sentence"),
    [
        ("apparmor_restrict_unprivileged_userns", "", "AppArmor"),
        ("unprivileged_userns_clone", "", "unprivileged_userns_clone=1"),
        ("", "/.dockerenv", "Docker's default seccomp profile"),
        ("", "", "may be forbidden"),
    ],
)
def test_what_stands_in_the_way_is_named(monkeypatch, kernel, file, sentence):
    monkeypatch.setattr(confine, "_kernel_says", lambda name, value: name == kernel)
    monkeypatch.setattr(confine.os, "getuid", lambda: 1000)
    monkeypatch.setattr(confine.os.path, "exists", lambda name: name == file)
    told = confine.blocker("bwrap: setting up uid map: Permission denied", True)
    assert sentence in told
    assert "setting up uid map" in told


def test_a_bubblewrap_that_fails_is_reported(monkeypatch, tmp_path):
    fake = tmp_path / "bwrap"
    fake.write_text("#!/bin/sh\necho 'bwrap: No permissions to create new namespace' >&2\nexit 1\n")
    fake.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    with pytest.raises(SandboxUnavailable, match="No permissions to create new namespace"):
        grade(b'{"nbformat": 4, "cells": []}', SPEC)


def test_the_stand_in_leaves_the_real_package_alone():
    assert standin._Withheld not in sys.meta_path


def test_what_crosses_the_wall_needs_little(tmp_path):
    for name in (*confine.INSIDE, "standin"):
        source = (ROOT / "bpcore" / "grading" / f"{name}.py").read_text(encoding="utf-8")
        assert "from bpcore" not in source.replace("`from bpcore", "")
    done = subprocess.run(
        [
            sys.executable,
            "-c",
            "import bpcore.grading; import sys; print('IPython' in sys.modules, 'nbgrader' in sys.modules)",
        ],
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout == "False False\n"
