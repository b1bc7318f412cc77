from functools import cache
from itertools import product
from math import comb

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.spaces.base import Genome, keyed
from lib.spaces.nasdip import Architecture, NasDip, Stage

VARIANTS = ("asym", "asym_t", "sym", "sym_full")
PLAIN = {"width_table": "pow2", "max_filter": 15}  # every code a value of its own


@cache
def spaces() -> list[NasDip]:
    """Every variant under every reading, N = 3, with and without caps."""
    readings = [{}, {"width_table": "pow2"}, {"skip_code": "gate3"}, {"bypass": "resample"}, {"bypass": "shortcut"},
                {"mismatch": "resize"}, {"max_width": 16, "max_filter": 7}, {"t_table": (0, 15, 15, 45)}]  # fmt: skip
    return [
        NasDip(units=3, side=64, variant=variant, **reading)
        for variant in VARIANTS for reading in readings
        if (variant, reading.get("skip_code")) != ("sym", "gate3")
    ]  # fmt: skip


@st.composite
def space_and_genome(draw: st.DrawFn) -> tuple[NasDip, Genome]:
    space = draw(st.sampled_from(spaces()))
    return space, tuple(draw(st.lists(st.integers(0, 1), min_size=len(space.genes), max_size=len(space.genes))))


def write(space: NasDip, **values: int) -> Genome:
    """A genome of zeros but for the named fields' codes; names with `_` for the dot."""
    codes = {name.replace("_", "."): code for name, code in values.items()}
    assert codes.keys() <= {field.name for field in space.fields}
    return tuple(bit for field in space.fields for bit in field.write(codes.get(field.name, 0)))


def bypass(space: NasDip, encoders: tuple[int, ...], decoders: tuple[int, ...], **values: int) -> Genome:
    """A genome of zeros but for bypassed stages and the named fields."""
    gone = {f"E{n}_s": 1 for n in encoders} | {f"D{n}_s": 1 for n in decoders}
    return write(space, **gone, **values)


@pytest.mark.parametrize(("units", "bits"), [(3, 78), (5, 170), (6, 228)])
def test_the_genome_has_the_paper_s_length(units: int, bits: int) -> None:
    assert len(NasDip(units=units).genes) == bits
    assert len(NasDip(units=units, variant="asym_t").genes) == bits + 2
    assert NasDip(units=units).size == 2**bits
    assert NasDip(units=units).units == units


def test_symmetric_genomes_have_10_bits_a_unit_or_27_with_all_skips() -> None:
    assert len(NasDip(variant="sym").genes) == 50
    assert len(NasDip(variant="sym_full").genes) == 5 * 27


def test_a_unit_is_laid_out_as_bypass_filter_and_width_twice_then_skips_most_significant_bit_first() -> None:
    space = NasDip(units=1, side=64)
    assert [gene.name for gene in space.genes] == [
        "E1.s", "E1.f:4", "E1.f:2", "E1.f:1", "E1.h:4", "E1.h:2", "E1.h:1",
        "D1.s", "D1.f:4", "D1.f:2", "D1.f:1", "D1.h:4", "D1.h:2", "D1.h:1", "R1.1:8", "R1.1:4", "R1.1:2", "R1.1:1",
    ]  # fmt: skip
    found = space.decode((0, 1, 1, 0, 1, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 1))
    assert found == Architecture((Stage(13, 16),), (Stage(3, 1),), ((9,),))
    assert found.text() == "k1|E13x16|D3x1|S9"


@pytest.mark.parametrize(("table", "widths"), [("paper", (1, 1, 2, 4, 8, 16, 32, 64)), ("pow2", (1, 2, 4, 8, 16, 32, 64, 128))])  # fmt: skip # noqa: E501
def test_width_codes_mean_what_their_table_says(table: str, widths: tuple[int, ...]) -> None:
    space = NasDip(units=1, side=64, width_table=table)
    assert tuple(space.decode(write(space, E1_h=code)).encoders[0].width for code in range(8)) == widths


def test_skip_codes_are_channels_or_a_gate_with_a_width() -> None:
    linear, gate = NasDip(units=1, side=64), NasDip(units=1, side=64, skip_code="gate3")
    assert [linear.decode(write(linear, **{"R1_1": code})).skips[0][0] for code in range(16)] == list(range(16))
    assert [gate.decode(write(gate, **{"R1_1": code})).skips[0][0] for code in range(16)] == [1, 1, 2, 4, 8, 16, 32, 64] + [0] * 8  # fmt: skip # noqa: E501


def test_caps_hold_every_stage_below_them() -> None:
    space = NasDip(units=3, side=64, max_width=16, max_filter=7)
    stages = {s for k in range(200) for s in space.decode(space.sample(keyed(1, k))).encoders}
    assert {stage.width for stage in stages} == {1, 2, 4, 8, 16}
    assert {stage.filter for stage in stages} == {1, 3, 5, 7}


def test_a_bypassed_stage_vanishes_with_its_skips() -> None:
    space = NasDip(units=3, side=64)
    genome = bypass(space, (2,), (1,), E1_f=1, E3_f=2, D2_f=3, D3_f=4, R1_1=5, R1_2=6, R1_3=7, R2_2=8, R3_2=9, R3_3=10)
    assert space.decode(genome).text() == "k2|E3x1,5x1|D7x1,9x1|S6.7/9.10"


def test_other_readings_of_the_bypass_keep_the_stage() -> None:
    resample, shortcut = (NasDip(units=3, side=64, bypass=reading) for reading in ("resample", "shortcut"))
    genome = bypass(resample, (2,), (), E2_f=1, R1_1=5, R2_2=8)
    assert resample.decode(genome).text() == "k3|E1x1,r,1x1|D1x1,1x1,1x1|S5.0.0/0.0.0/0.0.0"
    assert shortcut.decode(genome).text() == "k3|E1x1,3x1+,1x1|D1x1,1x1,1x1|S5.0.0/0.8.0/0.0.0"
    assert all(resample.invalid(resample.sample(keyed(0, k))) in (None, "pad_too_large") for k in range(100))


@pytest.mark.parametrize("units", [1, 3, 5])
def test_the_share_of_valid_genomes_is_that_of_equally_many_active_stages(units: int) -> None:
    space = NasDip(units=units, side=64)
    counts = dict.fromkeys((None, "size_mismatch", "empty"), 0)
    for bits in product((0, 1), repeat=2 * units):
        stages = tuple(n for n in range(1, units + 1) if bits[n - 1]), tuple(n for n in range(1, units + 1) if bits[-n])
        counts[space.invalid(bypass(space, *stages))] += 1
    assert counts[None] + counts["empty"] == comb(2 * units, units)
    assert counts["empty"] == 1
    assert sum(counts.values()) == 4**units


def test_an_unequal_number_of_stages_is_valid_only_where_sizes_are_matched_by_resizing() -> None:
    invalid, resize = NasDip(units=3, side=64), NasDip(units=3, side=64, mismatch="resize")
    unequal, without = bypass(invalid, (1,), ()), bypass(invalid, (1, 2, 3), ())
    assert (invalid.invalid(unequal), resize.invalid(unequal)) == ("size_mismatch", None)
    assert resize.decode(unequal).text() == "k2to3|E1x1,1x1|D1x1,1x1,1x1|S0.0.0/0.0.0"
    assert resize.invalid(without) == "empty"


def test_a_filter_of_15_needs_8_pixels_at_the_input_of_every_convolution() -> None:
    space = NasDip(units=4, side=64)
    assert space.invalid(bypass(space, (4,), (4,), E3_f=7, D3_f=7)) is None  # 64 to 8 px
    assert space.invalid(write(space, E4_f=7)) == "pad_too_large"  # its second convolution sees 4 px
    assert space.invalid(write(space, D4_f=7)) is None  # a decoder stage convolves the level it brings out, 8 px
    assert NasDip(units=4, side=(64, 32)).invalid(write(space, D4_f=7)) == "pad_too_large"
    assert NasDip(units=4, side=64, pad="zeros").invalid(write(space, E4_f=7)) is None
    assert NasDip(units=4, side=64, stage="single").invalid(write(space, E4_f=7)) is None


def test_the_deepest_map_has_at_least_two_pixels_a_side() -> None:
    space = NasDip(units=5, side=(32, 64))
    assert space.invalid((0,) * 170) == "too_small"
    assert space.invalid(bypass(space, (1,), (5,))) is None


def test_zero_iterations_are_invalid_and_the_others_are_read_from_the_table() -> None:
    space = NasDip(units=3, side=64, variant="asym_t", t_table=(0, 15, 45, 105))
    found = [write(space, T=code) for code in range(4)]
    assert [space.decode(genome).iterations for genome in found] == [0, 15, 45, 105]
    assert [space.invalid(genome) for genome in found] == ["zero_epochs", None, None, None]


def test_cross_over_takes_the_iterations_from_the_second_parent() -> None:
    space = NasDip(units=3, side=64, variant="asym_t")
    children = [space.crossover((0,) * 80, (1,) * 80, keyed(0, k)) for k in range(30)]
    assert {child[-2:] for child in children} == {(1, 1)}
    assert {sum(child) for child in children} == {80, 54, 28}


@given(space_and_genome())
def test_the_canonical_form_is_one_and_means_the_same_network(case: tuple[NasDip, Genome]) -> None:
    space, genome = case
    canonical = space.canonical(genome)
    assert space.check(canonical) == canonical == space.canonical(canonical)
    assert space.decode(canonical) == space.decode(genome)
    assert space.encode(space.decode(genome)) == canonical
    assert space.invalid(canonical) == space.invalid(genome)


@settings(max_examples=50)
@given(space_and_genome())
def test_exactly_the_flips_of_live_bits_change_the_network(case: tuple[NasDip, Genome]) -> None:
    space, genome = case
    flipped = (tuple(bit ^ (i == place) for i, bit in enumerate(genome)) for place in range(len(genome)))
    changes = tuple(space.canonical(other) != space.canonical(genome) for other in flipped)
    assert space.live_bits(genome) == changes
    named = {gene.name for gene, changed in zip(space.genes, changes, strict=True) if not changed}
    assert set(space.dead_genes(genome)) == named


@given(space_and_genome(), st.integers(0, 2**32), st.integers(1, 12))
def test_genomes_are_canonically_equal_where_their_networks_are(
    case: tuple[NasDip, Genome], seed: int, count: int
) -> None:
    space, genome = case
    other = space.mutate(genome, keyed(seed), count=count)
    same = space.decode(genome) == space.decode(other)
    assert (space.canonical(genome) == space.canonical(other)) == same
    assert (space.decode(genome).text() == space.decode(other).text()) == same


def test_which_units_the_active_stages_sit_in_does_not_matter() -> None:
    space = NasDip(units=3, side=64)
    first = bypass(space, (2, 3), (1, 3), E1_f=1, D2_h=5, R1_2=9, R3_3=4)
    third = bypass(space, (1, 2), (2, 3), E3_f=1, D1_h=5, R3_1=9, R1_2=6, E1_f=7)
    assert first != third
    assert space.canonical(first) == space.canonical(third)
    assert space.canonical(first) == bypass(space, (2, 3), (2, 3), E1_f=1, D1_h=5, R1_1=9)


@pytest.mark.parametrize("variant", VARIANTS)
def test_live_bits_of_k_levels_are_as_many_as_the_formula_says(variant: str) -> None:
    space = NasDip(variant=variant, **PLAIN)
    skips = {"sym": lambda k: 3 * k}.get(variant, lambda k: 4 * k * k)
    stage = 12 if variant.startswith("asym") else 6
    for k in range(1, 6):
        gone = {f"{side}{n}_s": 1 for side in ("ED" if stage == 12 else "U") for n in range(k + 1, 6)}
        extra = 10 + 2 * (variant == "asym_t") if stage == 12 else 5
        assert sum(space.live_bits(write(space, **gone))) == extra + stage * k + skips(k)


def test_a_random_valid_genome_has_68_live_bits_on_average() -> None:
    space = NasDip(**PLAIN)
    genomes = [space.sample(keyed(0, k)) for k in range(1500)]
    assert np.mean([sum(space.live_bits(g)) for g in genomes if not space.invalid(g)]) == pytest.approx(67.8, abs=4.5)


def test_a_mutation_rate_of_5_percent_flips_8_and_a_half_bits_not_4() -> None:
    space = NasDip()
    parent = space.sample(keyed(0))
    flips = [space.distance(parent, space.mutate(parent, keyed(1, k), rate=0.05)) for k in range(1500)]
    assert np.mean(flips) == pytest.approx(8.5, abs=0.3)


@pytest.mark.parametrize("variant", ["sym", "sym_full"])
def test_a_symmetric_genome_expands_to_the_same_network_in_the_whole_space(variant: str) -> None:
    space = NasDip(units=3, side=64, variant=variant)
    for k in range(50):
        genome = space.sample(keyed(0, k))
        wide = space.expanded.check(space.expand(genome))
        assert space.decode(genome) == space.expanded.decode(wide)
        assert space.decode(genome).encoders == space.decode(genome).decoders
        assert space.expanded.canonical(wide) == space.expand(space.canonical(genome))


def test_a_network_that_the_space_lacks_is_refused_with_what_it_has() -> None:
    space = NasDip(units=1, side=64)
    with pytest.raises(ValueError, match=r"E1\.h is 128; its codes allow 1, 1, 2, 4"):
        space.encode(Architecture((Stage(3, 128),), (Stage(3, 64),), ((0,),)))
    with pytest.raises(ValueError, match="the nearest is k1"):
        space.encode(Architecture((Stage(3, 64),) * 2, (Stage(3, 64),), ((0,), (0,))))
    with pytest.raises(ValueError, match="the nearest is"):
        NasDip(units=1, side=64, variant="sym").encode(Architecture((Stage(3, 64),), (Stage(5, 64),), ((0,),)))


@pytest.mark.parametrize(
    ("wrong", "problem"),
    [({"variant": "both"}, "variant is 'both'; allowed are asym, asym_t"), ({"units": 0}, "units is 0"),
     ({"side": 48}, r"side is \(48, 48\); allowed: multiples of 2\^5"), ({"max_filter": 6}, "max_filter is 6"),
     ({"t_table": (1, 2)}, r"t_table is \(1, 2\)"), ({"variant": "sym", "skip_code": "gate3"}, "skip_code is 'gate3'"),
     ({"max_width": 0}, "max_width is 0")],
)  # fmt: skip
def test_settings_that_make_no_space_are_refused_by_name(wrong: dict, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        NasDip(**wrong)


def test_every_setting_shows_in_the_name_of_the_space() -> None:
    names = [space.name for space in spaces() if space.settings["t_table"][1] == 500]
    assert len(set(names)) == len(names)
    assert NasDip(variant="asym_t").name.endswith("-t0.500.1500.3500")
    assert NasDip(side=64, stage="single").name != NasDip(side=64).name != NasDip(side=(64, 128)).name


def test_the_diagram_has_a_node_a_stage_the_path_through_them_and_an_edge_a_skip() -> None:
    network = Architecture((Stage(3, 64), Stage(15, 8)), (Stage(5, 32), Stage(1, 2)), ((4, 0), (15, 1)))
    drawn = network.diagram()
    assert {node["id"]: (node["label"], node["column"], node["level"]) for node in drawn["nodes"]} == {
        "in": ("noise", 0, 0), "E1": ("3×3, 64", 0, 1), "E2": ("15×15, 8", 0, 2),
        "D1": ("5×5, 32", 1, 1), "D2": ("1×1, 2", 1, 2), "out": ("image", 1, 0),
    }  # fmt: skip
    path = [(edge["source"], edge["target"]) for edge in drawn["edges"] if edge["kind"] in ("flow", "turn")]
    assert path == [("in", "E1"), ("E1", "E2"), ("E2", "D2"), ("D2", "D1"), ("D1", "out")]
    assert [edge["label"] for edge in drawn["edges"][: len(path)]] == ["", "1/2", "1/4", "1/2", ""]
    skips = [(edge["source"], edge["target"], edge["kind"], edge["weight"]) for edge in drawn["edges"][len(path) :]]
    assert skips == [("E1", "D1", "skip", 4), ("E2", "D1", "skip_up", 15), ("E2", "D2", "skip", 1)]


def test_the_units_for_drawing_hold_every_bit_once() -> None:
    space = NasDip(units=3, side=64, variant="asym_t")
    genome = space.sample(keyed(0))
    rows = space.units_of(genome)
    assert len(rows) == 3
    assert tuple(bit for row in rows for field in row for bit in field["bits"]) == genome
    assert [not dead for row in rows for field in row for dead in field["dead"]] == list(space.live_bits(genome))
    assert rows[2][-1]["name"] == "T"
