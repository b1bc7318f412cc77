"""The loop: one history for any workers, every candidate recorded once, any search resumed from its record."""

import json
import math
import tracemalloc

import numpy as np
import pytest

from lib.search.loop import Search, candidate_seed, identity, run_search
from lib.search.record import Record, RecordMismatch, differences, read
from lib.search.runs import OutOfTime
from lib.search.workers import Limits, Outcome
from lib.searchers import SEARCHERS
from lib.searchers.base import Searcher
from lib.spaces.toy import BitString
from tests.search.engine import counters, open_record, search
from tests.search.standin import Climber, Grid, Settings, evaluate


def lines(log):
    return log.read_text().splitlines()


def keep(path, chosen):
    """Leave only the chosen rows in a record."""
    header, rows = read(path)
    path.write_text("".join(json.dumps(line) + "\n" for line in [header, *filter(chosen, rows)]))


def test_the_history_is_the_same_for_one_two_and_eight_workers(path, tmp_path):
    settings = Settings(seconds=0.01, noise=0.1)
    alone = search(path, settings, repeats=2)
    for workers in ("processes:2", "processes:8"):
        many = search(tmp_path / workers / "record.jsonl", settings, repeats=2, workers=workers)
        assert differences(alone.rows, many.rows) == []


def test_the_window_shapes_the_history_and_is_part_of_the_identity(path, other):
    assert differences(search(path, window=1).rows, search(other, window=12).rows)
    with pytest.raises(RecordMismatch, match=r"window: 1 \| 12"):
        search(path, window=12)


def test_scores_are_told_in_the_order_of_asking_and_the_window_stays_full(path):
    events = []

    class Watched(Climber):
        def ask(self):
            proposal = super().ask()
            events.append(("ask", proposal.k))
            return proposal

        def tell(self, k, score):
            super().tell(k, score)
            events.append(("tell", k))

    with open_record(path, Settings(), window=3) as record:
        run_search(Watched(Grid()), evaluate, Settings(), record=record, budget=6, window=3)
    asks = [("ask", k) for k in range(6)]
    tells = [("tell", k) for k in range(6)]
    assert events == [*asks[:3], tells[0], asks[3], tells[1], asks[4], tells[2], asks[5], *tells[3:]]


def test_an_equal_network_at_an_equal_seed_is_computed_once(path, log):
    found = search(path, Settings(log=str(log)), budget=60)
    networks = {row["genome"][:14] for row in found.rows if not row["reason"]}
    assert len(lines(log)) == counters(found)["trainings"] == len(networks)
    shared = [row for row in found.rows if row["cached"] == "record"]
    assert len(shared) == counters(found)["from_record"] > 0
    assert all(row["seconds"] == 0 for row in shared)


def test_seeds_of_their_own_make_equal_networks_different_evaluations(path):
    found = search(path, Settings(noise=0.1), budget=60, seeding="per_candidate")
    assert counters(found)["from_record"] == 0
    assert len({row["seed"] for row in found.rows}) == 60


def test_seeds_depend_on_the_search_and_the_repeat_and_on_k_only_if_told():
    fixed = {candidate_seed(seed, k, repeat, "fixed") for seed in (0, 1) for k in (0, 1) for repeat in (0, 1)}
    own = {candidate_seed(seed, k, repeat, "per_candidate") for seed in (0, 1) for k in (0, 1) for repeat in (0, 1)}
    assert (len(fixed), len(own)) == (4, 8)
    assert candidate_seed(0, 0, 0, "fixed") == 3757552657  # permanent: records hold it


def test_an_invalid_genome_costs_no_training_and_says_why(path, log):
    found = search(path, Settings(log=str(log)), budget=60)
    invalid = [row for row in found.rows if row["genome"].startswith("g0=3 g1=3")]
    assert invalid
    assert {(row["reason"], row["score"]) for row in invalid} == {("invalid: begins 3-3", None)}
    assert counters(found)["valid"] == 60 - len(invalid)
    assert not [line for line in lines(log) if " 3-3-" in line]


def test_a_failure_is_an_outcome_and_is_told_as_infinite(path):
    found = search(path, Settings(trouble="raise"))
    failed = [row for row in found.rows if row["reason"].startswith("failed")]
    assert {row["reason"] for row in failed} == {"failed: exception: RuntimeError: no such thing"}
    assert all(found.scores[row["k"]] == math.inf for row in failed)
    assert counters(found)["failed"] == len({row["genome"][:14] for row in failed})


def test_the_told_score_is_the_mean_over_repeats_and_noise_is_pooled(path):
    found = search(path, Settings(noise=0.2), budget=40, repeats=3)
    values = np.array(
        [[row["score"] for row in found.rows if row["k"] == k] for k in found.scores if k_valid(found, k)]
    )
    assert values.shape[1] == 3
    assert found.noise == pytest.approx(np.sqrt(values.var(axis=1, ddof=1).mean()))
    assert 0.1 < found.noise < 0.3
    assert min(found.scores.values()) == pytest.approx(values.mean(axis=1).min())


def k_valid(found, k):
    return found.scores[k] < math.inf


def test_incumbents_carry_the_noise_band(path):
    found = search(path, Settings(noise=0.2), repeats=2)
    curve = found.incumbents()
    assert curve["k"].tolist() == list(range(30))
    assert curve["best"].is_monotonic_decreasing
    assert curve["best"].iloc[-1] == min(found.scores.values())
    width = curve["high"] - curve["low"]
    assert width.iloc[-1] == pytest.approx(2 * 1.96 * found.noise / np.sqrt(2))


def test_a_search_without_a_success_has_no_noise():
    nothing = Search([{"k": 0, "repeat": 0, "score": None, "reason": "invalid: x", "cached": ""}])
    assert math.isnan(nothing.noise)


def test_a_larger_budget_continues_as_if_it_had_been_given_at_once(path, other, log):
    settings = Settings(log=str(log))
    search(path, settings, budget=12)
    extended, once = search(path, settings, budget=40), search(other, settings, budget=40)
    assert differences(extended.rows, once.rows) == []
    assert len(lines(log)) == 2 * counters(once)["trainings"]
    assert len(search(path, settings, budget=12).rows) == 12


@pytest.mark.parametrize("name", SEARCHERS)
def test_every_searcher_resumes_from_its_record_alone(name, path, other):
    trained = []

    def count_bits(settings, genome, seed):
        trained.append(genome)
        return Outcome(float(sum(genome)))

    def searched(record_path, budget):
        searcher = SEARCHERS[name](BitString(12), 3)
        with Record.open(record_path, {"identity": identity(searcher, None, window=4)}) as record:
            return run_search(searcher, count_bits, None, record=record, budget=budget, window=4)

    whole = searched(path, 40)
    count = len(trained)
    searched(other, 17)
    assert differences(whole.rows, searched(other, 40).rows) == []
    assert len(trained) == 2 * count


def test_a_gap_is_computed_and_later_rows_are_used(path, log):
    settings = Settings(log=str(log))
    whole = search(path, settings)
    gap = next(row["k"] for row in whole.rows if row["k"] > 3 and not row["cached"] and not row["reason"])
    keep(path, lambda row: row["k"] != gap)
    log.write_text("")
    assert differences(search(path, settings).rows, whole.rows) == []
    assert len(lines(log)) <= 1


@pytest.mark.parametrize(("name", "value"), [("genome", "g0=0 g1=0 g2=0 g3=0"), ("seed", 5), ("config", {"parent": 9})])
def test_a_stored_row_of_another_proposal_is_an_error_that_names_k(path, name, value):
    search(path)
    header, rows = read(path)
    rows[next(i for i, row in enumerate(rows) if row["k"] == 7)][name] = value
    path.write_text("".join(json.dumps(line) + "\n" for line in [header, *rows]))
    with pytest.raises(RecordMismatch, match=f"k=7 is another proposal .*{name}"):
        search(path)


def test_a_record_of_another_search_is_refused(path):
    with open_record(path, Settings(), seed=0) as record, pytest.raises(RecordMismatch, match=r"seed: 0 \| 1"):
        run_search(Climber(Grid(), 1), evaluate, Settings(), record=record, budget=1)


def test_other_code_warns_and_marks_the_rows_computed_with_it(path):
    def with_code(code, budget):
        searcher = Climber(Grid())
        header = {"identity": identity(searcher, Settings()), "environment": {"code": code}}
        with Record.open(path, header) as record:
            return run_search(searcher, evaluate, Settings(), record=record, budget=budget)

    with_code("0a", 10)
    with pytest.warns(UserWarning, match=r"environment\.code: '0a' \| '0b'"):
        found = with_code("0b", 20)
    assert [row.get("environment", 0) for row in found.rows] == [0] * 10 + [1] * 10


def test_trainings_can_be_limited_instead_of_candidates(path, log):
    found = search(path, Settings(log=str(log)), budget=500, max_trainings=20)
    assert len(lines(log)) == counters(found)["trainings"] == 20
    assert counters(found)["asked"] > 20
    assert counters(search(path, Settings(log=str(log)), budget=500, max_trainings=21))["trainings"] == 21


def test_a_limit_on_trainings_counts_repeats_and_is_never_passed(path):
    assert counters(search(path, Settings(noise=0.1), budget=99, repeats=3, max_trainings=20))["trainings"] == 18


def test_the_dearest_candidate_that_waits_starts_first_and_changes_no_row(path, other, log):
    settings = Settings(log=str(log))
    plain = search(path, settings)
    log.write_text("")
    ordered = search(other, settings, cost=lambda genome: genome[2])
    assert differences(plain.rows, ordered.rows) == []
    first = [int(line.split()[1][-1]) for line in lines(log)[:2]]
    in_window = {int(row["genome"][13]) for row in ordered.rows if row["k"] < 8 and not row["reason"]}
    assert first[0] == max(in_window)


@pytest.mark.parametrize("workers", ["serial", "processes:2"])
def test_after_the_deadline_nothing_starts_and_what_runs_is_recorded(path, other, log, monkeypatch, workers):
    settings, looks = Settings(seconds=0.05, log=str(log)), iter([1.0] * 5)
    with monkeypatch.context() as patch:
        patch.setattr("lib.search.workers.time_left", lambda: next(looks, 0.0))  # over at the sixth look
        with pytest.raises(OutOfTime):
            search(path, settings, workers=workers)
    assert len([row for row in read(path)[1] if row["worker"]]) == len(lines(log)) == 5
    assert differences(search(path, settings, budget=12).rows, search(other, settings, budget=12).rows) == []


def test_what_is_stored_is_replayed_after_the_deadline_too(path, monkeypatch):
    search(path)
    monkeypatch.setenv("WORKBOOK_DEADLINE", "1")
    assert counters(search(path))["asked"] == 30


def test_memory_grows_by_the_rows_and_where_to_find_them_alone(path, other):
    def peak(record_path, budget):
        searcher = SEARCHERS["random"](BitString(64), 0)
        with Record.open(record_path, {"identity": identity(searcher, None)}) as record:
            tracemalloc.start()
            run_search(searcher, lambda *_: Outcome(1.0, seconds=1e-9), None, record=record, budget=budget)
            found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found

    peak(path.with_name("warm"), 10)
    assert (peak(other, 400) - peak(path, 100)) / 300 < 2000  # bytes a candidate; a row takes 1300


class Endless(Searcher):
    """Waits for scores that nobody owes it."""

    name = "endless"

    def settings(self):
        return {"searcher": self.name}

    def _propose(self, k):
        return ((0, 0, 0, 0), {"seed": 1}) if k == 0 and self.seed else None


def test_a_searcher_without_proposals_ends_the_search(path):
    with Record.open(path, {"identity": identity(Endless(Grid(), 0), 0)}) as record:
        assert run_search(Endless(Grid(), 0), evaluate, 0, record=record, budget=5).rows == []


def test_names_that_clash_with_columns_are_refused_before_they_are_stored(path, other):
    searcher = Endless(Grid(), 1)
    record = Record.open(path, {"identity": identity(searcher, 0)})
    with record, pytest.raises(ValueError, match=r"config\.seed has the name of another column"):
        run_search(searcher, evaluate, 0, record=record, budget=5)
    with open_record(other, 0) as record, pytest.raises(ValueError, match=r"metrics\.parent has"):
        run_search(Climber(Grid()), clashing, 0, record=record, budget=5)


def clashing(settings, genome, seed):
    return Outcome(0.0, {"parent": 1.0})


@pytest.mark.parametrize(
    ("option", "words"),
    [
        ({"budget": 0}, "budget is 0; a whole number from 1"),
        ({"window": 1.5}, "window is 1.5"),
        ({"repeats": 0}, "repeats is 0"),
        ({"seeding": "none"}, "allowed are 'fixed', 'per_candidate'"),
        ({"max_trainings": 1, "repeats": 2}, "max_trainings is 1; it must allow for the 2 repeats"),
        ({"limits": Limits(time_s=5.0)}, "can stop no candidate"),
        ({"limits": Limits(memory_gb=5.0)}, "can stop no candidate"),
        ({"limits": Limits(gpus=0.5)}, "only 'ray' shares out GPUs"),
        ({"workers": "threads"}, "workers is 'threads'; allowed are 'serial'"),
        ({"workers": "processes:0"}, "workers is 'processes:0'; allowed are"),
        ({"workers": "ray:"}, "workers is 'ray:'; allowed are"),
    ],
)
def test_arguments_out_of_range_are_refused_before_anything_is_computed(path, option, words):
    with open_record(path, Settings()) as record, pytest.raises(ValueError, match=words):
        run_search(Climber(Grid()), evaluate, Settings(), **{"record": record, "budget": 5, **option})


def test_the_identity_holds_settings_as_plain_json(tmp_path):
    found = identity(Climber(Grid(), 7), Settings(noise=0.5), repeats=2, pictures={"a": "0f"})
    assert found["settings"]["noise"] == 0.5
    assert (found["space"], found["seed"], found["searcher"], found["repeats"]) == ("grid-4x4", 7, "climber", 2)
    assert json.loads(json.dumps(found)) == found
