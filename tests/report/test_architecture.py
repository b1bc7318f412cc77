from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from matplotlib.colors import to_hex
from matplotlib.figure import Figure
from matplotlib.patches import FancyArrowPatch, PathPatch, Rectangle

from lib.report import architecture, saving


def network(k: int, channels: int = 1) -> dict[str, list[dict[str, Any]]]:
    """An encoder-decoder of k levels with every skip, that from encoder i to decoder j with i + j times channels."""
    levels = range(1, k + 1)
    nodes = [{"id": "in", "label": "noise", "column": 0, "level": 0, "kind": "input"},
             {"id": "out", "label": "image", "column": 1, "level": 0, "kind": "output"}]  # fmt: skip
    for column, (side, kind) in enumerate((("E", "encoder"), ("D", "decoder"))):
        nodes += [
            {"id": f"{side}{i}", "label": f"15×15, {i}", "column": column, "level": i, "kind": kind} for i in levels
        ]
    path = ["in", *(f"E{i}" for i in levels), *(f"D{i}" for i in reversed(levels)), "out"]
    edges = [{"source": a, "target": b, "label": "1/2", "kind": "turn" if a == f"E{k}" else "flow"}
             for a, b in pairwise(path)]  # fmt: skip
    edges += [{"source": f"E{i}", "target": f"D{j}", "label": "", "weight": (i + j) * channels,
               "kind": "skip" if i == j else "skip_down" if i < j else "skip_up"} for i in levels for j in levels]  # fmt: skip # noqa: E501
    return {"nodes": nodes, "edges": edges}


def skips(fig: Figure, panel: int = 0) -> list[PathPatch]:
    return [patch for patch in fig.axes[panel].patches if isinstance(patch, PathPatch)]


@pytest.mark.parametrize("k", [1, 3, 5])
def test_every_stage_is_a_box_that_holds_its_label(k: int) -> None:
    fig = architecture.draw(network(k), "found")
    fig.draw_without_rendering()
    ax = fig.axes[0]
    boxes = [patch.get_window_extent() for patch in ax.patches if isinstance(patch, Rectangle)]
    labels = [text for text in ax.texts if "15×15" in text.get_text() or text.get_text() in ("noise", "image")]
    assert len(boxes) == len(labels) == 2 * k + 2
    for text in labels:
        extent = text.get_window_extent()
        assert any(box.x0 < extent.x0 and extent.x1 < box.x1 and box.y0 < extent.y0 for box in boxes)
    assert not any(a.overlaps(b) for i, a in enumerate(boxes) for b in boxes[:i])


def test_the_path_runs_down_one_side_and_up_the_other() -> None:
    fig = architecture.draw(network(3))
    arrows = [patch for patch in fig.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    assert len(arrows) == 7
    assert sum(len(arrow._path_original.vertices) == 4 for arrow in arrows) == 1


def test_a_skip_is_as_thick_as_its_channels_and_coloured_by_where_it_leads() -> None:
    drawn = skips(architecture.draw(network(3)))
    widths = [line.get_linewidth() for line in drawn]
    assert len(drawn) == 9
    assert np.allclose(np.diff([widths[0], widths[1], widths[2]]), widths[1] - widths[0])
    assert widths[1] > widths[0] > 0.4
    assert {to_hex(drawn[i].get_edgecolor()) for i in (0, 4, 8)} == {"#0072b2"}
    assert {to_hex(drawn[i].get_edgecolor()) for i in (1, 2, 5)} == {"#e69f00"}
    assert {to_hex(drawn[i].get_edgecolor()) for i in (3, 6, 7)} == {"#009e73"}


def test_skips_of_one_box_leave_it_at_different_heights_in_the_order_of_their_ends() -> None:
    drawn = skips(architecture.draw(network(5)))
    leaves = [line.get_path().vertices[0, 1] for line in drawn[:5]]
    assert leaves == sorted(set(leaves))
    assert all(0.69 < y < 1.31 for y in leaves)


def test_two_networks_side_by_side_share_levels_thickness_and_one_legend() -> None:
    fig = architecture.beside({"classical": network(5, 12), "found": network(2)})
    first, second = fig.axes
    assert first.get_ylim() == second.get_ylim()
    assert [ax.get_title() for ax in fig.axes] == ["classical", "found"]
    assert skips(fig, 1)[0].get_linewidth() < skips(fig, 0)[0].get_linewidth()
    texts = [text.get_text() for text in fig.legends[0].get_texts()]
    assert texts[::2] == ["skip within a level", "skip to a coarser level", "skip to a finer level"]
    assert texts[1::2] == ["8 channels", "30 channels", "120 channels"]


def test_nodes_and_edges_of_any_other_kind_are_drawn_too(tmp_path: Any) -> None:
    places = {"a": (0, 0, "state"), "b": (1, 0, "conv"), "c": (1, 1, "conv")}
    nodes = [{"id": name, "label": name, "column": column, "level": level, "kind": kind}
             for name, (column, level, kind) in places.items()]  # fmt: skip
    edges = [{"source": "a", "target": "b", "label": "x", "kind": "flow"},
             {"source": "b", "target": "c", "label": "", "kind": "copy"}]  # fmt: skip
    fig = architecture.draw({"nodes": nodes, "edges": edges}, "cell")
    colours = [to_hex(patch.get_edgecolor()) for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]
    assert colours[0] != colours[1] == colours[2]
    assert fig.legends == []
    assert len(saving.save(fig, tmp_path, "cell")) == 2


def test_a_bend_goes_across_and_then_up_or_down_into_the_box() -> None:
    nodes = [{"id": name, "label": name, "column": column, "level": level, "kind": "always"}
             for name, column, level in (("a", 0, 1), ("b", 2, 0), ("c", 2, 2))]  # fmt: skip
    edges = [{"source": source, "target": target, "label": "", "kind": "bend"} for source, target in ("ab", "ac", "ba")]
    fig = architecture.draw({"nodes": nodes, "edges": edges})
    arrows = [patch._path_original.vertices for patch in fig.axes[0].patches if isinstance(patch, FancyArrowPatch)]
    corners = [tuple(path[1]) for path in arrows]
    assert corners == [(2, 1), (2, 1), (0, 0)]
    assert [path[2, 1] for path in arrows] == pytest.approx([0.31, 1.69, 0.69])
    assert 0 < arrows[0][0, 0] < 1
    assert arrows[0][0, 0] == pytest.approx(2 - arrows[2][0, 0])


def test_a_label_of_many_lines_makes_all_boxes_high_enough_for_it() -> None:
    diagram = network(2)
    plain = architecture.draw(diagram).get_figheight()
    diagram["nodes"][3]["label"] = "d2\nconv\nreduce\nconv"
    fig = architecture.draw(diagram)
    fig.draw_without_rendering()
    box = next(patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)).get_window_extent()
    label = next(text for text in fig.axes[0].texts if "reduce" in text.get_text()).get_window_extent()
    assert fig.get_figheight() > plain
    assert label.height < box.height


@pytest.mark.parametrize(("kind", "note"), [("encoder", "box: filter"), ("tap", "box: what"), ("always", "number")])
def test_what_boxes_of_a_kind_mean_is_said_even_without_skips(kind: str, note: str) -> None:
    fig = architecture.draw({"nodes": [{"id": "a", "label": "a", "column": 0, "level": 0, "kind": kind}], "edges": []})
    assert fig.legends[0].get_title().get_text().startswith(note)
    assert fig.legends[0].get_texts() == []


def test_a_genome_shows_every_bit_with_dead_ones_grey_and_without_value() -> None:
    field = {"name": "E1.f", "bits": (1, 0, 1), "dead": [False, False, False], "value": "11×11"}
    dead = {"name": "R1.2", "bits": (0, 1), "dead": [True, True], "value": "1"}
    fig = architecture.genome([[field, dead], [field]])
    cells = [patch for patch in fig.axes[0].patches if isinstance(patch, Rectangle)]
    assert [to_hex(cell.get_edgecolor()) for cell in cells] == ["#0072b2"] * 3 + ["#cccccc"] * 2 + ["#0072b2"] * 3
    texts = [text.get_text() for text in fig.axes[0].texts]
    assert texts == ["1", "0", "1", "E1.f", "11×11", "0", "1", "R1.2", "", "1", "0", "1", "E1.f", "11×11"]
