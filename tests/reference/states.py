"""States of trainers: whether they are equal, files of them, and trainings whose process is killed on the way."""

import io
import os
import signal

import torch

from lib.search.record import Record
from lib.training.trainer import run_training


def same(a, b):
    """Whether two states are equal to the bit."""
    if isinstance(a, dict):
        return a.keys() == b.keys() and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list | tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return torch.equal(a, b) if isinstance(a, torch.Tensor) else a == b


def saved(trainer):
    """The bytes of a trainer's checkpoint."""
    torch.save(trainer.state(), file := io.BytesIO())
    return file.getvalue()


def loaded(file):
    """The state in these bytes."""
    return torch.load(io.BytesIO(file), weights_only=True)


def recorded(trainer, folder, steps):
    """The rows of a training that goes on in a folder until it has so many."""
    with Record.open(folder / "record.jsonl", {"slug": "toy"}) as record:
        run_training(trainer, steps, record, folder / "checkpoint.pt", seed=3)
        return record.rows


def dying(calls, function):
    """The function, but the process dies in that call of it."""
    count = iter(range(calls, -1, -1))
    return lambda *arguments, **more: function(*arguments, **more) if next(count) else os.kill(os.getpid(), 9)


def killed(run):
    """Whether a process of its own that runs it is killed on the way."""
    if (child := os.fork()) == 0:
        try:
            run()
        finally:
            os._exit(1)
    return os.WTERMSIG(os.waitpid(child, 0)[1]) == signal.SIGKILL
