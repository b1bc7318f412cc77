"""The cache: what was computed once is found again by whoever computes the very same, and by nobody else."""

import importlib.util
import itertools
import math
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest

from lib.search import cache as cache_module
from lib.search.cache import Cache, code_hash
from lib.search.record import differences
from lib.search.workers import Outcome
from tests.search.engine import counters, search
from tests.search.standin import Settings, evaluate

DONE = Outcome(0.1 + 0.2, {"psnr": 1 / 3}, seconds=5.0)


def other_evaluate(settings, genome, seed):
    return Outcome(0.0)


def test_a_second_search_computes_nothing_and_its_rows_say_so(tmp_path):
    log = tmp_path / "log"
    settings = Settings(log=str(log))
    first = search(tmp_path / "a" / "record.jsonl", settings, cache=Cache(evaluate, settings))
    before = log.read_text()
    second = search(tmp_path / "b" / "record.jsonl", settings, cache=Cache(evaluate, settings))
    assert log.read_text() == before
    assert differences(first.rows, second.rows) == []
    assert counters(second)["from_cache"] == counters(first)["trainings"]
    assert counters(second)["trainings"] == 0
    assert {row["cached"] for row in second.rows} == {"", "record", "disk"}  # "" are the invalid ones
    assert all(row["seconds"] == 0 for row in second.rows)


def test_numbers_come_back_to_the_last_bit():
    cache = Cache(evaluate, Settings())
    cache.put("g", 1, DONE)
    found = cache.get("g", 1)
    assert (found.score, found.metrics, found.seconds) == (DONE.score, DONE.metrics, 0.0)


@pytest.mark.parametrize(
    "change",
    [{"settings": Settings(noise=1.0)}, {"data": "another hash"}, {"threads": 2}, {"evaluate": other_evaluate}],
    ids=lambda change: next(iter(change)),
)
def test_other_settings_data_threads_or_code_share_nothing(change):
    def cache(evaluate=evaluate, settings=None, **options):
        return Cache(evaluate, settings or Settings(), **options)

    cache().put("g", 1, DONE)
    assert cache().get("g", 1)
    assert cache(**change).get("g", 1) is None


@pytest.mark.parametrize("name", cache_module.ENVIRONMENT)
def test_another_machine_or_version_shares_nothing(name, monkeypatch):
    Cache(evaluate, Settings()).put("g", 1, DONE)
    here = cache_module.environment()
    monkeypatch.setattr(cache_module, "environment", lambda: {**here, name: "another"})
    assert Cache(evaluate, Settings()).get("g", 1) is None


def test_another_genome_or_seed_is_a_miss():
    cache = Cache(evaluate, Settings())
    cache.put("g", 1, DONE)
    assert cache.get("h", 1) is cache.get("g", 2) is None


@pytest.mark.parametrize(
    "outcome",
    [
        Outcome(math.nan, reason="failed: exception: x"),
        Outcome(1.0, artifacts={"image": "artifacts/0.png"}),
        Outcome(1.0, {"psnr": math.inf}),
    ],
    ids=["failure", "artifacts", "metric"],
)
def test_only_finite_successes_without_artifacts_are_kept(outcome):
    cache = Cache(evaluate, Settings())
    cache.put("g", 1, outcome)
    assert cache.get("g", 1) is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"score": 1.0}'])
def test_a_damaged_file_is_a_miss_and_is_mended(text):
    cache = Cache(evaluate, Settings())
    cache.put("g", 1, DONE)
    (file,) = cache.folder.rglob("*.json")
    file.write_text(text)
    assert cache.get("g", 1) is None
    cache.put("g", 1, DONE)
    assert cache.get("g", 1).score == DONE.score


def test_many_writers_and_readers_never_meet_half_a_file():
    def work(number):
        cache = Cache(evaluate, Settings())
        for k in range(10):
            cache.put(f"g{k}", 0, DONE)
        return [cache.get(f"g{k}", 0) for k in range(10)]

    with ThreadPoolExecutor(8) as pool:
        found = list(itertools.chain(*pool.map(work, range(8))))
    assert {outcome.score for outcome in found} == {DONE.score}
    assert not list(Cache(evaluate, Settings()).folder.rglob(".*"))


def test_a_function_without_a_module_is_refused():
    with pytest.raises(ValueError, match="no function of a module"):
        Cache(lambda settings, genome, seed: DONE, Settings())


@pytest.fixture
def project(tmp_path, monkeypatch):
    """A small project: `user.evaluate` imports lib.a, which imports lib.b within a function, and the engine."""
    files = {
        "user.py": "from lib.a import f\nfrom lib.search import loop\n\ndef evaluate(*_):\n    return f()\n",
        "lib/a/__init__.py": "def f():\n    from lib import b\n    return b.VALUE\n",
        "lib/b.py": "VALUE = 1\n",
        "lib/c.py": "VALUE = 1\n",
        "lib/search/loop.py": "VALUE = 1\n",
    }
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(text)
    monkeypatch.setattr(cache_module, "ROOT", tmp_path)
    return tmp_path


@pytest.mark.parametrize(
    ("name", "counts"),
    [("user.py", 1), ("lib/a/__init__.py", 1), ("lib/b.py", 1), ("lib/c.py", 0), ("lib/search/loop.py", 0)],
)
def test_the_code_is_the_module_and_what_it_imports_of_the_project_but_not_the_engine(
    project, name, counts, monkeypatch
):
    spec = importlib.util.spec_from_loader("user", None, origin=str(project / "user.py"))
    user = importlib.util.module_from_spec(spec)
    user.__file__ = str(project / "user.py")
    monkeypatch.setitem(sys.modules, "user", user)
    exec(compile("def evaluate(*_): ...", user.__file__, "exec"), user.__dict__)
    before = code_hash(user.evaluate)
    with (project / name).open("a") as file:
        file.write("# changed\n")
    code_hash.cache_clear()  # a process keeps the code that it loaded
    assert (code_hash(user.evaluate) != before) == counts
