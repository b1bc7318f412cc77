"""AutoGAN's space: sizes, known genomes, the written form, the tokens of stages, what is drawn."""

from itertools import pairwise, product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.spaces.autogan import CONV, LENGTHS, NAMED, NORM, UP, AutoGan, Cell, Stage
from lib.spaces.base import Genome, keyed

SPACE = AutoGan()
STAGES = [Stage(cell, order) for cell in range(3) for order in ("code", "paper")]


genomes = st.tuples(*(st.integers(0, len(gene.choices) - 1) for gene in SPACE.genes))
prefixes = st.builds(lambda genome, length: genome[:length], genomes, st.sampled_from(LENGTHS))


def test_there_are_36_72_and_144_cells_and_373248_generators() -> None:
    assert (SPACE.name, len(SPACE.genes), SPACE.units, SPACE.size) == ("autogan", 14, 3, 373_248)
    assert [stage.size for stage in STAGES] == [36, 36, 72, 72, 144, 144]
    assert " ".join(gene.name for gene in SPACE.genes) == "c0 n0 u0 s0 c1 n1 u1 s1 k1 c2 n2 u2 s2 k2"
    assert [gene.unit for gene in SPACE.genes] == [0] * 4 + [1] * 5 + [2] * 5


def test_the_cells_of_the_found_generators_are_those_of_the_paper() -> None:
    first, second = Cell(True, "none", "nearest", True, ()), Cell(True, "none", "bilinear", True, (0,))
    third = Cell(True, "none", "nearest", False, (0, 1))
    found = {name: SPACE.decode(SPACE.named(name)).cells for name in NAMED}
    assert found["a"] == (first, second, third)
    assert found["b"] == (first, Cell(True, "none", "nearest", True, (0,)), Cell(True, "none", "nearest", True, (0, 1)))
    assert found["c"] == (Cell(True, "batch", "nearest", True, ()), second, third)
    assert found["sngan"] == (Cell(True, "batch", "nearest", True, ()),) * 3


@pytest.mark.parametrize(("k", "sources"), [(0, ()), (1, (1,)), (2, (0,)), (3, (0, 1))])
def test_the_most_significant_skip_bit_is_for_cell_0(k: int, sources: tuple[int, ...]) -> None:
    assert SPACE.decode((*SPACE.named("a")[:13], k)).cells[2].skips == sources


@pytest.mark.parametrize("stage", STAGES, ids=lambda stage: stage.name)
def test_every_cell_of_a_stage_reads_back_and_is_decoded_once(stage: Stage) -> None:
    before = SPACE.named("b")[: (0, *LENGTHS)[stage.cell]]
    found = set()
    for genome in product(*(range(len(gene.choices)) for gene in stage.genes)):
        whole = before + stage.tokens(genome)
        assert SPACE.parse(SPACE.text(whole)) == whole
        assert stage.parse(stage.text(genome)) == genome
        found.add(SPACE.decode(whole).cells[stage.cell])
    assert len(found) == stage.size


def test_the_paper_s_order_names_a_bit_a_skip_first() -> None:
    stage = Stage(2, "paper")
    assert (stage.name, [gene.name for gene in stage.genes]) == (
        "autogan-stage2-paper", ["k2.0", "k2.1", "c2", "n2", "u2", "s2"])  # fmt: skip
    assert stage.tokens((1, 0, 1, 2, 0, 1)) == (1, 2, 0, 1, 2)
    assert stage.tokens((0, 1, 0, 1, 2, 0)) == (0, 1, 2, 0, 1)
    assert Stage(1, "paper").tokens((1, 0, 1, 2, 1)) == (0, 1, 2, 1, 1)
    assert (Stage(0).name, Stage(0, "paper").genes) == ("autogan-stage0", Stage(0).genes)


@settings(max_examples=50)
@given(prefixes)
def test_the_written_form_reads_back_and_tells_genomes_apart_by_their_meaning(genome: Genome) -> None:
    text = SPACE.text(genome)
    assert SPACE.parse(text) == genome == SPACE.check_prefix(list(genome))
    assert SPACE.parse(text.replace(" ; ", ";")) == genome
    cells = SPACE.decode(genome).cells
    assert len(cells) == LENGTHS.index(len(genome)) + 1 == text.count(";") + 1
    tokens = [token for cell in cells for token in (CONV.index("pre" if cell.pre else "post"), NORM.index(cell.norm),
                                                    UP.index(cell.up), int(cell.shortcut))]  # fmt: skip
    assert tokens == [value for gene, value in zip(SPACE.genes, genome, strict=False) if gene.name[0] != "k"]


@settings(max_examples=50)
@given(genomes, st.integers(0, 2**32))
def test_a_changed_token_changes_one_cell(genome: Genome, seed: int) -> None:
    other = SPACE.mutate(genome, keyed(seed), count=1)
    pairs = zip(SPACE.decode(genome).cells, SPACE.decode(other).cells, strict=True)
    assert sum(a != b for a, b in pairs) == 1


@pytest.mark.parametrize(
    ("text", "problem"),
    [("1 0 1", r"has \[3\] tokens in its cells; autogan has 4, then 5, then 5"), ("", r"has \[0\] tokens"),
     ("1 0 1 1 1 0 0 1 1", r"has \[9\] tokens"), ("1 0 1 1 ; 1 0 0 1 1 ; 1 0 1 0 3 ; 1", r"has \[4, 5, 5, 1\] tokens"),
     ("1 0 1 1 ; 1 0 0 1 2", r"token k1 of .* is '2'; allowed are 0 to 1"), ("1 3 1 1", "token n0 of .* is '3'; .* 2,"),
     ("1 0 x 1", r"token u0 of .* is 'x'; allowed are 0 to 2, the index of one of \('bilinear', 'nearest', 'deconv'"),
     ("1 0 -1 1", "token u0 of .* is '-1'"), ("01 0 1 1", "token c0 of .* is '01'")],
)  # fmt: skip
def test_what_is_no_written_form_is_refused_with_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SPACE.parse(text)
    with pytest.raises(ValueError, match=f"{problem}.*a name: a, b, c, sngan"):
        SPACE.named(text)


def test_a_name_means_a_whole_generator() -> None:
    assert SPACE.named(NAMED["c"]) == SPACE.named("c")
    with pytest.raises(ValueError, match=r"the genome has 4 genes; autogan has 14 .*a name: a, b, c, sngan"):
        SPACE.named("1 0 1 1")


@pytest.mark.parametrize(
    ("genome", "problem"),
    [((1, 0, 1), "the genome has 3 tokens; autogan has 4, 9 or 14"), ((1,) * 15, "has 15 tokens"),
     ((1, 0, 1, 2), "gene s0 is 2; allowed are 0 to 1"), ((1, 0, 1, 1, 1, 0, 5, 1, 1), "gene u1 is 5; .* 0 to 2"),
     ((*[0] * 13, 4), "gene k2 is 4; allowed are 0 to 3"), ((-1, 0, 1, 1), "gene c0 is -1")],
)  # fmt: skip
def test_what_is_no_genome_is_refused_with_what_is_wrong(genome: Genome, problem: str) -> None:
    for use in (SPACE.decode, SPACE.check_prefix):
        with pytest.raises(ValueError, match=problem):
            use(genome)


def test_the_diagram_of_a_is_figure_3() -> None:
    drawn = SPACE.decode(SPACE.named("a")).diagram()
    assert [node["label"] for node in drawn["nodes"]] == [
        "z, linear 4×4", "nearest ×2\npre", "pre", "bilinear ×2\npre", "pre", "nearest ×2\npre", "pre", "to RGB, image",
    ]  # fmt: skip
    sums = [(edge["source"], edge["target"], edge["kind"]) for edge in drawn["edges"] if edge["kind"] != "flow"]
    assert sums == [("stem", "0.2", "shortcut"), ("0.1", "1.2", "skip_up"), ("0.2", "1.2", "shortcut"),
                    ("0.1", "2.2", "skip_up"), ("1.1", "2.2", "skip_up")]  # fmt: skip


@settings(max_examples=50)
@given(prefixes)
def test_a_diagram_is_one_path_with_the_side_of_every_map(genome: Genome) -> None:
    drawn = SPACE.decode(genome).diagram(bottom=6)
    flow = [edge for edge in drawn["edges"] if edge["kind"] == "flow"]
    assert [(edge["source"], edge["target"]) for edge in flow] == list(pairwise(node["id"] for node in drawn["nodes"]))
    sides = ["6", "12", "12", "24", "24", "48", "48"]
    assert [edge["label"] for edge in flow] == sides[: len(flow)]
    assert [node["level"] for node in drawn["nodes"]] == list(range(len(flow) + 1))


def test_networks_are_drawn_alike_only_where_they_are_equal() -> None:
    prefix = SPACE.named("a")[:9]
    drawn = [SPACE.decode((*prefix, *rest)).diagram() for rest in product((0, 1), range(3), range(3), (0, 1), range(4))]
    assert all(drawn[i] != drawn[j] for i in range(144) for j in range(i))
