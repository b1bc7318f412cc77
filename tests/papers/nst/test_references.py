"""What results are read against: the untouched pictures, and a model of natural photos."""

import numpy as np
import pytest

from lib.data import images, pictures, registry
from lib.metrics.colour import colour_contrast
from lib.metrics.texture import hf_ratio
from lib.papers.nst import evaluate, experiments, references
from lib.papers.study import Study
from lib.search.record import Record

pytestmark = pytest.mark.usefixtures("slim_encoder")


@pytest.fixture
def study():
    return Study("nst", "custom")


def test_every_picture_of_the_study_is_measured_untouched(tiny, study):
    references.compute(study, tiny())
    frame = study.frame("references")
    assert list(zip(frame["role"], frame["picture"], strict=True)) == experiments.pictures(tiny())
    assert study.failures("references") == []
    style = frame[(frame["role"] == "style") & (frame["picture"] == "hatching")].iloc[0]
    image = pictures.picture("hatching", side=48)
    assert style["hf"] == pytest.approx(hf_ratio(image[None]).item())
    assert style["colour_contrast"] == pytest.approx(colour_contrast(image[None]).item())
    assert len(style["curves"]["spectrum"]) == 24
    stored = study.picture("references", style["artifacts"]["image"])
    np.testing.assert_array_equal(stored, images.to_uint8(image))


def test_interrupted_references_continue(tiny, study, monkeypatch):
    append = Record.append

    def stop(self, row):
        if row["k"] == 2:
            raise KeyboardInterrupt
        return append(self, row)

    with monkeypatch.context() as patch:
        patch.setattr(Record, "append", stop)
        with pytest.raises(KeyboardInterrupt):
            references.compute(study, tiny())
    assert not study.has("references")
    references.compute(study, tiny())
    assert study.frame("references")["k"].tolist() == list(range(len(experiments.pictures(tiny()))))


@pytest.fixture
def photos(tmp_path, monkeypatch):
    """A folder of 30 pieces of photos, as a data set of natural ones."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for name in ("coffee", "chelsea", "china"):
        photo = pictures.picture(name, side=400)
        for i in range(10):
            images.save(photo[:, 8 * i : 8 * i + 160, 12 * i : 12 * i + 160], folder / f"{name}-{i}.png")
    found = type("Found", (), {"path": folder, "sha256": "0" * 64})
    monkeypatch.setattr(registry, "locate", lambda name: found)


def test_naturalness_is_measured_on_the_pictures_of_the_learning_rates(tiny, study, photos):
    settings = tiny(photos="own", rates=[0.01, 0.05], side=160, steps=1)
    evaluate.compute(study, settings, "rates")
    references.compute_naturalness(study, settings)
    frame = study.frame("naturalness")
    assert frame["lr"].tolist() == [0.01, 0.05]
    assert (frame["proxy_nss"] > 0).all()


def test_naturalness_is_left_out_where_no_photos_are_named(tiny, study):
    references.compute_naturalness(study, tiny())
    assert not study.has("naturalness")


def test_naturalness_without_the_pictures_it_reads_says_which_part_is_missing(tiny, study, photos):
    with pytest.raises(KeyError, match="part 'rates' was not run"):
        references.compute_naturalness(study, tiny(photos="own"))


def test_naturalness_of_photos_that_are_absent_says_how_to_get_them(tiny, study, monkeypatch):
    monkeypatch.delenv("WORKBOOK_DATA", raising=False)
    with pytest.raises((registry.MissingData, ValueError), match="no-such-set"):
        references.compute_naturalness(study, tiny(photos="no-such-set"))
