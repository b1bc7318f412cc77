"""One candidate: its score follows from evaluation, genome and seed alone, and every measure is what it is called."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from PIL import Image

from lib.data import images
from lib.papers.nasdip import evaluate, tasks
from lib.papers.nasdip.tasks import Row
from lib.papers.networks import perceptual
from lib.search import loop, runs
from lib.search.workers import Limits, open_workers
from lib.searchers.random_search import RandomSearch

ROWS = ("astronaut", "chelsea", "coffee")  # denoising, inpainting, super-resolution
TO_TRUTH = {"psnr", "ssim", "lpips_truth"}
OF_TRAINING = {"loss", "iterations", "stages", "params", "gmacs"}


def random_output(ev):
    """Random pixels of the size of a restoration."""
    return torch.rand(1, 3, *evaluate.problem(ev).size, generator=torch.Generator().manual_seed(0))


def pixels(picture):
    return picture[0].movedim(0, -1).double().numpy()


def found_by(workers, ev, genomes, seed=5):
    """The score and metrics of the genomes, computed one after the other by workers of this name."""
    pool, found = open_workers(workers, evaluate.evaluate, ev, Limits()), {}
    try:
        for genome in genomes:
            pool.submit(genome, genome, seed)
        while len(found) < len(genomes):
            found |= {genome: (outcome.score, outcome.metrics) for genome, outcome, _ in pool.wait()}
    finally:
        pool.close()
    return found


def test_a_score_is_the_same_float_in_any_order_and_in_a_fresh_process(evaluation, genomes):
    ev = evaluation("chelsea", iterations=3)
    chosen = genomes(ev.space(), 3)
    expected = found_by("serial", ev, chosen)
    assert len({score for score, _ in expected.values()}) == 3
    torch.manual_seed(99)
    tasks.drawn.cache_clear()
    assert found_by("serial", ev, chosen[::-1]) == expected
    assert found_by("processes:1", ev, chosen[::-1]) == expected


def test_genomes_of_the_same_network_have_the_same_score(evaluation, genomes):
    ev = evaluation()
    space = ev.space()
    genome = next(genome for genome in genomes(space, 20) if not all(space.live_bits(genome)))
    dead = space.live_bits(genome).index(False)
    other = (*genome[:dead], 1 - genome[dead], *genome[dead + 1 :])
    first, second = (evaluate.evaluate(ev, genome, 0) for genome in (genome, other))
    assert (first.score, first.metrics) == (second.score, second.metrics)


@pytest.mark.parametrize("side", [32, 64])
@pytest.mark.parametrize("row", ROWS)
def test_lpips_agrees_with_its_package_on_pictures_of_at_least_64_pixels(evaluation, row, side):
    ev = evaluation(row, side=side)
    at, output, network = evaluate.problem(ev), random_output(ev), perceptual("alex", "cpu")
    measures = evaluate.measure(ev, output)
    compared = {"lpips_truth": (output, at.truth)}
    if row == "astronaut":
        compared["lpips_observed"] = (output, at.observed)
    if row == "chelsea":
        compared["lpips_observed"] = (output * at.known, at.truth * at.known)
    if row == "coffee":
        compared["lpips_observed"] = (output, images.resize(at.observed, at.size))
        compared["lpips_observed_lr"] = (at.down(output), at.observed)
    assert {name for name in measures if name.startswith("lpips")} == set(compared)
    for name, (a, b) in compared.items():
        with torch.no_grad():
            expected = network(2 * images.resize(a, (64, 64)) - 1, 2 * images.resize(b, (64, 64)) - 1)
        assert measures[name] == pytest.approx(float(expected), abs=1e-6)


def test_the_psnr_of_the_hole_is_of_its_pixels_alone(evaluation):
    ev = evaluation("chelsea")
    at, output = evaluate.problem(ev), random_output(ev)
    hole = at.known[0, 0].numpy() == 0
    error = (pixels(output)[hole] - pixels(at.truth)[hole]) ** 2
    assert evaluate.measure(ev, output)["psnr_hole"] == pytest.approx(-10 * np.log10(error.mean()), abs=1e-6)


@pytest.mark.parametrize("row", ROWS)
@pytest.mark.parametrize("reference", ["truth", "observed", "heldout"])
def test_the_score_is_the_measure_of_the_reference_and_all_others_are_kept(evaluation, genomes, row, reference):
    ev = evaluation(row, reference=reference, iterations=1)
    (genome,) = genomes(ev.space(), 1)
    outcome = evaluate.evaluate(ev, genome, 0)
    assert outcome.score == outcome.metrics["heldout" if reference == "heldout" else f"lpips_{reference}"]
    extra = {"astronaut": set(), "chelsea": {"psnr_hole"}, "coffee": {"lpips_observed_lr"}}[row]
    extra |= {"heldout"} if reference == "heldout" else set()
    assert set(outcome.metrics) == TO_TRUTH | OF_TRAINING | extra | {"lpips_observed"}


def test_a_reference_changes_the_score_but_not_the_restoration(evaluation, genomes):
    truth, observed, heldout = (evaluation(reference=name) for name in ("truth", "observed", "heldout"))
    (genome,) = genomes(truth.space(), 1)
    assert evaluate.evaluate(truth, genome, 0).metrics == evaluate.evaluate(observed, genome, 0).metrics
    assert evaluate.evaluate(truth, genome, 0).metrics["psnr"] != evaluate.evaluate(heldout, genome, 0).metrics["psnr"]


def test_nas_dip_t_trains_for_the_iterations_that_its_genome_says(evaluation, genomes):
    ev = evaluation(variant="asym_t")
    space = ev.space()
    chosen = {space.decode(genome).iterations: genome for genome in genomes(space, 30)}
    assert set(chosen) == {2, 4, 8}
    for iterations, genome in chosen.items():
        assert evaluate.evaluate(ev, genome, 0).metrics["iterations"] == iterations


def test_the_input_is_uniform_up_to_a_tenth_and_shared_by_all_networks_of_a_row_and_seed():
    row, other = tasks.row("astronaut"), tasks.row("chelsea")
    z = evaluate.noise(row, (32, 32), 0)
    assert z.shape == (1, 32, 32, 32)
    assert 0 <= z.min() < 0.001
    assert 0.099 < z.max() < 0.1
    assert torch.equal(z, evaluate.noise(row, (32, 32), 0))
    assert not torch.equal(z, evaluate.noise(row, (32, 32), 1))
    assert not torch.equal(z, evaluate.noise(other, (32, 32), 0))


def test_networks_enlarge_to_the_nearest_for_inpainting_alone(evaluation):
    assert [evaluation(row).options().up for row in ROWS] == ["bilinear", "nearest", "bilinear"]


@pytest.mark.parametrize(("row", "reference", "message"), [
    ("mona_lisa", "truth", "row is 'mona_lisa'"),
    ("astronaut", "fid", "reference is 'fid'; allowed for astronaut are observed, truth, heldout"),
    ("astronaut", "observed_lr", "reference is 'observed_lr'"),
])  # fmt: skip
def test_an_evaluation_that_cannot_be_is_refused(evaluation, row, reference, message):
    with pytest.raises(ValueError, match=message):
        evaluation(row, reference=reference)


def test_a_side_that_the_networks_cannot_halve_is_refused(evaluation):
    with pytest.raises(ValueError, match=r"\(30, 30\) pixels; both sides must be multiples of 4"):
        evaluation(side=30).space()


def test_an_observation_that_overshoots_can_be_measured(evaluation, tmp_path, monkeypatch):
    board = np.kron(np.indices((4, 4)).sum(0) % 2, np.ones((8, 8))).astype(np.uint8) * 255
    Image.fromarray(board).save(tmp_path / "board.png")
    monkeypatch.setitem(tasks.ROWS, "board", Row("board", str(tmp_path / "board.png"), "sr4"))
    ev = evaluation("board", readings=["down=lanczos2"])
    assert evaluate.problem(ev).observed.max() > 1.01
    assert evaluate.measure(ev, random_output(ev))["lpips_observed_lr"] > 0


def test_a_network_that_overflows_is_a_failed_row_and_the_search_goes_on(evaluation):
    ev = replace(evaluation(), lr=1e38)
    searcher = RandomSearch(ev.space(), 0, init="valid")
    with runs.open_run("custom", "nasdip", "overflow", loop.identity(searcher, ev.identity())) as run:
        found = loop.run_search(searcher, evaluate.evaluate, ev, record=run.record, budget=2)
    assert all(row["score"] is None for row in found.rows)
    assert all("the network's output is not finite" in row["reason"] for row in found.rows)
