from collections import Counter
from itertools import compress, pairwise, product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.spaces.base import Genome, keyed
from lib.spaces.stylenas import NAMED, OPERATORS, POSITIONS, RESERVED, TAP_BITS, StyleNas

SPACE, OFFICIAL = StyleNas(), StyleNas(official=True)
S7 = SPACE.named("S7")


@st.composite
def space_and_genome(draw: st.DrawFn) -> tuple[StyleNas, Genome]:
    space = draw(st.sampled_from([SPACE, OFFICIAL]))
    return space, draw(st.tuples(*[st.integers(0, 1)] * len(space.genes)))


def holding(*positions: int) -> Genome:
    """The genome with ones at some positions of the printed form."""
    return tuple(int(position in positions) for position in POSITIONS)


def test_the_genome_has_31_bits_in_six_stages_and_the_official_one_32() -> None:
    assert (len(SPACE.genes), SPACE.size, SPACE.units, SPACE.name) == (31, 2**31, 6, "stylenas")
    assert [gene.unit for gene in SPACE.genes] == [0] * 5 + [1] * 3 + [2] * 7 + [3] * 7 + [4] * 5 + [5] * 4
    assert (len(OFFICIAL.genes), OFFICIAL.size, OFFICIAL.units) == (32, 2**32, 6)
    assert (OFFICIAL.name, OFFICIAL.genes[RESERVED].name) == ("stylenas-official", "d1.reserved")


@pytest.mark.parametrize(
    ("kind", "positions"),
    [("wct", (0, 5, 9, 16, 23, 28)), ("wcts", (15, 22, 27, 31)), ("aggregate", (1, 2, 3, 4)),
     ("skip", (11, 18, 25, 30)), ("norm", (10, 17, 24, 29)), ("conv", (6, 7, 12, 13, 14, 19, 20, 21, 26))],
)  # fmt: skip
def test_each_kind_of_operator_stands_at_its_positions(kind: str, positions: tuple[int, ...]) -> None:
    assert tuple(operator.position for operator in OPERATORS.values() if operator.kind == kind) == positions


@pytest.mark.parametrize(
    ("position", "expected"),
    [(0, ("d0.wct", 0, "wct", 0)), (3, ("d0.agg_r2", 0, "aggregate", 2)), (7, ("d1.conv_up", 1, "conv", 0)),
     (11, ("d2.skip_r4", 2, "skip", 4)), (13, ("d2.reduce", 2, "conv", 0)), (17, ("d3.norm_r3", 3, "norm", 3)),
     (26, ("d4.conv_up", 4, "conv", 0)), (31, ("d5.wcts_r1", 5, "wcts", 1))],
)  # fmt: skip
def test_an_operator_says_where_it_stands(position: int, expected: tuple) -> None:
    found = OPERATORS[position]
    assert (found.name, found.stage, found.kind, found.tap) == expected


def test_s7_is_seven_operators_of_which_two_transform() -> None:
    network = SPACE.decode(S7)
    assert {OPERATORS[position].name for position in network.active} == {
        "d0.agg_r4", "d0.agg_r2", "d2.skip_r4", "d5.wct", "d5.norm_r1", "d5.skip_r1", "d5.wcts_r1",
    }  # fmt: skip
    assert network.transforms == (28, 31)
    assert "".join(map(str, S7)) == "0101000000100000000000000001111"


@pytest.mark.parametrize(
    ("name", "positions"),
    [("S7", (1, 3, 11, 28, 29, 30, 31)), ("S5-ref", (1, 10, 11, 25, 27)),
     ("S9-ref", (9, 11, 15, 23, 25, 27, 28, 30, 31)), ("oracle", POSITIONS), ("empty", ())],
)  # fmt: skip
def test_a_named_network_has_all_its_ones_and_all_have_an_effect(name: str, positions: tuple[int, ...]) -> None:
    genome = SPACE.named(name)
    assert SPACE.decode(genome).active == set(positions)
    assert SPACE.ones(genome) == len(positions)
    assert SPACE.text(genome) == NAMED[name]
    assert SPACE.named(NAMED[name]) == genome == SPACE.active(genome)
    assert OFFICIAL.decode(OFFICIAL.named(name)) == SPACE.decode(genome)


def test_there_are_11_functions_a_tap_and_2_to_the_15_times_as_many_of_the_other_bits() -> None:
    for bits in TAP_BITS.values():
        choices = [holding(*compress(bits.values(), row)) for row in product((0, 1), repeat=4)]
        assert len({SPACE.active(genome) for genome in choices}) == 11
    free = [place for place in POSITIONS if not OPERATORS[place].tap]
    assert all(SPACE.decode(holding(place)).active == {place} for place in free)
    assert 2 ** len(free) * 11**4 == 479_756_288


@pytest.mark.parametrize(
    ("ones", "active"),
    [((10,), ()), ((15,), ()), ((10, 15), ()), ((10, 11), (10, 11)), ((15, 11), (11, 15)), ((15, 1), (1, 15)),
     ((10, 1), (1,)), ((1, 10, 15), (1, 15)), ((4, 15), (4,)), ((29, 30, 31), (29, 30, 31)), ((30, 10), (30,))],
)  # fmt: skip
def test_a_norm_needs_its_skip_and_a_tap_s_transform_any_use_of_its_own_tap(ones: tuple, active: tuple) -> None:
    assert SPACE.active(holding(*ones)) == holding(*active)


def test_the_reserved_position_is_refused_but_by_the_official_space() -> None:
    text = NAMED["S7"][:8] + "1" + NAMED["S7"][9:]
    with pytest.raises(ValueError, match=r"position 8 of '.*' is 1; it is reserved"):
        SPACE.parse(text)
    official = OFFICIAL.parse(text)
    assert (OFFICIAL.ones(official), OFFICIAL.text(official)) == (8, text)
    assert OFFICIAL.decode(official) == SPACE.decode(S7)
    assert OFFICIAL.active(official) == OFFICIAL.named("S7") != official


@pytest.mark.parametrize(
    ("text", "problem"),
    [(NAMED["S7"][1:], "has 31 characters; a genome of stylenas has 32"), (NAMED["S7"] + "0", "has 33 characters"),
     ("2" + NAMED["S7"][1:], "position 0 of '.*' is '2'; allowed are 0 and 1"), (" " * 32, "position 0 of '.*' is ' '"),
     ("", "has 0 characters")],
)  # fmt: skip
def test_what_is_no_printed_form_is_refused_with_what_is_wrong(text: str, problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        SPACE.parse(text)
    with pytest.raises(ValueError, match=problem):
        SPACE.named(text)


def test_genomes_that_are_none_are_refused() -> None:
    with pytest.raises(ValueError, match="the genome has 32 genes; stylenas has 31"):
        SPACE.decode(OFFICIAL.named("S7"))
    with pytest.raises(ValueError, match=r"gene d0\.wct is 2"):
        SPACE.training_key((2, *S7[1:]))


@given(space_and_genome())
def test_the_printed_form_reads_back(case: tuple[StyleNas, Genome]) -> None:
    space, genome = case
    text = space.text(genome)
    assert len(text) == 32
    assert text.count("1") == space.ones(genome)
    assert space.parse(text) == genome == space.named(text)


@given(space_and_genome(), st.integers(0, 2**32))
def test_a_mutation_of_one_bit_changes_one_printed_character(case: tuple[StyleNas, Genome], seed: int) -> None:
    space, genome = case
    child = space.mutate(genome, keyed(seed), count=1)
    changed = [
        i for i, pair in enumerate(zip(space.text(genome), space.text(child), strict=True)) if len(set(pair)) > 1
    ]
    assert len(changed) == space.distance(genome, child) == 1
    assert changed[0] in space.positions


@given(space_and_genome())
def test_clearing_inert_bits_keeps_the_network_and_is_done_once(case: tuple[StyleNas, Genome]) -> None:
    space, genome = case
    active = space.active(genome)
    assert space.decode(active) == space.decode(genome)
    assert space.active(active) == active
    assert all(a <= g for a, g in zip(active, genome, strict=True))
    assert space.ones(active) == len(space.decode(genome).active)
    held = [space.decode(genome).has(place) for place in POSITIONS]
    assert tuple(map(int, held)) == SPACE.parse(space.text(active))


@given(space_and_genome(), st.integers(0, 2**10 - 1))
def test_training_sees_no_transform(case: tuple[StyleNas, Genome], bits: int) -> None:
    space, genome = case
    transforms = [operator.position for operator in OPERATORS.values() if operator.kind in ("wct", "wcts")]
    chosen = {place for i, place in enumerate(transforms) if bits >> i & 1}
    other = tuple(bit ^ (place in chosen) for place, bit in zip(space.positions, genome, strict=True))
    key = space.training_key(genome)
    assert space.training_key(other) == key == space.training_key(key) == space.active(key)
    assert space.decode(key).transforms == ()
    assert space.decode(key).active == space.decode(genome).active - set(transforms)


def test_every_effective_flip_of_another_bit_is_trained_anew() -> None:
    oracle = SPACE.named("oracle")
    keys = {SPACE.training_key(SPACE.mutate(oracle, keyed(0, k), count=1)) for k in range(400)}
    assert len(keys) == 1 + 21


def test_the_diagram_of_s7_has_taps_beside_stages_and_an_edge_a_joined_tap() -> None:
    drawn = SPACE.decode(S7).diagram()
    assert {node["id"]: (node["label"], node["column"], node["level"], node["kind"]) for node in drawn["nodes"]} == {
        "in": ("photo", 0, 0, "input"), "r1": ("r1 · WCT", 0, 1, "transform"), "r2": ("r2", 0, 2, "tap"),
        "r3": ("r3", 0, 3, "tap"), "r4": ("r4", 0, 4, "tap"), "r5": ("r5", 0, 5, "tap"),
        "out": ("image", 1, 0, "output"), "d5": ("d5 · WCT", 1, 1, "transform"), "d4": ("d4", 1, 2, "stage"),
        "d3": ("d3", 1, 3, "stage"), "d2": ("d2", 1, 4, "stage"), "d1": ("d1", 1, 5, "stage"),
        "d0": ("d0", 1, 6, "stage"),
    }  # fmt: skip
    joins = [(edge["source"], edge["target"], edge["kind"], edge["weight"]) for edge in drawn["edges"] if "weight" in edge]  # fmt: skip # noqa: E501
    assert joins == [("r1", "d5", "join_norm", 64), ("r2", "d0", "pool", 128), ("r4", "d2", "join", 512),
                     ("r4", "d0", "pool", 512)]  # fmt: skip


def test_the_path_of_a_diagram_goes_down_the_taps_and_up_the_stages_with_the_size_of_each_map() -> None:
    path = [edge for edge in SPACE.decode(SPACE.named("empty")).diagram()["edges"] if edge["kind"] in ("flow", "turn")]
    ends = ["in", "r1", "r2", "r3", "r4", "r5", "d0", "d1", "d2", "d3", "d4", "d5", "out"]
    assert [(edge["source"], edge["target"]) for edge in path] == list(pairwise(ends))
    assert [edge["label"] for edge in path] == ["", "1/2", "1/4", "1/8", "1/16", "1/16", "1/16", "1/8", "1/4", "1/2", "", ""]  # fmt: skip # noqa: E501
    assert [edge["kind"] == "turn" for edge in path].index(True) == 5


def test_a_diagram_names_the_optional_convolutions_of_each_stage() -> None:
    labels = {node["id"]: node["label"] for node in SPACE.decode(SPACE.named("oracle")).diagram()["nodes"]}
    assert labels["d0"] == "d0 · WCT"
    assert labels["d1"] == "d1 · WCT\nconv\nup, conv"
    assert labels["d2"] == labels["d3"].replace("d3", "d2") == "d2 · WCT\nconv\nreduce 3×3\nup, conv"
    assert labels["d4"] == "d4 · WCT\nup, conv"


def test_the_drawn_space_shows_every_position_once_and_the_fixed_parts_between() -> None:
    drawn = SPACE.full_diagram()
    numbered = [node for node in drawn["nodes"] if node["id"] in {operator.name for operator in OPERATORS.values()}]
    assert sorted(int(node["label"].split("\n")[1]) for node in numbered) == list(POSITIONS)
    assert Counter(node["kind"] for node in numbered) == Counter(operator.kind for operator in OPERATORS.values())
    places = [(node["column"], node["level"]) for node in drawn["nodes"]]
    assert len(set(places)) == len(places) == 31 + 2 + 5 + 10
    assert {node["id"] for node in drawn["nodes"]} == {end for edge in drawn["edges"] for end in (edge["source"], edge["target"])}  # fmt: skip # noqa: E501


def test_the_drawn_decoder_is_one_path_from_the_bottleneck_to_the_image() -> None:
    after = {edge["source"]: edge["target"] for edge in SPACE.full_diagram()["edges"]
             if edge["source"][0] == "d" and edge["kind"] in ("flow", "bend") and ".wcts" not in edge["source"]}  # fmt: skip # noqa: E501
    path = ["d0.wct"]
    while path[-1] in after or path[-1] == "concat":
        path.append(after.get(path[-1], "d0.1x1"))
    assert path[-1] == "out"
    stages = [int(name[1]) for name in path if name[0] == "d"]
    assert stages == sorted(stages)
    for stage in "23":
        words = [name[3:].partition("_r")[0] for name in path if name.startswith(f"d{stage}")]
        assert words == ["wct", "skip", "3x3", "conv", "reduce", "up", "conv_up"]
