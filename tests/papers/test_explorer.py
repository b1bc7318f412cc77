"""The genome explorer, clicked through its own interface: on toy spaces, and on every paper's checked-in records."""

import io
import re
from dataclasses import dataclass

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from lib.papers import autogan, cycleganas, explorer, nasdip, stylenas
from lib.papers.explorer import Evaluated, Explorer
from lib.spaces.base import Gene, Space
from lib.spaces.toy import BitString

PAPERS = {"nasdip": nasdip, "stylenas": stylenas, "autogan": autogan, "cycleganas": cycleganas}


@dataclass(frozen=True)
class Chain:
    """Boxes one below the other."""

    labels: tuple[str, ...]

    def diagram(self):
        nodes = [{"id": i, "label": label, "column": 0, "level": i, "kind": "conv"} for i, label in
                 enumerate(self.labels)]  # fmt: skip
        edges = [{"source": i, "target": i + 1, "label": "", "kind": "flow"} for i in range(len(nodes) - 1)]
        return {"nodes": nodes, "edges": edges}


class Toy(Space):
    """Two bits of one field, a lone bit without effect, and an operation; a network needs a bit of the field."""

    def __init__(self):
        super().__init__("toy", [Gene("w:2", (0, 1)), Gene("w:1", (0, 1)), Gene("idle", (0, 1), 1),
                                 Gene("op", ("conv", "pool", "none"), 1)])  # fmt: skip

    def decode(self, genome):
        return Chain(("in", *["layer"] * (2 * genome[0] + genome[1]), self.genes[3].choices[genome[3]]))

    def invalid(self, genome):
        return None if genome[0] or genome[1] else "no_layer"

    def canonical(self, genome):
        return (*genome[:2], 0, genome[3])


def written(*genomes):
    return [Toy().text(genome) for genome in genomes]


EVALUATED = pd.DataFrame({
    "genome": written((1, 0, 0, 0), (1, 0, 1, 0), (1, 1, 0, 1), (0, 1, 1, 2)), "score": [0.5, 0.7, 0.2, 0.4],
})  # fmt: skip


@pytest.fixture
def toy():
    return Explorer(Toy(), lambda genome: {"layers": 2 * genome[0] + genome[1]}, EVALUATED, score="loss")


def drawn(screen):
    return np.asarray(Image.open(io.BytesIO(screen.drawing.value)).convert("L"))


def test_it_begins_with_the_best_evaluated_network(toy):
    assert toy.genome == (1, 1, 0, 1)
    assert "layers: <b>3</b>" in toy.facts.value
    assert toy.text.value == "w:2=1 w:1=1 idle=0 op=pool"


def test_toggling_a_gene_changes_the_drawing_the_counts_and_the_written_form(toy):
    before = drawn(toy)
    toy.controls[0].value = False
    assert toy.genome == (0, 1, 0, 1)
    assert "layers: <b>1</b>" in toy.facts.value
    assert toy.text.value == "w:2=0 w:1=1 idle=0 op=pool"
    assert drawn(toy).shape != before.shape or (drawn(toy) != before).any()
    toy.controls[3].value = 2
    assert toy.genome == (0, 1, 0, 2)


def test_an_invalid_genome_shows_its_reason_instead_of_the_drawing(toy):
    toy.controls[0].value = toy.controls[1].value = False
    assert toy.genome == (0, 0, 0, 1)
    assert "no layer" in toy.status.value
    assert toy.drawing.layout.display == "none"
    assert "layers" not in toy.facts.value
    assert "image/png" not in toy._repr_mimebundle_()[0]
    toy.controls[1].value = True
    assert (toy.status.value, toy.drawing.layout.display) == ("", None)


def test_a_written_form_can_be_entered_and_what_is_none_says_why(toy):
    toy.text.value = "w:2=1 w:1=0 idle=1 op=none"
    assert toy.genome == (1, 0, 1, 2)
    assert [int(control.value) for control in toy.controls] == [1, 0, 1, 2]
    toy.text.value = "w:2=7"
    assert toy.genome == (1, 0, 1, 2)
    assert "Not a genome" in toy.status.value
    toy.controls[1].value = True
    assert toy.status.value == ""
    assert toy.text.value == "w:2=1 w:1=1 idle=1 op=none"


def test_genomes_of_one_network_are_one_row_with_their_mean_score():
    found = Evaluated(Toy(), EVALUATED).nearest((1, 0, 1, 0), "loss")
    assert found["genes apart"].tolist() == [0, 2, 3]
    assert found["loss"].tolist() == pytest.approx([0.6, 0.2, 0.4])
    assert found["trainings"].tolist() == [2, 1, 1]
    assert found["genome"].tolist() == written((1, 0, 0, 0), (1, 1, 0, 1), (0, 1, 0, 2))
    assert found["differs in"].tolist() == ["", "w, op", "w, op"]


def test_the_nearest_of_many_are_those_with_the_fewest_differing_genes():
    space, rng = BitString(12), np.random.default_rng(0)
    genomes = list(dict.fromkeys(space.sample(rng) for _ in range(200)))
    rows = pd.DataFrame({"genome": map(space.text, genomes), "score": rng.random(len(genomes))})
    asked = space.sample(rng)
    found = Evaluated(space, rows).nearest(asked)
    distances = sorted(space.distance(asked, genome) for genome in genomes)
    assert found["genes apart"].tolist() == distances[: explorer.NEAREST]
    assert [space.distance(asked, space.parse(text)) for text in found["genome"]] == found["genes apart"].tolist()


def test_buttons_draw_mutate_and_go_to_the_nearest(toy):
    start = toy.genome
    toy.buttons["mutate"].click()
    assert toy.space.distance(start, toy.genome) == 1
    toy.buttons["random"].click()
    assert toy.space.invalid(toy.genome) is None
    toy.show((1, 0, 0, 0))
    toy.buttons["nearest"].click()
    assert toy.genome == (1, 1, 0, 1)


def test_without_evaluated_networks_it_still_explores():
    empty = Explorer(Toy(), lambda genome: {}, EVALUATED.head(0))
    assert empty.buttons["nearest"].disabled
    assert "No network was evaluated" in empty.neighbours.value


def test_without_a_browser_it_is_a_figure_and_one_line(toy):
    data, metadata = toy._repr_mimebundle_()
    assert data["text/plain"] == "Explorer of 4 genes beside 3 evaluated networks; use it in JupyterLab"
    assert data["image/png"].startswith("iVBOR")
    assert metadata["image/png"]["width"] > 100


@pytest.fixture(scope="module")
def papers():
    return {slug: package.explore() for slug, package in PAPERS.items()}


@pytest.mark.parametrize("slug", PAPERS)
def test_every_paper_explores_its_space(papers, slug):
    screen = papers[slug]
    for name in ("random", "mutate", "nearest"):
        screen.buttons[name].click()
    assert screen.space.invalid(screen.genome) is None
    assert "<b>" in screen.facts.value
    for place in range(0, len(screen.controls), max(7, len(screen.controls) // 4)):  # each click draws
        control = screen.controls[place]
        control.value = not control.value if screen.space.genes[place].choices == (0, 1) else 1 - min(control.value, 1)
    assert "Traceback" not in screen.status.value
    assert screen.neighbours.value.count("<tr") == 1 + explorer.NEAREST


RECORDED = {
    "nasdip": ("truth-face-0", "genome"),
    "stylenas": ("stratified-0", "genome"),
    "autogan": ("derived", "text"),
}


@pytest.mark.parametrize("slug", RECORDED)
def test_sizes_are_those_that_the_study_recorded(papers, slug):
    part, column = RECORDED[slug]
    row = explorer.desk(slug).frame(part).iloc[0]
    screen = papers[slug]
    counts = screen.count(screen.space.parse(row[column]))
    found = [value for name, value in counts.items() if re.match("parameters|multiply", name)]
    assert found == [row["params"], pytest.approx(1e9 * row["gmacs"])]


def test_sizes_of_all_four_networks_are_those_that_the_study_recorded(papers):
    row = explorer.desk("cycleganas").frame("matched").query("name == 'C16'").iloc[0]
    screen = papers["cycleganas"]
    counts = screen.count(screen.space.parse(row["text"]))
    for name in ("G_A", "G_B", "D_A", "D_B"):
        assert counts[f"{name}: parameters"] == row[f"params_{name}"]


def test_a_row_that_was_not_searched_is_named():
    with pytest.raises(ValueError, match="row is 'elsewhere'; searched were"):
        nasdip.explore(row="elsewhere")


def test_a_stored_photo_lies_over_its_translation_and_what_was_not_stored_is_named():
    photo, translation = cycleganas.slide(1)._pictures
    assert photo.shape == translation.shape == (64, 64, 3)
    assert np.abs(photo.astype(int) - translation).mean() > 20
    with pytest.raises(ValueError, match="N16 has no picture 99; allowed are showable C8 0 to"):
        cycleganas.slide(99)
