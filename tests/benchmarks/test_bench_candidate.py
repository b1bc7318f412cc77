"""Seconds to score a candidate of StyleNAS, beside scoring it with nothing kept; full width, 2 pairs of 128x64.

The reference encodes both photos of each pair and paints the oracle's picture anew, as if every candidate were the only
one; the style runs through the whole decoder. The trained weights are there in both, since their sharing is a matter of
counting (trainings avoided stand in the table of searches).
"""

from functools import partial

import pytest

from lib.models import wct
from lib.models.photoreal import Code
from lib.papers.stylenas import evaluate, store
from lib.papers.stylenas.evaluate import SPACE
from lib.spaces.stylenas import TRANSFORMS
from tests.papers.stylenas.tiny import evaluation

GENOME = "S5-ref"  # one transform, of a tap: its style needs no decoder


@pytest.fixture
def ev(weights):
    found = evaluation(width=128)
    store.decoder(found.recipe(), SPACE.named(GENOME))
    evaluate.oracle(found)
    return found


def scored(ev) -> dict[str, float]:
    return evaluate.measured(ev, SPACE.named(GENOME), store.decoder(ev.recipe(), SPACE.named(GENOME))[0])


def plain_code(network, taps, numerics) -> Code:
    """The style's whole way through the decoder, and the colouring of every active transform."""
    wanted = {bit: taps[level] for level, bit in ((0, 31), (1, 27), (2, 22), (3, 15)) if network.architecture.has(bit)}
    assert not any(network.architecture.has(bit) for bit in TRANSFORMS if bit not in wanted)
    network(taps)
    return Code({bit: wct.colouring(tap, numerics) for bit, tap in wanted.items()}, numerics)


@pytest.mark.benchmark(group="score a candidate of StyleNAS")
@pytest.mark.parametrize("kept", [False, True], ids=["nothing kept", "taps, oracle and style statistics kept"])
def test_scoring(timed, ev, kept, monkeypatch):
    expected = scored(ev)
    if not kept:
        monkeypatch.setattr(evaluate, "KEPT", 0)
        monkeypatch.setattr("lib.models.photoreal.PhotorealDecoder.code", plain_code)
    found = timed("fast" if kept else "reference", partial(scored, ev), rounds=5, warmup=1)
    assert found["E"] == pytest.approx(expected["E"], rel=1e-6)
