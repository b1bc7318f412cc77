"""Keeping memory between steps changes no number and ends with the loop."""

import platform
import subprocess
import sys

import pytest
import torch

from lib.paths import ROOT
from lib.training import memory

FAULTS = """
import resource, torch
from lib.training import memory

def faults():
    torch.ones(2**24)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    for _ in range(20):
        torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before

outside = faults()
with memory.kept():
    print(outside, faults())
"""


def test_freed_arrays_are_used_again():
    """Pages that the system gives for 64 MB arrays where one of this size was freed before; in a process without a
    history, whose allocator has learnt nothing yet. (Alignment makes the heap grow now and then.)"""
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc's allocator can be told")
    answer = subprocess.run([sys.executable, "-c", FAULTS], cwd=ROOT, capture_output=True, text=True, check=True)
    outside, inside = map(int, answer.stdout.split())
    assert inside < outside / 2


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.kept():
        assert torch.ones(3).sum() == 3
