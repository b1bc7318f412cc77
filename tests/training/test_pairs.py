"""Pairs of unpaired domains: order, crops, flips, unequal sizes, halves, and that they go on from their state."""

from itertools import islice

import pytest
import torch

from lib.training.pairs import Domains


def domain(n, side=36):
    """Pictures that tell their index in the first channel, row and column in the others."""
    rows, columns = torch.meshgrid(torch.arange(side), torch.arange(side), indexing="ij")
    return torch.stack([torch.stack([torch.full_like(rows, i), rows, columns]) for i in range(n)]).to(torch.uint8)


def drawn(pairs, n):
    return list(zip(*islice(iter(pairs.__next__, None), n), strict=True))


def read(picture):
    """Index, first row, first column and whether it is flipped, of a crop."""
    values = ((picture[0] + 1) * 127.5).round().long()
    columns = values[2, 0]
    return values[0, 0, 0].item(), values[1, 0, 0].item(), columns.min().item(), bool(columns[0] > columns[-1])


def indices(pictures):
    return [read(picture)[0] for picture in pictures]


def test_crops_are_whole_pieces_in_the_range_of_training():
    a, b = next(Domains(domain(3), domain(2), 32, 0))
    assert a.shape == b.shape == (1, 3, 32, 32)
    assert a.dtype == torch.float32
    assert -1 <= a.min() < a.max() < 1
    values = ((a[0] + 1) * 127.5).round().long()
    assert (values[1].diff(dim=0) == 1).all()
    assert (values[2].diff(dim=1).abs() == 1).all()


def test_all_places_and_both_flips_come_about_and_differ_between_a_and_b():
    a, b = drawn(Domains(domain(2), domain(2), 32, 0), 200)
    for pictures in (a, b):
        found = [read(picture) for picture in pictures]
        assert {row[1] for row in found} == {row[2] for row in found} == set(range(5))
        assert 70 < sum(row[3] for row in found) < 130
    assert [read(picture)[1:] for picture in a] != [read(picture)[1:] for picture in b]


def test_an_epoch_shows_all_of_the_larger_domain_a_and_draws_b():
    pairs = Domains(domain(7), domain(3), 32, 0)
    assert pairs.epoch == 7
    orders = [indices(drawn(pairs, 7)[0]) for _ in range(3)]
    assert [sorted(order) for order in orders] == [list(range(7))] * 3
    assert len(set(map(tuple, orders))) == 3


def test_a_smaller_domain_a_comes_round_and_b_is_drawn_with_repeats():
    a, b = drawn(Domains(domain(3), domain(8), 32, 0), 8)
    counts = torch.tensor(indices(a)).bincount()
    assert sorted(counts.tolist()) == [2, 3, 3]
    assert len(set(indices(b))) < 8


def test_only_members_are_shown():
    pairs = Domains(domain(6), domain(5), 32, 0, ([4, 1, 5], [0, 3]))
    a, b = drawn(pairs, 30)
    assert pairs.epoch == 3
    assert (set(indices(a)), set(indices(b))) == ({1, 4, 5}, {0, 3})


@pytest.mark.parametrize("gone", [0, 2, 5, 11])
def test_pairs_go_on_from_their_state(gone):
    pairs, other = (Domains(domain(4), domain(5), 32, 1) for _ in range(2))
    drawn(pairs, gone) if gone else None
    other.load(pairs.state())
    for one, twin in zip(drawn(pairs, 6), drawn(other, 6), strict=True):
        assert torch.equal(torch.cat(one), torch.cat(twin))


def test_another_seed_gives_another_order():
    assert len({str(indices(drawn(Domains(domain(6), domain(6), 32, seed), 6)[1])) for seed in range(4)}) == 4
