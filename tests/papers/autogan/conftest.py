"""A study with synthetic records of every part."""

from tests.papers.autogan import world
from tests.reference.stored_study import fixtures

stored_folder, study = fixtures("autogan", world.fill)
