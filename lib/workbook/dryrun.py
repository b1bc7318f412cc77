"""What a batch would do: parts and rows, time and memory on this machine, and which data and weights are missing."""

import os
import time
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from lib.data.registry import MissingData
from lib.papers import PAGES, PAPERS, STUDIES
from lib.search.progress import duration
from lib.workbook.notebooks import Job

MEASURE_S = 0.5
START_S = 30.0  # of a notebook on two cores: kernel, imports, tables and figures


@dataclass(frozen=True)
class Needs:
    """The parts of a notebook's paper, as its `plan` gives them, and what they lack, each with the way to get it."""

    parts: list[dict[str, Any]] = field(default_factory=list)
    missing: dict[str, str] = field(default_factory=dict)


def needs(job: Job) -> Needs:
    """What a notebook would compute and what it lacks; empty for a notebook that no paper stands behind.

    Raises ValueError for values that its settings, or the `check` of its module, refuse.
    """
    if job.slug in PAGES:
        import_module(f"lib.papers.{job.slug}").check(job.values)
    if job.slug not in PAPERS | STUDIES:
        return Needs()
    try:
        parts = planned(job)
    except MissingData as error:  # what a plan must open to count its rows
        return Needs(missing={f"data of {job.notebook.stem}": str(error)})
    return Needs(parts, _missing_weights(_names(parts, "weights")) | _missing_data(_names(parts, "data")))


def planned(job: Job) -> list[dict[str, Any]]:
    """The parts that a paper's notebook would compute, as its `plan` gives them.

    Raises ValueError for values that its settings refuse, MissingData where it cannot count without its data.
    """
    paper = import_module(f"lib.papers.{job.slug}")
    chosen = job.values.get("parts")
    return [part for part in paper.plan(job.settings()) if part["rows"] and (not chosen or part["part"] in chosen)]


def describe(jobs: list[Job]) -> tuple[str, bool]:
    """The text of `--dry-run`, and whether everything that the jobs need is here."""
    wanted = [(job, needs(job)) for job in jobs]
    speed = measured_flops() if any(need.parts for _, need in wanted) else 0.0
    lines = [_machine(speed)] if speed else []
    for job, need in wanted:
        lines += _lines(job, need, speed)
    return "\n".join(lines), not any(need.missing for _, need in wanted)


def measured_flops() -> float:
    """Floating-point operations a second of a 3x3 convolution, forward and backward, on the default device."""
    import torch

    from lib.device import pick

    device = pick()
    image = torch.rand(4, 64, 64, 64, device=device, requires_grad=True)
    kernel = torch.rand(64, 64, 3, 3, device=device)
    flops = 2 * 2 * 9 * 64 * image.numel()  # multiply and add; forward and the gradient of the input
    _convolve(image, kernel)
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < MEASURE_S:
        _convolve(image, kernel)
        count += 1
    return flops * count / (time.perf_counter() - start)


def memory_total() -> int:
    """Bytes of main memory; 0 where the system does not say."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return 0


def _convolve(image: Any, kernel: Any) -> None:
    """One convolution with its gradient, finished when this returns."""
    import torch

    (gradient,) = torch.autograd.grad(torch.nn.functional.conv2d(image, kernel, padding=1).sum(), image)
    gradient[0, 0, 0, 0].item()  # waits for the device


def _machine(speed: float) -> str:
    from lib.device import pick

    memory = f", {memory_total() / 2**30:.0f} GB memory" if memory_total() else ""
    return f"this machine: {speed / 1e9:.0f} GFLOP/s measured on {pick()}{memory}"


def _lines(job: Job, need: Needs, speed: float) -> list[str]:
    """The description of one notebook."""
    changed = ", ".join(f"{name}={value!r}" for name, value in job.changed.items())
    lines = [f"{job.notebook.stem}, profile {job.profile}{f' ({job.base} with {changed})' if changed else ''}"]
    missing = [f"  missing {name}: {how}" for name, how in need.missing.items()]
    if not need.parts:
        return lines + (missing or ["  no search or training of its own"])
    start: dict[str, Any] = {"part": "start, figures", "rows": 0, "flops": 0.0, "seconds": START_S}
    parts = [{"memory": 0, "seconds": part["flops"] / speed} | part for part in [*need.parts, start]]
    total = {name: sum(part[name] for part in parts) for name in ("rows", "flops", "seconds")}
    peak = max(part["memory"] for part in parts)
    lines.append(f"  {'part':<16}{'rows':>9}{'TFLOP':>15}{'memory':>9}  estimated time")
    for part in [*parts, {"part": "all", "memory": peak, **total}]:
        lines.append(f"  {part['part']:<16}{part['rows']:>9}{part['flops'] / 1e12:>15.2f}"
                     f"{part['memory'] / 2**30:>6.1f} GB  {duration(part['seconds'])}")  # fmt: skip
    lines += ["  more memory than this machine has"] if 0 < memory_total() < peak else []
    lines += [f"  {kind}: {', '.join(_names(need.parts, kind)) or 'none'}" for kind in ("data", "weights")]
    return lines + missing


def _names(parts: list[dict[str, Any]], kind: str) -> list[str]:
    return sorted({name for part in parts for name in part.get(kind, ())})


def _missing_weights(names: list[str]) -> dict[str, str]:
    from lib import weights

    present = {row["name"] for row in weights.status() if row["present"]}
    absent = (name for name in names if name not in present and not os.path.exists(name))
    return {name: f"python -m lib fetch weights {name}" for name in absent}


def _missing_data(names: list[str]) -> dict[str, str]:
    from lib.data import pictures, registry

    known, bundled = {row["key"]: row for row in registry.status()}, set(pictures.names())
    missing: dict[str, str] = {}
    for name in names:
        if row := known.get(name):
            by_hand = f"put {row['place']} into a folder named by WORKBOOK_DATA; see Run in the README"
            missing |= {} if row["present"] else {name: row["command"] or by_hand}
        elif name not in bundled and not os.path.exists(name):
            missing[name] = "no such picture, data set or file"
    return missing
