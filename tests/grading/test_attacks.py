"""Attacks on the warm wall: no submission reaches the next, no forged reply earns a point, and what is left is gone."""

# ruff: noqa: E501 -- attacks are quoted in one line each

import os
import time

import pytest

from bpcore.exercises import catalogue, plan
from bpcore.grading import Limits, build_spec, grade, warm
from bpcore.grading.sandbox import Sandbox, SandboxDied

from .submissions import START, answered, as_bytes, right

SPEC = build_spec(START)
QUICK = Limits(cell=1, case=0.4, exercise=1, total=25)
FULL = {name: float(exercise.points) for name, exercise in catalogue(START).items()}

pytestmark = pytest.mark.usefixtures("bubblewrap")


def said(box, source):
    """What a cell prints, or the error that it stops with."""
    outputs = box.run_cell(source)
    return "\n".join(o.get("text") or f"{o.get('ename')}: {o.get('evalue')}" for o in outputs)


def graded(answers, limits=QUICK, seed=1, **own):
    return grade(as_bytes(answered(START, answers, **own)), SPEC, seed, limits=limits)


# -- one submission and the next ---------------------------------------------------------------------------------------

# Everything that a submission could find changed, in one cell: it must be the same after every attack.
TRACE = """
import builtins, ctypes, gc, json, os, signal, socket, sys, threading, warnings
import numpy as np
libc = ctypes.CDLL(None, use_errno=True)
def connects(name):
    with socket.socket(socket.AF_UNIX) as link:
        try:
            link.connect(name)
        except OSError:
            return False
        return True
print(os.getpid(), os.getuid(), os.getpriority(os.PRIO_PROCESS, 0), sorted(os.sched_getaffinity(0)) == sorted(os.sched_getaffinity(1)))
print(sorted(os.listdir("/tmp")), sorted(os.listdir("/")), sorted(os.listdir("/dev")), os.getcwd())
print(sorted(p for p in os.listdir("/proc") if p.isdigit()), threading.active_count())
print(sorted(os.environ.items()), sys.path, sys.argv, len(sys.meta_path), len(sys.path_hooks))
print(sorted(name for name in sys.modules if "mine" in name), hasattr(builtins, "mine"), sys.getrecursionlimit())
print(np.sum([1.0, 2.0]), np.array([1.0]), len([0]), json.dumps([1]), np.geterr(), np.get_printoptions()["precision"])
print(len(warnings.filters), signal.getsignal(signal.SIGINT), signal.getsignal(signal.SIGTERM), gc.isenabled())
print(libc.shmget(4242, 0, 0), libc.semget(4242, 0, 0), connects("\\0mine"), connects("/tmp/mine"))
print(oct(os.umask(0o077)), [__import__("resource").getrlimit(i) for i in range(8)], socket.gethostname())
print(open("/proc/sys/kernel/hostname").read(), sorted(globals()), get_ipython().execution_count)
"""
POISON = {
    "patched numpy": "import numpy as np\nnp.sum = np.array = np.isfinite = np.asarray = lambda *a, **k: 0\nnp.seterr(all='raise')\nnp.set_printoptions(precision=1)\nnp.random.seed(0)",
    "patched builtins": "import builtins, json\nbuiltins.mine = 1\nbuiltins.len = lambda x: 7\njson.dumps = lambda *a, **k: ''",
    "patched worker": "import sys\nfor name in ('__main__', 'worker', 'wire', 'driving', 'trials', 'namespaces', 'seccomp'):\n    module = sys.modules.get(name)\n    for key in list(vars(module) if module else ()):\n        if not key.startswith('__') and callable(getattr(module, key)): setattr(module, key, None)",
    "patched interpreter": "import gc, signal, sys, warnings\nsys.path.insert(0, '/tmp'); sys.meta_path.clear(); sys.path_hooks.clear(); sys.setrecursionlimit(60000)\nwarnings.simplefilter('error'); gc.disable(); sys.modules['mine'] = sys; sys.argv[:] = ['mine']\nfor s in (2, 15): signal.signal(s, signal.SIG_IGN)",
    "environment": "import os\nos.environ.update(MINE='1', PATH='/tmp', PYTHONPATH='/tmp', LD_PRELOAD='/tmp/mine.so'); os.umask(0); os.chdir('/')",
    "files": "import os\nfor name in ('numpy.py', 'sitecustomize.py', 'mine', '.pythonrc.py', 'mine.pth'): open('/tmp/' + name, 'w').write('1/0')\nos.makedirs('/tmp/profile_default/startup', exist_ok=True); open('/tmp/profile_default/startup/00.py', 'w').write('mine = 1')",
    "links": "import os\nos.symlink('/proc/1/mem', '/tmp/mem'); os.symlink('/sandbox/worker.py', '/tmp/worker'); os.link('/tmp/mem', '/tmp/mem2')\nfor name in ('/tmp/mem', '/tmp/worker'):\n    try: open(name, 'r+b').write(b'x')\n    except OSError: pass",
    "a full disk": "try:\n    for i in range(40): open(f'/tmp/{i}', 'wb').write(bytes(8 << 20))\nexcept OSError: pass",
    "no more names": "try:\n    for i in range(9000): open(f'/tmp/{i}', 'w').close()\nexcept OSError: pass",
    "shared memory": "import ctypes\nlibc = ctypes.CDLL(None)\nprint(libc.shmget(4242, 4096, 0o1666), libc.semget(4242, 1, 0o1666))",
    "a server": "import os, socket, time\nif os.fork() == 0:\n    os.setsid()\n    s = socket.socket(socket.AF_UNIX); s.bind('\\0mine'); s.listen()\n    t = socket.socket(socket.AF_UNIX); t.bind('/tmp/mine'); t.listen()\n    while True: time.sleep(1)\ntime.sleep(0.2)",
    "daemons": "import os, signal, time\nfor _ in range(6):\n    if os.fork() == 0:\n        os.setsid()\n        for s in range(1, 32):\n            try: signal.signal(s, signal.SIG_IGN)\n            except (OSError, ValueError): pass\n        if os.fork() == 0:\n            while True: pass\n        os._exit(0)",
    "signals upwards": "import os, signal\nfor pid in (0, 1, -1, os.getppid(), 2, 3, 4, 5):\n    for s in (signal.SIGTERM, signal.SIGSTOP, signal.SIGKILL):\n        if pid not in (0, os.getpid()):\n            try: os.kill(pid, s)\n            except OSError: pass",
    "the group": "import os\nos.killpg(0, 15)\ntry: os.killpg(os.getpgid(0), 9)\nexcept OSError: pass",
    "limits": "import os, resource\nfor i in range(16):\n    try: resource.setrlimit(i, (1000, 1000))\n    except (OSError, ValueError): pass\nos.nice(19); os.sched_setaffinity(0, {sorted(os.sched_getaffinity(0))[0]})",
    "host name": "import socket, ctypes\ntry: socket.sethostname('mine')\nexcept OSError: pass\nctypes.CDLL(None).sethostname(b'mine', 4)",
    "keys": "import ctypes\nlibc = ctypes.CDLL(None, use_errno=True)\nprint([libc.syscall(n, b'user', b'mine', b'x', 1, -3) for n in (248, 217, 250, 219)])",
    "descriptors": "import os\nfor fd in range(3, 4096):\n    for call in (lambda: os.write(fd, b'\\0' * 64), lambda: os.ftruncate(fd, 0)):\n        try: call()\n        except OSError: pass",
    "all of memory": "hoard = []\ntry:\n    while True: hoard.append(bytearray(64 << 20))\nexcept MemoryError: pass",
    "a crash": "import ctypes\nctypes.string_at(0)",
    "the end": "import os; os._exit(1)",
    "another world": "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\nprint(libc.unshare(0x10000000), libc.mount(b'none', b'/tmp', b'tmpfs', 0, None), libc.umount2(b'/tmp', 2), libc.chroot(b'/tmp'), libc.setns(0, 0))",
}  # fmt: skip


@pytest.fixture(scope="module")
def untouched():
    """What TRACE shows, and what honest answers earn, behind a wall that nobody has attacked."""
    warm.close_all()
    return graded(right(START), after=TRACE)


@pytest.mark.parametrize("name", POISON)
def test_nothing_of_a_submission_reaches_the_next(untouched, name):
    graded(right(START), before=POISON[name], after=TRACE)
    after = graded(right(START), after=TRACE)
    assert after.to_dict() == untouched.to_dict()
    assert after.outputs == untouched.outputs
    assert after.cells == FULL


def test_the_warm_process_outlives_every_submission_that_only_ends_itself():
    graded({})
    (before,) = [nest.pid for nest in warm._idle]
    for name in ("the end", "a crash", "signals upwards", "the group", "daemons"):
        graded({}, before=POISON[name])
    assert [nest.pid for nest in warm._idle] == [before]


def test_a_warm_process_that_dies_is_replaced_and_costs_its_submission_alone():
    graded({})
    (nest,) = warm._idle
    nest.process.kill()
    nest.process.wait()
    assert graded(right(START)).cells == FULL
    with Sandbox(QUICK) as box:
        box._nest.process.kill()
        with pytest.raises(SandboxDied):
            box.run_cell("import time; time.sleep(5)")
    assert graded(right(START)).cells == FULL


def test_where_the_warm_process_may_not_make_namespaces_each_submission_has_a_wall_of_its_own(monkeypatch):
    monkeypatch.setattr(warm, "_impossible", {})
    warm.close_all()

    def refuse(nest, *_):
        raise warm.NestRefused("unshare: Operation not permitted")

    with monkeypatch.context() as patch:
        patch.setattr(warm.Nest, "open", refuse)
        assert graded(right(START), after="import os; print(os.getuid())").cells == FULL
    assert list(warm._impossible.values()) == ["unshare: Operation not permitted"]
    with Sandbox(QUICK) as box:
        assert box._nest is None
        assert said(box, "print(1)") == "1\n"


def test_a_warm_process_is_retired_in_time(monkeypatch):
    monkeypatch.setattr(warm, "SUBMISSIONS", 2)
    warm.close_all()
    pids = set()
    for _ in range(5):
        with Sandbox(QUICK) as box:
            pids.add(box._nest.pid)
    assert len(pids) == 3


def test_two_submissions_at_once_have_a_warm_process_each():
    with Sandbox(QUICK) as one, Sandbox(QUICK) as other:
        assert one._nest.pid != other._nest.pid
        one.run_cell("open('/tmp/mine', 'w').close(); mine = 1")
        assert said(other, "import os; print(os.listdir('/tmp'), 'mine' in globals())") == "[] False\n"


def test_chance_is_not_the_same_for_two_students():
    draw = "import numpy as np, random, uuid, tempfile\nprint(np.random.rand(), random.random(), np.random.default_rng().random())"
    with Sandbox(QUICK) as box:
        one = said(box, draw)
    with Sandbox(QUICK) as box:
        other = said(box, draw)
    assert not set(one.split()) & set(other.split())


@pytest.mark.parametrize("warmed", [True, False])
def test_no_process_outlives_its_submission(warmed):
    cell = "import os\nfor _ in range(5):\n    if os.fork() == 0:\n        os.setsid()\n        if os.fork() == 0: os.execvp('sleep', ['sleep', '98765'])\n        os._exit(0)\nimport time; time.sleep(0.2)"
    with Sandbox(QUICK, warmed=warmed) as box:
        box.run_cell(cell)
    deadline = time.monotonic() + 5  # the wall of its own falls a moment after its first process
    while left := [pid for pid in os.listdir("/proc") if pid.isdigit() and b"98765" in command_of(pid)]:
        assert time.monotonic() < deadline, left


def command_of(pid):
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read()
    except OSError:
        return b""


# -- what is open, and what can be seen ---------------------------------------------------------------------------------


@pytest.mark.parametrize("warmed", [True, False])
def test_nothing_of_the_grader_is_open_or_in_the_environment(warmed):
    source = """
import os
kinds = {}
for fd in range(3, 1000):
    try:
        kinds[fd] = os.readlink(f"/proc/self/fd/{fd}").split(":")[0]
    except PermissionError:  # closed to its own process as well: see with fstat
        try:
            kinds[fd] = "socket" if os.fstat(fd).st_mode >> 12 == 0o14 else "file"
        except OSError:
            pass
    except OSError:
        pass
print(sorted(kinds.values()))
for name in ("environ", "mem", "maps"):
    for pid in ("1", str(os.getppid() or 1)):
        try:
            text = open(f"/proc/{pid}/{name}", "rb").read(1 << 20) if pid != str(os.getpid()) else b""
        except OSError:
            text = b""
        print(len(text))
"""
    with Sandbox(QUICK, warmed=warmed) as box:
        assert said(box, source) == "['socket']\n" + "0\n" * 6


def test_a_trial_cannot_write_into_the_process_that_runs_the_cells():
    into = """
def row_sums(X):
    for pid in (1, __import__('os').getppid()):
        for name in (f'/proc/{pid}/mem', f'/proc/{pid}/environ', f'/proc/{pid}/cwd/x'):
            try:
                open(name, 'r+b').write(b'x')
                return 'it wrote into ' + name
            except OSError:
                pass
    return X.sum(axis=1)
"""
    assert graded(right(START) | {"start.row_sums": into}).cells == FULL


# -- replies ---------------------------------------------------------------------------------------------------------------

# The process for trials answers on `link`, and knows the token: all that is needed to answer in its place.
FORGE = """
def row_sums(X):
    import os, struct, sys, time
    import numpy as np
    import wire
    frame = sys._getframe()
    while 'about' not in frame.f_locals:
        frame = frame.f_back
    link, told = frame.f_locals['link'], frame.f_locals['about']['told']
    count = len(frame.f_locals['request']['cases'])
    seen = {'value': 1.0, 'error': None, 'warnings': [], 'printed': '', 'mutated': []}
    def send(value=1.0, **more):
        link.sendall(wire.encode({**told, 'observations': [{**seen, 'value': value, **more}] * count}))
    def raw(text, blob=b''):
        text = text.replace('TOKEN', told['token']).encode()
        link.sendall(struct.pack('<II', len(text), len(blob)) + text + blob)
    HOW
    time.sleep(0.1)
    os._exit(0)
"""
HEAD = '{"d":[["token","TOKEN"],["kind","function"],["type","function"],["fresh",true],["cause",""],["observations",'
REPLIES = {
    "a number": "send()",
    "an equal of everything": "send({'opaque': 'anything'})",
    "right of shape": "send(np.zeros(2))",
    "not a number": "send(np.array([np.nan, np.inf]))",
    "a giant view": "send(np.zeros(1)); raw('x' * 100)",
    "too few": "link.sendall(wire.encode({**told, 'observations': [seen]}))",
    "too many": "link.sendall(wire.encode({**told, 'observations': [seen] * 1000}))",
    "no list": "link.sendall(wire.encode({**told, 'observations': {'value': 1.0}}))",
    "odd parts": "send(error=3, warnings=7, printed=[], mutated='x')",
    "mutated everywhere": "send(mutated=list(range(100)) + [-1, True, 10**30])",
    "long words": "send(error={'type': 'x' * 10**6, 'message': 'y' * 10**6, 'line': '<script>' * 1000})",
    "another kind": "link.sendall(wire.encode({**told, 'kind': 'everything', 'observations': [seen] * count}))",
    "a promise of much": "link.sendall(struct.pack('<II', 2**32 - 1, 2**32 - 1) + told['token'].encode())",
    "a promise of some": "link.sendall(struct.pack('<II', 10**6, 10**6) + told['token'].encode())",
    "an object array": "raw(r'''HEAD{\"l\":[{\"a\":[\"|O\",[2]]}]}]]}''', b'x' * 16)",
    "a text array": "raw(r'''HEAD{\"l\":[{\"a\":[\"<U4\",[2]]}]}]]}''', b'x' * 32)",
    "a record": "raw(r'''HEAD{\"l\":[{\"a\":[\"|V8\",[2]]}]}]]}''', b'x' * 16)",
    "times": "raw(r'''HEAD{\"l\":[{\"a\":[\"<M8\",[2]]}]}]]}''', b'x' * 16)",
    "an endless axis": "raw(r'''HEAD{\"l\":[{\"a\":[\"<f8\",[0,99999999999999999999999]]}]}]]}''')",
    "a negative axis": "raw(r'''HEAD{\"l\":[{\"a\":[\"<f8\",[-1]]}]}]]}''')",
    "axes that overflow": "raw(r'''HEAD{\"l\":[{\"a\":[\"<f8\",[4294967296,4294967296,4294967296]]}]}]]}''')",
    "deep": "raw(r'''HEAD''' + '{\"l\":[' * 900 + ']}' * 900 + ']]}')",
    "a long number": "raw(r'''HEAD{\"l\":[{\"i\":\"0x''' + 'f' * 10**6 + '\"}]}]]}')",
    "a key twice": "raw(r'''{\"d\":[[\"token\",\"TOKEN\"],[\"token\",\"TOKEN\"]]}''')",
    "no JSON": "raw('TOKEN' + '{' * 1000)",
    "no text": "link.sendall(struct.pack('<II', 40, 0) + told['token'].encode() + b'\\xff' * 24)",
    "byte by byte": "\n    for byte in wire.encode({**told, 'observations': [seen] * count}): link.sendall(bytes([byte])); time.sleep(0.02)",
    "one byte, and no more": "link.sendall(b'\\x10'); time.sleep(30)",
    "two replies": "send(); send(); send()",
    "a reply to the next": "told['token'] = '0' * 16; send()",
}  # fmt: skip


@pytest.mark.parametrize("name", REPLIES)
def test_a_forged_reply_earns_nothing_and_costs_only_itself(name):
    forged = FORGE.replace("HOW", REPLIES[name].replace("HEAD", HEAD))
    began = time.monotonic()
    result = graded(right(START) | {"start.row_sums": forged})
    assert time.monotonic() - began < 15
    assert result.cells == FULL | {"start.row_sums": 0.0}
    assert len(result.reports["start.row_sums"].text()) < 3000


def test_a_reply_in_place_of_the_true_one_earns_points_where_its_values_are_right():
    """What makes the forgeries above worthless is their values, and not that they would not arrive."""
    how = "told['more'] = [{**seen, 'value': X.sum(axis=1)} for X, in frame.f_locals['request']['cases']]; send = None\n    link.sendall(wire.encode({**told, 'observations': told.pop('more')}))"
    assert graded({"start.row_sums": FORGE.replace("HOW", how)}).cells["start.row_sums"] == 1.0


# -- answers that are not what they seem -------------------------------------------------------------------------------------

FICKLE = {
    "right once": "calls = []\ndef row_sums(X):\n    calls.append(1)\n    return X.sum(axis=1) if len(calls) == 1 else X.sum(axis=0)",
    "wrong once": "calls = []\ndef row_sums(X):\n    calls.append(1)\n    return X.sum(axis=1) if len(calls) != 2 else X.sum(axis=1) + 1",
    "right until a file is there": "import os\ndef row_sums(X):\n    if os.path.exists('/tmp/seen'): return 0.0\n    open('/tmp/seen', 'w').close()\n    return X.sum(axis=1)",
    "by the clock": "import time\nborn = time.perf_counter_ns()\ndef row_sums(X):\n    return X.sum(axis=1) * (1 + (time.perf_counter_ns() % 2))",
    "by chance": "import numpy as np\ndef row_sums(X):\n    return X.sum(axis=1) + np.random.default_rng().random()",
    "in place": "def row_sums(X):\n    X *= 2\n    return X.sum(axis=1)",
    "a promise": "class Later:\n    def __init__(self, X): self.X = X\n    def __array__(self, dtype=None, copy=None): raise RuntimeError('later')\ndef row_sums(X): return Later(X)",
    "a generator": "def row_sums(X):\n    yield from X.sum(axis=1)",
    "stops": "import os, signal\ndef row_sums(X):\n    os.kill(os.getpid(), signal.SIGSTOP)\n    return X.sum(axis=1)",
    "threads": "import threading\ndef row_sums(X):\n    for _ in range(10 ** 6): threading.Thread(target=threading.Event().wait).start()",
    "too deep": "def row_sums(X):\n    import sys\n    sys.setrecursionlimit(10 ** 7)\n    return row_sums(X)",
    "a bomb that ticks": "import os, threading\ndef row_sums(X):\n    threading.Timer(0.05, os._exit, [0]).start()\n    return X.sum(axis=0)",
}  # fmt: skip


@pytest.mark.parametrize("name", FICKLE)
def test_an_answer_that_is_not_right_every_time_earns_nothing_and_costs_only_itself(name):
    result = graded(right(START) | {"start.row_sums": FICKLE[name]})
    assert result.cells == FULL | {"start.row_sums": 0.0}


def test_knowing_the_hidden_cases_of_another_seed_is_of_no_use():
    exercise = catalogue["start.row_sums"]
    table = [(case.args[0].tolist(), exercise.reference(*case.args).tolist()) for case in plan(exercise, 1)]
    learned = f"def row_sums(X):\n    for given, result in {table!r}:\n        if X.tolist() == given: return np.array(result)"
    assert graded({"start.row_sums": learned}, seed=1).cells["start.row_sums"] == 1.0
    assert graded({"start.row_sums": learned}, seed=2).cells["start.row_sums"] == 0.0


def test_what_one_answer_does_to_its_process_is_not_done_to_the_next():
    """After an answer that is wrong, the next is tried in a new fork; and one that ended the process is tried again."""
    spoil = "import sys\ndef row_sums(X):\n    import builtins, driving, numpy\n    driving.observe = driving.plain = numpy.asarray = numpy.array = builtins.len = None\n    return 0"
    assert graded(right(START) | {"start.row_sums": spoil}).cells == FULL | {"start.row_sums": 0.0}
    later = "import os, threading\ndef row_sums(X):\n    if not later: later.append(threading.Timer(0.01, os._exit, [0])); later[0].start()\n    return X.sum(axis=1)\nlater = []"
    others = {
        name: points
        for name, points in graded(right(START) | {"start.row_sums": later}).cells.items()
        if name != "start.row_sums"
    }
    assert others == {name: points for name, points in FULL.items() if name != "start.row_sums"}


def test_a_cell_between_two_answers_counts_where_the_second_is_tried():
    """The process for trials stays only while cells do nothing but define."""
    notebook = answered(START, right(START))
    places = [
        i for i, cell in enumerate(notebook["cells"]) if cell["metadata"].get("bpcore", {}).get("kind") == "check"
    ]
    notebook["cells"].insert(
        places[0] + 1,
        {
            "cell_type": "code",
            "metadata": {},
            "source": "helpers = {}\nhelpers.update(h=1e-5)",
            "outputs": [],
            "execution_count": None,
            "id": "mine",
        },
    )
    for cell in notebook["cells"]:
        if (
            cell["metadata"].get("bpcore", {}).get("exercise") == "start.refuse_nan"
            and cell["metadata"]["bpcore"]["kind"] == "answer"
        ):
            cell["source"] += "\nhelpers['h']"
    assert grade(as_bytes(notebook), SPEC, 1, limits=QUICK).cells == FULL
