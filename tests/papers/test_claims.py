"""What holds of every paper's list of claims."""

from importlib import import_module

import pytest

from lib.papers import PAPERS


@pytest.mark.parametrize("slug", PAPERS)
def test_a_claim_has_an_id_of_its_own_and_either_a_test_or_parts_that_are_claims(slug: str) -> None:
    claims = import_module(f"lib.papers.{slug}.claims").CLAIMS
    names = {claim.id for claim in claims}
    assert len(names) == len(claims)
    assert all((claim.test is None) == bool(claim.parts) for claim in claims)
    assert {part for claim in claims for part in claim.parts} <= names
