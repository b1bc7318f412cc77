"""Keeping memory between steps changes no number and ends with the loop."""

import platform

import pytest
import torch

from lib.training import memory


def test_arrays_above_the_mapping_threshold_are_used_again():
    if platform.libc_ver()[0] != "glibc":
        pytest.skip("only glibc's allocator can be told")
    with memory.kept():
        addresses = set()
        for _ in range(3):
            addresses.add(torch.empty(2**24).data_ptr())
    assert len(addresses) == 1


def test_without_glibc_nothing_happens(monkeypatch):
    monkeypatch.setattr(memory, "_glibc", lambda: None)
    with memory.kept():
        assert torch.ones(3).sum() == 3
