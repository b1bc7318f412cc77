"""Finding, verifying and fetching data sets, and a user's own folder."""

import hashlib
import io
import tarfile
import threading
from collections.abc import Callable, Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
import torchvision
from PIL import Image

from lib.data import registry, torchvision_sets
from lib.data.catalogue import CATALOGUE, PICTURES, SETS, DataSet, Source

BATCH = b"ten thousand pictures"


@pytest.fixture
def extra(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty WORKBOOK_DATA folder and an empty downloads folder."""
    (tmp_path / "extra").mkdir()
    monkeypatch.setenv("WORKBOOK_DATA", str(tmp_path / "extra"))
    monkeypatch.setattr(registry, "downloads_dir", lambda: tmp_path / "downloads")
    return tmp_path / "extra"


@pytest.fixture
def toy(monkeypatch: pytest.MonkeyPatch) -> None:
    """A data set `toy` with two sources, of which the first has a known hash."""
    known = Source("toy, original", "toy.bin", hashlib.sha256(BATCH).hexdigest())
    entry = DataSet("toy", "Toy set", (known, Source("toy, copy", "copies/toy")), "CC0", "none", "nowhere", False)
    monkeypatch.setitem(CATALOGUE, "toy", entry)


@pytest.mark.usefixtures("toy")
def test_the_first_source_present_is_used_and_named(extra: Path) -> None:
    (extra / "copies" / "toy").mkdir(parents=True)
    assert registry.locate("toy").source == "toy, copy"
    (extra / "toy.bin").write_bytes(BATCH)
    found = registry.locate("toy")
    assert (found.source, found.path, found.sha256) == (
        "toy, original",
        extra / "toy.bin",
        hashlib.sha256(BATCH).hexdigest(),
    )


@pytest.mark.usefixtures("toy")
def test_extra_folders_are_searched_in_order_and_before_the_downloads(
    extra: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "downloads").mkdir()
    (tmp_path / "downloads" / "toy.bin").write_bytes(BATCH)
    assert registry.find("toy").parent.name == "downloads"
    (extra / "toy.bin").write_bytes(BATCH)
    assert registry.find("toy").parent == extra
    (tmp_path / "first").mkdir()
    (tmp_path / "first" / "toy.bin").write_bytes(BATCH)
    monkeypatch.setenv("WORKBOOK_DATA", f"{tmp_path / 'first'}:{extra}")
    assert registry.find("toy").parent.name == "first"


@pytest.mark.usefixtures("toy")
def test_a_file_with_another_hash_is_refused_by_name(extra: Path) -> None:
    (extra / "toy.bin").write_bytes(BATCH[:-1])
    with pytest.raises(registry.CorruptData, match=r"toy\.bin is not the known copy"):
        registry.find("toy")


@pytest.mark.usefixtures("toy")
def test_a_change_after_verification_is_noticed(extra: Path) -> None:
    (extra / "toy.bin").write_bytes(BATCH)
    registry.find("toy")
    (extra / "toy.bin").write_bytes(BATCH + b"!")
    with pytest.raises(registry.CorruptData):
        registry.find("toy")


@pytest.mark.usefixtures("toy")
def test_an_unchanged_file_is_hashed_once(extra: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (extra / "toy.bin").write_bytes(BATCH)
    registry.find("toy")
    monkeypatch.setattr(registry, "file_digest", lambda *_: pytest.fail("hashed again"))
    assert registry.find("toy") == extra / "toy.bin"


@pytest.mark.usefixtures("extra")
def test_missing_data_names_the_command_where_there_is_one() -> None:
    with pytest.raises(registry.MissingData, match=r"`python -m lib fetch data cifar10`"):
        registry.find("cifar10")
    with pytest.raises(registry.MissingData, match=r"'unpaired/facades' into a folder named by WORKBOOK_DATA"):
        registry.find("unpaired/facades")


def test_an_unknown_key_lists_what_is_allowed() -> None:
    with pytest.raises(ValueError, match=r"'cifar11'.*cifar10, cifar10-jpeg"):
        registry.find("cifar11")


def test_a_folder_of_ones_own_stands_for_a_data_set(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("a")
    found = registry.locate(tmp_path)
    line = f"{hashlib.sha256(b'a').hexdigest()}  a.txt\n"
    assert (found.path, found.source) == (tmp_path, "own folder")
    assert found.sha256 == hashlib.sha256(line.encode()).hexdigest()


def test_the_hash_of_a_folder_depends_on_names_and_contents_only(tmp_path: Path) -> None:
    for place, order in (("one", "ab"), ("two", "ba")):
        (tmp_path / place / "sub").mkdir(parents=True)
        for name in order:
            (tmp_path / place / "sub" / name).write_text(name)
    (tmp_path / "two" / ".hidden").write_text("x")
    assert registry.digest(tmp_path / "one") == registry.digest(tmp_path / "two")
    (tmp_path / "two" / "sub" / "a").rename(tmp_path / "two" / "sub" / "c")
    assert registry.digest(tmp_path / "one") != registry.digest(tmp_path / "two")


@pytest.mark.usefixtures("toy")
def test_status_tells_what_is_present_without_hashing(extra: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (extra / "toy.bin").write_bytes(b"anything")
    monkeypatch.setattr(registry, "file_digest", lambda *_: pytest.fail("hashed"))
    rows = {row["key"]: row for row in registry.status()}
    assert rows.keys() == CATALOGUE.keys()
    assert (rows["toy"]["present"], rows["toy"]["source"]) == (True, "toy, original")
    assert (rows["stl10"]["present"], rows["stl10"]["command"]) == (False, "python -m lib fetch data stl10")


def test_every_entry_has_a_source_a_licence_and_a_citation() -> None:
    for key, entry in CATALOGUE.items():
        assert entry.key == key
        assert entry.sources
        assert all((entry.title, entry.licence, entry.citation, entry.origin)), key
        assert all(len(source.sha256) in {0, 64} for source in entry.sources)


def test_no_two_sources_share_a_hash_and_none_a_place() -> None:
    sources = [source for entry in CATALOGUE.values() for source in entry.sources]
    hashes = [source.sha256 for source in sources if source.sha256]
    assert len(set(hashes)) == len(hashes)
    assert len({source.path for source in sources}) == len(sources)


def test_a_folder_gives_its_pictures_sorted_and_nothing_else(tmp_path: Path) -> None:
    for name in ("b.JPG", "a.png", "sub/c.Jpeg", "notes.txt", ".hidden.png", ".cache/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (2, 2)).save(tmp_path / name, format="PNG")
    found = [path.relative_to(tmp_path).as_posix() for path in registry.folder(tmp_path)]
    assert found == ["a.png", "b.JPG", "sub/c.Jpeg"]


def test_a_folder_without_pictures_says_which_files_count(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(ValueError, match=r"holds no picture; allowed are .*\.png"):
        registry.folder(tmp_path)


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    with pytest.raises(registry.MissingData, match="holiday"):
        registry.folder(tmp_path / "holiday")


class Publisher(SimpleHTTPRequestHandler):
    """Serves a folder and writes no log."""

    def log_message(self, *_: object) -> None:
        return


@pytest.fixture
def site(tmp_path: Path) -> Iterator[SimpleNamespace]:
    """A local server and the folder that it serves."""
    (tmp_path / "site").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Publisher, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield SimpleNamespace(folder=tmp_path / "site", url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


@pytest.fixture
def published(site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> SimpleNamespace:
    """CIFAR-10 replaced by a tiny archive on a local server; the archive also holds a file outside its folder."""
    archive = site.folder / "toy.tar.gz"
    with tarfile.open(archive, "w:gz") as tar:
        for name in ("toy/batch", "../escaped", "toy/unexpected"):
            member = tarfile.TarInfo(name)
            member.size = len(BATCH)
            tar.addfile(member, io.BytesIO(BATCH))
    dataset = SimpleNamespace(
        url=f"{site.url}/{archive.name}",
        filename=archive.name,
        tgz_md5=hashlib.md5(archive.read_bytes()).hexdigest(),
        base_folder="toy",
        train_list=[["batch", hashlib.md5(BATCH).hexdigest()]],
        test_list=[],
    )
    monkeypatch.setattr(torchvision.datasets, "CIFAR10", dataset)
    monkeypatch.setitem(
        CATALOGUE,
        "toy-online",
        DataSet("toy-online", "Toy", (Source("toy", "toy", torchvision="CIFAR10"),), "CC0", "none", "here", False),
    )
    return dataset


@pytest.fixture
def single(site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that registers a single file of the local server under the key `toy-file`, with a SHA-256."""
    (site.folder / "toy.bin").write_bytes(BATCH)

    def register(sha256: str, url: str = f"{site.url}/toy.bin") -> None:
        source = Source("toy", "deep/toy.bin", sha256, url=url)
        monkeypatch.setitem(CATALOGUE, "toy-file", DataSet("toy-file", "Toy", (source,), "CC0", "none", "here", False))

    return register


@pytest.mark.usefixtures("extra")
def test_a_single_file_is_fetched_once_by_its_checksum(single: Callable[..., None], tmp_path: Path) -> None:
    single(hashlib.sha256(BATCH).hexdigest())
    assert {row["key"]: row["command"] for row in registry.status()}["toy-file"] == "python -m lib fetch data toy-file"
    found = registry.fetch("toy-file")
    assert (found, found.read_bytes()) == (tmp_path / "downloads" / "deep" / "toy.bin", BATCH)
    assert [path.name for path in found.parent.iterdir()] == ["toy.bin"]
    single(hashlib.sha256(BATCH).hexdigest(), "http://127.0.0.1:9/gone")
    assert registry.fetch("toy-file") == found


@pytest.mark.usefixtures("extra")
def test_a_single_file_with_another_checksum_leaves_nothing_behind(single: Callable[..., None], tmp_path: Path) -> None:
    single("0" * 64)
    with pytest.raises(ValueError, match="hash"):
        registry.fetch("toy-file")
    assert not list((tmp_path / "downloads").rglob("*.*"))


@pytest.mark.usefixtures("extra")
@pytest.mark.parametrize("gone", ["http://127.0.0.1:9/toy.bin", "{site}/gone.bin"])
def test_a_single_file_that_cannot_be_had_says_so(
    single: Callable[..., None], site: SimpleNamespace, gone: str
) -> None:
    single(hashlib.sha256(BATCH).hexdigest(), gone.format(site=site.url))
    with pytest.raises(registry.MissingData, match=r"download failed.*`python -m lib fetch data toy-file`"):
        registry.fetch("toy-file")


@pytest.fixture
def zipped(site: SimpleNamespace, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Registers `toy-zip`, offered as a zip file of a folder, with one member that leads outside."""
    with ZipFile(site.folder / "toy.zip", "w") as packed:
        packed.writestr("toy/trainA/one.png", BATCH)
        packed.writestr("../../escaped", b"outside")

    def register(sha256: str = "") -> None:
        known = sha256 or hashlib.sha256((site.folder / "toy.zip").read_bytes()).hexdigest()
        source = Source("toy", "deep/toy", archive=f"{site.url}/toy.zip", archive_sha256=known)
        monkeypatch.setitem(CATALOGUE, "toy-zip", DataSet("toy-zip", "Toy", (source,), "CC0", "none", "here", False))

    return register


@pytest.mark.usefixtures("extra")
def test_the_folder_of_a_zip_file_is_fetched_whole_and_nothing_else(
    zipped: Callable[..., None], tmp_path: Path
) -> None:
    zipped()
    assert {row["key"]: row["command"] for row in registry.status()}["toy-zip"] == "python -m lib fetch data toy-zip"
    found = registry.fetch("toy-zip")
    assert (found / "trainA" / "one.png").read_bytes() == BATCH
    downloads = tmp_path / "downloads"
    assert [file.relative_to(downloads).as_posix() for file in downloads.rglob("*") if file.is_file()] == [
        "deep/toy/trainA/one.png"
    ]
    assert not list(tmp_path.rglob("escaped"))


@pytest.mark.usefixtures("extra")
def test_a_zip_file_with_another_checksum_leaves_nothing_behind(zipped: Callable[..., None], tmp_path: Path) -> None:
    zipped("0" * 64)
    with pytest.raises(ValueError, match="hash"):
        registry.fetch("toy-zip")
    assert not [file for file in (tmp_path / "downloads").rglob("*") if file.is_file()]


@pytest.mark.usefixtures("extra")
def test_fetching_unpacks_only_the_expected_files_and_verifies_them(published: SimpleNamespace, tmp_path: Path) -> None:
    found = registry.fetch("toy-online")
    assert found == tmp_path / "downloads" / "toy"
    assert [path.name for path in found.iterdir()] == ["batch"]
    assert not (tmp_path / "escaped").exists()
    assert [path.name for path in (tmp_path / "downloads").iterdir()] == ["toy"]
    published.url = "http://127.0.0.1:9/gone"
    assert registry.fetch("toy-online") == found


@pytest.mark.usefixtures("extra")
def test_a_download_with_another_checksum_is_refused(published: SimpleNamespace, tmp_path: Path) -> None:
    published.tgz_md5 = "0" * 32
    with pytest.raises(ValueError, match="hash"):
        registry.fetch("toy-online")
    assert not (tmp_path / "downloads" / "toy").exists()


@pytest.mark.usefixtures("extra")
def test_a_download_without_connection_says_so(published: SimpleNamespace) -> None:
    published.url = "http://127.0.0.1:9/toy.tar.gz"
    with pytest.raises(registry.MissingData, match=r"download failed.*\n?.*WORKBOOK_DATA"):
        registry.fetch("toy-online")


@pytest.mark.usefixtures("published")
def test_a_damaged_file_of_a_fetched_set_is_refused_by_name(extra: Path) -> None:
    (extra / "toy").mkdir()
    (extra / "toy" / "batch").write_bytes(b"damaged")
    with pytest.raises(registry.CorruptData, match="batch"):
        registry.find("toy-online")


@pytest.mark.usefixtures("extra")
def test_fetching_what_nobody_offers_says_where_it_comes_from() -> None:
    with pytest.raises(registry.MissingData, match="WORKBOOK_DATA"):
        registry.fetch("art_media")


@pytest.mark.parametrize(("name", "count"), [("CIFAR10", 6), ("STL10", 5)])
def test_torchvision_lists_the_files_of_its_sets(name: str, count: int) -> None:
    assert len(torchvision_sets.members(name)) == count


@pytest.mark.desk
@pytest.mark.parametrize("key", [key for key in SETS if key not in PICTURES])
def test_desk_sets_are_the_known_copies(key: str) -> None:
    try:
        found = registry.locate(key)
    except registry.MissingData as missing:
        pytest.skip(str(missing))
    assert len(found.sha256) == 64
