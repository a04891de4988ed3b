"""`bpcore doctor --grading`: starts a real sandbox, attacks it from within, and says what holds and what mends it."""

import argparse
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass

from bpcore.grading import cgroups, probes, seccomp, warm
from bpcore.grading.failures import SandboxError, SandboxUnavailable
from bpcore.grading.sandbox import Sandbox

DELEGATE = "systemd-run --user --scope -p Delegate=yes bpcore grade …, or grade as root: it becomes nobody first"


@dataclass(frozen=True)
class Finding:
    """One thing that was tried: what, what was found, and, when it is wrong, what mends it. What only ``stops`` nothing
    is a note."""

    what: str
    found: str
    remedy: str = ""
    stops: bool = True

    def text(self) -> str:
        """A line, and the remedy under it."""
        sign = "ok     " if not self.remedy else "WRONG  " if self.stops else "note   "
        return f"{sign}{self.what}: {self.found}" + (f"\n       → {self.remedy}" if self.remedy else "")


def examine() -> Iterator[Finding]:
    """Try everything, and tell each finding as soon as it is there; where no sandbox starts, that is the last one."""
    program = shutil.which("bwrap")
    if not sys.platform.startswith("linux"):
        remedy = "Grade on Linux: in a virtual machine, on Windows in WSL; --unsandboxed only for code that you trust."
        yield Finding("The system", f"{sys.platform}, and bubblewrap exists on Linux only", remedy)
        return
    yield Finding("The system", f"Linux {os.uname().release} on {os.uname().machine}, as user {os.getuid()}")
    if program is None:
        yield Finding("bubblewrap", "it is not installed", "On Debian and Ubuntu: apt-get install bubblewrap")
        return
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=False).stdout.strip()
    yield Finding("bubblewrap", f"{version or 'of an unknown version'}, {program}")
    try:
        began = time.perf_counter()
        with Sandbox(probes.LIMITS, warmed=False) as box:
            seconds = time.perf_counter() - began
            yield Finding("A sandbox", f"starts, in {1000 * seconds:.0f} ms")
            yield from _attacks(box, "a wall of its own")
    except SandboxUnavailable as error:
        yield Finding("A sandbox", "none starts", str(error))
        return
    yield from _warm(program)
    yield _group()


def _warm(program: str) -> Iterator[Finding]:
    what = "Warm processes"
    try:
        with Sandbox(probes.LIMITS):
            pass
        began = time.perf_counter()
        with Sandbox(probes.LIMITS) as box:
            seconds = time.perf_counter() - began
            if why := warm.impossible(program):
                remedy = (
                    "Grading works, and is slower: each submission starts a process of its own. AppArmor, an older "
                    "kernel or a bubblewrap that is setuid may be in the way; as root it may go."
                )
                yield Finding(what, f"none can make namespaces here ({why})", remedy, stops=False)
                return
            yield Finding(what, f"a submission is forked from one in {1000 * seconds:.0f} ms")
            yield from _attacks(box, "forked")
            box.run_cell(probes.TRACE)
        with Sandbox(probes.LIMITS) as box:
            yield _outcome("What one submission leaves to the next", _said(box, probes.NO_TRACE))
    except SandboxError as error:
        yield Finding(what, f"one failed while it was tried: {error}", "Try again; if it stays so, please tell us.")


def _attacks(box: Sandbox, where: str) -> Iterator[Finding]:
    told = dict(line.split(" ", 1) for line in _said(box, probes.WHO).splitlines() if " " in line)
    shared = [name for name in probes.NAMESPACES if told.get(name, "") in ("", os.readlink(f"/proc/self/ns/{name}"))]
    remedy = "This is a fault of bpcore's or of this kernel's: do not grade with it, and please tell us."
    yield Finding(
        f"Namespaces ({where})",
        f"{', '.join(shared)} shared with this system" if shared else f"its own: {', '.join(probes.NAMESPACES)}",
        remedy if shared else "",
    )
    rights = [f"{name} is {told.get(name)}" for name in ("CapPrm", "CapEff") if set(told.get(name, "?")) != {"0"}]
    rights += ["it is root"] if told.get("uid") in (None, "0") else []
    rights += ["no_new_privs is not set"] if told.get("NoNewPrivs") != "1" else []
    yield Finding(
        f"Rights ({where})",
        "; ".join(rights) or f"user {told.get('uid')}, no capability, no_new_privs",
        remedy if rights else "",
    )
    if told.get("Seccomp") == "2" and seccomp.known():
        yield _outcome(f"Calls of the kernel ({where})", _said(box, probes.calls()))
    else:
        yield Finding(
            f"Calls of the kernel ({where})",
            "no filter: its kernel has none, or its numbers are known for x86_64 and aarch64 only",
            "Grading works; the namespaces alone keep a submission from the kernel's rarer calls.",
            stops=False,
        )
    for what, source in probes.PROBES.items():
        yield _outcome(f"{what} ({where})", _said(box, source))


def _outcome(what: str, said: str) -> Finding:
    if said == probes.HELD:
        return Finding(what, "the wall holds")
    return Finding(what, said[:300] or "the sandbox ended", "Do not grade here: run what comes in on another machine.")


def _said(box: Sandbox, source: str) -> str:
    try:
        outputs = box.run_cell(source)
    except SandboxError as error:
        return str(error)
    return "".join(o.get("text") or f"{o.get('ename')}: {o.get('evalue')}" for o in outputs).strip()


def _group() -> Finding:
    what = "All processes of a submission together"
    group = cgroups.make()
    if group is None:
        remedy = (
            "Grading works: each process is bounded, and their sum is looked at four times a second. For a bound that "
            f"the kernel keeps: {DELEGATE}"
        )
        return Finding(what, "no control group can be made here", remedy, stops=False)
    try:
        names = {"memory": "memory", "pids": "number of processes"}
        bounds = " and ".join(names[resource] for resource in group.bounds)
        return Finding(what, f"{bounds} bounded by a control group ({next(iter(group.folders.values())).parent})")
    finally:
        group.remove()


def main(argv: list[str] | None = None) -> int:
    """`bpcore doctor --grading`: try the wall around students' code; status 1 when it does not hold."""
    argparse.ArgumentParser(prog="bpcore doctor --grading", description=main.__doc__).parse_args(argv)
    worst = 0
    for finding in examine():
        print(finding.text(), flush=True)
        worst = max(worst, int(bool(finding.remedy) and finding.stops))
    print(
        "\nDo not grade here before that is mended: follow the arrows."
        if worst
        else "\nThe wall stands: submissions can be graded here."
    )
    return worst
