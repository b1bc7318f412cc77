"""Keeping memory between steps changes no number and ends with the loop."""

import platform
import resource

import pytest
import torch

from lib.training import memory


def faults_of_a_second_array():
    """Pages that the system had to give for a 64 MB array where one of this size was freed before."""
    torch.ones(2**24)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    torch.ones(2**24)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before


def test_freed_arrays_are_used_again():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc's allocator can be told")
    outside = faults_of_a_second_array()
    with memory.kept():
        inside = faults_of_a_second_array()
    assert inside < outside / 10


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.kept():
        assert torch.ones(3).sum() == 3
