"""The parameters cell: what is read from it, and which values are accepted."""

import pytest

from lib.workbook.parameters import ParameterError, declared, load_yaml, parse


@pytest.fixture
def parameters(toys):
    return declared(toys.notebook("toy"))


def test_every_line_gives_a_name_a_type_and_a_default(parameters):
    assert " ".join(parameters) == "profile rate steps arch rates codes deep workers fresh"
    assert (parameters["rate"].type, parameters["rate"].default) == ("float", 0.1)
    assert parameters["codes"].type == "list"


def test_a_notebook_without_a_parameters_cell_declares_nothing(toys):
    assert declared(toys.notebook("bare", parameters="")) == {}


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("a = b = 1", "'a = b = 1' is not of the form name: type = value"),
        ("size: int = 2**6", "size: the default '2 \\*\\* 6' is no plain value"),
        ("size: int = 2.5", "size is 2.5 of type float; int is needed"),
        ("size: tuple = (1, 2)", "the type 'tuple' is none of"),
        ("name: str = None", "name is None of type NoneType; str is needed"),
    ],
)
def test_a_line_of_another_form_is_refused(toys, line, words):
    with pytest.raises(ParameterError, match=words):
        declared(toys.notebook("toy", parameters=f"steps: int = 1\n{line}"))


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [
        ("rate", "1e-3", 0.001),
        ("rate", "2", 2.0),
        ("steps", "-4", -4),
        ("arch", "0011", "0011"),
        ("arch", "1100", "1100"),
        ("arch", "true", "true"),
        ("arch", "a: b", "a: b"),
        ("arch", "", ""),
        ("arch", '"quoted"', "quoted"),
        ("rates", "[1e-4, 1, .5]", [0.0001, 1, 0.5]),
        ("rates", "[]", []),
        ("codes", "[0011, '1100', a]", ["0011", "1100", "a"]),
        ("deep", "true", True),
    ],
)
def test_a_text_is_read_as_the_declared_type(parameters, name, text, value):
    result = parse(text, parameters[name])
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("steps", "3.5"),
        ("steps", "true"),
        ("steps", "007"),
        ("steps", ""),
        ("rate", "fast"),
        ("rate", "nan"),
        ("rate", '"0.1"'),
        ("deep", "1"),
        ("deep", "yes"),
        ("rates", "0.1"),
        ("rates", "[0.1"),
        ("rates", "{a: 1, a: 2}"),
    ],
)
def test_a_text_of_another_type_is_refused(parameters, name, text):
    with pytest.raises(ParameterError):
        parse(text, parameters[name])


def test_the_refusal_names_parameter_value_and_type(parameters):
    with pytest.raises(ParameterError, match=r"steps is 3\.5 of type float; int is needed"):
        parse("3.5", parameters["steps"])


@pytest.mark.parametrize(
    ("text", "value"),
    [("1e-3", 0.001), ("0101", "0101"), ("on", "on"), ("1_000", "1_000"), ("12:30", "12:30"), ("0", 0), ("", None)],
)
def test_yaml_scalars_are_those_of_version_1_2(text, value):
    assert load_yaml(text) == value
