"""Translations of one's own: the study's pair, a pair searched and trained on a folder, stopped and continued."""

import json
import math
from dataclasses import replace
from importlib import import_module

import pytest
import torch

from lib.data import images
from lib.papers import minutes
from lib.papers.cycleganas.pair import Pair, load
from lib.papers.cycleganas.translate import save_network, train, translate
from lib.search import runs
from lib.search.runs import OutOfTime
from lib.spaces.base import keyed
from lib.spaces.cycleganas import CycleGanas
from lib.training import trainer
from lib.training.cyclegan import CycleTrainer
from lib.weights import MissingWeights

module = import_module("lib.papers.cycleganas.translate")  # the package has the function under this name
SPACE = CycleGanas(1)
TEXT = SPACE.text(SPACE.sample(keyed(5)))


@pytest.fixture(scope="module")
def tiny():
    return replace(
        module._desk(), profile="custom", device="cpu", data=["synthetic"], scheme_data=[], width_data=[],
        control_data=[], test_pictures=2, side=32, blocks=1, search_width=2, search_ndf=2, form="plain", search_steps=2,
        matched=[4], controlled=4, ndf=2, train_steps=2, chunks=2, evaluations=1,
    )  # fmt: skip


def drawn(root):
    """A folder of random pictures, 4 of A and 3 of B, to train on."""
    for part, count in (("trainA", 4), ("trainB", 3)):
        for k in range(count):
            picture = torch.rand(3, 24, 30, generator=torch.Generator().manual_seed(100 * ord(part[-1]) + k))
            images.save(picture, root / "own" / part / f"{k}.png")
    return root / "own"


@pytest.fixture
def folder(tmp_path):
    return drawn(tmp_path)


def hurry(patch):
    """Each search and training has one epoch, a row an iteration, whatever the machine."""
    patch.setattr(module, "_pace", lambda _: 1e-6)
    patch.setattr(module, "EPOCHS", {"search": 1, "train": 1})


@pytest.fixture
def quick(monkeypatch):
    hurry(monkeypatch)


@pytest.fixture(scope="module")
def made(tiny, tmp_path_factory):
    """A short training of a genotype, its pictures, and where its run lies."""
    root = tmp_path_factory.mktemp("made")
    with pytest.MonkeyPatch.context() as patch:
        hurry(patch)
        patch.setenv("WORKBOOK_RUNS", str(root / "runs"))
        return train(drawn(root), TEXT, 5, settings=tiny), root / "own", root / "runs"


@pytest.fixture
def trained(made):
    return made[0]


@pytest.fixture
def stop(monkeypatch):
    """A function that lets the minutes be over after so many more steps, of searches and trainings together."""
    made, last, step = [], [math.inf], CycleTrainer.step

    def counted(trainer):
        made.append(trainer)
        return step(trainer)

    def after(steps):
        last[0] = len(made) + steps

    monkeypatch.setattr(CycleTrainer, "step", counted)
    monkeypatch.setattr(runs, "time_left", lambda: 100.0 if len(made) < last[0] else 0.0)
    return after


def state(pair):
    return {
        f"{name}.{key}": value for name in ("G_A", "G_B") for key, value in getattr(pair, name).state_dict().items()
    }


def same(one, other):
    """Whether two trainings have the same pair, to the bit, and the same rows."""
    ours, theirs = state(one.pair), state(other.pair)
    columns = ["part", "k", "iterations", "g_loss", "d_loss", "cycle_A", "lr", "entropy", "genotype"]
    return (ours.keys() == theirs.keys() and all(torch.equal(ours[key], theirs[key]) for key in ours)
            and one.curve.filter(columns).equals(other.curve.filter(columns)))  # fmt: skip


# --- a folder of one's own ---


def test_a_stopped_search_and_training_go_on_as_if_never_stopped(tiny, folder, quick, stop, monkeypatch):
    for steps, there in ((1, "the search has 1 of 3"), (3, "the training has 1 of 3")):
        stop(steps)
        with pytest.raises(OutOfTime, match=f"{there} iterations; the same call, with the same minutes"):
            train(folder, minutes=5, settings=tiny)
    stop(100)
    found = train(folder, minutes=5, settings=tiny)
    stop(0)  # finished: nothing is left to compute
    again = train(folder, minutes=5, settings=tiny)
    assert again.folder == found.folder
    stop(100)
    monkeypatch.setenv("WORKBOOK_RUNS", str(folder.parent / "other runs"))
    whole = train(folder, minutes=5, settings=tiny)
    assert whole.folder != found.folder
    assert same(found, again)
    assert same(found, whole)
    assert found.genotype == found.curve.query("part == 'search'")["genotype"].iloc[-1]
    assert found.folder.parts[-3:-1] == ("custom", "cycleganas")
    assert found.folder.name.startswith("own-")


def test_a_training_says_what_it_held_out_and_its_learning_rate_falls(trained):
    assert trained.held_out == {"A": ("3.png",), "B": ("2.png",)}
    training = trained.curve.query("part == 'training'")
    assert len(training) == len(trained.curve) == 3
    assert training["lr"].tolist() == pytest.approx([2e-4, 2e-4 * 2 / 3, 2e-4 / 3])
    assert trained.genotype == TEXT
    assert trained.sheet.shape == (3, 36, 6 * 34 + 2)
    manifest = json.loads((trained.folder / "manifest.json").read_text())
    assert manifest["parameters"]["genotype"] == TEXT


def test_a_trained_pair_translates_reports_and_is_saved(trained, tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_studied", lambda _: pytest.fail("it trains another"))
    picture = torch.rand(1, 3, 37, 41)
    found = trained.translate(picture, "BtoA")
    assert found.translations[0].shape == (3, 37, 41)
    path = trained.save(tmp_path / "own.safetensors")
    assert torch.allclose(translate(picture, "BtoA", model=path).translations[0], found.translations[0], atol=1e-5)
    assert trained.translate(picture, side=20).pictures[0].shape == (3, 20, 22)
    assert [ax.get_title() for ax in trained.report().axes] == [
        "losses", "test pictures, held out: A, to B, back; B, to A, back",
        f"H = {trained.pair.G_A.H} and {trained.pair.G_B.H}"]  # fmt: skip


def test_the_same_genotype_in_words_is_the_same_run(made, tiny, monkeypatch):
    trained, folder, runs = made
    monkeypatch.setenv("WORKBOOK_RUNS", str(runs))
    monkeypatch.setattr(CycleTrainer, "step", lambda _: pytest.fail("it trains again"))
    genotype = SPACE.decode(SPACE.parse(TEXT))
    words = " ; ".join(" ".join(names) for names in (
        genotype.G_A.operations, genotype.G_B.operations, genotype.D_A, genotype.D_B))  # fmt: skip
    assert same(train(folder, words, 5, settings=tiny), trained)


def test_cyclegan_trains_too_and_test_pictures_of_the_folder_are_taken_as_they_are(tiny, folder, quick):
    for part, count in (("testA", 2), ("testB", 1)):
        for k in range(count):
            images.save(torch.rand(3, 40, 40), folder / part / f"{k}.png")
    found = train(folder, "cyclegan", 5, settings=tiny)
    assert found.genotype == SPACE.text(SPACE.cyclegan)
    assert (found.pair.G_A.H, found.pair.G_B.H) == (4, 4)
    assert found.held_out == {}
    assert len(found.curve) == 4  # an epoch of all pictures
    assert "held out" not in found.report().axes[1].get_title()


def test_the_pace_is_measured_once_and_gives_the_iterations(tiny, folder, monkeypatch):
    asked, begun = [], []
    monkeypatch.setattr(module, "_pace", lambda training: asked.append(training) or 0.5)
    monkeypatch.setattr(trainer, "run_training", lambda training, *_, **__: begun.append(training.gan.settings))
    for _ in range(2):
        with pytest.raises(OutOfTime, match="the training has 0 of"):
            train(folder, TEXT, 1.0, settings=tiny)
    assert (len(asked), begun[0]) == (1, begun[1])
    assert 0.9 * 60 * minutes.SAFE / 0.5 < begun[0].iterations <= 60 * minutes.SAFE / 0.5


def test_iterations_are_timed_after_a_first_one(tiny):
    class Toy:
        steps = 0

        def step(self):
            self.steps += 1

    toy = Toy()
    assert 0 < module._pace(toy) < 0.1
    assert toy.steps == 1 + module.PROBED


@pytest.mark.parametrize(("change", "message"), [
    ({"minutes": 0}, "minutes is 0; allowed are numbers above 0"),
    ({"minutes": float("nan")}, "minutes is nan"), ({"minutes": "5"}, "minutes is '5'"),
    ({"genotype": "serch"}, "genotype is 'serch'; allowed are search, cyclegan and a genotype's text"),
    ({"genotype": "c3 c3"}, r"'c3 c3' has \[2\] operations; cycleganas-nb1 has \[6, 6, 4, 4\]"),
    ({"genotype": TEXT.replace(TEXT.split()[0], "xx", 1)}, "operation G_A.e0 of 'xx.* is 'xx'; allowed are max_pool"),
    ({"folder": "nowhere"}, "domains are 'nowhere'; allowed are"),
])  # fmt: skip
def test_what_cannot_be_trained_is_refused_before_any_work(tiny, folder, change, message, monkeypatch):
    monkeypatch.setattr(runs, "open_run", lambda *_: pytest.fail("it works"))
    with pytest.raises(ValueError, match=message):
        train(**{"folder": folder, "genotype": "search", "minutes": 1.0, "settings": tiny, **change})


@pytest.mark.parametrize(("left", "message"), [
    ({"trainA": 0}, "has no sub-folder trainA"), ({"trainB": 1}, "domain B has 1 picture in own/trainB"),
    ({"trainA": 2}, "domain A has 2 pictures in own/trainA and none to test"),
])  # fmt: skip
def test_a_folder_without_two_domains_of_enough_pictures_is_refused(tiny, folder, left, message, monkeypatch):
    monkeypatch.setattr(runs, "open_run", lambda *_: pytest.fail("it works"))
    for part, count in left.items():
        for file in sorted((folder / part).iterdir())[count:]:
            file.unlink()
        if not count:
            (folder / part).rmdir()
    with pytest.raises(ValueError, match=message):
        train(folder, minutes=1.0, settings=tiny)


# --- the study's pair ---


def unscored(*_, **__):
    return {}


def test_the_studys_pair_is_searched_and_trained_once(tiny, weights, monkeypatch, tmp_path):
    monkeypatch.setattr(module.computing.scores, "distances", unscored)
    picture = torch.rand(1, 3, 32, 40)
    path = save_network(tmp_path / "pair.safetensors", settings=tiny)
    monkeypatch.setattr(CycleTrainer, "step", lambda _: pytest.fail("it trains again"))
    found = translate(picture, settings=tiny)
    assert torch.allclose(translate(picture, model=str(path)).translations[0], found.translations[0], atol=1e-5)
    pair = load(path)
    assert isinstance(pair, Pair)
    assert (pair.side, pair.space.name) == (32, "cycleganas-nb1")
    with pytest.raises(ValueError, match="model is 3; allowed are a name, a genome's text, or a file of save_network"):
        translate(picture, model=3)


def test_missing_weights_of_the_scores_are_named_before_the_search(tiny, monkeypatch, tmp_path):
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path))
    monkeypatch.setattr(runs, "open_run", lambda *_: pytest.fail("it works"))
    with pytest.raises(MissingWeights, match="efficientnet-lite0"):
        translate(torch.rand(1, 3, 32, 32), settings=tiny)


@pytest.mark.parametrize(("change", "message"), [
    ({"direction": "AtoC"}, "direction is 'AtoC'; allowed are AtoB, BtoA"),
    ({"pictures": []}, "pictures is empty"), ({"side": 0}, "side is 0; allowed are"),
    ({"side": "big"}, "side is 'big'; allowed are"), ({"model": "photo.jpg"}, "photo.jpg is no network file"),
])  # fmt: skip
def test_what_cannot_be_translated_is_refused_before_any_training(tiny, change, message, monkeypatch):
    monkeypatch.setattr(module, "_studied", lambda _: pytest.fail("it trains"))
    with pytest.raises(ValueError, match=message):
        translate(**{"pictures": torch.rand(1, 3, 32, 32), "settings": tiny, **change})


def test_the_desk_settings_have_a_showable_set():
    assert "showable" in module._desk().data
