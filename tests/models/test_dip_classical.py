import csv

import pytest

from lib.models.dip import parameters
from lib.models.dip_classical import CLASSICAL, Classical, scaled
from lib.paths import ROOT
from lib.spaces.nasdip import NasDip, Stage


@pytest.mark.parametrize(
    ("row", "published"),
    [("Plane", 2_217_831), ("Snail", 572_827), ("Vase", 2_157_955), ("Face", 3_002_627), ("Library", 2_996_467),
     ("Zebra 4x", 2_217_831), ("Zebra 8x", 2_217_831)],
)  # fmt: skip
def test_every_published_network_has_its_number_of_parameters(row: str, published: int) -> None:
    assert parameters(CLASSICAL[row].architecture, CLASSICAL[row].options) == published


def test_the_rows_are_those_of_the_papers_table() -> None:
    table = ROOT / "data" / "paper_numbers" / "nasdip_table2.csv"
    if not table.exists():
        pytest.skip("the paper's numbers are not there")
    assert set(CLASSICAL) == {row["image"] for row in csv.DictReader(table.open())}


@pytest.mark.parametrize("own", CLASSICAL.values(), ids=CLASSICAL.keys())
def test_every_image_can_be_halved_as_often_as_its_network_does(own: Classical) -> None:
    scales = len(own.architecture.encoders)
    assert all(side % 2**scales == 0 for side in own.side)
    assert min(own.side) >> scales >= 2


def test_the_network_for_denoising_is_a_genome_where_widths_reach_128() -> None:
    space = NasDip(width_table="pow2", side=512)
    genome = space.encode(CLASSICAL["Plane"].architecture)
    assert space.decode(genome) == CLASSICAL["Plane"].architecture
    assert space.text(genome).split("-")[1] == "0" + "001" + "111" + "0" + "001" + "111" + "0000" + "0100" + "0000" * 3
    assert all(space.live_bits(genome))


@pytest.mark.parametrize("row", ["Plane", "Library"])
def test_the_paper_s_own_widths_do_not_hold_a_published_network(row: str) -> None:
    with pytest.raises(ValueError, match=r"is 128; its codes allow 1, 1, 2, 4, 8, 16, 32, 64|not in nasdip"):
        NasDip().encode(CLASSICAL[row].architecture)


def test_the_scaled_network_has_three_scales_of_32_and_lies_in_the_small_space() -> None:
    space = NasDip(units=3, side=64)
    assert scaled().encoders == scaled().decoders == (Stage(3, 32),) * 3
    assert space.invalid(space.encode(scaled())) is None
