from math import prod

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.spaces.base import Genome, keyed
from lib.spaces.cycleganas import (
    CODES,
    CycleGanas,
    GeneratorGenotype,
    Genotype,
    cyclegan,
    match,
    match_one,
    parameters,
)

SPACE = CycleGanas()
SMALL = [CycleGanas(2), CycleGanas(3, "repo")]
C3 = cyclegan(9)


@st.composite
def space_and_genome(draw: st.DrawFn) -> tuple[CycleGanas, Genome]:
    space = draw(st.sampled_from(SMALL))
    return space, space.sample(keyed(draw(st.integers(0, 1 << 30))))


def all_residual(name: str, blocks: int = 9) -> GeneratorGenotype:
    return GeneratorGenotype(("conv_3x3",) * 2, (name,) * 2 * blocks, ("conv_t_3x3",) * 2)


def test_the_space_of_nine_blocks_has_81_times_10_to_the_36_networks() -> None:
    assert SPACE.size == 81 * 10**36 == (8**2 * 5**18 * 3**2) ** 2 * 8**8
    assert (SPACE.name, SPACE.units, len(SPACE.genes)) == ("cycleganas-nb9", 4, 52)
    assert [gene.name for gene in SPACE.genes[:3]] == ["G_A.e0", "G_A.e1", "G_A.r00"]
    assert [gene.unit for gene in SPACE.genes] == [0] * 22 + [1] * 22 + [2] * 4 + [3] * 4


@pytest.mark.parametrize(
    ("blocks", "size"), [(2, 2174327193600000000), (3, 1358954496 * 10**12), (6, 331776 * 10**24), (9, 81 * 10**36)]
)
def test_spaces_with_fewer_blocks_have_the_specified_size(blocks: int, size: int) -> None:
    assert CycleGanas(blocks).size == size


def test_the_space_of_the_code_has_searched_ends_seven_encoders_and_other_discriminators() -> None:
    repo = CycleGanas(preset="repo")
    generator, discriminator = (prod(len(gene.choices) for gene in repo.genes if gene.unit == unit) for unit in (0, 2))
    assert generator == 25 * 7**2 * 5**18 * 3**2
    assert discriminator == 7**3 * 5**2 == 8575
    assert repo.size == (generator * discriminator) ** 2
    assert f"{generator:.3e} {generator // 25:.3e} {repo.size:.2e}" == "4.206e+16 1.682e+15 1.30e+41"
    assert repo.name == "cycleganas-nb9-repo"
    assert not any("conv_7x7" in gene.choices and "max_pool" in gene.choices for gene in repo.genes)


def test_the_genome_of_cyclegan_means_cyclegan() -> None:
    genotype = SPACE.decode(SPACE.cyclegan)
    assert genotype == Genotype(C3, C3, ("conv_4x4",) * 4, ("conv_4x4",) * 4)
    group = " ".join(["c3"] * 20 + ["t3"] * 2)
    assert SPACE.text(SPACE.cyclegan) == f"{group} ; {group} ; c4 c4 c4 c4 ; c4 c4 c4 c4"
    assert CycleGanas(2, "repo").decode(CycleGanas(2, "repo").cyclegan).D_A == ("conv_4x4",) * 3 + ("conv_3x3",) * 2


@settings(max_examples=20)
@given(space_and_genome())
def test_written_forms_and_genotypes_read_back(case: tuple[CycleGanas, Genome]) -> None:
    space, genome = case
    text = space.text(genome)
    assert space.parse(text) == genome == space.genome(space.decode(genome))
    names = {code: name for name, code in CODES.items()}
    assert space.parse(" ".join(names.get(token, token) for token in text.split())) == genome


def test_operations_keep_their_order_and_network() -> None:
    space = CycleGanas(1)
    found = space.decode(space.parse("mp c7 d3 d5 ne bi; c3 c4 c3 c5 t3 ne; c3 mp ap c5; c7 d5 d3 c4"))
    assert (
        GeneratorGenotype(("max_pool", "conv_7x7"), ("dil_conv_3x3", "dil_conv_5x5"), ("nearest", "bilinear"))
        == found.G_A
    )
    assert found.G_B.decode == ("conv_t_3x3", "nearest")
    assert (found.D_A[1], found.D_B[1]) == ("max_pool", "dil_conv_5x5")


G = "c3 c3 c3 c3 t3 t3"


@pytest.mark.parametrize(
    ("text", "problem"),
    [(f"{G}; {G}; c4 c4 c4 c4", r"has \[6, 6, 4\] operations; cycleganas-nb1 has \[6, 6, 4, 4\]"),
     (f"{G}; {G} c3; c4 c4 c4 c4; c4 c4 c4 c4", r"has \[6, 7, 4, 4\] operations"),
     (f"{G}; c3 c3 c4 c3 t3 t3; c4 c4 c4 c4; c4 c4 c4 c4", r"operation G_B.r00 of .* is 'conv_4x4'; allowed are c"),
     (f"{G}; {G}; c4 c4 c4 c9; c4 c4 c4 c4", r"operation D_A.3 of .* is 'c9'; allowed are max_pool \(mp\), avg"),
     ("", r"has \[0\] operations")],
)  # fmt: skip
def test_what_is_no_written_form_is_refused_with_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        CycleGanas(1).parse(text)


def test_genotypes_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match=r"gene G_A\.e0 is 8"):
        SPACE.decode((8, *SPACE.cyclegan[1:]))
    with pytest.raises(ValueError, match="cycleganas-nb2-repo has"):
        CycleGanas(2, "repo").genome(CycleGanas(2).decode(CycleGanas(2).cyclegan))
    with pytest.raises(ValueError, match="blocks is 0"):
        CycleGanas(0)
    with pytest.raises(ValueError, match="preset is 'code'; allowed are paper, repo"):
        CycleGanas(2, "code")


@pytest.mark.parametrize(
    ("H", "size"),
    [(16, 715_651), (32, 2_850_563), (48, 6_404_739), (64, 11_378_179), (96, 25_582_851), (128, 45_464_579)],
)
def test_the_formula_gives_cyclegan_s_size(H: int, size: int) -> None:
    assert parameters(C3, H) == size == 2772 * H * H + 376 * H + 3


@pytest.mark.parametrize(
    ("name", "widths", "error"),
    [("conv_5x5", (20, 39), -0.012), ("conv_7x7", (14, 28), None), ("conv_3x3", (32, 64), 0)],
)
def test_matched_widths_are_the_specified_ones(name: str, widths: tuple[int, int], error: float | None) -> None:
    found = all_residual(name)
    assert tuple(match((found, found), parameters(C3, H)) for H in (32, 64)) == widths
    if error is not None:
        assert parameters(found, widths[1]) / parameters(C3, 64) - 1 == pytest.approx(error, abs=5e-4)


def test_an_unequal_pair_has_one_width_and_cyclegan_s_own_two() -> None:
    pair = (C3, all_residual("conv_7x7"))
    targets = [parameters(C3, H) for H in (32, 64)]
    assert [match(pair, target) for target in targets] == [18, 36]
    shares = [parameters(genotype, 36) / targets[0] for genotype in pair]
    assert shares == pytest.approx([1.27, 6.50], abs=5e-3)
    assert [match_one(parameters(genotype, 36)) for genotype in pair] == [36, 82]


@settings(max_examples=20)
@given(st.integers(0, 1 << 30), st.integers(2000, 10**7))
def test_no_other_width_comes_closer(seed: int, target: int) -> None:
    genotype = CycleGanas(2).decode(CycleGanas(2).sample(keyed(seed)))
    pair = (genotype.G_A, genotype.G_B)

    def distance(H: int) -> int:
        return abs(sum(parameters(one, H) for one in pair) - 2 * target)

    if distance(0) > distance(1):
        best = match(pair, target)
        assert distance(best) <= min(distance(best - 1), distance(best + 1))
    else:
        with pytest.raises(ValueError, match="already a width of 1 has"):
            match(pair, target)


def test_a_target_below_a_width_of_one_is_refused() -> None:
    with pytest.raises(ValueError, match="target is 1000 parameters; already a width of 1 has 3151"):
        match_one(1000)


def test_the_drawing_goes_through_all_operations_in_order() -> None:
    genotype = CycleGanas(3, "repo").decode(CycleGanas(3, "repo").sample(keyed(4))).G_A
    diagram = genotype.diagram()
    labels = [label for node in diagram["nodes"][1:-1] for label in node["label"].split("\n")]
    words = [name.removeprefix("conv_").replace("t_3x3", "convT").replace("dil_conv", "dil").replace("_", " ")
             for name in genotype.operations]  # fmt: skip
    assert [label.replace("×", "x") for label in labels] == words
    assert [edge["target"] for edge in diagram["edges"]] == [node["id"] for node in diagram["nodes"][1:]]
    assert [node["label"] for node in C3.diagram()["nodes"]][:3] == ["photo", "7×7", "3×3"]


@pytest.mark.parametrize("space", [CycleGanas(3), CycleGanas(2, "repo")])
def test_the_drawing_of_all_four_networks_joins_each_generator_to_the_judge_of_its_pictures(space: CycleGanas) -> None:
    diagram = space.decode(space.sample(keyed(1))).diagram()
    ids = [node["id"] for node in diagram["nodes"]]
    places = [(node["column"], node["level"]) for node in diagram["nodes"]]
    assert len(set(ids)) == len(set(places)) == len(ids)
    assert {(edge["source"], edge["target"]) for edge in diagram["edges"]} >= {
        ("G_A.out", "D_B.0"),
        ("G_B.out", "D_A.0"),
    }
    genome = space.sample(keyed(1))
    for place, gene in enumerate(space.genes):
        other = (genome[place] + 1) % len(gene.choices)
        assert space.decode((*genome[:place], other, *genome[place + 1 :])).diagram() != diagram
