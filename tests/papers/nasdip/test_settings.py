"""The study's settings: a bad value is refused by its name."""

import pytest

from lib.papers.nasdip.settings import READINGS


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
