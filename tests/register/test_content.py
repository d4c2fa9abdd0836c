"""What a statement can say, whatever the code lists hold."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bandung.register import completeness
from bandung.register.content import Content, Contribution, Sector, Valuation
from bandung.register.mirror import mirrored

NUMBERS = st.decimals(-(10**12), 10**12, places=6, allow_nan=False)


@given(NUMBERS)
def test_numbers_survive_as_they_are(number):
    """A quantity is neither rounded nor written as a float, and zeros at its end are one."""
    content = Content(contributions=[Contribution(key="k", modality="m", quantity=number)])
    again = Content.read(content.canonical())
    assert again.contributions[0].quantity == number
    assert again.digest() == content.digest()
    padded = json.loads(content.canonical())
    if number:
        text = padded["contributions"][0]["quantity"]
        padded["contributions"][0]["quantity"] = text + ("0" if "." in text else ".0")
    assert Content.model_validate(padded).digest() == content.digest()


@pytest.mark.parametrize(
    ("said", "refusal"),
    [
        ({"partners": ["XYZ"]}, "'XYZ' is no ISO 3166-1 alpha-3 code"),
        ({"partners": ["MOZ", "MOZ"]}, "a partner is named twice"),
        ({"titles": {"french": "x"}}, "no language code"),
        ({"actual_start": "2024-02-02", "actual_end": "2024-02-01"}, "is before the actual start"),
        ({"contributions": [{"modality": "m", "quantity": "NaN"}]}, "finite|a number"),
        ({"contributions": [{"modality": "m", "unit": "money"}]}, "needs its currency"),
        ({"contributions": [{"modality": "m", "unit": "hours", "currency": "USD"}]}, "valuation"),
        ({"documents": [{"title": {}, "url": "javascript:alert(1)"}]}, "url"),
        ({"owner": "BRA"}, "owner"),
        (
            {"contributions": [{"modality": "m", "key": "a"}, {"modality": "m", "key": "a"}]},
            "the same key",
        ),
    ],
)
def test_what_can_never_be_right_is_refused(said, refusal):
    """No way into the register lets these through."""
    with pytest.raises(ValidationError, match=refusal):
        Content.model_validate(said)


def test_an_empty_text_says_nothing():
    """A language left empty in a form is the same as one that was not there."""
    content = Content(titles={"fr": "", "en": "Wells"}, descriptions={"ar": "  "})
    assert content.digest() == Content(titles={"en": "Wells"}).digest()


def test_mirrored_twice_is_the_same(content):
    """Turning a record round and round again gives what it was."""
    there = mirrored(content, mine="MOZ", theirs="BRA")
    assert there.role == "receives"
    assert mirrored(there, mine="BRA", theirs="MOZ") == content


def test_who_stands_between_is_seen_by_its_contributions(content):
    """A third party's role comes from what it gave and received, not from the first one's."""
    own = Contribution(modality="m", provider="SEN", receiver="MOZ")
    three = content.model_copy(
        update={"partners": ("MOZ", "SEN"), "contributions": (*content.contributions, own)}
    )
    assert mirrored(three, mine="SEN", theirs="BRA").role == "provides"
    assert mirrored(three, mine="MOZ", theirs="BRA").role == "receives"


def changed(content, **update):
    """The fields that are asked to be mended after a change."""
    found = completeness.problems(content.model_copy(update=update), "BRA")
    return {problem.field for problem in found if problem.blocks}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("update", "fields"),
    [
        ({}, set()),
        ({"titles": {}}, {"titles"}),
        ({"partners": ()}, {"partners", "contributions.0.receiver"}),
        ({"partners": ("BRA", "MOZ")}, {"partners"}),
        ({"sectors": (Sector(code="99999x"),)}, {"sectors.0.code"}),
        (
            {"sectors": (Sector(code="31181", share=60), Sector(code="31120", share=30))},
            {"sectors"},
        ),
        ({"targets": ("18.1",)}, {"targets.0"}),
        ({"reported_elsewhere": ("nobody",)}, {"reported_elsewhere.0"}),
    ],
)
def test_what_must_be_mended_before_approval(content, update, fields):
    """Each rule names its field, and a complete statement has nothing to mend."""
    assert changed(content, **update) == fields


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("update", "fields"),
    [
        ({"quantity": None}, {"quantity"}),
        ({"quantity": -1}, {"quantity"}),
        ({"modality": "bribe"}, {"modality"}),
        ({"unit": "furlongs"}, {"unit"}),
        ({"unit": "money", "currency": "XX"}, {"currency"}),
        ({"provider": None}, {"provider"}),
        ({"receiver": "SEN"}, {"receiver"}),
        ({"receiver": "BRA"}, {"receiver"}),
        ({"period_start": None, "period_end": None}, {"period_end"}),
        ({"exclusion": "dislike"}, {"exclusion"}),
        (
            {"valuation": Valuation(amount=-1, currency="US", method="guess")},
            {"valuation.amount", "valuation.currency", "valuation.method"},
        ),
        ({"valuation": Valuation(amount=1, currency="USD", method="actual_cost")}, set()),
    ],
)
def test_a_contribution_is_checked_field_by_field(content, update, fields):
    """A quantity without a value is complete; a value without its method is not."""
    item = content.contributions[0].model_copy(update=update)
    assert changed(content, contributions=(item,)) == {f"contributions.0.{f}" for f in fields}


def test_a_key_holds_no_nul():
    """A contribution's key with a NUL reaches the database, where PostgreSQL refuses it."""
    assert Contribution(modality="training", key="a\x00b").key == "ab"
    with pytest.raises(ValidationError, match="at least 1 character"):
        Contribution(modality="training", key="\x00")


def test_a_text_that_is_too_long_is_told_its_length_in_characters():
    """A person is told of items in a list, and looks for one."""
    with pytest.raises(ValidationError, match="at most 500 characters"):
        Content(titles={"en": "x" * 501})
