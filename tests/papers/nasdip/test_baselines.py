"""What searched networks are compared with: fillers that fill, published networks that fit, and the same each time."""

from pathlib import Path

import pytest
import torch

from lib.models import dip
from lib.models.dip_classical import CLASSICAL
from lib.papers.nasdip import baselines, evaluate, tasks
from lib.papers.nasdip.baselines import PLAIN, Baseline
from lib.papers.nasdip.tasks import Row


def restored(ev, method, seed=0, share=0.001):
    return baselines.restored(Baseline(ev, method, share), seed)[0]


@pytest.fixture
def library(monkeypatch):
    """A row that the published Library network serves, on a bundled picture."""
    monkeypatch.setitem(tasks.ROWS, "books", Row("books", "astronaut", "inpaint", "rectangle", title="Library"))


@pytest.mark.parametrize("method", PLAIN["inpaint"][1:])
def test_a_filler_leaves_known_pixels_as_they_are_and_fills_the_hole(evaluation, method):
    ev = evaluation("chelsea")
    at = evaluate.problem(ev)
    filled = restored(ev, method)
    known = at.known.expand_as(filled).bool()
    half_a_grey_level = 0.5 / 255 + 1e-6  # they work on 8-bit pixels
    torch.testing.assert_close(filled[known], at.truth[known], atol=half_a_grey_level, rtol=0)
    assert filled.min() >= 0
    assert filled.max() <= 1
    empty = evaluate.measure(ev, at.observed)["psnr_hole"]
    assert evaluate.measure(ev, filled)["psnr_hole"] > empty + 3
    assert torch.equal(filled, restored(ev, method, seed=1))


@pytest.mark.parametrize("row", ["astronaut", "chelsea", "coffee"])
def test_every_plain_method_gives_a_picture_that_can_be_measured(evaluation, row):
    ev = evaluation(row)
    at = evaluate.problem(ev)
    assert torch.equal(restored(ev, "untouched"), at.baseline())
    for method in PLAIN[at.row.task]:
        picture = restored(ev, method)
        assert picture.shape == at.truth.shape
        assert evaluate.measure(ev, picture)["psnr"] > 5


def test_enlarging_to_the_nearest_repeats_pixels(evaluation):
    ev = evaluation("coffee")
    assert torch.equal(restored(ev, "nearest")[..., ::4, ::4], evaluate.problem(ev).observed)


@pytest.mark.parametrize(("title", "scales"), [("Plane", 5), ("Snail", 5), ("Vase", 5), ("Face", 5), ("Library", 4)])
def test_the_published_networks_are_cut_to_what_64_pixels_hold(evaluation, monkeypatch, title, scales):
    monkeypatch.setitem(tasks.ROWS, "toy", Row("toy", "astronaut", "inpaint", "rectangle", title=title))
    ev = evaluation("toy", side=64)
    found = baselines.network(Baseline(ev, "dip_matched"), evaluate.problem(ev).size)
    assert len(found.architecture.encoders) == len(found.architecture.decoders) == scales
    with torch.no_grad():
        output = dip.DipNetwork(found.architecture, found.options)(torch.rand(1, found.input_channels, 64, 64))
    assert output.shape == (1, 3, 64, 64)
    assert torch.isfinite(output).all()


@pytest.mark.usefixtures("library")
def test_the_library_network_keeps_its_six_scales_at_native_size(evaluation):
    task = Baseline(evaluation("books"), "dip_published")
    assert baselines.network(task, (448, 704)).architecture == CLASSICAL["Library"].architecture


@pytest.mark.usefixtures("library")
@pytest.mark.parametrize("method", ["dip_matched", "dip_published"])
def test_a_published_network_trains_the_same_each_time_and_knows_its_oracle(evaluation, method):
    task = Baseline(evaluation("books", iterations=3), method, 1 / 1000)
    first, again, other = (baselines.compute(task, seed, Path()) for seed in (0, 0, 1))
    assert first.metrics == again.metrics
    assert first.score == first.metrics["lpips_truth"] != other.score
    assert first.metrics["iterations"] == 3
    assert first.metrics["oracle_psnr"] >= first.metrics["psnr"]
    assert first.metrics["oracle_iteration"] in range(4)
    averaged = {name for name in first.metrics if name.startswith("averaged")}
    published = {"averaged_psnr", "averaged_ssim", "averaged_lpips_truth"}
    assert averaged == (published if method == "dip_published" else set())


def test_networks_are_measured_once_a_fresh_seed_and_fixed_methods_once(tiny):
    jobs = baselines.jobs(tiny(rows=["astronaut", "chelsea"], shown_rows=["chelsea"], rescored=3))
    assert len({(job.k, job.repeat) for job in jobs}) == len(jobs)
    repeats = {}
    for job in jobs:
        repeats.setdefault((job.config["row"], job.config["method"]), []).append(job.seed)
    assert {key: len(set(seeds)) for key, seeds in repeats.items()} == {
        ("astronaut", "untouched"): 1, ("astronaut", "dip_scaled"): 3, ("chelsea", "untouched"): 1,
        ("chelsea", "telea"): 1, ("chelsea", "navier_stokes"): 1, ("chelsea", "biharmonic"): 1,
        ("chelsea", "dip_scaled"): 3,
    }  # fmt: skip
