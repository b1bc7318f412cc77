"""Spaces: every move keeps to the space and does what it says, whatever the genes."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.spaces.base import Gene, Space, keyed

TOKENS = ("none", "relu", 0.5, (3,), True)
TWO = Space("two", [Gene("g0", (0, 1)), Gene("g1", (0, 1))])
BITS = Space("bits", [Gene("a", (0, 1), 0), Gene("b", (0, 1), 0), Gene("c", (0, 1), 1)])
seeds = st.integers(0, 2**32)


@st.composite
def spaces(draw):
    """A space of up to twelve genes in up to five units, all bits or of mixed choices."""
    units = sorted(draw(st.lists(st.integers(0, 4), min_size=1, max_size=12)))
    numbers = [sorted(set(units)).index(unit) for unit in units]
    binary = draw(st.booleans())
    counts = [0 if binary else draw(st.integers(2, len(TOKENS))) for _ in numbers]
    genes = [
        Gene(f"g{i}", TOKENS[:n] if n else (0, 1), u) for i, (n, u) in enumerate(zip(counts, numbers, strict=True))
    ]
    return Space("any", genes)


def pair(space, seed):
    return space.sample(keyed(seed, 0)), space.sample(keyed(seed, 1))


@given(spaces(), seeds)
def test_a_sampled_genome_is_of_the_space(space, seed):
    genome = space.sample(keyed(seed))
    assert space.check(genome) == genome
    assert all(type(value) is int for value in genome)


@given(spaces(), seeds)
def test_the_written_form_gives_the_genome_back_and_no_other_has_it(space, seed):
    a, b = pair(space, seed)
    assert space.parse(space.text(a)) == a
    assert (space.text(a) == space.text(b)) == (a == b)


@given(spaces(), seeds, st.data())
def test_mutation_changes_exactly_the_number_of_genes_asked_for(space, seed, data):
    count = data.draw(st.integers(0, len(space.genes)))
    genome = space.sample(keyed(seed))
    mutant = space.mutate(genome, keyed(seed, 7), count=count)
    assert space.distance(genome, space.check(mutant)) == count


@given(spaces(), seeds)
def test_a_rate_of_one_changes_every_gene_and_a_rate_of_zero_none(space, seed):
    genome = space.sample(keyed(seed))
    assert space.distance(genome, space.mutate(genome, keyed(seed), rate=1)) == len(space.genes)
    assert space.mutate(genome, keyed(seed), rate=0) == genome


@given(spaces(), seeds)
def test_crossover_takes_every_unit_whole_and_cuts_once(space, seed):
    a, b = pair(space, seed)
    cut = space.cut(keyed(seed, 3))
    child = space.crossover(a, b, keyed(seed, 3))
    assert 1 <= cut <= space.units
    assert child == tuple(x if gene.unit + 1 < cut else y for gene, x, y in zip(space.genes, a, b, strict=True))


@given(spaces())
def test_size_counts_the_genomes(space):
    assert space.size == np.prod([float(len(gene.choices)) for gene in space.genes])


def test_size_is_exact_for_large_spaces():
    assert Space("large", [Gene(f"b{i}", (0, 1)) for i in range(170)]).size == 2**170


def test_bits_are_written_in_groups_and_tokens_by_name():
    bits = Space("bits", [Gene(f"b{i}", (0, 1), i // 2) for i in range(5)])
    assert bits.text((0, 1, 1, 0, 1)) == "01-10-1"
    cell = Space("cell", [Gene("up", ("nearest", "bilinear")), Gene("norm", ("none", "bn", "in"))])
    assert cell.text((1, 2)) == "up=bilinear norm=in"


def test_every_choice_of_a_mutated_gene_is_as_likely():
    space = Space("wheel", [Gene("g", tuple(range(4)))])
    found = [space.mutate((2,), keyed(0, i), count=1)[0] for i in range(600)]
    assert 2 not in found
    assert all(150 < found.count(value) < 250 for value in (0, 1, 3))


def test_cuts_are_uniform_from_one():
    space = Space("bits", [Gene(f"b{i}", (0, 1), i) for i in range(4)])
    cuts = [space.cut(keyed(1, i)) for i in range(800)]
    assert set(cuts) == {1, 2, 3, 4}
    assert all(150 < cuts.count(cut) < 250 for cut in range(1, 5))
    assert space.join((0,) * 4, (1,) * 4, 1) == (1, 1, 1, 1)
    assert space.join((0,) * 4, (1,) * 4, 4) == (0, 0, 0, 1)


def test_a_plain_space_takes_every_genome_for_a_network_of_its_own():
    assert TWO.invalid((1, 0)) is None
    assert TWO.canonical((1, 0)) == (1, 0)


@pytest.mark.parametrize(
    ("genome", "message"),
    [((0, 2), r"gene g1 is 2; allowed are 0 to 1, the index of one of \(0, 1\)"), ((0,), "has 1 genes.* has 2"),
     ((0, -1), "gene g1 is -1"), ((0, "1"), "gene g1 is '1'")],
)  # fmt: skip
def test_a_wrong_genome_is_refused_by_gene_and_value(genome, message):
    with pytest.raises(ValueError, match=message):
        TWO.check(genome)


def test_numpy_genomes_become_plain():
    genome = TWO.check(np.array([1, 0]))
    assert genome == (1, 0)
    assert all(type(value) is int for value in genome)


@pytest.mark.parametrize("text", ["01", "01-1-", "0a-1", "01-12", "", "0-11", "0111"])
def test_text_that_is_no_bit_genome_is_refused(text):
    count = len(text.replace("-", ""))
    with pytest.raises(ValueError, match=rf"no genome of bits: {count} characters; expected 3 bits, .* of \[2, 1\]"):
        BITS.parse(text)


def test_bits_may_be_written_without_dashes():
    assert BITS.parse("011") == BITS.parse("01-1") == (0, 1, 1)


@pytest.mark.parametrize(("text", "message"), [("up=a norm=z", "'norm=z' is unknown.*norm=b"), ("up=a", "has 1 genes")])
def test_text_that_is_no_token_genome_is_refused(text, message):
    with pytest.raises(ValueError, match=message):
        Space("cell", [Gene("up", ("a", "b")), Gene("norm", ("a", "b"))]).parse(text)


@pytest.mark.parametrize(
    "mutation", [{}, {"rate": 0.1, "count": 1}, {"rate": 1.1}, {"rate": -0.1}, {"count": 3}, {"count": -1}]
)
def test_mutation_needs_one_sensible_setting(mutation):
    with pytest.raises(ValueError, match=r"rate is|count is"):
        TWO.mutate((0, 0), keyed(0), **mutation)


@pytest.mark.parametrize(
    "genes",
    [[], [Gene("a", (0, 1)), Gene("a", (0, 1))], [Gene("a", (0,))], [Gene("a", (0, 0))], [Gene("a", ("x y", "z"))],
     [Gene("a", (0, 1), 1)], [Gene("a", (0, 1), 0), Gene("b", (0, 1), 2)], [Gene("a b", (0, 1))],
     [Gene("a", (0, 1), 0), Gene("b", (0, 1), 1), Gene("c", (0, 1), 0)]],
)  # fmt: skip
def test_a_gene_table_that_cannot_be_searched_is_refused(genes):
    with pytest.raises(ValueError, match=r"gene|units"):
        Space("broken", genes)


def test_generators_with_other_keys_draw_other_numbers():
    draws = {keyed(*keys).random() for keys in [(1,), (1, 0), (1, 1), (1, 1, 0), (1, 0, 1), (0, 1), (2,)]}
    assert len(draws) == 7
    assert keyed(1, 2, 3).random() == keyed(1, 2, 3).random()
