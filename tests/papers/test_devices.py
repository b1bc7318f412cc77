"""The steps that a device section times: they run, and the CPU is what others are compared with."""

import pytest

from lib.papers import devices


@pytest.fixture(scope="module")
def table():
    return devices.measure(["cpu"], scale=8, rounds=1)


def test_each_step_is_timed_in_both_precisions(table):
    assert [(row.step, row.precision) for row in table.itertuples()] == [
        (step, precision) for step in devices.steps(8) for precision in ("float32", "bfloat16")
    ]


def test_the_cpu_in_float32_is_the_measure_of_the_others(table):
    plain = table.query("precision == 'float32'").set_index("step")["ms"]
    ratio = table["step"].map(plain) / table["ms"]
    assert table["times the CPU"].tolist() == pytest.approx(ratio.tolist())
    assert (table["ms"] > 0).all()


def test_a_step_changes_what_it_trains():
    begin = devices.steps(8)["AutoGAN, G-step of 16 pictures, width 16"]
    step = begin("cpu", "float32")
    assert step().item() != step().item()
