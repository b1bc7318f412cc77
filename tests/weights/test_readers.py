import pickle
import zipfile

import numpy as np
import pytest
import torch
import torchvision

from lib.weights import CorruptWeights, readers


def conv(side, channels, out):
    rng = np.random.default_rng(0)
    kernel = rng.standard_normal((side, side, channels, out), dtype=np.float32)
    return {"kernel": kernel, "bias": rng.standard_normal(out, dtype=np.float32)}


@pytest.mark.parametrize("module", [b"numpy._core", b"numpy.core"], ids=["numpy 2", "numpy 1"])
def test_a_kernel_comes_out_with_channels_first(module):
    tree = {"AlexNet_0": {f"Conv_{i}": conv(3, 4, 5) for i in range(5)}}
    content = pickle.dumps(tree, 3).replace(b"numpy._core", module).replace(b"numpy.core", module)
    tensors = readers.flax_trunk(content, network="alexnet")
    assert tensors["conv1.weight"].shape == (5, 4, 3, 3)
    assert tensors["conv1.weight"][4, 2, 0, 1] == tree["AlexNet_0"]["Conv_0"]["kernel"][0, 1, 2, 4]
    assert torch.equal(tensors["conv1.bias"], torch.from_numpy(tree["AlexNet_0"]["Conv_0"]["bias"]))


@pytest.mark.parametrize(
    "content",
    [pickle.dumps(np.array([{}], dtype=object), 3), pickle.dumps(np.array(["text"]), 3), pickle.dumps(print, 3),
     b"", b"text", pickle.dumps({"a": np.zeros(9)}, 3)[:40]],
)  # fmt: skip
def test_a_pickle_that_is_broken_or_holds_more_than_float_arrays_is_refused(content):
    with pytest.raises(CorruptWeights, match="not a pickle of the expected float arrays"):
        readers.flax_heads(content)


def test_a_pickle_with_other_keys_is_refused():
    content = pickle.dumps({"AlexNet_0": {"Conv_7": conv(1, 2, 2)}}, 3)
    with pytest.raises(CorruptWeights, match="Conv_0"):
        readers.flax_trunk(content, network="alexnet")
    with pytest.raises(CorruptWeights, match="NetLinLayer_0"):
        readers.flax_heads(content)


def test_one_member_is_read_and_nothing_is_extracted(tmp_path, monkeypatch):
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    with zipfile.ZipFile(tmp_path / "pack.whl", "w") as bundle:
        bundle.writestr("../escaped.txt", "out")
        bundle.writestr("models/net.pth", b"weights")
    assert readers.member(tmp_path / "pack.whl", "models/net.pth") == b"weights"
    assert [path.name for path in tmp_path.rglob("*.txt")] == []


def test_a_damaged_archive_or_one_without_the_member_is_named(tmp_path):
    with zipfile.ZipFile(tmp_path / "pack.whl", "w") as bundle:
        bundle.writestr("other", b"")
    with pytest.raises(CorruptWeights, match=r"pack\.whl is damaged or lacks models/net\.pth"):
        readers.member(tmp_path / "pack.whl", "models/net.pth")
    (tmp_path / "pack.tar.gz").write_bytes(b"\x1f\x8b damaged")
    with pytest.raises(CorruptWeights, match=r"pack\.tar\.gz is damaged"):
        readers.member(tmp_path / "pack.tar.gz", "models/net.pth")


@pytest.mark.parametrize("network", readers.INDICES)
def test_names_and_places_are_those_of_torchvision(network):
    with torch.device("meta"):
        features = torchvision.models.get_model(network).features.state_dict()
    assert {f"{place}.weight" for place in readers.INDICES[network].values()} == {k for k in features if "weight" in k}


def test_vgg19_is_named_block_by_block():
    names = list(readers.INDICES["vgg19"])
    assert (names[0], names[4], names[8], names[-1], len(names)) == ("conv1_1", "conv3_1", "conv4_1", "conv5_4", 16)
