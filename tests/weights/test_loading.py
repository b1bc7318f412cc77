import hashlib
import pickle

import pytest
import torch
from safetensors.torch import save_file

from lib import weights as library
from lib.weights.readers import INDICES
from lib.weights.registry import ENTRIES

ONLINE = "alexnet-torchvision"


@pytest.fixture
def converted(publish, alexnet_state, folder):
    publish(alexnet_state)
    library.fetch([ONLINE])
    return folder / f"{ONLINE}.safetensors"


def test_vgg16_has_its_thirteen_convolutions(weights):
    tensors = weights.load("vgg16")
    assert set(tensors) == {f"{name}.{part}" for name in INDICES["vgg16"] for part in ("weight", "bias")}
    assert (tensors["conv1_1.weight"].shape, tensors["conv5_3.weight"].shape) == ((64, 3, 3, 3), (512, 512, 3, 3))
    assert {value.dtype for value in tensors.values()} == {torch.float32}


def test_vgg16_is_the_one_that_torchvision_publishes(weights):
    printed = [[-0.5537, 0.1427, 0.5290], [-0.5831, 0.3566, 0.7657], [-0.6902, -0.0480, 0.4841]]
    first = weights.load("vgg16")["conv1_1.weight"][0, 0]  # as torch prints the first kernel of vgg16-397923af
    torch.testing.assert_close(first, torch.tensor(printed), atol=5e-5, rtol=0)


@pytest.mark.parametrize("ask", [library.load, library.digest])
def test_missing_weights_name_the_command(folder, ask):
    with pytest.raises(library.MissingWeights, match="run: python -m lib fetch weights vgg19"):
        ask("vgg19")


@pytest.mark.parametrize("ask", [library.load, lambda name: library.fetch([name])], ids=["load", "fetch"])
def test_an_unknown_name_is_refused_with_those_allowed(folder, ask):
    with pytest.raises(ValueError, match=r"weights are 'resnet'; allowed are vgg16, .*, inception-2015"):
        ask("resnet")


@pytest.mark.parametrize(("spoil", "told"), [
    (lambda file: file.write_bytes(file.read_bytes()[:-1] + b"\xff"), "SHA-256.*delete it and run: .*fetch weights"),
    (lambda file: file.write_bytes(file.read_bytes()[:5000]), "SHA-256"),
    (lambda file: file.with_suffix(".json").unlink(), "no SHA-256 is recorded"),
], ids=["a byte", "truncated", "without record"])  # fmt: skip
def test_altered_weights_and_those_without_their_record_are_not_trusted(converted, spoil, told):
    spoil(converted)
    with pytest.raises(library.CorruptWeights, match=told):
        library.load(ONLINE)


def test_the_digest_is_that_of_the_file(converted):
    assert library.digest(ONLINE) == hashlib.sha256(converted.read_bytes()).hexdigest()
    assert library.digest(converted) == library.digest(ONLINE)


def test_the_status_tells_present_absent_and_damaged_apart(converted):
    rows = {row["name"]: row for row in library.status()}
    assert list(rows) == list(ENTRIES)
    assert (rows[ONLINE]["present"], rows[ONLINE]["intact"]) == (True, True)
    assert rows[ONLINE]["bytes"] == converted.stat().st_size
    assert (rows["vgg19"]["present"], rows["vgg19"]["intact"], rows["vgg19"]["bytes"]) == (False, None, 0)
    converted.write_bytes(b"damaged")
    assert {row["name"]: row for row in library.status()}[ONLINE]["intact"] is False


@pytest.mark.parametrize("wrap", [dict, lambda state: {"state_dict": state, "epoch": 3}], ids=["plain", "nested"])
def test_a_local_torch_file_and_its_safetensors_twin_load_alike(tmp_path, wrap):
    state = {"a.weight": torch.arange(6.0).reshape(2, 3), "a.steps": torch.tensor(7)}
    torch.save(wrap(state), tmp_path / "own.pth")
    save_file(state, tmp_path / "own.safetensors")
    for path in (tmp_path / "own.pth", str(tmp_path / "own.safetensors")):
        loaded = library.load(path)
        assert set(loaded) == set(state)
        assert all(torch.equal(loaded[key], state[key]) for key in state)


def test_a_path_without_a_file_is_missing(tmp_path):
    with pytest.raises(library.MissingWeights, match=r"no weights file .*gone\.pth"):
        library.load(str(tmp_path / "gone.pth"))


@pytest.mark.parametrize("name", ["notes.pth", "notes.safetensors"])
def test_a_text_file_is_no_weights_file(tmp_path, name):
    (tmp_path / name).write_text("these are not weights")
    with pytest.raises(library.CorruptWeights, match=name.replace(".", r"\.")):
        library.load(tmp_path / name)


def test_a_file_of_another_kind_is_refused_by_its_ending(tmp_path):
    (tmp_path / "weights.pkl").write_bytes(pickle.dumps({}))
    with pytest.raises(ValueError, match=r"ends in '\.pkl'; allowed are \.safetensors, \.pth, \.pt"):
        library.load(tmp_path / "weights.pkl")


@pytest.mark.parametrize("write", [torch.save, lambda thing, path: path.write_bytes(pickle.dumps(thing))])
def test_a_local_file_runs_no_code(tmp_path, trap, write):
    write({"weight": trap}, tmp_path / "trap.pth")
    with pytest.raises(library.CorruptWeights):
        library.load(tmp_path / "trap.pth")
    assert not trap.target.exists()


def test_the_trap_would_spring_in_an_ordinary_unpickler(trap):
    pickle.loads(pickle.dumps(trap))
    assert trap.target.read_text() == "code ran"
