"""The verdicts: a world near the paper's tables, and worlds in which one thing is otherwise."""

import shutil
import zlib

import numpy as np
import pytest
import torch
from scipy import stats

from lib.papers.study import Study
from lib.papers.stylenas import claims, comparisons, quality, records
from lib.papers.stylenas.evaluate import Evaluation
from lib.papers.stylenas.methods import Task
from lib.report import overview
from lib.report.statistics import Interval
from lib.search import record
from tests.reference import stylenas_world as world
from tests.reference.stored_study import rewritten

CLAIMS = {claim.id: claim for claim in claims.CLAIMS}
LAST = world.SETTINGS.evaluations - 1  # the last candidate of a search by evolution


@pytest.fixture(scope="module", autouse=True)
def few_replicas():
    """Controls by chance in a tenth of the time."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(records, "REPLICAS", 200)
        yield


@pytest.fixture(scope="module")
def table(stored_folder, tmp_path_factory):
    """Every verdict in the usual world with one search of each kind."""
    study = single(copied(stored_folder, tmp_path_factory.mktemp("claims")))
    return claims.judge_all(rated(study)).set_index("id")


@pytest.fixture
def study(stored_folder, tmp_path):
    """The usual world, to be changed."""
    return copied(stored_folder, tmp_path)


@pytest.fixture
def alone(study):
    """The same with one search of each kind."""
    return single(study)


def copied(folder, to, profile="desk"):
    shutil.copytree(folder / "records", to / "records", ignore=shutil.ignore_patterns("pictures", "private"))
    return Study("stylenas", profile, folder=to)


def single(study):
    for path in [*study.records.glob("*-1.jsonl.gz"), *study.records.glob("*-2.jsonl.gz")]:
        path.unlink()
    return study


def fresh(study):
    """The study read anew from its folder."""
    return Study("stylenas", study.profile, folder=study.folder)


def finding(study, name):
    return CLAIMS[name].test(fresh(study), CLAIMS[name])


def verdict(study, name):
    return str(finding(study, name).verdict)


def judged(study, *names):
    """The rows of some claims as `judge_all` has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "CLAIMS", [CLAIMS[name] for name in names])  # the others would take seconds
        return claims.judge_all(fresh(study)).set_index("id")


def changed(study, part, change):
    """A part's record with each row changed in place."""
    with rewritten(study, part) as rows:
        for row in rows:
            change(row)
    return study


def moved(study, part, name, by):
    """A part's record with a measure that depends on its row."""

    def change(row):
        if row["score"] is not None:
            row["metrics"][name] = by(row)
            row["score"] = row["metrics"]["L"]

    return changed(study, part, change)


def rated(study, weights="efficientnet-lite0", texts=None, **worth):
    """Table 1 with other worths of some methods, or other genomes."""
    rows = world.scored(records.genomes(study) | (texts or {}), {**world.QUALITY, **worth})
    about = {"evaluation": world.evaluation(), "threads": 1, "weights": {weights: ""}}
    world.write(study.folder, "quality", world.listed(rows, "tv"), **about)
    return study


def timed(study, seconds, spread=0.1):
    """Table 2 with the seconds of some methods as functions of the width, and their spread."""

    def change(row):
        metrics, config = row["metrics"], row["config"]
        if config["name"] in seconds:
            metrics["seconds_median"] = seconds[config["name"]](config["width"])
        metrics |= world.ranged(metrics["seconds_median"], spread)

    return changed(study, "timing", change)


def test_where_the_tables_are_the_papers_its_claims_hold(table):
    names = ["C5-s", "C6-s", "C7", "C8a", "C9b", "C12-s", "C13-s", "C14-s", "C14c", "C17", "C2a", "C2b", "C3a"]
    assert {name: found for name, found in table["verdict"][names].items() if found != "supported"} == {}


def test_claims_on_fid_or_a_named_gpu_are_not_run_and_say_why(table):
    assert set(table.index[table["verdict"] == "not run"]) == {
        *comparisons.BY_FEATURES,
        "C11",
        "C14",
        "O2",
    }  # S7 and S9 are the fixed ones here
    assert "Inception" in table.loc["C5", "note"]
    assert "1080" in table.loc["C11", "note"]
    assert "threads: 1" in table.loc["C11", "note"]
    assert table.loc["C11", "effect"] == pytest.approx(19.3, abs=0.1)


def test_the_papers_own_tables_contradict_five_of_its_sentences(table):
    own = table[table.index.str.startswith("P-")]
    assert set(own.index[own["verdict"] == "contradicted"]) == {"P-A1", "P-A18", "P-A20", "P-A21", "P-A22"}
    assert (own["verdict"] != "undecided").all()
    for name, part in {"P-A18": "S5 FID-Style 0.98", "P-A20": "1.45", "P-A21": "432", "P-A22": "0.442",
                       "P-C6": "2.17", "P-C8": "87.6, 282, 432, 666"}.items():  # fmt: skip
        assert part in own.loc[name, "note"]


def test_pictures_are_counted_and_scores_named_after_their_features(table):
    assert table.loc["C5a-s", "n"] == 38
    assert table.loc["C5a-s", "note"].startswith("KD-lite0 to styles: PhotoWCT 0.18")
    assert "content 9.6, oracle 6.33" in table.loc["C7a", "note"]


def test_every_verdict_follows_from_its_own_interval(table):
    assert overview.rechecked(table.reset_index()).empty


def test_smoke_decides_only_arithmetic_and_counts(stored_folder, tmp_path):
    found = claims.judge_all(copied(stored_folder, tmp_path, "smoke")).set_index("id")
    decided = found.index[found["verdict"] != "not run"]
    assert set(decided) == {"C16", *(claim.id for claim in claims.printed.CLAIMS)}


FS = {name: worth[0] for name, worth in world.QUALITY.items()}


def style(name, value):
    """The usual worths of a method, but for its distance to the styles."""
    return {name: (value, *world.QUALITY[name][1:])}


def oracle(name, value):
    return {name: (world.QUALITY[name][0], value, *world.QUALITY[name][2:])}


def tv(name, value):
    return {name: (*world.QUALITY[name][:2], value, world.QUALITY[name][3])}


@pytest.mark.parametrize(("name", "expected", "worth"), [
    ("C5a-s", "contradicted", style("S7", 200.0)), ("C5a-s", "undecided", style("S7", FS["PhotoWCT"] - 0.1)),
    ("C5f-s", "contradicted", style("AE1", 190.0)),
    ("C6a-s", "contradicted", oracle("S5", 80.0)), ("C6a-s", "supported", oracle("S5", 68.0)),
    ("C6e-s", "contradicted", oracle("S9", 60.0)), ("C12a-s", "contradicted", style("RS", 600.0)),
    ("C13b-s", "contradicted", oracle("S7", 150.0)), ("C14a-s", "contradicted", style("S9", 220.0)),
    ("C7a", "contradicted", tv("S5", 4.5)), ("C7a", "undecided", tv("S5", 5.12)), ("C7c", "supported", tv("AE1", 3.0)),
    ("C12b", "contradicted", tv("RS", 0.1)), ("C13d", "contradicted", tv("RS", 7.0)),
])  # fmt: skip
def test_a_claim_on_pictures_falls_or_stays_open_where_its_scores_say_so(alone, name, expected, worth):
    assert verdict(rated(alone, **worth), name) == expected


def test_every_score_that_a_claim_compares_has_draws_in_a_measured_row(study, monkeypatch):
    def seen(task):
        name = task.name
        rng = torch.Generator().manual_seed(zlib.crc32(name.encode()))
        tv = world.QUALITY[name][2] + 0.01 * torch.randn(16, generator=rng)
        features = torch.randn(16, 4, generator=rng) + world.QUALITY[name][0] / 100
        return quality.Seen(features, {"tv": tv, "tv_isotropic": tv, "ssim": tv / 10})

    monkeypatch.setattr(quality, "_seen", seen)
    rows = []
    for name in ("PhotoWCT", "AE1", "RS", "S5", "S7", "S9", "content", "oracle"):
        task = Task(Evaluation.of(world.SETTINGS), name, resamples=20)
        rows.append(({"name": name, "text": "", **world.RATED}, quality.measure(task, 0, study.folder).metrics))
    about = {"evaluation": world.evaluation(), "weights": {}}
    world.write(study.folder, "quality", world.listed(rows, "tv"), **about)
    found = judged(study, *(name for name, claim in CLAIMS.items() if claim.needs == ("quality",)))
    assert not found["note"].str.contains("no interval").any()
    assert found.loc[["C7a", "C7b", "C7c", "C12b"], "verdict"].to_list() == ["supported"] * 4


def test_two_methods_that_are_one_network_are_not_compared_and_named(study):
    text = records.genomes(study)["S7"]
    rated(study, texts={"RS": text})
    changed(study, "timing", lambda row: row["config"].update(text=text) if row["config"]["name"] == "RS" else None)
    for name in ("C13d", "C13a-s", "C13c"):
        found = finding(study, name)
        assert found.verdict == "not run"
        assert f"the same network: {text}" in found.note
    assert verdict(study, "C7a") == "supported"


def found_by(study, monkeypatch, name, part):
    """A compared network is that of another kind of search."""
    known = records.compared(study)
    known.loc[name, "part"] = part
    monkeypatch.setattr(records, "compared", lambda study: known)


def test_a_note_says_which_network_evolution_did_not_find(study, monkeypatch):
    found_by(study, monkeypatch, "S7", "stratified")
    notes = [finding(study, name).note for name in ("C5a-s", "C13c", "C7a", "C5b-s")]
    assert ["stratified" in note for note in notes] == [True, True, True, False]


def test_the_same_halves_of_pairs_cancel_in_a_difference(study):
    found = finding(rated(study), "C5d-s")
    draws = records.drawn(study.frame("quality").set_index("name").loc["RS"], "kd_style")
    assert found.high - found.low < 0.9 * np.ptp(np.percentile(draws, [2.5, 97.5]))
    assert found.low < found.effect < found.high


def test_with_inceptions_features_the_papers_own_measure_is_judged(study):
    found = finding(rated(study, weights="inception-2015"), "C5")
    assert found.verdict == "supported"
    assert found.note.startswith("KID")


def test_a_method_that_is_missing_leaves_its_claims_not_run(study):
    with rewritten(study, "quality") as rows:
        rows[:] = [row for row in rows if row["config"]["name"] != "AE1"]
    assert verdict(study, "C5f-s") == "not run"
    assert verdict(study, "C5a-s") == "supported"


@pytest.mark.parametrize(("name", "expected", "seconds"), [
    ("C8a", "contradicted", {"S5": lambda width: 1.0}), ("C8c", "contradicted", {"S9": lambda width: 5.0}),
    ("C8c", "supported", {"S9": lambda width: 0.1}), ("C9a", "contradicted", {"S5": lambda width: 1.0}),
    ("C9b", "contradicted", {"S5": lambda width: 0.001}), ("C10", "contradicted", {"RS": lambda width: 0.05}),
    ("C10", "supported", {"RS": lambda width: 9.0, "S7": lambda width: 9.0}),
    ("C12c", "contradicted", {"AE1": lambda width: 100.0}),
    ("C13c", "contradicted", {"S7": lambda width: 1.0}), ("C14c", "contradicted", {"S9": lambda width: 0.01}),
    ("C17a", "contradicted", {"PhotoWCT": lambda width: width**1.0}),
    ("C17a", "undecided", {"PhotoWCT": lambda width: width**2.0 * (1.3 if width in (512, 768) else 1.0)}),
    ("C17b", "contradicted", {"S5": lambda width: width**2.4}),
])  # fmt: skip
def test_a_claim_on_seconds_falls_or_stays_open_where_its_times_say_so(alone, name, expected, seconds):
    assert verdict(timed(alone, seconds), name) == expected


def test_a_gain_with_size_is_decided_by_the_measured_spread_of_the_seconds(study):
    assert verdict(study, "C8b") == "undecided"
    assert verdict(timed(study, {}, spread=0.01), "C8b") == "supported"
    assert verdict(timed(study, {"S5": lambda width: width**3.0}, spread=0.01), "C8b") == "contradicted"


def test_sizes_that_were_not_timed_leave_a_claim_not_run(study):
    def narrow(row):
        row["config"]["width"] //= 8

    changed(study, "timing", narrow)
    assert verdict(study, "C8c") == verdict(study, "C11") == "not run"


def lead(study):
    """Evolution's best L less than that of random search, at equal budget, and the noise of L."""
    found = finding(study, "C1b")
    return found.effect, records.noise(fresh(study))["sd"]["L"]


def test_single_searches_are_compared_within_the_noise_of_retraining(alone):
    gap, noise = lead(alone)
    for name, deviations, expected in (("C1a", 4.0, "supported"), ("C1b", 2.0, "undecided"),
                                       ("C1b", -4.0, "contradicted"), ("C1c", 12.0, "supported"),
                                       ("C1c", 4.0, "undecided"), ("C1c", 1.0, "undecided"),
                                       ("C1c", -3.0, "contradicted")):  # fmt: skip
        more = deviations * noise - lead(alone)[0]
        moved(alone, "random-0", "L", lambda row, more=more: row["metrics"]["L"] + more)
        found = finding(alone, name)
        assert (name, deviations, str(found.verdict)) == (name, deviations, expected)
        assert found.n == 1
    assert gap != lead(alone)[0]


def test_several_searches_are_compared_by_their_spread(study):
    for seed in range(3):
        moved(study, f"random-{seed}", "L", lambda row, seed=seed: 0.5 + 0.001 * seed + row["k"] / 1e4)
    found = finding(study, "C1a")
    assert (str(found.verdict), found.n) == ("supported", 3)
    moved(study, "random-2", "L", lambda row: 0.02 + row["k"] / 1e4)  # one control is far better
    assert verdict(study, "C1a") == "undecided"


def test_evolution_is_judged_by_no_more_candidates_than_its_control_has(alone):
    before = [finding(alone, name).effect for name in ("C1a", "O1")]
    moved(alone, "evolution-0", "L", lambda row: row["metrics"]["L"] if row["k"] < world.SETTINGS.random else 0.001)
    assert [finding(alone, name).effect for name in ("C1a", "O1")] == before


def test_the_interval_of_c1c_has_the_widest_ends_of_gap_and_deviation(alone):
    gap, beyond = (finding(alone, name) for name in ("C1a", "C1c"))
    sd, free = records.noise(alone)["sd"]["L"], 4 * (3 - 1)
    least, most = np.sqrt(stats.chi2.ppf([0.025, 0.975], free) / free) / sd
    assert beyond.low == pytest.approx(gap.low * (least if gap.low > 0 else most))
    assert beyond.high == pytest.approx(gap.high * (most if gap.high > 0 else least))


def test_the_weights_of_e_and_p_are_those_of_the_record(alone):
    moved(alone, "random-0", "P", lambda row: row["metrics"]["P"] / 100)
    assert verdict(alone, "C1d") == "contradicted"
    for part in ("random-0", "evolution-0"):
        header, rows = record.read(alone.records / f"{part}.jsonl.gz")
        header["identity"]["settings"]["weights"] = [0.8, 0.0, 0.3]
        world.write(alone.folder, part, rows, **header["identity"])
    assert verdict(alone, "C1d") != "contradicted"
    assert "; 0.3 O is" in finding(alone, "C1a").note


def test_a_control_that_finds_better_networks_contradicts_o1(alone):
    moved(alone, "stratified-0", "L", lambda row: 0.001)
    assert verdict(alone, "O1") == "contradicted"


@pytest.mark.parametrize(("name", "column"), [("C2a", "L"), ("C2b", "L"), ("C2c", "L"), ("C3a", "O"), ("C3b", "E"),
                                              ("C3c", "P")])  # fmt: skip
def test_a_trend_that_turns_contradicts_its_claim(alone, name, column):
    for sign, expected in ((-1, "supported"), (1, "contradicted")):
        moved(alone, "evolution-0", column, lambda row, sign=sign: 1 + sign * row["k"] / 200)
        assert verdict(alone, name) == expected


def test_a_trend_that_differs_between_searches_stays_open(study):
    assert verdict(study, "C2a") == "supported"
    for seed, sign in enumerate((-1, 1, -1)):
        moved(study, f"evolution-{seed}", "L", lambda row, sign=sign: 1 + sign * row["k"] / 200)
    assert verdict(study, "C2a") == "undecided"


def genomes(study, order):
    """Genomes of evolution that come nearer to the last one, or go away from it, by a bit every few candidates."""

    def change(row):
        k = row["k"]
        bits = [0] * 31
        for place in range(round(31 * order(k / LAST))):
            bits[place] = 1
        row["genome"] = records.SPACE.text(tuple(bits))

    changed(study, "evolution-0", change)
    return moved(study, "evolution-0", "L", lambda row: 0.5 if row["k"] < LAST else 0.1)


def test_architectures_converge_only_beyond_what_ancestry_makes_of_chance(alone):
    assert verdict(alone, "C4") == "undecided"
    assert verdict(genomes(alone, lambda share: share), "C4") == "supported"


def test_architectures_that_move_away_from_the_best_contradict_c4(alone):
    genomes(alone, lambda share: share if share < 0.99 else 0.0)
    found = finding(alone, "C4")
    assert found.verdict == "contradicted"
    assert found.effect > 0


def test_the_control_searches_as_the_search_did_with_as_late_a_best(alone, monkeypatch):
    seen, replicas = [], claims.neutral.replicas
    monkeypatch.setattr(claims.neutral, "replicas", lambda *given, **more: seen.append((given, more)) or replicas(
        *given, **more))  # fmt: skip
    moved(alone, "evolution-0", "L", lambda row: 0.001 if row["k"] == 90 else 0.5)
    verdict(alone, "C4")
    used, scored = world.SETTINGS, world.SETTINGS.evaluations - 1  # one candidate failed
    expected = {"population": used.population, "sample": used.sample, "window": used.window, "best": 89, "seed": 0}
    assert seen == [((records.REPLICAS, scored), expected)]


def test_winners_agree_where_they_are_nearer_than_random_genomes(study):
    def win(text):
        def change(row):
            if row["k"] == LAST:
                row.update(genome=text, score=0.0)
                row["metrics"]["L"] = 0.0

        return change

    for seed in range(3):
        changed(study, f"evolution-{seed}", win(world.records.SPACE.text(world.records.SPACE.named("S7"))))
    assert verdict(study, "O2") == "supported"
    for seed, first in enumerate((0, 6, 20)):  # five operators each, none of them shared
        bits = [int(place in range(first, first + 5)) for place in records.SPACE.positions]
        changed(study, f"evolution-{seed}", win(records.SPACE.text(tuple(bits))))
    assert verdict(study, "O2") != "supported"


def bits(study, count):
    """Genomes of evolution with so many ones."""

    def change(row):
        place = count(row)
        row["genome"] = records.SPACE.text(tuple(int(gene < place) for gene in range(31)))

    return changed(study, "evolution-0", change)


@pytest.mark.parametrize(("count", "expected"), [(10, "supported"), (11, "contradicted")])
def test_ten_operators_are_few_and_eleven_are_not(alone, count, expected):
    found = finding(bits(alone, lambda row: count), "C15")
    assert found.verdict == expected
    assert found.note.startswith(f"{count} of 31, with an effect ")


def test_networks_that_noise_cannot_tell_from_the_best_leave_c15_open(alone):
    best = records.compared(alone)["k"]["best"]
    moved(alone, "evolution-0", "L", lambda row: 0.05)
    assert verdict(bits(alone, lambda row: 7 if row["k"] == best else 15), "C15") == "undecided"


def test_failed_trainings_are_counted_and_a_lost_row_contradicts_c16(study):
    found = finding(study, "C16")
    assert (str(found.verdict), found.exact) == ("supported", True)
    assert found.effect == pytest.approx(9 / found.n)
    with rewritten(study, "random-1") as rows:
        del rows[30]
    assert verdict(study, "C16") == "contradicted"


def anchored(study, error):
    def change(row):
        if row["config"]["name"] == "colour":
            row["metrics"]["E"] = error

    return changed(study, "anchors", change)


def test_a_network_that_evolution_did_not_find_decides_nothing_of_its_claims(study, monkeypatch):
    found_by(study, monkeypatch, "S5", "stratified")
    table = claims.judge_all(study).set_index("id")
    assert (table.loc[["C5c-s", "C6a-s", "C7a", "C12b", "C8a", "C8b", "C10", "C17b"], "verdict"] == "not run").all()
    assert "S5 is of stratified search with 5 bits" in table.loc["C5c-s", "note"]
    assert table.loc["C5d-s", "verdict"] != "not run"


def test_one_network_without_a_transform_that_beats_the_colour_transfer_contradicts_o3(study):
    plain = records.measured(study).query("transforms == 0")["E"]
    assert verdict(anchored(study, plain.min() / 2), "O3") == "supported"
    assert verdict(anchored(study, plain.min() * 2), "O3") == "contradicted"
    assert verdict(anchored(study, plain.min()), "O3") == "undecided"


def rescored(study, scores):
    """The winners trained anew: the scores of each search's."""
    rows = [
        ({"name": name, "repeat": k}, {"L": value}) for name, found in scores.items() for k, value in enumerate(found)
    ]
    world.write(study.folder, "rescored", world.listed(rows, "L"), evaluation=world.evaluation())
    return study


@pytest.mark.parametrize(("control", "expected"), [
    ([0.081, 0.080, 0.079], "supported"), ([0.03, 0.09, 0.07], "undecided"), ([0.02, 0.021, 0.019], "contradicted"),
])  # fmt: skip
def test_winners_are_compared_again_by_fresh_seeds(alone, control, expected):
    rescored(alone, {"random-0": control, "evolution-0": [0.059, 0.060, 0.061]})
    found = finding(alone, "C1e")
    assert (str(found.verdict), found.n) == (expected, 3)
    assert "over trainings of these winners" in found.note


def test_a_winner_that_is_worse_afresh_was_lucky(study):
    own = {f"{one.part}-{one.seed}": float(one.winner["L"]) for one in records.stored(study)}
    for more, expected in ((0.01, "supported"), (-0.01, "contradicted")):
        rescored(study, {name: [value + more, value + 1.2 * more] for name, value in own.items()})
        assert verdict(study, "O4") == expected


def test_a_search_in_which_everything_failed_leaves_its_claims_not_run(alone):
    def fail(row):
        row.update(score=None, metrics={}, reason="failed")

    changed(alone, "evolution-0", fail)
    notes = judged(alone, "C1a", "C2a", "C3a", "C4", "C15", "O1", "O2")["note"]
    assert notes.str.startswith("120 rows of part evolution-0 failed").all()


def test_a_part_that_was_not_run_leaves_its_claims_not_run(study):
    (study.records / "noise.jsonl.gz").unlink()
    needing = ["C1a", "C1c", "C2c", "C15", "O1", "O3"]
    found = judged(study, *needing, "C3a")
    assert (found.loc[needing, "note"] == "part noise was not run").all()
    assert found.loc["C3a", "verdict"] == "supported"


def test_a_single_search_keeps_its_own_interval_and_says_so():
    assert claims.over_searches([Interval(0.3, 0.1, 0.4, 60)]) == (0.3, 0.1, 0.4, 1)
