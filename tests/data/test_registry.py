"""Finding, verifying and fetching data sets, and a user's own folder."""

import hashlib
import io
import tarfile
import threading
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace
from zipfile import ZipFile

import pytest
import torchvision
from PIL import Image

from lib import paths
from lib.data import registry, torchvision_sets
from lib.data.catalogue import CATALOGUE, PICTURES, SETS, DataSet, Source

BATCH = b"ten thousand pictures"


@pytest.fixture
def toy(monkeypatch):
    """A data set `toy` with two sources, of which the first has a known hash."""
    known = Source("toy, original", "toy.bin", hashlib.sha256(BATCH).hexdigest())
    entry = DataSet("toy", "Toy set", (known, Source("toy, copy", "copies/toy")), "CC0", "none", "nowhere", False)
    monkeypatch.setitem(CATALOGUE, "toy", entry)


@pytest.mark.usefixtures("toy")
def test_the_first_source_present_is_used_and_named(extra):
    (extra / "copies" / "toy").mkdir(parents=True)
    assert registry.locate("toy").source == "toy, copy"
    (extra / "toy.bin").write_bytes(BATCH)
    found = registry.locate("toy")
    assert (found.source, found.path) == ("toy, original", extra / "toy.bin")
    assert found.sha256 == hashlib.sha256(BATCH).hexdigest()


@pytest.mark.usefixtures("toy")
def test_extra_folders_are_searched_in_order_and_before_the_downloads(extra, tmp_path, monkeypatch):
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
def test_a_file_is_hashed_once_and_refused_by_name_once_it_has_another_hash(extra, monkeypatch):
    (extra / "toy.bin").write_bytes(BATCH)
    registry.find("toy")
    with monkeypatch.context() as patch:
        patch.setattr(paths, "file_digest", lambda *_: pytest.fail("hashed again"))
        assert registry.find("toy") == extra / "toy.bin"
    (extra / "toy.bin").write_bytes(BATCH + b"!")
    with pytest.raises(registry.CorruptData, match=r"toy\.bin is not the known copy"):
        registry.find("toy")


@pytest.mark.usefixtures("extra")
def test_missing_data_names_the_command_where_there_is_one():
    with pytest.raises(registry.MissingData, match=r"`python -m lib fetch data cifar10`"):
        registry.find("cifar10")
    with pytest.raises(registry.MissingData, match=r"'unpaired/facades' into a folder named by WORKBOOK_DATA"):
        registry.find("unpaired/facades")


def test_an_unknown_key_lists_what_is_allowed():
    with pytest.raises(ValueError, match=r"'cifar11'.*cifar10, cifar10-jpeg"):
        registry.find("cifar11")


def test_a_folder_of_ones_own_stands_for_a_data_set(tmp_path):
    (tmp_path / "a.txt").write_text("a")
    found = registry.locate(tmp_path)
    line = f"{hashlib.sha256(b'a').hexdigest()}  a.txt\n"
    assert (found.path, found.source) == (tmp_path, "own folder")
    assert found.sha256 == hashlib.sha256(line.encode()).hexdigest()


def test_the_hash_of_a_folder_depends_on_names_and_contents_only(tmp_path):
    for place, order in (("one", "ab"), ("two", "ba")):
        (tmp_path / place / "sub").mkdir(parents=True)
        for name in order:
            (tmp_path / place / "sub" / name).write_text(name)
    (tmp_path / "two" / ".hidden").write_text("x")
    assert registry.digest(tmp_path / "one") == registry.digest(tmp_path / "two")
    (tmp_path / "two" / "sub" / "a").rename(tmp_path / "two" / "sub" / "c")
    assert registry.digest(tmp_path / "one") != registry.digest(tmp_path / "two")


@pytest.mark.usefixtures("toy")
def test_status_tells_what_is_present_without_hashing(extra, monkeypatch):
    (extra / "toy.bin").write_bytes(b"anything")
    monkeypatch.setattr(registry, "known_digest", lambda *_: pytest.fail("hashed"))
    rows = {row["key"]: row for row in registry.status()}
    assert rows.keys() == CATALOGUE.keys()
    assert (rows["toy"]["present"], rows["toy"]["source"]) == (True, "toy, original")
    assert (rows["stl10"]["present"], rows["stl10"]["command"]) == (False, "python -m lib fetch data stl10")


def test_every_entry_has_a_source_a_licence_and_a_citation():
    for key, entry in CATALOGUE.items():
        assert entry.key == key
        assert entry.sources
        assert all((entry.title, entry.licence, entry.citation, entry.origin)), key
        assert all(len(source.sha256) in {0, 64} for source in entry.sources)


def test_no_two_sources_share_a_hash_and_none_a_place():
    sources = [source for entry in CATALOGUE.values() for source in entry.sources]
    hashes = [source.sha256 for source in sources if source.sha256]
    assert len(set(hashes)) == len(hashes)
    assert len({source.path for source in sources}) == len(sources)


def test_a_folder_gives_its_pictures_sorted_and_nothing_else(tmp_path):
    for name in ("b.JPG", "a.png", "sub/c.Jpeg", "notes.txt", ".hidden.png", ".cache/d.png"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        Image.new("RGB", (2, 2)).save(tmp_path / name, format="PNG")
    found = [path.relative_to(tmp_path).as_posix() for path in registry.folder(tmp_path)]
    assert found == ["a.png", "b.JPG", "sub/c.Jpeg"]


def test_a_missing_folder_is_named_and_one_without_pictures_says_which_files_count(tmp_path):
    with pytest.raises(registry.MissingData, match="holiday"):
        registry.folder(tmp_path / "holiday")
    (tmp_path / "notes.txt").write_text("nothing to see")
    with pytest.raises(ValueError, match=r"holds no picture; allowed are .*\.png"):
        registry.folder(tmp_path)


class Publisher(SimpleHTTPRequestHandler):
    """Serves a folder and writes no log."""

    def log_message(self, *_):
        return


@pytest.fixture
def site(tmp_path):
    """A local server and the folder that it serves."""
    (tmp_path / "site").mkdir()
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Publisher, directory=str(tmp_path / "site")))
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield SimpleNamespace(folder=tmp_path / "site", url=f"http://127.0.0.1:{server.server_port}")
    server.shutdown()
    server.server_close()


# What is offered: its file on the server, where it is fetched to, and the one file that is there afterwards.
OFFERS = {
    "file": ("toy.bin", "deep/toy.bin", "deep/toy.bin"),
    "zip": ("toy.zip", "deep/toy", "deep/toy/trainA/one.png"),
    "torchvision": ("toy.tar.gz", "toy", "toy/batch"),
}
each_kind = pytest.mark.parametrize("kind", OFFERS)


@pytest.fixture
def offer(site, extra, monkeypatch):
    """`offer(kind)` registers `toy`, offered by the local server; the archives hold files besides and outside it."""
    (site.folder / "toy.bin").write_bytes(BATCH)
    with ZipFile(site.folder / "toy.zip", "w") as packed:
        packed.writestr("toy/trainA/one.png", BATCH)
        packed.writestr("../../escaped", BATCH)
    with tarfile.open(site.folder / "toy.tar.gz", "w:gz") as tar:
        for name in ("toy/batch", "../escaped", "toy/unexpected"):
            member = tarfile.TarInfo(name)
            member.size = len(BATCH)
            tar.addfile(member, io.BytesIO(BATCH))

    def register(kind, server=site.url, checksum=""):
        name, target, _ = OFFERS[kind]
        url, content = f"{server}/{name}", (site.folder / name).read_bytes()
        known = checksum or hashlib.sha256(content).hexdigest()
        source = {"file": Source("toy", target, known, url=url),
                  "zip": Source("toy", target, archive=url, archive_sha256=known),
                  "torchvision": Source("toy", target, torchvision="CIFAR10")}[kind]  # fmt: skip
        monkeypatch.setattr(torchvision.datasets, "CIFAR10", SimpleNamespace(
            url=url, filename=name, tgz_md5=checksum[:32] or hashlib.md5(content).hexdigest(), base_folder="toy",
            train_list=[["batch", hashlib.md5(BATCH).hexdigest()]], test_list=[]))  # fmt: skip
        monkeypatch.setitem(CATALOGUE, "toy", DataSet("toy", "Toy", (source,), "CC0", "none", "here", False))

    return register


def downloaded(tmp_path):
    """Every file among the downloads."""
    downloads = tmp_path / "downloads"
    return [file.relative_to(downloads).as_posix() for file in downloads.rglob("*") if file.is_file()]


@each_kind
def test_what_is_offered_is_fetched_once_and_nothing_else_with_it(offer, tmp_path, kind):
    offer(kind)
    assert {row["key"]: row["command"] for row in registry.status()}["toy"] == "python -m lib fetch data toy"
    found = registry.fetch("toy")
    _, target, file = OFFERS[kind]
    assert found == tmp_path / "downloads" / target
    assert (downloaded(tmp_path), (tmp_path / "downloads" / file).read_bytes()) == ([file], BATCH)
    assert not list(tmp_path.rglob("escaped"))
    offer(kind, server="http://127.0.0.1:9")
    assert registry.fetch("toy") == found


@each_kind
def test_another_checksum_is_refused_and_leaves_nothing_behind(offer, tmp_path, kind):
    offer(kind, checksum="0" * 64)
    with pytest.raises(ValueError, match="hash"):
        registry.fetch("toy")
    assert downloaded(tmp_path) == []


@each_kind
@pytest.mark.parametrize("server", ["http://127.0.0.1:9", "{site}/gone"])
def test_what_cannot_be_had_says_so_and_how_else_to_get_it(offer, site, kind, server):
    offer(kind, server.format(site=site.url))
    with pytest.raises(
        registry.MissingData, match=r"download failed.*\n?.*`python -m lib fetch data toy`.*WORKBOOK_DATA"
    ):
        registry.fetch("toy")


def test_a_damaged_file_of_a_fetched_set_is_refused_by_name(offer, extra):
    offer("torchvision")
    (extra / "toy").mkdir()
    (extra / "toy" / "batch").write_bytes(b"damaged")
    with pytest.raises(registry.CorruptData, match="batch"):
        registry.find("toy")


@pytest.mark.usefixtures("extra")
def test_fetching_what_nobody_offers_says_where_it_comes_from():
    with pytest.raises(registry.MissingData, match="WORKBOOK_DATA"):
        registry.fetch("art_media")


@pytest.mark.parametrize(("name", "count"), [("CIFAR10", 6), ("STL10", 5)])
def test_torchvision_lists_the_files_of_its_sets(name, count):
    assert len(torchvision_sets.members(name)) == count


@pytest.mark.desk
@pytest.mark.parametrize("key", [key for key in SETS if key not in PICTURES])
def test_desk_sets_are_the_known_copies(key):
    assert len(registry.locate(key).sha256) == 64
