"""The figures of searches, drawn from synthetic records: references, distances, choices and paths."""

import math

import numpy as np
import pytest

from lib.papers.cycleganas import experiments, figures_search, records
from lib.papers.study import Study
from lib.spaces.base import keyed
from lib.spaces.cycleganas import RESIDUAL, CycleGanas
from tests.papers.cycleganas import world
from tests.reference import stored_study
from tests.reference.stored_study import texts


@pytest.fixture(scope="module")
def drawn(stored_folder):
    return stored_study.drawn("cycleganas", stored_folder, figures_search.PRODUCTS).drawn


def panel(figure, title):
    (found,) = (ax for ax in figure.axes if " ".join(ax.get_title().split()) == title)
    return found


def test_every_figure_is_drawn_and_no_panel_is_empty(drawn):
    assert set(drawn) == {f"extra_{name}" for name in ("entropy", "hamming", "kernels", "tsne")}
    bare = [name for name, figure in drawn.items() for ax in figure.axes if not (ax.lines or ax.collections)]
    assert bare == []


def test_captions_say_how_many_searches_of_which_size_there_are(drawn):
    for figure in drawn.values():
        assert any("searches: OF 6, TF 2, TH 2, THS 2; H 8, ndf 8, 3 residual cells, 64 px" in text
                   for text in texts(figure))  # fmt: skip


def test_a_line_is_the_mean_over_the_seeds_of_a_scheme(study, drawn):
    ax = panel(drawn["extra_entropy"], "facades β: largest less second")
    lines = {line.get_label(): line for line in ax.lines}
    found = [one.rows["gap"] for one in records.searches(study, data="facades", scheme="OF")]
    assert len(found) == 3
    assert lines["OF"].get_ydata() == pytest.approx(np.mean(found, axis=0))
    assert list(lines["TH"].get_xdata()) == [50 * k for k in range(1, 9)]


def test_entropy_is_compared_with_undecided_layers_of_the_same_networks(drawn):
    space = CycleGanas(3)
    assert figures_search.uniform_entropy(space, "D") == pytest.approx(math.log(8))
    generators = (2 * math.log(8) + 6 * math.log(5) + 2 * math.log(3)) / 10
    ax = panel(drawn["extra_entropy"], "showable entropy, generators")
    assert any(line.get_ydata()[0] == pytest.approx(generators) and len(set(line.get_ydata())) == 1
               for line in ax.lines)  # fmt: skip
    assert "uniform β" in texts(drawn["extra_entropy"])


def test_the_expected_distance_is_that_of_random_genotypes():
    space = CycleGanas(1)
    genes = 2 * (2 * 7 / 8 + 2 * 4 / 5 + 2 * 2 / 3) + 2 * 4 * 7 / 8
    assert figures_search.expected_distance(space) == pytest.approx(genes)
    rng = keyed(0)
    pairs = [space.distance(space.sample(rng), space.sample(rng)) for _ in range(2000)]
    assert np.mean(pairs) == pytest.approx(figures_search.expected_distance(space), abs=4 * np.std(pairs) / 2000**0.5)


def test_the_distance_to_the_final_genotype_ends_at_nought(study, drawn):
    (one,) = records.searches(study, data="showable", scheme="THS")
    distances = figures_search.to_final(one)
    assert distances[-1] == 0
    assert distances == sorted(distances, reverse=True)
    assert distances[0] > 10
    title = "showable genes that differ from the final genotype"
    lines = {line.get_label(): list(line.get_ydata()) for line in panel(drawn["extra_hamming"], title).lines}
    assert lines["THS"] == distances


def test_choices_are_counted_a_kind_of_layer_and_network_beside_chance(study):
    found = records.searches(study)
    frame = figures_search.chosen(found)
    groups = frame.groupby(["kind", "layers"])
    assert groups["share"].sum().to_numpy() == pytest.approx(1)
    assert groups["n"].first().to_dict() == {
        ("encode", "generators"): 48, ("encode", "discriminators"): 96, ("residual", "generators"): 144,
        ("decode", "generators"): 48}  # fmt: skip
    operations = [name for one in found for G in (one.genotype.G_A, one.genotype.G_B) for name in G.residual]
    row = frame.query("kind == 'residual' and operation == 'dil 5×5'").iloc[0]
    assert row["share"] == pytest.approx(operations.count("dil_conv_5x5") / len(operations))
    assert row["low"] < row["share"] < row["high"]
    assert row["chance"] == 1 / len(RESIDUAL)


def test_one_hot_rows_are_twice_as_far_apart_as_genes_differ(study):
    found = records.searches(study)
    frame, features = figures_search.visited(found)
    assert len(frame) == len(features) == len(found) * world.CHUNKS
    genomes = found[0].genomes()
    square = ((features[0] - features[world.CHUNKS - 1]) ** 2).sum()
    assert square == 2 * found[0].space.distance(genomes[0], genomes[-1])
    assert frame.groupby(["set", "scheme"])["progress"].max().eq(1).all()


def test_searches_that_hardly_moved_are_not_embedded(study):
    space = CycleGanas(3)
    for one in experiments.searches(world.DESK):
        rows = [row | {"config": row["config"] | {"genotype": space.text(space.cyclegan)}}
                for row in world.searched(one)]  # fmt: skip
        world.write(study.folder, one.name, rows, world.searching(one))
    assert figures_search.extra_tsne(study) is None
    assert "fewer than 5 different genotypes" in study.missing["extra_tsne"]


def test_a_search_without_residual_choices_of_its_own_preset_is_counted_too(study):
    space = CycleGanas(3, "repo")
    (one,) = experiments.searches(world.DESK)[:1]
    for other in experiments.searches(world.DESK):
        (study.folder / "records" / f"{other.name}.jsonl.gz").unlink()
    rows = [row | {"config": row["config"] | {"genotype": space.text(space.cyclegan)}} for row in world.searched(one)]
    world.write(study.folder, one.name, rows, world.searching(one) | {"space": {"blocks": 3, "preset": "repo"}})
    frame = figures_search.chosen(records.searches(study))
    assert frame.query("kind == 'residual'").drop_duplicates("layers")["n"].to_list() == [16, 4]


def test_without_searches_nothing_is_drawn(tmp_path):
    study = Study("cycleganas", "desk", folder=tmp_path)
    assert [product(study) for product in figures_search.PRODUCTS] == [None] * 4
