"""The whole study at its smallest: every part, its rows, and that nothing is computed twice. Slow, as all networks have
their full width; the notebook's own smoke run covers the same parts in every test run."""

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch
from torch import nn

from lib.data import images, pictures
from lib.metrics.features import Features
from lib.papers import networks, stylenas
from lib.papers.study import Study
from lib.papers.stylenas import computing, experiments, records
from lib.papers.stylenas.evaluate import SPACE
from tests.papers.stylenas.tiny import tiny


class Thumbnails(nn.Module):
    """Pictures of 8 x 8 as their own features."""

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.flatten(1), x.flatten(1)


@pytest.fixture(scope="module")
def pairs(tmp_path_factory) -> str:
    """A folder of four pairs, cut from two bundled photos that are not trained on."""
    folder = tmp_path_factory.mktemp("pairs")
    for place, name in (("content", "chelsea"), ("style", "china")):
        for k in range(4):
            images.save(
                pictures.picture(name)[:, 40 * k : 40 * k + 100, 60 * k : 60 * k + 200], folder / place / f"{k}.png"
            )
    return str(folder)


@pytest.fixture(scope="module")
def settings(pairs, weights):
    return tiny(pairs=pairs, timed_runs=2)


@pytest.fixture(scope="module")
def homes(tmp_path_factory) -> dict[str, str]:
    """Where the study keeps its runs and figures."""
    return {f"WORKBOOK_{kind}": str(tmp_path_factory.mktemp(kind.lower())) for kind in ("RUNS", "FIGURES")}


@pytest.fixture(scope="module")
def done(settings, homes) -> Iterator[Study]:
    """The study after every part."""
    with pytest.MonkeyPatch.context() as patch:
        for name, home in homes.items():
            patch.setenv(name, home)
        patch.setattr(
            networks,
            "features",
            lambda name="", where="cpu": Features("thumbs", Thumbnails().eval(), 8, "area", "none"),
        )
        genomes, few = records.genomes, {"best": SPACE.text(SPACE.named("S5-ref"))}  # bits
        patch.setattr(records, "genomes", lambda study: genomes(study) | few)
        found, _ = stylenas.open_study(vars(settings))
        stylenas.compute(found, settings, *experiments.PARTS)
        yield found


@pytest.mark.slow
def test_a_network_stands_in_the_ablation_whole_and_without_each_of_its_bits(done):
    rows, whole = done.frame("ablation"), SPACE.text(SPACE.named("S5-ref"))
    assert rows.loc[rows["name"] == "-1", "text"].item() == whole
    without = {str(place): whole[:place] + "0" + whole[place + 1 :] for place in (1, 10, 11, 25, 27)}
    assert dict(rows.loc[rows["name"] != "-1", ["name", "text"]].to_numpy().tolist()) == without


@pytest.mark.slow
def test_the_compared_networks_are_the_best_of_the_searches_with_the_nearest_number_of_bits(done):
    known = records.genomes(done)
    assert set(known) == set(experiments.NETWORKS)
    evolved = records.stored(done, "evolution")[0].scored
    for k in experiments.KEPT:
        apart = (evolved["genome"].str.count("1") - k).abs()
        assert known[f"S{k}"] == evolved.loc[evolved.loc[apart == apart.min(), "score"].idxmin(), "genome"]


@pytest.mark.slow
def test_the_content_itself_has_an_ssim_of_1_and_the_oracle_no_distance_to_itself(done):
    rows = done.frame("quality").set_index("name")
    assert rows.loc["content", "ssim"] == pytest.approx(1)
    assert rows["fd_oracle"].isna().tolist() == [name == "oracle" for name in rows.index]
    assert rows["fd_style"].isna().tolist() == [name == "style" for name in rows.index]


@pytest.mark.slow
def test_winners_are_scored_again_with_seeds_that_no_search_used(done):
    rows = done.frame("rescored")
    assert set(rows["name"]) == {"evolution-0", "random-0", "stratified-0"}
    assert set(rows["repeat"]) == {1}
    winner = records.stored(done, "evolution")[0].winner
    assert not set(rows.loc[rows["name"] == "evolution-0", "mse"]) & {winner["mse"]}


@pytest.mark.slow
def test_a_part_finds_the_finished_searches_of_an_earlier_study(settings, done, homes, monkeypatch):
    for name, home in homes.items():
        monkeypatch.setenv(name, home)
    again = Study("stylenas", "custom")
    assert not again.has("evolution-0")
    assert len(computing.searched(again, settings)) == 3
    with pytest.raises(ValueError, match="evolution-0 has 3 of 5 candidates; compute evolution first"):
        computing.searched(Study("stylenas", "custom"), replace(settings, evaluations=5))


@pytest.mark.slow
def test_times_are_kept_for_networks_and_smoothing_apart(done):
    rows = done.frame("timing").set_index("name")
    assert (rows["seconds_median"] > 0).all()
    assert rows.loc["PhotoWCT", "smoothing_s"] > 100 * rows.loc["AE1", "smoothing_s"]
    assert rows.loc["PhotoWCT", "runs"] == 1
    assert rows.loc["AE1", "runs"] == 2


@pytest.mark.slow
def test_pictures_of_bundled_pairs_may_be_shown_and_those_of_own_folders_not(done):
    rows = done.frame("pictures")
    assert set(rows["source"]) == {"bundled", *set(rows["source"]) - {"bundled"}}
    for _, row in rows.iterrows():
        name = row["artifacts"]["image"]
        assert (done.picture("pictures", name) is not None) == (row["source"] == "bundled")
        assert done.picture("pictures", name, private=True) is not None


@pytest.mark.slow
def test_a_second_run_computes_nothing(done, settings, homes, monkeypatch):
    def never(*given):
        raise AssertionError("computed again")

    for name, home in homes.items():
        monkeypatch.setenv(name, home)
    for name in ("train", "score", "measure", "clock", "paint"):
        monkeypatch.setattr(computing, name, never)
    before = {part: done.frame(part)["score"].tolist() for part in ("final", "quality", "noise")}
    stylenas.compute(done, settings, "final", "quality", "noise")
    assert {part: done.frame(part)["score"].tolist() for part in before} == before


def test_an_unknown_noise_genome_and_too_few_pairs_are_refused_before_any_work(settings):
    for change, message in (
        ({"noise_genomes": ["S8"]}, "S8"),
        ({"search_pairs": 40}, "search_pairs is 40; .* has 4 pairs"),
    ):
        with pytest.raises(ValueError, match=message):
            stylenas.open_study(vars(settings) | change)
