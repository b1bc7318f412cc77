"""The study's settings: every source of values has all names, and a bad value is refused by its name."""

from dataclasses import fields

import nbformat
import pytest
import yaml

from lib.papers.nasdip.settings import READINGS, Settings
from lib.paths import notebooks_dir

NOTEBOOK = notebooks_dir() / "02_nasdip.ipynb"
PROFILES = sorted(path.parent.name for path in notebooks_dir().glob("profiles/*/02_nasdip.yaml"))


def values(source):
    """The parameters of a profile, or of the notebook's own cell."""
    if source != "notebook":
        return yaml.safe_load((notebooks_dir() / "profiles" / source / "02_nasdip.yaml").read_text())
    cells = nbformat.read(NOTEBOOK, as_version=4).cells
    namespace = {}
    exec(next(cell.source for cell in cells if "parameters" in cell.metadata.get("tags", [])), namespace)
    return {name: value for name, value in namespace.items() if not name.startswith("__")}


@pytest.mark.parametrize("source", [*PROFILES, *(["notebook"] if NOTEBOOK.exists() else [])])
def test_every_source_of_values_has_the_same_names_and_is_accepted(source):
    parameters = values(source)
    assert set(parameters) == {field.name for field in fields(Settings)}
    assert vars(Settings.pick(parameters)) == parameters
    assert parameters["profile"] == ("smoke" if source == "notebook" else source)


@pytest.mark.parametrize(("change", "message"), [
    ({"blind_rows": ["chelsea", "chelsea"]}, "blind_rows is .*; each value may stand there once"),
    ({"classical": ["dip_scaled", "dip_scaled"]}, "classical is .*; each value may stand there once"),
    ({"blind_rows": ["plane"]}, "blind_rows names 'plane'; allowed are the rows searched: astronaut, chelsea, coffee"),
    ({"swept_rows": ["plane"]}, "swept_rows names 'plane'"),
    ({"side": 0}, "side is 0 with framing 'window'"),
    ({"t_table": [0, 1, 2]}, r"t_table is \[0, 1, 2\]; two bits choose from 4 values"),
    ({"readings": ["bypass=never"]}, "readings names 'bypass=never'; allowed are .*bypass=identity|resample|shortcut"),
    ({"readings": ["colour=red"]}, "readings names 'colour=red'"),
    ({"lr": 0.0}, "lr is 0.0; allowed are 1e-08 to 10.0"),
    ({"lpips": "squeeze"}, "lpips is 'squeeze'; allowed are alex, vgg"),
])  # fmt: skip
def test_a_bad_value_is_refused_by_name(tiny, change, message):
    with pytest.raises(ValueError, match=message):
        tiny(**change)


def test_the_first_reading_of_each_stands_until_another_is_named(tiny):
    assert tiny().reading() == {name: allowed[0] for name, allowed in READINGS.items()}
    assert tiny(readings=["loss=l1"]).reading() == {**tiny().reading(), "loss": "l1"}
