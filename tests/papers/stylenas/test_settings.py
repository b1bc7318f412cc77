"""The study's settings: a bad value is refused by its name."""

import pytest

from tests.papers.stylenas.tiny import tiny


@pytest.mark.parametrize(("change", "message"), [
    ({"encoder": "vgg11"}, "encoder is 'vgg11'; allowed are vgg16, vgg19"),
    ({"width": 100}, "width is 100; multiples of 32 are allowed"),
    ({"timed_widths": [64, 72]}, "timed_widths is 72; multiples of 32"),
    ({"side": 40}, "side is 40; multiples of 16"),
    ({"photos": 1}, "photos is 1; at least a batch of 2"),
    ({"evaluations": 1}, "evaluations is 1; at least the population of 2"),
    ({"oracle_steps": 4}, "oracle_steps is 4; at least 5 times steps, which is 1"),
    ({"training": []}, "training is empty"),
    ({"noise_genomes": ["S7", "S8"]}, "noise_genomes: unknown name 'S8'; allowed are"),
])  # fmt: skip
def test_a_bad_value_is_refused_with_its_name_and_what_is_allowed(change, message):
    with pytest.raises(ValueError, match=message):
        tiny(**change)
