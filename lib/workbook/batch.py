"""Run notebooks one at a time, each in a process of its own, and say what became of every one of them."""

import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from lib.paths import ROOT, cache_dir, figures_dir, runs_dir, usable
from lib.search.deadline import VARIABLE
from lib.workbook.execute import GRACE_S
from lib.workbook.notebooks import Job

OK, FAILED, STOPPED, INTERRUPTED = 0, 1, 3, 130  # exit statuses; 2 is a mistake in the call
MEANING = {"ok": OK, "stopped": STOPPED, "not started": STOPPED, "interrupted": INTERRUPTED}


@dataclass(frozen=True)
class Outcome:
    """What became of one notebook: ok, failed, died, stopped (out of time), interrupted or not started."""

    job: Job
    status: str
    seconds: float = 0.0
    cell: int = 0
    error: str = ""
    wrote: tuple[str, ...] = ()


def executed_path(job: Job) -> Path:
    """Where the executed notebook of a job lies."""
    return runs_dir() / job.profile / "notebooks" / job.notebook.name


def run_batch(jobs: Sequence[Job], *, minutes: float | None = None) -> list[Outcome]:
    """Run the jobs in order and return one outcome each.

    A notebook that fails does not stop the others. After `minutes` a notebook stops at its next row or part, later
    ones are not started, and the same call continues. Ctrl-C ends the notebook that runs and starts no other.
    """
    deadline = time.time() + 60 * minutes if minutes is not None else None
    outcomes: list[Outcome] = []
    for number, job in enumerate(jobs, start=1):
        if any(outcome.status == "interrupted" for outcome in outcomes):
            outcomes.append(Outcome(job, "not started", error="interrupted before"))
            continue
        if deadline is not None and time.time() >= deadline:
            outcomes.append(Outcome(job, "not started", error="no time left; the same command continues"))
            continue
        print(f"{job.notebook.stem} ({number} of {len(jobs)}, profile {job.profile})", flush=True)
        outcomes.append(_run(job, deadline))
        last = outcomes[-1]
        print(f"{last.status:>9}  {job.notebook.stem} after {last.seconds:.0f} s {_reason(last)}".rstrip(), flush=True)
    return outcomes


def exit_status(outcomes: Sequence[Outcome]) -> int:
    """130 if interrupted, else 1 if any notebook failed, else 3 if time ran out, else 0."""
    statuses = {MEANING.get(outcome.status, FAILED) for outcome in outcomes}
    return next((status for status in (INTERRUPTED, FAILED, STOPPED) if status in statuses), OK)


def summary(outcomes: Sequence[Outcome]) -> str:
    """A table of notebook, status, seconds and what it wrote, then where each unfinished one stopped."""
    lines = [f"{'notebook':<18}{'profile':<9}{'status':<13}{'seconds':>7}  wrote"]
    for outcome in outcomes:
        first, *others = outcome.wrote or ("-",)
        name, status = outcome.job.notebook.stem, outcome.status
        lines.append(f"{name:<18}{outcome.job.profile:<9}{status:<13}{outcome.seconds:>7.0f}  {first}")
        lines += [f"{'':<49}{other}" for other in others]
    for outcome in outcomes:
        if outcome.status != "ok":
            lines.append(f"{outcome.job.notebook.stem} {outcome.status} {_reason(outcome)}")
            lines += [f"  executed notebook: {usable(executed_path(outcome.job))}"] if outcome.seconds else []
    return "\n".join(lines)


def _reason(outcome: Outcome) -> str:
    """Where an unfinished notebook stopped and why; empty for a finished one."""
    return " ".join(filter(None, [f"in cell {outcome.cell}:" if outcome.cell else "", outcome.error]))


def _run(job: Job, deadline: float | None) -> Outcome:
    """Run one notebook in its own process and session, so that Ctrl-C reaches it only through this one."""
    started, begun = time.time(), time.monotonic()
    output = executed_path(job)
    output.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch:
        order, result = Path(scratch) / "job.json", Path(scratch) / "result.json"
        task = {"notebook": str(job.notebook), "output": str(output), "parameters": job.injected, "batch": os.getpid()}
        order.write_text(json.dumps(task), encoding="utf-8")
        command = [sys.executable, "-m", "lib.workbook.execute", str(order), str(result)]
        with subprocess.Popen(command, cwd=ROOT, env=_environment(deadline), start_new_session=True) as process:
            interrupted = _wait(process)
        found = json.loads(result.read_text()) if result.exists() else _silent(process.returncode)
    if interrupted:
        found |= {"status": "interrupted", "error": "stopped with Ctrl-C; finished rows are stored"}
    return Outcome(job, **found, seconds=time.monotonic() - begun, wrote=tuple(_written(since=started)))


def _wait(process: subprocess.Popen[bytes]) -> bool:
    """Wait for the process; on Ctrl-C pass it on, allow it `GRACE_S`, and return True."""
    try:
        process.wait()
        return False
    except KeyboardInterrupt:
        process.send_signal(signal.SIGINT)
        with suppress(OSError):  # of a terminal that was closed
            print("\nstopping; press Ctrl-C again to kill", flush=True)
    try:
        process.wait(timeout=GRACE_S)
    except (KeyboardInterrupt, subprocess.TimeoutExpired):
        process.kill()  # the kernel notices that its parent is gone and ends by itself
    return True


def _silent(code: int) -> dict[str, object]:
    """The outcome of a process that left no result."""
    end = f"signal {-code}, most often lack of memory" if code < 0 else f"exit status {code}; its messages stand above"
    return {"status": "died" if code < 0 else "failed", "cell": 0, "error": f"the process ended with {end}"}


def _environment(deadline: float | None) -> dict[str, str]:
    """The environment of a notebook: `lib` importable, plain progress lines, the deadline, this Python's kernel."""
    path = os.pathsep.join(filter(None, [str(ROOT), os.environ.get("PYTHONPATH", "")]))
    fixed = {
        "PYTHONPATH": path,
        "WORKBOOK_BATCH": "1",
        "JUPYTER_PREFER_ENV_PATH": "1",
        "PYDEVD_DISABLE_FILE_VALIDATION": "1",
    }
    limit = {} if deadline is None else {VARIABLE: str(deadline)}
    return {**os.environ, **fixed, **limit}


def _written(since: float) -> list[str]:
    """The folders below figures and runs that hold files changed since then, each with their number."""
    found: Counter[Path] = Counter()
    for top in (figures_dir(), runs_dir()):
        for path in top.rglob("*") if top.exists() else []:
            if path.is_file() and path.suffix != ".lock" and path.stat().st_mtime >= since:
                found[_group(path, top)] += 1
    return [f"{usable(folder)}: {count} file{'s' * (count > 1)}" for folder, count in sorted(found.items())]


def _group(path: Path, top: Path) -> Path:
    """`<top>/<profile>/<slug>`, under which a file is counted; the cache is one folder."""
    parts = path.relative_to(top).parts[:-1]
    return top.joinpath(*parts[: 1 if parts[:1] == (cache_dir().name,) else 2])
