"""Simulated searches: where slots idle, and that a wider window buys the time back."""

import pytest

from lib.search.schedule import Schedule
from lib.search.simulation import simulate, utilisation


def test_one_slot_is_always_busy():
    assert simulate([1.0, 5.0, 2.0, 0.1] * 10, 1, 1) == pytest.approx(1)


def test_equal_durations_leave_no_slot_idle():
    assert simulate([2.0] * 400, 20, 20) == pytest.approx(1)


def test_slots_idle_behind_the_oldest_candidate_in_a_narrow_window():
    durations = [10.0, 1.0, 1.0, 1.0] * 50
    assert simulate(durations, 4, 4) < 0.5
    assert simulate(durations, 4, 40) > 0.95


def test_a_window_of_half_the_slots_keeps_at_most_half_of_them_busy():
    assert simulate([1.0] * 100, 10, 5) == pytest.approx(0.5)


def test_the_frame_has_a_row_a_setting_and_a_wider_window_never_hurts():
    table = utilisation((1, 8, 64), (1.0, 2.0, 4.0), rounds=30)
    assert len(table) == 3 * 3 * 3
    assert table["utilisation"].between(0, 1 + 1e-9).all()
    by_window = table.pivot(index=["tells", "slots"], columns="window", values="utilisation")
    assert (by_window[4.0] >= by_window[1.0] - 1e-9).all()
    narrow, wide = by_window.loc[("ordered", 64), [1.0, 4.0]]
    assert narrow < 0.6
    assert wide > 0.9


def test_dearer_tasks_are_dispatched_first_and_equal_ones_in_the_order_of_asking():
    schedule = Schedule(4)
    for k, cost in enumerate([1.0, 3.0, 3.0, 2.0]):
        schedule.asked(k)
        schedule.push(k, cost=cost)
    assert schedule.full
    assert [schedule.pop()[0] for _ in range(4)] == [1, 2, 3, 0]
    assert schedule.pop() is None


def test_a_candidate_is_told_when_all_its_tasks_and_all_older_candidates_are_done():
    schedule = Schedule(4)
    schedule.asked(0, tasks=2)
    schedule.asked(1)
    schedule.finished(1)
    schedule.finished(0)
    assert schedule.tell() is None
    schedule.finished(0)
    assert [schedule.tell(), schedule.tell(), schedule.tell()] == [0, 1, None]
