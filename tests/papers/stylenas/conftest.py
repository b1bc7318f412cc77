"""A study with synthetic records of every part; `stylenas_world.fill` makes another."""

from tests.reference import stylenas_world
from tests.reference.stored_study import fixtures

stored_folder, stored_study = fixtures("stylenas", stylenas_world.fill)
