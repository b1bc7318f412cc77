"""The study's settings: every source of values has all names, and a bad value is refused by its name."""

from dataclasses import fields

import nbformat
import pytest
import yaml

from lib.papers.stylenas.settings import Settings
from lib.paths import notebooks_dir
from tests.papers.stylenas.tiny import tiny

PROFILES = sorted(path.parent.name for path in notebooks_dir().glob("profiles/*/03_stylenas.yaml"))


def values(source):
    """The parameters of a profile, or of the notebook's own cell."""
    if source != "notebook":
        return yaml.safe_load((notebooks_dir() / "profiles" / source / "03_stylenas.yaml").read_text())
    cells = nbformat.read(notebooks_dir() / "03_stylenas.ipynb", as_version=4).cells
    namespace = {}
    exec(next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


def test_a_genome_that_there_is_not_is_refused_with_its_parameter():
    with pytest.raises(ValueError, match="noise_genomes: unknown name 'S8'; allowed are"):
        tiny(noise_genomes=["S7", "S8"])


@pytest.mark.parametrize("source", [*PROFILES, "notebook"])
def test_every_source_of_values_has_the_same_names_and_is_accepted(source):
    parameters = values(source)
    assert set(parameters) == {field.name for field in fields(Settings)}
    assert vars(Settings.pick(parameters)) == parameters
    assert parameters["profile"] == ("smoke" if source == "notebook" else source)


@pytest.mark.parametrize(("change", "message"), [
    ({"encoder": "vgg11"}, "encoder is 'vgg11'; allowed are vgg16, vgg19"),
    ({"width": 100}, "width is 100; multiples of 32 are allowed"),
    ({"timed_widths": [64, 72]}, "timed_widths is 72; multiples of 32"),
    ({"side": 40}, "side is 40; multiples of 16"),
    ({"photos": 1}, "photos is 1; at least a batch of 2"),
    ({"evaluations": 1}, "evaluations is 1; at least the population of 2"),
    ({"oracle_steps": 4}, "oracle_steps is 4; at least 5 times steps, which is 1"),
    ({"training": []}, "training is empty"),
])  # fmt: skip
def test_a_bad_value_is_refused_with_its_name_and_what_is_allowed(change, message):
    with pytest.raises(ValueError, match=message):
        tiny(**change)
